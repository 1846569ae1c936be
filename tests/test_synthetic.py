"""The synthetic Daraa tables agree with the published totals, and say that they are synthetic."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import attribution as at

DATA = Path(__file__).parent.parent / "data"
TABLES = sorted(DATA.glob("daraa_synthetic*.csv"))
sys.path.insert(0, str(DATA))


@pytest.fixture(scope="module")
def events():
    ranks = ["civilian", "local official", "rank and file", "officer or commander", "senior figure"]
    return at.read_events(DATA / "daraa_synthetic.csv", ranks=ranks)


def test_margins_are_the_published_ones():
    import margins

    table = margins.margins()
    assert len(table) == 21
    np.testing.assert_allclose(table["synthetic"], table["published"], atol=0.1)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_row_says_synthetic(path):
    table = pd.read_csv(path)
    assert len(table)
    assert table["synthetic"].eq("yes").all()


def test_claims_are_as_rare_as_published(events):
    claimed = events["claimed_by"].values != ""
    assert 0.05 < claimed.mean() < 0.20
    own = (events["claimed_by"].values == "IS") & (events["date_precision"].values == "day")
    silence = np.diff(np.sort(events["date"].values[own])).max()
    assert silence > np.timedelta64(240, "D")
    assert pd.read_csv(DATA / "daraa_synthetic_bundles.csv")["count"].tolist() == [34]


def test_truth_agrees_with_the_labels(events):
    truth = pd.read_csv(DATA / "daraa_synthetic_truth.csv").set_index("event_id")["true_actor"]
    actor = truth.loc[events["event"].values].to_numpy()
    known = events["perpetrator"].values != ""
    assert (events["perpetrator"].values[known] == actor[known]).all()
    sets = events["candidates"].values
    assert all(a in s.split("|") for a, s in zip(actor, sets, strict=True) if s)


def test_statements_are_read_from_the_file_beside(events):
    assert events.attrs["statements_source"] == "daraa_synthetic_statements.csv"
    assert events.sizes["event"] == 2000

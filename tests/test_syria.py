"""The table of real events from UCDP GED: cut as its script says, under its licence, read without a surprise."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import attribution as at

DATA = Path(__file__).parent.parent / "data"
WHOLE = Path(__file__).parents[2] / "shared" / "data" / "ucdp_ged_syria_2016_2019.csv.gz"
sys.path.insert(0, str(DATA))


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(at.example_path("syria_ucdp_ged.csv"), dtype=str, keep_default_na=False)


def test_the_script_cuts_this_table(table):
    if not WHOLE.exists():
        pytest.skip(f"{WHOLE.name} is not beside the project")
    from make_syria_ucdp import cut

    whole = pd.read_csv(WHOLE, dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(cut(whole).reset_index(drop=True), table)


def test_every_row_carries_licence_and_citation(table):
    assert len(table) == 696
    assert table["licence"].eq("CC BY 4.0").all()
    assert table["citation"].str.contains("10.1177/0022343313484347", regex=False).all()


def test_what_the_data_sheet_counts(table):
    one_sided = table["type_of_violence"] == "3"
    assert (one_sided.sum(), (~one_sided).sum()) == (482, 214)
    daraa = table["adm_1"] == "Daraa Governorate"
    late = table[one_sided & daraa & (table["date_start"] >= "2018-08")]
    assert (len(late), (late["best"] != "0").sum()) == (8, 6)
    fighting = table[~one_sided]
    assert fighting["adm_1"].eq("Daraa Governorate").all()
    assert fighting[["deaths_a", "deaths_b", "deaths_unknown"]].eq("0").all(axis=None)


def test_it_reads_without_a_surprise(table):
    with pytest.warns(UserWarning, match="47 of 696 rows are left out"):
        events = at.read_ucdp_ged(at.example_path("syria_ucdp_ged.csv"))
    died = table[table["best"] != "0"]
    np.testing.assert_array_equal(events["event"], died["id"])
    one_sided = (died["type_of_violence"] == "3").to_numpy()
    np.testing.assert_array_equal(events["perpetrator"] != "", one_sided)
    np.testing.assert_array_equal(events["perpetrator"].values[one_sided], died["side_a"][one_sided])

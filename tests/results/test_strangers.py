"""Claims of new events by actors the fit does not have."""

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.results.strangers import renamed

SMALL = {"seed": 1, "draws": 40, "tune": 60, "chains": 1}


def events(claimed, known=""):
    count = len(claimed)
    return at.read_events(
        pd.DataFrame(
            {
                "event_id": [f"e{i}" for i in range(count)],
                "date": [f"2020-01-{1 + i:02}" for i in range(count)],
                "claimed_by": claimed,
                "perpetrator": known or [""] * count,
            }
        )
    )


@pytest.fixture(scope="module")
def fitted():
    model = at.Model(["A", "B"], [at.Baseline()], [at.Claim(time_sd=0)])
    return model, at.fit(model, events(["A", "", "", "B"] * 4, ["A", "", "B", ""] * 4), **SMALL)


def test_names_by_hand():
    known = {"A", "B", "unlisted"}
    cells = ["", "A", "C", "A|C", "C|D", "unlisted|C"]
    assert [renamed(cell, known) for cell in cells] == [
        *("", "A", "unlisted", "A|unlisted", "unlisted", "unlisted")
    ]


def test_a_stranger_is_somebody_else_and_that_is_said(fitted):
    """As if it had been written: the same draws, and the table keeps the name that was given."""
    model, posterior = fitted
    with pytest.warns(UserWarning, match="scored as claims by 'unlisted'.*event 'e1': 'C'"):
        found = at.attribute(model, posterior, events(["A", "C"]))
    stated = at.attribute(model, posterior, events(["A", "unlisted"]))
    np.testing.assert_array_equal(found["attribution"]["probability"], stated["attribution"]["probability"])
    assert list(found["constant_data"]["claimed_by"].values) == ["A", "C"]


def test_without_somebody_else_it_is_refused():
    model = at.Model(["A", "B"], [at.Baseline()], [at.Claim(silence="full", time_sd=0)])
    posterior = at.fit(model, events(["A", "", "", "B"] * 4, ["A", "", "B", ""] * 4), **SMALL)
    with pytest.raises(at.ModelError, match="actors the model does not have"):
        at.attribute(model, posterior, events(["A", "C"]))

"""Three things side by side: the interval given the model, the range over assumptions, bounds that assume nothing."""

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.results.ranges import wider


@pytest.fixture
def moved(posterior):
    return at.sensitivity(posterior, draws=60, factors=(2.0,), powers=(0.8,), refit="none")


def test_three_things_side_by_side(posterior, moved):
    plain, found = at.shares(posterior), at.shares(posterior, sensitivity=moved)
    assert list(found.columns) == [
        *("actor", "share", "low", "high", "assumed_low", "assumed_high", "bound_low", "bound_high"),
        *("known", "events", "of", "checks"),
    ]
    assert found[plain.columns].equals(plain)
    for row in found.to_dict("records"):
        own = moved[(moved["actor"] == row["actor"]) & ~moved["kind"].isin(["fit", "bound"])][
            "share"
        ].dropna()
        assert row["assumed_low"] == min(own.min(), row["share"])
        assert row["assumed_high"] == max(own.max(), row["share"])
        ends = moved[(moved["kind"] == "bound") & (moved["actor"] == row["actor"])].set_index("value")[
            "share"
        ]
        assert (row["bound_low"], row["bound_high"]) == pytest.approx((ends[0.0], ends[1.0]))
        assert (
            row["bound_low"] <= row["assumed_low"] <= row["share"] <= row["assumed_high"] <= row["bound_high"]
        )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"by": "area"}, "leave by= out"),
        ({"sensitivity": pd.DataFrame({"actor": ["IS"]})}, "lacks kind, value, share"),
        ({"sensitivity": "moved"}, "lacks kind"),
    ],
)
def test_tables_that_do_not_belong(posterior, moved, given, said):
    with pytest.raises(at.AttributionError, match=said):
        at.shares(posterior, **{"sensitivity": moved} | given)
    with pytest.raises(at.AttributionError, match="other actors"):
        at.shares(posterior, sensitivity=moved[moved["actor"] != "IS"])


def test_a_range_wider_than_the_interval():
    table = pd.DataFrame(
        {"low": [0.2, 0.1], "high": [0.4, 0.2], "assumed_low": 0.2, "assumed_high": [0.35, 0.25]}
    )
    assert not wider(table)
    assert wider(table.assign(assumed_high=[0.41, 0.25]))
    assert not wider(table.assign(assumed_high=np.nan)), "nothing examined is no range"

"""Beside a share's interval stand its range over the assumptions and the bounds that assume nothing."""

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.results.share_ranges import COLUMNS, spans


def moved(posterior, shift=0.05):
    """A table of sensitivity by hand: as fitted, one assumption, one that could not be examined, and a bound."""
    fitted = at.shares(posterior).set_index("actor")["share"]
    rows = [
        (kind, actor, value)
        for actor, share in fitted.items()
        for kind, value in (("fit", share), ("claims", share + shift), ("prior", np.nan), ("bound", 0.0))
    ]
    return pd.DataFrame(rows, columns=["kind", "actor", "share"])


def test_three_things_stand_side_by_side(posterior):
    table = at.shares(posterior, sensitivity=moved(posterior))
    plain = at.shares(posterior)
    pd.testing.assert_frame_equal(table.drop(columns=list(COLUMNS)), plain)
    np.testing.assert_allclose(table["least"], plain["share"])
    np.testing.assert_allclose(table["most"], plain["share"] + 0.05)
    candidate = posterior["attribution"]["candidate"].values
    np.testing.assert_allclose(table["bound_low"], plain["known"] / plain["events"])
    np.testing.assert_allclose(table["bound_high"], candidate.mean(axis=0))
    assert (table["bound_low"] <= table["low"] + 1e-9).all()
    assert (table["high"] <= table["bound_high"] + 1e-9).all()


def test_a_range_wider_than_its_interval_is_seen(posterior):
    assert not spans(at.shares(posterior, sensitivity=moved(posterior, 0.0)))
    assert spans(at.shares(posterior, sensitivity=moved(posterior, 0.9)))


def test_a_table_of_another_posterior_or_beside_groups(posterior):
    table = moved(posterior)
    with pytest.raises(at.AttributionError, match="other actors"):
        at.shares(posterior, sensitivity=table[table["actor"] != "IS"])
    with pytest.raises(at.AttributionError, match="takes what sensitivity"):
        at.shares(posterior, sensitivity=table.drop(columns="share"))
    with pytest.raises(at.AttributionError, match="leave `by` out"):
        at.shares(posterior, by="area", sensitivity=table)

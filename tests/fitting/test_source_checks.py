"""Checks of what sources say: each fails where it must and nowhere else, without a fit."""

import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import attribution as at
from attribution.fitting.source_checks import CHANCE, gaps, source_checks, throughout

DAYS = pd.date_range("2020-01-01", periods=200).astype(str)


def said_by(sources, areas=("X",), coverage=None):
    """Killings on 200 days, and on which of them each source speaks."""
    frame = pd.DataFrame({"event_id": [f"e{i}" for i in range(200)], "date": DAYS})
    frame["area"] = [areas[i % len(areas)] for i in range(200)]
    rows = [(f"e{i}", name, "accusation", "A") for name, own in sources.items() for i in own]
    statements = pd.DataFrame(rows, columns=["event_id", "source", "kind", "actor"])
    spans = None if coverage is None else pd.DataFrame(coverage, columns=["source", "start", "end"])
    return at.read_events(frame, statements=statements, coverage=spans)


def test_a_gap_has_the_chance_of_as_many_statements_at_random():
    found = {where: chance for chance, where in gaps(np.arange(40, 80), np.array(["X", "Y"] * 100))}
    assert found["before it first spoke"] == pytest.approx(math.comb(160, 40) / math.comb(200, 40))
    assert found["after it last spoke"] == pytest.approx(math.comb(80, 40) / math.comb(200, 40))
    assert found["in X"] == found["in Y"] == 1
    only = {where: chance for chance, where in gaps(np.arange(0, 80, 2), np.array(["X", "Y"] * 100))}
    assert only["in Y"] == pytest.approx(math.comb(100, 40) / math.comb(200, 40))


def test_a_source_that_begins_late_is_found():
    (check,) = throughout(said_by({"late": range(100, 200, 3), "all along": range(0, 200, 5)}))
    assert not check.passed
    assert "late: before it first spoke" in check.sentence
    assert "coverage=" in check.remedy


def test_a_source_that_never_speaks_of_an_area_is_found():
    (check,) = throughout(said_by({"local": range(0, 200, 2)}, areas=("X", "Y")))
    assert not check.passed
    assert "local: in Y" in check.sentence


@pytest.mark.parametrize("seed", range(5))
def test_sources_that_speak_at_random_are_not(seed):
    rng = np.random.default_rng(seed)
    own = {name: rng.choice(200, 40, replace=False) for name in ("one", "two", "three")}
    (check,) = throughout(said_by(own, areas=("X", "Y", "Z")))
    assert check.passed
    assert check.value > CHANCE


def test_a_source_whose_coverage_is_stated_or_that_speaks_seldom_is_not_examined():
    rows = [("late", "2020-03-01", "2020-12-31")]
    assert throughout(said_by({"late": range(100, 200, 3)}, coverage=rows)) == []
    assert throughout(said_by({"late": range(181, 200)})) == []
    assert throughout(xr.Dataset()) == []


def test_a_model_without_statements_has_no_such_checks(posterior):
    bare = posterior["posterior"].to_dataset()
    posterior["posterior"] = xr.DataTree(bare.drop_vars("statements_accuracy"))
    assert source_checks(posterior) == []


def test_voices_that_only_watch_have_no_table(posterior):
    """`Statements(voices=...)` needs no table of statements; nobody spoke often enough to be judged."""
    events = posterior["constant_data"].to_dataset()
    posterior["constant_data"] = xr.DataTree(events.drop_dims("statement"))
    names = [check.name for check in source_checks(posterior)]
    assert "voices that know" not in names
    assert "sources that watch throughout" not in names

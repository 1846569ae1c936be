"""The same seed, the same versions, the same machine: the same numbers, however the work is divided."""

import numpy as np
import nutpie
import pandas as pd
import pytest
import xarray as xr

import attribution as at
from attribution.assumptions.scenarios import open_up, rescored
from attribution.compute.native.sampler import NativeModel
from attribution.fitting import fits as fitting
from attribution.fitting.backends import compile_design
from attribution.fitting.predictive import replicate
from attribution.fitting.sampling import stacked
from attribution.model import actors
from attribution.model.design import lay

FRAME = pd.DataFrame({"event_id": list("abcd"), "date": "2021", "perpetrator": ["IS", "army", "", "IS"]})
SMALL = at.Model(["IS", "army"])


@pytest.fixture(scope="module")
def compiled():
    made = compile_design(lay(SMALL, at.read_events(FRAME)), "native")
    assert isinstance(made, NativeModel)
    return made


def test_draws_do_not_depend_on_how_many_chains_run_at_once(compiled, monkeypatch):
    """The same seed gives the same draws, one chain after the other or side by side, and again."""
    real, events = nutpie.sample, at.read_events(FRAME)
    monkeypatch.setattr(fitting, "compile_design", lambda *_: compiled)
    found = []
    for number in (1, 4, 4):
        monkeypatch.setattr(
            nutpie, "sample", lambda *a, _number=number, **k: real(*a, **k | {"cores": _number})
        )
        found.append(at.fit(SMALL, events, seed=5, draws=40, tune=60, chains=4))
    for again in found[1:]:
        assert set(again.children) == set(found[0].children)
        for name, group in found[0].children.items():
            xr.testing.assert_equal(again[name].to_dataset(), group.to_dataset())
        assert again.attrs == found[0].attrs
    other = at.fit(SMALL, events, seed=6, draws=40, tune=60, chains=4)
    assert not np.array_equal(other["posterior"]["baseline_effect"], found[0]["posterior"]["baseline_effect"])


def test_compiling_again_changes_nothing(compiled, monkeypatch):
    """Machine code made twice is the same code: what another process draws."""
    monkeypatch.setenv("ATTRIBUTION_CACHE", "")
    again = compile_design(lay(SMALL, at.read_events(FRAME)), "native")
    one, two = (
        nutpie.sample(model, draws=40, tune=60, chains=2, seed=5, progress_bar=False)
        for model in (compiled, again)
    )
    xr.testing.assert_equal(one["posterior"].to_dataset(), two["posterior"].to_dataset())


@pytest.mark.parametrize("at_once", [1, 40_000, 10**9])
def test_attributions_do_not_depend_on_how_many_are_computed_at_once(
    model, events, posterior, monkeypatch, at_once
):
    """One cell of the likelihood at a time, some, or all."""
    before = at.attribute(model, posterior, events)["attribution"].to_dataset()
    moved = rescored(open_up(posterior, 50, 3), open_up(posterior, 50, 3).values)
    monkeypatch.setattr(actors, "AT_ONCE", at_once)
    parts = list(actors.chunks(lay(model, events), 300))
    assert (len(parts) == 1) == (at_once == 10**9)
    after = at.attribute(model, posterior, events)["attribution"].to_dataset()
    xr.testing.assert_identical(before, after)
    again = rescored(open_up(posterior, 50, 3), open_up(posterior, 50, 3).values)
    np.testing.assert_array_equal(moved.actor, again.actor)


def test_replicates_do_not_depend_on_how_many_are_drawn_at_once(model, events, posterior):
    draws = {name: values[:12] for name, values in stacked(posterior["posterior"].to_dataset()).items()}
    one, two = (replicate(lay(model, events), events, draws, 3, 2, size) for size in (5, 12))
    xr.testing.assert_identical(one, two)

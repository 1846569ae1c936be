"""A run that was stopped: what is whole is kept and says so; nothing half-done passes for a fit."""

import json
import os
import signal
import threading

import numpy as np
import nutpie
import pandas as pd
import pytest
import xarray as xr

import attribution as at
from attribution.interruption import kept, largest, whole_draws


def trace(*had):
    """What nutpie returns of chains that had so many draws: NaN from there on."""
    values = np.random.default_rng(0).normal(size=(len(had), max(max(had), 1), 3))
    for chain, count in enumerate(had):
        values[chain, count:] = np.nan
    posterior = xr.Dataset({"x": (("chain", "draw", "k"), values), "y": (("chain", "draw"), values[..., 0])})
    stats = xr.Dataset({"diverging": (("chain", "draw"), np.zeros(values.shape[:2], dtype=bool))})
    return xr.DataTree.from_dict(
        {"posterior": posterior, "sample_stats": stats, "warmup_posterior": posterior}
    )


def test_a_finished_run_is_left_alone():
    whole = trace(400, 400)
    assert kept(whole, 2, 400) is whole


@pytest.mark.parametrize(
    ("had", "number", "length"),
    [
        ((400, 400, 0, 0), 2, 400),
        ((400, 390, 380, 370), 4, 370),
        ((400, 399, 30, 0), 2, 399),
        ((150, 0, 0), 1, 150),
        ((200, 100), 2, 100),
    ],
)
def test_the_most_draws_are_kept(had, number, length):
    with pytest.warns(UserWarning, match=f"{number} of {len(had)} chains with {length} of 400 draws"):
        left = kept(trace(*had), len(had), 400)
    assert left["posterior"].sizes["chain"] == number
    assert left["posterior"].sizes["draw"] == left["sample_stats"].sizes["draw"] == length
    assert np.isfinite(left["posterior"]["x"].values).all()
    assert json.loads(left.attrs["interrupted"]) == {
        "chains": len(had),
        "draws": 400,
        "had": list(had),
        "kept": [number, length],
    }
    assert largest(np.array(had)) == (number, length)


def test_the_draws_kept_are_those_that_were_drawn():
    before = trace(120, 400, 390)
    with pytest.warns(UserWarning, match="stopped"):
        left = kept(before, 3, 400)
    np.testing.assert_array_equal(left["posterior"]["x"].values, before["posterior"]["x"].values[1:, :390])
    assert left["posterior"]["chain"].values.tolist() == [0, 1]


def test_chains_that_never_began():
    """nutpie leaves out chains that had not started where it can."""
    with pytest.warns(UserWarning, match="1 of 4 chains with 400 of 400"):
        assert kept(trace(400), 4, 400)["posterior"].sizes["chain"] == 1


@pytest.mark.parametrize("had", [(0, 0), (99, 99, 99), (5,)])
def test_too_little_to_keep(had):
    with pytest.raises(at.FitError, match=f"stopped after {', '.join(map(str, had))} draws"):
        kept(trace(*had), len(had), 400)


def test_a_nan_in_the_middle_ends_a_chain():
    broken = trace(400, 400)["posterior"].to_dataset()
    broken["y"].values[1, 150] = np.nan
    assert whole_draws(broken).tolist() == [400, 150]


def test_a_fit_that_was_stopped(monkeypatch, tmp_path):
    real = nutpie.sample

    def stopped(*arguments, **settings):
        whole = real(*arguments, **settings)
        for group in ("posterior", "sample_stats"):
            for values in whole[group].data_vars.values():
                if values.dtype.kind == "f":
                    values.values[1, 120:] = np.nan
        return whole

    monkeypatch.setattr(nutpie, "sample", stopped)
    frame = pd.DataFrame({"event_id": list("abcd"), "date": "2021", "perpetrator": ["IS", "army", "", "IS"]})
    with pytest.warns(UserWarning, match="2 of 2 chains with 120 of 150 draws"):
        posterior = at.fit(
            at.Model(["IS", "army"]), at.read_events(frame), seed=1, draws=150, tune=100, chains=2
        )
    assert posterior["attribution"].sizes["draw"] == 120
    check = at.diagnose(posterior)[0]
    assert (check.name, check.passed, check.value, check.threshold) == ("run finished", False, 240, 300)
    assert set(at.shares(posterior)["checks"].str.contains("run finished")) == {True}
    at.save(posterior, tmp_path / "x.nc")
    assert at.diagnose(at.load(tmp_path / "x.nc"))[0] == check


@pytest.mark.slow
def test_control_c(monkeypatch):
    """The real thing: an interrupt while nutpie samples more than anybody can wait for."""
    real = nutpie.sample

    def interrupted(*arguments, **settings):
        threading.Timer(8, os.kill, (os.getpid(), signal.SIGINT)).start()
        return real(*arguments, **settings)

    monkeypatch.setattr(nutpie, "sample", interrupted)
    frame = pd.DataFrame({"event_id": list("abcd"), "date": "2021", "perpetrator": ["IS", "army", "", "IS"]})
    with pytest.warns(UserWarning, match="The run was stopped"):
        posterior = at.fit(
            at.Model(["IS", "army"]), at.read_events(frame), seed=1, draws=10_000_000, tune=100, chains=2
        )
    note = json.loads(posterior.attrs["interrupted"])
    assert note["kept"] == [posterior["attribution"].sizes[dim] for dim in ("chain", "draw")]
    assert np.isfinite(posterior["posterior"]["baseline_effect"].values).all()

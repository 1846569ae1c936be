"""A run that was stopped: what is whole is kept and says so; nothing half-done passes for a fit."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import nutpie
import pandas as pd
import pytest
import xarray as xr

import attribution as at
from attribution.fitting import interruption
from attribution.fitting.interruption import largest, usable_trace, whole_draws


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
    assert usable_trace(whole, 2, 400) is whole


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
        left = usable_trace(trace(*had), len(had), 400)
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
        left = usable_trace(before, 3, 400)
    np.testing.assert_array_equal(left["posterior"]["x"].values, before["posterior"]["x"].values[1:, :390])
    assert left["posterior"]["chain"].values.tolist() == [0, 1]


def test_chains_that_never_began():
    """nutpie leaves out chains that had not started where it can."""
    with pytest.warns(UserWarning, match="1 of 4 chains with 400 of 400"):
        assert usable_trace(trace(400), 4, 400)["posterior"].sizes["chain"] == 1


@pytest.mark.parametrize("had", [(0, 0), (99, 99, 99), (5,)])
def test_too_little_to_keep(had):
    with pytest.raises(at.FitError, match=f"stopped after {', '.join(map(str, had))} draws"):
        usable_trace(trace(*had), len(had), 400)


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


FRAME = pd.DataFrame({"event_id": list("abcd"), "date": "2021", "perpetrator": ["IS", "army", "", "IS"]})


def fitted(directory, draws=150, **settings):
    events = at.read_events(FRAME)
    asked = {"seed": 1, "draws": draws, "tune": 100, "chains": 2} | settings
    return at.fit(at.Model(["IS", "army"]), events, directory=directory, **asked)


def same_draws(one, other, draws=None):
    for group in ("posterior", "attribution", "sample_stats"):
        for name, values in one[group].data_vars.items():
            if "draw" in values.dims:
                found = other[group][name].isel(draw=slice(draws))
                np.testing.assert_array_equal(
                    values.isel(draw=slice(draws)), found, err_msg=f"{group} {name}"
                )


def test_a_run_that_is_kept_is_not_sampled_again(monkeypatch, tmp_path):
    """The same call takes up the chains: what is computed after sampling can be done again, after a crash there."""
    plain, first = fitted(None), fitted(tmp_path / "run")
    same_draws(plain, first)
    monkeypatch.setattr(nutpie, "sample", lambda *_, **__: pytest.fail("sampled again"))
    again = fitted(tmp_path / "run")
    same_draws(plain, again)
    assert again.attrs == first.attrs == plain.attrs
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["chains.nc", "plan.json"]
    for other in ({"seed": 2}, {"draws": 151}, {"target_accept": 0.9}):
        with pytest.raises(at.AttributionError, match=f"another run: {next(iter(other))} differ"):
            fitted(tmp_path / "run", **other)


class Killed(BaseException):
    """Nothing after it is done, as in a process that is killed."""


def test_what_a_killed_run_left_is_taken_up(monkeypatch, tmp_path):
    real = interruption.copy
    monkeypatch.setattr(interruption, "PAUSE", 0.02)

    def copied(trace, folder, attrs):
        real(trace, folder, attrs)
        if (folder / "chains.nc").exists():
            raise Killed

    monkeypatch.setattr(interruption, "copy", copied)
    with pytest.raises(Killed):
        fitted(tmp_path, draws=300_000)
    monkeypatch.setattr(nutpie, "sample", lambda *_, **__: pytest.fail("sampled again"))
    with pytest.warns(
        UserWarning, match=r"of 300000 draws each are kept\. Delete .*chains\.nc to run it again"
    ):
        left = fitted(tmp_path, draws=300_000)
    count = left["posterior"].sizes["draw"]
    assert 100 <= count < 300_000
    assert at.diagnose(left)[0].name == "run finished"
    assert not at.diagnose(left)[0].passed
    monkeypatch.undo()
    whole = fitted(None, draws=count)
    drawn = whole["posterior"]["baseline_effect"].values[:, :100]
    found = left["posterior"]["baseline_effect"].values[:, :100]
    assert all((chain == drawn).all(axis=(1, 2)).any() for chain in found), (
        "the draws are those of the whole run"
    )


def test_damaged_chains_are_refused(tmp_path):
    fitted(tmp_path)
    whole = (tmp_path / "chains.nc").read_bytes()
    (tmp_path / "chains.nc").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(at.AttributionError, match=r"chains\.nc.*cannot be read"):
        fitted(tmp_path)


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from attribution.fitting import interruption
import test_interruption
interruption.PAUSE = 0.5
test_interruption.fitted(Path(sys.argv[1]), draws=2_000_000)
"""


@pytest.mark.slow
def test_a_process_that_is_killed(tmp_path):
    """The real thing: SIGKILL, then the same call."""
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(Path(__file__).parent)]
    with subprocess.Popen(command) as process:
        while not (tmp_path / "chains.nc").exists():
            assert process.poll() is None
            time.sleep(0.1)
        process.kill()
    with pytest.warns(UserWarning, match="The run was stopped"):
        left = fitted(tmp_path, draws=2_000_000)
    assert np.isfinite(left["posterior"]["baseline_effect"].values).all()
    assert set(at.shares(left)["checks"].str.contains("run finished")) == {True}


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

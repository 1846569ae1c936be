"""Leave-one-out by incident, and models side by side."""

import json

import arviz as az
import numpy as np
import pytest
import xarray as xr
from scipy.special import logsumexp

import attribution as at
from attribution.fitting.scoring import by_incident
from attribution.validation.scorecard import scorecard

MODEL = json.dumps({"evidence": []})


def fitted(log_likelihood, incident=None):
    """As much of a fit as loo() reads, with log likelihoods ``(chain, draw, event)``."""
    count = log_likelihood.shape[-1]
    event = [f"e{i}" for i in range(count)]
    held = xr.Dataset({"date": ("event", np.zeros(count))}, coords={"event": event})
    if incident is not None:
        held["incident"] = ("event", np.array(incident, dtype=str))
    rng = np.random.default_rng(1)
    groups = {
        "posterior": xr.Dataset({"a": (("chain", "draw"), rng.normal(size=log_likelihood.shape[:2]))}),
        "log_likelihood": by_incident(xr.Variable(("chain", "draw", "event"), log_likelihood), held),
        "constant_data": held,
    }
    tree = xr.DataTree.from_dict(groups)
    tree.attrs = {"model": MODEL, "data_hash": "h"}
    return tree


@pytest.fixture(scope="module")
def noise():
    """Log likelihoods of twelve observations under two models, the second with one nat less everywhere."""
    rng = np.random.default_rng(5)
    return -1.0 + 0.1 * rng.normal(size=(2, 500, 12))


def test_loo_is_the_importance_weighted_predictive_density(noise):
    """Where weights are nearly even, smoothing changes nothing: the harmonic mean of the likelihood."""
    result = at.loo(fitted(noise))
    flat = noise.reshape(-1, 12)
    expected = np.log(len(flat)) - logsumexp(-flat, axis=0)
    np.testing.assert_allclose(result["elpd_each"], expected, atol=2e-3)
    assert float(result["elpd"]) == pytest.approx(float(result["elpd_each"].sum()))
    (check,) = at.diagnose(result)
    assert (check.name, check.passed) == ("Pareto k", True)


def test_an_incident_is_one_observation(noise):
    incident = ["", "x", "x", "x", *[""] * 8]
    pointwise = fitted(noise, incident)["log_likelihood"]["incidents"]
    assert list(pointwise["incident"].values) == ["e0", "e1", *[f"e{i}" for i in range(4, 12)]]
    np.testing.assert_allclose(pointwise.sel(incident="e1"), noise[..., 1:4].mean(axis=-1), rtol=1e-6)
    np.testing.assert_allclose(pointwise.sel(incident="e7"), noise[..., 7], rtol=1e-6)


def test_events_that_say_nothing_are_not_counted(noise):
    silent = noise.copy()
    silent[..., 3] = 0.0
    assert "e3" not in at.loo(fitted(silent))["incident"].values
    with pytest.raises(at.AttributionError, match="no event has a label or evidence"):
        at.loo(fitted(np.zeros_like(noise)))


@pytest.mark.parametrize("incident", [None, ["", "x", "x", "x", *[""] * 8]])
def test_arviz_gives_the_same(noise, incident):
    """Silent events are left out of what is stored, and an incident is stored as one observation."""
    said = noise.copy()
    said[..., 5] = 0.0
    tree = fitted(said, incident)
    ours, theirs = at.loo(tree), az.loo(tree)
    assert float(ours["elpd"]) == pytest.approx(float(theirs.elpd), rel=1e-5)
    assert theirs.n_data_points == ours.sizes["incident"] == (11 if incident is None else 9)


def test_weights_that_cannot_be_trusted_are_told(noise):
    heavy = noise.copy()
    heavy[..., 2] = -np.log1p(np.random.default_rng(3).pareto(0.7, size=heavy.shape[:2]))
    (check,) = at.diagnose(at.loo(fitted(heavy)))
    assert not check.passed
    assert check.value == pytest.approx(1 / 12)


def test_a_k_that_is_not_a_number_is_not_trusted(noise, monkeypatch):
    real = az.loo

    def without_k(*arguments, **settings):
        found = real(*arguments, **settings)
        found.pareto_k[3] = np.nan
        return found

    monkeypatch.setattr(az, "loo", without_k)
    (check,) = at.diagnose(at.loo(fitted(noise)))
    assert (check.passed, check.value) == (False, pytest.approx(1 / 12))


def test_loo_of_a_fit(posterior):
    result = at.loo(posterior)
    assert result.sizes["incident"] <= 80
    assert np.isfinite(result["elpd_each"]).all()
    assert result.attrs["data_hash"] == posterior.attrs["data_hash"]


def test_compare_of_loo(noise):
    table = at.compare({"bad": at.loo(fitted(noise - 1)), "good": at.loo(fitted(noise))})
    assert list(table["model"]) == ["good", "bad"]
    assert table["difference"].iloc[0] == 0
    assert table["difference"].iloc[1] == pytest.approx(-12)
    assert table["difference_se"].iloc[1] == pytest.approx(0, abs=1e-6)


# ---- hold-outs


def held_out(shift, seed=1, incident=None):
    """A result of holdout for forty events of two actors, with `shift` more log-odds for the right one."""
    rng = np.random.default_rng(seed)
    truth = np.where(rng.random(40) < 0.5, "A", "B")
    odds = np.random.default_rng(9).normal(size=40) * 0.5 + shift
    right = 1 / (1 + np.exp(-odds))
    p = np.where((truth == "A"), right, 1 - right)
    event = [f"e{i}" for i in range(40)]
    coords = {"event": event, "actor": ["A", "B"]}
    result = xr.Dataset(
        {"probability": (("event", "actor"), np.stack([p, 1 - p], axis=1)), "truth": ("event", truth)}, coords
    )
    result["fold"] = ("event", np.arange(40) // 10)
    if incident is not None:
        result["incident"] = ("event", np.array(incident, dtype=str))
    result = xr.merge([result, scorecard(result["probability"], result["truth"], seed=1, cluster=incident)])
    result.attrs = {"data_hash": "h"}
    return result


def test_compare_of_holdouts():
    one, two = held_out(1.0), held_out(0.2)
    table = at.compare({"worse": two, "better": one})
    assert list(table["model"]) == ["better", "worse"]
    difference = two["log_score"].values - one["log_score"].values
    assert table["difference"].iloc[1] == pytest.approx(difference.mean())
    assert table["difference_se"].iloc[1] == pytest.approx(difference.std(ddof=1) / 40**0.5)
    assert table["log_score"].iloc[0] == pytest.approx(float(one["log_score"].mean()))
    assert table["difference_se"].iloc[1] < table["se"].iloc[1], "paired: the events' own difficulty cancels"


def test_killings_of_one_incident_count_as_one_difference():
    incident = np.arange(40) // 4
    table = at.compare({"a": held_out(1.0, incident=incident), "b": held_out(0.2, incident=incident)})
    plain = at.compare({"a": held_out(1.0), "b": held_out(0.2)})
    assert table["difference"].iloc[1] == plain["difference"].iloc[1]
    assert table["difference_se"].iloc[1] != plain["difference_se"].iloc[1]


@pytest.mark.parametrize(
    ("results", "message"),
    [
        (lambda: {"a": held_out(1.0)}, "two results or more"),
        (lambda: {"a": held_out(1.0), "b": held_out(1.0, seed=2)}, "'a' and 'b' differ in truth"),
        (lambda: {"a": held_out(1.0), "b": held_out(1.0).assign_attrs(data_hash="g")}, "differ in data"),
        (lambda: {"a": held_out(1.0), "b": xr.Dataset()}, "'b' is a result neither"),
    ],
)
def test_what_cannot_be_compared(results, message):
    with pytest.raises(at.AttributionError, match=message):
        at.compare(results())


def test_loo_and_holdout_are_not_compared(noise):
    one = at.loo(fitted(noise))
    with pytest.raises(at.AttributionError, match="not both at once"):
        at.compare({"a": one, "b": held_out(1.0)})
    claims = one.assign_attrs(model=json.dumps({"evidence": [{"component": "Claim"}]}))
    with pytest.raises(at.AttributionError, match="'b' predicts labels, Claim"):
        at.compare({"a": one, "b": claims})


def test_loo_needs_a_fit():
    with pytest.raises(at.AttributionError, match="loo\\(\\) needs what fit\\(\\) returns"):
        at.loo(xr.DataTree())
    with pytest.raises(at.AttributionError, match="holds no checks"):
        at.diagnose(xr.Dataset())

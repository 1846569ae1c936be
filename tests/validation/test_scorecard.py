"""The card is the scores, added up right."""

import numpy as np
import pytest
import xarray as xr

from attribution.scores import brier, calibration_error, calibration_interval, log_score, top_k
from attribution.validation.scorecard import ALL, MEASURES, scorecard, standard_error

ACTORS = ["IS", "army", "criminal"]


@pytest.fixture(scope="module")
def forecast():
    """Two hundred forecasts, of events that `criminal` never did."""
    rng = np.random.default_rng(3)
    chance = xr.DataArray(rng.dirichlet([2, 1, 0.5], 200), dims=("event", "actor"), coords={"actor": ACTORS})
    return chance, xr.DataArray(rng.choice(["IS", "army"], 200), dims="event")


def entry(card, measure, group=ALL):
    return float(card["summary"].sel(measure=measure, group=group))


def test_events_are_scored_as_scores_does(forecast):
    card = scorecard(*forecast, seed=1)
    np.testing.assert_array_equal(card["log_score"], log_score(*forecast))
    np.testing.assert_array_equal(card["brier"], brier(*forecast))
    np.testing.assert_array_equal(card["top_1"], top_k(*forecast, 1))
    np.testing.assert_array_equal(card["top_3"], top_k(*forecast, 3))
    assert list(card["measure"].values) == list(MEASURES)


def test_the_summary_over_all(forecast):
    card = scorecard(*forecast, seed=1)
    assert entry(card, "events") == 200
    for name, values in (("log_score", log_score(*forecast)), ("brier", brier(*forecast))):
        assert entry(card, name) == pytest.approx(float(values.mean()))
    assert entry(card, "log_score_se") == pytest.approx(float(log_score(*forecast).std(ddof=1)) / 200**0.5)
    assert entry(card, "calibration_error") == calibration_error(*forecast)
    low, high = calibration_interval(*forecast, seed=1, resamples=500)
    assert (entry(card, "calibration_low"), entry(card, "calibration_high")) == (low, high)


@pytest.mark.parametrize("actor", ["IS", "army"])
def test_the_summary_of_an_actor(forecast, actor):
    chance, truth = forecast
    card, own = scorecard(chance, truth, seed=1), np.flatnonzero(truth.values == actor)
    assert entry(card, "events", actor) == len(own)
    assert entry(card, "log_score", actor) == pytest.approx(
        -np.log(chance.sel(actor=actor).values[own]).mean()
    )
    p, hit = chance.sel(actor=actor).values, truth.values == actor
    bins = np.minimum((p * 10).astype(int), 9)
    gaps = [abs((hit - p)[bins == b].sum()) for b in range(10)]
    assert entry(card, "calibration_error", actor) == pytest.approx(sum(gaps) / 200)


def test_an_actor_without_events_has_no_means(forecast):
    card = scorecard(*forecast, seed=1)
    assert entry(card, "events", "criminal") == 0
    assert np.isnan(entry(card, "log_score", "criminal"))
    assert entry(card, "calibration_error", "criminal") > 0


def test_events_of_one_incident_count_once_for_the_standard_error(forecast):
    chance, truth = (xr.concat([part] * 3, dim="event") for part in forecast)
    one = entry(scorecard(*forecast, seed=1), "log_score_se")
    incident = np.tile(np.arange(200), 3)
    assert entry(scorecard(chance, truth, seed=1, cluster=incident), "log_score_se") == pytest.approx(one)
    assert entry(scorecard(chance, truth, seed=1), "log_score_se") < 0.6 * one
    assert np.isnan(standard_error(np.ones(3), np.zeros(3)))

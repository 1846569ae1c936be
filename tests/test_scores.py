"""Scores against hand computation and against loops written apart from the library."""

import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.scores import brier, calibration, calibration_error, calibration_interval, log_score, top_k

ACTORS = ["IS", "regime security", "criminal", "unlisted"]


def forecast(rows, actors=None, **coords):
    actors = ACTORS[: len(rows[0])] if actors is None else actors
    return xr.DataArray(rows, dims=("event", "actor"), coords={"actor": actors, **coords})


def labels(values, **coords):
    return xr.DataArray(values, dims="event", coords=coords)


def random_case(seed, n=60):
    rng = np.random.default_rng(seed)
    values = rng.dirichlet(np.full(len(ACTORS), 0.7), size=n)
    return forecast(values), labels(rng.choice(ACTORS, size=n))


@pytest.fixture(params=[0, 1, 2])
def case(request):
    return random_case(request.param)


# ---- hand computation


def test_log_score_by_hand():
    score = log_score(forecast([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]), labels(["regime security", "IS"]))
    assert score.dims == ("event",)
    np.testing.assert_allclose(score, [-math.log(0.3), 0.0])
    assert not np.signbit(score.values).any()


def test_log_score_is_infinite_where_the_right_actor_was_excluded():
    assert math.isinf(log_score(forecast([[1.0, 0.0]]), labels(["regime security"])).item())


def test_brier_by_hand():
    score = brier(forecast([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0]]), labels(["criminal", "IS"]))
    np.testing.assert_allclose(score, [0.04 + 0.09 + 0.25, 2.0])


def test_top_k_by_hand():
    probability = forecast([[0.5, 0.3, 0.1, 0.1]] * 4)
    truth = labels(ACTORS)
    np.testing.assert_array_equal(top_k(probability, truth, 1), [1, 0, 0, 0])
    np.testing.assert_array_equal(top_k(probability, truth, 2), [1, 1, 0, 0])
    np.testing.assert_array_equal(top_k(probability, truth, 3), [1, 1, 0.5, 0.5])
    np.testing.assert_array_equal(top_k(probability, truth, 9), [1, 1, 1, 1])


def test_calibration_by_hand():
    table = calibration(forecast([[0.9, 0.1], [0.7, 0.3]]), labels(["IS", "regime security"]), bins=4)
    np.testing.assert_allclose(table["bin"], [0.125, 0.375, 0.625, 0.875])
    np.testing.assert_allclose(table["lower"], [0, 0.25, 0.5, 0.75])
    np.testing.assert_allclose(table["upper"], [0.25, 0.5, 0.75, 1])
    np.testing.assert_array_equal(table["count"], [1, 1, 1, 1])
    np.testing.assert_allclose(table["predicted"], [0.1, 0.3, 0.7, 0.9])
    np.testing.assert_allclose(table["observed"], [0, 1, 0, 1])


def test_empty_bins_are_nan_and_certainty_falls_in_the_last():
    table = calibration(forecast([[1.0, 0.0]]), labels(["IS"]), bins=3)
    np.testing.assert_array_equal(table["count"], [1, 0, 1])
    np.testing.assert_array_equal(table["observed"], [0, np.nan, 1])
    np.testing.assert_array_equal(table["predicted"], [0, np.nan, 1])


def test_calibration_error_by_hand():
    # Confidences .9 (right), .6 (wrong), .6 (right): |1 - .9| / 3 + 2 |.5 - .6| / 3
    probability = forecast([[0.9, 0.1], [0.6, 0.4], [0.4, 0.6]])
    truth = labels(["IS", "regime security", "regime security"])
    assert calibration_error(probability, truth) == pytest.approx((0.1 + 0.2) / 3)
    # Actor 1: bins {.9}: .1, {.6}: .6, {.4}: .4; actor 2 mirrors: {.1}: .1, {.4}: .6, {.6}: .4
    assert calibration_error(probability, truth, kind="classwise") == pytest.approx(1.1 / 3)


# ---- loops written apart from the library


def test_scores_agree_with_loops(case):
    probability, truth = case
    for e, right in enumerate(truth.values):
        row = dict(zip(ACTORS, probability.values[e], strict=True))
        order = sorted(ACTORS, key=row.__getitem__, reverse=True)
        assert log_score(probability, truth)[e].item() == pytest.approx(-math.log(row[right]))
        assert brier(probability, truth)[e].item() == pytest.approx(
            sum((row[actor] - (actor == right)) ** 2 for actor in ACTORS)
        )
        for k in (1, 2, 3):
            assert top_k(probability, truth, k)[e].item() == (right in order[:k])


def binned_error(forecasts, bins):
    """Weighted mean distance of frequency and mean probability of (probability, right) pairs, by a loop."""
    total = 0.0
    for b in range(bins):
        inside = [
            (p, y) for p, y in forecasts if b / bins <= p < (b + 1) / bins or (b == bins - 1 and p == 1)
        ]
        if inside:
            mean_p, mean_y = (sum(column) / len(inside) for column in zip(*inside, strict=True))
            total += len(inside) / len(forecasts) * abs(mean_y - mean_p)
    return total


@pytest.mark.parametrize("bins", [1, 8, 16])
def test_calibration_error_agrees_with_loops(case, bins):
    probability, truth = case
    rows = list(zip(probability.values, truth.values, strict=True))
    top = [(row.max(), ACTORS[row.argmax()] == right) for row, right in rows]
    assert calibration_error(probability, truth, bins) == pytest.approx(binned_error(top, bins))
    each = [
        binned_error([(row[k], actor == right) for row, right in rows], bins)
        for k, actor in enumerate(ACTORS)
    ]
    assert calibration_error(probability, truth, bins, "classwise") == pytest.approx(sum(each) / len(each))


@pytest.mark.parametrize("bins", [1, 8, 16])
def test_calibration_agrees_with_loops(case, bins):
    probability, truth = case
    pairs = [
        (p, actor == right)
        for row, right in zip(probability.values, truth.values, strict=True)
        for p, actor in zip(row, ACTORS, strict=True)
    ]
    table = calibration(probability, truth, bins)
    assert table["count"].sum() == len(pairs)
    weight = table["count"] / len(pairs)
    assert (weight * abs(table["observed"] - table["predicted"])).sum().item() == pytest.approx(
        binned_error(pairs, bins)
    )


# ---- what must hold whatever the numbers


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), data=st.data())
def test_scores_do_not_depend_on_the_order_of_actors_events_or_dims(seed, data):
    probability, truth = random_case(seed, n=12)
    events = data.draw(st.permutations(range(12)))
    actors = data.draw(st.permutations(range(len(ACTORS))))
    turned = probability.isel(event=events, actor=actors).transpose("actor", "event")
    for score in (log_score, brier, lambda p, t: top_k(p, t, 2)):
        expected = score(probability, truth).isel(event=events)
        np.testing.assert_allclose(score(turned, truth.isel(event=events)), expected)
    for kind in ("top", "classwise"):
        assert calibration_error(turned, truth.isel(event=events), kind=kind) == pytest.approx(
            calibration_error(probability, truth, kind=kind)
        )


def test_an_even_guess_gains_nothing_from_the_order_of_actors():
    probability, truth = forecast(np.full((4, 4), 0.25)), labels(ACTORS)
    np.testing.assert_allclose(top_k(probability, truth, 1), 0.25)
    assert calibration_error(probability, truth) == pytest.approx(0)


@pytest.mark.parametrize("score", [log_score, brier])
def test_scores_are_proper(score):
    # Expected score under p of forecasting q is least at q = p.
    p = np.array([0.5, 0.3, 0.15, 0.05])
    truth = labels(ACTORS)

    def expected(q):
        return float(p @ score(forecast(np.tile(q, (4, 1))), truth).values)

    rng = np.random.default_rng(0)
    assert all(expected(q) > expected(p) for q in rng.dirichlet(np.ones(4), size=50))


def test_further_dims_ride_along(case):
    probability, truth = case
    draws = xr.concat([probability, probability[:, ::-1].assign_coords(actor=ACTORS)], dim="draw")
    score = log_score(draws, truth)
    assert set(score.dims) == {"event", "draw"}
    np.testing.assert_allclose(score.isel(draw=0), log_score(probability, truth))
    with pytest.raises(ValueError, match="average over draw first"):
        calibration(draws, truth)


def test_a_calibrated_forecast_has_a_small_error_and_a_boastful_one_a_large():
    rng = np.random.default_rng(3)
    values = rng.dirichlet(np.ones(4), size=4000)
    truth = labels([rng.choice(ACTORS, p=row) for row in values])
    boastful = values**4 / (values**4).sum(axis=1, keepdims=True)
    assert calibration_error(forecast(values), truth) < 0.03
    assert calibration_error(forecast(boastful), truth) > 0.15


@pytest.mark.parametrize("kind", ["top", "classwise"])
def test_calibration_interval_is_the_percentile_bootstrap(case, kind):
    probability, truth = case
    lower, upper = calibration_interval(probability, truth, kind=kind, seed=5, resamples=50, level=0.8)
    n = truth.sizes["event"]
    rng = np.random.default_rng(5)
    errors = []
    for _ in range(50):
        rows = np.repeat(np.arange(n), rng.multinomial(n, np.full(n, 1 / n)))
        errors.append(calibration_error(probability.isel(event=rows), truth.isel(event=rows), kind=kind))
    np.testing.assert_allclose([lower, upper], np.quantile(errors, [0.1, 0.9]))


def test_calibration_interval_follows_its_seed(case):
    first, again, other = (calibration_interval(*case, seed=seed, resamples=50) for seed in (1, 1, 2))
    assert first == again
    assert first != other


# ---- refusals


def test_unknown_labels_come_all_at_once_with_the_nearest_name():
    with pytest.raises(ValueError, match="not among the actors") as error:
        log_score(forecast([[0.5, 0.5]] * 3), labels(["regime securty", "IS", "nobody at all"]))
    assert "'regime securty' (did you mean 'regime security'?)" in str(error.value)
    assert "'nobody at all'" in str(error.value)


@pytest.mark.parametrize("bad", [[0.5, 0.4], [1.2, -0.2], [np.nan, 1.0], [np.inf, 0.0]])
def test_improper_probabilities_name_their_event(bad):
    probability = forecast([[0.5, 0.5], bad], event=["a1", "b2"])
    with pytest.raises(ValueError, match="1 events do not: b2"):
        brier(probability, labels(["IS", "IS"]))


def test_rounding_of_the_sum_is_forgiven():
    assert math.isfinite(log_score(forecast([[0.5, 0.5 + 5e-7]]), labels(["IS"])).item())


@pytest.mark.parametrize(
    ("probability", "truth", "said"),
    [
        (xr.DataArray([[1.0]], dims=("event", "actor")), labels(["IS"]), "labels on 'actor'"),
        (xr.DataArray([1.0], dims="actor", coords={"actor": ["IS"]}), labels(["IS"]), "needs the dims"),
        (forecast([[0.5, 0.5]]), xr.DataArray(["IS"], dims="row"), "one dim 'event'"),
        (forecast([[0.5, 0.5]]), labels(["IS", "IS"]), "1 events and truth 2"),
        (forecast([[0.5, 0.5]], event=["a"]), labels(["IS"], event=["b"]), "different events"),
        (forecast([[0.5, 0.5]], actors=["IS", "IS"]), labels(["IS"]), "not distinct"),
    ],
)
def test_mismatched_arrays_are_refused(probability, truth, said):
    with pytest.raises(ValueError, match=said):
        log_score(probability, truth)


def test_arguments_out_of_range_are_refused(case):
    with pytest.raises(ValueError, match="k is the length"):
        top_k(*case, 0)
    with pytest.raises(ValueError, match="bins must be"):
        calibration(*case, bins=0)
    with pytest.raises(ValueError, match="kind must be"):
        calibration_error(*case, kind="overall")
    with pytest.raises(ValueError, match="level is the mass"):
        calibration_interval(*case, seed=1, level=95)
    with pytest.raises(ValueError, match="resamples must be"):
        calibration_interval(*case, seed=1, resamples=0)
    empty, none = (array.isel(event=[]) for array in case)
    with pytest.raises(ValueError, match="no events"):
        calibration_error(empty, none)

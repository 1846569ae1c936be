"""Bases of smooth priors against their closed forms."""

import math

import numpy as np
import pandas as pd
import pytest

import oracle
from attribution.components import basis
from attribution.components.activity.location import Location
from attribution.components.activity.timing import Timing
from attribution.events.reading import read_events
from attribution.model.design import lay
from attribution.model.specification import Model
from cases import ACTORS, COLUMNS, case_of


@pytest.mark.parametrize("n", [2, 3, 8, 31])
def test_walk_basis_is_exact_at_full_rank(n):
    found = basis.walk_basis(n, n)
    assert found.shape == (n, n - 1)
    np.testing.assert_allclose(found @ found.T, oracle.walk_covariance(n), atol=1e-10)
    np.testing.assert_allclose((found**2).sum(axis=1).mean(), 1.0)
    np.testing.assert_allclose(found.sum(axis=0), 0.0, atol=1e-10)
    np.testing.assert_allclose(found, oracle.walk_basis(n, n), atol=1e-9)


@pytest.mark.parametrize("rank", [3, 8])
def test_truncated_walk_basis_keeps_the_leading_components(rank):
    found, whole = basis.walk_basis(60, rank), basis.walk_basis(60, 60)
    np.testing.assert_array_equal(found, whole[:, :rank])
    lost = np.linalg.norm(found @ found.T - oracle.walk_covariance(60), 2)
    np.testing.assert_allclose(lost, (whole[:, rank] ** 2).sum())  # the best of its rank, Eckart and Young


@pytest.mark.parametrize("n", [2, 3, 8, 31])
def test_weighted_walk_basis_is_exact_at_full_rank(n):
    weight = 0.1 + np.random.default_rng(n).random(n) ** 4
    whole, covariance = basis.walk_basis(n, n, weight), oracle.weighted_walk_covariance(weight)
    np.testing.assert_allclose(whole @ whole.T, covariance, atol=1e-10)
    np.testing.assert_allclose(weight @ whole, 0.0, atol=1e-10)
    np.testing.assert_allclose(weight @ (whole**2).sum(axis=1) / weight.sum(), 1.0)
    np.testing.assert_allclose(whole, oracle.weighted_walk_basis(weight, n), atol=1e-8)
    step = covariance[0, 0] + covariance[-1, -1] - 2 * covariance[0, -1]
    np.testing.assert_allclose(basis.walk_step(n, weight) * (n - 1), step)


def test_equal_weights_are_no_weights():
    np.testing.assert_allclose(basis.walk_basis(9, 4, np.full(9, 2.0)), basis.walk_basis(9, 4), atol=1e-12)
    assert basis.walk_step(9, np.full(9, 2.0)) == pytest.approx(basis.walk_step(9))


def test_weights_put_the_functions_where_the_events_are():
    """Three functions follow a walk better over its busy half than without weights, and worse over the other."""
    weight = np.where(np.arange(40) < 20, 1.0, 0.05)
    lost = {}
    for name, given in (("weighted", weight), ("plain", None)):
        found = basis.walk_basis(40, 3, given)
        covariance = oracle.weighted_walk_covariance(np.ones(40) if given is None else given)
        scaled = (covariance - found @ found.T) / basis.walk_step(40, given)
        lost[name] = np.diag(scaled)[:20].sum(), np.diag(scaled)[20:].sum()
    assert lost["weighted"][0] < 0.8 * lost["plain"][0]
    assert lost["weighted"][1] > lost["plain"][1]


@pytest.mark.parametrize("n", [0, 1])
def test_walk_over_a_single_level_has_no_basis(n):
    assert basis.walk_basis(n).shape == (n, 0)


def test_distance_between_known_cities():
    new_york, london, pole, equator = [40.7128, -74.0060], [51.5074, -0.1278], [90, 0], [0, 123]
    found = basis.distance_km(np.array([new_york, pole]), np.array([london, equator]))
    assert found[0, 0] == pytest.approx(5570.2, abs=0.5)
    assert found[1, 1] == pytest.approx(6371 * np.pi / 2)
    assert basis.distance_km(np.array([london]), np.array([london])).item() == 0
    assert basis.distance_km(np.array([[10.0, 179.9]]), np.array([[10.0, -179.9]])).item() < 25


def test_distances_equal_the_oracle():
    points = np.random.default_rng(8).uniform([-89, -179], [89, 179], (20, 2))
    expected = [[oracle.distance(a, b) for b in points] for a in points]
    np.testing.assert_allclose(basis.distance_km(points, points), expected, rtol=1e-9, atol=1e-6)


def test_matern_by_hand():
    assert basis.matern(np.array(0.0), 5.0) == 1.0
    assert basis.matern(np.array(5.0), 5.0) == pytest.approx((1 + math.sqrt(3)) * math.exp(-math.sqrt(3)))


def knots_around_daraa(n=12):
    return np.random.default_rng(6).uniform([32.5, 35.9], [33.1, 36.5], (n, 2))


def test_surface_is_exact_at_its_knots_when_not_truncated():
    knots = knots_around_daraa()
    values, vectors = np.linalg.eigh(basis.matern(basis.distance_km(knots, knots), 20.0))
    found = basis.distance_basis(knots, knots, vectors / np.sqrt(values), 20.0)
    np.testing.assert_allclose(found @ found.T, oracle.matern_covariance(knots, knots, 20.0), atol=1e-10)


def test_surface_keeps_99_percent_of_the_variance_at_its_knots():
    knots = knots_around_daraa()
    weights = basis.distance_weights(knots, 60.0)
    found = basis.distance_basis(knots, knots, weights, 60.0)
    mine = np.stack([oracle.distance_basis(knot, knots, 60.0) for knot in knots])
    assert weights.shape[1] < len(knots)
    np.testing.assert_allclose(found, mine, atol=1e-9)
    kept = np.trace(found.T @ np.linalg.solve(oracle.matern_covariance(knots, knots, 60.0), found))
    values = np.linalg.eigvalsh(oracle.matern_covariance(knots, knots, 60.0))[::-1]
    assert values[: weights.shape[1]].sum() >= 0.99 * values.sum() > values[: weights.shape[1] - 1].sum()
    assert kept == pytest.approx(weights.shape[1] * values.sum() / values[: weights.shape[1]].sum())


@pytest.mark.parametrize("length", [2.0, 20.0, 200.0])
def test_surface_has_unit_variance_at_its_knots_whatever_was_cut(length):
    knots = knots_around_daraa(60)
    weights = basis.distance_weights(knots, length)
    found = basis.distance_basis(knots, knots, weights, length)
    np.testing.assert_allclose((found**2).sum(axis=1).mean(), 1.0)
    assert weights.shape[1] <= 20
    assert (found[0] > 0).all()  # a sign that no linear algebra library chooses


def test_surface_between_knots_is_the_nystroem_covariance():
    knots, points = knots_around_daraa(), knots_around_daraa(20)[12:]
    values, vectors = np.linalg.eigh(basis.matern(basis.distance_km(knots, knots), 20.0))
    found = basis.distance_basis(points, knots, vectors / np.sqrt(values), 20.0)
    cross = oracle.matern_covariance(points, knots, 20.0)
    expected = cross @ np.linalg.solve(oracle.matern_covariance(knots, knots, 20.0), cross.T)
    np.testing.assert_allclose(found @ found.T, expected, atol=1e-9)
    assert ((found**2).sum(axis=1) <= 1 + 1e-9).all()


def test_knots_are_spread_over_the_points():
    points = knots_around_daraa(60)
    chosen = basis.spread_points(np.vstack([points, points]), 10)
    assert len(np.unique(chosen, axis=0)) == 10
    assert {tuple(p) for p in chosen} <= {tuple(p) for p in points}
    apart = basis.distance_km(chosen, chosen) + 1e9 * np.eye(10)
    assert basis.distance_km(points, chosen).min(axis=1).max() <= apart.min() + 1e-9
    assert len(basis.spread_points(points[:5], 10)) == 5


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [("1970-01-01", "2003-04-30", 400), ("1970-01-01", "2003-05-01", 134), ("1800-02-01", "2010-01-31", 211)],
)
def test_default_periods_are_at_most_400(first, last, count):
    fitted = read_events(pd.DataFrame({"event_id": ["a", "b"], "date": [first, last]}))
    assert len(lay(Model(["P", "Q"], [Timing()]), fitted).parts[0].levels.data["basis"]) == count


def test_places_count_against_the_areas_that_have_any():
    """Two places of one area have effects of their own, though areas without a place are as many."""
    events = [dict.fromkeys(COLUMNS, "") | {"event_id": str(i), "date": "2020-01-01"} for i in range(3)]
    for event, area, place in zip(events, "XXY", ("market", "mosque", ""), strict=True):
        event |= {"area": area, "place": place, "perpetrator": "A"}
    case = case_of(Model(ACTORS, [Location()]), events, [])
    assert case.design.coords["location_place"] == ["X / market", "X / mosque"]
    np.testing.assert_allclose(
        case.log_likelihood, oracle.log_likelihood(case.world, case.parameters), rtol=0, atol=1e-8
    )

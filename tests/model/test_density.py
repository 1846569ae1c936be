"""Tables, density and attribution against the twin, enumeration and finite differences."""

import math
from dataclasses import replace

import numpy as np
import pytest

import oracle
from attribution.components.base import NEVER
from attribution.model.actors import attribute_cells
from attribution.model.graph import build
from attribution.model.specification import Model
from attribution.model.tables import tables
from cases import (
    ACTORS,
    EVERYTHING,
    MODELS,
    PLAIN,
    STABLE,
    case_named,
    case_of,
    density_of,
    made,
    random_parameters,
    unconstrained,
)


@pytest.mark.parametrize("n", [2, 3, 7, 40])
def test_oracle_walk_basis_has_its_own_covariance(n):
    whole = oracle.walk_basis(n, n)
    np.testing.assert_allclose(whole @ whole.T, oracle.walk_covariance(n), atol=1e-10)


def test_oracle_is_a_probability_distribution():
    case = case_named("everything")
    world, p, event = case.world, case.parameters, case.world.events[0]
    law = world.model["evidence"][1]
    for actor in world.actors:
        for claimant in world.claimants:
            done = [
                oracle.claim(world.model["evidence"][0], world, event, p, claimant, outcome, actor)
                for outcome in ("silent", "claims")
            ]
            assert sum(done) == pytest.approx(1, abs=1e-12)
        for voice in oracle.voices(law, world):
            said = [oracle.statement(law, world, event, p, voice, j, actor) for j in ("", *world.actors)]
            assert sum(said) == pytest.approx(1, abs=1e-12)


def test_tables_equal_the_oracle(case):
    expected = oracle.tables(case.world, case.parameters)
    for part, table in zip(case.design.parts, case.values, strict=True):
        known = np.maximum(expected[part.component.name], NEVER)
        np.testing.assert_allclose(table[0][part.index], known, rtol=0, atol=1e-8)


@pytest.mark.parametrize("name", ["everything, closed", "trusted statements and silent voices", "two actors"])
def test_tables_on_jax_equal_the_interpreted(name):
    case = case_named(name)
    draws = {key: np.stack([value, 0 * value]) for key, value in case.parameters.items()}
    for fast, slow in zip(tables(case.design)(draws), case.values, strict=True):
        np.testing.assert_allclose(fast[:1], slow, rtol=0, atol=1e-10)


def test_density_equals_the_oracle(case):
    model = build(case.design)
    density = density_of(model)
    cases = [case, replace(case, parameters=random_parameters(case.design, 12))]
    found = [density(unconstrained(model, one.parameters)) for one in cases]
    expected = [oracle.log_posterior(one.world, one.parameters) for one in cases]
    # PyTensor holds a constant such as 1.5 in single precision, so its logarithm is off by 1e-8: see the total.
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(np.diff(found), np.diff(expected), rtol=0, atol=1e-8)


def test_attribution_equals_bayes_rule(case):
    np.testing.assert_allclose(case.chance, oracle.attribution(case.world, case.parameters), atol=1e-10)
    expected = oracle.log_likelihood(case.world, case.parameters)
    np.testing.assert_allclose(case.log_likelihood, expected, rtol=0, atol=1e-8)


def test_some_cells_have_what_all_have(full):
    for some, whole in zip(
        attribute_cells(full.design, full.values, slice(3, 7)),
        attribute_cells(full.design, full.values),
        strict=True,
    ):
        np.testing.assert_array_equal(some, whole[:, 3:7])


def test_components_add_up_in_any_order():
    reordered = Model(ACTORS, EVERYTHING.activity[::-1], EVERYTHING.evidence[::-1])
    given = case_named("everything")
    case = case_of(reordered, *made(reordered), given.parameters)
    np.testing.assert_allclose(case.log_likelihood, given.log_likelihood, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["everything", "everything, closed"])
def test_likelihood_equals_the_sum_over_all_assignments(name):
    events, statements = made(MODELS[name])
    few = [events[i] for i in (0, 1, 2, 4, 6)]
    ids = {event["event_id"] for event in few}
    case = case_of(MODELS[name], few, [s for s in statements if s["event_id"] in ids])
    model = build(case.design)
    density = model.compile_logp(vars=model.potentials, mode=PLAIN)(unconstrained(model, case.parameters))
    expected = oracle.enumerated_likelihood(case.world, case.parameters)
    assert math.exp(density) == pytest.approx(expected, rel=1e-9)


def test_gradient_agrees_with_finite_differences():
    case = case_named("everything")
    model = build(case.design)
    point = unconstrained(model, case.parameters)
    density, gradient = density_of(model), model.compile_dlogp(mode=STABLE)(point)
    splits = np.cumsum([value.size for value in point.values()])
    rng, step = np.random.default_rng(3), 1e-5

    def shifted(direction):
        parts = np.split(direction, splits[:-1])
        return {name: v + d.reshape(v.shape) for (name, v), d in zip(point.items(), parts, strict=True)}

    for _ in range(4):
        direction = rng.standard_normal(splits[-1])
        slope = (density(shifted(step * direction)) - density(shifted(-step * direction))) / (2 * step)
        assert gradient @ direction == pytest.approx(slope, rel=1e-7, abs=1e-6)

"""Evidence laws: they normalise, and say what their formulas say."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp

from attribution.components.activity.baseline import Baseline
from attribution.components.evidence.statements import Statements
from attribution.events.reading import read_events
from attribution.model.design import lay
from attribution.model.specification import Model
from cases import MODELS, case_named, one_draw, outcomes_of, random_parameters, small

LAWS = [name for name, model in MODELS.items() if len(model.evidence) == 1]


@pytest.mark.parametrize("name", LAWS)
def test_laws_normalise(name):
    design = case_named(name).design
    draws = [random_parameters(design, 7, spread) for spread in (0.1, 1.0, 4.0)]
    grid = outcomes_of(name)({key: np.stack([draw[key] for draw in draws]) for key in draws[0]})
    assert not np.isnan(grid).any()
    np.testing.assert_allclose(logsumexp(grid, axis=3), 0.0, rtol=0, atol=1e-10)


def test_blame_that_falls_on_one_actor_stays_a_probability():
    p = random_parameters(case_named("statements").design, 7)
    p |= {"statements_blame": np.tile([30.0, -12.0, -18.0], (len(p["statements_blame"]), 1))}
    np.testing.assert_allclose(logsumexp(outcomes_of("statements")(one_draw(p)), axis=3), 0.0, atol=1e-10)


def test_each_kind_of_statement_blames_in_its_own_way():
    """Where accusations fall wrongly says nothing of whom denials name."""
    case = case_named("statements")
    law = next(part for part in case.design.parts if isinstance(part.component, Statements))
    kinds, voices = law.levels.coords["kind"], law.levels.coords["voice"]
    moved = case.parameters["statements_blame"].copy()
    moved[kinds.index("accusation")] += [2.0, -1.0, -1.0]
    changed = one_draw(case.parameters | {"statements_blame": moved})
    before, after = outcomes_of("statements")(one_draw(case.parameters)), outcomes_of("statements")(changed)
    same = np.isclose(before, after, rtol=0, atol=1e-12).all(axis=(0, 1, 3, 4))
    np.testing.assert_array_equal(same, [not voice.endswith("| accusation") for voice in voices])
    assert set(same) == {True, False}


def test_unlisted_cannot_claim_and_a_habitual_claimer_is_seldom_silent():
    case = case_named("plain claim with silence")
    false = 1 / (1 + math.exp(2.0))
    p = case.parameters | {"claim_propensity": np.array([4.0, 0.0, -4.0]), "claim_false": np.full(3, -2.0)}
    silence, claims = np.moveaxis(np.exp(outcomes_of("plain claim with silence")(one_draw(p))[0, 0]), 1, 0)
    silence_of_all = silence.prod(axis=0)
    assert silence_of_all[0] < silence_of_all[1] < silence_of_all[2]
    np.testing.assert_allclose(claims[:, 3], false)
    np.testing.assert_allclose(silence_of_all[3], (1 - false) ** 3)


def test_statement_about_an_event_that_was_left_out_is_not_given_to_another():
    said = {"source": ["m", "m"], "kind": ["finding"] * 2, "event_id": ["a", "d"], "actor": ["P", "Q"]}
    events = read_events(small(), statements=pd.DataFrame(said)).isel(event=[0, 1, 2])
    part = lay(Model(["P", "Q"], [Baseline()], [Statements()]), events).parts[1]
    np.testing.assert_array_equal(part.component.observed(events, part.levels)[:, 0], [1, 0, 0])

"""What must not matter: order, names, merging; and labels as sets of candidates."""

import numpy as np
import pytest
from scipy.special import logsumexp

from attribution.components.activity.baseline import Baseline
from attribution.components.activity.timing import Timing
from attribution.components.base import EvidenceLaw
from attribution.components.evidence.claim import Claim
from attribution.model.actors import attribute_cells
from attribution.model.graph import build
from attribution.model.specification import Model
from attribution.model.variants import with_candidates
from cases import ACTORS, EVERYTHING, case_named, case_of, made


def renamed(events, suffix):
    """The events, or statements, with other ids and of other incidents."""
    return [
        event
        | {"event_id": event["event_id"] + suffix}
        | ({"incident": event["incident"] and event["incident"] + suffix} if "incident" in event else {})
        for event in events
    ]


def test_identical_events_share_a_cell_and_change_nothing(full):
    events, statements = made(full.model)
    thrice = [event for suffix in "abc" for event in renamed(events, suffix)]
    case = case_of(
        full.model, thrice, [s for suffix in "abc" for s in renamed(statements, suffix)], full.parameters
    )
    assert len(case.design.index) == len(full.design.index)
    np.testing.assert_allclose(case.design.weight, 3 * full.design.weight)
    np.testing.assert_allclose(case.log_likelihood, np.tile(full.log_likelihood, 3), rtol=0, atol=1e-12)
    sums = [one.design.weight @ attribute_cells(one.design, one.values)[1][0] for one in (case, full)]
    assert sums[0] == pytest.approx(3 * sums[1], rel=1e-12)


def test_events_that_differ_in_nothing_are_merged():
    design = case_named("category").design
    assert len(design.index) < len(design.cell)
    np.testing.assert_allclose(design.weight, np.bincount(design.cell, design.event_weight))
    np.testing.assert_array_equal(design.allowed[design.cell], design.candidates)


def test_killings_of_one_incident_count_as_one_observation():
    design = case_named("everything").design
    third, half = 1 / 3, 1 / 2
    expected = [1, 1, half, half, 1, 1, 1, 1, 1, third, third, third]
    np.testing.assert_allclose(design.event_weight, expected)
    model = Model(ACTORS, [Baseline(), Timing()], [Claim()])
    once = [event | {"incident": ""} for event in made(model)[0]]
    twice = [*once, *renamed([once[7]], "b")]
    twice[7] |= {"incident": "one"}
    twice[-1] |= {"incident": "one"}
    alone = case_of(model, once, [])
    doubled = case_of(model, twice, [], alone.parameters)
    np.testing.assert_allclose(doubled.design.weight, alone.design.weight)
    np.testing.assert_allclose(doubled.chance[:12], alone.chance, atol=1e-12)


def test_order_of_events_and_statements_is_irrelevant(full):
    events, statements = made(full.model)
    order = np.random.default_rng(2).permutation(len(events))
    case = case_of(full.model, [events[i] for i in order], statements[::-1], full.parameters)
    np.testing.assert_allclose(case.chance, full.chance[order], atol=1e-12)


def test_order_of_actors_is_irrelevant():
    """Actors in another order, the parameters with them: the same attribution."""
    full, order = case_named("everything"), [2, 1, 0, 3]
    dims = build(full.design).named_vars_to_dims
    parameters = {
        name: value[..., order[: value.shape[-1]]]
        if (dims.get(name) or ("",))[-1] in ("actor", "claimant", "named")
        else value
        for name, value in full.parameters.items()
    }
    swapped = Model(ACTORS[::-1], EVERYTHING.activity, EVERYTHING.evidence)
    case = case_of(swapped, *made(EVERYTHING), parameters)
    np.testing.assert_allclose(case.chance, full.chance[:, order], atol=1e-12)


def test_what_all_actors_share_is_irrelevant(full):
    rng, moved = np.random.default_rng(4), []
    for part, table in zip(full.design.parts, full.values, strict=True):
        constant = (
            0.0
            if isinstance(part.component, EvidenceLaw)
            else 10 * rng.standard_normal((1, len(table[0]), 1))
        )
        moved.append(table + constant)
    straight, mixed = (attribute_cells(full.design, values) for values in (full.values, moved))
    np.testing.assert_allclose(mixed[0], straight[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(mixed[1], straight[1], rtol=0, atol=1e-12)


def test_a_known_perpetrator_is_a_single_candidate(full):
    known = full.design.candidates.sum(axis=1) == 1
    assert known.any()
    np.testing.assert_array_equal(full.chance[known], full.design.candidates[known])
    assert (full.chance[~full.design.candidates] == 0).all()


def test_partial_labels_sum_the_probabilities_of_their_actors():
    """The candidate set's likelihood is the sum of those of its members known one by one."""
    case = case_named("everything")
    design, count = case.design, len(case.design.actors)
    single = [with_candidates(design, np.tile(np.eye(count, dtype=bool)[k], (12, 1))) for k in range(count)]
    apart = np.stack([attribute_cells(one, case.values)[1][0][one.cell] for one in single], axis=1)
    expected = logsumexp(np.where(design.candidates, apart, -np.inf), axis=1)
    np.testing.assert_allclose(case.log_likelihood, expected, atol=1e-10)

"""Whether actors and voices are steady: residuals against loops and finite differences, chances, and the checks."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import kstest

import attribution as at
from attribution.compute.random_numbers import Stream
from attribution.fitting.agreement import Naming
from attribution.fitting.source_checks import CHANCE, SHARED, claim_checks, somebody_new, steady_voices
from attribution.fitting.steadiness import (
    appearance,
    by_activity,
    chance_of,
    fall,
    rightness,
    risen,
    settings,
    steadiness,
    unsteady,
)
from attribution.model.actors import attribute_cells
from attribution.model.design import lay
from attribution.model.specification import Model
from attribution.model.tables import table_draws
from cases import random_parameters

THERE = "somebody unlisted is there throughout"


def drawn_law(rng, actors=4):
    """What a voice names given each actor, ``(name, actor)``, and what all else says of an event."""
    return rng.dirichlet(np.ones(actors), size=actors).T, rng.dirichlet(np.ones(actors))


def naming_of(law, said):
    """A voice that said these, one event each, with a law for each event, ``(event, name, actor)``."""
    cell = np.arange(len(said))[:, None]
    nothing = np.zeros_like(cell)
    return Naming(np.log(law)[None, :, None], cell, nothing, np.asarray(said)[:, None], nothing - 1)


def test_rightness_is_that_of_loops_and_has_mean_zero():
    rng = np.random.default_rng(1)
    law, rest = zip(*(drawn_law(rng) for _ in range(6)), strict=True)
    event, total = np.arange(6), np.zeros(6)
    for name in range(4):
        said = np.full(6, name)
        joint = np.array([own[name] * other for own, other in zip(law, rest, strict=True)])
        chance = joint / joint.sum(axis=1, keepdims=True)
        found = rightness(naming_of(np.array(law), said), event, 0, chance[None])
        for e in range(6):
            should = sum(rest[e][k] * law[e][k, k] for k in range(4))
            assert found[e] == pytest.approx(chance[e, name] - should, abs=1e-12)
            total[e] += joint[e].sum() * found[e]
    assert total == pytest.approx(np.zeros(6), abs=1e-12)


def laid(right_there, new):
    """Killings in two areas, of which a third is known, under a law that has sources and actors steady.

    The monitor is right in the first area, and in the second with the given probability; from the second half on
    somebody unlisted does a given share, which sources take for another's.
    """
    rng, count = np.random.default_rng(7), 360
    who, area = rng.integers(0, 2, count), np.arange(count) % 2
    who = np.where((np.arange(count) >= 180) & (rng.random(count) < new), 2, who)
    seen = np.where(who == 2, rng.integers(0, 2, count), who)
    known = rng.random(count) < 1 / 3
    names = np.array(["A", "B", "unlisted"])
    frame = pd.DataFrame({"event_id": [f"e{i}" for i in range(count)], "area": np.array(["X", "Y"])[area]})
    frame["date"] = pd.date_range("2020-01-01", periods=count).astype(str)
    frame["perpetrator"] = np.where(known, names[who], "")
    rows = []
    for source, chance in (
        ("monitor", np.where(area == 0, 0.9, right_there)),
        ("paper", np.full(count, 0.8)),
    ):
        said = np.where(rng.random(count) < chance, seen, 1 - seen)
        rows += [(f"e{i}", source, "accusation", names[said[i]]) for i in range(count) if rng.random() < 0.8]
    statements = pd.DataFrame(rows, columns=["event_id", "source", "kind", "actor"])
    events = at.read_events(frame, statements=statements)
    design = lay(Model(["A", "B"], [at.Baseline()], [at.Statements()]), events)
    parameters = random_parameters(design, 3)
    parameters |= {
        "baseline_effect": np.log([0.46, 0.46, 0.08]),
        "statements_selective_raw": np.zeros((2, 3)),
    }
    parameters |= {"statements_accuracy_raw": np.full(2, 0.1), "statements_accuracy_sd": np.array(0.5)}
    parameters |= {"statements_habit_raw": np.zeros((2, 2)), "statements_blame": np.zeros((1, 2))}
    parameters |= {
        name: np.full(2, -4.0) for name in ("statements_knows_unlisted", "statements_says_unlisted")
    }
    draws = {name: value[None] for name, value in parameters.items()}
    values = table_draws(design, draws, [0, Stream.STEADINESS])
    return design, events, draws, attribute_cells(design, values)[0][:, design.cell]


@pytest.fixture(scope="module")
def changed():
    """A world in which the monitor is wrong in the second area, and somebody new does half from the middle on."""
    return laid(0.3, 0.5)


def test_the_residual_of_activity_is_the_derivative_of_the_likelihood(changed):
    design, _, draws, chance = changed
    values = [np.asarray(table, float) for table in table_draws(design, draws, [0, Stream.STEADINESS])]
    marginal = []
    for step in (-1e-4, 1e-4):
        moved = values[0] + step * np.array([0, 0, 1])
        marginal.append(attribute_cells(design, [moved, *values[1:]])[1][0, design.cell])
    residual = chance[0, :, -1] - by_activity(design, draws)[0, :, -1]
    assert residual == pytest.approx((marginal[1] - marginal[0]) / 2e-4, abs=1e-6)
    assert np.abs(residual).max() > 0.01


def test_a_rise_is_found_where_it_is_and_a_fall_is_none():
    rng = np.random.default_rng(2)
    series = rng.standard_normal(200) + np.repeat([0.0, 1.0], 100)
    assert 90 <= fall(series).argmax() <= 110
    assert chance_of(risen, series, 1, rng) < 0.01
    assert chance_of(risen, series[::-1].copy(), 1, rng) > 0.5


def test_the_chance_of_what_is_steady_is_uniform():
    rng = np.random.default_rng(3)
    for statistic in (risen, lambda values: unsteady_sum(values)):
        found = [chance_of(statistic, rng.standard_normal(60), 1, rng) for _ in range(100)]
        assert kstest(found, "uniform").pvalue > 0.001


def unsteady_sum(values):
    return float((values.reshape(3, -1).sum(axis=1) ** 2).sum())


def test_settings_that_differ_are_named():
    rng = np.random.default_rng(4)
    area = np.repeat(["A", "B", "C"], 40)
    chance, most, least = unsteady(
        0.3 * rng.standard_normal(120) + np.repeat([0.0, 0.5, -0.5], 40), area, 6, rng
    )
    assert (most, least) == ("B", "C")
    assert chance == pytest.approx(1 / 2401)
    assert unsteady(rng.standard_normal(120), area, 6, rng)[0] > 0.05


def test_periods_hold_as_many_statements_each():
    days = pd.date_range("2020-01-01", periods=80)[::-1]
    frame = pd.DataFrame({"event_id": [f"e{i}" for i in range(80)], "date": days.astype(str)})
    found = settings(at.read_events(frame), np.arange(0, 80, 2))
    assert list(found) == ["period"]
    label, count = np.unique(found["period"], return_counts=True)
    assert list(count) == [10] * 4
    assert label[0] == "the period from 2020-01-02"
    assert found["period"][-1] == label[0]


def test_what_is_not_steady_is_found_and_what_is_is_not(changed):
    steady, changed = steadiness(*laid(0.9, 0.0), 1), steadiness(*changed, 1)
    area = "monitor | accusation, by area"
    assert float(changed["steady_chance"].sel(voice_setting=area)) < 0.001
    assert changed["steady_most"].sel(voice_setting=area) == "X"
    assert changed["steady_least"].sel(voice_setting=area) == "Y"
    assert float(changed["appeared_chance"]) < 0.01
    assert "2020-05" < changed["appeared_from"].item() < "2020-09"
    assert not any(check.passed for check in [*somebody_new(changed), *steady_voices(changed)])
    assert steady["steady_chance"].values.min() > 0.05
    assert float(steady["appeared_chance"]) > 0.05


def test_an_incident_counts_once(changed):
    design, events, draws, chance = changed
    label = [f"i{i // 24}" for i in range(events.sizes["event"])]
    assert not steadiness(design, events.assign(incident=("event", label)), draws, chance, 1)


def test_a_closed_model_has_nobody_new_and_one_without_draws_no_such_check(changed):
    design, events, draws, chance = changed
    assert not steadiness(design, events, draws, None, 1)
    closed = replace(design, actors=("A", "B", "C"))
    assert not appearance(closed, events, draws, chance, np.random.default_rng(0))
    assert somebody_new(xr.Dataset()) == steady_voices(xr.Dataset()) == []


@pytest.mark.parametrize(("chance", "passed"), [(SHARED, True), (SHARED - 1e-3, False)])
def test_somebody_new_is_said_with_the_day(chance, passed):
    found = xr.Dataset({"appeared_chance": chance, "appeared_from": "2021-04-10"})
    (check,) = somebody_new(found)
    assert (check.name, check.passed) == (THERE, passed)
    assert passed or "ActivePeriod({'unlisted': ('2021-04-10', None)})" in check.remedy


@pytest.mark.parametrize(("chance", "passed"), [(CHANCE / 2, True), (CHANCE / 2 - 1e-3, False)])
def test_the_least_steady_voice_is_held_against_the_number_of_tests(chance, passed):
    rows = {
        "steady_chance": [0.4, chance],
        "steady_most": ["A", "B"],
        "steady_least": ["B", "C"],
    }
    found = xr.Dataset(
        {name: ("voice_setting", values) for name, values in rows.items()},
        coords={"voice_setting": ["paper | accusation, by area", "monitor | accusation, by area"]},
    )
    (check,) = steady_voices(found)
    assert check.passed is passed
    assert check.value == pytest.approx(2 * chance)
    assert "monitor | accusation, by area (most often right: B; least: C)" in check.sentence


def test_claims_need_a_known_killing_among_them(posterior):
    (check,) = claim_checks(posterior)
    events = posterior["constant_data"].to_dataset()
    group = posterior["attribution"].to_dataset()
    claimed = events["claimed_by"].values != ""
    assert check.value == (group["known"].values & claimed).sum() > 0
    assert check.passed
    posterior["attribution"] = xr.DataTree(group.assign(known=("event", group["known"].values & ~claimed)))
    (check,) = claim_checks(posterior)
    assert not check.passed
    assert "without Claim" in check.remedy
    few = np.where(np.arange(len(claimed)) < 3, events["claimed_by"].values, "")
    posterior["constant_data"] = xr.DataTree(events.assign(claimed_by=("event", few)))
    assert claim_checks(posterior) == []

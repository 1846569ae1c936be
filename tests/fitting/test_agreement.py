"""Names that sources share: expected numbers by the twin, what is drawn, and worlds where one copies the other."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import kstest

import attribution as at
import oracle
from attribution.components.evidence.statements import Statements
from attribution.fitting import agreement
from attribution.fitting.source_checks import shared_names
from attribution.model.actors import attribute_cells
from attribution.model.design import lay
from attribution.model.specification import Model
from cases import ACTORS, case_named, interpreted_tables, random_parameters, read
from oracle.statements import origin_of


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(agreement, "TOGETHER", 1)
    monkeypatch.setattr(agreement, "DRAWS", 1)


def found_of(case, times=200, seed=1):
    agreement.TIMES, before = times, agreement.TIMES
    draws = {name: np.asarray(value)[None] for name, value in case.parameters.items()}
    events = read(case.world.events, case.world.statements)
    try:
        return agreement.agreement(case.design, events, draws, case.chance[None], seed)
    finally:
        agreement.TIMES = before


def apparent(world, p, law, chance):
    """Probability of whose work each event looks like, by all that is known; of who did it, without lookalikes."""
    if not law["lookalikes"]:
        return chance
    found = np.zeros_like(chance)
    for e, event in enumerate(world.events):
        heard = [oracle.statements_given(law, world, event, p, a, world.statements) for a in world.actors]
        for k, actor in enumerate(world.actors):
            looks = np.array([*oracle.looks_like(world, p, actor).values()]) * heard
            found[e] += chance[e, k] * looks / looks.sum()
    return found


def twin(case, one, other):
    """Number of events on which two voices name the same, and expected number: loops over the twin."""
    world, p, law = case.world, case.parameters, case.world.model["evidence"][0]
    chance = oracle.attribution(world, p)
    chance = apparent(world, p, law, chance)
    copies, agreed, expected = dict(law["copies"]), 0, 0.0
    for e, event in enumerate(world.events):
        said = {(s["source"], s["kind"]): s for s in world.statements if s["event_id"] == event["event_id"]}

        def says(voice, name, actor, told, said=said, event=event):
            own = said[voice]
            origin = told if own.get("origin") else None
            original = told if copies.get(voice[0]) else None
            return oracle.statement(
                law, world, event, p, voice, name, actor, own.get("held_by"), origin, original
            )

        def given(voice, name, actor, told, says=says, world=world):
            whole = sum(says(voice, j, actor, told) for j in world.actors)
            return says(voice, name, actor, told) / whole

        if one not in said or other not in said:
            continue
        heard = {}
        for voice in (one, other):
            speaker = (copies.get(voice[0]), voice[1])
            if said[voice].get("origin"):
                first = origin_of(list(said.values()), said[voice])
                speaker = (first["source"], first["kind"])
            heard[voice] = said[speaker]["actor"] if speaker in said else ""
            heard[voice, "from"] = speaker
        rest = np.array(
            [
                chance[e, k] / np.prod([given(v, said[v]["actor"], actor, heard[v]) for v in (one, other)])
                for k, actor in enumerate(world.actors)
            ]
        )
        rest /= rest.sum()
        for k, actor in enumerate(world.actors):
            for name in world.actors:
                both = 1.0
                for voice, partner in ((one, other), (other, one)):
                    told = name if heard[voice, "from"] == partner else heard[voice]
                    both *= given(voice, name, actor, told)
                expected += rest[k] * both
        agreed += said[one]["actor"] == said[other]["actor"]
    return agreed, expected


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("tied statements", "monitor | accusation & paper | accusation"),
        ("tied statements", "paper | accusation & radio | accusation"),
        ("tied statements", "monitor | accusation & radio | accusation"),
        ("tied statements", "army | accusation & prison | confession"),
        ("repeated statements", "monitor | accusation & paper | accusation"),
        ("repeated statements", "monitor | accusation & radio | accusation"),
        ("repeated statements", "paper | accusation & prison | confession"),
        ("tied statements of lookalikes", "monitor | accusation & paper | accusation"),
        ("tied statements of lookalikes", "army | accusation & prison | confession"),
    ],
)
def test_expected_numbers_are_those_of_the_twin(name, pair):
    case = case_named(name)
    found = found_of(case)
    if pair not in found["pair"].values:
        pytest.fail(f"{pair} is none of {found['pair'].values.tolist()}")
    one, other = (tuple(voice.split(" | ")) for voice in pair.split(" & "))
    agreed, expected = twin(case, one, other)
    assert float(found["agreed"].sel(pair=pair)) == agreed
    assert float(found["agreed_expected"].sel(pair=pair)) == pytest.approx(expected, abs=1e-5)


SPOKEN = {
    "statements_speak": [0.5, 0.5, 0.0],
    "statements_selective_sd": 0.1,
    "statements_selective_raw": np.zeros((3, 3)),
    "statements_accuracy_sd": 0.5,
    "statements_accuracy_raw": [-1.0, -1.2, -1.1],
    "statements_blame": np.zeros((1, 3)),
    "statements_habit_sd": 0.5,
    "statements_habit_raw": np.zeros((3, 3)),
}


def told(copies, rate, seed):
    """Names shared in a world in which the paper copies the monitor at a rate, under a law that does not say so."""
    frame = pd.DataFrame({"event_id": np.arange(300).astype(str), "date": "2020-01-01"})
    frame["perpetrator"] = ["A" if i % 4 else "" for i in range(300)]
    watch = [f"{source} | accusation" for source in ("monitor", "paper", "radio")]
    truth = Statements(voices=watch, copies={"paper": "monitor"})
    given = SPOKEN | {"statements_copy": [rate]}
    made = at.simulate(
        Model(ACTORS, [at.Baseline(sd=0.5)], [truth], closed=True),
        at.read_events(frame),
        seed=seed,
        parameters=given,
    )
    law = Statements(voices=watch, copies=copies)
    design = lay(Model(ACTORS, [at.Baseline(sd=0.5)], [law], closed=True), made)
    parameters = random_parameters(design, 3)
    parameters |= {name: np.asarray(value, float) for name, value in given.items() if name in parameters}
    parameters["baseline_effect"] = np.zeros_like(parameters["baseline_effect"])
    chance = attribute_cells(design, interpreted_tables(design, parameters))[0][:, design.cell]
    return agreement.agreement(design, made, {n: v[None] for n, v in parameters.items()}, chance, seed)


@pytest.mark.parametrize("seed", range(2))
def test_a_copier_is_found_and_one_that_is_declared_is_not(seed):
    pair = "monitor | accusation & paper | accusation"
    copied = told({}, 3.0, seed)
    assert float(copied["agreed_chance"].sel(pair=pair)) < 0.001
    assert float(copied["same_wrong_chance"]) < 0.001
    assert copied["agreed_chance"].drop_sel(pair=pair).values.min() > 0.01
    names = [check.name for check in shared_names(copied) if not check.passed]
    assert names == ["voices that agree too well", "wrong names that sources share"]
    stated = told({"paper": "monitor"}, 3.0, seed)
    assert stated["agreed_chance"].values.min() > 0.005
    assert all(check.passed for check in shared_names(stated))


def drawn_pair(rng, copies):
    """Two voices that speak of 80 events by a law, of which the second may repeat the first, and their `Naming`."""
    law = rng.dirichlet(np.ones(3), size=(2, 3)).transpose(0, 2, 1) + 2 * np.eye(3)  # (voice, name, actor)
    law /= law.sum(axis=1, keepdims=True)
    rest = rng.dirichlet(np.ones(3), size=80)
    actor = np.array([rng.choice(3, p=own) for own in rest])
    said = np.stack([[rng.choice(3, p=law[v, :, k]) for k in actor] for v in range(2)], axis=1)
    repeats = rng.random(80) < copies
    said[:, 1] = np.where(repeats, said[:, 0], said[:, 1])
    chance = rest * law[0, said[:, 0]] * law[1, said[:, 1]]
    nothing = np.zeros_like(said)
    cells = np.log(law)[None, :, None]
    naming = agreement.Naming(cells, nothing + np.arange(2), nothing, said, nothing - 1)
    return naming, (chance / chance.sum(axis=1, keepdims=True))[None], (actor, rest)


def test_the_chance_of_sources_that_speak_for_themselves_is_uniform():
    """At the true parameters, for a sum that takes many values; and it is small where one repeats the other."""
    found = {}
    for copies in (0.0, 0.5):
        rng = np.random.default_rng(4)
        pairs = [drawn_pair(rng, copies) for _ in range(200)]
        found[copies] = np.array(
            [agreement.of_pair(naming, np.arange(80), 0, 1, chance, rng)[2] for naming, chance, _ in pairs]
        )
    assert kstest(found[0.0], "uniform").pvalue > 0.001
    assert (found[0.5] < 0.05).mean() > 0.8


def test_agreeing_on_who_is_known_is_no_surprise_and_on_another_it_is():
    """Each weighs what all else says against it: however often two name the known perpetrator, the chance is one."""
    rng = np.random.default_rng(6)
    naming, _, (actor, _) = drawn_pair(rng, 0.0)
    certain = np.eye(3)[actor][None]
    for named, low, high in ((actor, 1.0, 1.0), ((actor + 1) % 3, 0.0, 0.0)):
        own = replace(naming, said=np.stack([named, named], axis=1))
        agreed, _, chance = agreement.of_pair(own, np.arange(80), 0, 1, certain, rng)
        assert agreed == 80
        assert low <= chance <= high


def test_the_chance_of_wrong_names_is_no_smaller_than_it_says():
    rng = np.random.default_rng(5)
    found = []
    for _ in range(200):
        naming, _, (actor, _) = drawn_pair(rng, 0.0)
        number, expected, chance = agreement.same_wrong(naming, np.arange(80), actor, [(0, 1)], rng)
        said = naming.said
        assert number == ((said[:, 0] == said[:, 1]) & (said[:, 0] != actor)).sum()
        exact = [
            np.exp(naming.log_law[0, 0, 0, j, k] + naming.log_law[0, 1, 0, j, k])
            for k in actor
            for j in range(3)
            if j != k
        ]
        assert expected == pytest.approx(sum(exact), abs=6 * np.sqrt(sum(exact) / agreement.TIMES))
        found.append(chance)
    assert 0.01 < np.mean(np.array(found) < 0.1) < 0.16
    assert 0.45 < np.mean(found) < 0.65


def test_a_law_without_pairs_or_draws_has_no_such_check():
    case = case_named("statements")
    draws = {name: np.asarray(value)[None] for name, value in case.parameters.items()}
    events = read(case.world.events, case.world.statements)
    assert not agreement.agreement(case.design, events, draws, None, 1)
    assert shared_names(xr.Dataset()) == []
    silent = case_named("claim")
    assert not agreement.agreement(silent.design, events, draws, case.chance[None], 1)


@pytest.mark.parametrize(("chance", "passed"), [(0.004, True), (0.003, False)])
def test_the_worst_of_several_pairs_is_held_against_their_number(chance, passed):
    rows = {
        "agreed": [9.0, 12.0, 4.0],
        "agreed_expected": [8.0, 5.0, 4.0],
        "agreed_chance": [0.5, chance, 0.9],
    }
    found = xr.Dataset(
        {n: ("pair", v) for n, v in rows.items()}, coords={"pair": ["a & b", "a & c", "b & c"]}
    )
    (check,) = shared_names(found)
    assert check.passed is passed
    assert check.value == pytest.approx(3 * chance)
    assert "a & c agrees most" in check.sentence
    assert "expected 5" in check.sentence

"""Sources that copy, side with an actor, hold prisoners: exact consequences, simulation, bad input."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logsumexp

import attribution as at
import oracle
from attribution.components.evidence.statements import Statements
from attribution.model.design import lay
from attribution.model.graph import build
from attribution.model.specification import Model
from cases import (
    ACTORS,
    PLAIN,
    STABLE,
    case_named,
    case_of,
    density_of,
    one_draw,
    outcomes_of,
    random_parameters,
    read,
    unconstrained,
)

SURE = 40.0  # log-odds that round to certainty
NAMES = [*ACTORS, "unlisted"]
SOURCES = ("monitor", "paper", "radio")
VOICES = [f"{source} | accusation" for source in SOURCES]
COLUMNS = ("event_id", "source", "kind", "actor", "origin", "held_by")


def said(*rows):
    return [dict(zip(COLUMNS, (*row, "", "")[:6], strict=True)) for row in rows]


def event(name):
    return {"event_id": name, "date": "2020-01-01", "incident": "", "perpetrator": "", "candidates": ""}


EVENTS = [event("e1"), event("e2")]


def laid(law, statements):
    return lay(Model(ACTORS, [at.Baseline()], [law]), read(EVENTS, statements))


def chance(law, statements, parameters, **values):
    """Attribution of the first event at the parameters the law has, some replaced by a constant."""
    names = random_parameters(laid(law, statements), 5)
    own = {name: parameters.get(name, value) for name, value in names.items()}
    own |= {name: np.broadcast_to(value, own[name].shape) for name, value in values.items()}
    return case_of(Model(ACTORS, [at.Baseline()], [law]), EVENTS, statements, own).chance[0]


# ---- copying


@pytest.mark.parametrize(
    "copies", [{"paper": "monitor", "radio": "monitor"}, {"paper": "monitor", "radio": "paper"}], ids=repr
)
def test_copies_at_rate_one_say_nothing_more_than_their_origin(copies):
    words = said(*[("e1", source, "accusation", "A") for source in SOURCES])
    law = Statements(voices=VOICES, copies=copies)
    parameters = random_parameters(laid(law, words), 5)
    together = chance(law, words, parameters, statements_copy=SURE)
    first = {
        n: v[:1] if n.endswith(("_speak", "ive_raw", "habit_raw", "_unlisted")) else v
        for n, v in parameters.items()
    }
    scales = {"accuracy_mean": 1.0, "accuracy_mean_sd": 0.5}
    right = oracle.accuracy(scales, parameters, "statements", ["accusation"] * 3, 0)
    sd = parameters["statements_accuracy_sd"]
    first["statements_accuracy_raw"] = oracle.raw_accuracy([right], ["accusation"], sd)
    alone = chance(Statements(voices=VOICES[:1]), words[:1], first)
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-12)
    naive = chance(Statements(voices=VOICES), words, parameters)
    assert abs(naive - alone).max() > 0.05, "taken for independent, three that say the same say more"


def test_copies_at_rate_zero_are_sources_of_their_own():
    words = said(*[("e1", source, "accusation", "A") for source in SOURCES])
    law = Statements(voices=VOICES, copies={"paper": "monitor"})
    parameters = random_parameters(laid(law, words), 5)
    apart = chance(law, words, parameters, statements_copy=-SURE)
    np.testing.assert_allclose(apart, chance(Statements(voices=VOICES), words, parameters), atol=1e-12)


def test_a_copy_says_less_the_more_it_copies():
    words = said(*[("e1", source, "accusation", "A") for source in SOURCES])
    law = Statements(voices=VOICES, copies={"paper": "monitor", "radio": "monitor"})
    parameters = random_parameters(laid(law, words), 5)
    even = {"statements_selective_raw": 0.0, "statements_accuracy_raw": 0.0, "statements_habit_raw": 0.0}
    found = [
        chance(law, words, parameters, statements_copy=c, **even)[0] for c in (-SURE, -1.0, 0.0, 1.0, SURE)
    ]
    assert (np.diff(found) < 0).all()


def test_a_stated_repeat_at_rate_one_says_nothing_but_who_speaks_for_itself_does():
    """The statement's whole factor is then the same for all actors; at a lower rate it is not."""
    words = said(
        ("e1", "monitor", "accusation", "A"),
        ("e1", "paper", "accusation", "A", "monitor"),
        ("e1", "radio", "finding", "A", "paper"),
    )
    design = laid(Statements(), words)
    p = {name: value[None] for name, value in random_parameters(design, 5).items()}
    design = replace(design, parts=design.parts[1:])
    cells, channel = design.parts[0].rows, design.parts[0].rows["channel"]
    told = cells["repeat"] == 1
    assert told.sum() == 2
    for rate, constant in ((SURE, True), (0.0, False)):
        table = law_cells(design, p | {"statements_repeat": np.array([rate])})
        assert (np.ptp(table[told], axis=1) < 1e-9).all() == constant
        assert (np.ptp(table[~told & (channel == 0)], axis=1) > 0.1).all()


def law_cells(design, draws):
    """The law at its own cells, ``(cell, actor)``."""
    import pytensor.tensor as pt

    from attribution.model.tables import evaluator

    part = design.parts[0]
    rows = {key: pt.as_tensor(value) for key, value in part.rows.items() if key != "cell"}

    def express(own):
        given = dict(rows)
        return [part.component.law(own[0], given, given.pop("channel"), given.pop("outcome"), part.levels)]

    return evaluator(design, express)(draws)[0][0]


# ---- allegiance and coercion: what the law says at chosen values


def twin(law, statements):
    """The oracle of a law over the two events, and parameters for it."""
    design = laid(law, statements)
    case = case_of(Model(ACTORS, [at.Baseline()], [law]), EVENTS, statements, random_parameters(design, 5))
    return case.world, case.world.model["evidence"][0], case.parameters


@pytest.mark.parametrize(("kind", "sign"), [("accusation", -1), ("finding", -1), ("denial", 1)])
def test_a_partisan_names_its_ally_less_and_denies_for_it_more(kind, sign):
    words = said(("e1", "army", kind, "B"))
    world, law, p = twin(Statements(allegiance={"army": "A"}), words)
    p |= {"statements_allegiance_raw": np.zeros(1)}
    for actor in NAMES:
        found = [
            oracle.statement(
                law, world, EVENTS[0], p | {"statements_allegiance_mean": delta}, ("army", kind), "A", actor
            )
            for delta in (-1.0, 0.0, 1.0, 3.0)
        ]
        assert (sign * np.diff(found) > 0).all(), actor


def test_an_accusation_of_an_ally_says_more_and_one_of_a_rival_less():
    law = Statements(allegiance={"monitor": "A"})
    plain = {"statements_blame": 0.0, "statements_selective_raw": 0.0, "statements_accuracy_raw": 0.0}
    plain |= {"baseline_effect": 0.0, "statements_allegiance_raw": 0.0, "statements_habit_raw": 0.0}
    found = {
        (name, delta): chance(
            law, said(("e1", "monitor", "accusation", name)), {}, statements_allegiance_mean=delta, **plain
        )[ACTORS.index(name)]
        for name in "AB"
        for delta in (0.0, 2.0)
    }
    assert found["A", 2.0] > found["A", 0.0]
    assert found["B", 2.0] < found["B", 0.0]


def test_a_confession_says_less_the_stronger_the_coercion():
    """Names a rival of the holder: worth less and less; the wrong ones fall on the holder less and less."""
    words = said(("e1", "video", "confession", "A", "", "B"), ("e2", "video", "confession", "B", "", "B"))
    world, law, p = twin(Statements(), words)
    p |= {"statements_coercion_raw": np.zeros(4)}

    def says(name, actor, pressure):
        given = p | {"statements_coercion_mean": pressure}
        return oracle.statement(law, world, EVENTS[0], given, ("video", "confession"), name, actor, "B")

    rival = [says("A", "A", c) / says("A", "C", c) for c in (0.0, 1.0, 3.0)]
    assert (np.diff(rival) < 0).all()
    holder = [says("B", "A", c) for c in (0.0, 1.0, 3.0)]
    assert holder[2] < holder[1]
    free = oracle.statement(law, world, EVENTS[0], p, ("video", "confession"), "A", "C", "")
    assert says("A", "C", 0.0) == pytest.approx(free)


# ---- somebody unlisted


def against_unlisted(law, voices, statements):
    """Nats against `unlisted` where voices spoke so often of its killings and never said so: an exact integral."""
    node, weight = np.polynomial.hermite_e.hermegauss(80)
    weight = np.log(weight / weight.sum())
    mean = law.unlisted_mean + law.unlisted_mean_sd * node
    log_odds = mean[:, None] + law.unlisted_sd * node
    one = logsumexp(weight - statements * np.logaddexp(0, log_odds), axis=1)
    return -logsumexp(weight + voices * one)


@pytest.mark.parametrize("statements", [10, 60])
def test_that_nobody_has_a_word_for_the_unlisted_is_one_fact_and_not_one_for_each_source(statements):
    pooled = [against_unlisted(Statements(), voices, statements) for voices in (1, 2, 10)]
    assert (np.diff(pooled) > 0).all()
    assert pooled[-1] < 2, "ten silent sources leave an actor possible that was"
    apart = Statements(unlisted_mean=-5.0, unlisted_mean_sd=0.0, unlisted_sd=2.0)
    many = against_unlisted(apart, 10, statements)
    assert many == pytest.approx(10 * against_unlisted(apart, 1, statements))
    assert many > 1.5 * pooled[-1]


# ---- enumeration, gradient, the twin itself


def test_the_twin_normalises_over_all_that_may_be_said():
    case = case_named("tied statements")
    world, p, law = case.world, case.parameters, case.world.model["evidence"][0]
    asides = [
        ("", None, ""),
        ("B", None, ""),
        ("", "A", ""),
        ("", "C", "B"),
        ("", None, "C"),
        ("A", "B", "B"),
    ]
    for voice in oracle.voices(law, world):
        for actor in world.actors:
            for aside in asides:
                if voice not in oracle.copiers(law, world):
                    aside = (*aside[:2], "")
                for claim in ({}, {"claimed_by": "A"}):
                    told = [
                        oracle.statement(law, world, claim, p, voice, j, actor, *aside)
                        for j in ("", *world.actors)
                    ]
                    assert sum(told) == pytest.approx(1, abs=1e-12)


def test_all_that_three_sources_may_say_of_one_event_adds_up_to_one():
    """Over every combination of what a chain of copies says: a product of conditionals in the right order."""
    law = Statements(voices=VOICES, copies={"paper": "monitor", "radio": "paper"})
    world, specification, p = twin(law, said(("e2", "monitor", "accusation", "A")))
    total = np.zeros(len(NAMES))
    for first in ("", *NAMES):
        for second in ("", *NAMES):
            for third in ("", *NAMES):
                words = said(
                    *[
                        ("e1", source, "accusation", name)
                        for source, name in zip(SOURCES, (first, second, third), strict=True)
                        if name
                    ]
                )
                total += [
                    oracle.law_probability(specification, world, EVENTS[0], p, actor, words)
                    for actor in NAMES
                ]
    np.testing.assert_allclose(total, 1.0, atol=1e-12)


@pytest.mark.parametrize("name", ["tied statements", "repeated statements, closed"])
def test_likelihood_equals_the_sum_over_all_assignments(name):
    case = case_named(name)
    few = [case.world.events[i] for i in (1, 2, 3, 4, 6)]
    ids = {event["event_id"] for event in few}
    words = [s for s in case.world.statements if s["event_id"] in ids]
    ties = name.startswith("tied")
    law = replace(case.model.evidence[0], copies={"paper": "monitor"} if ties else {}, allegiance={})
    model = Model(ACTORS, [at.Baseline()], [law], closed=case.model.closed)
    few = [event | {"incident": ""} for event in few]
    case = case_of(model, few, words)
    built = build(case.design)
    density = built.compile_logp(vars=built.potentials, mode=PLAIN)(unconstrained(built, case.parameters))
    expected = oracle.enumerated_likelihood(case.world, case.parameters)
    assert math.exp(density) == pytest.approx(expected, rel=1e-9)


def test_gradient_agrees_with_finite_differences():
    case = case_named("tied statements")
    model = build(case.design)
    point = unconstrained(model, case.parameters)
    density, gradient = density_of(model), model.compile_dlogp(mode=STABLE)(point)
    flat = np.concatenate([value.reshape(-1) for value in point.values()])
    ends = np.cumsum([value.size for value in point.values()])[:-1]
    rng, step = np.random.default_rng(3), 1e-5

    def at_point(values):
        parts = np.split(values, ends)
        return {
            name: part.reshape(value.shape) for (name, value), part in zip(point.items(), parts, strict=True)
        }

    for _ in range(3):
        way = rng.standard_normal(len(flat))
        slope = (density(at_point(flat + step * way)) - density(at_point(flat - step * way))) / (2 * step)
        assert gradient @ way == pytest.approx(slope, rel=1e-7, abs=1e-6)


@pytest.mark.parametrize("name", ["tied statements", "repeated statements, closed"])
def test_the_law_stays_a_probability_far_out(name):
    design = case_named(name).design
    p = {key: 20 * value for key, value in random_parameters(design, 7).items()}
    np.testing.assert_allclose(logsumexp(outcomes_of(name)(one_draw(p)), axis=3), 0.0, rtol=0, atol=1e-10)


# ---- simulation

COUNT = 20_000
GIVEN = {
    "statements_speak": [0.2, -0.3, 0.1],
    "statements_selective_sd": 0.5,
    "statements_selective_raw": [[0.4, -0.4, 0.6, -0.6], [-0.5, 0.5, 0.2, -0.2], [0.1, 0.2, -0.3, 0.0]],
    "statements_accuracy_sd": 0.6,
    "statements_accuracy_raw": [0.5, -0.5, 0.0],
    "statements_blame": [[0.5, 0.1, -0.6]],
    "statements_habit_sd": 0.7,
    "statements_habit_raw": [[0.6, -0.2, -0.4], [-1.0, 0.3, 0.7], [0.1, 0.1, -0.2]],
    "statements_knows_unlisted": [-0.5, 0.3, -1.0],
    "statements_says_unlisted": [-1.0, -0.3, 0.2],
    "statements_copy": [0.4, -0.3],
    "statements_allegiance_mean": 1.5,
    "statements_allegiance_raw": [0.0],
}


@pytest.fixture(scope="module")
def chatter():
    """A chain of copies and a partisan, simulated; and its law, from the twin."""
    frame = pd.DataFrame({"event_id": np.arange(COUNT).astype(str), "date": "2020-01-01"})
    law = Statements(voices=VOICES, copies={"paper": "monitor", "radio": "paper"}, allegiance={"paper": "B"})
    events = at.simulate(
        Model(ACTORS, [at.Baseline()], [law]), at.read_events(frame), seed=3, parameters=GIVEN
    )
    words = pd.DataFrame({"event": events["event"].values, "actor": events["true_actor"].values})
    table = at.to_frame(events, "statements")
    for source in SOURCES:
        own = table[table["source"] == source].set_index("event_id")["actor"]
        words[source] = own.reindex(words["event"]).fillna("").to_numpy()
    world, specification, p = twin(law, said(("e2", "monitor", "accusation", "A")))
    p |= {name: np.asarray(value) for name, value in GIVEN.items()}
    return words, (world, specification, p)


@pytest.mark.parametrize("actor", NAMES)
def test_simulated_chains_of_copies_follow_the_law(chatter, actor):
    """Every combination of what the three sources say, of the events of one actor."""
    words, (world, law, p) = chatter
    own = words[words["actor"] == actor]
    counts = own.groupby(list(SOURCES)).size()
    statistic, cells, total = 0.0, 0, 0.0
    for combination in np.ndindex(5, 5, 5):
        names = [("", *NAMES)[i] for i in combination]
        table = said(*[("e1", s, "accusation", n) for s, n in zip(SOURCES, names, strict=True) if n])
        chance = oracle.law_probability(law, world, EVENTS[0], p, actor, table)
        expected, total = len(own) * chance, total + chance
        if expected > 5:
            statistic += (counts.get(tuple(names), 0) - expected) ** 2 / expected
            cells += 1
    assert total == pytest.approx(1)
    assert cells > 20
    assert statistic < cells + 4 * math.sqrt(2 * cells)


def test_simulated_repeats_and_prisoners_read_back():
    """Columns stay where they were, follow the law there, and obey the rules of a table of statements."""
    count = 4000
    frame = pd.DataFrame({"event_id": np.arange(count).astype(str), "date": "2020-01-01"})
    words = pd.DataFrame(
        [(str(i), "video", "confession", "A", "", "B" if i % 2 else "") for i in range(count)]
        + [(str(i), "paper", "accusation", "A", "video", "") for i in range(0, count, 2)],
        columns=COLUMNS,
    )
    template = at.read_events(frame, statements=words)
    model = Model(ACTORS, [at.Baseline()], [Statements()])
    given = {
        "statements_repeat": 1.0,
        "statements_accuracy_raw": [-0.5, 0.0],
        "statements_coercion_mean": 2.0,
    }
    given |= {"statements_speak": [-3.0, 0.5], "statements_selective_sd": 1e-6}
    events = at.simulate(model, template, seed=9, parameters=given)
    table = at.to_frame(events, "statements")
    again = at.read_events(at.to_frame(events), statements=table)
    assert again.attrs["data_hash"] == events.attrs["data_hash"]
    video = table[table["source"] == "video"].set_index("event_id")
    assert set(video["held_by"][video.index.astype(int) % 2 == 0]) == {""}
    assert set(video["held_by"][video.index.astype(int) % 2 == 1]) == {"B"}
    paper = table[table["source"] == "paper"].set_index("event_id")
    told = paper[paper["origin"] == "video"]
    heard = set(video.index) & {str(i) for i in range(0, count, 2)}
    assert set(told.index) == heard, "a stated repeat speaks wherever its origin does"
    same = (told["actor"] == video["actor"].reindex(told.index)).mean()
    assert same > expit(1.0), "copies at the rate, and agrees by itself now and then"
    truth = pd.Series(events["true_actor"].values, index=events["event"].values)
    free, held = (
        (part["actor"] == truth.reindex(part.index)).mean()
        for part in (video[video["held_by"] == ""], video[video["held_by"] == "B"])
    )
    assert free - held > 0.1, "prisoners of B are right less often"


def test_statements_on_sponsors_are_left_alone():
    frame = pd.DataFrame({"event_id": ["e1", "e2"], "date": "2020-01-01"})
    words = pd.DataFrame(
        [("e1", "monitor", "accusation", "A", ""), ("e1", "monitor", "accusation", "a state", "sponsor")],
        columns=["event_id", "source", "kind", "actor", "role"],
    )
    template = at.read_events(frame, statements=words, actors=["A", "B"])
    events = at.simulate(Model(["A", "B"], [at.Baseline()], [Statements()]), template, seed=1)
    kept = at.to_frame(events, "statements")
    assert kept[kept["role"] == "sponsor"]["actor"].tolist() == ["a state"]


# ---- bad input


def refused(words, law=None, columns=COLUMNS, **arguments):
    frame = pd.DataFrame({"event_id": ["e1", "e2"], "date": "2020-01-01"})
    table, model = pd.DataFrame(words, columns=columns), Model(ACTORS, [at.Baseline()], [law or Statements()])
    with pytest.raises(at.AttributionError) as raised:
        lay(model, at.read_events(frame, statements=table, **arguments))
    return str(raised.value)


def test_bad_origins_are_all_listed():
    told = refused(
        [
            ("e1", "monitor", "accusation", "A", "wire", ""),
            ("e1", "paper", "accusation", "A", "radio", ""),
            ("e1", "radio", "accusation", "A", "paper", ""),
            ("e2", "paper", "denial", "A", "monitor", ""),
            ("e2", "monitor", "accusation", "A", "monitor", ""),
        ]
    )
    assert told.startswith("5 problems")
    assert told.count("origin must be a source with a statement on the same event") == 1
    assert "origin = 'wire (source monitor)'" in told
    assert "statements row 4, event 'e2': origin = 'monitor (source paper)'" in told
    assert "Statements must not repeat each other in a circle." in told
    assert told.index("circle") < told.index("origin = 'radio (source paper)'")


def test_an_origin_that_said_two_things_is_not_clear():
    told = refused(
        [
            ("e1", "monitor", "finding", "A", "", ""),
            ("e1", "monitor", "confession", "B", "", ""),
            ("e1", "paper", "accusation", "A", "monitor", ""),
        ]
    )
    assert "row 3" in told
    assert "or else its only one" in told


def test_prisoners_are_held_by_actors_and_confess():
    told = refused(
        [("e1", "video", "confession", "A", "", "Bee"), ("e2", "video", "accusation", "A", "", "B")],
        actors=ACTORS,
    )
    assert "held_by must name only" in told
    assert "held_by is for confessions only" in told
    late = refused([("e1", "video", "confession", "A", "", "Bee")])
    assert "event 'e1': held_by 'Bee'" in late


def test_roles_are_two():
    told = refused(
        [("e1", "m", "finding", "A", "payer")], columns=("event_id", "source", "kind", "actor", "role")
    )
    assert "role must be one of 'executor', 'sponsor'" in told


def test_a_table_that_speaks_of_sponsors_only():
    told = refused(
        [("e1", "m", "finding", "A", "sponsor")], columns=("event_id", "source", "kind", "actor", "role")
    )
    assert "found no statement about an executor" in told


TWO = [("e1", "monitor", "accusation", "A", "", ""), ("e2", "paper", "denial", "A", "", "")]


@pytest.mark.parametrize(
    ("law", "message"),
    [
        ({"copies": {"papr": "monitor"}}, "'papr' is none. Did you mean 'paper'?"),
        ({"copies": {"paper": "monitor"}}, "'paper' never speaks in a kind in which 'monitor' does"),
        (
            {"allegiance": {"radio": "A"}},
            "Statements(allegiance=...) must name sources of the events: monitor, paper",
        ),
        ({"allegiance": {"paper": "Z"}}, "must give actors of the model: A, B, C, unlisted. 'Z' is none."),
    ],
)
def test_ties_of_sources_that_are_not_there(law, message):
    assert message in refused(TWO, Statements(**law))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"copies": {"a": "b", "b": "a"}}, "'a', 'b' copy in a circle"),
        ({"copies": {"a": "a"}}, "'a' copy in a circle"),
        ({"copies": [("a", "b"), ("a", "c")]}, "'a' twice"),
        ({"copies": ["ab"]}, "takes names by name"),
        ({"allegiance": {"a": 1}}, "takes names by name"),
    ],
)
def test_ties_that_cannot_be(arguments, message):
    with pytest.raises(at.ModelError) as raised:
        Statements(**arguments)
    assert message in str(raised.value)


def test_an_origin_that_copies_its_copier():
    words = [("e1", "monitor", "accusation", "A", "paper", ""), ("e1", "paper", "accusation", "A", "", "")]
    told = refused(words, Statements(copies={"paper": "monitor"}))
    assert "repeat each other in a circle" in told
    assert "event 'e1': monitor | accusation, paper | accusation" in told


def test_what_the_fit_had_not_cannot_be_scored():
    model = Model(ACTORS, [at.Baseline()], [Statements(voices=[*VOICES, "video | confession"])])
    frame = pd.DataFrame({"event_id": ["e1"], "date": "2020-01-01"})
    levels = {part.component.name: part.levels for part in lay(model, at.read_events(frame)).parts}
    for row, message in (
        (("e1", "paper", "accusation", "A", "monitor", ""), "none did in the fit"),
        (("e1", "video", "confession", "A", "", "B"), "with a holder where the fit had none"),
    ):
        words = pd.DataFrame([("e1", "monitor", "accusation", "A", "", ""), row], columns=COLUMNS)
        with pytest.raises(at.ModelError, match=message):
            lay(model, at.read_events(frame, statements=words), levels)

"""Who ordered and who carried out: sums over both, what bears on either, simulation, the verb, bad input."""

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest

import attribution as at
import oracle
from attribution.components.evidence.sponsorship import Sponsorship
from attribution.model.design import lay
from attribution.model.graph import build
from attribution.model.specification import Model, to_json
from cases import ACTORS, PLAIN, STABLE, case_named, case_of, density_of, unconstrained

NAMES = [*ACTORS, "unlisted"]
LINKS = {"A": {"state": 3.0}, "B": {"state": 1.0, "bank": 2.0}, "C": {}}


def test_the_twin_normalises():
    case = case_named("sponsors")
    world, p, law = case.world, case.parameters, case.world.model["evidence"][0]
    labels = oracle.sponsor_labels(law, world)
    for actor in world.actors:
        assert sum(oracle.sponsor_chance(law, world, p, actor, s) for s in labels) == pytest.approx(1)
    for voice in oracle.sponsor_voices(law, world):
        for sponsor in labels:
            said = [oracle.sponsor_statement(law, world, p, voice, s, sponsor) for s in ("", *labels)]
            assert sum(said) == pytest.approx(1)


@pytest.mark.parametrize("name", ["sponsors", "known sponsors, closed"])
def test_likelihood_equals_the_sum_over_executors_and_sponsors_of_all_events(name):
    """Every assignment of an executor and a sponsor to every event, one by one."""
    whole = case_named(name)
    few = [whole.world.events[i] | {"incident": ""} for i in (0, 1, 3)]
    ids = {event["event_id"] for event in few}
    words = [s for s in whole.world.statements if s["event_id"] in ids]
    case = case_of(whole.model, few, words)
    world, p, law = case.world, case.parameters, case.world.model["evidence"][0]
    prior = oracle.joint(oracle.World({**world.model, "evidence": []}, few, words), p)
    choices = []
    for e, event in enumerate(few):
        options = []
        for k, actor in enumerate(world.actors):
            if actor in oracle.candidates(world, event):
                together = oracle.sponsor_joint(law, world, event, p, actor, words)
                options += [prior[e, k] * chance for chance in together.values()]
        choices.append(options)
    expected = sum(math.prod(together) for together in itertools.product(*choices))
    built = build(case.design)
    density = built.compile_logp(vars=built.potentials, mode=PLAIN)(unconstrained(built, p))
    assert math.exp(density) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["sponsors", "known sponsors"])
def test_gradient_agrees_with_finite_differences(name):
    """Also where a known sponsor rules an executor out: no number is lost."""
    case = case_named(name)
    model = build(case.design)
    point = unconstrained(model, case.parameters)
    density, gradient = density_of(model), model.compile_dlogp(mode=STABLE)(point)
    assert np.isfinite(gradient).all()
    flat = np.concatenate([value.reshape(-1) for value in point.values()])
    ends = np.cumsum([value.size for value in point.values()])[:-1]

    def at_point(values):
        parts = np.split(values, ends)
        return {n: part.reshape(v.shape) for (n, v), part in zip(point.items(), parts, strict=True)}

    rng, step = np.random.default_rng(5), 1e-5
    for _ in range(2):
        way = rng.standard_normal(len(flat))
        slope = (density(at_point(flat + step * way)) - density(at_point(flat - step * way))) / (2 * step)
        assert gradient @ way == pytest.approx(slope, rel=1e-6, abs=1e-6)


def test_a_known_sponsor_rules_out_who_never_works_for_it():
    case = case_named("known sponsors")
    chance = case.chance[[e["event_id"] == "e02" for e in case.world.events]][
        0
    ]  # A or unlisted, paid by the bank
    np.testing.assert_allclose(chance, [0.0, 0.0, 0.0, 1.0], atol=1e-12)
    assert case.world.events[1]["sponsor"] == "bank"


def test_nothing_said_of_sponsors_says_nothing_of_executors():
    model = Model(ACTORS, [at.Baseline()], [Sponsorship(LINKS)])
    events = [{"event_id": "e1", "date": "2020-01-01", "incident": "", "perpetrator": "", "candidates": ""}]
    case = case_of(model, events, [])
    np.testing.assert_allclose(case.values[1], 0.0, atol=1e-12)


# ---- simulation and the verb

COUNT = 6000
VOICES = ["monitor | accusation", "army | denial"]
GIVEN = {
    "baseline_effect": [0.3, 0.2, -0.3, -0.2],
    "sponsorship_weight": [1.0, 3.0, 1.0, 0.5, 0.5, 1.0, 1.0, 1.0, 1.0],
    "sponsorship_speak": [-0.5, 0.5],
    "sponsorship_selective_sd": 1.0,
    "sponsorship_selective_raw": [[0.5, -0.8, 0.3], [0.6, 0.1, -0.7]],
}


@pytest.fixture(scope="module")
def paid():
    frame = pd.DataFrame(
        {
            "event_id": np.arange(COUNT).astype(str),
            "date": "2020-01-01",
            "perpetrator": np.where(np.arange(COUNT) % 3 == 0, "A", ""),
            "sponsor": np.where(np.arange(COUNT) % 4 == 0, "none", ""),
        }
    )
    model = Model(ACTORS, [at.Baseline()], [Sponsorship(LINKS, voices=VOICES)])
    return model, at.simulate(model, at.read_events(frame), seed=3, parameters=GIVEN)


def test_simulated_sponsors_follow_the_links(paid):
    _, events = paid
    executor, sponsor = events["true_actor"].values, events["true_sponsor"].values
    chances = {"A": [0.25, 0.0, 0.75], "B": [0.5, 0.25, 0.25], "C": [1.0, 0.0, 0.0], "unlisted": [1 / 3] * 3}
    for name, expected in chances.items():
        own = sponsor[executor == name]
        found = np.array([(own == label).mean() for label in ("none", "bank", "state")])
        expected = np.array(expected)
        assert (abs(found - expected) <= 4 * np.sqrt(expected * (1 - expected) / len(own))).all(), name
    known = events["sponsor"].values != ""
    np.testing.assert_array_equal(known, np.arange(COUNT) % 4 == 0)
    np.testing.assert_array_equal(events["sponsor"].values[known], sponsor[known])


def test_simulated_statements_on_sponsors_follow_the_law(paid):
    model, events = paid
    words = at.to_frame(events, "statements")
    assert set(words["role"]) == {"sponsor"}
    again = at.read_events(at.to_frame(events), statements=words, actors=ACTORS)
    assert again.attrs["data_hash"] == events.attrs["data_hash"]
    world = oracle.World(json.loads(to_json(model)), [], [])
    law = world.model["evidence"][0]
    drawn = lay(model, events)
    assert drawn.parts[1].levels.coords["sponsor"] == ["none", "bank", "state"]
    p = {name: np.asarray(value) for name, value in GIVEN.items()}
    for source, kind in (voice.split(" | ") for voice in VOICES):
        own = words[(words["source"] == source) & (words["kind"] == kind)].set_index("event_id")["actor"]
        said = own.reindex(events["event"].values).fillna("").to_numpy()
        for i, sponsor in enumerate(("none", "bank", "state")):
            mine = said[events["true_sponsor"].values == sponsor]
            v = sorted(VOICES).index(f"{source} | {kind}")
            speaks = 1 / (1 + np.exp(-(p["sponsorship_speak"][v] + p["sponsorship_selective_raw"][v, i])))
            assert abs((mine != "").mean() - speaks) < 4 * math.sqrt(speaks * (1 - speaks) / len(mine))
    assert law["component"] == "Sponsorship"


@pytest.fixture(scope="module")
def fitted(paid):
    model, events = paid
    few = at.to_frame(events).head(150).drop(columns=["true_actor", "true_sponsor"])
    words = at.to_frame(events, "statements")
    small = at.read_events(few, statements=words[words["event_id"].isin(few["event_id"])])
    return model, small, at.fit(model, small, seed=1, draws=60, tune=100, chains=2)


def test_margins_and_the_joint_agree(fitted):
    """Rows of an executor add up to its share, all rows to one; the conditional is joint over margin."""
    _, _, posterior = fitted
    table = at.sponsors(posterior)
    pairs, margin = table[table["executor"] != "(all)"], table[table["executor"] == "(all)"]
    shares = at.shares(posterior).set_index("actor")["share"]
    summed = pairs.groupby("executor")["share"].sum()
    np.testing.assert_allclose(summed[shares.index], shares, atol=1e-12)
    np.testing.assert_allclose(margin["share"].sum(), 1.0)
    by_sponsor = pairs.groupby("sponsor")["share"].sum()
    np.testing.assert_allclose(
        margin.set_index("sponsor")["share"], by_sponsor[margin["sponsor"]], atol=1e-12
    )
    assert set(zip(pairs["executor"], pairs["sponsor"], strict=True)) >= {("A", "state"), ("C", "none")}
    assert ("C", "state") not in set(zip(pairs["executor"], pairs["sponsor"], strict=True))
    conditional = pairs.groupby("executor")["given_executor"].sum()
    np.testing.assert_allclose(conditional, 1.0)
    assert (pairs["low"] <= pairs["high"]).all()
    assert (table["of"] == "documented killings").all()


def test_the_sponsor_of_an_event_is_bayes_rule(fitted):
    """Against the twin at every draw: mean of P(executor) P(sponsor | executor, what was said)."""
    model, events, posterior = fitted
    records = at.to_frame(events).astype(str).to_dict("records")
    words = at.to_frame(events, "statements").astype(str).to_dict("records")
    world = oracle.World(json.loads(to_json(model)), records, words)
    law = world.model["evidence"][0]
    drawn = posterior["posterior"].to_dataset()
    event = next(e for e in records if e["perpetrator"] == "" and e["sponsor"] == "")
    own = [s for s in words if s["event_id"] == event["event_id"]]
    total = np.zeros((len(NAMES), 3))
    chance = posterior["attribution"]["probability"].sel(event=event["event_id"]).values
    for chain in range(2):
        for draw in range(60):
            p = {name: drawn[name].values[chain, draw] for name in drawn.data_vars}
            for k, actor in enumerate(NAMES):
                joint = np.array(list(oracle.sponsor_joint(law, world, event, p, actor, own).values()))
                total[k] += chance[chain, draw, k] * joint / joint.sum() / 120
    table = at.sponsors(posterior, by="event")
    table = table[(table["event"] == event["event_id"]) & (table["executor"] != "(all)")]
    labels = oracle.sponsor_labels(law, world)
    for row in table.to_dict("records"):
        expected = total[NAMES.index(row["executor"]), labels.index(row["sponsor"])]
        assert abs(row["share"] - expected) < 4 * math.sqrt(expected * (1 - expected) / 120) + 0.02
    assert table["low"].isna().all()


def test_known_sponsors_stay(fitted):
    _, events, posterior = fitted
    table = at.sponsors(posterior, by="event")
    margin = table[(table["executor"] == "(all)") & (table["share"] == 1.0)].set_index("event")["sponsor"]
    known = events["event"].values[events["sponsor"].values != ""]
    assert len(known) > 10
    np.testing.assert_array_equal(margin[known], events["sponsor"].sel(event=known).values)


def test_the_verb_needs_sponsors(fitted):
    _, _, posterior = fitted
    plain = posterior.copy()
    plain.attrs["model"] = to_json(Model(ACTORS))
    with pytest.raises(at.AttributionError, match="has no Sponsorship"):
        at.sponsors(plain)
    with pytest.raises(at.AttributionError, match="holds no column 'claimed'"):
        at.sponsors(posterior, by="claimed")
    with pytest.raises(at.AttributionError, match="by=sponsor: the table has a column of that name"):
        at.sponsors(posterior, by="sponsor")
    with pytest.raises(at.AttributionError, match="interval=2 must lie"):
        at.sponsors(posterior, interval=2)


# ---- bad input


@pytest.mark.parametrize(
    ("links", "message"),
    [
        ({"A": {"state": 1}, "B": {}}, "'C' has no links: give it its sponsors, or {} if it has none."),
        (LINKS | {"Cc": {}}, "'Cc' is no actor of the model."),
        ({"A": {}, "B": {}, "C": {}}, "names no sponsor"),
        ({"A": {"state": 0}}, "of 'A', 'state' needs a positive number"),
        ({"A": {"none": 0}}, "'A' acts neither for itself nor for others"),
    ],
)
def test_links_that_cannot_be(links, message):
    with pytest.raises(at.ModelError) as raised:
        lay(Model(ACTORS, [at.Baseline()], [Sponsorship(links)]), at.read_events(FRAME))
    assert message in str(raised.value)


FRAME = pd.DataFrame({"event_id": ["e1", "e2"], "date": "2020-01-01", "perpetrator": ["C", ""]})


def test_sponsors_without_links_are_all_listed():
    model = Model(ACTORS, [at.Baseline()], [Sponsorship(LINKS)])
    with pytest.raises(at.ModelError) as raised:
        lay(model, at.read_events(FRAME.assign(sponsor=["state", "stat"])))
    assert "event 'e2': sponsor 'stat' is not linked to any executor. Did you mean 'state'?" in str(
        raised.value
    )
    assert "event 'e1': none of its candidates is linked to sponsor 'state'." in str(raised.value)
    said = pd.DataFrame(
        [("e1", "m", "finding", "a bank", "sponsor")], columns=["event_id", "source", "kind", "actor", "role"]
    )
    with pytest.raises(at.ModelError, match=r"'m \| finding' names 'a bank'"):
        lay(model, at.read_events(FRAME, statements=said))

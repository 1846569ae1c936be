"""Other assumptions: every table against the oracle, weights against their definition, and what users see."""

import dataclasses
import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import logsumexp

import attribution as at
import oracle
from attribution.assumptions import scenarios as scenario
from attribution.assumptions.actor_comparison import outdoes
from attribution.assumptions.refitted import rescaled, without_component, without_source
from attribution.assumptions.reweighting import quantiles, weights_of
from attribution.assumptions.shiftable import kinds, shiftable, shifted
from attribution.fitting.fits import used
from attribution.fitting.scoring import score
from attribution.model.design import lay
from attribution.model.graph import build
from attribution.model.prior import log_prior, prior_draws
from attribution.model.specification import to_json
from attribution.model.tables import tables
from attribution.results.phrases import phrase

COLUMNS = ["event_id", "date", "area", "method", "perpetrator", "candidates", "claimed_by", "incident"]
EVENTS = """
e1 2020-01-01 Nawa  bomb     -  -    -  -
e2 2020-01-02 Nawa  shooting A  -    A  -
e3 2020-02-01 Tafas bomb     -  A|B  -  i1
e4 2020-02-02 Tafas shooting -  -    A  i1
e5 2021-03-01 Nawa  bomb     B  -    -  -
e6 2021-03-02 Tafas bomb     -  -    B  -
e7 2021-03-03 Tafas shooting -  -    -  -
e8 2021-03-03 Tafas shooting -  -    -  -
"""
STATEMENTS = """
e1 monitor accusation A
e2 monitor accusation A
e2 army    denial     A
e5 monitor accusation unlisted
e6 army    accusation A
e7 army    accusation B
"""
MODEL = at.Model(["A", "B"], [at.Baseline(), at.Category("method")], [at.Claim(time_sd=0), at.Statements()])
ACTORS = ["A", "B", "unlisted"]
CHAINS, DRAWS = 2, 30
ASSUMPTIONS = [
    *(("claims", actor, value) for actor in ("A", "B") for value in (0.25, 3.0)),
    *(("identification", actor, value) for actor in ACTORS for value in (0.5, 4.0)),
    *(("component", name, math.nan) for name in ("baseline", "category_method", "claim", "statements")),
    *(("source", name, math.nan) for name in ("monitor", "army")),
]


def records(text, columns):
    rows = [["" if cell == "-" else cell for cell in line.split()] for line in text.strip().splitlines()]
    return [dict(zip(columns, row, strict=True)) for row in rows]


@pytest.fixture(scope="module", params=["conditional", "full"])
def model(request):
    claim = at.Claim(silence=request.param, time_sd=0)
    return dataclasses.replace(MODEL, evidence=[claim, *MODEL.evidence[1:]])


@pytest.fixture(scope="module")
def handmade(model):
    """A posterior whose draws are those of the prior, scored as a fit's would be; nothing is sampled."""
    statements = pd.DataFrame(records(STATEMENTS, ["event_id", "source", "kind", "actor"]))
    events = at.read_events(pd.DataFrame(records(EVENTS, COLUMNS)), statements=statements)
    design, dims = lay(model, events), build(lay(model, events)).named_vars_to_dims
    draws = prior_draws(design, CHAINS * DRAWS, 11)
    parameters = xr.Dataset(
        {
            name: (("chain", "draw", *dims.get(name, ())), values.reshape(CHAINS, DRAWS, *values.shape[1:]))
            for name, values in draws.items()
        },
        coords=design.coords,
    )
    attribution, pointwise = score(design, events, draws, CHAINS, 1)
    groups = {"posterior": parameters, "attribution": attribution, "log_likelihood": pointwise}
    tree = xr.DataTree.from_dict(groups | {"constant_data": used(model, events)})
    tree.attrs = {"seed": 1, "model": to_json(model), "data_hash": events.attrs["data_hash"], "checks": "[]"}
    return tree


@pytest.fixture(scope="module")
def ground(handmade):
    return scenario.open_up(handmade, CHAINS * DRAWS, 0)


@pytest.fixture(scope="module")
def base(ground):
    return scenario.rescored(ground, ground.values)


@pytest.fixture(scope="module")
def world(model):
    statements = records(STATEMENTS, ["event_id", "source", "kind", "actor"])
    return oracle.World(json.loads(to_json(model)), records(EVENTS, COLUMNS), statements)


@pytest.fixture(scope="module")
def all_scenarios(ground, base):
    found = [
        *scenario.shifts(ground, base, (0.25, 0.5, 3.0, 4.0)),
        *scenario.components(ground, base),
        *scenario.sources(ground, base),
    ]
    return {
        (own.kind, own.about, own.value if own.kind not in ("component", "source") else 0.0): own
        for own in found
    }


def at_draw(ground, sample):
    return {name: values[sample] for name, values in ground.draws.items()}


def total(world, joint):
    weight = [oracle.weight(world, event) for event in world.events]
    return float(np.dot(weight, np.log(joint.sum(axis=1))))


# ---- every assumption against the oracle, draw by draw


def rescored_under(ground, kind, about, value):
    position = {name: i for i, name in enumerate(ground.design.actors)}
    parts = [part.component.name for part in ground.design.parts]
    values = list(ground.values)
    if kind == "claims":
        (own,) = scenario.readied(ground)
        tilt = scenario.readiness_tilt(ground, own, position[about], math.log(value))
        return scenario.rescored_each(ground, values, [tilt])[0]
    if kind == "identification":
        tilt = scenario.label_tilt(ground, position[about], math.log(value))
        return scenario.rescored_each(ground, values, [tilt])[0]
    if kind == "component":
        for i, part in enumerate(ground.design.parts):
            if about in (part.component.name, part.component.borrows):
                values[i] = 0 * values[i]
    else:
        law = parts.index("statements")
        values[law] = dict(scenario.without_source(ground, law, ground.design.parts[law]))[about]
    return scenario.rescored(ground, values)


@pytest.mark.parametrize(("kind", "about", "value"), ASSUMPTIONS)
def test_shares_and_likelihood_are_the_oracles(ground, world, kind, about, value):
    found = rescored_under(ground, kind, about, value)
    for sample in range(0, CHAINS * DRAWS, 11):
        joint = oracle.assumed(world, at_draw(ground, sample), kind, about, value)
        share = (joint / joint.sum(axis=1, keepdims=True)).mean(axis=0)
        np.testing.assert_allclose(found.share[sample], share, atol=2e-5)
        assert found.log_likelihood[sample] == pytest.approx(total(world, joint), abs=2e-4)


def test_a_shifted_claim_is_still_a_law(world, ground):
    """Probabilities of all outcomes of the moved law sum to one, in the oracle that the library is held to."""
    p, law = at_draw(ground, 3), world.model["evidence"][0]
    sums = 0.0
    for names in itertools.product(*(("", name) for name in world.claimants)):
        event = world.events[0] | {"claimed_by": "|".join(name for name in names if name)}
        moved = oracle.factor(world, p, event, "A", "claims", "A", 5.0)
        chance = oracle.all_claims(law, world, event, p, "A")
        if (
            law["silence"] != "full"
        ):  # the law that is moved is that of claimants apart, not given whether any claims
            somebody = oracle.any_claim(law, world, event, p)
            given = somebody if event["claimed_by"] else 1 - somebody
            chance *= oracle.flag_chance(law, world, event, p, "A") / given
        sums += chance * moved
    assert sums == pytest.approx(1)


def test_without_an_assumption_nothing_changes(ground, base, handmade, world):
    for sample in (0, 17):
        p = at_draw(ground, sample)
        np.testing.assert_allclose(base.share[sample], oracle.attribution(world, p).mean(axis=0), atol=2e-5)
    probability = handmade["attribution"]["probability"].values.reshape(CHAINS * DRAWS, 8, 3)
    np.testing.assert_allclose(base.share, probability.mean(axis=1), atol=1e-5)


def test_actors_are_drawn_from_their_probabilities(base):
    """Mean over draws of the drawn share against the expected share, within five standard errors."""
    for k in range(3):
        drawn = (base.actor == k).mean(axis=1)
        assert abs(drawn.mean() - base.share[:, k].mean()) < 5 * 0.5 / math.sqrt(base.actor.size)


def test_known_perpetrators_stay(all_scenarios, ground):
    known = ground.design.candidates.sum(axis=1) == 1
    label = ground.design.candidates.argmax(axis=1)
    assert known.sum() == 2
    for own in all_scenarios.values():
        assert (own.actor[:, known] == label[known]).all()


def test_weights_are_ratios_of_likelihoods(ground, world, all_scenarios):
    """Where no tail is smoothed away, the weight of a draw against another is the ratio of their likelihood ratios."""
    own = all_scenarios["identification", "unlisted", 0.5]
    ratio = []
    for sample in range(CHAINS * DRAWS):
        p = at_draw(ground, sample)
        ratio.append(
            total(world, oracle.assumed(world, p, "identification", "unlisted", 0.5))
            - total(world, oracle.labelled(world, p))
        )
    expected = weights_of(np.array(ratio), CHAINS)
    np.testing.assert_allclose(own.weight, expected[0], rtol=2e-3)
    assert own.pareto_k == pytest.approx(expected[1], abs=0.02)


def test_a_component_that_says_nothing_weighs_nothing(ground, base):
    same = scenario.scenario(ground, base, "component", "x", math.nan, base, False)
    np.testing.assert_allclose(same.weight, 1 / len(same.weight))
    assert same.method == scenario.SHOWN


# ---- weights


def test_smoothing_leaves_a_light_tail_alone():
    ratio = np.random.default_rng(1).normal(0, 0.05, 400)
    weight, k, good = weights_of(ratio, 4)
    assert good
    assert k < 0.7
    np.testing.assert_allclose(np.log(weight), ratio - logsumexp(ratio), atol=0.05)
    assert weight.sum() == pytest.approx(1)


def test_a_heavy_tail_is_refused():
    weight, k, good = weights_of(np.random.default_rng(1).normal(0, 12, 400), 4)
    assert not good
    assert k > 0.7
    assert weight.sum() == pytest.approx(1)


def test_importance_weights_move_a_normal():
    """From N(0, 1) to N(0.5, 1), whose ratio is exp(x/2): the weighted mean is a half."""
    x = np.random.default_rng(4).normal(0, 1, 20_000)
    weight, _, good = weights_of(0.5 * x, 4)
    assert good
    assert weight @ x == pytest.approx(0.5, abs=0.04)


def test_weighted_quantiles():
    values, weight = np.array([3.0, 1.0, 2.0]), np.array([0.2, 0.5, 0.3])
    assert quantiles(values, weight, (0.1, 0.5, 0.6, 0.8, 0.9)) == [1.0, 1.0, 2.0, 2.0, 3.0]


def test_log_prior_is_of_what_was_stated_and_not_of_pooled_effects(ground, world):
    """Up to a constant."""
    found, claim = log_prior(ground.design, ground.draws), world.model["evidence"][0]
    voices = world.model["evidence"][1]
    expected = []
    for sample in range(0, 60, 7):
        p = at_draw(ground, sample)
        assert {name for name in p if name.endswith(("_raw", "_common"))} == {
            *("category_method_raw", "statements_accuracy_raw", "statements_selective_raw"),
            "statements_habit_raw",
        }
        total = oracle.zero_sum(p["baseline_effect"], 1.5, 1)
        total += oracle.half_normal(p["category_method_sd"], 0.5)
        total += oracle.normal(p["claim_mean"], claim["propensity_mean"], claim["propensity_mean_sd"])
        total += oracle.half_normal(p["claim_sd"], claim["propensity_sd"])
        total += oracle.normal(p["claim_false_mean"], claim["false_mean"], claim["false_mean_sd"])
        total += oracle.normal(p["statements_speak"], 0.0, voices["speak_sd"])
        total += oracle.half_normal(p["statements_accuracy_sd"], voices["accuracy_sd"])
        total += oracle.half_normal(p["statements_selective_sd"], voices["selective_sd"])
        total += oracle.zero_sum(p["statements_blame"], voices["blame_sd"], 1)
        total += oracle.half_normal(p["statements_habit_sd"], voices["habit_sd"])
        if "statements_unlisted_mean" in p:
            total += oracle.normal(
                p["statements_unlisted_mean"], voices["unlisted_mean"], voices["unlisted_mean_sd"]
            )
        for part, prior in (("says_unlisted", "unlisted_habit"), ("echo", "echo")):
            if f"statements_{part}" in p:
                total += oracle.normal(
                    p[f"statements_{part}"], voices[f"{prior}_mean"], voices[f"{prior}_sd"]
                )
        expected.append(total)
    np.testing.assert_allclose(np.diff(found[::7]), np.diff(expected), rtol=1e-5, atol=1e-4)


# ---- the table


@pytest.fixture(scope="module")
def table(handmade):
    return at.sensitivity(handmade, factors=(0.5, 2.0), refit="none")


def test_one_tidy_table(table):
    assert list(table.columns) == [
        *("kind", "about", "value", "assumption", "actor", "share", "low", "high", "change", "flips"),
        *("pareto_k", "method", "psense", "of", "checks"),
    ]
    rows = table.groupby("kind").size().to_dict()
    assert rows == {
        "fit": 3, "claims": 2 * 2 * 3, "identification": 3 * 2 * 3, "prior": 6, "likelihood": 6,
        "component": 4 * 3, "source": 2 * 3, "bound": 2 * 3,
    }  # fmt: skip
    assert set(table["of"]) == {"documented killings"}
    assert set(table["method"]) <= {
        "as fitted", "re-weighted", "at the fit's parameters", "not shown", "exact",
    }  # fmt: skip


def test_shares_of_each_assumption_sum_to_one(table):
    shown = table[(table["kind"] != "bound") & table["share"].notna()]
    sums = shown.groupby(["kind", "about", "value"], dropna=False)["share"].sum()
    np.testing.assert_allclose(sums, 1)
    assert (shown["low"] <= shown["high"]).all()
    fit = table[table["kind"] == "fit"].set_index("actor")["share"]
    np.testing.assert_allclose(table["change"], table["share"] - table["actor"].map(fit))


def test_what_cannot_be_trusted_is_not_shown(table):
    assert (
        table.loc[table["method"] == "not shown", ["share", "low", "high", "change", "flips"]]
        .isna()
        .all(axis=None)
    )
    assert table.loc[table["method"] != "not shown", "share"].notna().all()


def test_bounds_are_counts(table):
    """Of 8: A is known once and a candidate of 7 - the one of B is not; B the same; unlisted has none and 5."""
    bounds = table[table["kind"] == "bound"].set_index(["actor", "value"])["share"]
    assert bounds.to_dict() == {
        ("A", 0.0): 1 / 8, ("A", 1.0): 7 / 8, ("B", 0.0): 1 / 8, ("B", 1.0): 7 / 8,
        ("unlisted", 0.0): 0.0, ("unlisted", 1.0): 5 / 8,
    }  # fmt: skip
    shown = table.dropna(subset="share")
    low = shown["actor"].map(lambda actor: bounds[actor, 0.0])
    high = shown["actor"].map(lambda actor: bounds[actor, 1.0])
    assert ((shown["share"] >= low - 1e-9) & (shown["share"] <= high + 1e-9)).all()


def test_a_rarer_claimer_gains_from_silence_only(ground, base):
    """Where odds of claiming rise, silent killings speak against the actor; identified ones do not move."""
    position = 0
    (own,) = scenario.readied(ground)
    claimed = scenario.readiness_tilt(ground, own, position, 1.0)
    unlabelled = scenario.label_tilt(ground, position, 1.0)
    more, identified = scenario.rescored_each(ground, ground.values, [claimed, unlabelled])
    expected = base.share[:, position], more.share[:, position]
    assert not np.allclose(*expected)
    assert (identified.share[:, position] >= base.share[:, position] - 1e-9).all()


def test_a_law_brings_its_own_assumptions(ground, base, monkeypatch):
    """Without what `Claim` says of itself there is nothing to move but identification."""
    assert {own.kind for own in scenario.shifts(ground, base, (2.0,))} == {"claims", "identification"}
    monkeypatch.setattr(at.Claim, "readiness", at.Statements.readiness)
    assert {own.kind for own in scenario.shifts(ground, base, (2.0,))} == {"identification"}


def test_assumptions_are_said_in_words(table):
    said = set(table["assumption"])
    assert phrase("assumption", "claims", about="A", value="2") in said
    assert "without source monitor" in said
    assert phrase("assumption", "bound_1", about="unlisted") in said


def test_power_sensitivity_stands_with_its_rows(table):
    assert table.loc[table["kind"].isin(["prior", "likelihood"]), "psense"].notna().all()
    assert table.loc[~table["kind"].isin(["prior", "likelihood"]), "psense"].isna().all()


def test_the_same_seed_the_same_table(handmade, table):
    again = at.sensitivity(handmade, factors=(0.5, 2.0), refit="none")
    pd.testing.assert_frame_equal(again, table)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"factors": (0.0,)}, "0.0 is not a positive"),
        ({"powers": (-1,)}, "-1 is not"),
        ({"interval": 1}, "between"),
        ({"refit": "al"}, "Did you mean 'all'"),
        ({"refit": True}, "choose 'none', 'doubtful', 'all'"),
    ],
)
def test_what_cannot_be_assumed(handmade, given, told):
    with pytest.raises(at.AttributionError, match=told):
        at.sensitivity(handmade, **given)


def test_scored_events_have_no_assumptions_of_their_own(handmade):
    with pytest.raises(at.AttributionError, match=r"what fit\(\) returns"):
        at.sensitivity(xr.DataTree.from_dict({"attribution": handmade["attribution"].to_dataset()}))


# ---- ranks


@pytest.fixture(scope="module")
def comparison(handmade):
    return at.compare_actors(handmade, "A", "B", by="area", factors=(2.0,), refit="none")


def test_comparison_counts_draws(comparison, base):
    for area, members in (("Nawa", [0, 1, 4]), ("Tafas", [2, 3, 5, 6, 7])):
        row = comparison[(comparison["area"] == area) & (comparison["kind"] == "fit")].iloc[0]
        a, b = ((base.actor[:, members] == k).sum(axis=1) for k in (0, 1))
        assert (row["more"], row["fewer"]) == pytest.approx(((a > b).mean(), (a < b).mean()))
        assert row["events"] == len(members)


def test_comparison_the_other_way_round(handmade, comparison):
    other = at.compare_actors(handmade, "B", "A", by="area", factors=(2.0,), refit="none")
    shared = comparison["kind"] != "bound"
    np.testing.assert_allclose(other.loc[shared, "more"], comparison.loc[shared, "fewer"])


@pytest.mark.parametrize("count", [49, 98, 103, 107, 161, 1000])
def test_a_probability_is_one_at_most_whatever_rounding_does(count):
    even = np.full(count, 1 / count)
    own = scenario.Scenario("fit", "", math.nan, np.zeros((count, 3), dtype=int), even, math.nan, "as fitted")
    more, fewer = outdoes(own, np.arange(3), 0, 1)
    assert fewer == 0
    assert 1 - 1e-9 < more <= 1


def test_comparison_at_the_bounds(comparison):
    """In Nawa A has 1 known and 1 open killing, B 1 known: 1 against 1 or 2; in Tafas nothing is known."""
    found = comparison[comparison["kind"] == "bound"].set_index(["area", "value"])[["more", "fewer"]]
    assert found.loc[("Nawa", 0.0)].tolist() == [0.0, 1.0]
    assert found.loc[("Nawa", 1.0)].tolist() == [1.0, 0.0]
    assert found.loc[("Tafas", 0.0)].tolist() == [0.0, 1.0]
    assert found.loc[("Tafas", 1.0)].tolist() == [1.0, 0.0]


def test_one_comparison_of_all(handmade):
    found = at.compare_actors(handmade, "A", "unlisted", factors=(2.0,), refit="none")
    assert "group" not in found
    assert found["kind"].value_counts()["fit"] == 1
    assert found.loc[found["more"].notna() & (found["kind"] != "bound"), "words"].ne("").all()


@pytest.mark.parametrize(
    ("pair", "told"), [(("A", "A"), "two different"), (("A", "b"), "Did you mean 'B'"), (("X", "A"), "'X'")]
)
def test_comparisons_there_are_not(handmade, pair, told):
    with pytest.raises(at.AttributionError, match=told):
        at.compare_actors(handmade, *pair)


# ---- fits without


def test_models_without(handmade):
    events = handmade["constant_data"].to_dataset()
    assert [c.name for c in without_component(MODEL, "claim").components] == [
        "baseline",
        "category_method",
        "statements",
    ]
    assert without_component(at.Model(["A", "B"]), "baseline") is None
    dated = at.Model(["A", "B"], [at.Baseline(), at.ActivePeriod({"A": ("2020", None)})])
    assert without_component(dated, "baseline") is None, "nothing would be left to fit"
    stated = at.Model(["A"], evidence=[at.Statements(voices=["army | denial", "radio | finding"])])
    model, left = without_source(stated, events, "army")
    assert model.evidence[0].voices == ("radio | finding",)
    assert set(left["statement_source"].values) == {"monitor"}
    assert left.sizes["statement"] == 3


def test_prior_scales_are_multiplied_and_nothing_else():
    wide = rescaled(at.Model(["A"], [at.Baseline(), at.Location(place_sd=0)], [at.Claim()]), 2.0)
    assert wide.activity == (
        at.Baseline(sd=3.0),
        at.Location(area_sd=1.0, place_sd=0.0, distance_sd=1.0),
    )
    assert wide.evidence[0].propensity_mean == at.Claim().propensity_mean
    assert wide.evidence[0].propensity_mean_sd == 2 * at.Claim().propensity_mean_sd


def test_a_source_of_lookalikes_is_left_out(handmade):
    """By the law without what it said, summed over whose work a killing looks like."""
    events = handmade["constant_data"].to_dataset()
    law = at.Statements(lookalikes=True, lookalike_mean=-1.0)
    model = dataclasses.replace(MODEL, evidence=[law])
    design = lay(model, events)
    draws = prior_draws(design, 5, 3)
    ground = scenario.Ground(design, events, draws, tables(design)(draws), 1, 0)
    statements = records(STATEMENTS, ["event_id", "source", "kind", "actor"])
    (rest,) = (
        values for name, values in scenario.without_source(ground, 2, design.parts[2]) if name == "army"
    )
    world = oracle.World(json.loads(to_json(model)), records(EVENTS, COLUMNS), statements)
    heard = [s for s in statements if s["source"] == "monitor"]
    spec = json.loads(to_json(model))["evidence"][0]
    for sample in range(5):
        p = {name: values[sample] for name, values in draws.items()}
        for e, event in enumerate(world.events):
            for k, actor in enumerate(world.actors):
                chance = oracle.looks_like(world, p, actor)
                expected = 0.0
                for seen in world.actors:
                    said = [s["actor"] for s in heard if s["event_id"] == event["event_id"]]
                    words = said[0] if said else ""
                    voice = ("monitor", "accusation")
                    expected += chance[seen] * oracle.statement(spec, world, event, p, voice, words, seen)
                found = rest[sample, design.parts[2].index[e], k]
                assert found == pytest.approx(math.log(expected), abs=1e-5)


# ---- shifts as data of one compiled model


@pytest.mark.parametrize("kind", ["claims", "identification"])
def test_a_shift_as_data_is_the_shift(ground, kind):
    """The parts of a `shiftable` design, moved as data, say what the tilts say that the oracle is held to."""
    design = shiftable(ground.design, ground.events)
    assert kinds(design) == ("identification", "claims")
    evaluate = tables(design)
    still = scenario.rescored(ground_of(ground, design), evaluate(ground.draws))
    np.testing.assert_allclose(still.log_likelihood, scenario.rescored(ground, ground.values).log_likelihood)
    for about, value in (("A", 0.25), ("B", 3.0)):
        position = design.actors.index(about)
        moved = shifted(design, kind, position, math.log(value))
        found = scenario.rescored(ground_of(ground, moved), evaluate(ground.draws, moved))
        expected = rescored_under(ground, kind, about, value)
        np.testing.assert_allclose(found.log_likelihood, expected.log_likelihood, atol=2e-4)
        np.testing.assert_allclose(found.share, expected.share, atol=2e-5)


def ground_of(ground, design):
    return dataclasses.replace(ground, design=design)

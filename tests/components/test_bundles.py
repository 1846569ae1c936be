"""Bundled claims: the exact law of counts, attributions given them, by enumeration of every assignment."""

import itertools
import json
import math
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.stats import binom, poisson

import attribution as at
import cases
import oracle
from attribution.components.base import CouplingLaw
from attribution.components.evidence.bundle_counts import Grid, condition, log_counts
from attribution.fitting.scoring import score
from attribution.model.design import lay, levels_of
from attribution.model.graph import build
from attribution.model.specification import from_json, to_json
from attribution.model.variants import with_candidates

ACTORS = ["A", "B"]
EVENTS = """
e1 2021-01-05 day   north -   -   A
e2 2021-01-20 day   south -   -   -
e3 2021-02    month north -   A|B -
e4 2021-03-01 day   south A   -   -
e5 2021-02-11 day   -     -   -   B
e6 2021-06-01 day   north -   -   -
"""
ONE = [
    {
        "claimant": "A",
        "start": "2021-01-01",
        "end": "2021-03-31",
        "area": "",
        "count": "3",
        "kind": "operations",
    }
]
SEVERAL = [
    {
        "claimant": "A",
        "start": "2021-01-01",
        "end": "2021-02-10",
        "area": "",
        "count": "2",
        "kind": "operations",
    },
    {
        "claimant": "A",
        "start": "2021-02-11",
        "end": "2021-03-31",
        "area": "",
        "count": "1",
        "kind": "operations",
    },
    {
        "claimant": "B",
        "start": "2021-01-10",
        "end": "2021-03-31",
        "area": "south",
        "count": "1",
        "kind": "attacks",
    },
    {
        "claimant": "A",
        "start": "2021-05-01",
        "end": "2021-07-31",
        "area": "north",
        "count": "9",
        "kind": "operations",
    },
]
CASES = {
    "one": (ONE, at.Bundles()),
    "singly claimed too": (ONE, at.Bundles(singly_claimed=True, over_mean=0.5)),
    "none claimed": ([ONE[0] | {"count": "0"}], at.Bundles()),
    "more than there are": ([ONE[0] | {"count": "12"}], at.Bundles(counted_mean=0.3)),
    "several": (SEVERAL, at.Bundles()),
    "of one kind": (SEVERAL, at.Bundles(kinds="attacks")),
    "where nothing happened": ([ONE[0] | {"start": "2010-01-01", "end": "2010-02-01"}], at.Bundles()),
}


def records():
    names = ("event_id", "date", "date_precision", "area", "perpetrator", "candidates", "claimed_by")
    return [event | {"incident": ""} for event in cases.records(EVENTS, names)]


def read(events, bundles):
    return at.read_events(pd.DataFrame(events), bundles=pd.DataFrame(bundles))


def case_of(bundles, law, events=None):
    events = records() if events is None else events
    model = at.Model(ACTORS, [at.Baseline()], [at.Claim(time_sd=0), law])
    design = lay(model, read(events, bundles))
    world = oracle.World(json.loads(to_json(model)), events, bundles=bundles)
    rng = np.random.default_rng(4)
    count = len(design.coords["bundler"])
    own = {"bundles_counted": rng.standard_normal(count), "bundles_over": rng.standard_normal(count)}
    parameters = cases.random_parameters(design, 11) | own
    return cases.Case(model, design, world, parameters)


@cache
def case_named(name):
    return case_of(*CASES[name])


@cache
def enumerated(name):
    """Probability of every assignment together with everything observed, attributions, and the probability of all."""
    case = case_named(name)
    whole = oracle.with_bundles(case.world, case.parameters)
    evidence = sum(whole.values())
    attribution = np.zeros_like(case.chance)
    for assignment, chance in whole.items():
        attribution[np.arange(len(assignment)), list(assignment)] += chance / evidence
    return whole, attribution, evidence


@pytest.fixture(params=CASES)
def name(request):
    return request.param


def potential(case):
    model = build(case.design)
    return model, model.compile_logp(vars=model.potentials, mode=cases.PLAIN)


# ---- against enumeration


def test_likelihood_equals_the_sum_over_all_assignments(name):
    case, (_, _, expected) = case_named(name), enumerated(name)
    model, density = potential(case)
    found = density(cases.unconstrained(model, case.parameters))
    assert math.exp(found) == pytest.approx(expected, rel=1e-8)


def test_density_has_the_priors():
    case = case_named("several")
    model = build(case.design)
    found = cases.density_of(model)(cases.unconstrained(model, case.parameters))
    expected = math.log(enumerated("several")[2])
    expected += sum(
        oracle.log_prior(component, case.parameters, case.world)
        for component in (*case.world.model["activity"], *case.world.model["evidence"])
    )
    assert found == pytest.approx(expected, abs=1e-6)


def conditioned(case, samples=1, seed=1):
    coupling = case.design.couplings[0]
    parameters = {
        name: np.repeat(values[None], samples, axis=0)
        for name, values in coupling.parameters(case.parameters).items()
    }
    own = np.repeat(case.chance[None, coupling.member], samples, axis=0)
    return coupling.component.condition(parameters, own, coupling.ties, np.random.default_rng(seed)), own


def test_attributions_equal_bayes_rule_over_all_assignments(name):
    case, (_, expected, evidence) = case_named(name), enumerated(name)
    (factor, total, _), own = conditioned(case)
    found = case.chance.copy()
    found[case.design.couplings[0].member] = (own * factor)[0]
    np.testing.assert_allclose(found, expected, atol=1e-9)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-9)
    alone = math.exp(oracle.log_likelihood(case.world, case.parameters).sum())
    assert math.exp(total[0]) == pytest.approx(evidence / alone, rel=1e-8)


@pytest.mark.parametrize("name", ["one", "several"])
def test_actors_are_drawn_jointly(name):
    """Frequencies of whole assignments, not only of each event's actor: the count ties them."""
    case, count = case_named(name), 20_000
    (_, _, actor), _ = conditioned(case, count)
    member = case.design.couplings[0].member
    whole, _, evidence = enumerated(name)
    expected = {}
    for assignment, chance in whole.items():
        key = tuple(assignment[e] for e in member)
        expected[key] = expected.get(key, 0.0) + chance / evidence
    drawn, times = np.unique(actor, axis=0, return_counts=True)
    found = {tuple(row): n / count for row, n in zip(drawn.tolist(), times, strict=True)}
    assert set(found) <= set(expected)
    for key, chance in expected.items():
        assert abs(found.get(key, 0.0) - chance) <= 5 * math.sqrt(chance * (1 - chance) / count) + 1e-4


def test_gradient_agrees_with_finite_differences():
    case = case_named("several")
    model, _ = potential(case)
    point = cases.unconstrained(model, case.parameters)
    density, gradient = cases.density_of(model), model.compile_dlogp(mode=cases.STABLE)(point)
    sizes = np.cumsum([value.size for value in point.values()])
    rng, step = np.random.default_rng(3), 1e-5
    for _ in range(2):
        direction = rng.standard_normal(sizes[-1])
        parts = np.split(direction, sizes[:-1])
        up, down = (
            {
                name: v + sign * step * d.reshape(v.shape)
                for (name, v), d in zip(point.items(), parts, strict=True)
            }
            for sign in (1, -1)
        )
        assert gradient @ direction == pytest.approx(
            (density(up) - density(down)) / (2 * step), rel=1e-6, abs=1e-6
        )


# ---- counts


def counts(none, counted, grid, mode=cases.PLAIN):
    events, groups = none.shape
    return log_counts(pt.as_tensor(none), pt.as_tensor(counted), events, groups, grid).eval(mode=mode)


def test_counts_of_equal_events_are_binomial():
    chance = np.array([0.2, 0.7])
    none, counted = (np.tile(np.log(values), (12, 1)) for values in (1 - chance, chance))
    found = counts(none, counted[:, :, None], Grid((12,)))
    for group in range(2):
        np.testing.assert_allclose(
            np.exp(found[group]), binom.pmf(np.arange(13), 12, chance[group]), rtol=1e-9
        )


def test_five_hundred_events_are_exact_and_so_is_the_gradient():
    """Against a plain convolution; the gradient compiled by JAX is each event's probability of counting."""
    rng = np.random.default_rng(2)
    chance, count = rng.beta(0.3, 2.0, 500), 60
    exact_counts = np.ones(1)
    for p in chance:
        exact_counts = np.convolve(exact_counts, [1 - p, p])
    none, counted, grid = np.log1p(-chance), np.log(chance), Grid((count,))
    weight = poisson.logpmf(count - np.arange(count + 1), 3.0)
    inputs = pt.tensor(shape=(500,)), pt.tensor(shape=(500,))
    numbers = log_counts(inputs[0][:, None], inputs[1][:, None, None], 500, 1, grid)
    total = pt.logsumexp(numbers[0] + weight)
    compiled = pytensor.function(list(inputs), [numbers[0], total, *pt.grad(total, list(inputs))], mode="JAX")
    found, whole, *gradient = compiled(none, counted)
    np.testing.assert_allclose(np.exp(found), exact_counts[: count + 1], rtol=1e-8, atol=1e-300)
    message, again, _ = condition(none[None], counted[None, :, None], weight[None], grid, rng)
    assert again[0] == pytest.approx(float(whole), abs=1e-9)
    np.testing.assert_allclose(gradient[0], np.exp(none + message[0, :, 0]), atol=1e-9)
    np.testing.assert_allclose(gradient[1], np.exp(counted + message[0, :, 1]), atol=1e-9)


def test_the_law_of_a_count_sums_to_one():
    """Over all counts that can matter: what is over-claimed is Poisson."""
    case = case_named("one")
    coupling = case.design.couplings[0]
    total = 0.0
    for count in range(40):
        ties = coupling.ties | {"count": np.array([count])}
        design = replace(case.design, couplings=(replace(coupling, ties=ties),))
        (_, whole, _), _ = conditioned(replace(case, design=design))
        total += math.exp(whole[0])
    assert total == pytest.approx(1.0, abs=1e-9)


def test_counts_far_in_the_tail_stay_finite():
    none, counted = np.full((500, 1), np.log1p(-0.99)), np.full((500, 1, 1), np.log(0.99))
    found = counts(none, counted, Grid((1,)))
    expected = [500 * math.log(0.01), math.log(500) + 499 * math.log(0.01) + math.log(0.99)]
    np.testing.assert_allclose(found[0], expected, rtol=1e-10)


# ---- what is refused, and what is not


def test_overlapping_bundles_of_one_claimant_are_refused():
    twice = [ONE[0], ONE[0] | {"start": "2021-03-31", "end": "2021-04-30", "kind": "assassinations"}]
    with pytest.raises(at.ModelError, match=r"Two bundles of 'A' overlap.*2021-03-31 to 2021-04-30.*kinds"):
        case_of(twice, at.Bundles())
    assert len(case_of(twice, at.Bundles(kinds=["operations"])).design.couplings[0].ties["count"]) == 1


@pytest.mark.parametrize("verb", [at.holdout, at.sbc])
def test_verbs_that_take_events_one_by_one_refuse_bundles(verb):
    case = case_named("one")
    with pytest.raises(
        at.ModelError, match=rf"{verb.__name__}\(\) takes events one by one, and Bundles\(\) ties"
    ):
        verb(case.model, read(records(), ONE), seed=1)


def test_loo_refuses_bundles(fitted):
    with pytest.raises(at.AttributionError, match=r"loo\(\) takes events one by one, and bundles ties"):
        at.loo(fitted[2])


def test_bundles_that_take_too_many_combinations_are_refused():
    many = [SEVERAL[0] | {"claimant": name, "count": "200"} for name in ACTORS]
    with pytest.raises(at.ModelError, match=r"2 bundles share events.*40,401 combinations"):
        case_of(many, at.Bundles())


@pytest.mark.parametrize(
    ("bundles", "law", "message"),
    [
        ([ONE[0] | {"claimant": "C"}], at.Bundles(), "Bundles by actors the model does not have.*'C'"),
        (ONE, at.Bundles(kinds=["raids"]), r"kinds=\('raids',\).*there are 'operations'"),
    ],
)
def test_bundles_that_cannot_be(bundles, law, message):
    with pytest.raises(at.ModelError, match=message):
        case_of(bundles, law)


def test_a_model_with_bundles_needs_their_table():
    with pytest.raises(at.ModelError, match=r"Bundles\(\) needs column 'bundle_claimant'"):
        lay(at.Model(ACTORS, evidence=[at.Bundles()]), at.read_events(pd.DataFrame(records())))


def test_new_events_need_no_bundles():
    case = case_named("one")
    alone = lay(case.model, at.read_events(pd.DataFrame(records())), levels_of(case.design))
    assert len(alone.couplings[0].member) == 0
    other = read(records(), [ONE[0] | {"claimant": "B"}])
    with pytest.raises(at.ModelError, match="Bundles by B, and the fit had none"):
        lay(case.model, other, levels_of(case.design))


def test_a_known_killing_by_another_is_not_in_a_bundle():
    case = case_named("one")
    coupling = case.design.couplings[0]
    events = case.design.cell[coupling.member]
    assert len(events) == 4, "e1 is claimed singly, e6 is later"
    known = np.zeros((6, 3), dtype=bool)
    known[:, 1] = True
    masked = with_candidates(case.design, known)
    other = cases.Case(case.model, masked, case.world, case.parameters)
    (factor, total, _), own = conditioned(other)
    days, rate = 90, math.exp(case.parameters["bundles_over"][0])
    assert total[0] == pytest.approx(poisson.logpmf(3, rate * days / 30))
    np.testing.assert_allclose((own * factor)[0], np.tile([0, 1, 0], (4, 1)), atol=1e-12)


def test_bundles_are_values():
    law = at.Bundles(kinds=["operations"], singly_claimed=True)
    assert isinstance(law, CouplingLaw)
    assert hash(law) == hash(at.Bundles(kinds="operations", singly_claimed=True))
    model = at.Model(ACTORS, evidence=[at.Claim(), law])
    assert from_json(to_json(model)) == model


# ---- scores and simulation


def test_scores_hold_what_the_bundle_makes_of_its_members(name):
    case, (_, expected, _) = case_named(name), enumerated(name)
    draws = {name: np.stack([value] * 8) for name, value in case.parameters.items()}
    events = read(records(), case.world.bundles)
    group, pointwise = score(case.design, events, draws, 2, seed=3)
    np.testing.assert_allclose(group["mean"].values, expected, atol=1e-6)
    np.testing.assert_allclose(group["probability"].values[1, 2], expected, atol=1e-6)
    assert list(group["component"].values) == ["baseline", "claim_mix", "claim", "bundles"]
    ratio = np.log(expected[1] / expected[1, 0]) - np.log(case.chance[1] / case.chance[1, 0])
    nats = group["contribution"].sel(component="bundles").values[1]
    np.testing.assert_allclose(nats - nats[0], ratio, atol=1e-5)
    assert pointwise["bundles"].dims == ("chain", "draw")
    assert (group["perpetrator"].values[..., 3] == 0).all(), "known to be A"


def test_simulated_counts_follow_the_law():
    table = pd.DataFrame(
        {
            "event_id": [str(i) for i in range(30)],
            "date": ["2021-01-15", "2021-02", "2021-03-20"] * 10,
            "claimed_by": "",
        }
    )
    bundles = [
        SEVERAL[0] | {"start": "2021-01-01", "end": "2021-02-14"},
        SEVERAL[0] | {"start": "2021-02-15", "end": "2021-03-31"},
    ]
    events = at.read_events(table, bundles=pd.DataFrame(bundles))
    model = at.Model(ACTORS, [at.Baseline()], [at.Bundles()])
    coupling = lay(model, events).couplings[0]
    given, rng = {"counted": np.array([0.4]), "over": np.array([0.7])}, np.random.default_rng(8)
    found = []
    for _ in range(400):
        actor = rng.choice(3, 30, p=[0.6, 0.3, 0.1])
        world = coupling.component.emit(events, actor, given, coupling.levels, rng)
        found.append(world["bundle_count"].values)
    counted = 1 / (1 + math.exp(-0.4))
    mean = 15 * 0.6 * counted + math.exp(0.7) * 45 / 30
    assert (np.abs(np.mean(found, axis=0) - mean) <= 4.5 * math.sqrt(mean / 400)).all()
    assert set(itertools.chain(*(np.array(found) % 1))) == {0.0}


def test_a_simulated_world_has_counts():
    events = read(records(), SEVERAL)
    model = at.Model(ACTORS, [at.Baseline()], [at.Claim(time_sd=0), at.Bundles(kinds="operations")])
    world = at.simulate(model, events, seed=2, parameters={"bundles_over": [5.0]})
    assert (world["bundle_count"].values[[0, 1, 3]] > 50).all()
    assert world["bundle_count"].values[2] == 1, "of another kind"
    again = at.read_events(at.to_frame(world), bundles=at.to_frame(world, "bundles"))
    assert again.attrs["data_hash"] == world.attrs["data_hash"]


# ---- from reading to scoring new events


@pytest.fixture(scope="module")
def fitted():
    number = np.arange(60)
    table = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in number],
            "date": [str(np.datetime64("2021-01-01") + 3 * i) for i in number],
            "area": np.where(number % 2, "north", "south"),
            "killed": number % 4,
            "perpetrator": np.where(number % 6 == 0, "A", ""),
            "denied_by": "",
            "observed_until": "2021-07-15",
        }
    )
    contexts = pd.DataFrame(
        {"name": ["siege"], "start": ["2021-03-01"], "end": ["2021-04-15"], "area": ["north"]}
    )
    bundles = [ONE[0] | {"start": "2021-02-01", "end": "2021-05-31", "count": "12"}]
    model = at.Model(
        ACTORS,
        [at.Baseline()],
        [at.Claim(silence="full", slope="killed", false_slope="killed"), at.Bundles()],
    )
    template = at.read_events(table, contexts=contexts, bundles=pd.DataFrame(bundles))
    events = at.simulate(model, template, seed=3, parameters={"claim_propensity": [1.0, -1.0]})
    return model, events, at.fit(model, events, seed=1, draws=60, tune=80, chains=2)


def test_a_fit_holds_what_bundles_make_of_it(fitted, tmp_path):
    model, events, posterior = fitted
    group = posterior["attribution"].to_dataset()
    np.testing.assert_allclose(group["mean"].sum("actor"), 1.0, atol=1e-6)
    assert {"bundles_counted", "bundles_over", "claim_context", "claim_denial", "claim_delay"} <= set(
        posterior["posterior"].data_vars
    )
    assert set(posterior["prior"].data_vars) == set(posterior["posterior"].data_vars)
    assert posterior["log_likelihood"]["bundles"].dims == ("chain", "draw")
    nats = at.contributions(posterior).groupby("event")["bundles"].apply(lambda own: np.abs(own).max())
    inside = (events["date"].values >= np.datetime64("2021-02-01")) & (
        events["date"].values <= np.datetime64("2021-05-31")
    )
    open_ = (
        inside & (events["perpetrator"].values == "") & (np.char.find(events["claimed_by"].values, "A") < 0)
    )
    moved = nats.loc[events["event"].values].to_numpy() > 1e-9
    assert moved[open_].all()
    assert not moved[~inside].any()
    at.save(posterior, tmp_path / "posterior.nc")
    again = at.load(tmp_path / "posterior.nc")
    scored = at.attribute(model, again, events)
    np.testing.assert_allclose(scored["attribution"]["mean"].values, group["mean"].values, atol=1e-5)


def test_new_events_are_scored_without_a_bundle(fitted):
    model, events, posterior = fitted
    new = at.read_events(at.to_frame(events).iloc[:5].drop(columns="true_actor"))
    scored = at.attribute(model, posterior, new)
    assert len(at.attributions(scored)["event"].unique()) == 5
    assert (at.contributions(scored)["bundles"].dropna() == 0).all()

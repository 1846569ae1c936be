"""Claims in depth: shifts, contexts, false and competing claims, denials, delays: exact, without sampling."""

import itertools
import json
import math
from fractions import Fraction
from functools import cache

import numpy as np
import pandas as pd
import pytensor
import pytensor.tensor as pt
import pytest

import attribution as at
import cases
import oracle
from attribution.components.evidence.claim import CLAIMS, DATED, DENIES
from attribution.components.evidence.claim_delay import (
    delay_rows,
    drawn_day,
    log_by_horizon,
    log_on_day,
    log_sides,
)
from attribution.components.evidence.claim_shifts import slope_shift
from attribution.events.windows import inside, windows
from attribution.model.design import lay, levels_of
from attribution.model.graph import build
from attribution.model.specification import from_json
from attribution.model.tables import tables
from attribution.model.variants import pad, sizes, without_evidence
from attribution.model.worlds import cells, grid

ACTORS, RANKS = cases.ACTORS, cases.RANKS
# observed_until, claim_date, claimed_by, denied_by, only_claimed of each event
RECORDS = """
2021-06-01 -          A   -   -
2019-01-20 -          -   -   -
2019-06-30 2019-04-02 B   A   -
2019-05-15 2019-04-30 C   -   yes
2021-06-01 2020-02-20 B   -   -
2020-02-29 -          A|C -   -
-          2020-09-01 A   C   -
2020-08-03 -          -   A|B -
2020-11-01 2020-11-01 B   -   -
2021-06-01 -          -   B   -
-          -          -   -   -
2021-06-01 2021-05-01 B   -   -
"""
CONTEXTS = """
siege 2019-01-10 2020-02-10 Daraa
siege 2019-05-01 2020-12-31 Nawa
truce 2020-02-05 2020-08-02 -
storm 2021-01-15 2021-03-01 Nawa
"""
SETTINGS = {
    "shifts": {"by": ("method",), "slope": ("killed", "target_rank"), "rank_sd": 0.3, "time_sd": 0.8},
    "false": {"false_slope": ("target_rank", "killed"), "time_sd": 0, "rank_sd": 0, "false_sd": 0.9},
    "everything": {
        "by": ("method", "country"),
        "slope": ("killed",),
        "false_slope": ("killed",),
        "context_sd": 0.3,
    },
}
LAWS = {name: at.Claim(**own) for name, own in SETTINGS.items()}
LAWS |= {f"{name}, with silence": at.Claim(silence="full", **own) for name, own in SETTINGS.items()}


def made(contexts=True, **changes):
    events, _ = cases.made(cases.EVERYTHING)
    names = ("observed_until", "claim_date", "claimed_by", "denied_by", "only_claimed")
    for event, record in zip(events, cases.records(RECORDS, names), strict=True):
        event |= record | changes
    spans = cases.records(CONTEXTS, ("name", "start", "end", "area")) if contexts else []
    return events, spans


def read(events, spans):
    contexts = pd.DataFrame(spans) if spans else None
    return at.read_events(pd.DataFrame(events), contexts=contexts, ranks=RANKS)


def case_of(law, events, spans, closed=False, parameters=None):
    model = at.Model(ACTORS, [at.Baseline()], [law], closed=closed)
    design = lay(model, read(events, spans))
    world = oracle.World(json.loads(cases.to_json(model)), events, [], RANKS, spans)
    return cases.Case(
        model, design, world, cases.random_parameters(design, 11) if parameters is None else parameters
    )


@cache
def case_named(name, closed=False):
    events, spans = made(contexts=name.startswith("everything"))
    if not name.startswith("everything"):
        events = [
            {k: v for k, v in event.items() if k not in ("observed_until", "claim_date", "denied_by")}
            for event in events
        ]
    for event in events:
        for column in ("perpetrator", "candidates"):
            named = [name for name in event[column].split("|") if name != "unlisted" or not closed]
            event[column] = "|".join(named)
    return case_of(LAWS[name], events, spans, closed)


@pytest.fixture(params=[*itertools.product(LAWS, [False, True])], ids=lambda p: f"{p[0]}{', closed' * p[1]}")
def case(request):
    return case_named(*request.param)


# ---- against the oracle


def test_tables_equal_the_oracle(case):
    expected = oracle.tables(case.world, case.parameters)["claim"]
    np.testing.assert_allclose(case.values[-1][0][case.design.parts[-1].index], expected, rtol=0, atol=1e-9)


def test_density_equals_the_oracle(case):
    model = build(case.design)
    found = cases.density_of(model)(cases.unconstrained(model, case.parameters))
    assert found == pytest.approx(oracle.log_posterior(case.world, case.parameters), abs=1e-6)


@pytest.mark.parametrize("name", ["shifts", "false", "everything, with silence"])
def test_tables_on_jax_equal_the_interpreted(name):
    case = case_named(name)
    draws = {key: np.stack([value, 0 * value]) for key, value in case.parameters.items()}
    np.testing.assert_allclose(tables(case.design)(draws)[-1][:1], case.values[-1], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", ["everything", "everything, with silence"])
def test_gradient_agrees_with_finite_differences(name):
    case = case_named(name)
    model = build(case.design)
    point = cases.unconstrained(model, case.parameters)
    density, gradient = cases.density_of(model), model.compile_dlogp(mode=cases.STABLE)(point)
    assert np.isfinite(gradient).all()
    splits = np.cumsum([value.size for value in point.values()])
    rng, step = np.random.default_rng(3), 1e-5

    def shifted(direction):
        parts = np.split(direction, splits[:-1])
        return {name: v + d.reshape(v.shape) for (name, v), d in zip(point.items(), parts, strict=True)}

    for _ in range(3):
        direction = rng.standard_normal(splits[-1])
        slope = (density(shifted(step * direction)) - density(shifted(-step * direction))) / (2 * step)
        assert gradient @ direction == pytest.approx(slope, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", ["everything", "everything, with silence"])
def test_likelihood_equals_the_sum_over_all_assignments(name):
    events, spans = made()
    few = [events[i] | {"only_claimed": "", "incident": ""} for i in (0, 2, 3, 5, 7)]
    case = case_of(LAWS[name], few, spans)
    model = build(case.design)
    potential = model.compile_logp(vars=model.potentials, mode=cases.PLAIN)
    density = potential(cases.unconstrained(model, case.parameters))
    expected = math.log(oracle.enumerated_likelihood(case.world, case.parameters))
    assert density == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", LAWS)
def test_every_claimant_does_one_thing(name):
    """Silence, claim and denial of each claimant sum to one, in every setting and whoever did it."""
    case = case_named(name)
    part = case.design.parts[-1]
    inside = cells(part, read(case.world.events, case.world.contexts))
    with cases.pm.Model(coords=case.design.coords) as model:
        law = grid(part, inside, part.component.parameters(part.levels))
    given = {rv: pt.constant(case.parameters[rv.name]) for rv in model.free_RVs if rv.name in case.parameters}
    found = cases.clone_replace(law, given, rebuild_strict=False).eval(mode=cases.PLAIN)
    assert found.shape[1:] == (1, 3 if name.startswith("everything") else 2, 4)
    np.testing.assert_allclose(np.exp(found).sum(axis=2), 1.0, atol=1e-12)


def all_outcomes(case):
    """Log probability of every combination of what the claimants do, ``(event, combination, actor)``, and these."""
    part = case.design.parts[-1]
    setting = part.component.keys(read(case.world.events, case.world.contexts), part.levels)
    kinds = len(part.component.outcomes(part.levels))
    claimants = part.component.channels(part.levels)
    many = np.array([*itertools.product(range(kinds), repeat=len(claimants))])
    count = len(case.world.events)
    keys = {key: np.repeat(values, len(many), axis=0) for key, values in setting.items()}
    keys |= {f"outcome@{j}": np.tile(many[:, j], count) for j in range(len(claimants))}
    rows = {key: pt.as_tensor(value) for key, value in part.component.patterns(keys, part.levels).items()}
    with cases.pm.Model(coords=case.design.coords) as model:
        table = part.component.table(part.component.parameters(part.levels), rows, part.levels)
    given = {rv: pt.constant(case.parameters[rv.name]) for rv in model.free_RVs if rv.name in case.parameters}
    found = cases.clone_replace(table, given, rebuild_strict=False).eval(mode=cases.PLAIN)
    return found.reshape(count, len(many), -1), many


@pytest.mark.parametrize("name", LAWS)
def test_what_all_claimants_do_sums_to_one(name):
    found, _ = all_outcomes(case_named(name))
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1.0, atol=1e-10)


@pytest.mark.parametrize("name", SETTINGS)
def test_somebody_claims_as_often_whoever_did_it(name):
    case = case_named(name)
    found, many = all_outcomes(case)
    claimed = np.exp(found)[:, (many == CLAIMS).any(axis=1)].sum(axis=1)
    expected = [
        oracle.any_claim(case.world.model["evidence"][0], case.world, e, case.parameters)
        for e in case.world.events
    ]
    np.testing.assert_allclose(claimed, np.array(expected)[:, None] * np.ones(4), atol=1e-10)


def without_denials():
    return [{k: v for k, v in event.items() if k != "denied_by"} for event in made()[0]]


def test_killings_nobody_claims_and_nobody_knows_add_nothing_that_depends_on_who_is_active():
    """Their part of the likelihood is how often somebody claims, whatever the activity and the propensities are."""
    nothing = dict.fromkeys(("perpetrator", "candidates", "claimed_by", "claim_date", "only_claimed"), "")
    events = [event | nothing for event in without_denials()]
    events[0]["claimed_by"] = "A"
    case = case_of(at.Claim(rank_sd=0, time_sd=0), events, [])
    law = case.world.model["evidence"][0]
    found = oracle.log_likelihood(case.world, case.parameters)[1:]
    expected = [math.log(1 - oracle.any_claim(law, case.world, e, case.parameters)) for e in events[1:]]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    full = case_of(at.Claim(silence="full", rank_sd=0, time_sd=0), events, [])
    assert np.ptp(oracle.log_likelihood(full.world, full.parameters)[1:]) > 0.01


def test_claimed_and_unclaimed_killings_have_mixes_that_differ_by_the_odds_of_a_claim():
    events = without_denials()
    case = case_of(at.Claim(rank_sd=0, time_sd=0), [event | {"observed_until": ""} for event in events], [])
    part = case.design.parts[-2]
    assert (part.component.name, part.component.borrows) == ("claim_mix", "claim")
    nobody, somebody, unknown = np.exp(case.values[-2][0][:3])
    np.testing.assert_allclose(nobody + somebody, 1.0, atol=1e-12)
    np.testing.assert_array_equal(unknown, 1.0)
    own, false = (1 / (1 + np.exp(-case.parameters[f"claim_{name}"])) for name in ("propensity", "false"))
    quiet = [(1 - own[k]) * np.delete(1 - false, k).prod() for k in range(4)]
    np.testing.assert_allclose(nobody, quiet, rtol=1e-12)


def test_the_mix_of_killings_nobody_looked_at_is_that_of_all():
    events = read(without_denials(), [])
    model = at.Model(ACTORS, [at.Baseline()], [at.Claim()])
    unrecorded = events.assign(claims_recorded=("event", np.full(events.sizes["event"], "no")))
    design = lay(model, unrecorded.assign(claimed_by=("event", np.full(events.sizes["event"], ""))))
    table = cases.interpreted_tables(design, cases.random_parameters(design, 1))[-2][0]
    np.testing.assert_array_equal(table[design.parts[-2].index], 0.0)


@pytest.mark.parametrize(
    ("silence", "message"), [("ful", "Did you mean 'full'"), ("half", "must be 'conditional' or 'full'")]
)
def test_silence_is_one_of_the_laws(silence, message):
    with pytest.raises(at.ModelError, match=message):
        at.Claim(silence=silence)


def test_only_claimed_events_teach_nothing_and_are_attributed():
    case = case_named("everything")
    assert case.design.event_weight[3] == 0
    np.testing.assert_allclose(case.chance, oracle.attribution(case.world, case.parameters), atol=1e-10)


def tables_at(design, parameters):
    return tables(design)({name: values[None] for name, values in parameters.items()})


def test_claims_that_nobody_looked_at_say_nothing():
    """Hidden is not silent: the row is zeros for every actor, and the other rows are as before."""
    case = case_named("everything")
    hidden = np.arange(len(case.design.cell)) % 2 == 0
    masked = without_evidence(case.design, hidden)
    table = tables_at(masked, case.parameters)[-1][0]
    np.testing.assert_array_equal(table[masked.parts[-1].index[hidden]], 0.0)
    before = tables_at(case.design, case.parameters)[-1][0]
    seen = ~hidden
    np.testing.assert_allclose(table[masked.parts[-1].index[seen]], before[case.design.parts[-1].index[seen]])


def test_longer_arrays_change_no_likelihood():
    """A refit fills arrays up to a common size; the days of coarse dates are summed, so a repeat could count twice."""
    case = case_named("everything")
    longer = pad(case.design, {name: size + 3 for name, size in sizes(case.design).items()})
    density = [
        model.compile_logp(vars=model.potentials, mode=cases.PLAIN)(
            cases.unconstrained(model, case.parameters)
        )
        for model in map(build, (case.design, longer))
    ]
    assert density[1] == pytest.approx(density[0], rel=1e-12)


# ---- the delay

SCALE, SHAPE = np.log([0.5, 3.0, 40.0]), np.log(0.7)
ONE = np.ones(1)


def interpreted(*tensors):
    return pytensor.function([], list(tensors), mode=cases.PLAIN)()


@pytest.mark.parametrize("shape", [0.3, 0.7, 1.0, 2.5])
@pytest.mark.parametrize("longest", [1, 40, 999])
def test_delays_sum_to_one(shape, longest):
    """Whatever the longest; with a shape of one the chances are products of neighbouring odds."""
    day = np.arange(longest + 1)
    on, more, less = interpreted(
        log_on_day(SCALE[:, None], np.log(shape), longest, ONE, day[None, :]),
        *log_sides(SCALE[:, None], np.log(shape), longest, day[None, :]),
    )
    on = np.exp(on)
    np.testing.assert_allclose(on.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(on.cumsum(axis=1), np.exp(less), atol=1e-12)
    np.testing.assert_allclose(np.exp(more) + np.exp(less), 1.0, atol=1e-12)
    if shape == 1.0:
        scale = np.exp(SCALE)[:, None]
        chance = scale / ((scale + day) * (scale + day + 1)) / (1 - scale / (scale + longest + 1))
        np.testing.assert_allclose(on, chance, rtol=1e-9)


@pytest.mark.parametrize("days", [1, 31, 366])
@pytest.mark.parametrize("longest", [20, 100, 2000])
def test_a_coarse_date_is_the_average_over_its_days(days, longest):
    """Days of claim until the end of observation sum to the probability of a claim by then."""
    until = 120
    setting = delay_rows({"until": np.full(1, until), "days": np.full(1, days)})
    setting = {key: pt.as_tensor(value) for key, value in setting.items()}
    to_come, come = log_by_horizon(pt.as_tensor(SCALE), SHAPE, longest, setting)
    on = log_on_day(SCALE[:, None], SHAPE, longest, days * ONE, np.arange(until + 1)[None, :])
    to_come, come, on = interpreted(to_come, come, on)
    possible = np.arange(until + 1) - days + 1 <= longest
    np.testing.assert_allclose(np.exp(to_come) + np.exp(come), 1.0, atol=1e-12)
    np.testing.assert_allclose(np.exp(on[:, possible]).sum(axis=1), np.exp(come)[0], rtol=1e-10)
    for j, day in itertools.product(range(3), (0, 5, 19, 120)):
        later = [1 / (1 + (t / math.exp(SCALE[j])) ** 0.7) for t in range(longest + 2)]
        mass = [before - after for before, after in itertools.pairwise(later)]
        pmf = [mass[t] / sum(mass) if 0 <= t <= longest else 0.0 for t in range(day - days + 1, day + 1)]
        if possible[day]:
            assert math.exp(on[j, day]) == pytest.approx(np.mean(pmf), rel=1e-9)


def log_of(fraction):
    return math.log(fraction.numerator) - math.log(fraction.denominator)


def test_delays_far_in_the_tail_keep_their_digits():
    """With a shape of 30 a delay of 4,000 days has a log probability of about -249: its odds are 4001 ** -30."""
    scale, shape = pt.as_tensor(np.array([0.0])), np.log(30.0)
    setting = delay_rows({"until": np.array([4000]), "days": np.array([1])})
    setting = {key: pt.as_tensor(value) for key, value in setting.items()}
    to_come, come = interpreted(*log_by_horizon(scale, shape, 9000, setting))
    later = Fraction(1, 1 + 4001**30) - Fraction(1, 1 + 9001**30)
    assert to_come[0, 0] == pytest.approx(log_of(later) - log_of(1 - Fraction(1, 1 + 9001**30)), rel=1e-12)
    assert come[0, 0] == pytest.approx(0.0, abs=1e-100)
    (on,) = interpreted(log_on_day(scale, shape, 9000, ONE, np.array([4000])))
    assert on[0] == pytest.approx(log_of(Fraction(1, 1 + 4000**30) - Fraction(1, 1 + 4001**30)), rel=1e-12)


@pytest.mark.parametrize("days", [1, 31])
@pytest.mark.parametrize("until", [0, 40, 364])
def test_the_gradient_is_finite_where_probabilities_underflow(days, until):
    """A quick claimer leaves nothing to come after a year: log 0 once made one step in four of the sampler diverge."""
    rows = delay_rows({"until": np.array([until, 10]), "days": np.array([days, 1])})
    scale, shape = pt.dvector(), pt.dscalar()
    setting = {key: pt.as_tensor(value) for key, value in rows.items()}
    to_come, come = log_by_horizon(scale, shape, 365, setting)
    total = (pt.softplus(1.0 + to_come) + come).sum()
    gradient = pytensor.function([scale, shape], pt.grad(total, [scale, shape]), mode=cases.STABLE)
    for low in (-8.0, -1.0, 0.3, 5.0):
        for power in (-1.5, 0.0, 0.6):
            assert all(np.isfinite(values).all() for values in gradient(np.array([low, 1.0]), power))


def test_dates_are_drawn_from_the_law():
    rng, days, until, count = np.random.default_rng(1), 30, 60, 20_000
    scale, shape, day = np.log([9.0]), np.log(0.8), np.arange(until + 1)
    later, on = interpreted(
        log_sides(scale, shape, 50, day)[0], log_on_day(scale, shape, 50, days * ONE, day)
    )
    drawn = np.bincount(
        [drawn_day(np.exp(later), until, days, rng) for _ in range(count)], minlength=until + 1
    )
    chance = np.exp(on) / np.exp(on).sum()
    assert (np.abs(drawn / count - chance) <= 4.5 * np.sqrt(chance * (1 - chance) / count)).all()


def test_events_watched_for_long_share_a_cell():
    """Beyond the longest delay silence is final, whenever the killing happened."""
    dates = [f"20{10 + i}-01-01" for i in range(10)] + ["2020-06-01", "2020-07-01"]
    table = {
        "event_id": [str(i) for i in range(12)],
        "date": dates,
        "claimed_by": "",
        "observed_until": "2020-12-31",
    }
    events = at.read_events(pd.DataFrame(table))
    design = lay(at.Model(["A", "B"], evidence=[at.Claim(time_sd=0)]), events)
    assert len(design.index) == 3
    assert (
        len(
            lay(
                at.Model(["A", "B"], evidence=[at.Claim(time_sd=0, longest_delay=5000)]),
                events,
            ).index
        )
        == 12
    )


def test_the_longest_delay():
    table = {"event_id": ["a", "b"], "date": ["2020-01-01", "2020-01"], "claimed_by": "A"}
    table |= {"claim_date": ["2021-12-31", "2020-02-01"], "observed_until": "2022-01-01"}
    events = at.read_events(pd.DataFrame(table))

    def laid(**law):
        return lay(at.Model(["A", "B"], evidence=[at.Claim(**law)]), events)

    assert laid().parts[-1].levels.data["longest"] == 730
    assert laid(longest_delay=1000).parts[-1].levels.data["longest"] == 1000
    with pytest.raises(at.ModelError, match=r"more than 20 days after the event.*events 'a'\."):
        laid(longest_delay=20)
    for wrong in (0, -3, 1.5):
        with pytest.raises(at.ModelError, match="whole number of days"):
            at.Claim(longest_delay=wrong)


def test_recent_silence_says_little():
    """The longer a killing was watched, the more the silence of a habitual claimer speaks against it."""
    dates = {"event_id": list("abcd"), "date": "2021-01-01", "claimed_by": ""}
    until = ["2021-01-01", "2021-01-10", "2022-06-30", ""]
    events = at.read_events(pd.DataFrame(dates | {"observed_until": until}))
    law = at.Claim(silence="full", time_sd=0)
    design = lay(at.Model(["A", "B"], evidence=[law]), events)
    p = cases.random_parameters(design, 3) | {
        "claim_propensity": np.array([3.0, -3.0]),
        "claim_delay_mean": np.log(20.0),
        "claim_delay": np.log([20.0, 20.0]),
        "claim_delay_shape": np.float64(0.0),
    }
    silence = cases.interpreted_tables(design, p)[-1][0][design.parts[-1].index, 0]
    assert (np.diff(silence[:3]) < 0).all()
    assert silence[3] == pytest.approx(silence[2], abs=1e-12)
    plain = lay(at.Model(["A", "B"], evidence=[law]), events.drop_vars("observed_until"))
    same = {name: p[name] for name in cases.random_parameters(plain, 3)}
    table = cases.interpreted_tables(plain, same)[-1][0][plain.parts[-1].index, 0]
    np.testing.assert_allclose(
        table, silence[3], atol=1e-12, err_msg="without observed_until nothing is to come"
    )


# ---- what the columns bring


def test_plain_events_bring_no_new_part():
    events = at.read_events(pd.DataFrame({"event_id": ["a"], "date": ["2020"], "claimed_by": [""]}))
    part = lay(at.Model(["A", "B"], evidence=[at.Claim()]), events).parts[-1]
    assert set(part.levels.coords) == {"claimant", "claim_time_basis"}
    assert part.component.outcomes(part.levels) == ("silent", "claims")
    assert not part.levels.data["delay"]


def test_competing_claims_and_denials_are_read():
    case = case_named("everything")
    part = case.design.parts[-1]
    seen = part.component.observed(read(*made()), part.levels)
    assert seen[5].tolist() == [CLAIMS, 0, CLAIMS, 0]
    assert seen[7].tolist() == [DENIES, DENIES, 0, 0]
    assert seen[8].tolist() == [0, DATED + 0, 0, 0]
    assert seen[2].tolist() == [DENIES, DATED + 32, 0, 0], "32 days after the first of the month"
    counted = part.component.counted(seen, part.levels)
    assert counted.sum(axis=0).tolist() == [3, 4, 2, 0, 2, 2, 1, 0]


def test_a_context_is_everywhere_unless_it_has_an_area():
    events, spans = made()
    table = read(events, spans)
    share = inside(table, windows(table, "context", "name"))
    expected = [[oracle.share_inside(event, span) for span in spans] for event in events]
    np.testing.assert_allclose(share, expected, atol=1e-12)
    assert ((share > 0) & (share < 1)).any(), "a coarse date lies partly inside"


def test_a_context_moves_true_and_false_claims_alike():
    case = case_named("everything, with silence")
    moved = case.parameters | {"claim_context": case.parameters["claim_context"] + 1.0}
    part = case.design.parts[-1]
    names = part.levels.coords["context"]
    assert names == ["siege", "storm", "truce"]
    before, after = case.values[-1][0], cases.interpreted_tables(case.design, moved)[-1][0]
    share = np.stack([part.keys[f"context/{i}"] for i in range(3)], axis=1).sum(axis=1)
    changed = ~np.isclose(before, after, atol=1e-12).all(axis=1)
    np.testing.assert_array_equal(changed, share > 0)


def scored(events, spans, **law):
    """Levels of the fit on the made events, and the design of others."""
    fitted = lay(at.Model(ACTORS, [at.Baseline()], [at.Claim(**law)]), read(*made()))
    return lay(
        at.Model(ACTORS, [at.Baseline()], [at.Claim(**law)]),
        read(events, spans),
        levels_of(fitted),
    )


def test_new_events_lie_in_the_fitted_contexts():
    events, spans = made()
    with_own, without = scored(events, spans), scored(events, [])
    for i in range(3):
        np.testing.assert_array_equal(
            with_own.parts[-1].keys[f"context/{i}"][with_own.parts[-1].index],
            without.parts[-1].keys[f"context/{i}"][without.parts[-1].index],
        )


def test_a_context_that_was_not_fitted_is_refused():
    events, spans = made()
    with pytest.raises(at.ModelError, match=r"Context 'seige' was not in the fit.*Did you mean 'siege'"):
        scored(events, [spans[0] | {"name": "seige"}])


def test_denials_that_were_not_fitted_are_refused():
    events, spans = made()
    bare = [{k: v for k, v in event.items() if k != "denied_by"} for event in events]
    model = at.Model(ACTORS, [at.Baseline()], [at.Claim()])
    fitted = lay(model, read(bare, spans))
    with pytest.raises(at.ModelError, match="denied_by"):
        lay(model, read(events, spans), levels_of(fitted))


def test_a_value_that_was_not_fitted_has_no_shift():
    events, _ = made()
    new = scored([events[0] | {"method": "knife", "killed": ""}], [], by=("method",), slope=("killed",))
    rows = new.parts[-1].rows
    assert not rows["by_method"].any()
    np.testing.assert_array_equal(rows["slope_killed"][0], [0.0, 1.0])


@pytest.mark.parametrize(
    ("law", "message"),
    [
        ({"by": ("weapon",)}, r"Claim\(\) needs column 'weapon'"),
        ({"slope": ("method",)}, r"Covariate\('method'\) needs numbers"),
        ({"by": ("method", "method")}, "names a column twice"),
        ({"false_slope": ("killed", "hour")}, r"Claim\(\) needs column 'hour'"),
    ],
)
def test_columns_that_claims_cannot_use(law, message):
    with pytest.raises(at.ModelError, match=message):
        lay(at.Model(ACTORS, [at.Baseline()], [at.Claim(**law)]), read(*made()))


def test_a_slope_on_ranks_needs_their_order():
    events = at.read_events(
        pd.DataFrame({"event_id": ["a", "b"], "date": "2020", "target_rank": ["low", "high"]})
    )
    with pytest.raises(at.ModelError, match="needs the order of the ranks"):
        slope_shift("target_rank", 0.5).levels(events, ("A", "B"))


def test_a_column_may_be_one_text():
    assert at.Claim(by="method") == at.Claim(by=("method",))


# ---- simulation


@pytest.fixture(scope="module")
def world():
    number = np.arange(6000)
    table = pd.DataFrame(
        {
            "event_id": number.astype(str),
            "date": np.where(
                number % 3 == 0, "2021-03", np.where(number % 3 == 1, "2021-03-20", "2021-01-01")
            ),
            "observed_until": np.where(number % 2 == 0, "2021-04-10", ""),
            "denied_by": "",
        }
    )
    model = at.Model(["A", "B"], [at.Baseline()], [at.Claim(silence="full", time_sd=0)])
    given = {
        "baseline_effect": [0.2, 0.1, -0.3],
        "claim_propensity": [1.0, -0.5],
        "claim_false": [-1.5, -2.0],
        "claim_denial": [-1.0, -0.5],
        "claim_denial_own": -0.7,
        "claim_delay_mean": 2.0,
        "claim_delay": [2.5, 1.5],
        "claim_delay_shape": -0.3,
    }
    return at.simulate(model, at.read_events(table), seed=5, parameters=given), model, given


def test_a_simulated_world_is_what_read_events_returns(world):
    events = world[0]
    again = at.read_events(at.to_frame(events))
    assert again.attrs["data_hash"] == events.attrs["data_hash"]
    dated = ~np.isnat(events["claim_date"].values)
    single = np.array([label != "" and "|" not in label for label in events["claimed_by"].values])
    np.testing.assert_array_equal(dated, single & ~np.isnat(events["observed_until"].values))


@pytest.mark.parametrize(("group", "observed"), [*itertools.product(range(3), [True, False])])
def test_simulated_claims_and_denials_follow_the_law(world, group, observed):
    events, model, given = world
    number = np.arange(6000)
    own = (number % 3 == group) & ((number % 2 == 0) == observed)
    frame = at.to_frame(events.isel(event=own)).astype(str)
    dates = np.array(["2021-03", "2021-03-20", "2021-01-01"])[number[own] % 3]
    first = {
        "date": dates[0],
        "observed_until": "2021-04-10" if observed else "",
        "denied_by": "",
        "date_precision": "",
    }
    twin = oracle.World(json.loads(cases.to_json(model)), [first, first | {"observed_until": "2021-04-10"}])
    law, p = twin.model["evidence"][0], {name: np.asarray(value) for name, value in given.items()}
    for actor, j in itertools.product(["A", "B", "unlisted"], ["A", "B"]):
        by = frame[frame["true_actor"] == actor]
        for column, outcome in (("claimed_by", "claims"), ("denied_by", "denies")):
            found = np.mean([j in label.split("|") for label in by[column]])
            chance = oracle.claim(law, twin, first, p, j, outcome, actor)
            assert abs(found - chance) <= 4.5 * math.sqrt(chance * (1 - chance) / len(by)) + 1e-9


def test_claims_that_were_not_recorded_are_not_silence():
    """Such an event has a row of zeros, whatever the law; it is simulated without claims, and shifts leave it alone."""
    table = pd.DataFrame({"event_id": list("abc"), "date": "2021", "claimed_by": ["A", "", ""]})
    table["claims_recorded"] = ["", "no", "yes"]
    events = at.read_events(table)
    for silence in ("conditional", "full"):
        model = at.Model(["A", "B"], [at.Baseline()], [at.Claim(silence=silence, time_sd=0)])
        design = lay(model, events)
        rows = cases.interpreted_tables(design, cases.random_parameters(design, 1))[-1][0][
            design.parts[-1].index
        ]
        np.testing.assert_array_equal(rows[1], 0.0)
        assert (rows[2] < 0).all()
        world = at.simulate(model, events, seed=3, parameters={"claim_mean": 9.0})
        assert world["claimed_by"].values[1] == ""
        at.read_events(at.to_frame(world))


def test_a_label_that_rests_on_a_claim_is_the_claim():
    table = pd.DataFrame({"event_id": list("abc"), "date": "2021", "perpetrator": ["A", "A", "B"]})
    table = table.assign(claimed_by=["A", "A", ""], label_basis=["claim", "independent", ""])
    events = at.read_events(table)
    allowed = [lay(at.Model(["A", "B"], evidence=laws), events).candidates for laws in ([at.Claim()], [])]
    assert allowed[0].sum(axis=1).tolist() == [3, 1, 1]
    assert allowed[1].sum(axis=1).tolist() == [1, 1, 1]
    world = at.simulate(at.Model(["A", "B"], evidence=[at.Claim(time_sd=0)]), events, seed=1)
    at.read_events(at.to_frame(world))


def test_a_specification_of_an_earlier_version_keeps_its_law():
    text = cases.to_json(at.Model(["A", "B"], evidence=[at.Claim(silence="full")]))
    plain = json.loads(text)
    del plain["evidence"][0]["silence"]
    assert from_json(json.dumps(plain)) == from_json(text)


@pytest.mark.parametrize("observed", [True, False])
def test_simulated_claims_are_made_together(observed):
    """Who acts, and every combination of claims and denials, is drawn as often as the law of all claimants says."""
    count = 24_000
    table = {"event_id": np.arange(count).astype(str), "date": "2021-03-20", "denied_by": ""}
    table |= {"observed_until": "2021-04-10"} if observed else {}
    model = at.Model(["A", "B"], [at.Baseline()], [at.Claim(time_sd=0)])
    given = {"baseline_effect": [0.2, 0.1, -0.3], "claim_any": -0.4, "claim_propensity": [0.3, 1.2, -0.5]}
    given |= {"claim_false": [-0.5, -1.0, -1.4], "claim_denial": [-1.0, -0.5, 0.0], "claim_denial_own": -0.7}
    if observed:
        given |= {"claim_delay_mean": 2.0, "claim_delay": [2.5, 1.5, 1.0], "claim_delay_shape": -0.3}
    frame = at.to_frame(at.simulate(model, at.read_events(pd.DataFrame(table)), seed=5, parameters=given))
    at.read_events(frame)
    record = {"date": "2021-03-20", "date_precision": "", "denied_by": ""}
    record |= {"observed_until": "2021-04-10"} if observed else {}
    world = oracle.World(json.loads(cases.to_json(model)), [record])
    law, p = world.model["evidence"][0], {name: np.asarray(value) for name, value in given.items()}
    actors = world.claimants
    activity = dict(zip(actors, np.exp(given["baseline_effect"]), strict=True))
    total = 0.0
    for actor in actors:
        for kinds in itertools.product(("", "claims", "denies"), repeat=3):
            said = {
                kind: "|".join(n for n, k in zip(actors, kinds, strict=True) if k == kind) for kind in kinds
            }
            event = record | {"claimed_by": said.get("claims", ""), "denied_by": said.get("denies", "")}
            mix = {k: activity[k] * oracle.flag_chance(law, world, event, p, k) for k in actors}
            chance = mix[actor] / sum(mix.values()) * oracle.all_claims(law, world, event, p, actor)
            same = (frame["claimed_by"] == event["claimed_by"]) & (frame["denied_by"] == event["denied_by"])
            drawn = (same & (frame["true_actor"] == actor)).mean()
            assert abs(drawn - chance) <= 4.5 * math.sqrt(chance * (1 - chance) / count) + 1e-9
            total += chance
    assert total == pytest.approx(1.0, abs=1e-12)


def test_a_claim_by_somebody_else_names_unlisted():
    """It is evidence against the actors of the model; not with full silence, where only they may claim."""
    table = pd.DataFrame({"event_id": ["a", "b"], "date": "2021", "claimed_by": ["unlisted", ""]})
    events = at.read_events(table, actors=["A", "B"])
    design = lay(at.Model(["A", "B"], [at.Baseline()], [at.Claim(time_sd=0)]), events)
    p = cases.random_parameters(design, 1) | {
        "claim_propensity": np.full(3, 0.0),
        "claim_false": np.full(3, -4.0),
    }
    claimed, silent = cases.interpreted_tables(design, p)[-1][0][design.parts[-1].index]
    assert claimed[2] - claimed[:2].max() > 2
    np.testing.assert_allclose(silent, silent[0], atol=1e-12)
    with pytest.raises(at.ModelError, match="'unlisted'"):
        lay(at.Model(["A", "B"], evidence=[at.Claim(silence="full")]), events)


def test_a_flag_of_an_event_nobody_claims_any_more_goes():
    table = {"event_id": list("abcd"), "date": "2021", "claimed_by": "A", "only_claimed": "yes"}
    model = at.Model(["A", "B"], evidence=[at.Claim(silence="full", time_sd=0)])
    world = at.simulate(
        model, at.read_events(pd.DataFrame(table)), seed=1, parameters={"claim_propensity": [-9.0] * 2}
    )
    np.testing.assert_array_equal(world["only_claimed"].values == "yes", world["claimed_by"].values != "")
    at.read_events(at.to_frame(world))


@pytest.mark.parametrize(
    ("claimed", "claims", "guess"),
    [("-----", (0, 0), -1.5), ("A----", (1, 0), math.log(1 / 5)), ("AABBA", (3, 2), math.log(5))],
)
def test_propensities_are_guessed_by_the_odds_of_any_claim(claimed, claims, guess):
    table = {"event_id": list("abcde"), "date": "2021", "claimed_by": [name.strip("-") for name in claimed]}
    events = at.read_events(pd.DataFrame(table))
    found = at.Claim(silence="full", time_sd=0).levels(events, ("A", "B", "unlisted")).data
    np.testing.assert_array_equal(found["claims"], claims)
    assert found["guess"] == pytest.approx(guess)

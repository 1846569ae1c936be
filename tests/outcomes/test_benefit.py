"""`benefit`: the law against its twin, exact recovery, placebos, the table of outcomes, and what the result says."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.figure import Figure

import attribution as at
import oracle
from attribution.outcomes.cases import Case
from attribution.outcomes.placebo import exchanged, position, shifted
from attribution.outcomes.rate_ratios import described
from attribution.outcomes.response import (
    Course,
    Law,
    curvature,
    excess,
    expected,
    respond,
    responsibilities,
    running,
    scores,
    smoothed,
    within,
    without,
)

LAW = Law(((-4, -1), (0, 0), (1, 6)), 8.0)
FLAT = Law(LAW.windows, LAW.smooth, prior_sd=1e4)


def scene(seed=0, areas=3, days=200, killings=40, groups=4):
    """Killings, uncertain attributions, and log ratios."""
    rng = np.random.default_rng(seed)
    course = Course(rng.integers(0, areas, killings), rng.integers(0, days, killings))
    chance = rng.dirichlet(np.full(groups, 0.4), killings)
    return course, chance, rng.normal(0, 0.4, (3, groups)), rng.poisson(0.3, (areas, days)).astype(float)


# ---- the law


@pytest.mark.parametrize(("days", "sd"), [(200, 8.0), (50, 20.0), (9, 14.0), (300, 1.0)])
def test_the_kernel_is_three_moving_averages(days, sd):
    series = np.random.default_rng(1).random((2, days))
    np.testing.assert_allclose(
        smoothed(series, sd), series @ oracle.moving_average_thrice(days, sd), atol=1e-12
    )


def test_the_kernel_has_the_stated_standard_deviation():
    impulse = np.zeros(401)
    impulse[200] = 1
    weight = smoothed(impulse, 20.0)
    assert weight.sum() == pytest.approx(1)
    assert np.sqrt((weight * (np.arange(401) - 200) ** 2).sum()) == pytest.approx(20, abs=0.5)


@pytest.mark.parametrize("seed", range(3))
def test_means_scores_and_curvature_are_those_of_the_twin(seed):
    course, chance, log_ratio, outcomes = scene(seed)
    rate, factor, own = expected(outcomes, course, chance, log_ratio, LAW)
    member = responsibilities(chance, log_ratio, own)
    given = (outcomes, course.area, course.day, chance, log_ratio, LAW.windows, LAW.smooth)
    mean, ratio, slope = oracle.outcome_means(*given)
    np.testing.assert_allclose(rate, mean, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(factor, ratio, rtol=1e-9)
    score = scores(running(outcomes - rate), course, member, LAW)
    np.testing.assert_allclose(score, oracle.outcome_scores(outcomes, mean, slope), atol=1e-9)
    found = curvature(rate, factor, course, member, LAW)
    for ours, theirs in zip(found, oracle.outcome_curvature(mean, ratio, slope, LAW.smooth), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_the_curvature_is_that_of_the_scores():
    """Finite differences, perpetrators known, at counts equal to their means: there nothing else is left of it."""
    course, chance, log_ratio, _ = scene(4)
    chance = np.eye(4)[chance.argmax(axis=1)]
    _, factor, own = expected(np.ones((3, 200)), course, chance, log_ratio, LAW)
    outcomes = 0.4 * factor
    member = responsibilities(chance, log_ratio, own)
    slope, _ = curvature(outcomes, factor, course, member, LAW)
    for column in range(log_ratio.size):
        step = np.zeros(log_ratio.size)
        step[column] = 1e-5
        ends = []
        for sign in (1, -1):
            rate, _, _ = expected(outcomes, course, chance, log_ratio + sign * step.reshape(3, 4), LAW)
            ends.append(scores(running(outcomes - rate), course, member, LAW).reshape(-1))
        np.testing.assert_allclose((ends[1] - ends[0]) / 2e-5, slope[:, column], atol=1e-5)


def test_the_design_is_the_slope_of_the_log_factor():
    course, chance, log_ratio, outcomes = scene(4)
    _, _factor, own = expected(outcomes, course, chance, log_ratio, LAW)
    total = scores(running(np.ones_like(outcomes)), course, responsibilities(chance, log_ratio, own), LAW)
    for w, g in np.ndindex(log_ratio.shape):
        step = np.zeros_like(log_ratio)
        step[w, g] = 1e-6
        _, more, _ = expected(outcomes, course, chance, log_ratio + step, LAW)
        _, less, _ = expected(outcomes, course, chance, log_ratio - step, LAW)
        assert (np.log(more) - np.log(less)).sum() / 2e-6 == pytest.approx(total[w, g], abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_ratios_are_recovered_exactly_from_counts_without_noise(seed):
    """A flat baseline times what the killings do, perpetrators unknown: the equations hold at the truth."""
    course, chance, log_ratio, outcomes = scene(seed)
    _, factor, _ = expected(outcomes, course, chance, log_ratio, LAW)
    found = respond(np.array([[0.1], [0.5], [2.0]]) * factor, course, chance, FLAT)
    np.testing.assert_allclose(found.log_ratio, log_ratio, atol=1e-4)


@pytest.mark.parametrize("dispersion", [1.0, 2.5])
def test_the_equations_are_solved_with_prior_and_dispersion(dispersion):
    course, chance, _, outcomes = scene(5)
    found = respond(outcomes, course, chance, LAW, dispersion)
    mean, ratio, slope = oracle.outcome_means(
        outcomes, course.area, course.day, chance, found.log_ratio, LAW.windows, LAW.smooth
    )
    score = oracle.outcome_scores(outcomes, mean, slope) / dispersion
    np.testing.assert_allclose(score, found.log_ratio / LAW.prior_sd**2, atol=2e-4)
    fall, scatter = oracle.outcome_curvature(mean, ratio, slope, LAW.smooth)
    bread = np.linalg.inv(fall / dispersion + np.eye(12))
    sandwich = bread @ (scatter / dispersion + np.eye(12)) @ bread.T
    np.testing.assert_allclose(found.covariance, sandwich, atol=1e-4)
    again = respond(outcomes, course, chance, LAW, dispersion, found)
    np.testing.assert_allclose(again.log_ratio, found.log_ratio, atol=1e-3)


def test_scores_scatter_as_the_curvature_says():
    """Poisson counts: the variance of the scores, over 800 records of outcomes, is what is computed."""
    course, chance, _, _ = scene(6)
    none, rng = np.zeros((3, 4)), np.random.default_rng(6)
    flat = np.full((3, 200), 0.3)
    rate, factor, own = expected(flat, course, chance, none, LAW)
    member = responsibilities(chance, none, own)
    drawn = []
    for _ in range(800):
        counts = rng.poisson(flat).astype(float)
        drawn.append(
            scores(running(counts - expected(counts, course, chance, none, LAW)[0]), course, member, LAW)
        )
    variance = np.array(drawn).reshape(800, -1).var(axis=0)
    scatter = curvature(rate, factor, course, member, LAW)[1]
    np.testing.assert_allclose(variance, np.diag(scatter), rtol=0.25)
    assert np.abs(np.mean(drawn, axis=0)).max() < 4 * np.sqrt(variance.max() / 800)


def test_excess_is_what_a_killing_adds():
    """One killing in the middle, three times the rate for six days at half an outcome a day: six more."""
    course, chance = Course(np.array([0]), np.array([100])), np.array([[1.0, 0.0]])
    truth = np.log([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
    _, factor, _ = expected(np.ones((1, 200)), course, chance, truth, LAW)
    found = respond(0.5 * factor, course, chance, FLAT)
    more = excess(found.log_ratio, without(found, course, chance, FLAT), chance)
    np.testing.assert_allclose(more[:, 0], [0.0, 0.5, 6.0], atol=1e-3)
    assert np.isnan(more[:, 1]).all()


def test_windows_end_with_the_period():
    course = Course(np.array([0, 0, 0]), np.array([0, 5, 9]))
    days = within(running(np.ones((1, 10))), course, LAW)
    assert days.tolist() == [[0, 4, 4], [1, 1, 1], [6, 4, 0]]


def test_an_area_without_outcomes_says_nothing():
    course, chance, _, outcomes = scene(7)
    outcomes[1] = 0
    kept = course.area != 1
    rest = Course(course.area[kept], course.day[kept])
    found, alone = respond(outcomes, course, chance, LAW), respond(outcomes, rest, chance[kept], LAW)
    np.testing.assert_allclose(found.log_ratio, alone.log_ratio, atol=1e-4)


# ---- placebos


def test_killings_move_together_within_their_block():
    rng = np.random.default_rng(3)
    day = np.sort(rng.integers(0, 365, 200))
    edge = np.linspace(0, 365, 5).astype(int)
    moves = set()
    for _ in range(50):
        moved = shifted(day, 365, 90, rng)
        for start, stop in itertools.pairwise(edge):
            own = (day >= start) & (day < stop)
            assert ((moved[own] >= start) & (moved[own] < stop)).all()
            assert len(set((moved[own] - day[own]) % (stop - start))) == 1
        moves.add(int(moved[0] - day[0]))
    assert len(moves) > 20


def test_a_period_shorter_than_a_block_is_one_block():
    day = np.array([0, 10, 29])
    moved = shifted(day, 30, 90, np.random.default_rng(0))
    assert set(np.diff(np.sort(moved)) % 30) <= {10, 19, 1}
    assert ((moved >= 0) & (moved < 30)).all()


@pytest.mark.parametrize(("count", "ways"), [(0, 0), (1, 0), (2, 1), (3, 5), (4, 23), (5, 119)])
def test_every_exchange_of_few_areas_is_tried_once(count, ways):
    areas = np.arange(count) * 2
    found = exchanged(areas, 10, 999, np.random.default_rng(0))
    assert len(found) == len({tuple(way) for way in found}) == ways
    for way in found:
        assert sorted(way) == list(range(10))
        assert (way[1::2] == np.arange(1, 10, 2)).all()
        assert (way != np.arange(10)).any()


def test_exchanges_of_many_areas_are_drawn_and_distinct():
    found = exchanged(np.arange(8), 8, 50, np.random.default_rng(0))
    assert len(found) == len({tuple(way) for way in found}) == 50


def test_positions_by_hand():
    placebos = np.array([[0.0, 5.0], [2.0, 1.0], [1.0, 2.0]])
    each, whole = position(np.array([1.0, 9.0]), placebos)
    np.testing.assert_allclose(each, [3 / 4, 1 / 4])
    assert whole[1] == 1 / 4
    assert whole[0] >= each[0]
    assert np.isnan(position(np.array([1.0]), np.empty((0, 1)))).all()


def test_a_statistic_that_never_varies_is_no_evidence():
    each, whole = position(np.zeros(2), np.zeros((9, 2)))
    assert each.tolist() == whole.tolist() == [1, 1]


def test_positions_of_exchangeable_statistics_are_uniform():
    """Each of ten in turn is the observed one: the positions are 1/10, 2/10, ... exactly."""
    values = np.random.default_rng(2).normal(size=(10, 1))
    found = [position(values[i], np.delete(values, i, axis=0)) for i in range(10)]
    for which in (0, 1):
        np.testing.assert_allclose(sorted(float(pair[which][0]) for pair in found), np.arange(1, 11) / 10)


# ---- false positives and recovery, in small


def small_world(seed, ratio, wave=0.7):
    """Three actors' killings and outcomes in five areas that escalate slowly together; certain attributions."""
    rng = np.random.default_rng([seed, 3])
    level = wave * np.sin(2 * np.pi * (np.arange(900) / 300 + rng.random((5, 1))))
    area, day = np.nonzero(rng.poisson(0.05 * np.exp(level)))
    who = rng.integers(0, 3, len(day))
    effect = np.zeros((5, 930))
    for step in range(1, 15):
        np.add.at(effect, (area, day + step), np.log(ratio)[who])
    counts = rng.poisson(0.08 * np.exp(level + effect[:, :900])).astype(float)
    chance = np.eye(3)[who]
    case = Case(
        Course(area, day), np.repeat(chance[None], 10, axis=0), np.repeat(who[None], 10, axis=0), chance
    )
    law = Law(((-14, -1), (0, 0), (1, 14)), 20.0)
    return described(counts, case, law, 90, 99, np.random.default_rng(seed))


def test_shared_escalation_is_no_response():
    """36 worlds: positions below a tenth in about a tenth of them, at most what chance gives once in a thousand."""
    worlds = [small_world(seed, [1.0, 1.0, 1.0]) for seed in range(36)]
    for name in ("p_time", "p_space"):
        low = np.array([world[name] for world in worlds])[:, 2] <= 0.1
        assert low.sum() <= 21  # 108 at 0.1: mean 10.8
        assert (np.array([world[name] for world in worlds])[:, 2] > 0.5).mean() > 0.3
    ratio = np.log([world["rate_ratio"][2] for world in worlds])
    assert np.abs(ratio.mean()) < 0.06


def test_a_response_is_found_with_whom_it_follows():
    worlds = [small_world(seed, [1.8, 1.0, 1.0]) for seed in range(12)]
    ratio = np.exp(np.mean([np.log(world["rate_ratio"][2]) for world in worlds], axis=0))
    np.testing.assert_allclose(ratio, [1.8, 1.0, 1.0], rtol=0.15)
    p = np.array([world["p_time"][2] for world in worlds])
    assert (p[:, 0] <= 0.05).mean() > 0.8
    assert (p[:, 1:] <= 0.05).mean() < 0.3
    before = np.exp(np.mean([np.log(world["rate_ratio"][0]) for world in worlds]))
    assert before == pytest.approx(1, abs=0.12)
    covered = [(w["rate_ratio_low"][2, 0] <= 1.8) & (w["rate_ratio_high"][2, 0] >= 1.8) for w in worlds]
    assert np.mean(covered) > 0.75


# ---- the table of outcomes

ACTORS = ["IS", "army", "unlisted"]


def posterior_of(frame, probability, **more):
    """What `fit` returns, as far as `benefit` reads it; the perpetrators are the most probable ones."""
    events = at.read_events(frame)
    chance = np.asarray(probability, dtype=float)[None]
    group = {
        "mean": (("event", "actor"), chance.mean(axis=(0, 1))),
        "probability": (("chain", "draw", "event", "actor"), chance.astype(np.float32)),
        "perpetrator": (("chain", "draw", "event"), chance.argmax(axis=-1).astype(np.int8)),
    }
    coords = {"event": events["event"].values, "actor": ACTORS}
    tree = xr.DataTree.from_dict({"attribution": xr.Dataset(group, coords=coords), "constant_data": events})
    tree.attrs = {"data_hash": events.attrs["data_hash"], "checks": "[]", "seed": 3} | more
    return tree


def killings(**columns):
    """Six killings in two towns."""
    return pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in range(6)],
            "date": ["2020-02-01", "2020-03-01", "2020-04-01", "2020-05-01", "2020-06", "2020-07-01"],
            "area": ["Nawa", "Nawa", "Tafas", "Tafas", "Tafas", ""],
            "claimed_by": ["IS", "", "", "IS", "", ""],
            "claim_date": ["2020-02-01", "", "", "2020-05-01", "", ""],
        }
        | columns
    )


CERTAIN = [[[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]] * 4
PERIOD = ("2020-01-01", "2020-12-31")


def threats(*rows):
    """A table of threats."""
    rows = rows or (
        ("2020-02-02", "Nawa"),
        ("2020-02-05", "Nawa"),
        ("2020-05-04", "Tafas"),
        ("2020-01-20", "Nawa"),
    )
    return pd.DataFrame(rows, columns=["date", "area"]).assign(kind="threat")


def answered(frame=None, outcomes=None, probability=CERTAIN, **settings):
    tree = posterior_of(killings() if frame is None else frame, probability)
    given = threats() if outcomes is None else outcomes
    return at.benefit(tree, given, **({"period": PERIOD, "placebos": 19, "draws": 4} | settings))


def test_every_bad_row_is_named_at_once():
    bad = pd.DataFrame(
        {
            "date": ["2020-02", "2020-02-30", "2021-05-01", "", "2020-02-01"],
            "area": ["Nawa", "Nava", "", "Nawa", "Nawa"],
            "kind": ["threat", "threat", "threat", "threat ", ""],
        }
    )
    with pytest.raises(at.DataError) as raised:
        answered(outcomes=bad)
    text = str(raised.value)
    assert "date must be a day of the calendar, written YYYY-MM-DD. Correct it." in text
    assert "outcomes row 2: area = 'Nava'" in text
    assert "Did you mean 'Nawa'?" in text
    assert "An outcome must lie in the period, 2020-01-01 to 2020-12-31. Widen the period" in text
    assert "area of an outcome must not be empty" in text
    assert "kind must not begin or end with a blank" in text
    assert "kind of an outcome must not be empty" in text
    assert set(raised.value.problems["row"]) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ({"area": None}, "A required column is missing"),
        ({"victim_name": "x"}, "Victims' names must not enter"),
    ],
)
def test_the_header_is_held_to_the_rules(column, told):
    table = threats().assign(**column)
    with pytest.raises(at.DataError, match=told):
        answered(outcomes=table.drop(columns=[c for c, value in column.items() if value is None]))


def test_the_table_may_be_a_file_and_equal_rows_count_each(tmp_path):
    table = pd.concat([threats(), threats()])
    table.to_csv(tmp_path / "outcomes.csv", index=False)
    assert answered(outcomes=tmp_path / "outcomes.csv").identical(answered(outcomes=table))
    assert int(answered(outcomes=table)["outcomes"].sel(kind="threat")) == 8


# ---- what is counted


def test_rates_and_killings_by_hand():
    found = answered(before=10, after=4, smooth=14, block=60)
    rate = found["rate"].sel(kind="threat")
    assert float(rate.sel(actor="IS", claimed="claimed", window="after")) == pytest.approx(2 / 4)
    assert float(rate.sel(actor="IS", claimed="unclaimed", window="after")) == 0
    assert float(rate.sel(actor="army", claimed="claimed", window="after")) == pytest.approx(1 / 4)
    assert float(rate.sel(actor="IS", claimed="claimed", window="before")) == 0
    number = found["killings"]
    assert number.sel(actor="IS").values.tolist() == [1, 1]
    assert number.sel(actor="army").values.tolist() == [1, 1]
    assert found["killings_low"].identical(number.rename("killings_low"))
    assert np.isnan(found["rate_ratio"].sel(actor="unlisted")).all()
    assert np.isnan(found["rate"].sel(actor="unlisted")).all()
    ratio = found["rate_ratio"].sel(kind="threat", actor="IS", claimed="claimed")
    assert float(ratio.sel(comparison="after")) > 1.3
    assert ((found["rate_ratio_low"] <= found["rate_ratio"]) | found["rate_ratio"].isnull()).all()


def test_killings_that_do_not_count_are_said():
    found = answered(period=("2020-02-20", "2020-12-31"), outcomes=threats(("2020-05-04", "Tafas")))
    assert found.attrs["not_counted"] == "1 not dated to a day, 1 without an area, 1 outside the period"
    assert found.attrs["counted"] == 3


def test_around_claims_the_days_count_from_the_claim():
    later = killings(claim_date=["2020-02-10", "", "", "2020-05-03", "", ""])
    found = answered(later, around="claim", before=10, after=4, smooth=14, block=60)
    assert found["claimed"].values.tolist() == ["claimed by another", "claimed by itself"]
    assert found["killings"].sel(actor="IS").values.tolist() == [0, 1]
    assert found["killings"].sel(actor="army").values.tolist() == [1, 0]
    rate = found["rate"].sel(kind="threat", window="after")
    assert float(rate.sel(actor="IS", claimed="claimed by itself")) == 0  # claimed on 10 February
    assert float(rate.sel(actor="army", claimed="claimed by another")) == pytest.approx(1 / 4)
    assert found.attrs["not_counted"] == "4 without a dated claim"


def test_a_killing_that_is_claimed_after_its_day_is_of_the_unclaimed_ones():
    found = answered(killings(claim_date=["2020-02-10", "", "", "2020-05-01", "", ""]))
    assert found["killings"].sel(actor="IS").values.tolist() == [2, 0]
    assert found["killings"].sel(actor="army").values.tolist() == [1, 1]


def test_claims_without_dates_do_not_split():
    undated = killings(claim_date=["2020-02-01", "", "", "", "", ""])
    with pytest.raises(at.AttributionError, match="1 claimed killings have no claim_date, first 'e3'"):
        answered(undated)
    assert answered(undated, by_claim=False)["killings"].sel(claimed="all").values.tolist() == [2, 2, 0]


def test_a_claim_that_waits_for_its_outcome_makes_no_response():
    """Outcomes at random, and a killing is claimed the day after the first that follows it: the ratio is one."""
    ratios, naive = [], []
    for seed in range(12):
        rng = np.random.default_rng([seed, 18])
        day, town = np.sort(rng.integers(20, 700, 120)), rng.choice(["Nawa", "Tafas", "Jasim"], 120)
        when, where = rng.integers(0, 730, 150), rng.choice(["Nawa", "Tafas", "Jasim"], 150)
        wait = [
            np.min((when - d)[(when > d) & (where == t)], initial=99) for d, t in zip(day, town, strict=True)
        ]
        at_once = rng.random(120) < 0.4
        delay = np.where(at_once, 0, np.array(wait) + 1)
        claimed = at_once | (delay <= 15)
        start = np.datetime64("2020-01-01")
        date = (start + day).astype(str)
        frame = pd.DataFrame({"event_id": [f"e{i}" for i in range(120)], "date": date, "area": town})
        frame["claimed_by"] = np.where(claimed, "IS", "")
        chance = np.tile([1.0, 0, 0], (1, 120, 1))
        outcomes = pd.DataFrame({"date": (start + when).astype(str), "area": where, "kind": "threat"})
        period, later = ("2020-01-01", "2021-12-30"), (start + day + delay).astype(str)
        for dates, into in ((later, ratios), (date, naive)):
            table = frame.assign(claim_date=np.where(claimed, dates, ""))
            found = answered(table, outcomes, chance, period=period, placebos=5, draws=1)["rate_ratio"]
            into.append(np.log(found.sel(actor="IS", comparison="after").values[0]))
    ratios, naive = np.array(ratios), np.array(naive)
    assert np.abs(ratios.mean(axis=0)).max() < 0.15  # four standard errors of twelve worlds
    assert (
        naive.mean(axis=0)[0] < -1
    )  # had the claims been at once, unclaimed killings would seem to prevent outcomes
    assert naive.mean(axis=0)[1] > 0.1  # and claimed ones to cause them


def test_without_the_split_by_claim_all_killings_of_an_actor_are_one_group():
    found = answered(by_claim=False)
    assert found["claimed"].values.tolist() == ["all"]
    assert found["killings"].sel(claimed="all").values.tolist() == [2, 2, 0]


def test_events_without_areas_are_one_area():
    frame = killings().drop(columns="area")
    found = answered(frame, threats().drop(columns="area"))
    assert int(found["exchanges"].sel(kind="threat")) == 0
    assert np.isnan(found["p_space"]).all()
    assert not np.isnan(found["p_time"]).any()
    with pytest.raises(at.DataError, match="an area in which killings are documented"):
        answered(frame)


def test_areas_may_be_places():
    frame = killings(area="south", place=["Nawa", "Nawa", "Tafas", "Tafas", "Tafas", "Nawa"])
    found = answered(frame, area="place")
    assert found.attrs["not_counted"] == "1 not dated to a day"
    with pytest.raises(at.AttributionError, match=r"no column 'plaze'.* Did you mean 'place'"):
        answered(frame, area="plaze")


def test_who_did_it_is_carried_through_draw_by_draw():
    """The first killing is by IS in half of the draws: its number of killings, rates and intervals vary with it."""
    either = np.array(CERTAIN * 10, dtype=float)
    either[::2, 0] = [0, 1, 0]
    found = answered(probability=either, draws=40, by_claim=False, before=10, after=4, smooth=14, block=60)
    number = [float(found[f"killings{end}"].sel(actor="IS", claimed="all")) for end in ("", "_low", "_high")]
    assert number == [1.5, 1, 2]
    rate = [
        float(found[f"rate{e}"].sel(actor="IS", claimed="all", window="after")[0]) for e in ("_low", "_high")
    ]
    assert rate == [0, pytest.approx(2 / 8)]
    sure = answered(draws=40, by_claim=False, before=10, after=4, smooth=14, block=60)
    assert found.attrs["attributions"] == "draw by draw"

    def width(result):
        ends = (
            result[f"rate_ratio_{end}"].sel(actor="IS", comparison="after").item() for end in ("low", "high")
        )
        return -np.subtract(*np.log([*ends]))

    assert width(found) != pytest.approx(width(sure), rel=0.01)


def test_probabilities_that_were_not_kept_are_replaced_by_their_means():
    tree = posterior_of(killings(), CERTAIN)
    group = tree["attribution"].to_dataset().drop_vars("probability")
    bare = xr.DataTree.from_dict({"attribution": group, "constant_data": tree["constant_data"].to_dataset()})
    bare.attrs = tree.attrs
    found = at.benefit(bare, threats(), period=PERIOD, placebos=19, draws=4)
    assert found.attrs["attributions"] == "posterior means"
    same = answered()  # certain attributions: the means are the draws
    np.testing.assert_allclose(found["rate_ratio"], same["rate_ratio"], rtol=1e-6)


def test_kinds_are_apart_and_sorted():
    both = pd.concat([threats(), threats(("2020-05-04", "Tafas")).assign(kind="arrest")])
    found = answered(outcomes=both)
    assert found["kind"].values.tolist() == ["arrest", "threat"]
    assert found["outcomes"].values.tolist() == [1, 4]
    alone = answered()
    np.testing.assert_array_equal(found["rate"].sel(kind="threat"), alone["rate"].sel(kind="threat"))


def test_the_default_period_is_from_the_first_row_to_the_last():
    assert answered(period=None).attrs["period"] == "2020-01-20 to 2020-05-04"


def test_a_seed_gives_the_same_result_and_another_does_not():
    assert answered(seed=1).identical(answered(seed=1))
    assert not answered(seed=1)["rate_ratio_low"].equals(answered(seed=2)["rate_ratio_low"])


# ---- what the result says


def test_the_result_says_what_it_is_and_can_be_stored(tmp_path):
    tree = posterior_of(killings(), CERTAIN, checks=json.dumps([{"name": "largest R-hat", "passed": False}]))
    found = at.benefit(tree, threats(), period=PERIOD, placebos=19, draws=4)
    assert "Benefit is not authorship" in found.attrs["meaning"]
    assert found.attrs["of"] == "documented killings"
    assert found.attrs["checks"] == "FAILED: largest R-hat"
    assert found.attrs["data_hash"] == tree.attrs["data_hash"]
    found.to_netcdf(tmp_path / "benefit.nc")
    with xr.open_dataset(tmp_path / "benefit.nc") as again:
        assert again.equals(found)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"around": "arrest"}, "choose 'killing' or 'claim'"),
        ({"after": 0}, r"after=0.*whole number, 1 or more"),
        ({"before": 2.5}, r"before=2.5.*whole number"),
        ({"smooth": 10.0}, "must be at least the longer window, 14 days"),
        ({"smooth": float("nan")}, "must be at least the longer window"),
        ({"block": 40}, "at least twice both windows"),
        ({"prior_sd": 0}, "must be a positive number"),
        ({"placebos": 0}, "placebos=0"),
        ({"draws": 0}, "draws=0"),
        ({"period": ("2020-13-01", "2020-12-31")}, "written YYYY-MM-DD"),
        ({"period": ("2020-12-31", "2020-01-01")}, "must come after the first"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, told):
    with pytest.raises(at.AttributionError, match=told):
        answered(**settings)


def test_what_is_no_posterior_is_refused():
    with pytest.raises(at.AttributionError, match="what fit"):
        at.benefit(xr.DataTree(), threats())


def test_nothing_to_count_from_is_an_error():
    frame = killings(claim_date="", claimed_by="")
    with pytest.raises(at.AttributionError, match=r"no killing counts: 6 without a dated claim"):
        answered(frame, around="claim")


def test_a_fit_is_read_as_it_is(posterior):
    area = posterior["constant_data"]["area"].values
    outcomes = pd.DataFrame({"date": "2020-03-05", "area": sorted(set(area)), "kind": "arrest"})
    with pytest.raises(at.AttributionError, match="have no claim_date"):
        at.benefit(posterior, outcomes, placebos=19, draws=5)
    found = at.benefit(posterior, outcomes, by_claim=False, placebos=19, draws=5)
    names = posterior["attribution"]["actor"].values.tolist()
    assert found["actor"].values.tolist() == names
    dated = (posterior["constant_data"]["date_precision"] == "day").values.sum()
    assert float(found["killings"].sum()) == pytest.approx(dated)
    assert found.attrs["counted"] == dated


# ---- the figure


def test_the_figure_shows_the_numbers():
    both = pd.concat([threats(), threats(("2020-05-04", "Tafas")).assign(kind="arrest")])
    found = answered(outcomes=both)
    drawn_on = at.plot_benefit(found)
    assert isinstance(drawn_on, Figure)
    arrest, threat = drawn_on.axes
    assert arrest.get_title(loc="left") == "arrest (n = 1)"
    assert [label.get_text() for label in threat.get_yticklabels()][:2] == ["IS, unclaimed", "IS, claimed"]
    lines = {line.get_label(): line.get_xdata() for line in threat.lines}
    ratio = found["rate_ratio"].sel(kind="threat", comparison="after").values.reshape(-1)
    np.testing.assert_array_equal(lines["14 days after"], ratio)
    texts = [text.get_text() for text in threat.texts]
    p = found["p_time"].sel(kind="threat", actor="IS", claimed="claimed", comparison="after").item()
    assert texts[1].startswith("1 killings; p " + (f"{p:.3f}" if p < 0.1 else f"{p:.2f}"))
    assert texts[-1] == "no killings"
    assert "benefit is not authorship" in drawn_on.get_supxlabel()
    assert "before and after killings" in drawn_on.get_suptitle()
    assert len(at.plot_benefit(found, kind="arrest").axes) == 1


def test_the_figure_of_failed_checks_is_marked():
    found = answered().assign_attrs(checks="FAILED: largest R-hat")
    assert "CHECKS FAILED" in at.plot_benefit(found).get_supxlabel()


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(at.AttributionError, match="what benefit"):
        at.plot_benefit(xr.Dataset())
    with pytest.raises(at.AttributionError, match=r"no kind 'treat'. Did you mean 'threat'"):
        at.plot_benefit(answered(), kind="treat")

"""How labels came about: pairs of labels near each other against a count by hand, and labels where a cell is empty."""

import json
from itertools import combinations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import fisher_exact

from attribution.fitting.label_checks import deal, found_labels, pairs, together, withheld

RANKS = [{"component": "TargetRank"}, {"component": "Category", "column": "method"}]


def world(rng, count=300, lump=1, solved=0.15):
    """Killings of five areas, in campaigns of some length, and which are labelled: all of a campaign or none."""
    campaign = np.repeat(np.arange(count), lump)[:count]
    first, area = rng.integers(0, 709, count), rng.integers(0, 5, count)
    day = first[campaign] + rng.integers(0, 21, count)
    known = (rng.random(count) < solved)[campaign]
    events = xr.Dataset(
        {
            "date": ("event", np.datetime64("2019-01-01", "us") + day.astype("timedelta64[D]")),
            "date_precision": ("event", np.full(count, "day")),
            "area": ("event", np.array(list("ABCDE"))[area[campaign]]),
            "perpetrator": ("event", np.where(known, "IS", "")),
        },
        coords={"event": np.arange(count).astype(str)},
    )
    return events, known, campaign


@pytest.mark.parametrize("seed", range(3))
def test_pairs_are_those_counted_by_hand(seed):
    rng = np.random.default_rng(seed)
    events, known, _ = world(rng, 60, solved=0.5)
    day, area = events["date"].values.astype("datetime64[D]"), events["area"].values
    near = [
        (i, j)
        for i, j in combinations(range(60), 2)
        if area[i] == area[j] and abs(day[i] - day[j]).astype(int) <= 7
    ]
    by_hand = sum(known[i] and known[j] for i, j in near)
    (check,) = together(events, known, seed)
    assert check.sentence.removeprefix("NOT SHOWN: ").startswith(f"{by_hand} pairs of labelled")


def test_pairs_and_deals():
    label = np.array([True, False, True, True, False])
    assert pairs(label, np.array([3, 3, 4, 4, 5])) == 2
    strata = np.array([0, 1, 0, 1, 1])
    for seed in range(20):
        dealt = deal(label, strata, np.random.default_rng(seed))
        assert dealt[strata == 0].sum() == 2
        assert dealt[strata == 1].sum() == 1


def test_labels_of_whole_campaigns_are_found():
    passed = [together(*world(np.random.default_rng(seed), lump=6)[:2], 1)[0].passed for seed in range(10)]
    assert sum(passed) <= 1


def test_labels_one_by_one_pass():
    chance = np.array(
        [together(*world(np.random.default_rng(seed), solved=0.4)[:2], seed)[0].value for seed in range(200)]
    )
    assert (chance < 0.01).sum() <= 6  # of 200, each with a chance of at most one in a hundred
    assert 0.35 < np.median(chance) < 0.75


def test_campaigns_that_are_one_incident_pass():
    for seed in range(5):
        events, known, campaign = world(np.random.default_rng(seed), count=600, lump=6)
        events["incident"] = ("event", np.where(known, campaign.astype(str), ""))
        assert all(check.passed for check in together(events, known, 1))


def test_days_that_are_not_known_are_left_out():
    events, known, _ = world(np.random.default_rng(0), lump=6)
    coarse = events.assign(date_precision=("event", np.full(300, "month")))
    assert together(coarse, known, 1) == []


def test_kinds_of_events_are_dealt_apart():
    events, _, _ = world(np.random.default_rng(0), lump=6)
    campaign = np.repeat(np.arange(300), 6)[:300] % 2
    events["kind"] = ("event", campaign)
    events.attrs["kind_column"] = "kind"
    only = np.random.default_rng(1).random(300) < np.where(campaign == 1, 0.5, 0.0)
    alike = together(events, only, 1)[0]
    del events.attrs["kind_column"]
    assert alike.value > together(events, only, 1)[0].value


def withheld_world(empty, known):
    rank = np.where(empty, "", "officer")
    return xr.Dataset(
        {"target_rank": ("event", rank), "method": ("event", np.full(len(rank), "bomb"))}
    ), known


def test_labels_only_where_the_rank_is_known():
    rng = np.random.default_rng(0)
    empty = rng.random(400) < 0.3
    known = (rng.random(400) < 0.15) & ~empty
    (check,) = withheld(*withheld_world(empty, known), RANKS)
    assert not check.passed
    assert check.value == 0
    assert "target_rank" in check.sentence
    assert withheld(*withheld_world(empty, known), [{"component": "Baseline"}]) == []


def test_the_chance_is_that_of_fisher():
    rng = np.random.default_rng(3)
    for _ in range(300):
        empty, known = rng.random(80) < 0.3, rng.random(80) < 0.4
        known &= ~empty | (rng.random(80) < 0.5)
        table = [
            [(known & empty).sum(), (~known & empty).sum()],
            [(known & ~empty).sum(), (~known & ~empty).sum()],
        ]
        seldom = fisher_exact(table, alternative="less").pvalue < 0.01
        found = withheld(*withheld_world(empty, known), RANKS)
        assert bool(found) == seldom
        if found:
            rate = known[empty].mean() / known[~empty].mean()
            assert found[0].value == pytest.approx(rate)
            assert found[0].passed == (rate >= 0.5)


def test_few_empty_cells_and_few_labels_say_nothing():
    empty = np.zeros(400, dtype=bool)
    empty[:10] = True
    known = ~empty & (np.arange(400) % 3 == 0)
    assert withheld(*withheld_world(empty, known), RANKS) == []
    events, known, _ = world(np.random.default_rng(0), solved=0.02)
    assert known.sum() < 10
    tree = xr.DataTree.from_dict({"constant_data": events})
    tree.attrs |= {"seed": 1, "model": json.dumps({"activity": RANKS})}
    assert found_labels(tree) == []
    tree["constant_data"] = xr.DataTree(events.drop_vars("perpetrator"))
    assert found_labels(tree) == []

"""Two lists of the same killings: the arithmetic by hand, worlds in which the truth is known, nothing lost."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

import attribution as at
from attribution.events.matching.agreement import LEVELS, compare, near_pairs
from attribution.events.matching.pairs import PRIOR, WEIGHT, learn, one_to_one, weights

PLACES = ["Tafas", "Nawa", "Jasim", "Inkhil", "Daraa"]


def events(*rows, ranks=("1 low", "2 mid", "3 high"), **columns):
    names = ["event_id", "date", "place", "killed", "target_rank"]
    frame = pd.DataFrame(rows, columns=names, dtype=object).assign(area="Daraa", **columns)
    return at.read_events(frame, ranks=ranks)


def world(count, seed, days=1500, missed=0.3):
    """A list of killings as two monitors would record it, and which rows are one killing."""
    rng = np.random.default_rng(seed)
    place = rng.choice(PLACES, count, p=[0.4, 0.25, 0.15, 0.1, 0.1])
    day = np.datetime64("2019-01-01") + rng.integers(0, days, count)
    killed, rank = rng.geometric(0.7, count), rng.choice(["1 low", "2 mid", "3 high"], count)
    lists = []
    for name in "ab":
        seen = np.flatnonzero(rng.random(count) > missed)
        late = rng.choice([0, 1, 2], len(seen), p=[0.8, 0.15, 0.05])
        more = rng.choice([0, 1], len(seen), p=[0.85, 0.15])
        where = np.where(rng.random(len(seen)) < 0.1, "", place[seen])
        frame = pd.DataFrame(
            {
                "event_id": [f"{name}{i}" for i in seen],
                "date": (day[seen] + late).astype(str),
                "place": where,
                "area": "Daraa",
                "killed": killed[seen] + more,
                "target_rank": np.where(rng.random(len(seen)) < 0.2, "", rank[seen]),
            }
        )
        lists.append(at.read_events(frame, ranks=["1 low", "2 mid", "3 high"]))
    return lists


def same(table):
    return (table["first"].str[1:] == table["second"].str[1:]).to_numpy()


# ---- levels


def test_levels_of_agreement():
    one = events(["a", "2021-03-10", "Tafas", 1, "1 low"])
    others = events(
        *(["b", "2021-03-10", "طفس", 1, "1 low"], ["c", "2021-03-11", "Nawa", 2, "2 mid"]),
        *(["d", "2021-03-13", "", "", ""], ["e", "2021-03-14", "Nawa", 4, "3 high"]),
        ["f", "2021-03", "Tafas", 1, "1 low"],
    )
    pairs = near_pairs(one, others, -1, 5)
    assert pairs[1].tolist() == [0, 1, 2, 3, 4]
    found = compare(one, others, pairs, [])
    assert found["date"].tolist() == [0, 1, 2, 3, -1]
    assert found["place"].tolist() == [0, 2, -1, 2, 0]
    assert found["killed"].tolist() == [0, 1, -1, 2, 0]
    assert found["target_rank"].tolist() == [0, 1, -1, 2, 0]


def test_places_by_distance():
    here = {"latitude": 32.74, "longitude": 36.07, "location_precision": "place"}
    one = events(["a", "2021-03-10", "Tafas", 1, "1 low"], **here)
    far = [32.74, 32.77, 32.85, 33.5]
    others = events(*([str(i), "2021-03-10", "", 1, ""] for i in range(4)), latitude=far, longitude=36.07)
    pairs = near_pairs(one, others, -1, 0)
    assert compare(one, others, pairs, [])["place"].tolist() == [0, 1, 2, 2]
    elsewhere = at.read_events(at.to_frame(others).assign(area="Homs"), ranks=["1 low", "2 mid", "3 high"])
    assert compare(one, elsewhere, pairs, [])["place"].tolist() == [0, 1, 2, 3]
    blurred = events(
        ["x", "2021-03-10", "Tafas", 1, ""], **here | {"latitude": 35.0, "location_precision": "area"}
    )
    assert compare(one, blurred, (np.array([0]), np.array([0])), [])["place"].tolist() == [0]


def test_pairs_within_reach_are_all_found():
    rng = np.random.default_rng(2)
    day = [np.sort(np.datetime64("2021-01-01") + rng.integers(0, 60, 700)) for _ in range(2)]
    one, other = (events(*([f"{i}", str(d), "", 1, ""] for i, d in enumerate(own))) for own in day)
    rows, columns = near_pairs(one, other, 1, 3)
    gap = np.abs(day[0][:, None] - day[1]).astype(int)
    by_hand = set(zip(*map(np.ndarray.tolist, np.nonzero((gap > 1) & (gap <= 3))), strict=True))
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == by_hand


# ---- the arithmetic


def test_the_weight_of_a_pair_is_bayes_rule():
    levels = {"date": np.array([0, 3, -1]), "killed": np.array([1, -1, -1])}
    match = {"date": np.array([0.8, 0.1, 0.06, 0.04]), "killed": np.array([0.7, 0.2, 0.1])}
    chance = {"date": np.array([0.1, 0.2, 0.3, 0.4]), "killed": np.array([0.5, 0.3, 0.2])}
    found = expit(weights(levels, match, chance) + logit(0.1))
    by_hand = [
        0.1 * 0.8 * 0.2 / (0.1 * 0.8 * 0.2 + 0.9 * 0.1 * 0.3),
        0.1 * 0.04 / (0.1 * 0.04 + 0.9 * 0.4),
        0.1,
    ]
    np.testing.assert_allclose(found, by_hand)


def test_learning_climbs_to_a_fixed_point():
    """Where it stops, one more step of expectation and maximisation, written out here, changes nothing."""
    rng = np.random.default_rng(4)
    levels = {"date": rng.integers(0, 4, 500), "killed": rng.integers(-1, 3, 500)}
    for level in levels.values():
        level[:120] = 0
    chance = {"date": np.full(4, 0.25), "killed": np.full(3, 1 / 3)}
    match, prevalence = learn(levels, chance, 400)
    belief = expit(weights(levels, match, chance) + logit(prevalence))
    assert prevalence == pytest.approx((belief.sum() + 0.5) / 501, abs=1e-6)
    for name, level in levels.items():
        count = len(LEVELS[name])
        total = [belief[level == i].sum() + WEIGHT * PRIOR[count][i] for i in range(count)]
        np.testing.assert_allclose(match[name], np.array(total) / sum(total), atol=1e-6)
    assert 0.1 < prevalence < 0.5


@pytest.mark.parametrize("seed", range(20))
def test_the_matching_is_the_best_there_is(seed):
    rng = np.random.default_rng(seed)
    rows, columns = (axis.ravel() for axis in np.indices((4, 5)))
    kept = rng.random(20) < 0.6
    pairs, gain = (rows[kept], columns[kept]), rng.normal(0.3, 1, kept.sum())
    chosen = one_to_one(pairs, gain)
    assert len(set(pairs[0][chosen])) == len(set(pairs[1][chosen])) == chosen.sum()
    best = 0.0
    table = np.zeros((4, 5))
    table[pairs] = np.maximum(gain, 0)
    for order in itertools.permutations(range(5), 4):
        best = max(best, table[range(4), order].sum())
    assert gain[chosen].sum() == pytest.approx(best)
    assert (gain[chosen] > 0).all()


def test_nothing_to_match():
    one, other = events(["a", "2021-03-10", "Tafas", 1, ""]), events(["b", "2022-03-10", "Tafas", 1, ""])
    table = at.match_events(one, other)
    assert len(table) == 0
    assert {"first", "second", "probability", "matched", "date", "place", "distance_km"} <= set(table.columns)


# ---- worlds in which the truth is known


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_killings_are_found(seed):
    first, second = world(500, seed)
    table = at.match_events(first, second, review=0.01)
    seen = [{str(event)[1:] for event in events["event"].values} for events in (first, second)]
    both = seen[0] & seen[1]
    matched = table[table["matched"]]
    assert matched["first"].is_unique
    assert matched["second"].is_unique
    assert same(matched).mean() > 0.9
    assert same(matched).sum() / len(both) > 0.8
    assert table["probability"].sum() == pytest.approx(len(both), rel=0.2)
    probability, truth = table["probability"].to_numpy(), same(table)
    for low, high in ((0.01, 0.1), (0.5, 0.9), (0.9, 1.01)):
        own = (probability >= low) & (probability < high)
        assert abs(probability[own].mean() - truth[own].mean()) < 0.12


def test_lists_of_different_killings_match_little():
    first, second = world(300, 5)[0], world(300, 99)[1]
    table = at.match_events(first, second)
    assert table["matched"].sum() < 0.15 * min(first.sizes["event"], second.sizes["event"])


def test_the_order_of_the_lists_and_rows_does_not_matter():
    first, second = world(150, 7)
    table = at.match_events(first, second)
    back = at.match_events(second.isel(event=slice(None, None, -1)), first)
    pairs = {(a, b): p for a, b, p in zip(table["first"], table["second"], table["probability"], strict=True)}
    again = {(a, b): p for a, b, p in zip(back["second"], back["first"], back["probability"], strict=True)}
    assert pairs.keys() == again.keys()
    np.testing.assert_allclose([pairs[key] for key in pairs], [again[key] for key in pairs], rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"days": -1}, "days=-1"),
        ({"days": 1.5}, "days=1.5"),
        ({"threshold": 1.0}, "threshold=1.0"),
        ({"review": 0}, "review=0"),
        ({"also": ["metod"]}, "no column 'metod'. Did you mean 'method'"),
    ],
)
def test_settings_that_cannot_be(settings, message):
    one = events(["a", "2021-03-10", "Tafas", 1, ""], method="bomb")
    with pytest.raises(at.AttributionError) as raised:
        at.match_events(one, one, **settings)
    assert message in str(raised.value)


# ---- combining


def pair():
    """Two lists with one killing in common, and what the second says otherwise."""
    first = at.read_events(
        pd.DataFrame(
            {
                "event_id": ["1", "2"],
                "date": ["2021-03-17", "2021-04"],
                "area": ["Daraa", "Daraa"],
                "place": ["Tafas", ""],
                "perpetrator": ["IS", ""],
                "candidates": ["", "IS|army"],
                "claimed_by": ["IS", ""],
                "claim_date": ["2021-03-18", ""],
                "killed": [1, None],
            }
        ),
        statements=pd.DataFrame(
            [["1", "army", "denial", "army"]], columns=["event_id", "source", "kind", "actor"]
        ),
    )
    second = at.read_events(
        pd.DataFrame(
            {
                "event_id": ["1", "9", "8"],
                "date": ["2021-03-18", "2021-04-03", "2021-05-01"],
                "area": ["Homs", "Daraa", "Daraa"],
                "place": ["", "Nawa", ""],
                "perpetrator": ["army", "", "army"],
                "candidates": ["", "army|militia", ""],
                "claimed_by": ["HTS", "", ""],
                "killed": [2, 3, 4],
                "weapon": ["", "bomb", "rifle"],
            }
        ),
        statements=pd.DataFrame(
            [["1", "army", "denial", "IS"], ["8", "army", "denial", "army"]],
            columns=["event_id", "source", "kind", "actor"],
        ),
    )
    return first, second


def joined(*matches):
    table = pd.DataFrame(matches, columns=["first", "second", "matched"])
    return at.combine(*pair(), table, sources=["SOHR", "ETANA"])


def test_two_witnesses_of_one_killing():
    made = joined(("1", "1", True), ("2", "9", True))
    assert made["event"].values.tolist() == ["1", "2", "8"]
    assert made["listed_by"].values.tolist() == ["SOHR+ETANA", "SOHR+ETANA", "ETANA"]
    said = at.to_frame(made, "statements")[["event_id", "source", "kind", "actor"]].values.tolist()
    assert sorted(said) == [
        *(
            ["1", "ETANA", "finding", "army"],
            ["1", "HTS", "confession", "HTS"],
            ["1", "SOHR", "finding", "IS"],
        ),
        *(["1", "army", "denial", "army"], ["1", "army (by ETANA)", "denial", "IS"]),
        *(["8", "ETANA", "finding", "army"], ["8", "army", "denial", "army"]),
    ]
    assert "perpetrator" not in made
    assert made["candidates"].values.tolist() == ["", "army", ""]
    assert made["claimed_by"].values.tolist() == ["IS", "", ""]
    assert str(made["claim_date"].values[0])[:10] == "2021-03-18"
    assert made["date_precision"].values.tolist() == ["day", "month", "day"]
    assert made["area"].values.tolist() == ["Daraa", "Daraa", "Daraa"]
    assert made["place"].values.tolist() == ["Tafas", "", ""]
    np.testing.assert_array_equal(made["killed"], [1, 3, 4])
    assert made["weapon"].values.tolist() == ["", "bomb", "rifle"]
    assert json.loads(made.attrs["matches"]) == [["1", "1"], ["2", "9"]]
    report = at.decisions(made)[["column", "found", "count"]].values.tolist()
    assert ["killed", "two values", 1] in report
    assert ["killed", "empty", 1] in report
    assert ["claimed_by", "a second claim", 1] in report


def test_without_matches_every_record_stays():
    made = joined(("1", "1", False))
    assert made["event"].values.tolist() == ["1", "2", "1 (ETANA)", "9", "8"]
    assert made.sizes["statement"] == 6


@pytest.mark.parametrize(
    ("matches", "message"),
    [
        ([("1", "1", True), ("1", "9", True)], "matched twice: '1'"),
        ([("7", "1", True)], "not in the list: '7'"),
    ],
)
def test_matches_that_cannot_be(matches, message):
    with pytest.raises(at.AttributionError, match=message):
        joined(*matches)


def test_arguments_of_combine():
    first, second = pair()
    with pytest.raises(at.AttributionError, match="two different names"):
        at.combine(first, second, at.match_events(first, second), sources=["A", "A"])
    with pytest.raises(at.AttributionError, match="matched are missing"):
        at.combine(first, second, pd.DataFrame({"first": [], "second": []}), sources=["A", "B"])


def test_a_whole_world_combined():
    first, second = world(200, 11)
    table = at.match_events(first, second)
    made = at.combine(first, second, table, sources=["A", "B"])
    assert made.sizes["event"] == first.sizes["event"] + second.sizes["event"] - table["matched"].sum()
    assert json.loads(made.attrs["ranks"]) == ["1 low", "2 mid", "3 high"]


def listed(prefix, count=5):
    days = pd.date_range("2021-03-01", periods=count, freq="20D")
    ids = [f"{prefix}{i}" for i in range(count)]
    return at.read_events(
        pd.DataFrame({"event_id": ids, "date": days, "place": [f"p{i}" for i in range(count)]})
    )


@pytest.mark.parametrize("said", [True, np.True_, 1, 1.0, "1", "yes", "TRUE", " True ", "Yes"])
def test_words_that_say_yes(said):
    one, two = listed("1"), listed("2")
    pairs = pd.DataFrame({"first": [10, 11], "second": ["20", 21.0], "matched": [said, False]}, dtype=object)
    assert at.combine(one, two, pairs, sources=("s", "t")).sizes["event"] == 9


@pytest.mark.parametrize("said", [False, 0, 0.0, "0", "no", "FALSE", " No "])
def test_words_that_say_no(said):
    pairs = pd.DataFrame({"first": ["10"], "second": ["20"], "matched": [said]}, dtype=object)
    assert at.combine(listed("1"), listed("2"), pairs, sources=("s", "t")).sizes["event"] == 10


@pytest.mark.parametrize("said", [None, np.nan, "", " ", "maybe", "2", 0.97, pd.NaT])
def test_words_that_say_neither_name_their_row(said):
    pairs = pd.DataFrame(
        {"first": ["10", "11"], "second": ["20", "21"], "matched": [True, said]}, dtype=object
    )
    with pytest.raises(at.AttributionError, match=r"row 2 \(11, 21\)"):
        at.combine(listed("1"), listed("2"), pairs, sources=("s", "t"))

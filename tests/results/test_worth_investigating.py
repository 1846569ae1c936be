"""Killings worth investigating: expected variances by enumeration of everything that may be so, and what it refuses."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import attribution as at
from attribution.results.worth_investigating import Question, expected, one_by_one, outcomes


def made(seed, draws=5, events=4, actors=3, counts=(1.0, 0.0, 0.0), inside=None):
    rng = np.random.default_rng(seed)
    chance = rng.dirichlet(np.ones(actors) * 0.5, size=(draws, events))
    chance[:, 0, 2] = 0  # no candidate
    chance[:, 0] /= chance[:, 0].sum(axis=-1, keepdims=True)
    inside = np.full(events, 1 / events) if inside is None else np.array(inside)
    return Question(chance, np.array(counts), inside, np.ones(events))


def worlds(asked):
    """Everything that may be so: who did each event, the share then, its probability."""
    draws, events, actors = asked.chance.shape
    who = np.array(list(product(range(actors), repeat=events)))
    likely = np.stack([asked.chance[:, e, who[:, e]] for e in range(events)]).prod(axis=0).sum(axis=0) / draws
    return who, (asked.counts[who] * asked.inside).sum(axis=1), likely


def variance(value, weight):
    mean = (value * weight).sum() / weight.sum()
    return ((value - mean) ** 2 * weight).sum() / weight.sum()


ASKED = [
    made(0),
    made(1, counts=(1.0, -1.0, 0.0)),
    made(2, inside=(0.5, 0.5, 0.0, 0.0)),
    made(3, draws=1),
    made(4, draws=9, events=3, actors=4, counts=(0.0, 1.0, 0.0, -1.0)),
]


@pytest.mark.parametrize("asked", ASKED)
def test_expected_variances_are_those_of_enumeration(asked):
    who, share, likely = worlds(asked)
    mean, spread = asked.whole()
    np.testing.assert_allclose(mean.var() + spread.mean(), variance(share, likely), rtol=1e-10)
    every = np.arange(asked.chance.shape[1])
    found, said = expected(asked, every, mean, spread), outcomes(asked, every, mean)
    for event in every:
        left = 0.0
        for k in range(asked.chance.shape[2]):
            told = who[:, event] == k
            if not likely[told].sum():
                assert np.isnan(said[event, k])
                continue
            left += likely[told].sum() * variance(share[told], likely[told])
            np.testing.assert_allclose(
                said[event, k], (share * likely)[told].sum() / likely[told].sum(), rtol=1e-10
            )
        np.testing.assert_allclose(found[event], left, rtol=1e-9, atol=1e-14)
    assert (found <= mean.var() + spread.mean() + 1e-12).all()


def test_a_set_is_that_of_enumeration():
    """Pairs of killings, each with its expected variance: the second is the best beside the first."""
    asked = made(5, draws=400, events=4)
    chosen, left, ess = one_by_one(asked, np.arange(4), 4, seed=1)
    who, share, likely = worlds(asked)
    whole = variance(share, likely)
    for size in (1, 2, 3, 4):
        told = who[:, chosen[:size]]
        cells = [(told == cell).all(axis=1) for cell in np.unique(told, axis=0)]
        exact = sum(
            likely[cell].sum() * variance(share[cell], likely[cell]) for cell in cells if likely[cell].sum()
        )
        np.testing.assert_allclose(left[size - 1], exact / whole, atol=0.05)
    assert left[3] < 1e-10
    assert (np.diff(left) < 0).all()
    assert (np.diff(ess) < 0).all()


def test_two_killings_that_teach_the_same_are_not_both_chosen():
    """Killings 0 and 1 say which of two worlds it is; 2 and 3, in which nothing else is unsure, only themselves."""
    which = np.repeat([0, 1], 50)
    one = np.where(which[:, None] == 0, [[0.999, 0.001]], [[0.001, 0.999]])
    chance = np.stack([one, one, np.full((100, 2), 0.5), np.full((100, 2), 0.5)], axis=1)
    asked = Question(chance, np.array([1.0, 0.0]), np.array([0.1, 0.1, 0.15, 0.65]), np.ones(4))
    mean, spread = asked.whole()
    alone = expected(asked, np.arange(4), mean, spread)
    assert alone[0] < alone[2]
    chosen, _, _ = one_by_one(asked, np.arange(4), 3, seed=0)
    assert chosen[0] == 3
    assert chosen[1] in (0, 1)
    assert chosen[2] == 2


def test_an_event_of_an_incident_counts_a_part():
    asked = made(6, draws=50)
    half = Question(asked.chance, asked.counts, asked.inside, np.full(4, 1e-9))
    mean, spread = asked.whole()
    _, varies = asked.moments(np.arange(4))
    found = expected(half, np.arange(4), mean, spread)
    others = mean[:, None] - asked.moments(np.arange(4))[0]
    nothing_learnt = others.var(axis=0) + (spread[:, None] - varies).mean(axis=0)
    np.testing.assert_allclose(found, nothing_learnt, rtol=1e-6)


def test_the_table(posterior):
    table = at.worth_investigating(posterior, about="IS", count=3)
    group = posterior["attribution"].to_dataset()
    assert list(table["event"]) == list(dict.fromkeys(table["event"]))
    assert len(table) == 3
    assert not group["known"].sel(event=table["event"].values).any()
    assert table["together"].is_monotonic_increasing
    np.testing.assert_allclose(table["alone"].iloc[0], table["together"].iloc[0], atol=0.05)
    share = at.shares(posterior).set_index("actor").loc["IS", "share"]
    np.testing.assert_allclose(table.attrs["now"], share, atol=0.02)
    assert (table["if IS"] > table[["if local factions", "if regime security"]].min(axis=1)).all()
    again = at.worth_investigating(posterior, about="IS", count=3)
    pd.testing.assert_frame_equal(table, again)


def test_a_part_of_the_events(posterior):
    area = str(posterior["constant_data"]["area"].values[0])
    table = at.worth_investigating(posterior, about=("IS", "local factions"), where={"area": area}, count=2)
    assert table.attrs["where"] == {"area": area}
    assert len(table) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"about": "I S"}, "no actor 'I S'. Did you mean 'IS'"),
        ({"about": ("IS", "IS")}, "two different ones"),
        ({"about": "IS", "count": 0}, "a whole number from 1"),
        ({"about": "IS", "where": {"aera": "x"}}, "no column 'aera'. Did you mean 'area'"),
        ({"about": "IS", "where": {"area": "nowhere"}}, "no event is so"),
    ],
)
def test_what_is_refused(posterior, given, said):
    with pytest.raises(at.AttributionError, match=said.replace("?", r"\?")):
        at.worth_investigating(posterior, **given)


def test_nothing_open_and_nothing_kept(posterior):
    group = posterior["attribution"].to_dataset()
    posterior["attribution"] = xr.DataTree(group.drop_vars("probability"))
    with pytest.raises(at.AttributionError, match="fit a part of them"):
        at.worth_investigating(posterior, about="IS")
    posterior["attribution"] = xr.DataTree(group.assign(known=group["known"] | True))
    with pytest.raises(at.AttributionError, match="nothing that is open"):
        at.worth_investigating(posterior, about="IS")


def test_the_figure(posterior):
    table = at.worth_investigating(
        posterior, about=("IS", "local factions"), where={"area": "Daraa"}, count=3
    )
    figure = at.plot_worth_investigating(posterior, table)
    (line,) = figure.axes[0].lines
    np.testing.assert_allclose(line.get_xdata(), 100 * np.array([table.attrs["sd"], *table["sd"]]))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["today", *table["event"]]
    assert "area Daraa" in figure.axes[0].get_title(loc="left")
    with pytest.raises(at.AttributionError, match="the table that worth_investigating"):
        at.plot_worth_investigating(posterior, at.shares(posterior))


@pytest.mark.slow
def test_killings_that_are_solved_narrow_the_share_as_was_said():
    """Ten that are chosen against ten at random, in worlds whose perpetrators are known to the test, by refits."""
    said, chosen_left, random_left = [], [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(
            {
                "event_id": [f"e{i}" for i in range(150)],
                "date": "2020-01-01",
                "area": rng.choice(list("PQRSTUVW"), 150),
                "method": rng.choice(["bomb", "gun", "knife"], 150),
            }
        )
        model = at.Model(["A", "B"], [at.Baseline(), at.Location(), at.Category("method")], closed=True)
        events = at.simulate(model, at.read_events(frame), seed=seed)
        truth = events["true_actor"].values.astype(str)
        known = rng.random(150) < 0.15
        frame["perpetrator"] = np.where(known, truth, "")
        fitted = at.fit(model, at.read_events(frame), seed=1, draws=500, tune=500, chains=2)
        table = at.worth_investigating(fitted, about="A", count=10)
        others = rng.choice(np.flatnonzero(~known), 10, replace=False)
        left = []
        for solved in (frame["event_id"].isin(table["event"]).to_numpy(), np.isin(np.arange(150), others)):
            told = frame.assign(perpetrator=np.where(known | solved, truth, ""))
            after = at.fit(model, at.read_events(told), seed=2, draws=500, tune=500, chains=2)
            share = (after["attribution"]["perpetrator"].values == 0).mean(axis=-1)
            left.append(share.var() / table.attrs["sd"] ** 2)
        said.append(1 - table["together"].iloc[-1])
        chosen_left.append(left[0])
        random_left.append(left[1])
    gain = (1 - np.mean(chosen_left)) / (1 - np.mean(random_left))
    print(np.round([said, chosen_left, random_left], 3), gain)
    assert gain > 1.25  # 1.57 when it was measured; docs/decisions/0120 has other worlds
    assert abs(np.mean(said) - np.mean(chosen_left)) < 3 * np.std(chosen_left) / np.sqrt(6) + 0.05

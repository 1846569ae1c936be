"""Assumptions that are fitted again: as a fit of the other model, and where re-weighting fails unseen."""

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.assumptions.refitted import rescaled, without_component
from attribution.assumptions.scenarios import open_up, rescored

ACTORS = ("A", "B", "C")


def claims_only(labels=0, silence="full", count=200):
    """Killings by three actors, of whom A claims half of its own; nothing else is known but some labels."""
    rng = np.random.default_rng(5)
    truth = rng.choice(3, count, p=(0.3, 0.4, 0.3))
    frame = pd.DataFrame(
        {
            "event_id": [f"e{i:03}" for i in range(count)],
            "date": (np.datetime64("2020-01-01") + np.sort(rng.integers(0, 700, count))).astype(str),
            "area": rng.choice(["Nawa", "Tafas"], count),
            "claimed_by": np.where((truth == 0) & (rng.random(count) < 0.5), "A", ""),
            "perpetrator": np.where(np.arange(count) < labels, np.array(ACTORS)[truth], ""),
        }
    )
    claim = at.Claim(silence=silence, time_sd=0)
    model = at.Model(ACTORS, [at.Baseline(), at.Location()], [claim], closed=True)
    return at.fit(model, at.read_events(frame), seed=1, draws=300, tune=300, chains=2)


@pytest.fixture(scope="module")
def unlabelled():
    return claims_only()


def row_of(table, kind, about, value):
    rows = table[(table["kind"] == kind) & (table["about"] == about) & (table["value"] == value)]
    return rows[rows["actor"] == about].iloc[0]


def test_weights_that_look_good_and_are_wrong_are_not_used(unlabelled):
    """If A claims a quarter as readily as was fitted, silence hides far more of its killings; no draw is there."""
    wrong = row_of(at.sensitivity(unlabelled, factors=(0.25,), powers=(), refit="none"), "claims", "A", 0.25)
    assert wrong["method"] == "re-weighted"
    assert wrong["pareto_k"] < 0.7
    right = row_of(at.sensitivity(unlabelled, factors=(0.25,), powers=()), "claims", "A", 0.25)
    assert right["method"].startswith("refit")
    assert right["share"] > wrong["high"], "no overlap with what the weights say"
    assert right["high"] - right["low"] > 3 * (wrong["high"] - wrong["low"])


def test_without_labels_none_can_be_missing(unlabelled):
    assert "identification" not in set(at.sensitivity(unlabelled, powers=(), refit="none")["kind"])


@pytest.mark.slow
@pytest.mark.parametrize("labels", [20, 60])
def test_rows_that_can_be_re_weighted_are_those_of_refits(labels):
    """Two ways to one number, where weights are good: labels, and a law given whether anybody claims."""
    posterior = claims_only(labels, "conditional")
    before = at.sensitivity(posterior, powers=(0.8, 1.25), refit="none")
    after = at.sensitivity(posterior, powers=(0.8, 1.25), refit="all")
    key = ["kind", "about", "value", "actor"]
    both = before.merge(after, on=key, suffixes=("", "_refit"))
    both = both[(both["method"] == "re-weighted") & both["method_refit"].str.startswith("refit")]
    assert set(both["kind"]) >= {"claims", "identification"}
    deviation = ((both["high_refit"] - both["low_refit"]) / 3.2).clip(lower=0.004)
    assert ((both["share"] - both["share_refit"]).abs() < 0.5 * deviation).all()
    assert ((both["low"] - both["low_refit"]).abs() < deviation).all()
    assert ((both["high"] - both["high_refit"]).abs() < deviation).all()


@pytest.mark.slow
def test_a_refit_is_a_fit_of_the_other_model(posterior, model, events):
    found = at.sensitivity(posterior, factors=(), powers=(), refit="all")
    again = found[found["method"].str.startswith("refit")]
    assert set(again.loc[again["kind"] == "scales", "value"]) == {0.5, 2.0}
    others = {("scales", ""): rescaled(model, 2.0), ("component", "claim"): without_component(model, "claim")}
    for (kind, about), left in others.items():
        own = again[(again["kind"] == kind) & (again["about"] == about) & (again["value"] != 0.5)]
        assert len(own), "re-weighting fails for all of this small fit"
        fitted = open_up(at.fit(left, events, seed=1, draws=1000, chains=2), 1000, 0)
        drawn = rescored(fitted, fitted.values).actor
        share = np.stack([(drawn == k).mean(axis=1) for k in range(len(fitted.design.actors))], axis=1)
        assert (abs(own["share"].to_numpy() - share.mean(axis=0)) < 0.3 * share.std(axis=0) + 1e-3).all()

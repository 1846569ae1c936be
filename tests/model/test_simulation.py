"""Worlds drawn from a model: reproducible, readable, true to its laws."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import expit, softmax

import attribution as at
from oracle import raw_accuracy
from small_world import ACTORS, RANKS, TRUTH

DRAWN = {"perpetrator", "candidates", "claimed_by", "claim_date", "true_actor"}
STATED = {"statement_event", "statement_source", "statement_kind", "statement_actor", "statement_date"}


def test_the_same_seed_is_the_same_world(model, template, events):
    assert at.simulate(model, template, seed=4, parameters=TRUTH).identical(events)


def test_another_seed_is_another_world(model, template, events):
    other = at.simulate(model, template, seed=5, parameters=TRUTH)
    assert (other["true_actor"].values != events["true_actor"].values).any()
    assert other.attrs["data_hash"] != events.attrs["data_hash"]


def test_settings_are_kept(template, events):
    kept = [name for name in template.data_vars if name not in DRAWN | STATED]
    assert set(events.data_vars) - set(kept) <= DRAWN | STATED
    xr.testing.assert_identical(events[kept].drop_attrs(), template[kept].drop_attrs())
    assert events.attrs["ranks"] == template.attrs["ranks"]


def test_the_events_given_are_unchanged(model, template):
    before = template.copy(deep=True)
    at.simulate(model, template, seed=8)
    assert template.identical(before)


def test_a_world_is_what_read_events_returns(events):
    again = at.read_events(at.to_frame(events), statements=at.to_frame(events, "statements"), ranks=RANKS)
    assert set(again.data_vars) == set(events.data_vars)
    for name in events.variables:
        assert again[name].dtype.kind == events[name].dtype.kind, name
        np.testing.assert_array_equal(again[name].values, events[name].values, err_msg=name)
    assert again.attrs["data_hash"] == events.attrs["data_hash"], "the hash is of the new content"


def test_labels_stay_as_telling_as_they_were_and_are_true(template, events):
    truth = events["true_actor"].values
    was_known, was_partial = template["perpetrator"].values != "", template["candidates"].values != ""
    known, candidates = events["perpetrator"].values, events["candidates"].values
    assert was_known.any()
    assert was_partial.any()
    np.testing.assert_array_equal(known[was_known], truth[was_known])
    for label, perpetrator, actor in zip(
        candidates[was_partial], known[was_partial], truth[was_partial], strict=True
    ):
        assert actor in (label.split("|") if label else [perpetrator])
    assert {len(label.split("|")) for label in candidates[was_partial] if label} == {2}
    open_ = ~was_known & ~was_partial
    assert set(known[open_]) == set(candidates[open_]) == {""}


def test_truth_is_among_the_actors(model, events):
    assert set(events["true_actor"].values) <= set(model.names)


def test_claims_need_no_column():
    events = at.read_events(pd.DataFrame({"event_id": ["a", "b"], "date": ["2020", "2021"]}))
    claimed = at.simulate(at.Model(["IS"], evidence=[at.Claim()]), events, seed=1)["claimed_by"].values
    assert set(claimed) <= {"", "IS", "unlisted", "IS|unlisted"}


def test_a_given_parameter_moves_those_that_depend_on_it():
    """Who did it is among the claimants as surely as the given mean says, not another."""
    events = at.read_events(pd.DataFrame({"event_id": [f"e{i}" for i in range(200)], "date": "2020"}))
    model = at.Model(["IS", "army"], evidence=[at.Claim(time_sd=0)])
    certain = {"claim_mean": 9.0, "claim_sd": 0.01, "claim_false_mean": -12.0, "claim_any": 20.0}
    world = at.simulate(model, events, seed=1, parameters=certain)
    listed = world["true_actor"].values != "unlisted"
    np.testing.assert_array_equal(world["claimed_by"].values[listed], world["true_actor"].values[listed])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"clam_mean": 0.0},
            r"no parameter 'clam_mean'\. Did you mean 'claim_mean'\? It has baseline_effect, claim",
        ),
        ({"baseline_effect": [0.0, 0.0]}, r"'baseline_effect' has shape \(3,\), not \(2,\)"),
        ({"claim_mean": [0.0]}, r"'claim_mean' has shape \(\), not \(1,\)"),
    ],
)
def test_parameters_that_are_not_the_models(parameters, message):
    events = at.read_events(pd.DataFrame({"event_id": ["a", "b"], "date": ["2020", "2021"]}))
    model = at.Model(["IS", "army"], evidence=[at.Claim()])
    with pytest.raises(at.ModelError, match=message):
        at.simulate(model, events, seed=1, parameters=parameters)


# ---- frequencies against the laws, computed here from the formulas of the docstrings

COUNT = 20_000
VOICES = ["army | denial", "monitor | accusation"]
GIVEN = {
    "baseline_effect": [0.6, 0.2, -0.1, -0.7],
    "location_area_sd": 0.8,
    "location_area_raw": [[0.5, -1.0, 0.3, 0.2], [-0.5, 1.0, -0.3, -0.2]],
    "claim_propensity": [0.8, -1.0, -0.2],
    "claim_false": [-1.0, -2.0, -1.5],
    "statements_speak": [-0.5, 0.7],
    "statements_selective_sd": 0.6,
    "statements_selective_raw": [[0.5, -0.5, 1.0, -1.0], [-1.0, 0.2, 0.3, 0.5]],
    "statements_accuracy_sd": 0.5,
    "statements_accuracy_raw": raw_accuracy([0.8, 0.7], ["denial", "accusation"], 0.5),
    "statements_blame": [[0.5, 0.1, -0.6], [-0.6, 0.4, 0.2]],
    "statements_habit_sd": 0.8,
    "statements_habit_raw": [[0.5, -0.2, -0.3], [-0.8, 0.6, 0.2]],
    "statements_knows_unlisted": [-0.4],
    "statements_says_unlisted": [-1.2],
}
P = {name: np.array(value) for name, value in GIVEN.items()}
NAMES = np.array([*ACTORS, "unlisted"])


@pytest.fixture(scope="module")
def crowd():
    """Many events at given parameters."""
    number = np.arange(COUNT)
    table = pd.DataFrame(
        {"event_id": number.astype(str), "date": "2020-01-01", "area": np.where(number % 2, "Nawa", "Daraa")}
    )
    model = at.Model(
        ACTORS,
        [at.Baseline(), at.Location()],
        [at.Claim(silence="full", rank_sd=0, time_sd=0), at.Statements(voices=VOICES)],
    )
    return at.simulate(model, at.read_events(table), seed=7, parameters=GIVEN)


def assert_agree(outcomes, labels, probability):
    """Each frequency within four standard errors of its probability."""
    count = len(outcomes)
    found = np.array([(outcomes == label).mean() for label in labels])
    assert probability.sum() == pytest.approx(1)
    assert found.sum() == pytest.approx(1), "an outcome that the law does not have"
    error = np.sqrt(probability * (1 - probability) / count)
    assert (np.abs(found - probability) <= 4 * error).all(), (found, probability, error)


@pytest.mark.parametrize(("area", "position"), [("Daraa", 0), ("Nawa", 1)])
def test_actors_follow_the_softmax(crowd, area, position):
    chance = softmax(P["baseline_effect"] + P["location_area_sd"] * P["location_area_raw"][position])
    assert_agree(crowd["true_actor"].values[crowd["area"].values == area], NAMES, chance)


@pytest.mark.parametrize("k", range(4), ids=NAMES)
def test_claims_follow_the_law(crowd, k):
    chance = expit(P["claim_false"])
    if k < 3:
        chance[k] = expit(P["claim_propensity"][k])
    patterns = np.array(list(itertools.product([0, 1], repeat=3)))
    expected = np.prod(np.where(patterns, chance, 1 - chance), axis=1)
    labels = ["|".join(np.array(ACTORS)[pattern == 1]) for pattern in patterns]
    assert_agree(crowd["claimed_by"].values[crowd["true_actor"].values == NAMES[k]], labels, expected)


def test_the_unlisted_never_claim(crowd):
    assert "unlisted" not in crowd["claimed_by"].values


@pytest.mark.parametrize("k", range(4), ids=NAMES)
@pytest.mark.parametrize("v", [0, 1], ids=VOICES)
def test_statements_follow_the_law(crowd, v, k):
    kind = 1 - v  # kinds in alphabetical order: accusation, denial; voices: the army's denials first
    denies = VOICES[v].endswith("denial")
    knows = expit([0.8, 0.7][v]) if denies or k < 3 else expit(P["statements_knows_unlisted"][0])
    speaks = expit(
        P["statements_speak"][v] + P["statements_selective_sd"] * P["statements_selective_raw"][v, k]
    )
    weight = np.exp(P["statements_blame"][kind] + 0.8 * P["statements_habit_raw"][v])
    nobody = expit(-9.0 if denies else P["statements_says_unlisted"][0])
    habit = np.array([*((1 - nobody) * weight / weight.sum()), nobody])
    right = habit * (np.arange(4) != k) / (1 - habit[k]) if denies else np.eye(4)[k]
    naming = knows * right + (1 - knows) * habit
    source, way = VOICES[v].split(" | ")
    own = (crowd["statement_source"].values == source) & (crowd["statement_kind"].values == way)
    named = pd.Series(crowd["statement_actor"].values[own], index=crowd["statement_event"].values[own])
    said = named.reindex(crowd["event"].values).fillna("").to_numpy()
    assert_agree(
        said[crowd["true_actor"].values == NAMES[k]], ["", *NAMES], np.array([1 - speaks, *(speaks * naming)])
    )


def test_channels_are_independent_given_the_actor(crowd):
    """Claim and statement of the monitor, among the events of one actor: a chi-square of one degree of freedom."""
    own = crowd["true_actor"].values == "IS"
    spoken = np.isin(
        crowd["event"].values, crowd["statement_event"].values[crowd["statement_source"].values == "monitor"]
    )
    table = np.array(pd.crosstab(crowd["claimed_by"].values[own] == "IS", spoken[own]), dtype=float)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / table.sum()
    assert ((table - expected) ** 2 / expected).sum() < 15


def test_a_world_without_statements_can_be_read_back(template, tmp_path):
    """Nobody spoke: the table of statements is a header, and still the table of a monitor that was there."""
    silent = {"statements_speak": [-40.0, -40.0], "statements_selective_sd": 1e-6}
    world = at.simulate(
        at.Model(["IS", "regime security", "local factions"], evidence=[at.Statements()]),
        template,
        seed=3,
        parameters=silent,
    )
    assert world.sizes["statement"] == 0
    at.to_frame(world).to_csv(tmp_path / "x.csv", index=False)
    at.to_frame(world, "statements").to_csv(tmp_path / "x_statements.csv", index=False)
    again = at.read_events(tmp_path / "x.csv", ranks=json.loads(world.attrs["ranks"]))
    assert again.sizes["statement"] == 0
    assert again.attrs["data_hash"] == world.attrs["data_hash"]
    assert again["statement_date"].dtype == world["statement_date"].dtype


def test_killings_of_one_incident_share_their_actor():
    """Forty bombs of five deaths each: without the incident they would hardly ever agree."""
    table = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in range(200)],
            "date": "2021-01-01",
            "incident": [f"bomb {i // 5}" for i in range(200)],
        }
    )
    world = at.simulate(
        at.Model(["A", "B", "C"]), at.read_events(table), seed=2, parameters={"baseline_effect": [0, 0, 0, 0]}
    )
    actor = world["true_actor"].values.reshape(40, 5)
    assert (actor == actor[:, :1]).all()
    assert len(np.unique(actor)) == 4

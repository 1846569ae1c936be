"""Recovery of known parameters, calibration of attributions, coverage of shares: fixed seeds, minutes."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import chi2

import attribution as at
from attribution.scores import calibration_error, log_score
from oracle import raw_accuracy
from small_world import ACTORS, AREAS, RANKS

pytestmark = pytest.mark.slow

COUNT = 1500
VOICES = ["army | denial", "monitor | accusation"]
ACCURACY = [0.8, 1.4]
TRUTH = {
    "baseline_effect": [0.6, 0.3, 0.0, -0.9],
    "location_area_sd": 0.9,
    "target_rank_sd": 0.7,
    "timing_sd": 0.6,
    "claim_propensity": [1.0, -1.5, -1.0],
    "claim_false": [-3.5, -4.0, -4.5],
    "statements_speak": [-1.0, 0.5],
    "statements_selective_sd": 0.3,
    "statements_accuracy_sd": 0.4,
    "statements_accuracy_raw": raw_accuracy(ACCURACY, ["denial", "accusation"], 0.4),
    "statements_blame": [[0.5, 0.0, -0.5], [-0.5, 0.6, -0.1]],
    "statements_habit_sd": 0.4,
}


@pytest.fixture(scope="module")
def model():
    return at.Model(
        ACTORS,
        [at.Baseline(), at.TargetRank(), at.Location(), at.Timing(period="half-year")],
        [at.Claim(silence="full", rank_sd=0, time_sd=0), at.Statements(voices=VOICES)],
    )


@pytest.fixture(scope="module")
def events(model):
    rng = np.random.default_rng(17)
    days = np.datetime64("2018-08-01") + rng.integers(0, 1500, COUNT)
    frame = pd.DataFrame(
        {
            "event_id": [f"e{i:04}" for i in range(COUNT)],
            "date": days.astype(str),
            "area": rng.choice([*AREAS, "Inkhil", "Jasim"], COUNT),
            "target_rank": rng.choice(RANKS, COUNT),
            "perpetrator": np.where(rng.random(COUNT) < 0.25, "IS", ""),
        }
    )
    return at.simulate(model, at.read_events(frame, ranks=RANKS), seed=23, parameters=TRUTH)


@pytest.fixture(scope="module")
def posterior(model, events):
    return at.fit(model, events, seed=29, draws=500, tune=500, chains=4)


@pytest.fixture(scope="module")
def open_(events):
    return events["perpetrator"].values == ""


def within(draws, truth, level=0.95):
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return low <= truth <= high


def test_the_chains_agree(posterior):
    """Well enough for what is asked below; 500 draws are not what a report is made of."""
    found = {check.name: check for check in at.diagnose(posterior)}
    for name in ("parameters", "shares", "attributions"):
        assert found[f"R-hat of {name}"].value <= 1.05
    assert found["divergences"].value <= 0.01 * 4 * 500
    assert [name for name in found if "predictive" in name and not found[name].passed] == []


def test_attributions_are_calibrated(posterior, events, open_):
    probability = posterior["attribution"]["mean"][open_]
    truth = xr.DataArray(
        events["true_actor"].values[open_], dims="event", coords={"event": probability["event"]}
    )
    assert calibration_error(probability, truth) <= 0.05
    shares = posterior["attribution"]["mean"].mean("event").values
    assert float(log_score(probability, truth).mean()) < -np.log(shares[np.newaxis]).mean(), (
        "better than the shares alone"
    )


def test_shares_are_recovered(posterior, events):
    """All actors at once, in posterior standard deviations: four intervals of 95 % all hold in six worlds of seven."""
    group = posterior["attribution"].to_dataset()
    drawn = group["perpetrator"].values.reshape(-1, len(events["true_actor"]))
    share = np.stack([(drawn == k).mean(axis=1) for k in range(4)], axis=1)
    truth = np.array([(events["true_actor"].values == name).mean() for name in group["actor"].values])
    off = (share.mean(axis=0) - truth)[:3]
    assert off @ np.linalg.solve(np.cov(share[:, :3].T), off) < chi2.ppf(0.99, 3)


def test_shares_of_areas_cover_the_truth(posterior, events):
    table = at.shares(posterior, by="area", interval=0.95)
    truth = pd.DataFrame({"area": events["area"].values, "actor": events["true_actor"].values})
    covered = []
    for row in table.to_dict("records"):
        share = (truth.loc[truth["area"] == row["area"], "actor"] == row["actor"]).mean()
        covered.append(row["low"] - 1e-9 <= share <= row["high"] + 1e-9)
    assert np.mean(covered) >= 0.85, list(zip(table["actor"], covered, strict=True))


@pytest.mark.parametrize("k", range(3), ids=ACTORS)
def test_claim_propensity_is_recovered(posterior, k):
    propensity = posterior["posterior"]["claim_propensity"].isel(claimant=k).values
    assert within(propensity, TRUTH["claim_propensity"][k])


@pytest.mark.parametrize("v", [0, 1], ids=VOICES)
def test_accuracy_of_voices_is_recovered(posterior, v):
    drawn = posterior["posterior"].to_dataset()
    assert within(drawn["statements_accuracy"].isel(voice=v).values, ACCURACY[v])


def test_activity_is_recovered(posterior):
    """All actors at once: the squared distance of the truth, in posterior standard deviations, is chi-square."""
    drawn = posterior["posterior"]["baseline_effect"].values.reshape(-1, 4)[:, :3]
    off = drawn.mean(axis=0) - np.array(TRUTH["baseline_effect"][:3])
    assert off @ np.linalg.solve(np.cov(drawn.T), off) < chi2.ppf(0.999, 3)

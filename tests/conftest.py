"""A small world that every test of a fit shares: made once, fitted once."""

import numpy as np
import pandas as pd
import pytest

import attribution as at
from cases import MODELS, case_named

ACTORS = ["IS", "regime security", "local factions"]
RANKS = ["civilian", "fighter", "commander"]
AREAS = ["Daraa", "Nawa", "Tafas"]
TRUTH = {
    "location_area_sd": 1.5,
    "category_method_sd": 1.5,
    "claim_propensity": [1.0, -0.5, 0.0],
    "statements_speak": [0.0, -1.0],
}


def settings(count, seed):
    """A table of events as a user would have it: some perpetrators known, some partly, most not."""
    rng = np.random.default_rng(seed)
    days = np.datetime64("2019-01-01") + rng.integers(0, 900, count)
    draw = rng.random(count)
    return pd.DataFrame(
        {
            "event_id": [f"e{i:03}" for i in range(count)],
            "date": [str(day)[: 7 if i % 5 == 0 else 10] for i, day in enumerate(days)],
            "area": rng.choice(AREAS, count),
            "target_rank": rng.choice(RANKS, count),
            "method": rng.choice(["shooting", "bomb", ""], count),
            "killed": np.where(np.arange(count) % 7 == 3, np.nan, rng.integers(1, 5, count)),
            "perpetrator": np.where(draw < 0.35, "IS", ""),
            "candidates": np.where((draw >= 0.35) & (draw < 0.55), "IS|local factions", ""),
            "remark": "a column that no component reads",
        }
    )


def voices():
    """Two statements, so that the events have two voices."""
    return pd.DataFrame(
        {
            "event_id": ["e000", "e001"],
            "source": ["monitor", "army"],
            "kind": ["accusation", "denial"],
            "actor": ["IS", "IS"],
        }
    )


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """Machine code is kept for this run only: what an earlier one left must not decide."""
    folder = tmp_path_factory.mktemp("cache")
    folder.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTRIBUTION_CACHE", str(folder))
        yield


@pytest.fixture(scope="session")
def model():
    return at.Model(
        ACTORS,
        [
            *(at.Baseline(), at.TargetRank(), at.Location(), at.Timing(period="half-year")),
            *(at.Category("method"), at.Covariate("killed")),
        ],
        [at.Claim(time_sd=0), at.Statements()],
    )


@pytest.fixture(scope="session")
def template():
    """The settings, before anything is simulated."""
    return at.read_events(settings(80, seed=5), statements=voices(), ranks=RANKS)


@pytest.fixture(scope="session")
def events(model, template):
    return at.simulate(model, template, seed=4, parameters=TRUTH)


@pytest.fixture(scope="session")
def shared_posterior(model, events):
    return at.fit(model, events, seed=1, draws=150, tune=200, chains=2)


@pytest.fixture
def posterior(shared_posterior):
    """The fit of the small world; a copy, so that a test may break it."""
    return shared_posterior.copy(deep=True)


@pytest.fixture(params=MODELS)
def case(request):
    return case_named(request.param)


@pytest.fixture(params=["everything", "everything, closed"])
def full(request):
    return case_named(request.param)

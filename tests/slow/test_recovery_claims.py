"""Recovery in worlds with false and missing claims: a few fits of `benchmarks/recovery_claims.py`."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "speed"))
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import recovery_claims as recovery
import world

import attribution as at

pytestmark = pytest.mark.slow

FITS = 4


@pytest.fixture(
    scope="module", params=["missing by actor and rank", *[f"false claims {r}%" for r in (0, 5, 10, 20)]]
)
def results(request):
    return [recovery.run(request.param, seed) for seed in range(FITS)]


def test_intervals_of_shares_hold_the_truth(results):
    """Of 16 shares, dependent within a fit, a 95 % interval misses five with probability below one in a thousand."""
    held = [share["held"][2] for result in results for share in result["shares"]]
    assert sum(held) >= len(held) - 4


def test_attributions_are_calibrated(results):
    count, expected, right = np.sum([result["calibration"] for result in results], axis=0).T
    assert np.abs(expected - right).sum() / count.sum() <= 0.05


def test_claims_taken_for_labels_do_worse(results):
    """The argument for the law: where claims lie or are missing by actor, the naive shares are further off."""
    off = {
        kind: np.mean([abs(share["mean"] - share["truth"]) for result in results for share in result[kind]])
        for kind in ("shares", "shares_naive")
    }
    assert off["shares"] < off["shares_naive"]


def test_propensities_are_recovered(results):
    held = [value["held"][2] for result in results for value in result["parameters"]["claim_propensity"]]
    assert sum(held) >= len(held) - 3


def test_claimants_alike_are_sampled_without_divergences():
    """Many claims say that propensities differ little: sampled as they are, they fail here in the hundreds."""
    parameters = world.PARAMETERS | {"claim_propensity": [-1.0, -1.0, -1.1, -0.9, -1.0]}
    blank = world.world(2000, 1)
    events = at.simulate(world.MODEL, blank, seed=1, parameters=parameters)
    posterior = at.fit(world.MODEL, events, seed=1)
    assert [check.sentence for check in at.diagnose(posterior) if not check.passed] == []

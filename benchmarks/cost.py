"""What a gradient costs, and what a fit takes, as tables grow.

    python benchmarks/cost.py                        one gradient for several numbers of events and of actors
    python benchmarks/cost.py --fit 100000           a fit of so many events: seconds, peak memory, checks

Simulated killings in 40 areas over seven years, the perpetrator known for a share of them.
"""

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from gradients import seconds

import attribution as at

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from inside.compiling import lay

RANKS = ("civilian", "local official", "rank and file", "officer", "senior figure")
YEARS, AREAS, KNOWN = 7, 40, 0.3


def model(actors: int) -> at.Model:
    """The main job's terms without coordinates, and claims."""
    return at.Model(
        [f"actor {i}" for i in range(1, actors)],
        [at.Baseline(), at.TargetRank(), at.Location(place_sd=0, distance_sd=0), at.Timing()],
        [at.Claim(rank_sd=0, time_sd=0)],
    )


def world(count: int, actors: int, seed: int = 1) -> xr.Dataset:
    """Simulated killings, with one actor more than is named."""
    rng = np.random.default_rng(seed)
    weight = 1.0 / np.arange(1, AREAS + 1)
    days = np.sort(rng.integers(0, YEARS * 365, size=count))
    blank = pd.DataFrame(
        {
            "event_id": np.char.add("e", np.arange(count).astype(str)),
            "date": (np.datetime64("2018-01-01") + days).astype(str),
            "area": np.char.add("area ", rng.choice(AREAS, size=count, p=weight / weight.sum()).astype(str)),
            "target_rank": rng.choice(RANKS, size=count, p=(0.4, 0.15, 0.25, 0.15, 0.05)),
            "perpetrator": np.where(rng.random(count) < KNOWN, "actor 1", ""),
            "claimed_by": "",
        }
    )
    return at.simulate(model(actors), at.read_events(blank, ranks=RANKS), seed=seed)


def gradient(count: int, actors: int) -> str:
    """A row of the table."""
    design = lay(model(actors), world(count, actors))
    took, cells = seconds(design), len(design.index)
    return f"{count:>9} {actors:>6} {cells:>8} {took * 1e6:>10.0f} {took / (cells * actors) * 1e9:>14.2f}"


def fit(count: int, actors: int, draws: int, tune: int, adaptation: str) -> None:
    """Fit and tell how it went."""
    events = world(count, actors)
    start = time.perf_counter()
    posterior = at.fit(model(actors), events, seed=1, draws=draws, tune=tune, chains=2, adaptation=adaptation)
    took, peak = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{count} events: fit {took:.0f} s, peak memory of the process {peak:.2f} GB")
    for check in at.diagnose(posterior):
        if not check.passed or "ESS" in check.name or "R-hat" in check.name:
            outcome = "ok" if check.passed else "FAILED"
            print(f"  {outcome}: {check.name} {check.value:.4g} (threshold {check.threshold:.4g})")


def main() -> None:
    """Print the tables, or fit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fit", type=int, metavar="EVENTS")
    parser.add_argument("--actors", type=int, default=10)
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--tune", type=int, default=500)
    parser.add_argument("--adaptation", default="diag")
    given = parser.parse_args()
    if given.fit:
        fit(given.fit, given.actors, given.draws, given.tune, given.adaptation)
        return
    print("   events actors    cells    us/grad  ns/cell/actor")
    for count, actors in ((1_000, 10), (10_000, 10), (100_000, 10), (1_000_000, 10)):
        print(gradient(count, actors), flush=True)
    for actors in (3, 6, 20, 40):
        print(gradient(10_000, actors), flush=True)


if __name__ == "__main__":
    main()

"""Scoring an event table that is larger than memory: rate, peak memory, size on disk.

    python benchmarks/streaming.py --events 1000000 --folder DIR        a table of so many events, scored at 200 draws

The table (Parquet, files of 250,000 events) is made in batches and kept in the folder: what is there is not made again.
The model is that of `cost.py` with 10 actors, fitted once to 2,000 events.
"""

import argparse
import cProfile
import pstats
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from cost import AREAS, KNOWN, RANKS, YEARS, model, world

import attribution as at

BATCH, FITTED, ACTORS = 250_000, 2_000, 10


def fitted(folder: Path):
    """The fit, kept in the folder."""
    path = folder / "fit.nc"
    if not path.exists():
        at.save(at.fit(model(ACTORS), world(FITTED, ACTORS), seed=1, draws=200, tune=200, chains=2), path)
    return at.load(path)


def batch(number: int, count: int) -> pd.DataFrame:
    """Events of one file: where, when, whom as in `cost.world`; one in twenty claimed, three in ten labels known."""
    rng = np.random.default_rng([1, number])
    weight = 1.0 / np.arange(1, AREAS + 1)
    days = np.datetime64("2018-01-01") + np.sort(rng.integers(0, YEARS * 365, size=count))
    actor = np.char.add("actor ", rng.integers(1, ACTORS, count).astype(str))
    area = np.char.add("area ", rng.choice(AREAS, size=count, p=weight / weight.sum()).astype(str))
    return pd.DataFrame(
        {
            "event_id": np.char.add(f"e{number}-", np.arange(count).astype(str)),
            "date": days.astype(str),
            "area": area,
            "target_rank": rng.choice(RANKS, size=count, p=(0.4, 0.15, 0.25, 0.15, 0.05)),
            "perpetrator": np.where(rng.random(count) < KNOWN, actor, ""),
            "claimed_by": "",
        }
    ).assign(claimed_by=lambda frame: np.where(rng.random(count) < 0.05, actor, frame["claimed_by"]))


def table(folder: Path, events: int) -> Path:
    """The folder of the table; files that are there are whole."""
    target = folder / f"events_{events}"
    target.mkdir(parents=True, exist_ok=True)
    for number, first in enumerate(range(0, events, BATCH)):
        path = target / f"events_{number:05}.parquet"
        if not path.exists():
            half = path.with_suffix(".half")
            batch(number, min(BATCH, events - first)).to_parquet(half, index=False)
            half.replace(path)
    return target


def size(folder: Path) -> float:
    """Megabytes of the files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 1e6


def main() -> None:
    """Make, score, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--progress", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    posterior, source = fitted(given.folder), table(given.folder, given.events)
    before = resource.getrusage(resource.RUSAGE_SELF)
    target = given.folder / f"scored_{given.events}_{time.time_ns()}"
    profiler = cProfile.Profile()
    start = time.perf_counter()
    if given.profile:
        profiler.enable()
    totals = at.attribute_table(
        model(ACTORS), posterior, source, target, draws=given.draws, progress=given.progress
    )
    profiler.disable()
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{given.events:,} events at {given.draws} draws: {took:.0f} s, {busy:.0f} s of one core, "
        f"{given.events / busy:,.0f} events/s/core; peak memory {after.ru_maxrss / 1e6:.2f} GB "
        f"({before.ru_maxrss / 1e6:.2f} before); read {size(source):.0f} MB, wrote {size(target):.0f} MB"
    )
    print(at.shares(totals).drop(columns=["of", "checks"]).to_string())
    if given.profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()

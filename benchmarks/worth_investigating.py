"""Do killings that `worth_investigating` chooses narrow the share as was said, and more than others? By refits.

    python benchmarks/worth_investigating.py [WORLDS]

Worlds of 200 killings in eight areas of unequal size, three actors, two sources, one label in ten. Printed for each:
the part of the variance of A's share that is said to be left after ten, what is left when they are solved with the
simulated truth and the model is fitted again, the same for ten open killings at random (mean of two), and the draws
that the last row rests on.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

import attribution as at

AREAS, SIZES = list("PQRSTUVW"), (0.36, 0.22, 0.14, 0.1, 0.07, 0.05, 0.04, 0.02)
MODEL = at.Model(
    ["A", "B", "C"],
    [at.Baseline(), at.Location(), at.Category("method")],
    [at.Statements()],
    closed=True,
)


def drawn(rng, seed, count=200):
    """A simulated world."""
    day = np.sort(rng.integers(0, 700, count))
    frame = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in range(count)],
            "date": (np.datetime64("2020-01-01") + day).astype(str),
            "area": rng.choice(AREAS, count, p=SIZES),
            "method": rng.choice(["bomb", "gun", "knife"], count),
        }
    )
    spoken = [
        (f"e{i}", source, "accusation", "A")
        for i in range(count)
        for source, often in (("monitor", 0.5), ("paper", 0.3))
        if rng.random() < often
    ]
    statements = pd.DataFrame(spoken, columns=["event_id", "source", "kind", "actor"])
    return at.simulate(MODEL, at.read_events(frame, statements=statements), seed=seed)


def fitted(world, known, seed):
    """A fit in which some perpetrators are known."""
    events = world.copy()
    events["perpetrator"] = ("event", np.where(known, world["true_actor"].values.astype(str), ""))
    events.attrs["data_hash"] = at.data_hash(events)
    return at.fit(MODEL, events, seed=seed, draws=500, tune=500, chains=2)


def variance(posterior):
    """Variance of the share of the first actor over draws."""
    return (posterior["attribution"]["perpetrator"].values == 0).mean(axis=-1).var()


def tried(seed):
    """What was said to be left, what is, what is of others, and the draws it rests on."""
    rng = np.random.default_rng([seed, 7])
    world = drawn(rng, seed)
    known = rng.random(world.sizes["event"]) < 0.1
    table = at.worth_investigating(fitted(world, known, 1), about="A", count=10)
    now = table.attrs["sd"] ** 2
    solved = np.isin(world["event"].values.astype(str), table["event"].to_numpy(dtype=str))
    chosen = variance(fitted(world, known | solved, 2)) / now
    others = []
    for turn in (3, 4):
        some = np.zeros(len(known), dtype=bool)
        some[rng.choice(np.flatnonzero(~known), 10, replace=False)] = True
        others.append(variance(fitted(world, known | some, turn)) / now)
    return 1 - table["together"].iloc[-1], chosen, np.mean(others), table["ess"].iloc[-1]


if __name__ == "__main__":
    rows = []
    for seed in range(int(sys.argv[1]) if len(sys.argv) > 1 else 4):
        rows.append(tried(seed))
        print("said {:.2f}, left {:.2f}, at random {:.2f}, draws {:.0f}".format(*rows[-1]), flush=True)
    said, chosen, others, _ = np.mean(rows, axis=0)
    print(f"mean: said {said:.2f}, left {chosen:.2f}, at random {others:.2f};", end=" ")
    print(f"removed {(1 - chosen) / (1 - others):.1f} times as much")

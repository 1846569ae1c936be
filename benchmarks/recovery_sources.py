"""Do intervals cover, with the mechanism in the model and without? Simulated worlds with copying and partisan sources,
with an actor the analyst did not list, with sponsors, with identification that depends on the actor.

    python benchmarks/recovery_sources.py OUT.json --fits 100            # resumes where OUT.json stops
    python benchmarks/recovery_sources.py OUT.json --fits 2 --worlds copying sponsors
    python benchmarks/recovery_sources.py OUT.json --fits 0              # the table of what is there

Parameters are drawn from their priors anew for each fit, so that the right model's intervals cover exactly as often as
they say, but for Monte Carlo error. The naive model beside it is the same without the mechanism.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import attribution as at

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from inside.checking import prior_draws
from inside.compiling import lay

ACTORS = ["A", "B", "C"]
LEVELS = (0.5, 0.8, 0.95)
BINS = 10
SOURCES = ("monitor", "paper", "radio")
VOICES = [f"{source} | accusation" for source in SOURCES]
ACTIVITY = [at.Baseline(sd=1.0), at.Category("area", sd=1.0)]
LINKS = {"A": {"state": 2.0, "bank": 1.0}, "B": {"state": 1.0}, "C": {}}


@dataclass(frozen=True)
class World:
    """A model to draw from and fit, one that lacks the mechanism, and what its events are cut to for that one."""

    right: at.Model
    naive: at.Model
    law: str
    reduce: Callable[[xr.Dataset], xr.Dataset] = lambda events: events


def without_unlisted(events: xr.Dataset) -> xr.Dataset:
    """The events as an analyst has them who thinks the named actors are all there are."""
    table, words = at.to_frame(events), at.to_frame(events, "statements")
    table["perpetrator"] = table["perpetrator"].replace("unlisted", "")
    return at.read_events(table, statements=words[words["actor"] != "unlisted"])


def model(*evidence: at.Statements | at.Sponsorship | at.Identification, closed: bool = False) -> at.Model:
    return at.Model(ACTORS, ACTIVITY, evidence, closed=closed)


WORLDS = {
    "copying": World(
        model(
            at.Statements(
                voices=VOICES, copies={"paper": "monitor", "radio": "monitor"}, allegiance={"monitor": "A"}
            )
        ),
        model(at.Statements(voices=VOICES)),
        "statements",
    ),
    "unlisted": World(
        model(at.Statements(voices=VOICES)),
        model(at.Statements(voices=VOICES), closed=True),
        "statements",
        without_unlisted,
    ),
    "sponsors": World(
        model(at.Statements(voices=VOICES[:1]), at.Sponsorship(LINKS, voices=VOICES)),
        model(at.Statements(voices=VOICES[:1])),
        "sponsorship",
    ),
    "identification": World(model(at.Identification()), model(), "identification"),
}


def settings(seed: int, count: int) -> xr.Dataset:
    """Where and when; a fifth of the perpetrators will be known."""
    rng = np.random.default_rng([seed, 7])
    frame = pd.DataFrame(
        {
            "event_id": np.arange(count).astype(str),
            "date": "2020-01-01",
            "area": rng.choice(["north", "south", "east", "west", "centre"], count),
            "perpetrator": np.where(rng.random(count) < 0.2, "A", ""),
        }
    )
    return at.read_events(frame)


def truth_of(world: World, template: xr.Dataset, seed: int) -> dict[str, np.ndarray]:
    """The parameters that `simulate` draws with this seed: those of the law."""
    drawn = prior_draws(lay(world.right, template), 1, seed)
    return {name: values[0] for name, values in drawn.items() if name.startswith(world.law)}


def run(name: str, seed: int, count: int, draws: int) -> dict[str, dict]:
    """Records of the right and of the naive model on one world."""
    world, template = WORLDS[name], settings(seed, count)
    events = at.simulate(world.right, template, seed=seed)
    truth = truth_of(world, template, seed)
    records = {}
    for label, chosen, seen in (("right", world.right, events), ("naive", world.naive, world.reduce(events))):
        posterior = at.fit(chosen, seen, seed=seed, draws=draws, tune=draws, chains=2)
        records[label] = measured(posterior, events, truth if label == "right" else {})
    return records


def measured(posterior: xr.DataTree, events: xr.Dataset, truth: dict[str, np.ndarray]) -> dict:
    """Which intervals cover, how far off shares are, and how probabilities compare with frequencies."""
    actual = events["true_actor"].values
    covered: dict[str, dict[str, list[bool]]] = {"shares": {}, "parameters": {}, "sponsors": {}}
    for level in LEVELS:
        table = at.shares(posterior, interval=level)
        real = [(actual == actor).mean() for actor in table["actor"]]
        covered["shares"][str(level)] = within(table["low"], table["high"], real)
        covered["parameters"][str(level)] = parameters_within(posterior, truth, level)
        if "true_sponsor" in events and "sponsorship_weight" in posterior["posterior"]:
            margin = at.sponsors(posterior, interval=level).query("executor == '(all)'")
            real = [(events["true_sponsor"].values == sponsor).mean() for sponsor in margin["sponsor"]]
            covered["sponsors"][str(level)] = within(margin["low"], margin["high"], real)
    means = at.shares(posterior).set_index("actor")["share"]
    names = sorted({*means.index, *actual})
    error = max(abs(means.get(name, 0.0) - (actual == name).mean()) for name in names)
    return {"covered": covered, "share_error": error, "calibration": bins(posterior, actual)}


def within(low: pd.Series, high: pd.Series, real: list[float]) -> list[bool]:
    return [bool(a - 1e-9 <= x <= b + 1e-9) for a, x, b in zip(low, real, high, strict=True)]


def parameters_within(posterior: xr.DataTree, truth: dict[str, np.ndarray], level: float) -> list[bool]:
    """Of each scalar parameter of the law, whether its interval holds it; weights of sponsors as proportions apart."""
    found: list[bool] = []
    drawn = posterior["posterior"].to_dataset()
    for name, value in truth.items():
        values = drawn[name].values.reshape(-1, *value.shape)
        low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0)
        found += np.atleast_1d((low <= value) & (value <= high)).reshape(-1).tolist()
    return found


def bins(posterior: xr.DataTree, actual: np.ndarray) -> list[list[float]]:
    """Number, summed probability and hits of open attributions, by tenth of the probability."""
    group = posterior["attribution"].to_dataset()
    open_ = ~group["known"].values
    chance = group["mean"].values[open_]
    hit = actual[open_][:, None] == group["actor"].values[None, :]
    tenth = np.minimum((chance * BINS).astype(int), BINS - 1).reshape(-1)
    return [
        np.bincount(tenth, weight.reshape(-1), minlength=BINS).tolist()
        for weight in (np.ones_like(chance), chance, hit.astype(float))
    ]


def summary(records: dict[str, dict]) -> pd.DataFrame:
    """Coverage in percent, mean largest error of a share, and calibration error over all fits."""
    rows = []
    for name in WORLDS:
        for label in ("right", "naive"):
            own = [record[label] for key, record in records.items() if key.startswith(f"{name}/")]
            if not own:
                continue
            row = {"world": name, "model": label, "fits": len(own)}
            for kind in ("shares", "parameters", "sponsors"):
                for level in LEVELS:
                    flags = [flag for r in own for flag in r["covered"][kind].get(str(level), [])]
                    row[f"{kind} {level:.0%}"] = 100 * np.mean(flags) if flags else np.nan
            number, chance, hits = np.sum([r["calibration"] for r in own], axis=0)
            row["share error"] = np.mean([r["share_error"] for r in own])
            row["ECE"] = float(np.abs(chance - hits).sum() / number.sum())
            rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--fits", type=int, default=100)
    parser.add_argument("--worlds", nargs="+", choices=list(WORLDS), default=list(WORLDS))
    parser.add_argument("--events", type=int, default=400)
    parser.add_argument("--draws", type=int, default=400)
    options = parser.parse_args()
    records = json.loads(options.out.read_text()) if options.out.is_file() else {}
    for seed in range(options.fits):
        for name in options.worlds:
            key = f"{name}/{options.events}/{seed}"
            if key not in records:
                records[key] = run(name, seed, options.events, options.draws)
                temporary = options.out.with_suffix(".tmp")
                temporary.write_text(json.dumps(records))
                temporary.replace(options.out)
                print(
                    key, {label: round(r["share_error"], 3) for label, r in records[key].items()}, flush=True
                )
    print(summary(records).round(3).T.to_string())


if __name__ == "__main__":
    main()

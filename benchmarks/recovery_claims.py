"""Recovery of shares and of the law of claims in simulated worlds with false and missing claims.

    python benchmarks/recovery_claims.py --fits 100 --out recovery_claims          # resumable: one JSON file a fit
    python benchmarks/recovery_claims.py --out recovery_claims --report            # the table

Worlds: claims missing at random; missing by actor and rank; false claims for 0, 5, 10, 20 % of the killings by others.
Each world is fitted with `Claim` and, beside it, naively: a claim is taken for a label and silence for nothing.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import attribution as at

ACTORS = ["IS", "regime security", "local factions"]
RANKS = ["civilian", "fighter", "commander", "leader"]
AREAS = ["north", "south", "city"]
LEVELS = (0.5, 0.8, 0.95)
BINS = 10


def log_odds(probability: float) -> float:
    """Log-odds; of zero, those of one in a million."""
    p = max(probability, 1e-6)
    return float(np.log(p / (1 - p)))


COMMON = {
    "baseline_effect": [0.5, 0.4, 0.1, -1.0],
    "location_area_sd": 0.9,
    "location_area_raw": [[1.2, -0.8, -0.6, 0.2], [-0.9, 1.1, -0.2, 0.0], [-0.3, -0.3, 0.8, -0.2]],
    "claim_rank_sd": 0.01,
}
BY_ACTOR = [log_odds(p) for p in (0.6, 0.02, 0.15)]
WORLDS = {
    "missing at random": {"claim_propensity": [log_odds(0.3)] * 3, "claim_false": [log_odds(0.02)] * 3},
    "missing by actor and rank": {
        "claim_propensity": BY_ACTOR,
        "claim_false": [log_odds(0.02)] * 3,
        "claim_rank_sd": 1.0,
        "claim_rank_raw": [[-1.0, -0.5, -1.0], [0.3, 0.0, -0.2], [0.0, 0.2, 0.1]],
    },
} | {
    f"false claims {rate:.0%}": {"claim_propensity": BY_ACTOR, "claim_false": [log_odds(rate)] * 3}
    for rate in (0.0, 0.05, 0.1, 0.2)
}


def model(claims: bool = True) -> at.Model:
    """The model of the worlds; without the law of claims, the naive one."""
    evidence = [at.Claim(silence="full", time_sd=0)] if claims else []
    return at.Model(ACTORS, [at.Baseline(), at.Location()], evidence)


def world(name: str, seed: int, count: int) -> xr.Dataset:
    """A simulated table; three in ten killings have a known perpetrator."""
    rng = np.random.default_rng([seed, 7])
    table = pd.DataFrame(
        {
            "event_id": [f"e{i:04}" for i in range(count)],
            "date": "2021-01-01",
            "area": rng.choice(AREAS, count),
            "target_rank": rng.choice(RANKS, count),
            "perpetrator": np.where(rng.random(count) < 0.3, "IS", ""),
        }
    )
    events = at.read_events(table, ranks=RANKS)
    return at.simulate(model(), events, seed=seed, parameters=COMMON | WORLDS[name])


def naive(events: xr.Dataset) -> xr.Dataset:
    """The same with claims as labels."""
    claimed, known = events["claimed_by"].values, events["perpetrator"].values
    single = (claimed != "") & (np.char.find(claimed, "|") < 0)
    return events.assign(perpetrator=("event", np.where((known == "") & single, claimed, known)))


def run(name: str, seed: int, count: int = 400, draws: int = 250, tune: int = 350) -> dict[str, object]:
    """One world, fitted both ways: what the intervals held, and how probabilities were kept."""
    events = world(name, seed, count)
    truth = events["true_actor"].values
    settings = {"seed": seed, "draws": draws, "tune": tune, "chains": 2}
    posterior = at.fit(model(), events, **settings)
    plain = at.fit(model(claims=False), naive(events), **settings)
    open_ = events["perpetrator"].values == ""
    given = COMMON | WORLDS[name]
    return {
        "world": name,
        "seed": seed,
        "shares": shares(posterior, truth),
        "shares_naive": shares(plain, truth),
        "calibration": calibration(posterior, truth, open_),
        "calibration_naive": calibration(plain, truth, open_),
        "parameters": {
            key: [
                held(posterior["posterior"][key].values[..., j].ravel(), value)
                for j, value in enumerate(given[key])
            ]
            for key in ("claim_propensity", "claim_false")
        },
        "divergences": int(posterior["sample_stats"]["diverging"].sum()),
        "r_hat": max(check.value for check in at.diagnose(posterior) if check.name.startswith("R-hat")),
    }


def held(draws: np.ndarray, truth: float) -> dict[str, object]:
    """Which intervals hold the truth, and how far off the mean is."""
    ends = [np.quantile(draws, [(1 - level) / 2, (1 + level) / 2]) for level in LEVELS]
    inside = [bool(low - 1e-9 <= truth <= high + 1e-9) for low, high in ends]
    return {"truth": float(truth), "mean": float(draws.mean()), "held": inside}


def shares(posterior: xr.DataTree, truth: np.ndarray) -> list[dict[str, object]]:
    """Of each actor's share of all killings."""
    actor = posterior["attribution"]["perpetrator"].values
    names = posterior["attribution"]["actor"].values
    return [held((actor == k).mean(axis=-1).ravel(), (truth == name).mean()) for k, name in enumerate(names)]


def calibration(posterior: xr.DataTree, truth: np.ndarray, open_: np.ndarray) -> list[list[float]]:
    """Count, sum of probabilities and number true of all probabilities of open events, by tenth."""
    group = posterior["attribution"].to_dataset()
    chance = group["mean"].values[open_]
    right = truth[open_, None] == group["actor"].values
    tenth = np.minimum((chance * BINS).astype(int), BINS - 1)
    return [[float(v[tenth == b].sum()) for v in (np.ones_like(chance), chance, right)] for b in range(BINS)]


def report(out: Path) -> pd.DataFrame:
    """One row a world: coverage in percent, error of shares, calibration error."""
    found = [json.loads(path.read_text()) for path in sorted(out.glob("*.json"))]
    rows = []
    for name in dict.fromkeys(result["world"] for result in found):
        own = [result for result in found if result["world"] == name]
        row: dict[str, object] = {"world": name, "fits": len(own)}
        for kind in ("shares", "shares_naive"):
            every = [share for result in own for share in result[kind]]
            for i, level in enumerate(LEVELS):
                row[f"{kind} {level:.0%}"] = round(100 * np.mean([share["held"][i] for share in every]), 1)
            row[f"{kind} error"] = round(float(np.mean([abs(s["mean"] - s["truth"]) for s in every])), 4)
        for key in ("claim_propensity", "claim_false"):
            every = [value for result in own for value in result["parameters"][key]]
            for i, level in enumerate(LEVELS):
                row[f"{key} {level:.0%}"] = round(100 * np.mean([value["held"][i] for value in every]), 1)
        for kind in ("calibration", "calibration_naive"):
            count, expected, right = np.sum([result[kind] for result in own], axis=0).T
            row[f"ECE {kind}"] = round(float(np.abs(expected - right).sum() / count.sum()), 4)
        rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    """Run what is missing, or report what there is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fits", type=int, default=0)
    parser.add_argument("--events", type=int, default=400)
    parser.add_argument("--world", choices=list(WORLDS), action="append")
    parser.add_argument("--report", action="store_true")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for seed in range(arguments.fits):
        for name in arguments.world or WORLDS:
            path = arguments.out / f"{name.replace(' ', '-').replace('%', '')}-{seed:03}.json"
            if not path.exists():
                text = json.dumps(run(name, seed, arguments.events))
                path.with_suffix(".part").write_text(text)
                path.with_suffix(".part").replace(path)
                print(path.name, flush=True)
    if arguments.report:
        print(report(arguments.out).T.to_string())


if __name__ == "__main__":
    main()

"""Simulation-based calibration of the default model and of each component: 200 worlds of 300 killings each.

    python benchmarks/sbc.py OUT                                  # all; goes on from what is in the folder OUT
    python benchmarks/sbc.py OUT --models default claim --replicates 50
    python benchmarks/sbc.py OUT --report                         # the table of what is there

Each component stands beside a baseline, so that what is tested is its own law, prior, simulator and scoring. The
killings are the first 300 of the simulated Daraa table: areas, places, ranks, dates, and labels for a few. `Bundles`
ties killings together, which `sbc` refuses; its worlds are simulated, fitted and ranked here one by one.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import attribution as at
from attribution.component import ActivityTerm, EvidenceLaw

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from inside.checking import TOP, checks_json, p_value, prior_draws, ranked, reliability, trouble, verdicts
from inside.compiling import lay

DATA = Path(__file__).parents[1] / "data" / "daraa_synthetic.csv"
RANKS = ("civilian", "local official", "rank and file", "officer or commander", "senior figure")
ACTORS = ["IS", "regime security", "Iran-backed cells", "local factions", "criminal"]
FEW = ["IS", "regime security", "local factions"]
VOICES = ["monitor | accusation", "paper | accusation", "regime | denial"]
BUNDLES = pd.DataFrame(
    {
        "claimant": ["IS", "local factions", "IS"],
        "start": ["2018-07-15", "2018-08-01", "2018-12-01"],
        "end": ["2018-09-15", "2018-08-31", "2018-12-31"],
        "count": ["5", "3", "2"],
    }
)
CONTEXTS = pd.DataFrame({"name": ["siege"], "start": ["2018-09-01"], "end": ["2018-12-31"]})
COUNT = 300
SEED = 2026
SETTINGS = {"draws": 500, "tune": 600, "chains": 2, "target_accept": 0.95}

PAID = at.Sponsorship(
    {"IS": {"state": 1.0, "bank": 1.0}, "local factions": {"state": 2.0}, "regime security": {}},
    voices=VOICES[:2],
)
DEFAULT = at.Model(
    ACTORS,
    [at.Baseline(), at.TargetRank(), at.Location(), at.Timing(), at.Category("target_affiliation")],
    [at.Claim(), at.Statements(voices=VOICES)],
)


def beside(*parts: ActivityTerm | EvidenceLaw) -> at.Model:
    """A small model with a baseline and these."""
    terms = [part for part in parts if isinstance(part, ActivityTerm)]
    return at.Model(FEW, [at.Baseline(), *terms], [part for part in parts if isinstance(part, EvidenceLaw)])


MODELS = {
    "default": DEFAULT,
    "target rank": beside(at.TargetRank()),
    "location": beside(at.Location()),
    "timing": beside(at.Timing()),
    "timing by area": beside(at.Timing(), at.Timing(by="area")),
    "category": beside(at.Category("target_affiliation")),
    "covariate": beside(at.Covariate("killed", log=True)),
    "claim": beside(at.Claim(by="method", slope="killed", false_slope="killed")),
    "statements": beside(
        at.Statements(voices=VOICES, copies={"paper": "monitor"}, allegiance={"monitor": "IS"})
    ),
    "lookalikes": beside(at.Statements(voices=VOICES, lookalikes=True)),
    "scene": beside(at.Scene(["slogan", "vehicle"])),
    "checkpoint": beside(at.Checkpoint(allies={"army": ["regime security"]})),
    "identification": beside(at.Identification(by=["area"])),
    "sponsorship": beside(PAID),
    "sponsorship, some known": beside(PAID),
    "bundles": at.Model(FEW, [at.Baseline()], [at.Bundles()]),
}


def template(name: str) -> xr.Dataset:
    """The first killings of the table without their claims; with scenes, posts and bundles where the laws need some.

    A model of this ``name`` with "some known" has a known sponsor for one in ten.
    """
    frame = pd.read_csv(DATA, dtype=str, keep_default_na=False).head(COUNT)
    frame = frame.drop(columns=["candidates", "claimed_by", "claim_date", "synthetic"])
    rng = np.random.default_rng(SEED)
    frame["perpetrator"] = np.where(rng.random(COUNT) < 0.15, "IS", "")
    frame["slogan"] = rng.choice(["", "religious", "none heard"], COUNT)
    frame["vehicle"] = rng.choice(["motorcycle", "car", "on foot"], COUNT)
    frame["checkpoint_held_by"] = rng.choice(["", "army", "local factions"], COUNT)
    frame["unhindered"] = np.where(frame["checkpoint_held_by"] == "", "", rng.choice(["yes", "no"], COUNT))
    if "some known" in name:
        frame["sponsor"] = np.where(rng.random(COUNT) < 0.1, "none", "")
        frame.loc[frame["sponsor"] != "", "perpetrator"] = ""
    return at.read_events(frame, ranks=RANKS, contexts=CONTEXTS, bundles=BUNDLES)


def one_by_one(model: at.Model, out: Path, replicates: int) -> xr.Dataset:
    """What `sbc` returns, for a model with bundles: each world is compiled anew. Worlds on disk are not done again."""
    out.mkdir(parents=True, exist_ok=True)
    found = []
    for position in range(replicates):
        kept = out / f"{position:04}.nc"
        if not kept.is_file():
            world(model, position).to_netcdf(kept)
            print(f"bundles: {position + 1} of {replicates}", flush=True)
        found.append(xr.load_dataset(kept))
    result = xr.concat(found, dim="replicate")
    result["p"] = ("parameter", p_value(result["rank"].values, TOP))
    result.attrs["checks"] = checks_json(verdicts(result))
    return result


def world(model: at.Model, position: int) -> xr.Dataset:
    """One world with bundles, its fit, and the ranks of the true parameters."""
    settings, rng = template("bundles"), np.random.default_rng([SEED, position])
    settings = settings.assign(claimed_by=("event", np.full(COUNT, "")))
    truth = {name: values[0] for name, values in prior_draws(lay(model, settings), 1, position).items()}
    events = at.simulate(model, settings, seed=position, parameters=truth)
    fitted = at.fit(model, events, seed=position, **SETTINGS)
    drawn = fitted["posterior"].to_dataset()
    spaced = np.linspace(0, SETTINGS["draws"] * SETTINGS["chains"] - 1, TOP).astype(int)
    values = {name: drawn[name].values.reshape(-1, *own.shape)[spaced] for name, own in truth.items()}
    ranks = {name: ranked(own.ravel(), values[name].reshape(TOP, -1), rng) for name, own in truth.items()}
    chance = fitted["attribution"]["mean"].transpose("event", "actor")
    names = chance["actor"].values.tolist()
    actor = np.array([names.index(name) for name in events["true_actor"].values])
    candidates = np.repeat(events["perpetrator"].values[:, None] == "", len(names), axis=1)
    r_hat, divergences = trouble(fitted)
    return xr.Dataset(
        {
            "rank": ("parameter", np.concatenate(list(ranks.values()))),
            **reliability(chance.values, actor, candidates),
            "r_hat": r_hat,
            "divergences": divergences,
        },
        coords={"variable": ("parameter", np.repeat(list(ranks), [own.size for own in ranks.values()]))},
    )


def row(name: str, result: xr.Dataset) -> dict[str, object]:
    """The verdicts of one model in a line."""
    checks = {check.name: check for check in at.diagnose(result)}
    parameters = [check for key, check in checks.items() if key.startswith("SBC of ")]
    worst = min(parameters, key=lambda check: check.value)
    return {
        "model": name,
        "worlds": result.sizes["replicate"],
        "ranked": result.sizes["parameter"],
        "smallest p, corrected": f"{worst.value:.3f} ({worst.name.removeprefix('SBC of ')})",
        "attributions p": f"{checks['coverage of attributions'].value:.3f}",
        "R-hat above 1.1": f"{checks['SBC sampler'].value:.3f}",
        "passed": all(check.passed for check in checks.values()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--report", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    log = options.out / "seconds.json"
    seconds = json.loads(log.read_text()) if log.is_file() else {}
    rows = []
    for name in options.models:
        kept = options.out / f"{name}.nc"
        if not kept.is_file() and not options.report:
            began = time.perf_counter()
            folder = options.out / "worlds" / name
            if name == "bundles":
                result = one_by_one(MODELS[name], folder, options.replicates)
            else:
                result = at.sbc(
                    MODELS[name],
                    template(name),
                    seed=SEED,
                    replicates=options.replicates,
                    workers=options.workers,
                    directory=folder,
                    progress=True,
                    **SETTINGS,
                )
            seconds[name] = round(time.perf_counter() - began)
            result.to_netcdf(kept)
            log.write_text(json.dumps(seconds))
        if kept.is_file():
            rows.append(row(name, xr.load_dataset(kept)) | {"seconds": seconds.get(name)})
            print(pd.DataFrame(rows[-1:]).to_string(index=False, header=len(rows) == 1), flush=True)
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()

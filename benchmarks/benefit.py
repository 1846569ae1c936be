"""Recovery and false positives of `benefit` in simulated worlds whose responses are known.

    python benchmarks/benefit.py --worlds 100 --out benefit_worlds      # resumable: one JSON file a kind of world
    python benchmarks/benefit.py --out benefit_worlds --report          # the table
    python benchmarks/benefit.py --figure docs/benefit.png              # the figure of the documentation

No fit is run: a posterior is made whose probabilities are calibrated, with what is shared between killings (the actors'
overall shares) uncertain from draw to draw. Worlds have eight areas, 1,400 days, three actors.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import attribution as at

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from inside.checking import Course, Law, respond, smoothed

ACTORS = ["IS", "regime security", "local factions"]
CLAIMS = [0.3, 0.05, 0.1]
AREAS, DAYS, FIRST = 8, 1400, np.datetime64("2019-01-01")
NONE = [[1.0, 1.0]] * 3
IS_ONLY = [[1.5, 2.0], [1.0, 1.0], [1.0, 1.0]]
WORLDS = {
    "nothing moves": {},
    "slow escalation of each area": {"wave": 90},
    "escalation of all areas": {"wave": 45, "together": True},
    "outcomes in bursts": {"bursts": True},
    "bursts and slow escalation": {"wave": 90, "bursts": True},
    "attribution uncertain": {"certain": False},
    "waves of a month": {"wave": 20},
    "response": {"ratio": IS_ONLY},
    "response, slow escalation": {"ratio": IS_ONLY, "wave": 90},
    "response, bursts": {"ratio": IS_ONLY, "bursts": True},
    "response, attribution uncertain": {"ratio": IS_ONLY, "certain": False},
}


def paths(rng: np.random.Generator, count: int, sd: float) -> np.ndarray:
    """Smooth random paths of unit variance."""
    path = smoothed(rng.standard_normal((count, DAYS + 800)), sd)[:, 400:-400]
    return (path - path.mean()) / path.std()


def burst(rng: np.random.Generator, rate: np.ndarray) -> np.ndarray:
    """Counts that come in bursts of 2.5 on average, spread over six days."""
    count = np.zeros(rate.shape)
    for area, day in np.argwhere(rng.poisson(rate / 2.5) > 0):
        for later in np.append(0, rng.integers(0, 6, rng.poisson(1.5))):
            if day + later < DAYS:
                count[area, day + later] += 1
    return count


def world(rng, ratio=NONE, wave=0, together=False, bursts=False, certain=True, draws=40):
    """A posterior, a table of outcomes, and the true area, day, actor and claim of each killing."""
    level = np.zeros((AREAS, DAYS))
    if wave:
        level = (
            0.7 * np.repeat(paths(rng, 1, wave), AREAS, axis=0) if together else 0.7 * paths(rng, AREAS, wave)
        )
        level = level - 0.25
    killings = rng.poisson(0.03 * np.exp(rng.normal(0, 0.5, (AREAS, 1)) + level))
    area, day = (np.repeat(index, killings[killings > 0]) for index in np.nonzero(killings))
    shared = rng.normal(0, 0.3, (draws + 1, 1, 3))  # the first is the truth, the others are posterior draws
    chance = rng.dirichlet([0.45, 0.35, 0.2], len(day))[None] * np.exp(shared)
    chance = chance / chance.sum(axis=-1, keepdims=True)
    who = (rng.random((len(day), 1)) > chance[0].cumsum(axis=1)).sum(axis=1).clip(0, 2)
    claimed = rng.random(len(day)) < np.array(CLAIMS)[who]
    if certain:
        chance = np.repeat(np.eye(3)[who][None], draws + 1, axis=0)
    own = np.log(np.array(ratio))[who, claimed.astype(int)]
    effect = np.zeros((AREAS, DAYS + 15))
    for step in range(1, 15):
        np.add.at(effect, (area, day + step), own)
    rate = 0.04 * np.exp(rng.normal(0, 0.5, (AREAS, 1)) + level + effect[:, :DAYS])
    count = burst(rng, rate) if bursts else rng.poisson(rate)
    table = pd.DataFrame(np.argwhere(count > 0), columns=["area", "day"])
    table = table.loc[np.repeat(table.index, count[count > 0].astype(int))]
    outcomes = pd.DataFrame(
        {"date": dates(table["day"]), "area": names(table["area"]), "kind": "threat to storm"}
    )
    by = np.where(claimed, np.array(ACTORS)[who], "")
    return posterior(rng, dates(day), names(area), by, chance[1:]), outcomes, (area, day, who, claimed, count)


def dates(day):
    """Days as text."""
    return [str(FIRST + np.timedelta64(int(step), "D")) for step in day]


def names(area):
    """Names of areas."""
    return [f"area {number}" for number in area]


def posterior(rng, date, area, by, chance):
    """What `fit` would return, as far as `benefit` reads it."""
    ids = [f"e{i:04}" for i in range(len(date))]
    frame = pd.DataFrame({"event_id": ids, "date": date, "area": area, "claimed_by": by})
    frame["claim_date"] = np.where(frame["claimed_by"] != "", frame["date"], "")
    events = at.read_events(frame)
    who = (rng.random((*chance.shape[:2], 1)) > chance.cumsum(axis=-1)).sum(axis=-1).clip(0, 2)
    group = xr.Dataset(
        {
            "mean": (("event", "actor"), chance.mean(axis=0)),
            "probability": (("chain", "draw", "event", "actor"), chance[None].astype(np.float32)),
            "perpetrator": (("chain", "draw", "event"), who[None].astype(np.int8)),
        },
        coords={"event": ids, "actor": ACTORS},
    )
    tree = xr.DataTree.from_dict({"attribution": group, "constant_data": events})
    tree.attrs = {"data_hash": events.attrs["data_hash"], "checks": "[]", "seed": 0}
    return tree


def drawn_instead(truth, tree):
    """Log ratios where perpetrators are drawn for every draw, as a multiple imputation would, instead of summed out."""
    area, day, _, claimed, count = truth
    law, found = Law(((-14, -1), (0, 0), (1, 14)), 20.0), []
    for who in tree["attribution"]["perpetrator"].values[0, ::4]:
        one = np.zeros((len(day), 6))
        one[np.arange(len(day)), 2 * who + claimed] = 1
        found.append(respond(count.astype(float), Course(area, day), one, law).log_ratio[2])
    return np.mean(found, axis=0).reshape(3, 2)


def one(name: str, seed: int) -> dict:
    """What `benefit` says of one world."""
    settings = WORLDS[name]
    tree, outcomes, truth = world(np.random.default_rng([seed, 11]), **settings)
    period = tuple(dates([0, DAYS - 1]))
    found = at.benefit(tree, outcomes, period=period, placebos=199, draws=10, seed=seed).isel(kind=0)
    keep = [name for name in found.data_vars if name.startswith(("rate_ratio", "excess", "p_"))]
    result = {name: found[name].values.tolist() for name in keep} | {"dispersion": float(found["dispersion"])}
    result |= {"killings": len(truth[1]), "outcomes": float(truth[4].sum())}
    if not settings.get("certain", True):
        result["drawn"] = drawn_instead(truth, tree).tolist()
    return result


def path_of(out: Path, name: str) -> Path:
    """The file of one kind of world."""
    return out / f"{name.replace(' ', '_').replace(',', '')}.json"


def run(worlds: int, out: Path) -> None:
    """Ten worlds of every kind in turn; those there already are not run again."""
    out.mkdir(parents=True, exist_ok=True)
    for upto in range(10, worlds + 1, 10):
        for name in WORLDS:
            path = path_of(out, name)
            done = json.loads(path.read_text()) if path.exists() else []
            done += [one(name, seed) for seed in range(len(done), upto)]
            path.write_text(json.dumps(done))
        print(upto, flush=True)


def report(out: Path) -> None:
    """The table of docs/benefit.md: ratios of IS, of all others, and shares in %."""
    head = (
        "world | worlds | IS, unclaimed | IS, claimed | others | in 95 % interval | p time | p space | both"
    )
    print(f"| {head} | any | before | dispersion |\n|{'---|' * 12}")
    for name, settings in WORLDS.items():
        done = json.loads(path_of(out, name).read_text())
        get = {key: np.array([each[key] for each in done], dtype=float) for key in done[0] if key != "drawn"}
        truth = np.array(settings.get("ratio", NONE))
        after = {key: get[key][..., 2] for key in get if get[key].ndim == 4}
        still, ratio = truth == 1, np.exp(np.log(after["rate_ratio"]).mean(axis=0))
        rest = np.exp(np.nanmean(np.log(after["rate_ratio"][:, 1:])))  # NaN where a group has no killings
        inside = (after["rate_ratio_low"] <= truth) & (truth <= after["rate_ratio_high"])
        inside = inside[np.isfinite(after["rate_ratio"])]
        low = [after["p_time"] <= 0.05, after["p_space"] <= 0.05]
        cells = [
            name,
            str(len(done)),
            f"{ratio[0, 0]:.2f}",
            f"{ratio[0, 1]:.2f}",
            f"{rest:.2f}",
            percent(inside),
        ]
        cells += [told(hits, still) for hits in (*low, low[0] & low[1])]
        cells += [percent(((after["p_time_any"] <= 0.05) & still).any(axis=(1, 2)))]
        cells += [percent(get["p_time"][..., 0] <= 0.05), f"{np.median(get['dispersion']):.1f}"]
        print("| " + " | ".join(cells) + " |")
        if "drawn" in done[0]:
            drawn = np.exp(np.mean([each["drawn"] for each in done], axis=0))
            print(
                f"    perpetrators drawn instead: IS {drawn[0].round(2)}, others {drawn[1:].round(2).tolist()}"
            )


def pooled(out: Path) -> None:
    """The positions of the worlds in which only the baseline moves, together."""
    done = [each for name in list(WORLDS)[:6] for each in json.loads(path_of(out, name).read_text())]
    p = {key: np.array([each[key] for each in done])[..., 2] for key in ("p_time", "p_space")}
    for level in (0.05, 0.1):
        low = [p[key] <= level for key in p]
        error = low[0].mean(axis=(1, 2)).std() / np.sqrt(len(done))
        shares = [f"{100 * hits.mean():.1f}" for hits in (*low, low[0] & low[1])]
        print(
            f"baseline only, {len(done)} worlds, {level}: {shares} (standard error in time {100 * error:.1f})"
        )


def percent(hits: np.ndarray) -> str:
    """Share of hits."""
    return f"{100 * hits.mean():.0f}"


def told(hits: np.ndarray, still: np.ndarray) -> str:
    """Share of hits where there is no response; after a stroke, where there is one."""
    return percent(hits[:, still]) + (f" / {percent(hits[:, ~still])}" if (~still).any() else "")


def figure(path: Path) -> None:
    """The figure of one world with a response, attribution uncertain."""
    tree, outcomes, _ = world(np.random.default_rng([3, 11]), **WORLDS["response, attribution uncertain"])
    rng = np.random.default_rng(3)
    other = pd.DataFrame(
        {"date": dates(rng.integers(0, DAYS, 400)), "area": names(rng.integers(0, AREAS, 400))}
    )
    table = pd.concat([outcomes, other.assign(kind="arrest")])
    found = at.benefit(tree, table, period=tuple(dates([0, DAYS - 1])))
    at.plot_benefit(found).savefig(path, dpi=110)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("benefit_worlds"))
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--figure", type=Path)
    given = parser.parse_args()
    if given.figure:
        figure(given.figure)
    elif given.report:
        report(given.out)
        pooled(given.out)
    else:
        run(given.worlds, given.out)


if __name__ == "__main__":
    main()

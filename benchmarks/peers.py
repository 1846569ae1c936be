"""Other methods on the folds and the information that `holdout` has, in one run.

    python benchmarks/peers.py --data FILE --mapping FILE --blocks time --json OUT [--ours] [--folds 10] [--seed 1]

FILE is any table as CSV; the mapping says what its columns are (`benchmarks/mapping.py`; examples in
`benchmarks/mappings/`). OUT holds, for each method, `log_score` (nats, lower is better) and its standard error,
`calibration_error` of the most probable actor with its 90 % interval, `top_1`, `top_3`, `brier` and `seconds`.

Every peer is tuned inside the training folds, by log score on inner folds of the kind it is tested on: five contiguous
blocks for a test in time. Events of one incident share an inner fold; whether they weigh as one is tuned too. To an
actor that training does not hold every peer gives one pseudo-observation, so that nothing scores infinity.
With --active FILE (examples in `benchmarks/active/`) first and last date of actors are known to all: ours has
`ActivePeriod`, and what a peer gives to an actor outside them goes to the others in proportion.
Needs the extra `benchmarks`. The methods:

    base rate    actors by area and period: kernel-weighted counts in time, shrunk to the rate of all areas
    logit        multinomial logit on one-hot categories and a spline in time, averaged over bootstrap refits (the
                 draws of a multiple imputation)
    naive bayes  categories and binned dates, independent given the actor
    lightgbm     boosted trees, their probabilities calibrated by a temperature learnt on the inner folds
    dawid-skene  sources only, with the labels of training as gold (where the mapping gives statements)
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from mapping import ACTIVITY, Mapped, default_model, read
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

import attribution as at

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from inside.checking import candidate_mask, cut, deal, incidents, middle, scorecard, split

Array = np.ndarray
INNER = 5
IMPUTATIONS = 10
RARE = 10
"""A category with fewer events than this is one of the rare, for the logit and naive Bayes."""


@dataclass(frozen=True)
class Data:
    """What a method may see: settings of all events, labels where `label` is not -1."""

    frame: pd.DataFrame
    categories: tuple[str, ...]
    numbers: tuple[str, ...]
    day: Array
    unit: Array
    label: Array
    actors: int
    blocks: str
    seed: int

    @property
    def known(self) -> Array:
        """Positions of the events with a label."""
        return np.flatnonzero(self.label >= 0)

    def weight(self, incident: bool) -> Array:
        """One an event, or one an incident."""
        return 1 / np.bincount(self.unit)[self.unit] if incident else np.ones(len(self.unit))


Method = Callable[..., Array]
"""Of data, positions to predict and settings: probabilities ``(position, actor)``."""


# ---- tuning


def inner_folds(data: Data) -> Array:
    """Inner fold of each event with a label, -1 for the others; of the same kind as the test's folds."""
    found, known = np.full(len(data.label), -1), data.known
    units, code = np.unique(data.unit[known], return_inverse=True)
    first = known[np.unique(code, return_index=True)[1]]
    count = np.bincount(code).astype(float)
    if data.blocks in ("time", "forward"):
        fold = cut(np.argsort(data.day[first], kind="stable"), count, INNER)
    elif data.blocks == "random":
        fold = cut(np.random.default_rng(data.seed).permutation(len(units)), count, INNER)
    else:
        labels, group = np.unique(data.frame[data.blocks].to_numpy(dtype=str)[first], return_inverse=True)
        fold = deal(np.bincount(group, count), min(INNER, len(labels)))[group]
    found[known] = fold[code]
    return found


def out_of_fold(method: Method, data: Data, settings: dict[str, Any]) -> Array:
    """Probabilities of the labelled events from inner fits that did not see them, ``(event, actor)``."""
    fold, found = inner_folds(data), np.full((len(data.label), data.actors), np.nan)
    for own in range(fold.max() + 1):
        test = np.flatnonzero(fold == own)
        without = data.label.copy()
        without[test] = -1
        if len(test) and (without >= 0).any():
            found[test] = method(replace(data, label=without), test, **settings)
    return found[data.known]


def tune(method: Method, data: Data, grid: dict[str, list[Any]]) -> dict[str, Any]:
    """The best settings by inner log score, one after the other; the first of each list is where it starts."""
    best = {name: values[0] for name, values in grid.items()}
    truth = data.label[data.known]
    score = inner_score(out_of_fold(method, data, best), truth)
    for name, values in grid.items():
        for value in values[1:]:
            found = inner_score(out_of_fold(method, data, best | {name: value}), truth)
            if found < score:
                best, score = best | {name: value}, found
    return best


def inner_score(chance: Array, truth: Array) -> float:
    """Mean log score."""
    return -float(np.nanmean(np.log(chance[np.arange(len(truth)), truth])))


def smoothed(chance: Array, data: Data) -> Array:
    """Probabilities after one pseudo-observation of every actor."""
    count = len(data.known)
    return (count * chance + 1) / (count + data.actors)


# ---- the methods


def base_rate(data: Data, test: Array, years: float, prior: float, incident: bool) -> Array:
    """Kernel-weighted counts by area, shrunk to those of all areas."""
    known = data.known
    weight = np.exp(-np.abs(data.day[test][:, None] - data.day[known][None]) / (365.25 * years))
    weight = np.maximum(weight, 1e-12) * data.weight(incident)[known]
    hot = np.eye(data.actors)[data.label[known]]
    everywhere = weight @ hot
    rate = smoothed(everywhere / everywhere.sum(axis=1, keepdims=True), data)
    if "area" not in data.frame:
        return rate
    area = data.frame["area"].to_numpy(dtype=str)
    local = (weight * (area[test][:, None] == area[known][None])) @ hot
    return (local + prior * rate) / (local.sum(axis=1, keepdims=True) + prior)


def one_hot(data: Data) -> Array:
    """Columns of every category that is not rare."""
    parts = []
    for name in data.categories:
        values = common(data.frame[name])
        parts.append(pd.get_dummies(values).to_numpy(dtype=float))
    return np.concatenate(parts, axis=1) if parts else np.empty((len(data.frame), 0))


def common(values: pd.Series[str]) -> pd.Series[str]:
    """Values of a category, the rare ones as one."""
    return values.mask(values.map(values.value_counts()) < RARE, "(rare)")


def design_matrix(data: Data, knots: int) -> Array:
    """Categories, a spline in time, splines in the coordinates, logs of the numbers (missing: their own column)."""
    from sklearn.preprocessing import SplineTransformer

    parts = [
        one_hot(data),
        SplineTransformer(knots, extrapolation="constant").fit_transform(data.day[:, None]),
    ]
    for name in data.numbers:
        values = data.frame[name].to_numpy(dtype=float)
        missing = np.isnan(values)
        if name in ("latitude", "longitude"):
            filled = np.where(missing, np.nanmean(values), values)
            parts.append(SplineTransformer(6, extrapolation="constant").fit_transform(filled[:, None]))
        else:
            logs = np.log1p(np.where(missing, np.nanmedian(values), values))
            parts.append(((logs - logs.mean()) / (logs.std() or 1))[:, None])
        parts.append(missing[:, None].astype(float))
    return np.concatenate(parts, axis=1)


def logit(data: Data, test: Array, strength: float, knots: int, incident: bool, draws: int = 1) -> Array:
    """Multinomial logit with a ridge; with more draws than one, the mean over bootstrap refits of whole incidents."""
    from sklearn.linear_model import LogisticRegression

    matrix, known = design_matrix(data, knots), data.known
    rng = np.random.default_rng(data.seed)
    _, unit = np.unique(data.unit[known], return_inverse=True)
    total = np.zeros((len(test), data.actors))
    for _ in range(draws):
        times = np.bincount(rng.integers(0, unit.max() + 1, unit.max() + 1), minlength=unit.max() + 1)
        drawn = (times if draws > 1 else np.ones_like(times))[unit] * data.weight(incident)[known]
        own = drawn > 0
        labels = data.label[known][own]
        if len(set(labels)) < 2:
            total[:, labels[0]] += 1
            continue
        model = LogisticRegression(C=strength, max_iter=300, tol=1e-3)
        model.fit(matrix[known][own], labels, sample_weight=drawn[own])
        total[:, model.classes_] += model.predict_proba(matrix[test])
    return smoothed(total / draws, data)


def naive_bayes(data: Data, test: Array, strength: float, bins: int, incident: bool) -> Array:
    """Categories and binned dates, independent given the actor."""
    columns = [common(data.frame[name]).to_numpy(dtype=str) for name in data.categories]
    columns += [binned(data.frame[name].to_numpy(dtype=float), 5) for name in data.numbers]
    columns += [binned(data.day, bins)] if bins else []
    known, weight = data.known, data.weight(incident)[data.known]
    hot = np.eye(data.actors)[data.label[known]] * weight[:, None]
    log_odds = np.log(hot.sum(axis=0) + 1)[None] + np.zeros((len(test), 1))
    for values in columns:
        _, code = np.unique(values, return_inverse=True)
        count = np.zeros((code.max() + 1, data.actors))
        np.add.at(count, code[known], hot)
        log_odds = log_odds + np.log((count + strength) / (count + strength).sum(axis=0))[code[test]]
    return smoothed(softmax(log_odds, axis=1), data)


def binned(values: Array, bins: int) -> Array:
    """Quantile bins; missing values are a bin of their own."""
    edges = np.nanquantile(values, np.linspace(0, 1, bins + 1)[1:-1])
    return np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="right"))


def lightgbm(
    data: Data, test: Array, trees: int, leaves: int, smallest: int, incident: bool, temperature: float = 1.0
) -> Array:
    """Boosted trees; their log probabilities are divided by a temperature."""
    import lightgbm as lgb

    columns = {name: pd.Categorical(data.frame[name]).codes for name in data.categories}
    columns |= {name: data.frame[name].to_numpy(dtype=float) for name in data.numbers}
    frame = pd.DataFrame(columns | {"day": data.day})
    known = data.known
    classes, label = np.unique(data.label[known], return_inverse=True)
    if len(classes) < 2:
        return smoothed(np.eye(data.actors)[classes[np.zeros(len(test), dtype=int)]], data)
    parameters = {
        "objective": "multiclass",
        "num_class": len(classes),
        "learning_rate": 0.05,
        "num_leaves": leaves,
        "min_data_in_leaf": smallest,
        "feature_fraction": 0.7,
        "cat_smooth": 20.0,
        "num_threads": 1,
        "seed": data.seed,
        "deterministic": True,
        "verbose": -1,
    }
    train = lgb.Dataset(
        frame.iloc[known],
        label,
        weight=data.weight(incident)[known],
        categorical_feature=list(data.categories),
    )
    model = lgb.train(parameters, train, num_boost_round=trees)
    found = np.zeros((len(test), data.actors))
    found[:, classes] = model.predict(frame.iloc[test])
    return softmax(np.log(smoothed(found, data)) / temperature, axis=1)


def temperature_of(chance: Array, truth: Array) -> float:
    """The temperature with the best inner log score."""
    own = ~np.isnan(chance).any(axis=1)
    logs = np.log(chance[own])

    def score(log_t: float) -> float:
        scaled = log_softmax(logs / np.exp(log_t), axis=1)
        return -float(scaled[np.arange(own.sum()), truth[own]].mean())

    return float(np.exp(minimize_scalar(score, bounds=(-2, 2), method="bounded").x))


def dawid_skene(data: Data, test: Array, said: pd.DataFrame) -> Array:
    """What sources say, each with its confusion matrix; events on which none spoke get the rate of the labels."""
    from crowdkit.aggregation import DawidSkene

    known = data.known
    rate = smoothed(np.bincount(data.label[known], minlength=data.actors)[None] / len(known), data)[0]
    gold = pd.Series(data.label[known], index=known)
    fitted = DawidSkene(n_iter=100).fit(said, true_labels=gold[gold.index.isin(said["task"])])
    chance = fitted.probas_.reindex(index=test, columns=range(data.actors)).fillna(0).to_numpy(copy=True)
    silent = ~np.isin(test, said["task"])
    chance[silent] = rate
    return smoothed(chance / chance.sum(axis=1, keepdims=True), data)


GRIDS: dict[str, tuple[Method, dict[str, list[Any]]]] = {
    "base rate": (
        base_rate,
        {
            "years": [2.0, 0.5, 1.0, 4.0, 8.0, 30.0],
            "prior": [5.0, 1.0, 2.0, 10.0, 30.0],
            "incident": [False, True],
        },
    ),
    "logit": (
        logit,
        {"strength": [0.3, 0.03, 0.1, 1.0, 3.0], "knots": [10, 5, 20], "incident": [False, True]},
    ),
    "naive bayes": (
        naive_bayes,
        {"strength": [1.0, 0.1, 5.0, 20.0], "bins": [0, 5, 10, 20], "incident": [False, True]},
    ),
    "lightgbm": (
        lightgbm,
        {"trees": [100, 30, 60, 200], "leaves": [7, 3, 15], "smallest": [20, 60], "incident": [False, True]},
    ),
}


def tuned(name: str, data: Data, test: Array) -> Array:
    """Probabilities of a peer tuned on its training labels."""
    method, grid = GRIDS[name]
    best = tune(method, data, grid)
    if name == "logit":
        best["draws"] = IMPUTATIONS
    if name == "lightgbm":
        best["temperature"] = temperature_of(out_of_fold(method, data, best), data.label[data.known])
    return method(data, test, **best)


# ---- the run


def laid_out(mapped: Mapped, blocks: str, seed: int) -> Data:
    """The events as the peers see them."""
    frame = at.to_frame(mapped.events)
    names = [name for name in (*ACTIVITY, *mapped.categories, *mapped.covariates) if name in frame]
    if mapped.evidence and "claimed_by" in frame:
        names.append("claimed_by")
    for voice, values in spoken_columns(mapped).items():
        frame[voice] = values
        names.append(voice)
    numbers = tuple(dict.fromkeys(name for name in names if frame[name].dtype.kind in "fi"))
    categories = tuple(dict.fromkeys(name for name in names if name not in numbers))
    known = candidate_mask(mapped.events, mapped.actors)
    label = np.where(known.sum(axis=1) == 1, known.argmax(axis=1), -1)
    day = middle(mapped.events).astype("datetime64[D]").astype(float)
    unit = incidents(mapped.events)[0]
    return Data(frame, categories, numbers, day, unit, label, len(mapped.actors), blocks, seed)


def spoken_columns(mapped: Mapped) -> dict[str, list[str]]:
    """For each source and kind, whom it names on each event."""
    if not mapped.evidence or "statement_event" not in mapped.events:
        return {}
    said = at.to_frame(mapped.events, "statements")
    voice = said["source"] + " | " + said["kind"]
    events = mapped.events["event"].values
    return {
        name: own.drop_duplicates("event_id")
        .set_index("event_id")["actor"]
        .reindex(events)
        .fillna("")
        .tolist()
        for name, own in said.groupby(voice)
    }


def active_then(mapped: Mapped) -> Array:
    """Whether each actor was active at each event, ``(event, actor)``."""
    if not mapped.active:
        return np.ones((mapped.events.sizes["event"], len(mapped.actors)), dtype=bool)
    term = at.ActivePeriod(mapped.active)
    return (
        np.stack([*term.keys(mapped.events, term.levels(mapped.events, mapped.actors)).values()], axis=1) == 1
    )


def accusations(mapped: Mapped) -> pd.DataFrame | None:
    """Accusations and confessions as crowd-kit reads them: task, worker, label."""
    if not mapped.evidence or "statement_event" not in mapped.events:
        return None
    said = at.to_frame(mapped.events, "statements")
    said = said[said["kind"].ne("denial") & said["actor"].isin(mapped.actors)]
    return pd.DataFrame(
        {
            "task": pd.Index(mapped.events["event"].values).get_indexer(pd.Index(said["event_id"])),
            "worker": said["source"] + " | " + said["kind"],
            "label": [mapped.actors.index(actor) for actor in said["actor"]],
        }
    )


def peers(mapped: Mapped, options: argparse.Namespace, names: Iterable[str]) -> dict[str, dict[str, float]]:
    """Scores of each peer."""
    seed, mask = options.seed, candidate_mask(mapped.events, mapped.actors)
    data = laid_out(mapped, options.blocks, seed)
    dealt = split(mapped.events, mask, options.blocks, options.folds, seed)
    said, active = accusations(mapped), active_then(mapped)
    found = {}
    for name in names:
        start, chance = time.perf_counter(), np.full((len(data.label), data.actors), np.nan)
        for fold in dealt.scored:
            test = np.flatnonzero(dealt.test(fold))
            seen = replace(data, label=np.where(dealt.hidden(fold, options.label_fraction), -1, data.label))
            if name == "dawid-skene":
                chance[test] = dawid_skene(seen, test, said)
            else:
                chance[test] = tuned(name, seen, test)
        chance = np.where(active, chance, 0.0)
        chance /= chance.sum(axis=1, keepdims=True)
        seconds = time.perf_counter() - start
        scored = np.flatnonzero(~np.isnan(chance).any(axis=1))
        probability = xr.DataArray(
            chance[scored], dims=("event", "actor"), coords={"actor": list(mapped.actors)}
        )
        truth = xr.DataArray(np.array(mapped.actors)[data.label[scored]], dims="event")
        card = scorecard(probability, truth, seed=seed, cluster=data.unit[scored])
        keep(options.scores, name, probability, truth, dealt.fold[scored], card["log_score"].values)
        found[name] = entry(card, seconds)
        print(name, json.dumps(found[name]), flush=True)
    return found


def ours(mapped: Mapped, options: argparse.Namespace) -> dict[str, float]:
    """Scores of the library's default model."""
    start = time.perf_counter()
    result = at.holdout(
        default_model(mapped),
        mapped.events,
        seed=options.seed,
        blocks=options.blocks,
        folds=options.folds,
        label_fraction=options.label_fraction,
        draws=options.draws,
        tune=options.tune or options.draws,
        chains=options.chains,
        workers=options.workers,
        directory=options.directory,
        progress=True,
    )
    keep(
        options.scores,
        "attribution",
        *(result["probability"], result["truth"], result["fold"].values, result["log_score"].values),
    )
    return entry(result, time.perf_counter() - start) | coverage(result)


def keep(
    folder: Path | None,
    name: str,
    probability: xr.DataArray,
    truth: xr.DataArray,
    fold: np.ndarray,
    log_score: np.ndarray,
) -> None:
    """A method's probabilities and scores, event by event, for `validation_figures.py`."""
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    chance = ("event", "actor"), probability.transpose("event", "actor").values
    each = {"truth": truth.values.astype(str), "fold": fold, "log_score": log_score}
    kept = xr.Dataset({"probability": chance} | {key: ("event", values) for key, values in each.items()})
    kept.assign_coords(actor=probability["actor"].values).to_netcdf(folder / f"{name}.nc")


def coverage(result: xr.Dataset) -> dict[str, float]:
    """Percentage of blocks and actors whose share lies in its interval; those certain to be zero are left out."""
    truth, share = result["share_true"], result["share"]
    counted = ((share.max("quantile_level") > 0) | (truth > 0)).values
    found = {}
    for level in (0.5, 0.8, 0.95):
        low, high = (
            share.sel(quantile_level=q, method="nearest") for q in ((1 - level) / 2, (1 + level) / 2)
        )
        inside = ((low <= truth + 1e-9) & (truth <= high + 1e-9)).values[counted]
        found[f"share_coverage_{level:.0%}"] = round(100 * float(inside.mean()), 1)
    return found


def entry(card: xr.Dataset, seconds: float) -> dict[str, float]:
    """One method's figures."""
    own = card["summary"].sel(group="(all)").to_series().round(4)
    return {str(name): float(value) for name, value in own.items()} | {"seconds": round(seconds, 1)}


def main() -> None:
    """Read, run, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--mapping", type=Path, required=True)
    parser.add_argument("--active", type=Path, help="first and last date of actors")
    parser.add_argument("--blocks", default="time", help="time, forward, random, or a column")
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--label-fraction", type=float, default=1.0, help="share of the training labels kept")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, required=True, help="file to write")
    parser.add_argument("--only", nargs="*", help="these peers only; none with nothing")
    parser.add_argument("--ours", action="store_true", help="the library's default model too")
    parser.add_argument("--draws", type=int, default=300, help="of our sampler; as many to tune it")
    parser.add_argument("--tune", type=int, help="iterations to tune it, where another number")
    parser.add_argument("--chains", type=int, default=2, help="of our sampler")
    parser.add_argument("--workers", type=int, help="processes for our folds; 0: this one only")
    parser.add_argument("--scores", type=Path, help="folder for the probabilities of each event, by method")
    parser.add_argument("--directory", type=Path, help="folder for our finished folds")
    options = parser.parse_args()
    mapped = read(options.data, options.mapping, options.active)
    names = options.only if options.only is not None else [*GRIDS]
    if options.only is None and accusations(mapped) is not None:
        names.append("dawid-skene")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*lbfgs failed to converge.*")
        found = peers(mapped, options, names)
    if options.ours:
        found["attribution"] = ours(mapped, options)
    known = int((mapped.events["perpetrator"].values != "").sum())
    about = {"data": options.data.name, "mapping": options.mapping.name, "blocks": options.blocks}
    about |= {
        "active": options.active and options.active.name,
        "label_fraction": options.label_fraction,
        "folds": options.folds,
        "seed": options.seed,
        "known": known,
        "actors": list(mapped.actors),
    }
    options.json.write_text(json.dumps({"about": about, "methods": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""`holdout`: how well hidden perpetrators are recovered, from fits that did not see their labels."""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import xarray as xr

from attribution.compute.random_numbers import Stream
from attribution.errors import AttributionError, ModelError
from attribution.events.candidates import incidents
from attribution.fitting.refits import Compiled, attributed, compile_once, draws_of, largest, refit, trouble
from attribution.fitting.sampling import Settings, check_settings
from attribution.fitting.scoring import QUANTILES
from attribution.model.design import Design, lay, merge
from attribution.model.specification import Model, refuse_couplings, to_json
from attribution.model.variants import with_candidates, without_evidence
from attribution.runs.jobs import Plan, run, share_of
from attribution.validation.folds import Split, split
from attribution.validation.scorecard import scorecard


def holdout(
    model: Model,
    events: xr.Dataset,
    *,
    seed: int,
    blocks: str = "time",
    folds: int = 10,
    mask_evidence: bool = False,
    label_fraction: float = 1.0,
    draws: int = 300,
    tune: int = 300,
    chains: int = 2,
    target_accept: float = 0.8,
    client: Any = None,
    workers: int | None = None,
    directory: str | os.PathLike[str] | None = None,
    progress: bool = False,
) -> xr.Dataset:
    """Probabilities of known perpetrators from fits in which their labels were hidden, and their scores.

    Labels are hidden, never rows: the settings of all events stay in every fit, as they would if
    nobody had been identified. In each fold the label of each of its events, whole or partial, is
    taken away; those that had a known perpetrator are scored. The model is compiled once in each
    worker.

    Parameters
    ----------
    model
        The model to test.
    events
        What `read_events` returns. Events without a known perpetrator are never scored and keep
        their place. Columns that were coded from the perpetrator (a motive, a bloc) leak it: leave
        them out of the model.
    seed
        Seed of the folds, of which labels are thinned out, and of the samplers.
    blocks
        `"time"`: contiguous blocks, each predicted from all others. `"forward"`: each predicted
        from those before it only, so that neither labels nor evidence of later events are seen, and
        the first block is not scored. `"random"`. Or a column, such as `"area"`, whose values stay
        whole. Events of one `incident` always share a fold, else a label would leak to the killings
        beside it.
    folds
        Number of folds, about equally many labels in each.
    mask_evidence
        Whether claims and statements on the held-out events are hidden too. Hidden is not silent:
        every law then says nothing on these events.
    label_fraction
        Share of the labels in training that is kept, whole incidents at a time. With the same seed,
        a smaller share is part of a larger one.
    draws, tune, chains, target_accept
        As for `fit`, for each fold.
    client
        A `dask.distributed.Client`; None for processes of this machine.
    workers
        Number of local processes; None for one a core, 0 for this process alone.
    directory
        Folder in which finished folds are kept.
    progress
        Whether to count finished folds on the standard error. Of these four: `docs/workers.md`.

    Returns
    -------
    xarray.Dataset
        Dimensions `event` (the scored events, in the order of the table), `actor`, `block`,
        `quantile_level`, `measure`, `group`:

        * `probability[event, actor]`, the posterior mean, and `truth[event]`, the label;
        * `fold[event]`, a position on `block`; `incident[event]` where the events have it;
        * `log_score`, `brier`, `top_1`, `top_3`, per event, and `summary[measure, group]`: see
          `validation/scorecard.py`;
        * per fold quantiles of each actor's share of its scored events, over parameters and actors
          drawn, `share[quantile_level, block, actor]`, and the share by the labels,
          `share_true[block, actor]`;
        * per fold `span[block]` (dates, or values of the column), `r_hat[block]` (largest of all
          parameters), `divergences[block]` and `trained[block]` (labels seen).

        Attributes: `model`, `data_hash`, `settings` (JSON) and `failed` (JSON: folds that could not
        be fitted, and why; their events are not in the result, and a warning says so).

    Raises
    ------
    AttributionError
        Settings that make no sense, a column that is not there, a folder of another run.
    ModelError
        The events lack what a component needs; or the model has a law of many events at once
        (`Bundles`).
    FitError
        No fold could be fitted.

    Examples
    --------
    >>> result = holdout(model, events, seed=1, progress=True)  # doctest: +SKIP
    >>> result["summary"].sel(group="(all)").to_series()  # doctest: +SKIP
    """
    sampling = Settings(draws, tune, chains, target_accept)
    check_settings(sampling, seed)
    refuse_couplings(model, "holdout")
    if not 0 < label_fraction <= 1:
        raise AttributionError(f"label_fraction={label_fraction}: give a share above 0, at most 1.")
    if mask_evidence and not model.evidence:
        raise ModelError("mask_evidence=True has nothing to hide: the model has no evidence law.")
    design = lay(model, events)
    dealt = split(events, design.candidates, blocks, folds, seed)
    job = Job(
        model,
        events,
        dealt,
        sampling,
        Hiding(mask_evidence, label_fraction),
        seed,
        None if client is not None or workers == 0 else share_of(workers),
    )
    settings = {"blocks": blocks, "folds": folds, "seed": seed} | asdict(job.hiding) | asdict(job.settings)
    plan = Plan(
        f"holdout by {blocks}",
        prepare,
        fold_result,
        job,
        {f"fold_{fold:03}": fold for fold in dealt.scored},
        {"model": to_json(model), "data_hash": events.attrs["data_hash"]}
        | {name: json.dumps(value) for name, value in settings.items()},
    )
    found, failures = run(plan, client=client, workers=workers, directory=directory, progress=progress)
    if failures:
        listed = "\n".join(f"  {name}: {reason}" for name, reason in failures.items())
        warnings.warn(
            f"Some folds are missing from the result; their events are not scored.\n{listed}", stacklevel=2
        )
    result = joined_folds(list(found.values()), design, events, dealt, seed)
    result.attrs = {
        "model": to_json(model),
        "data_hash": events.attrs["data_hash"],
        "settings": json.dumps(settings),
        "failed": json.dumps(failures),
    }
    return result


@dataclass(frozen=True)
class Hiding:
    """What is hidden beside the labels of a fold; see `holdout`."""

    mask_evidence: bool
    label_fraction: float


@dataclass(frozen=True)
class Job:
    """All that the folds share: model, data, settings."""

    model: Model
    events: xr.Dataset
    split: Split
    settings: Settings
    hiding: Hiding
    seed: int
    cores: int | None


@dataclass(frozen=True)
class Prepared:
    """A job laid out and compiled."""

    job: Job
    design: Design
    compiled: Compiled


def masked(design: Design, dealt: Split, fold: int, hiding: Hiding) -> Design:
    """The design as a fold sees it: labels gone, and evidence where it is hidden or belongs to the future."""
    unknown = dealt.hidden(fold, hiding.label_fraction)
    seen = with_candidates(design, design.candidates | unknown[:, None])
    if not hiding.mask_evidence and not dealt.forward:
        return seen
    tested = (dealt.fold == fold) & hiding.mask_evidence
    return without_evidence(seen, tested | dealt.future(fold))


def prepare(job: Job) -> Prepared:
    """Lay the model out and compile it for the largest fold."""
    design = lay(job.model, job.events)
    seen = [masked(design, job.split, fold, job.hiding) for fold in job.split.scored]
    return Prepared(job, design, compile_once(seen[0], largest(seen), job.settings, job.cores))


def fold_result(prepared: Prepared, fold: int) -> xr.Dataset:
    """Probabilities of the events of one fold."""
    job, dealt = prepared.job, prepared.job.split
    design = masked(prepared.design, dealt, fold, job.hiding)
    seed = int(np.random.SeedSequence([job.seed, fold]).generate_state(1)[0])
    trace = refit(prepared.compiled, design, seed)
    test = np.flatnonzero(dealt.test(fold))
    chance, share = attributed(
        prepared.compiled, restricted(design, test), draws_of(trace), [seed, Stream.SCORING]
    )
    r_hat, divergences = trouble(trace)
    return xr.Dataset(
        {
            "probability": (("event", "actor"), chance / chance.sum(axis=1, keepdims=True)),
            "fold": ("event", np.full(len(test), fold)),
            "position": ("event", test),
            "share": (("quantile_level", "block", "actor"), np.quantile(share, QUANTILES, axis=0)[:, None]),
            "r_hat": ("block", [r_hat]),
            "divergences": ("block", [divergences]),
            "trained": (
                "block",
                [int((dealt.labelled & ~dealt.hidden(fold, job.hiding.label_fraction)).sum())],
            ),
        },
        coords={"block": [fold], "actor": list(design.actors), "quantile_level": list(QUANTILES)},
    )


def restricted(design: Design, events: np.ndarray) -> Design:
    """The design of some of its events."""
    parts = tuple(replace(part, index=part.index[events]) for part in design.parts)
    return merge(design.actors, parts, (), design.candidates[events], design.event_weight[events])


def joined_folds(
    found: list[xr.Dataset], design: Design, events: xr.Dataset, dealt: Split, seed: int
) -> xr.Dataset:
    """The folds as one dataset, in the order of the events, with their scores."""
    per_event = ("probability", "fold", "position")
    joined = xr.concat([own[list(per_event)] for own in found], dim="event")
    joined = joined.isel(event=np.argsort(joined["position"].values))
    position = joined["position"].values
    joined = joined.drop_vars("position").assign_coords(event=events["event"].values[position])
    truth = np.array(design.actors)[design.candidates[position].argmax(axis=1)]
    joined["truth"] = ("event", truth)
    unit, first = incidents(events)
    if "incident" in events:
        joined["incident"] = ("event", events["event"].values[first[unit[position]]])
    per_fold = xr.concat([own.drop_vars(per_event) for own in found], dim="block")
    result = xr.merge([joined, per_fold])
    result["span"] = ("block", np.array([dealt.block[fold] for fold in result["block"].values], dtype=str))
    of = joined["fold"].values[:, None] == result["block"].values
    did = truth[:, None] == result["actor"].values
    result["share_true"] = (("block", "actor"), (of.T.astype(float) @ did) / of.sum(axis=0)[:, None])
    card = scorecard(joined["probability"], joined["truth"], seed=seed, cluster=unit[position])
    return xr.merge([result, card])

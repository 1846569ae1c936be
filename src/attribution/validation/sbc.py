"""`sbc`: whether the truths of worlds drawn from the prior lie where their posteriors say."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from scipy.stats import norm

from attribution.arrays import Floats
from attribution.compute.random_numbers import Stream, categorical
from attribution.errors import AttributionError, Check
from attribution.events.provenance import data_hash
from attribution.fitting.check_records import at_least, at_most
from attribution.fitting.diagnostics import to_json as checks_json
from attribution.fitting.refits import Compiled, compile_once, draws_of, largest, refit, table_values, trouble
from attribution.fitting.sampling import Settings, check_settings
from attribution.model.actors import attribute_cells
from attribution.model.design import Design, lay, levels_of
from attribution.model.prior import prior_draws
from attribution.model.specification import Model, refuse_couplings, to_json
from attribution.model.tables import Draws, batches
from attribution.model.variants import Sizes
from attribution.model.worlds import World, recorded, worlds
from attribution.runs.jobs import Plan, run, share_of
from attribution.validation.uniformity import p_value

TOP = 100
"""Draws that a truth is ranked among, spread evenly over the posterior's."""

BINS = 10
LEVEL = 0.01
"""Probability of a false alarm of each check."""

DISAGREE, LONGER = 1.1, 4
"""R-hat above which a world is fitted once more, and how many times the iterations it then has."""

REMEDY = "Fit a world by hand (simulate, fit, diagnose): longer chains mend a sampler, else a law is wrong."


def sbc(
    model: Model,
    events: xr.Dataset,
    *,
    seed: int,
    replicates: int = 200,
    draws: int = 500,
    tune: int = 500,
    chains: int = 2,
    target_accept: float = 0.8,
    client: Any = None,
    workers: int | None = None,
    directory: str | os.PathLike[str] | None = None,
    progress: bool = False,
) -> xr.Dataset:
    """Simulation-based calibration: whether fits recover what the model says, with the certainty they claim.

    Parameters are drawn from the prior, perpetrators, claims and statements from these, for the
    settings of the events; the model is fitted to each such world. If prior, likelihood, sampler
    and scoring agree, the rank of each true value among the posterior's draws is uniform, and
    events given probability p to an actor are that actor's in a fraction p. It says that the
    computation is right, not that the model is true of any war.

    Parameters
    ----------
    model
        The model to test.
    events
        Settings and the pattern of labels, as `read_events` returns them; see `simulate`.
        `incident` is not used: its weights are no probability law, so worlds cannot be drawn from
        them.
    seed
        Seed of the worlds and the samplers.
    replicates
        Number of worlds.
    draws, tune, chains, target_accept
        As for `fit`; draws times chains must be at least 100, of which evenly spaced ones are
        ranked among.
    client, workers, directory, progress
        As for `holdout`, of worlds in place of folds: `docs/workers.md`.

    Returns
    -------
    xarray.Dataset
        * `rank[replicate, parameter]`, 0 to 100: of every element of every parameter, labelled as
          `timing_raw[1, IS]`, and of the share of killings of each actor, as `share[IS]`;
          `variable[parameter]`;
        * `p[parameter]`: probability of ranks as uneven as these, for each alone; see
          `validation/uniformity.py`;
        * `predicted`, `observed`, `count` `[replicate, bin]`: over pairs of an event whose
          perpetrator was hidden and a candidate, sums of the probability and of being right, by
          bins of the probability;
        * `r_hat[replicate]`, `divergences[replicate]`, and `longer[replicate]`: whether its chains
          had an R-hat above 1.1 and it was fitted once more with four times the iterations, as one
          would.

        Attributes: `model`, `settings`, `failed`, and `checks`, which `diagnose` reads: one for
        each parameter, with the smallest p of its elements times the number of all that were ranked
        (Bonferroni), and one for the attributions.

    Raises
    ------
    AttributionError
        Too few draws, chains or replicates, or a folder of another run.
    ModelError
        The events lack what a component needs; or the model has a law of many events at once
        (`Bundles`).
    FitError
        No world could be fitted.

    References
    ----------
    Talts, S., Betancourt, M., Simpson, D., Vehtari, A. and Gelman, A. (2018). Validating Bayesian
    inference algorithms with simulation-based calibration. doi:10.48550/arXiv.1804.06788

    Modrák, M. et al. (2025). Simulation-based calibration checking for Bayesian computation: the
    choice of test quantities shapes sensitivity. Bayesian Analysis 20, 461-488.
    doi:10.1214/23-BA1404

    Examples
    --------
    >>> result = sbc(model, events, seed=1, replicates=200, progress=True)  # doctest: +SKIP
    >>> [check.sentence for check in diagnose(result) if not check.passed]  # doctest: +SKIP
    []
    """
    settings = Settings(draws, tune, chains, target_accept)
    check_settings(settings, seed)
    refuse_couplings(model, "sbc")
    if draws * chains < TOP or chains < 2 or replicates < 2:
        raise AttributionError(
            f"sbc(draws={draws}, chains={chains}, replicates={replicates}): give two chains with at least {TOP} draws "
            f"altogether, and two replicates."
        )
    template = events.drop_vars("incident", errors="ignore")
    if "claimed_by" not in template:
        template = template.assign(claimed_by=("event", np.full(template.sizes["event"], "")))
    cores = None if client is not None or workers == 0 else share_of(workers)
    job = drawn_job(model, template, settings, replicates, seed, cores)
    stated = {"seed": seed, "replicates": replicates} | asdict(settings)
    plan = Plan(
        "sbc",
        prepare,
        replicate_result,
        job,
        {f"world_{position:04}": position for position in range(replicates)},
        {"model": to_json(model), "data": data_hash(template)}
        | {name: json.dumps(value) for name, value in stated.items()},
    )
    found, failures = run(plan, client=client, workers=workers, directory=directory, progress=progress)
    if failures:
        listed = "\n".join(f"  {name}: {reason}" for name, reason in failures.items())
        warnings.warn(f"{len(failures)} of {replicates} worlds are missing.\n{listed}", stacklevel=2)
    result = xr.concat(list(found.values()), dim="replicate")
    result["p"] = ("parameter", p_value(result["rank"].values, TOP))
    result.attrs = {
        "model": to_json(model),
        "settings": json.dumps(stated),
        "failed": json.dumps(failures),
        "checks": checks_json(verdicts(result)),
    }
    return result


@dataclass(frozen=True)
class Job:
    """All that the replicates share: the worlds, and how they are fitted."""

    model: Model
    template: xr.Dataset
    settings: Settings
    truth: Draws
    worlds: Sequence[World]
    sizes: Sizes
    seed: int
    cores: int | None


@dataclass(frozen=True)
class Prepared:
    """A job laid out and compiled."""

    job: Job
    design: Design
    compiled: Compiled


def drawn_job(
    model: Model, template: xr.Dataset, settings: Settings, replicates: int, seed: int, cores: int | None
) -> Job:
    """Draw the worlds, and find the size that the data of each of them fit into."""
    design = lay(model, template)
    truth = prior_draws(design, replicates, seed)
    simulator, rng = worlds(design, template), np.random.default_rng([seed, Stream.SBC_WORLDS])
    found = [world for batch in batches(truth, min(50, replicates)) for world in simulator(batch, rng)][
        :replicates
    ]
    job = Job(model, template, settings, truth, found, {}, seed, cores)
    return replace(
        job, sizes=largest(laid_over_world(job, design, position) for position in range(replicates))
    )


def laid_over_world(job: Job, design: Design, position: int) -> Design:
    """The model laid over a world as it would be recorded, with the levels of the template."""
    rng = np.random.default_rng([job.seed, Stream.SBC_RECORDS, position])
    return lay(job.model, recorded(design, job.template, job.worlds[position], rng), levels_of(design))


def prepare(job: Job) -> Prepared:
    """Lay the model out and compile it for the largest world."""
    design = lay(job.model, job.template)
    return Prepared(
        job, design, compile_once(laid_over_world(job, design, 0), job.sizes, job.settings, job.cores)
    )


def replicate_result(prepared: Prepared, position: int) -> xr.Dataset:
    """Ranks and attributions of one world."""
    job = prepared.job
    actor = job.worlds[position].actor
    design = laid_over_world(job, prepared.design, position)
    rng = np.random.default_rng([job.seed, Stream.SBC_REFITS, position])
    own_seed = int(rng.integers(2**32))
    trace = refit(prepared.compiled, design, own_seed)
    r_hat, divergences = trouble(trace)
    longer = not r_hat <= DISAGREE
    if longer:
        trace = refit(lengthened(prepared.compiled), design, own_seed)
        r_hat, divergences = trouble(trace)
    draws = draws_of(trace)
    spaced = np.linspace(0, len(next(iter(draws.values()))) - 1, TOP).astype(int)
    draws = {name: drawn[spaced] for name, drawn in draws.items()}
    chance, _ = attribute_cells(design, table_values(prepared.compiled, design, draws))
    chance = chance[:, design.cell]
    shares = shares_of(categorical(chance, rng), len(design.actors))
    values = {name: drawn.reshape(TOP, -1) for name, drawn in draws.items()} | {"share": shares}
    truths = {name: job.truth[name][position].reshape(-1) for name in draws}
    truths["share"] = shares_of(actor[None], len(design.actors))[0]
    parameters = trace["posterior"].to_dataset()
    labels = {name: labels_of(parameters[name]) for name in draws} | {"share": list(design.actors)}
    return xr.Dataset(
        {
            "rank": (
                "parameter",
                np.concatenate([ranked(truths[name], values[name], rng) for name in values]),
            ),
            **reliability(chance.mean(axis=0), actor, design.candidates),
            "r_hat": r_hat,
            "divergences": divergences,
            "longer": longer,
        },
        coords={
            "parameter": [f"{name}[{own}]" if own else name for name in values for own in labels[name]],
            "variable": ("parameter", np.repeat(list(values), [len(labels[name]) for name in values])),
        },
    )


def lengthened(compiled: Compiled) -> Compiled:
    """The same, sampled for longer: what one does with a fit whose chains do not agree."""
    own = compiled.settings
    return replace(compiled, settings=replace(own, draws=LONGER * own.draws, tune=LONGER * own.tune))


def shares_of(actor: np.ndarray, actors: int) -> Floats:
    """Share of each actor, ``(sample, actor)``, from actors ``(sample, event)``."""
    return np.stack([(actor == k).mean(axis=1) for k in range(actors)], axis=1)


def ranked(truth: Floats, values: Floats, rng: np.random.Generator) -> np.ndarray:
    """How many draws lie below each truth; ties are broken at random."""
    below, tied = (values < truth).sum(axis=0), (values == truth).sum(axis=0)
    return np.asarray(below + rng.integers(0, tied + 1))


def labels_of(values: xr.DataArray) -> list[str]:
    """Labels of a parameter's elements in the order of its flattened array; one empty label for a scalar."""
    dims = [dim for dim in values.dims if dim not in ("chain", "draw")]
    if not dims:
        return [""]
    index = np.indices([values.sizes[dim] for dim in dims]).reshape(len(dims), -1)
    labels = [values[dim].values.astype(str)[own] for dim, own in zip(dims, index, strict=True)]
    return [", ".join(own) for own in zip(*labels, strict=True)]


def reliability(chance: Floats, actor: np.ndarray, candidates: np.ndarray) -> dict[str, Any]:
    """Sums over pairs of an open event and a candidate, by bins of the probability."""
    pairs = candidates & (candidates.sum(axis=1) > 1)[:, None]
    p, right = chance[pairs], (actor[:, None] == np.arange(chance.shape[1]))[pairs]
    own = np.minimum((p * BINS).astype(int), BINS - 1)
    sums = {"predicted": p, "observed": right, "count": np.ones_like(p)}
    return {name: ("bin", np.bincount(own, values, minlength=BINS)) for name, values in sums.items()}


# ---- the verdict


def verdicts(result: xr.Dataset) -> list[Check]:
    """One check for each parameter, one for the attributions, and one for the sampler."""
    tests = result.sizes["parameter"]
    checks = []
    for name in dict.fromkeys(result["variable"].values.tolist()):
        own = result["p"].values[result["variable"].values == name]
        adjusted = min(1.0, float(own.min()) * tests)
        sentence = (
            f"True values of {name} lie anywhere in its posterior: probability of ranks as uneven as these"
        )
        checks.append(at_least(f"SBC of {name}", adjusted, LEVEL, sentence, REMEDY))
    return [*checks, attribution_check(result), sampler_check(result)]


def attribution_check(result: xr.Dataset) -> Check:
    """Whether probabilities of attribution hold, bin by bin; worlds are independent, events of a world are not."""
    gap = result["observed"].values - result["predicted"].values
    spread = np.sqrt((gap**2).sum(axis=0))
    used = spread > 0
    if not used.any():
        return Check("coverage of attributions", None, np.nan, LEVEL, "No event was left to attribute.")
    z = np.abs(gap.sum(axis=0)[used] / spread[used]).max()
    adjusted = min(1.0, float(2 * norm.sf(z)) * int(used.sum()))
    sentence = "Events given a probability are right that often: probability of gaps as large as these"
    return at_least("coverage of attributions", adjusted, LEVEL, sentence, REMEDY)


def sampler_check(result: xr.Dataset) -> Check:
    """Share of worlds whose chains did not agree, which spoils their ranks."""
    bad = float((~(result["r_hat"].values <= DISAGREE)).mean())
    sentence = f"Share of worlds with an R-hat above {DISAGREE}, after {LONGER} times the iterations"
    return at_most("SBC sampler", bad, 0.02, sentence, "Give more draws and tuning.")

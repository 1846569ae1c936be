"""`fit`: run a sampler, attribute the events, check, stamp; always a `DataTree`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import xarray as xr

from attribution.events.provenance import record
from attribution.events.schema import USED
from attribution.fitting.agreement import agreement
from attribution.fitting.backends import compile_design
from attribution.fitting.diagnostics import diagnose, label_kinds
from attribution.fitting.diagnostics import to_json as checks_json
from attribution.fitting.interruption import CHAINS, held, usable_trace
from attribution.fitting.kept_chains import check_parameters
from attribution.fitting.predictive import replicate
from attribution.fitting.sampling import Settings, check_settings, sample, stacked, statistics
from attribution.fitting.scoring import evenly_spaced, of_chains, score
from attribution.fitting.steadiness import steadiness
from attribution.model.design import Design, lay
from attribution.model.prior import prior_draws
from attribution.model.specification import Model, to_json
from attribution.model.tables import Draws
from attribution.runs.folders import run_folder

PRIOR_DRAWS = 500
REPLICATES = 200
REPLICATES_MOST, REPLICATES_LEAST = 20_000_000, 40
"""Most events of all replicated worlds together, and the fewest worlds: beyond, there are fewer of them."""


def fit(
    model: Model,
    events: xr.Dataset,
    *,
    seed: int,
    draws: int = 1500,
    tune: int = 1000,
    chains: int = 4,
    target_accept: float = 0.8,
    adaptation: str = "diag",
    backend: str = "native",
    progress: bool = False,
    directory: str | os.PathLike[str] | None = None,
) -> xr.DataTree:
    """Posterior of a model given events, with attributions and the checks that say whether it can be cited.

    Parameters
    ----------
    model
        Actors and components.
    events
        What `read_events` returns.
    seed
        Seed of everything random: the same seed, versions and machine give the same draws.
    draws, tune, chains
        Draws kept and spent on adaptation in each chain; chains run in parallel on the cores there
        are.
    target_accept
        Acceptance rate the step size is adapted to.
    adaptation
        How the sampler learns the scales of the posterior: `"diag"`, or `"low_rank"`, which learns
        correlations too. It took longer and gave fewer effective draws where it was measured
        (`docs/performance.md`).
    backend
        `"native"` machine code made here; `"jax"` and `"numba"`, nutpie's own, are slower
        (`docs/decisions/`).
    progress
        Whether to show a progress bar.
    directory
        Folder in which the chains are kept while they are sampled. Where a run of the same model,
        events, seed and settings left chains there (its process was killed, ran out of memory, or
        finished), the same call takes them up and samples nothing; those of a run that was stopped
        are fewer, which a warning and a failed check say.

    Returns
    -------
    xarray.DataTree
        Groups `posterior`, `sample_stats`, `attribution`, `log_likelihood`, `prior`,
        `prior_predictive`, `posterior_predictive`, `observed_data`, `constant_data`, and
        `source_residuals` where sources speak or `unlisted` is an actor; attributes `seed`,
        `settings`, `versions`, `model`, `data_hash`, `provenance`, `checks`.

        `log_likelihood` holds `incidents[chain, draw, incident]`: the log likelihood of each
        incident that says anything, labelled by its first event, as `loo` and `az.loo` take it.
        `posterior_predictive` and `observed_data` hold `discrepancy`, of replicated and of recorded
        counts, for `az.plot_ppc_dist` and the like. `prior_predictive` holds `prior_discrepancy`,
        what was `recorded`, and replicated shares (`share`).

        `attribution` holds `mean[event, actor]`, `quantile[quantile_level, event, actor]`, draws of
        the actor `perpetrator[chain, draw, event]` (positions in `actor`),
        `contribution[component, event, actor]` in nats against the average candidate, and
        `probability[chain, draw, event, actor]` where that is at most 75 million numbers.

    Raises
    ------
    ModelError
        The events lack what a component needs, or name actors the model does not have.
    FitError
        Settings that cannot be sampled with, a likelihood that is not finite, or a run stopped
        before there was anything to keep. A run stopped later (Ctrl-C) is returned with the draws
        there are, a warning, and a check that fails.
    AttributionError
        The directory holds chains of another run.

    Examples
    --------
    >>> posterior = fit(model, events, seed=2022)  # doctest: +SKIP
    """
    settings = Settings(draws, tune, chains, target_accept, backend, adaptation)
    check_settings(settings, seed)
    design = lay(model, events)
    folder = (
        None if directory is None else run_folder(Path(directory), identity(model, events, settings, seed))
    )
    trace = None if folder is None else held(folder)
    if folder is not None and trace is not None:
        check_parameters(trace, shapes_of(design, seed), folder / CHAINS)
    if trace is None:
        trace = sample(compile_design(design, backend), settings, seed, progress, folder=folder)
    return finish(model, events, design, usable_trace(trace, chains, draws, folder), seed, settings)


def shapes_of(design: Design, seed: int) -> dict[str, tuple[int, ...]]:
    """Shape of each parameter by name."""
    return {name: drawn.shape[1:] for name, drawn in prior_draws(design, 1, seed).items()}


def identity(model: Model, events: xr.Dataset, settings: Settings, seed: int) -> dict[str, str]:
    """What makes the draws of a run what they are."""
    asked = {name: str(value) for name, value in asdict(settings).items()}
    return asked | {
        "seed": str(seed),
        "model": to_json(model),
        "events": events.attrs["data_hash"],
        "version": version("attribution-bayes"),
    }


def finish(
    model: Model, events: xr.Dataset, design: Design, trace: xr.DataTree, seed: int, settings: Settings
) -> xr.DataTree:
    """The posterior as it is returned: attributions, predictive checks, stamps."""
    parameters = trace["posterior"].to_dataset()
    values = stacked(parameters)
    chains = parameters.sizes["chain"]
    attribution, pointwise = score(design, events, values, chains, seed)
    prior = prior_draws(design, chains * (-(-PRIOR_DRAWS // chains)), seed)
    room = max(REPLICATES_LEAST, REPLICATES_MOST // len(design.cell))
    length, each = parameters.sizes["draw"], max(1, min(REPLICATES, room) // chains)
    spaced = of_chains(evenly_spaced(length, each), length, chains)
    chosen = {name: drawn[spaced] for name, drawn in values.items()}
    expected = {
        name: drawn[: chains * max(1, min(PRIOR_DRAWS, room) // chains)] for name, drawn in prior.items()
    }
    before = replicate(design, events, expected, seed, chains)
    after = replicate(design, events, chosen, seed, chains)
    groups = {
        "posterior": parameters,
        "sample_stats": statistics(trace),
        "attribution": attribution,
        "log_likelihood": pointwise,
        "prior": prior_dataset(prior, parameters),
        "prior_predictive": before.rename(replicated="prior_discrepancy"),
        "posterior_predictive": after[["replicated"]].rename(replicated="discrepancy"),
        "observed_data": after[["recorded"]].rename(recorded="discrepancy"),
        "constant_data": used(model, events),
    }
    apart = xr.merge(residuals(design, events, parameters, attribution, seed))
    if apart.data_vars:
        groups["source_residuals"] = apart
    posterior = xr.DataTree.from_dict(groups)
    posterior.attrs = {
        "seed": seed,
        "settings": json.dumps(asdict(settings)),
        "model": to_json(model),
        "data_hash": events.attrs["data_hash"],
        "provenance": record(events),
        "versions": json.dumps({name: version(name) for name in VERSIONED}),
    }
    posterior.attrs |= {key: value for key, value in trace.attrs.items() if key in ("backend", "interrupted")}
    if "label_basis" in events:
        posterior.attrs["labels"] = json.dumps(label_kinds(events))
    posterior.attrs["checks"] = checks_json(diagnose(posterior))
    return posterior


def residuals(
    design: Design, events: xr.Dataset, parameters: xr.Dataset, attribution: xr.Dataset, seed: int
) -> list[xr.Dataset]:
    """Names that sources share, and what is not steady, at the draws at which the events were scored."""
    if "probability" not in attribution:
        return []
    scored = parameters.isel(draw=attribution["draw"].values) if "draw" in attribution.coords else parameters
    chance = attribution["probability"].values.reshape(-1, *attribution["probability"].shape[2:])
    draws = stacked(scored)
    return [judge(design, events, draws, chance, seed) for judge in (agreement, steadiness)]


VERSIONED = ("attribution-bayes", "pymc", "pytensor", "nutpie", "jax", "arviz", "xarray", "numpy", "pandas")


def prior_dataset(prior: Draws, like: xr.Dataset) -> xr.Dataset:
    """Prior draws with the dimensions of the posterior and as many chains, so that both can be selected by chain."""
    chains = like.sizes["chain"]
    coords = {name: values for name, values in like.coords.items() if name not in ("chain", "draw")}
    variables = {
        name: (like[name].dims, drawn.reshape(chains, len(drawn) // chains, *drawn.shape[1:]))
        for name, drawn in prior.items()
    }
    return xr.Dataset(variables, coords=coords)


KEPT = ("ranks", "data_hash", "kind_column")
"""Attributes of the events that go with them into the posterior."""


def used(model: Model, events: xr.Dataset) -> xr.Dataset:
    """The columns of the event table that a component or a table of results uses; nothing else enters the result."""
    read = {column for component in model.components for column in (*component.columns, *component.reads)}
    kept: xr.Dataset = events[
        [name for name in events.data_vars if name in USED | read | {events.attrs.get("kind_column", "")}]
    ]
    kept.attrs = {key: value for key, value in events.attrs.items() if key in KEPT}
    return kept

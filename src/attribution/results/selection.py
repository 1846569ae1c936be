"""Chains or runs of one model joined, and the model of a posterior."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from attribution.errors import AttributionError
from attribution.fitting.diagnostics import diagnose
from attribution.fitting.diagnostics import to_json as checks_json
from attribution.model.specification import Model, difference, from_json
from attribution.results.following import followed

JOINED = (
    *("posterior", "sample_stats", "attribution", "log_likelihood"),
    *("prior", "prior_predictive", "posterior_predictive"),
)
"""Groups whose chains are put beside each other; what was recorded is held against the replicates as in the first."""


def model_of(posterior: xr.DataTree) -> Model:
    """The model that a posterior was fitted with.

    Parameters
    ----------
    posterior
        What `fit`, `load` or `attribute` returns.

    Returns
    -------
    Model
        Equal to the model that was fitted.

    Raises
    ------
    AttributionError
        It holds no model.
    ModelError
        A component of another package that was not imported.

    Examples
    --------
    >>> attribute(model_of(posterior), posterior, new_events)  # doctest: +SKIP
    """
    if not isinstance(posterior, xr.DataTree | xr.Dataset) or "model" not in posterior.attrs:
        raise AttributionError("model_of() takes what fit() or load() returns; this holds no model.")
    return from_json(posterior.attrs["model"])


def join(posteriors: Sequence[xr.DataTree]) -> xr.DataTree:
    """Runs of one model on the same events as one posterior, their chains beside each other.

    Parameters
    ----------
    posteriors
        What `fit` returned with different seeds, at least two, with the same number of draws.

    Returns
    -------
    xarray.DataTree
        A posterior whose attributions, intervals and checks are of all chains. Attribute `seeds` lists the seeds.

    Raises
    ------
    AttributionError
        Fewer than two, other events, draws or groups, or the same seed twice: the same chains would count twice.
    ModelError
        Other models.

    Examples
    --------
    >>> both = join([fit(model, events, seed=1), fit(model, events, seed=2)])  # doctest: +SKIP
    """
    runs = list(posteriors)
    check_runs(runs)
    groups = {name: node.to_dataset() for name, node in runs[0].children.items()}
    for name in JOINED:
        own = [run[name].to_dataset() for run in runs]
        draws = {
            str(key): xr.concat([each[key] for each in own], "chain")
            for key in own[0].data_vars
            if "chain" in own[0][key].dims
        }
        chains = np.arange(sum(each.sizes["chain"] for each in own))
        first = own[0].drop_dims("chain")
        groups[name] = first.assign(draws).assign_coords(chain=chains)
    made = xr.DataTree.from_dict(groups)
    made["attribution"] = averaged(groups["attribution"], [run["attribution"].to_dataset() for run in runs])
    made.attrs = dict(runs[0].attrs) | {"seeds": [int(run.attrs["seed"]) for run in runs]}
    made = followed(made)
    made.attrs["checks"] = checks_json(diagnose(made))
    return made


def check_runs(runs: Sequence[xr.DataTree]) -> None:
    """Raise an error unless runs can be joined."""
    if len(runs) < 2:
        raise AttributionError(f"join() takes two posteriors or more in a list; this has {len(runs)}.")
    first = runs[0]
    for run in runs:
        lacking = [name for name in JOINED if name not in run.children]
        if lacking:
            raise AttributionError(f"join() takes what fit() returns; this lacks {', '.join(lacking)}.")
    for place, run in enumerate(runs[1:], 2):
        differs = difference(model_of(run), model_of(first))
        if differs:
            raise AttributionError(f"join(): posterior {place} is of another model: {differs}.")
        if run.attrs["data_hash"] != first.attrs["data_hash"]:
            raise AttributionError(
                f"join(): posterior {place} was fitted to other events; fit both to the same."
            )
        if run["posterior"].sizes["draw"] != first["posterior"].sizes["draw"]:
            raise AttributionError(
                f"join(): posterior {place} has another number of draws; fit with the same draws=."
            )
        if "probability" not in run["attribution"]:
            raise AttributionError(
                "join() needs probabilities draw by draw, which so many events do not keep."
            )
    seeds = [run.attrs["seed"] for run in runs]
    if len(set(seeds)) < len(seeds):
        raise AttributionError(
            f"join(): seeds {seeds} repeat: the same chains would count twice. Fit with others."
        )


def averaged(group: xr.Dataset, runs: Sequence[xr.Dataset]) -> xr.Dataset:
    """The group with contributions averaged over the runs, each by its number of chains."""
    weights = np.array([run.sizes["chain"] for run in runs], dtype=float)
    nats = np.average([run["contribution"].values for run in runs], axis=0, weights=weights)
    return group.assign(contribution=(group["contribution"].dims, nats.astype(np.float32)))

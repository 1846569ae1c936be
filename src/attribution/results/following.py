"""A posterior whose draws were thinned, or chains left out or joined: its summaries of the draws that are there."""

from __future__ import annotations

import numpy as np
import xarray as xr

from attribution.errors import AttributionError, Check
from attribution.fitting.diagnostics import GROUPS, diagnose, from_json
from attribution.fitting.diagnostics import to_json as checks_json
from attribution.fitting.scoring import QUANTILES, score, top_convergence
from attribution.results.fitted import fit_of

ROUNDING = 2e-5
"""Most that a stored mean differs from that of the stored draws, which have single precision."""


def followed(posterior: xr.DataTree) -> xr.DataTree:
    """The posterior, with means, intervals, convergence and checks of the draws that it holds.

    Raises
    ------
    AttributionError
        Draws were left out and the probabilities were not kept draw by draw, so that nothing can be recomputed.
    """
    group = posterior["attribution"].to_dataset()
    if not stale(group, posterior):
        return posterior
    if "probability" not in group:
        raise AttributionError(
            "Draws of this posterior were left out or joined after the fit, and its attributions are those of all "
            "draws: so many events have no probabilities draw by draw. Call this on what fit() returned."
        )
    chance = group["probability"].transpose("chain", "draw", "event", "actor").values
    flat = chance.reshape(-1, *chance.shape[2:]).astype(float)
    r_hat, bulk, tail = top_convergence(flat, len(chance))
    fresh = {
        "mean": (("event", "actor"), flat.mean(axis=0)),
        "quantile": (("quantile_level", "event", "actor"), np.quantile(flat, QUANTILES, axis=0)),
        **{
            name: ("event", values)
            for name, values in (("r_hat", r_hat), ("ess_bulk", bulk), ("ess_tail", tail))
        },
    }
    made = xr.DataTree.from_dict({name: node.to_dataset() for name, node in posterior.children.items()})
    made["attribution"] = group.assign(fresh)
    made.attrs = dict(posterior.attrs)
    if set(GROUPS) <= set(made.children):
        made.attrs["checks"] = checks_json(checked(made))
    return made


def checked(posterior: xr.DataTree) -> list[Check]:
    """The checks of the draws that are there; of predictive groups that the selection left empty, those of the fit."""
    fresh = {check.name: check for check in diagnose(posterior)}
    gone = [check for check in from_json(posterior) if check.name not in fresh and of_replicates(check)]
    return [*fresh.values(), *gone]


def of_replicates(check: Check) -> bool:
    """Whether a check reads replicated worlds or the shares of the prior."""
    return " predictive: " in check.name or check.name == "contraction of shares"


def stale(group: xr.Dataset, posterior: xr.DataTree) -> bool:
    """Whether the stored means are not those of the draws that are there."""
    if "probability" in group:
        own = group["probability"].mean(("chain", "draw"), dtype=float)
        return bool(np.abs(own - group["mean"]).max() > ROUNDING)
    if "posterior" not in posterior.children:
        return False
    drawn = posterior["posterior"].sizes
    return any(dim in drawn and group.sizes[dim] > drawn[dim] for dim in ("chain", "draw"))


def contribution_of(posterior: xr.DataTree) -> xr.DataArray:
    """Nats of each component, of the draws that are there.

    Raises
    ------
    AttributionError
        Draws were left out, and with them events or parameters, so that nothing can be recomputed.
    """
    group = posterior["attribution"].to_dataset()
    if not stale(group, posterior):
        return group["contribution"]
    if "posterior" not in posterior.children:
        raise AttributionError(
            "Draws of these scored events were left out, and contributions are means over all draws. Select the draws "
            "of the posterior, and call attribute() with that."
        )
    fit = fit_of(posterior)
    return score(fit.design, fit.events, fit.draws, fit.chains, int(posterior.attrs["seed"]))[0][
        "contribution"
    ]

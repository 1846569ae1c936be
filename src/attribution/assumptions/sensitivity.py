"""`sensitivity`: how far shares lean on what was assumed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from attribution.arrays import Floats
from attribution.assumptions.catalogue import (
    DOUBTFUL,
    EXACT,
    FACTORS,
    POWERS,
    assumption_in_words,
    check_given,
    examined,
    fit_scenario,
)
from attribution.assumptions.reweighting import quantiles
from attribution.assumptions.scenarios import FAILED, Ground, Rescored, Scenario
from attribution.results.summaries import verdict


def sensitivity(
    posterior: xr.DataTree,
    *,
    factors: Sequence[float] = FACTORS,
    powers: Sequence[float] = POWERS,
    refit: str = DOUBTFUL,
    draws: int = 1000,
    interval: float = 0.89,
    seed: int = 0,
) -> pd.DataFrame:
    """Shares of documented killings under other assumptions, by draws weighted anew or another fit.

    The assumptions, by `kind`:

    * `claims`: among killings whose perpetrator is open, the odds that one actor's are claimed are
      `value` times what the fit says (claims missing not at random);
    * `identification`: among open killings the odds that one actor did it are `value` times what
      they are among those whose perpetrator is established, other things alike (labels missing not
      at random); absent where none is established;
    * `prior`, `likelihood`: raised to the power `value`; of the priors those of means, rates,
      scales and the baseline, not those of effects that are pooled;
    * `component`, `source`: left out;
    * `scales`: with ``refit="all"``, every standard deviation of a prior multiplied by `value`;
    * `bound`: no assumption at all, not even stated periods (`ActivePeriod`): every open killing an
      actor is a candidate for by its label is its own (1), or none is (0).

    Draws are weighted by what the assumption changes in the likelihood (Pareto-smoothed importance
    sampling). That is doubtful where the Pareto k of the weights is too high, and for `claims` if it
    is evidence that nobody claimed (``Claim(silence="full")``): then values of the parameters may
    become probable of which the fit has no draws, and k does not see it. Such rows, and powers of
    the likelihood, are fitted again: the model is compiled once for all of them, and chains start
    where those of the fit had arrived.

    Parameters
    ----------
    posterior
        What `fit` returns.
    factors
        By how much odds are multiplied in `claims` and `identification`.
    powers
        Powers of prior and likelihood.
    refit
        `"doubtful"`: fit again under moved odds and powers of the likelihood where weights cannot be
        trusted. `"none"`: never; moved odds are then shown at the fit's parameters (`method`), and
        what cannot be re-weighted to is not shown. `"all"`: every row but those of `prior` is a fit
        of its own, with components and sources left out and all prior scales halved and doubled.
    draws
        Most posterior draws used, spread evenly over the chains.
    interval
        Probability content of the equal-tailed intervals.
    seed
        Seed of the draws of the actors, the same under every assumption, so that changes are not
        noise.

    Returns
    -------
    pandas.DataFrame
        One row an assumption and actor: `kind`, `about`, `value`, `assumption` (in words), `actor`,
        `share`, `low`, `high`, `change` (of the share, against the row of kind `fit`), `flips`
        (share of the open killings whose most probable actor is another; a few in a hundred by
        simulation alone, where two actors are level), `pareto_k`, `method`, `psense` (sensitivity
        of the actor's share to small powers of prior or likelihood by ArviZ; above 0.05 it
        matters), `of` and `checks`.

    Raises
    ------
    AttributionError
        Not the result of a fit; another word for ``refit``; factors or powers that are not
        positive; an interval outside 0 and 1.

    References
    ----------
    Kallioinen, N. et al. (2024). Detecting and diagnosing prior and likelihood sensitivity with
    power-scaling. Statistics and Computing 34, 57. doi:10.1007/s11222-023-10366-5

    Vehtari, A. et al. (2024). Pareto smoothed importance sampling. Journal of Machine Learning
    Research 25(72).

    Manski, C. F. (2003). Partial identification of probability distributions. Springer.
    doi:10.1007/b97478

    Examples
    --------
    >>> sensitivity(posterior).query("kind == 'bound'")  # doctest: +SKIP
    """
    check_given(factors, powers, refit, interval)
    found = examined(posterior, factors, powers, refit, draws, seed)
    ground, base = found.ground, found.base
    names = list(ground.design.actors)
    sense = power_sense(ground, base)
    fitted = fit_scenario(base)
    at_fit, modes = shares_of(fitted, names, interval), modal(fitted, names)
    open_ = ground.design.candidates.sum(axis=1) > 1
    frames = []
    for own in found.scenarios:
        table = shares_of(own, names, interval)
        table["change"] = table["share"] - at_fit["share"]
        table["flips"] = np.nan if own.method == FAILED else flipped(modes, modal(own, names), open_)
        table["psense"] = sense.get(own.kind, np.full(len(names), np.nan))
        frames.append(table)
    frames.append(bounds(ground, at_fit["share"].to_numpy()))
    table = pd.concat(frames, ignore_index=True)
    order = [
        *("kind", "about", "value", "assumption", "actor", "share", "low", "high", "change", "flips"),
        *("pareto_k", "method", "psense"),
    ]
    return table[order].assign(of="documented killings", checks=verdict(posterior))


def shares_of(own: Scenario, names: Sequence[str], interval: float) -> pd.DataFrame:
    """Share of each actor under an assumption with its interval."""
    rows = []
    for k, name in enumerate(names):
        share = (own.actor == k).mean(axis=1)
        ends = quantiles(share, own.weight, ((1 - interval) / 2, (1 + interval) / 2))
        rows.append(
            (*assumption_in_words(own.kind, own.about, own.value), name, float(own.weight @ share), *ends)
        )
    table = pd.DataFrame(
        rows, columns=["kind", "about", "value", "assumption", "actor", "share", "low", "high"]
    )
    if own.method == FAILED:
        table[["share", "low", "high"]] = np.nan
    return table.assign(pareto_k=own.pareto_k, method=own.method)


def modal(own: Scenario, names: Sequence[str]) -> Floats:
    """Most frequent actor of each event, ``(event,)``."""
    chance = np.stack([own.weight @ (own.actor == k) for k in range(len(names))])
    return np.asarray(chance.argmax(axis=0))


def flipped(before: Floats, after: Floats, open_: Any) -> float:
    """Share of the open killings whose most frequent actor changed."""
    return float((before != after)[open_].mean()) if open_.any() else 0.0


def bounds(ground: Ground, at_fit: Floats) -> pd.DataFrame:
    """Shares if none, or all, of the open killings an actor is a candidate for are its own."""
    candidates = ground.design.candidates
    known = candidates.sum(axis=1) == 1
    rows = []
    for k, name in enumerate(ground.design.actors):
        for value, share in ((0.0, candidates[known, k].sum() / len(known)), (1.0, candidates[:, k].mean())):
            said = assumption_in_words("bound", name, value)
            rows.append((*said, name, share, share, share, share - at_fit[k]))
    columns = ["kind", "about", "value", "assumption", "actor", "share", "low", "high", "change"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(flips=np.nan, pareto_k=np.nan, method=EXACT, psense=np.nan)


def power_sense(ground: Ground, base: Rescored) -> dict[str, Floats]:
    """ArviZ's sensitivity of each actor's expected share to small powers of prior and likelihood."""

    def dataset(name: str, values: Floats, *dims: str) -> xr.Dataset:
        shape = (ground.chains, -1, *values.shape[1:])
        return xr.Dataset({name: (("chain", "draw", *dims), values.reshape(shape))})

    tree = xr.DataTree.from_dict(
        {
            "posterior": dataset("share", base.share, "actor"),
            "log_prior": dataset("prior", ground.log_prior),
            "log_likelihood": dataset("events", base.log_likelihood),
        }
    )
    return {group: az.psense(tree, group=group)["share"].values for group in ("prior", "likelihood")}

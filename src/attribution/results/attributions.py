"""What a posterior says: attributions, shares and contributions as tables; events that were not in the fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from attribution.errors import AttributionError, ModelError, nearest
from attribution.events.candidates import check_events
from attribution.fitting.sampling import check_seed
from attribution.fitting.scoring import score
from attribution.model.design import lay, levels_of
from attribution.model.specification import Model, difference, from_json, to_json
from attribution.results.fitted import fit_of
from attribution.results.following import contribution_of, followed
from attribution.results.phrases import phrase
from attribution.results.ranges import with_ranges
from attribution.results.strangers import strangers_as_unlisted
from attribution.results.summaries import column_values, ends, spread_of, verdict
from attribution.results.words import likelihood


def attribute(model: Model, posterior: xr.DataTree, events: xr.Dataset, *, seed: int = 0) -> xr.DataTree:
    """Attribution of events that were not in the fit, without a refit.

    A place, area or category outside the fit has its effect drawn from the population of effects, once for all its
    events, so its attribution is less certain. Paths over periods, of activity and of claims, go on as random walks.
    A claim by an actor the model does not have is scored as one by `unlisted`, somebody else, and a warning says so,
    where the model has `unlisted` and its law of claims lets it claim (`Claim()`, not `Claim(silence="full")`).

    Parameters
    ----------
    model
        The model that was fitted.
    posterior
        What `fit` returned for it.
    events
        New events, as `read_events` returns them.
    seed
        Seed of the draws of the actors and of effects outside the fit.

    Returns
    -------
    xarray.DataTree
        The groups `attribution`, `log_likelihood` and `constant_data` for the new events, with the
        fit's attributes; `attributions`,
        `shares` and `contributions` read it as they read a posterior.

    Raises
    ------
    ModelError
        The model is not the one that was fitted, or the events name an actor or a source that it
        does not have.

    Examples
    --------
    >>> attributions(attribute(model, posterior, new_events))  # doctest: +SKIP
    """
    if isinstance(posterior, Model) or isinstance(events, xr.DataTree):
        raise ModelError("attribute(model, posterior, events): the arguments are in another order.")
    check_fitted(model, posterior)
    check_seed("attribute", seed)
    fitted = fit_of(posterior)
    check_events(events)
    design = lay(model, strangers_as_unlisted(fitted.design, events), levels_of(fitted.design))
    attribution, pointwise = score(design, events, fitted.draws, fitted.chains, seed)
    kept = events[[name for name in events.data_vars if name in fitted.events]]
    groups = {"attribution": attribution, "log_likelihood": pointwise, "constant_data": kept}
    scored = xr.DataTree.from_dict(groups)
    scored.attrs = dict(posterior.attrs) | {"data_hash": events.attrs["data_hash"], "seed": seed}
    return scored


def check_fitted(model: Model, posterior: xr.DataTree) -> None:
    """Raise `ModelError` for another model than was fitted, `AttributionError` for what holds no fit."""
    if not isinstance(model, Model) or not isinstance(posterior, xr.DataTree):
        given = f"{type(model).__name__}, {type(posterior).__name__}"
        raise ModelError(f"Give the model first and what fit() returned second; these are {given}.")
    if "posterior" not in posterior.children:
        raise AttributionError(
            "Events are scored with what fit() returned; this holds events that were scored."
        )
    if to_json(model) != posterior.attrs["model"]:
        differs = difference(model, from_json(posterior.attrs["model"]))
        if differs:
            raise ModelError(
                f"This is not the model that was fitted: actors, components and their settings must agree. What "
                f"differs: {differs}. model_of(posterior) gives the fitted one."
            )


def attributions(
    posterior: xr.DataTree, *, interval: float = 0.89, scale: str = "ICD 203", language: str = "en"
) -> pd.DataFrame:
    """Probability of each candidate for each event.

    Parameters
    ----------
    posterior
        What `fit` or `attribute` returns.
    interval
        Probability content of the equal-tailed interval, between 0 and 1; where the probabilities were not kept draw by
        draw, 0.5, 0.8, 0.89 or 0.95. The interval is of the probability,
        over what is uncertain about the model's parameters.
    scale
        Scale of the words: `"ICD 203"`, `"PHIA"` or `"IPCC"`.
    language
        Language of the words: `"en"`, `"ar"`, `"fr"` or `"es"`.

    Returns
    -------
    pandas.DataFrame
        One row an event and candidate, most probable first within the event: `event`, `actor`,
        `mean`, `low`, `high`, `words` (likelihood language for the whole interval), `known` (the
        label says so), `checks` (`passed`, or the diagnostics that failed). A probability is of
        having done it given the model and the data; it is not proof.

    Raises
    ------
    AttributionError
        An interval that is not kept, a scale or a language there is not.

    Examples
    --------
    >>> attributions(posterior).query("not known").head()  # doctest: +SKIP
    """
    posterior = followed(posterior)
    group = posterior["attribution"].to_dataset()
    mean = group["mean"].values
    order = np.argsort(-mean, axis=1, kind="stable")
    events = np.repeat(np.arange(len(mean)), mean.shape[1])
    actors = order.reshape(-1)
    quantile = interval_of(group, interval)
    table = pd.DataFrame(
        {
            "event": group["event"].values[events],
            "actor": group["actor"].values[actors],
            "mean": mean[events, actors],
            "low": quantile[0, events, actors],
            "high": quantile[1, events, actors],
            "known": group["known"].values[events],
        }
    )
    table = table[group["candidate"].values[events, actors]].reset_index(drop=True)
    lows, highs = (table[end].clip(0, 1) for end in ("low", "high"))  # rounding may pass the ends of [0, 1]
    words = [likelihood(a, b, scale=scale, language=language) for a, b in zip(lows, highs, strict=True)]
    table.insert(5, "words", np.where(table["known"], phrase("likelihood", "known", language), words))
    return table.assign(checks=verdict(posterior))


def interval_of(group: xr.Dataset, interval: float) -> np.ndarray:
    """Ends of an equal-tailed interval of each probability, ``(2, event, actor)``."""
    if not 0 < interval < 1:
        ends(interval)  # says which there are
    levels = [(1 - interval) / 2, (1 + interval) / 2]
    kept = group["quantile_level"].values
    if "probability" in group and not all(np.isclose(kept, level, atol=5e-4).any() for level in levels):
        drawn = group["probability"].transpose("chain", "draw", "event", "actor").values
        return np.asarray(np.quantile(drawn, levels, axis=(0, 1)))
    return np.asarray(group["quantile"].sel(quantile_level=list(ends(interval))).values)


def shares(
    posterior: xr.DataTree | xr.Dataset,
    *,
    by: str | Sequence[str] | None = None,
    interval: float = 0.89,
    sensitivity: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Share of documented killings of each actor, overall or in each group.

    Each posterior draw says who did each killing, so the interval holds the uncertainty of every
    event's perpetrator as well as that of the model; killings whose perpetrator is known never
    leave their actor.

    Parameters
    ----------
    posterior
        What `fit` or `attribute` returns; or `attribute_table`, then ``by`` is None.
    by
        A column of the events (`"area"`, `"target_rank"`), `"year"`, `"quarter"`, `"month"`, several of
        these, or None for all events together.
    interval
        Probability content of the equal-tailed interval.
    sensitivity
        What `sensitivity` returns for this posterior; then ``by`` is None. The interval is given the model: beside it
        stand how far other assumptions move the share, and what is left where nothing is assumed.

    Returns
    -------
    pandas.DataFrame
        One row a group and actor: the group's columns, `actor`, `share`, `low`, `high`, `known`
        (killings known to be this
        actor's), `events` (killings in the group), `of` and `checks`. With ``sensitivity``, after `high`:
        `assumed_low` and `assumed_high`, the least and largest share over the assumptions examined; `bound_low` and
        `bound_high`, the share if none, and if all, of the killings that labels leave open to the actor were its own.

    Raises
    ------
    AttributionError
        A column the posterior does not hold, an interval of nothing or everything, or a table of sensitivity that is
        not this posterior's or comes with groups.

    Examples
    --------
    >>> shares(posterior, by="area")  # doctest: +SKIP
    """
    if not 0 < interval < 1:
        raise AttributionError(f"interval={interval} must lie between 0 and 1.")
    columns = [] if by is None else [by] if isinstance(by, str) else list(by)
    if isinstance(posterior, xr.DataTree):
        posterior = followed(posterior)
    if isinstance(posterior, xr.Dataset):
        rows = rows_of_totals(posterior, columns, interval)
    else:
        rows = rows_of_events(posterior, columns, interval)
    table = pd.DataFrame(rows, columns=[*columns, "actor", "share", "low", "high", "known", "events"])
    if sensitivity is not None:
        if columns or isinstance(posterior, xr.Dataset):
            raise AttributionError(
                "shares(sensitivity=...) is of all events of a fit together, as sensitivity() is: leave by= out."
            )
        table = with_ranges(table, posterior, sensitivity)
    return table.assign(of="documented killings", checks=verdict(posterior))


def rows_of_events(posterior: xr.DataTree, columns: Sequence[str], interval: float) -> list[tuple[Any, ...]]:
    """Rows of `shares` from draws of each event's actor."""
    group = posterior["attribution"].to_dataset()
    actor = group["perpetrator"].values.reshape(-1, group.sizes["event"])
    names = group["actor"].values
    labels = pd.DataFrame(
        {"all": ""} | {c: column_values(posterior, c) for c in columns}, index=range(actor.shape[1])
    )
    truth = np.where(group["known"].values, group["perpetrator"].values[0, 0], -1)
    rows = []
    groups: dict[Any, Any] = labels.groupby(["all", *columns], sort=True, dropna=False).indices
    for key, members in groups.items():
        own = actor[:, members]
        for k, name in enumerate(names):
            known = int((truth[members] == k).sum())
            rows.append((*key[1:], name, *spread_of((own == k).mean(axis=1), interval), known, len(members)))
    return rows


def rows_of_totals(totals: xr.Dataset, columns: Sequence[str], interval: float) -> list[tuple[Any, ...]]:
    """Rows of `shares` from numbers of killings at each draw."""
    if "killings" not in totals or columns:
        raise AttributionError(
            "shares() reads what fit(), attribute() or attribute_table() returns; of the last, only all events "
            "together: by=None. For groups, give attribute_table() a table of each."
        )
    events, known = int(totals.attrs["events"]), totals["known"].values
    share = totals["killings"].values.reshape(-1, totals.sizes["actor"]) / events
    return [
        (str(name), *spread_of(share[:, k], interval), int(known[k]), events)
        for k, name in enumerate(totals["actor"].values)
    ]


def contributions(posterior: xr.DataTree, *, event: str | int | None = None) -> pd.DataFrame:
    """What each component adds to each candidate's log-odds, in nats against the average candidate.

    Parameters
    ----------
    posterior
        What `fit` or `attribute` returns.
    event
        One event's id, as text or number, or None for all.

    Returns
    -------
    pandas.DataFrame
        One row an event and candidate, one column a component, and `total`: posterior means. The
        candidate with the larger total is the more probable one: a difference of 1 nat is a factor
        of 2.7. Minus infinity is what rules a candidate out, such as `ActivePeriod`.

    Raises
    ------
    AttributionError
        An event the posterior does not have.

    Examples
    --------
    >>> contributions(posterior, event="e17")  # doctest: +SKIP
    """
    nats = contribution_of(posterior)
    posterior = followed(posterior)
    if event is not None:
        event = str(event)
        known = [str(value) for value in nats["event"].values]
        if event not in known:
            raise AttributionError(f"The posterior has no event {event!r}.{nearest(event, known)}")
        nats = nats.sel(event=[event])
    names = [str(name) for name in nats["component"].values]
    flat = nats.transpose("event", "actor", "component").values.reshape(-1, len(names))
    table = pd.DataFrame(flat, columns=names)
    table.insert(0, "event", np.repeat(nats["event"].values, nats.sizes["actor"]))
    table.insert(1, "actor", np.tile(nats["actor"].values, nats.sizes["event"]))
    table["total"] = flat.sum(axis=1)
    candidates: pd.DataFrame = table[table["total"].notna()].reset_index(drop=True)
    return candidates.assign(checks=verdict(posterior))

"""Whether the groups of a saved posterior belong together: each may be well-formed, and of another fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import xarray as xr

from attribution.events.schema import DATE_PRECISIONS
from attribution.fitting.sampling import Settings

TYPES = {"int": int, "float": (int, float), "str": str}
"""What a setting of the sampler may be, by the type it is declared with."""


def tie_faults(posterior: xr.DataTree) -> Iterator[str]:
    """Everything by which groups or stamps contradict each other or what the library writes."""
    yield from stamp_faults(posterior)
    yield from draw_faults(posterior)
    yield from event_ties(posterior)


def stamp_faults(posterior: xr.DataTree) -> Iterator[str]:
    """A seed below zero, no check at all, settings that no sampler has."""
    if posterior.attrs["seed"] < 0:
        yield f"attribute seed: {posterior.attrs['seed']} is below 0"
    if not json.loads(posterior.attrs["checks"]):
        yield "attribute checks: there is none, and every fit is checked"
    known = {field.name: TYPES[str(field.type)] for field in fields(Settings)}
    for name, value in json.loads(posterior.attrs.get("settings", "{}")).items():
        if name not in known or isinstance(value, bool) or not isinstance(value, known[name]):  # type: ignore[arg-type]
            yield f"attribute settings: {name!a} is {value!a:.60}, which no sampler was given"


def draw_faults(posterior: xr.DataTree) -> Iterator[str]:
    """Draws of the actor that are not the fit's, or of a known killing another's; parameters of the prior only."""
    group, drawn = posterior["attribution"].to_dataset(), posterior["posterior"].to_dataset()
    draws = group["draw"].values if "draw" in group.coords else np.arange(group.sizes["draw"])
    if draws.dtype.kind not in "iu" or draws.min() < 0 or draws.max() >= drawn.sizes["draw"]:
        yield f"group attribution: draw goes to {draws.max()}, and posterior has {drawn.sizes['draw']} draws"
    known, actor = group["known"].values, group["perpetrator"].values
    if (actor[..., known] != group["candidate"].values[known].argmax(axis=1)).any():
        yield "group attribution: perpetrator of a known killing is another than its one candidate"
    prior = posterior["prior"].to_dataset() if "prior" in posterior.children else xr.Dataset()
    for name in [str(own) for own in prior.data_vars if own not in drawn.data_vars]:
        yield f"group posterior: {name!a} is missing, which prior has"


def event_ties(posterior: xr.DataTree) -> Iterator[str]:
    """Events without a date, with a precision there is not, or that are said to be others elsewhere."""
    events = posterior["constant_data"].to_dataset()
    ids = events["event"].values.tolist()
    if np.isnat(events["date"].values).any():
        yield "group constant_data: date is NaT, and every event has one"
    other = {*events["date_precision"].values.tolist()} - {*DATE_PRECISIONS}
    if other:
        found = ascii(min(other))
        yield f"group constant_data: date_precision is {found:.60}, not one of {', '.join(DATE_PRECISIONS)}"
    if "statement_event" in events:
        lost = {*events["statement_event"].values.tolist()} - {*ids}
        if lost:
            yield f"group constant_data: statement_event has {min(lost)!a:.60}, which is no event"
    if "log_likelihood" in posterior.children:
        told = posterior["log_likelihood"].to_dataset()
        place = {event: position for position, event in enumerate(ids)}
        given = told["incident"].values.tolist() if "incident" in told.coords else [""]
        order = [place.get(own, -1) for own in given]
        if order != sorted(set(order) - {-1}):
            yield "group log_likelihood: its incidents are no events of constant_data, in their order"

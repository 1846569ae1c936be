"""Who claims new events and was not in the fit: somebody else, and said so."""

from __future__ import annotations

import warnings

import numpy as np
import xarray as xr

from attribution.events.schema import UNLISTED
from attribution.model.design import Design

LISTED = 5
"""Most events that the warning lists."""


def strangers_as_unlisted(fitted: Design, events: xr.Dataset) -> xr.Dataset:
    """The events with claims by actors that the fit does not have as claims by `unlisted`, after a warning.

    Events stay as they are where the fit has no actor `unlisted`, or a law of claims in which nobody claims in its
    name: such claims are refused when the model is laid over the events.
    """
    known = claimants(fitted)
    if "claimed_by" not in events or UNLISTED not in known:
        return events
    given = [str(cell) for cell in events["claimed_by"].values]
    read = [renamed(cell, known) for cell in given]
    found = [
        f"event {str(event)!r}: {before!r}"
        for event, before, after in zip(events["event"].values, given, read, strict=True)
        if before != after
    ]
    if not found:
        return events
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    warnings.warn(
        f"Claims by actors the fit does not have are scored as claims by {UNLISTED!r}, somebody else: "
        f"{'; '.join(found[:LISTED])}{more}. Correct another name of an actor of the model (harmonise()).",
        UserWarning,
        stacklevel=3,
    )
    return events.assign(claimed_by=("event", np.array(read, dtype=str)))


def claimants(fitted: Design) -> set[str]:
    """Who can claim in every law of the fit that reads claims; empty where there is none."""
    named = [
        set(map(str, part.levels.coords["claimant"]))
        for part in fitted.laid
        if "claimed_by" in part.component.columns and "claimant" in part.levels.coords
    ]
    return set.intersection(*named) if named else set()


def renamed(cell: str, known: set[str]) -> str:
    """A cell of claimants with `unlisted` for those that are not known, once."""
    names = [name if name in known else UNLISTED for name in cell.split("|") if name]
    return "|".join(dict.fromkeys(names))

"""`select`: a part of the events, with what was said of them and nothing that was said of others."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import xarray as xr

from attribution.arrays import Array
from attribution.errors import DataError, nearest, problem_table
from attribution.events.candidates import check_events
from attribution.events.decisions import Decision, to_json
from attribution.events.provenance import data_hash


def select(
    events: xr.Dataset,
    chosen: xr.DataArray | Array | Sequence[bool] | Sequence[str],
    *,
    why: str = "Not selected.",
) -> xr.Dataset:
    """A part of the events, in their order, with the statements about them.

    `events.isel(event=...)` leaves the statements of the other events in, and no verb can use them then.

    Parameters
    ----------
    events
        What `read_events` or another reader returns.
    chosen
        Whether each event is in, ``(event,)``, or the ids of those that are.
    why
        The reason why the others are not, for the report (`decisions`).

    Returns
    -------
    xarray.Dataset
        As `read_events` returns. Contexts, coverage and bundled claims stay: a bundle that counts events which are
        not chosen must be left out by hand.

    Raises
    ------
    DataError
        A choice that does not fit the events, or of none of them.

    Examples
    --------
    >>> import attribution as at, pandas as pd
    >>> frame = pd.DataFrame({"event_id": ["a", "b"], "date": "2021", "killed": [1, 4]})
    >>> events = at.read_events(frame)
    >>> at.select(events, events["killed"] > 1)["event"].values.tolist()
    ['b']
    """
    check_events(events)
    inside = positions(events, np.asarray(chosen))
    part = events.isel(event=inside)
    ids = set(part["event"].values.tolist())
    if "statement_event" in events:
        said = np.array([event in ids for event in events["statement_event"].values.tolist()], dtype=bool)
        names = [str(name) for name in events.variables if events[name].dims == ("statement",)]
        part = part.isel(statement=np.flatnonzero(said)) if said.any() else part.drop_vars(names)
        if said.any():
            part = part.assign_coords(statement=[str(i + 1) for i in range(int(said.sum()))])
    report = [Decision(*row) for row in json.loads(events.attrs.get("decisions", "[]"))]
    count = events.sizes["event"] - part.sizes["event"]
    report += [Decision("row", "", "", "left out", count, 0, why)] if count else []
    part.attrs = dict(events.attrs) | {"decisions": to_json(report), "data_hash": data_hash(part)}
    return part


def positions(events: xr.Dataset, chosen: Array) -> Array:
    """Positions of the chosen events; raises `DataError` where there are none or the choice does not fit."""
    ids = events["event"].values.astype(str).tolist()
    if chosen.dtype == bool and chosen.shape == (len(ids),):
        found = np.flatnonzero(chosen)
        problems = []
    else:
        names = list(dict.fromkeys(map(str, chosen.ravel().tolist())))
        known = dict(zip(ids, range(len(ids)), strict=True))
        fix = "Give one True or False for each event, or ids of events."
        problems = [
            ("events", 0, "", "chosen", name, "There is no such event.", f"{fix}{nearest(name, known)}")
            for name in names
            if name not in known
        ]
        found = np.array(sorted(known[name] for name in names if name in known), dtype=int)
    if not problems and not len(found):
        problems = [("events", 0, "", "chosen", "", "No event is chosen.", "Choose at least one.")]
    if problems:
        raise DataError(problem_table(problems[:20]))
    return found

"""Who may have done each event, and which events are one incident."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from attribution.errors import ModelError, nearest
from attribution.events.text_table import TextTable

NAMED = 20
"""Names that an error lists."""
WAY_OUT = (
    "Put them onto the model's names: harmonise(events, crosswalk, column='actor', rest='unlisted') makes one "
    "actor of all that the crosswalk does not name, and attribution.crosswalk(events) writes one to edit. "
    "Or add them to Model(actors=...)."
)


def check_events(events: object) -> None:
    """Raise `ModelError` for what is not an event table that `read_events` returned."""
    if isinstance(events, xr.Dataset) and {"event", "date", "date_precision"} <= set(
        map(str, events.variables)
    ):
        return
    way = "events = read_events(frame)" if isinstance(events, pd.DataFrame) else "events = read_events(path)"
    raise ModelError(
        f"The events must be what read_events() returns, not {type(events).__name__}. "
        f"Call {way} first: it checks the table."
    )


def candidate_mask(events: xr.Dataset, actors: Sequence[str]) -> NDArray[np.bool_]:
    """Actors who may have done each event.

    Parameters
    ----------
    events
        As `read_events` returns.
    actors
        All actors of the model, `unlisted` among them unless the model is closed.

    Returns
    -------
    ndarray of bool, (event, actor)
        The perpetrator where known, else the candidates where given, else all.

    Raises
    ------
    ModelError
        Names every perpetrator and candidate who is not among the actors, with the number of events.

    Examples
    --------
    >>> import pandas as pd
    >>> from attribution import read_events
    >>> frame = pd.DataFrame({"event_id": ["e1", "e2"], "date": ["2021", "2021"], "perpetrator": ["IS", ""]})
    >>> candidate_mask(read_events(frame), ["IS", "unlisted"])
    array([[ True, False],
           [ True,  True]])
    """
    names = [name for name in ("perpetrator", "candidates") if name in events]
    columns = {name: events[name].values.astype(object) for name in names}
    table = TextTable("events", events.sizes["event"], {"event_id": events["event"].values, **columns})
    check_actors(table, names, actors)
    known = table.text("perpetrator")
    codes, labels = pd.factorize(np.where(known != "", known, table.text("candidates")))
    allowed = [[label == "" or actor in label.split("|") for actor in actors] for label in labels]
    return np.array(allowed, dtype=bool)[codes]


def from_claims(events: xr.Dataset) -> NDArray[np.bool_]:
    """Events whose label rests on a claim and on nothing else, ``(event,)``."""
    if "label_basis" not in events:
        return np.zeros(events.sizes["event"], dtype=bool)
    return np.asarray(events["label_basis"].values == "claim")


def check_actors(table: TextTable, columns: Sequence[str], actors: Sequence[str]) -> None:
    """Raise `ModelError` for actors that the model does not have: each once, with its events and the way out."""
    known = {"", *actors}
    rows: dict[str, dict[int, str]] = {}
    for column in columns:
        for row, cell in enumerate(table.text(column)):
            for name in [part for part in cell.split("|") if part not in known]:
                rows.setdefault(name, {}).setdefault(row, column)
    if not rows:
        return
    lines = []
    for name, places in sorted(rows.items(), key=lambda item: -len(item[1]))[:NAMED]:
        row, column = next(iter(places.items()))
        first = f"row {row + 1}, event {str(table.text('event_id')[row])!r}: {column}"
        number = f"{len(places):,} events, first" if len(places) > 1 else "one event,"
        lines.append(f"  {name!r}: {number} {first}.{nearest(name, actors)}")
    more = [f"  ... and {len(rows) - NAMED:,} more names."] if len(rows) > NAMED else []
    own = ", ".join(list(actors)[:NAMED]) + (", ..." if len(actors) > NAMED else "")
    head = f"The events name actors the model does not have: {len(rows):,} beside {own}."
    raise ModelError("\n".join([head, *lines, *more, WAY_OUT]))


def incidents(events: xr.Dataset) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The incident of each event, counted from 0 in the order of the table, and the first event of each."""
    own = np.arange(events.sizes["event"])
    if "incident" not in events:
        return own, own
    label = events["incident"].values
    _, start, code = np.unique(label, return_index=True, return_inverse=True)
    leader = np.where(label == "", own, start[code])
    first, unit = np.unique(leader, return_inverse=True)
    return unit, first


def incident_weights(events: xr.Dataset) -> NDArray[np.float64]:
    """One over the number of events of the same incident, ``(event,)``: together they count as one."""
    unit, _ = incidents(events)
    return np.asarray(1.0 / np.bincount(unit)[unit])

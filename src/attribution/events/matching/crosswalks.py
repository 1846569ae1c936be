"""`crosswalk`: the names of a column as a table to edit, which `harmonise` reads."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from attribution.errors import AttributionError
from attribution.events.candidates import check_events
from attribution.events.matching.harmonising import ACTOR, columns_of, split
from attribution.events.matching.names import skeleton, suggest
from attribution.events.reading import to_frame
from attribution.events.schema import UNLISTED

COLUMNS = ["from", "to", "count", "first", "last", "suggestion"]


def crosswalk(
    events: xr.Dataset,
    path: str | os.PathLike[str] | None = None,
    *,
    column: str = ACTOR,
    known: Collection[str] = (),
) -> pd.DataFrame:
    """Every name of a column, how often and when it occurs, and which other it may be a spelling of.

    Read, edit the file, `harmonise`, `fit`: write the name that a name is to get into `to`, or empty it where nobody is
    meant. As it is written, every name stays what it is.

    Parameters
    ----------
    events
        What a reader returned.
    path
        Where to write the table, as CSV in UTF-8 that spreadsheets open; nowhere by default. A file that is there
        already is not overwritten: it may have been edited.
    column
        `actor` (perpetrators, candidates, claimants, and actors of statements), or another column that `harmonise`
        takes.
    known
        Names as they should be, for the suggestions; by default the more frequent of the names themselves.

    Returns
    -------
    pandas.DataFrame
        One row a name, the most frequent first: `from`, `to`, `count`, `first` and `last` (dates of the events),
        `suggestion` (empty where there is none; without RapidFuzz only names of the same sound).

    Raises
    ------
    AttributionError
        The file is there already.

    Examples
    --------
    >>> import attribution as at, pandas as pd
    >>> frame = pd.DataFrame({"event_id": ["a", "b", "c"], "date": "2021", "perpetrator": ["Daesh", "Daesh", "Da'esh"]})
    >>> at.crosswalk(at.read_events(frame))[["from", "to", "count", "suggestion"]].values.tolist()
    [['Daesh', 'Daesh', 2, ''], ["Da'esh", "Da'esh", 1, 'Daesh']]
    """
    check_events(events)
    counts, first, last = occurrences(events, column)
    names = sorted(counts, key=lambda name: (-counts[name], name))
    proposed = suggestions(names, known)
    rows = [(name, name, counts[name], first[name], last[name], proposed.get(name, "")) for name in names]
    table = pd.DataFrame(rows, columns=COLUMNS)
    if path is not None:
        write_crosswalk(table, Path(path))
    return table


def occurrences(events: xr.Dataset, column: str) -> tuple[Counter[str], dict[str, str], dict[str, str]]:
    """How often each name occurs, and the first and last date of its events."""
    frame = to_frame(events)
    said = to_frame(events, "statements") if "statement_event" in events else None
    day = dict(zip(frame["event_id"].astype(str), frame["date"].astype(str).str[:10], strict=True))
    counts, dates = Counter[str](), dict[str, list[str]]()
    for name, cells in columns_of(events, column, frame, said).items():
        about = said["event_id"] if said is not None and name.startswith("statement_") else frame["event_id"]
        for event, cell in zip(about.astype(str), cells, strict=True):
            for part in split(name, str(cell)):
                if part and part != UNLISTED:
                    counts[part] += 1
                    dates.setdefault(part, []).append(day[event])
    return (
        counts,
        {n: min(found) for n, found in dates.items()},
        {n: max(found) for n, found in dates.items()},
    )


def suggestions(names: list[str], known: Collection[str]) -> dict[str, str]:
    """Which name each may be a spelling of: one of those known, or a more frequent one of the list."""
    found = {}
    for place, name in enumerate(names):
        others = [other for other in (known or names[:place]) if other != name]
        if name in known or not others:
            continue
        best = likest(name, others)
        if best:
            found[name] = best
    return found


def likest(name: str, others: Iterable[str]) -> str:
    """The name that another is most like; empty where none is close."""
    try:
        table = suggest([name], list(others), limit=1)
        return str(table["suggestion"].iloc[0])
    except AttributionError:
        return next((other for other in others if skeleton(other) == skeleton(name)), "")


def write_crosswalk(table: pd.DataFrame, path: Path) -> None:
    """Write the table as CSV; a name that a spreadsheet would run gets an apostrophe, which `harmonise` takes away."""
    if path.exists():
        raise AttributionError(
            f"crosswalk: {path.name} is there already and may have been edited: give another name."
        )
    safe = table.copy()
    for column in ("from", "to", "suggestion"):
        runs = safe[column].str.startswith(("=", "+", "-", "@"))
        safe[column] = np.where(runs, "'" + safe[column], safe[column])
    safe.to_csv(path, index=False, encoding="utf-8-sig", quoting=csv.QUOTE_NONNUMERIC)

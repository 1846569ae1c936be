"""Windows of time and area: which events lie in one, and how much of a coarse date does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from attribution.arrays import Array


@dataclass(frozen=True)
class Windows:
    """Spans of days, each in one area or everywhere.

    Attributes
    ----------
    label
        What each window is called or whose it is, ``(window,)``; several windows may share a label.
    start, end
        First and last day, datetime64[D], ``(window,)``.
    area
        The area; empty: everywhere.
    """

    label: Array
    start: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    area: Array


def windows(events: xr.Dataset, table: str, label: str) -> Windows:
    """The windows of a table (`context`, `bundle`) that `read_events` has put beside the events; none where absent."""
    if f"{table}_start" not in events:
        days = np.empty(0, dtype="datetime64[D]")
        return Windows(np.empty(0, dtype=str), days, days, np.empty(0, dtype=str))
    start, end = (events[f"{table}_{side}"].values.astype("datetime64[D]") for side in ("start", "end"))
    return Windows(events[f"{table}_{label}"].values, start, end, areas(events, table))


def areas(events: xr.Dataset, table: str) -> Array:
    """Area of each window; a table without the column is of windows everywhere."""
    if f"{table}_area" in events:
        return np.asarray(events[f"{table}_area"].values)
    return np.full(events.sizes[table], "")


def inside(events: xr.Dataset, spans: Windows) -> NDArray[np.float64]:
    """Share of the days on which each event may have happened that lies in each window, ``(event, window)``.

    Zero or one for an event dated to a day. An event without area lies only in windows that are everywhere.
    """
    first, last = (days[:, None] for days in window(events))
    common = np.minimum(last, spans.end) - np.maximum(first, spans.start)
    days = np.clip(common.astype(np.int64) + 1, 0, None)
    area = events["area"].values if "area" in events else np.full(events.sizes["event"], "")
    here = (spans.area == "") | (area[:, None] == spans.area)
    return np.where(here, days / ((last - first).astype(np.int64) + 1), 0.0)


def window(events: xr.Dataset) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """First and last day on which each event may have happened, by the precision of its date or by `date_last`.

    Parameters
    ----------
    events
        As `read_events` returns.

    Returns
    -------
    first, last
        datetime64[D], each (event,).

    Examples
    --------
    >>> import pandas as pd
    >>> from attribution import read_events
    >>> first, last = window(read_events(pd.DataFrame({"event_id": ["e1"], "date": ["2024-02"]})))
    >>> str(first[0]), str(last[0])
    ('2024-02-01', '2024-02-29')
    """
    first = events["date"].values.astype("datetime64[D]")
    last = first.copy()
    for precision, step in (("month", np.timedelta64(1, "M")), ("year", np.timedelta64(1, "Y"))):
        at = events["date_precision"].values == precision
        following = first[at].astype(f"datetime64[{precision[0].upper()}]") + step
        last[at] = following.astype("datetime64[D]") - np.timedelta64(1, "D")
    if "date_last" in events:
        stated = events["date_last"].values.astype("datetime64[D]")
        last = np.where(np.isnat(stated), last, stated)
    return first, last


def overlapping(label: Array, start: Array, end: Array, area: Array) -> Array:
    """Whether each window shares a day and an area with an earlier window of the same label, bool ``(window,)``."""
    later = np.zeros(len(label), dtype=bool)
    for i in range(len(label)):
        before = slice(0, i)
        here = (area[before] == area[i]) | (area[before] == "") | (area[i] == "")
        days = (start[before] <= end[i]) & (start[i] <= end[before])
        later[i] = (here & days & (label[before] == label[i])).any()
    return later

"""How much two records of a killing agree: date, place, number killed, rank, each as a level from best to worst."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from attribution.arrays import Array
from attribution.events.coding import texts
from attribution.events.distance import arc_km
from attribution.events.matching.names import skeleton
from attribution.events.windows import window

Index = NDArray[np.int64]
MISSING = -1
"""Level of what cannot be compared: it says nothing for or against."""
LEVELS: dict[str, tuple[str, ...]] = {
    "date": ("same day", "1 day apart", "2 or 3 days apart", "further apart"),
    "place": ("same place", "within 5 km", "same area", "elsewhere"),
    "killed": ("same number", "one more or less", "another number"),
    "target_rank": ("same rank", "next rank", "another rank"),
}
SAME = ("same", "different")
"""Levels of a further column."""


def near_pairs(first: xr.Dataset, second: xr.Dataset, least: int, most: int) -> tuple[Index, Index]:
    """Positions of the pairs whose windows are more than ``least`` and at most ``most`` days apart.

    Windows that overlap are 0 days apart; ``least=-1`` takes them in.
    """
    one, other = days(first), days(second)
    found = []
    for start in range(0, len(one[0]), 500):
        own = slice(start, start + 500)
        gap = np.maximum(one[0][own, None] - other[1], other[0] - one[1][own, None]).clip(min=0)
        rows, columns = np.nonzero((gap > least) & (gap <= most))
        found.append((rows + start, columns))
    rows, columns = (np.concatenate(part) for part in zip(*found, strict=True))
    return rows.astype(np.int64), columns.astype(np.int64)


def compare(
    first: xr.Dataset, second: xr.Dataset, pairs: tuple[Index, Index], also: Sequence[str]
) -> dict[str, Array]:
    """Level of each pair in each field, ``(pair,)``; only fields that both tables have."""
    levels = {"date": date_level(first, second, pairs), "place": place_level(first, second, pairs)}
    for column, level in (("killed", number_level), ("target_rank", rank_level)):
        if column in first and column in second:
            levels[column] = level(first, second, pairs)
    for column in also:
        one, other = (sounds(events, column)[at] for events, at in zip((first, second), pairs, strict=True))
        levels[column] = np.where((one == "") | (other == ""), MISSING, (one != other).astype(int))
    return levels


def days(events: xr.Dataset) -> tuple[Index, Index]:
    """First and last day of each event, in days since 1970."""
    first, last = window(events)
    return first.astype(np.int64), last.astype(np.int64)


def sounds(events: xr.Dataset, column: str) -> Array:
    """Skeletons of the names in a column, empty where it has none or the table lacks it."""
    if column not in events:
        return np.full(events.sizes["event"], "")
    labels, at = np.unique(texts(events[column].values), return_inverse=True)
    return np.array([skeleton(label) if label else "" for label in labels], dtype=str)[at]


def points(events: xr.Dataset) -> Array:
    """Latitude and longitude, NaN where there are none or only those of an area."""
    if "latitude" not in events:
        return np.full((events.sizes["event"], 2), np.nan)
    found = np.stack([events["latitude"].values, events["longitude"].values], axis=1)
    if "location_precision" in events:
        found[events["location_precision"].values == "area"] = np.nan
    return found


def distances(first: xr.Dataset, second: xr.Dataset, pairs: tuple[Index, Index]) -> Array:
    """Kilometres between the two places of each pair, NaN where a place is not known."""
    return arc_km(points(first)[pairs[0]], points(second)[pairs[1]])


def date_level(first: xr.Dataset, second: xr.Dataset, pairs: tuple[Index, Index]) -> Array:
    """By days apart; missing where the windows overlap and one is longer than a day."""
    (start, end), (other_start, other_end) = days(first), days(second)
    start, end, other_start, other_end = (
        start[pairs[0]],
        end[pairs[0]],
        other_start[pairs[1]],
        other_end[pairs[1]],
    )
    gap = np.maximum(start - other_end, other_start - end).clip(min=0)
    coarse = (end > start) | (other_end > other_start)
    level = np.searchsorted([0, 1, 3], gap, side="left")
    return np.where(coarse & (gap == 0), MISSING, level)


def place_level(first: xr.Dataset, second: xr.Dataset, pairs: tuple[Index, Index]) -> Array:
    """By distance where both have coordinates, else by the names of place and area."""
    km = distances(first, second, pairs)
    place, other_place = sounds(first, "place")[pairs[0]], sounds(second, "place")[pairs[1]]
    area, other_area = sounds(first, "area")[pairs[0]], sounds(second, "area")[pairs[1]]
    named, within = (place != "") & (other_place != ""), (area != "") & (other_area != "")
    same_area = within & (area == other_area)
    same_place = named & (place == other_place) & (same_area | ~within)
    apart = (within & ~same_area) | (named & ~within)
    by_name = np.select([same_place, named & same_area, apart], [0, 2, 3], default=MISSING)
    by_distance = np.select([km <= 1, km <= 5, same_area | (km <= 15)], [0, 1, 2], default=3)
    return np.where(np.isnan(km), by_name, by_distance)


def number_level(first: xr.Dataset, second: xr.Dataset, pairs: tuple[Index, Index]) -> Array:
    """By the difference in the number killed."""
    apart = np.abs(first["killed"].values[pairs[0]] - second["killed"].values[pairs[1]])
    return np.where(np.isnan(apart), MISSING, np.nan_to_num(apart, nan=0).clip(max=2).astype(int))


def rank_level(first: xr.Dataset, second: xr.Dataset, pairs: tuple[Index, Index]) -> Array:
    """By steps in the order of the ranks, where both tables have the same order; else same or not."""
    one, other = first["target_rank"].values[pairs[0]], second["target_rank"].values[pairs[1]]
    order, again = (json.loads(events.attrs.get("ranks", "[]")) for events in (first, second))
    apart = np.where(one == other, 0, 2)
    if order and order == again:
        place = {rank: i for i, rank in enumerate(order)} | {"": 0}
        steps = [abs(place[str(a)] - place[str(b)]) for a, b in zip(one, other, strict=True)]
        apart = np.array(steps, dtype=int).clip(max=2)
    return np.where((one == "") | (other == ""), MISSING, apart)

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
from attribution.events.matching.names import place_name, skeleton
from attribution.events.windows import window

Index = NDArray[np.int64]
MISSING = -1
"""Level of what cannot be compared: it says nothing for or against."""
LEVELS: dict[str, tuple[str, ...]] = {
    "date": ("same day", "1 day apart", "2 or 3 days apart", "further apart"),
    "place": ("same place", "within 5 km", "same area", "elsewhere"),
    "killed": ("same number", "one more or less", "another number"),
    "target_rank": ("same rank", "next rank", "another rank"),
    "window": (
        "inside a window of 2 or 3 days",
        "inside one of up to 14 days",
        "inside a longer one",
        "beside it",
    ),
}
SAME = ("same", "different")
"""Levels of a further column."""


RADIUS_KM = 25.0
"""How far from a killing the coordinates of its area may lie and still speak for it; further off they say nothing."""
LENGTHS = (3, 14)
"""Days of the two windows together up to which a day inside says much, and something."""


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
    inside = window_level(first, second, pairs)
    if (inside != MISSING).any():
        levels["window"] = inside
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
    plain = place_name if column in ("place", "area") else str
    labels, at = np.unique(texts(events[column].values), return_inverse=True)
    return np.array([skeleton(plain(label)) if label else "" for label in labels], dtype=str)[at]


def points(events: xr.Dataset) -> Array:
    """Latitude and longitude, NaN where there are none."""
    if "latitude" not in events:
        return np.full((events.sizes["event"], 2), np.nan)
    return np.stack([events["latitude"].values, events["longitude"].values], axis=1)


def coarse(events: xr.Dataset) -> Array:
    """Whether the coordinates of each event are those of an area."""
    if "location_precision" not in events:
        return np.zeros(events.sizes["event"], dtype=bool)
    return np.asarray(events["location_precision"].values == "area")


def distances(first: xr.Dataset, second: xr.Dataset, pairs: tuple[Index, Index]) -> Array:
    """Kilometres between the two places of each pair, NaN where a place is not known."""
    return arc_km(points(first)[pairs[0]], points(second)[pairs[1]])


def window_gaps(first: xr.Dataset, second: xr.Dataset, pairs: tuple[Index, Index]) -> tuple[Index, Index]:
    """Days between the windows of each pair, and days of both windows together: 1 for two days of the calendar."""
    (start, end), (other_start, other_end) = days(first), days(second)
    start, end = start[pairs[0]], end[pairs[0]]
    other_start, other_end = other_start[pairs[1]], other_end[pairs[1]]
    gap = np.maximum(start - other_end, other_start - end).clip(min=0)
    return gap, end - start + other_end - other_start + 1


def date_level(first: xr.Dataset, second: xr.Dataset, pairs: tuple[Index, Index]) -> Array:
    """By days apart; missing where one of the dates is a window, see `window_level`."""
    gap, length = window_gaps(first, second, pairs)
    return np.where(length > 1, MISSING, np.searchsorted([0, 1, 3], gap, side="left"))


def window_level(first: xr.Dataset, second: xr.Dataset, pairs: tuple[Index, Index]) -> Array:
    """Where a date is a window: whether the other lies inside, and how long it is; missing for two days."""
    gap, length = window_gaps(first, second, pairs)
    inside = np.searchsorted(LENGTHS, length, side="left")
    return np.where(length == 1, MISSING, np.where(gap == 0, inside, len(LENGTHS) + 1))


def place_level(first: xr.Dataset, second: xr.Dataset, pairs: tuple[Index, Index]) -> Array:
    """By distance where both have coordinates of a place, else by the names of place and area.

    Coordinates of an area speak for two records that lie within its radius, and never against them.
    """
    km = distances(first, second, pairs)
    place, other_place = sounds(first, "place")[pairs[0]], sounds(second, "place")[pairs[1]]
    area, other_area = sounds(first, "area")[pairs[0]], sounds(second, "area")[pairs[1]]
    named, within = (place != "") & (other_place != ""), (area != "") & (other_area != "")
    same_area = within & (area == other_area)
    same_place = named & (place == other_place) & (same_area | ~within)
    apart = (within & ~same_area) | (named & ~within)
    by_name = np.select([same_place, named & same_area, apart], [0, 2, 3], default=MISSING)
    by_distance = np.select([km <= 1, km <= 5, same_area | (km <= 15)], [0, 1, 2], default=3)
    rough = coarse(first)[pairs[0]] | coarse(second)[pairs[1]]
    best = np.select([km <= 5, km <= RADIUS_KM], [1, 2], default=3)
    better = np.where(by_name == MISSING, best, np.minimum(best, by_name))
    by_radius = np.where(km <= RADIUS_KM, better, by_name)
    return np.select([np.isnan(km), rough], [by_name, by_radius], by_distance)


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

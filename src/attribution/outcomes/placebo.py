"""Placebos: killings on other days, outcomes of other areas, and where what was observed stands among them."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from attribution.arrays import Floats

Index = NDArray[np.int64]

ENUMERATED = 5
"""Up to so many areas every way to exchange them is tried; beyond, ways are drawn."""


def shifted(day: Index, days: int, block: int, rng: np.random.Generator) -> Index:
    """Days of the killings, those of one block of the period moved around it together by a random number of days.

    Blocks are about ``block`` days long. All areas move together, so that what they share stays
    shared, and killings of a block stay as far apart as they were, so that waves stay waves (after
    Amarasingham et al. 2012, doi:10.1152/jn.00633.2011).
    """
    edge = np.linspace(0, days, max(1, round(days / block)) + 1).astype(np.int64)
    own = np.searchsorted(edge, day, side="right") - 1
    length = np.diff(edge)
    move = rng.integers(0, length)
    return np.asarray(edge[own] + (day - edge[own] + move[own]) % length[own])


def exchanged(areas: Index, count: int, most: int, rng: np.random.Generator) -> list[Index]:
    """Ways to exchange the outcomes of some areas, all of them distinct and none as it is.

    Each says for every one of ``count`` areas whose outcomes it gets; areas that are not exchanged
    keep theirs. Two areas have one such way, three have five, four 23, five 119. Ways in which some
    area keeps its own are among them: only so do all ways and the observed one form a group, and
    the position is exact where areas could be exchanged.
    """
    if len(areas) <= ENUMERATED:
        found = np.array(list(permutations(range(len(areas)))), dtype=np.int64)
    else:
        drawn = np.array([rng.permutation(len(areas)) for _ in range(2 * most)])
        found = rng.permutation(np.unique(drawn, axis=0))
    whose = np.tile(np.arange(count), (len(found), 1))
    whose[:, areas] = areas[found]
    return [way for way in whose if (way != np.arange(count)).any()][:most]


def position(observed: Floats, placebos: Floats) -> tuple[Floats, Floats]:
    """Share of the placebos, the observed statistic among them, that are at least as large.

    Parameters
    ----------
    observed
        Statistics, ``(..., group)``.
    placebos
        The same of each placebo, ``(placebo, ..., group)``.

    Returns
    -------
    each, any
        ``(..., group)``: for each group by itself, and how often any group's, in units of its
        spread among the placebos, is as large (Westfall and Young 1993), which allows for having
        looked at all groups. NaN without placebos.
    """
    if not len(placebos):
        return np.full(observed.shape, np.nan), np.full(observed.shape, np.nan)
    together = np.concatenate([observed[None], placebos])
    spread = together.std(axis=0)
    close = 1e-9 * np.abs(together).max()
    each = (together >= observed - close).mean(axis=0)
    scaled = (together - together.mean(axis=0)) / np.where(spread > close, spread, np.inf)
    largest = scaled.max(axis=-1, keepdims=True)
    return each, (largest >= scaled[0] - 1e-9).mean(axis=0)

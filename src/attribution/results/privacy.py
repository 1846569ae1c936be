"""What of small groups, places and dates leaves the house."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attribution.errors import AttributionError

DATES = {"year": "Y", "month": "M", "day": "D"}
PLACES = ("none", "area", "place")


@dataclass(frozen=True)
class Privacy:
    """What of small groups, places and dates a report shows.

    Parameters
    ----------
    smallest
        Groups of fewer killings are not shown; 1 shows all.
    date
        The finest date shown: `"year"`, `"month"` or `"day"`.
    place
        The finest place shown: `"none"`, `"area"` or `"place"`; coordinates never.
    per_event
        Whether killings are listed one by one. A list of attributed killings can put people in
        danger: opt in.

    Raises
    ------
    AttributionError
        A setting there is not.

    Examples
    --------
    >>> Privacy(smallest=10, date="year").per_event
    False
    """

    smallest: int = 5
    date: str = "month"
    place: str = "area"
    per_event: bool = False

    def __post_init__(self) -> None:
        """Refuse settings there are not."""
        if self.smallest < 1:
            raise AttributionError(f"Privacy(smallest={self.smallest}): give 1 or more.")
        for name, known in (("date", tuple(DATES)), ("place", PLACES)):
            if getattr(self, name) not in known:
                raise AttributionError(
                    f"Privacy({name}={getattr(self, name)!r}): choose one of {', '.join(map(repr, known))}."
                )


def hidden(counts: Any, smallest: int) -> NDArray[np.bool_]:
    """Which counts must not be shown where their sum is: small ones, and others until none follows by subtraction.

    Complementary suppression: hidden counts together hold at least ``smallest`` and more than there are of them, so
    that they are neither small together nor all one. Others join, the smallest first, zeros where nothing else is left;
    where all together are too few, all are hidden.

    References
    ----------
    Hundepool, A. et al. (2012). Statistical disclosure control, chapter 4. Wiley. doi:10.1002/9781118348239

    Examples
    --------
    >>> hidden([3, 9, 20], smallest=5)
    array([ True,  True, False])
    >>> hidden([9, 20, 0], smallest=5)
    array([False, False, False])
    >>> hidden([1, 2, 9, 20], smallest=5)
    array([ True,  True,  True, False])
    >>> hidden([3, 0, 0], smallest=5)
    array([ True,  True,  True])
    """
    values = np.asarray(counts)
    out: NDArray[np.bool_] = (values > 0) & (values < smallest)
    if out.any():
        rest = np.flatnonzero(~out)
        for place in rest[np.lexsort((rest, values[rest], values[rest] == 0))]:
            if covered(values[out], smallest):
                break
            out[place] = True
    return out


def covered(values: Any, smallest: int) -> bool:
    """Whether hidden counts, of which the sum is known, hide each other; none do."""
    own = np.asarray(values)
    return len(own) == 0 or bool(len(own) > 1 and own.sum() >= smallest and own.sum() > len(own))


def coarse(dates: Any, privacy: Privacy) -> NDArray[np.str_]:
    """Dates as text, no finer than is shown."""
    days: NDArray[np.datetime64] = np.asarray(dates, dtype="datetime64[D]")
    return days.astype(f"datetime64[{DATES[privacy.date]}]").astype(str)


def when(first: Any, last: Any, privacy: Privacy) -> NDArray[np.str_]:
    """Dates known from a first to a last day as text, no finer than is shown and no finer than they are known.

    A killing of 2019, its month unknown, is of ``2019``; one of the turn of a year is of ``2019 to 2020``.
    """
    shown = list(DATES)[: list(DATES).index(privacy.date) + 1]
    ends = {unit: [coarse(days, replace(privacy, date=unit)) for days in (first, last)] for unit in shown}
    found = np.array([" to ".join(years) for years in zip(*ends["year"], strict=True)], dtype=object)
    for start, end in ends.values():
        found = np.where(start == end, start, found)
    return np.asarray(found, dtype=str)

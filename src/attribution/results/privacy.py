"""What of small groups, places and dates leaves the house."""

from __future__ import annotations

from dataclasses import dataclass
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
    """Which counts must not be shown: small ones, and as many more as keep them from being found by subtraction.

    The sum of what is hidden can be found from a total. So groups that are hidden together hold at least ``smallest``
    killings and more killings than they are groups, and are at least two: the smallest of the others join them until
    that is so, and groups of none where no others are left. This is complementary suppression; Hundepool, A. et al.
    (2012). Statistical Disclosure Control. Wiley, chapter 4.

    Examples
    --------
    >>> hidden([3, 9, 20], smallest=5)
    array([ True,  True, False])
    >>> hidden([1, 1, 20, 38], smallest=5)
    array([ True,  True,  True, False])
    >>> hidden([3, 0, 0], smallest=5)
    array([ True,  True,  True])
    >>> hidden([9, 20, 0], smallest=5)
    array([False, False, False])
    """
    values = np.asarray(counts)
    small: NDArray[np.bool_] = (values > 0) & (values < smallest)
    if not small.any():
        return small
    for place in np.argsort(np.where(values > 0, values, np.inf), kind="stable"):
        if covered(values[small], smallest):
            break
        small[place] = True
    return small


def covered(values: NDArray[Any], smallest: int) -> bool:
    """Whether the sum of some counts gives none of them away."""
    return len(values) > 1 and bool(values.sum() >= smallest) and bool(values.sum() > len(values))


def coarse(dates: Any, privacy: Privacy) -> NDArray[np.str_]:
    """Dates as text, no finer than is shown."""
    days: NDArray[np.datetime64] = np.asarray(dates, dtype="datetime64[D]")
    return days.astype(f"datetime64[{DATES[privacy.date]}]").astype(str)

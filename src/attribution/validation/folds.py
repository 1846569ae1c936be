"""Which labels are hidden together: blocks of events in time, space, at random or by a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from attribution.compute.random_numbers import Stream
from attribution.errors import AttributionError, nearest
from attribution.events.candidates import incidents
from attribution.events.coding import texts
from attribution.events.windows import window

SCHEMES = ("time", "forward", "area", "random")

Flags = NDArray[np.bool_]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Events dealt to folds.

    Attributes
    ----------
    fold
        Fold of each event, known perpetrator or not, ``(event,)``.
    known
        Whether the perpetrator is known, so that its probability can be scored, ``(event,)``.
    labelled
        Whether the label says anything: known, or among some of the actors, ``(event,)``.
    order
        A number between 0 and 1 for each event, the same within an incident: labels are thinned out
        from the top, ``(event,)``.
    forward
        Whether later folds are the future of earlier ones.
    block
        What each fold holds, for a reader.
    """

    fold: Index
    known: Flags
    labelled: Flags
    order: NDArray[np.float64]
    forward: bool
    block: tuple[str, ...]

    @property
    def scored(self) -> list[int]:
        """The folds with labels to score; forward in time the first has no past to learn from."""
        return [fold for fold in range(self.forward, len(self.block)) if self.test(fold).any()]

    def test(self, fold: int) -> Flags:
        """Events that are scored in a fold, ``(event,)``."""
        return np.asarray(self.known & (self.fold == fold))

    def future(self, fold: int) -> Flags:
        """Events of later folds where these are the future, ``(event,)``."""
        return np.asarray((self.fold > fold) & self.forward)

    def hidden(self, fold: int, label_fraction: float = 1.0) -> Flags:
        """Events whose label is taken away in a fold, ``(event,)``: its own, the future's, and those thinned out."""
        out: Flags = (self.fold == fold) | self.future(fold)
        training = self.labelled & ~out
        if label_fraction == 1 or not training.any():
            return np.asarray(out)
        keep = int(np.ceil(label_fraction * training.sum()))
        return np.asarray(out | (self.order > np.sort(self.order[training])[keep - 1]))


def split(
    events: xr.Dataset, candidates: Flags, blocks: str = "time", folds: int = 10, seed: int = 0
) -> Split:
    """Deal events to folds with about the same number of known perpetrators in each.

    Events of one incident always share a fold, that of the first of them: killings of one incident
    nearly always share their perpetrator, so that a label left on one would tell the other's.

    Parameters
    ----------
    events
        What `read_events` returns.
    candidates
        Who may have done each event, ``(event, actor)``.
    blocks
        `"time"` or `"forward"`: contiguous in time (by the middle of the days on which the event
        may have happened; events of the same date in the order of the table); `"random"`; or a
        column, such as `"area"`, whose values stay whole: each is a fold where there are no more
        values than ``folds``, else they are dealt out evenly.
    folds
        Number of folds.
    seed
        Seed of random folds, and of which labels are thinned out first.

    Returns
    -------
    Split
        The folds.

    Raises
    ------
    AttributionError
        Fewer than two folds, fewer known perpetrators than folds, or a column that is not there or
        has one value.
    """
    known, labelled = candidates.sum(axis=1) == 1, ~candidates.all(axis=1)
    if folds < 2 or known.sum() < folds:
        raise AttributionError(
            f"folds={folds}: give at least 2, and no more than there are events with a known perpetrator "
            f"({known.sum()})."
        )
    unit, first = incidents(events)
    count = np.bincount(unit, known)
    rng = np.random.default_rng([seed, Stream.FOLDS])
    order = rng.random(len(first))[unit]
    if blocks in ("time", "forward"):
        place = np.argsort(middle(events)[first], kind="stable")
        fold = cut(place, count, folds)[unit]
        names = fold_days(events, fold, folds)
    elif blocks == "random":
        fold = cut(rng.permutation(len(first)), count, folds)[unit]
        names = [""] * folds
    else:
        labels, code = np.unique(column(events, blocks)[first], return_inverse=True)
        if len(labels) < 2:
            raise AttributionError(
                f"blocks={blocks!r}: the column has a single value, nothing is left to learn from."
            )
        group = deal(np.bincount(code, count), min(folds, len(labels)))
        fold = group[code][unit]
        names = ["; ".join(labels[group == own]) for own in range(group.max() + 1)]
    return Split(fold, known, labelled, order, blocks == "forward", tuple(names))


def middle(events: xr.Dataset) -> NDArray[np.datetime64]:
    """Middle of the days on which each event may have happened."""
    first, last = window(events)
    return first + (last - first) // 2


def cut(place: Index, count: NDArray[np.float64], folds: int) -> Index:
    """Folds of units in the order ``place``, cut where the ``count`` of each is about even."""
    ordered = count[place]
    before = np.cumsum(ordered) - ordered
    fold = np.empty(len(place), dtype=np.int64)
    fold[place] = np.minimum(np.floor((before + ordered / 2) * folds / count.sum()), folds - 1)
    return fold


def deal(count: NDArray[np.float64], folds: int) -> Index:
    """Folds of groups: the largest first, each to the fold that has least so far."""
    fold, held = np.empty(len(count), dtype=np.int64), np.zeros(folds)
    for position, group in enumerate(np.argsort(-count, kind="stable")):
        fold[group] = position if position < folds else int(held.argmin())
        held[fold[group]] += count[group]
    return fold


def column(events: xr.Dataset, name: str) -> NDArray[np.str_]:
    """A column of the events as text."""
    known = [str(key) for key, values in events.data_vars.items() if values.dims == ("event",)]
    if name not in known:
        raise AttributionError(
            f"blocks={name!r} is neither one of {', '.join(map(repr, SCHEMES))} nor a column of the "
            f"events.{nearest(name, [*SCHEMES, *known])}"
        )
    return texts(events[name].values)


def fold_days(events: xr.Dataset, fold: Index, folds: int) -> Sequence[str]:
    """First and last day of each fold."""
    first, last = window(events)
    return [
        f"{first[own].min()} to {last[own].max()}" if own.any() else ""
        for own in (fold == f for f in range(folds))
    ]

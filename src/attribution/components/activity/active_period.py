"""`ActivePeriod`: an actor does nothing outside the time it existed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray

from attribution.arrays import Arrays
from attribution.components.base import NEVER, ActivityTerm, Levels, Tensor, Tensors
from attribution.errors import ModelError, nearest
from attribution.events.candidates import candidate_mask
from attribution.events.windows import window

Span = Sequence[str | None]
UNITS: dict[int, Literal["Y", "M", "D"]] = {4: "Y", 7: "M", 10: "D"}
"""Units of dates by the length of their text."""

Spans = Mapping[str, Span] | Sequence[tuple[str, Span]]


@dataclass(frozen=True)
class ActivePeriod(ActivityTerm):
    r"""An actor does nothing outside the time it existed: a group founded in 2013 did not kill in 2011.

    .. math:: \eta[e, k] = 0 \text{ where the dates of } e \text{ meet the period of } k,
              \quad \eta[e, k] = -\infty \text{ elsewhere}

    It has no parameters; give only dates that are known. State the earliest and the latest date on which the group may
    have acted under any name coded as this actor; it may have announced itself later than it began. It says who acts,
    not who speaks: a group may claim killings from before it was founded, and the laws of claims allow it.

    Parameters
    ----------
    spans
        First and last date of an actor's activity, both included, as year, month or day (`"2013-04"`); None where it is
        open. One span an actor, which holds all its periods. Actors not named may have acted at any time.

    Raises
    ------
    ModelError
        Dates that cannot be read, a span that ends before it begins or has neither end; an actor that the model does
        not have; an event whose label contradicts the spans, or at which nobody was active, in the fit or in events
        that are scored afterwards.

    Examples
    --------
    >>> ActivePeriod({"HTS": ("2017-01-28", None)}).spans
    (('HTS', ('2017-01-28', None)),)
    """

    spans: Spans

    def __post_init__(self) -> None:
        """Keep spans as values; refuse those that are none."""
        given: Any = self.spans
        pairs = list(given.items()) if isinstance(given, Mapping) else given
        if not isinstance(pairs, Sequence) or not pairs or not all(map(is_pair, pairs)):
            raise ModelError(
                'ActivePeriod(spans=...) takes first and last date by actor: {"HTS": ("2017-01-28", None)}.'
            )
        names = [actor for actor, _ in pairs]
        twice = sorted({actor for actor in names if names.count(actor) > 1})
        if twice:
            raise ModelError(
                f"ActivePeriod: {twice[0]!r} has more than one span; give one that holds all its periods."
            )
        spans = tuple(sorted((actor, span_of(actor, span)) for actor, span in pairs))
        object.__setattr__(self, "spans", spans)

    @property
    def fitted(self) -> bool:
        """Periods are stated: there is nothing to fit."""
        return False

    @property
    def name(self) -> str:
        """The component's name."""
        return "active_period"

    @property
    def columns(self) -> tuple[str, ...]:
        """`date`."""
        return ("date",)

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """First and last day of each actor."""
        stated: dict[str, Span] = dict(self.spans)
        unknown = [actor for actor in stated if actor not in actors]
        if unknown:
            raise ModelError(
                f"ActivePeriod(spans=...) names {unknown[0]!r}, which is not an actor of the model: "
                f"{', '.join(actors)}.{nearest(unknown[0], actors)}"
            )
        spans = [stated.get(actor, (None, None)) for actor in actors]
        first = np.array([day(start, "0001", last=False) for start, _ in spans])
        last = np.array([day(end, "9999", last=True) for _, end in spans])
        return Levels(actors, data={"first": first, "last": last})

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Whether each actor was active on a day on which the event may have happened, a key an actor."""
        first, last = window(events)
        active = (first[:, None] <= levels.data["last"]) & (last[:, None] >= levels.data["first"])
        self._possible(events, levels, active)
        return {str(k): own for k, own in enumerate(active.T.astype(np.int64))}

    def rows(self, keys: Arrays, levels: Levels) -> Arrays:
        """What is added, ``(row, actor)``."""
        active = np.stack([keys[str(k)] for k in range(len(levels.actors))], axis=1)
        return {"active": np.where(active == 1, 0.0, NEVER)}

    def parameters(self, levels: Levels) -> Tensors:
        """None."""
        return {}

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """A row a distinct set of active actors."""
        return pt.as_tensor_variable(rows["active"])

    def _possible(self, events: xr.Dataset, levels: Levels, active: NDArray[np.bool_]) -> None:
        """Raise `ModelError` where no candidate was active."""
        named = candidate_mask(events, levels.actors)
        bad = np.flatnonzero(~(named & active).any(axis=1))
        if not len(bad):
            return
        event = events["event"].values[bad[0]]
        date = str(events["date"].values[bad[0]].astype("datetime64[D]"))
        who = [actor for actor, own in zip(levels.actors, named[bad[0]], strict=True) if own]
        others = ", ".join(repr(str(name)) for name in events["event"].values[bad[1:6]])
        more = f" ({len(bad)} events in all: also {others})" if others else ""
        raise ModelError(
            f"Event {str(event)!r}, {date}, may only be by {', '.join(who)}, and ActivePeriod() says that none of them "
            f"was active then{more}. Widen the span, or correct the event's date or label."
        )


def is_pair(value: Any) -> bool:
    """Whether this is an actor and a span."""
    pair = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2
    return pair and isinstance(value[0], str)


def span_of(actor: str, span: Span) -> tuple[str | None, str | None]:
    """A span as a pair, or `ModelError`."""
    if isinstance(span, str) or not isinstance(span, Sequence) or len(span) != 2:
        raise ModelError(
            f"ActivePeriod: the span of {actor!r} is {span!r}; give first and last date, None for an open end."
        )
    start, end = span
    for value in (start, end):
        if value is not None and not readable(value):
            raise ModelError(
                f"ActivePeriod: {value!r} of {actor!r} is not a date; write '2013', '2013-04' or '2013-04-28'."
            )
    if start is None and end is None:
        raise ModelError(f"ActivePeriod: the span of {actor!r} has neither end; leave this actor out.")
    if start is not None and end is not None and day(start, "", last=False) > day(end, "", last=True):
        raise ModelError(f"ActivePeriod: {actor!r} ends ({end}) before it begins ({start}).")
    return start, end


def readable(value: object) -> bool:
    """Whether this is a year, a month or a day, as text."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){0,2}", value):
        return False
    try:
        return str(np.datetime64(value)) == value
    except ValueError:
        return False


def day(value: str | None, default: str, *, last: bool) -> np.datetime64:
    """First or last day of a year, a month or a day."""
    text = value or default
    stated = np.datetime64(text)
    if last:
        following = stated + np.timedelta64(1, UNITS[len(text)])
        return np.datetime64(following, "D") - np.timedelta64(1, "D")
    return np.datetime64(stated, "D")

"""`Timing`: a smooth path of each actor's activity over time, for all areas or for each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from attribution.arrays import Array, Arrays, Floats
from attribution.components.base import ActivityTerm, Levels, Tensor, Tensors
from attribution.components.basis import walk_basis, walk_continued, walk_step
from attribution.components.effects import scale, smooth_effect
from attribution.components.unseen import Unseen, codes_or_new
from attribution.errors import ModelError
from attribution.events.candidates import incident_weights
from attribution.events.coding import texts
from attribution.events.windows import window

ABSENT = -2
"""Code of a group that the event does not state."""

MOST = 400
"""Most periods of a path where the user states none."""

STEPS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


@dataclass(frozen=True)
class Timing(ActivityTerm):
    r"""A smooth path per actor over periods, able to bridge a gap; with ``by``, one for each level of a column.

    .. math:: \eta[e, k] = \sigma \sum_b B_{t(e), b}\, u_{g(e), b, k}, \quad u \sim \mathrm{ZeroSumNormal}(1), \quad
              \sigma \sim \mathrm{HalfNormal}(\mathtt{sd})

    :math:`B` is the basis of a centred random walk over all periods from the first event to the last, whether or
    not anything happened in them. Its few functions are those that follow the walk best where the events are: half of
    what counts is the number of events in a period (known perpetrator or not), half its time. An event dated to a
    month or a year takes the average of the path over the periods it may have happened in. Outside the fitted
    periods the walk goes on from the path's nearest end, one draw a step that all later periods share: adjacent months
    are nearly alike and the uncertainty grows. A level that was not fitted has a whole path of its own drawn.

    Parameters
    ----------
    by
        Column whose every level has its own path (`"area"`): a local departure from the path of all.
    period
        `"month"`, `"quarter"`, `"half-year"` or `"year"`; by default the finest that needs at most 400 periods
        and is no finer than most dates are.
    sd
        Scale of the prior of the path's standard deviation at a typical event, in log-odds.
    rank
        Most basis functions of a path; by default 40, and 8 with ``by``: slow change only.

    Examples
    --------
    >>> Timing().name, Timing(by="area").name
    ('timing', 'timing_area')
    """

    by: str | None = None
    period: str | None = None
    sd: float = 0.5
    rank: int | None = None

    def __post_init__(self) -> None:
        """Refuse a period or a rank there is not."""
        if self.period is not None and self.period not in STEPS:
            raise ModelError(f"Timing(period={self.period!r}): choose one of {', '.join(map(repr, STEPS))}.")
        whole = isinstance(self.rank, int) and not isinstance(self.rank, bool)
        if self.rank is not None and not (whole and self.rank > 0):
            raise ModelError(
                f"Timing(rank={self.rank!r}) must be a whole number of basis functions, 1 or more."
            )

    @property
    def name(self) -> str:
        """The component's name."""
        return "timing" if self.by is None else f"timing_{self.by}"

    @property
    def columns(self) -> tuple[str, ...]:
        """`date`, and the column of ``by``."""
        return ("date",) if self.by is None else ("date", self.by)

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """The periods from the first event to the last, and the groups."""
        first, last = (month(days) for days in window(events))
        step = STEPS[self.period] if self.period else finest(first, last)
        periods = np.arange(first.min() // step, last.max() // step + 1)
        middle = (first + last) // 2 // step - periods[0]
        weight = density(middle, len(periods), incident_weights(events))
        basis = walk_basis(len(periods), self.rank or (40 if self.by is None else 8), weight)
        coords = {f"{self.name}_basis": [str(i + 1) for i in range(basis.shape[1])]}
        if self.by is not None:
            coords[self._dim] = sorted(set(texts(events[self.by].values)) - {""})
        data: dict[str, object] = {
            "step": step,
            "start": int(periods[0]),
            "periods": len(periods),
            "before": 0,
        }
        data |= {"basis": basis, "step_variance": walk_step(len(periods), weight)}
        return Levels(actors, coords, data)

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """First and last period the event may have happened in, and its group (below -2: not fitted, -2: none)."""
        first, last = (month(days) // levels.data["step"] - levels.data["start"] for days in window(events))
        keys = {"first": first, "last": last}
        if self.by is not None:
            label = texts(events[self.by].values)
            keys["level"] = np.where(label == "", ABSENT, codes_or_new(label, levels.coords[self._dim]))
        return keys

    def rows(self, keys: Arrays, levels: Levels) -> Arrays:
        """The basis averaged over the event's periods, and the group."""
        average = averaged(keys, levels.data["basis"], levels.data["before"], levels.data["periods"])
        if self.by is None:
            return {"basis": average}
        known = keys["level"] >= 0
        return {"basis": average * known[:, None], "level": np.where(known, keys["level"], 0)}

    def parameters(self, levels: Levels) -> Tensors:
        """`_sd` and `_raw[(group,) basis, actor]`."""
        return {"sd": scale(self.name, self.sd), "raw": smooth_effect(self.name, tuple(levels.coords)[::-1])}

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """A row a period (and group)."""
        if self.by is None:
            return parameters["sd"] * (rows["basis"] @ parameters["raw"])
        return parameters["sd"] * (rows["basis"][:, :, None] * parameters["raw"][rows["level"]]).sum(axis=1)

    def unseen(self, keys: Arrays, levels: Levels) -> dict[str, Unseen]:
        """The steps outside the fitted periods; of a group not fitted, its whole path."""
        basis = levels.data["basis"]
        before, after = steps_outside(keys, len(basis))
        longer = walk_continued(basis, levels.data["step_variance"], before, after)
        weight = averaged(keys, longer, before, len(basis))
        group = keys.get("level", np.zeros(len(weight), dtype=np.int64))
        weight[group == ABSENT] = 0.0
        weight[group >= 0, : basis.shape[1]] = 0.0
        row, column = np.nonzero(weight)
        names = [*range(basis.shape[1]), *step_names(before, after)]
        label = [f"{group[i]} {names[j]}" for i, j in zip(row, column, strict=True)]
        return {"sd": Unseen(len(weight), row, label, weight[row, column])}

    @property
    def _dim(self) -> str:
        return f"{self.name}_level"


def averaged(keys: Arrays, basis: Floats, before: int, periods: int) -> Floats:
    """The basis averaged over the periods that each event may have happened in, ``(row, basis)``.

    ``basis`` has ``before`` rows ahead of those of the fitted ``periods``, and perhaps some after them. Of an event
    that may have happened in a fitted period, the fitted ones count; of any other, those that there are.
    """
    inside = (keys["last"] >= 0) & (keys["first"] < periods)
    low = np.where(inside, 0, -before)
    high = np.where(inside, periods, len(basis) - before) - 1
    first, last = (np.clip(keys[end], low, high) + before for end in ("first", "last"))
    total = np.vstack([np.zeros(basis.shape[1]), basis.cumsum(axis=0)])
    return np.asarray((total[last + 1] - total[first]) / (last + 1 - first)[:, None])


def steps_outside(keys: Arrays, periods: int) -> tuple[int, int]:
    """How many steps before the fitted periods and after them events reach that happened in none of these."""
    before = np.where(keys["last"] < 0, -keys["first"], 0)
    after = np.where(keys["first"] >= periods, keys["last"] - periods + 1, 0)
    return int(before.max(initial=0)), int(after.max(initial=0))


def step_names(before: int, after: int) -> list[str]:
    """Labels of the steps outside the fitted periods, in the order of their columns: `-1`, `-2`, ..., `+1`, `+2`."""
    return [*(f"-{i + 1}" for i in range(before)), *(f"+{i + 1}" for i in range(after))]


def continued(levels: Levels, before: int, after: int) -> Levels:
    """Levels of a path that goes on over so many periods before and after those of the fit."""
    dim = next(iter(levels.coords))
    coords = dict(levels.coords) | {dim: [*levels.coords[dim], *step_names(before, after)]}
    basis = walk_continued(levels.data["basis"], levels.data["step_variance"], before, after)
    return replace(levels, coords=coords, data=dict(levels.data) | {"basis": basis, "before": before})


def finest(first: Array, last: Array) -> int:
    """The shortest step no shorter than most windows of months, with at most `MOST` periods; a year where none is."""
    precision = float(np.median(last - first + 1))
    start, end = int(first.min()), int(last.max())
    fitting = [
        step for step in STEPS.values() if step >= min(precision, 12) and end // step - start // step < MOST
    ]
    return fitting[0] if fitting else STEPS["year"]


def density(period: Array, count: int, each: Floats) -> Floats:
    """How much each of ``count`` periods matters, half by the events in it and half by its time, ``(period,)``.

    ``each`` is how much an event counts: those of one incident count as one.
    """
    return np.asarray(np.bincount(period, each, count) / each.sum() / 2 + 1 / (2 * count))


def month(days: Array) -> Array:
    """Months since January of year 0."""
    return days.astype("datetime64[M]").astype(np.int64) + 1970 * 12

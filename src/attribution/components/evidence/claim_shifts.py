"""How a claimant's log-odds move with a column of the events: the parts that `Claim` is put together from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import xarray as xr

from attribution.arrays import Array, Arrays
from attribution.components.activity.category import Category
from attribution.components.activity.covariate import Covariate
from attribution.components.activity.target_rank import TargetRank
from attribution.components.activity.timing import Timing
from attribution.components.base import ActivityTerm, Levels, Tensor, Tensors
from attribution.components.effects import raw_effect, scale
from attribution.errors import ModelError
from attribution.events.coding import codes

COUNTS = ("killed", "injured")
"""Columns whose slope is on ``log(1 + number)``: counts with a long tail."""


@dataclass(frozen=True)
class Shift:
    r"""A shift ``(claimant)`` of log-odds: :math:`\sigma \sum_b B_b(e)\, (m_b + v_{b, j})`.

    What it looks at, and how missing values are met, is that of an activity term over the same column: the walk over
    ranks or periods, an indicator of each category, a standardised number and an indicator that it is missing.

    Attributes
    ----------
    label
        What its parameters and rows are named by.
    source
        The activity term that it shares levels, keys and basis with.
    sd
        Scale of the half-normal prior of :math:`\sigma`.
    common
        Whether there is :math:`m`, standard normal, the part that all claimants share; :math:`v` is standard normal.
    alike
        Whether there is nothing else: without :math:`v` the shift is that of all actors alike.
    """

    label: str
    source: ActivityTerm
    sd: float
    common: bool = True
    alike: bool = False

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """Those of the source, and the order of ranks, where it is on the rank as a number."""
        on_rank = isinstance(self.source, Covariate) and self.source.column == "target_rank"
        order = TargetRank().levels(events, actors).data["ranks"] if on_rank else None
        inner = self.source.levels(ranked(events, order), actors)
        return Levels(actors, inner.coords, dict(inner.data) | {"order": order})

    def names(self, levels: Levels) -> Sequence[str]:
        """Labels of the basis."""
        return list(next(iter(levels.coords.values())))

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Those of the source."""
        return self.source.keys(ranked(events, levels.data["order"]), levels)

    def basis(self, keys: Arrays, levels: Levels) -> Array:
        """The basis at each key, ``(row, basis)``; zero for a category not fitted."""
        rows = self.source.rows(keys, levels)
        if "basis" in rows:
            return rows["basis"]
        if "code" in rows:
            count = len(self.names(levels))
            return np.vstack([np.eye(count), np.zeros(count)])[rows["code"]]
        return np.stack([rows["number"], rows["missing"]], axis=1)

    def parameters(self) -> dict[str, Any]:
        """`claim_<label>_sd`, `_common[basis]` where there is one, and `_raw[basis, claimant]` or `_raw[basis]`."""
        name, dim = f"claim_{self.label}", f"claim_{self.label}_basis"
        found = {f"{self.label}_sd": scale(name, self.sd)}
        if self.alike:
            return found | {f"{self.label}_raw": raw_effect(name, (dim,))}
        if self.common:
            found[f"{self.label}_common"] = pm.Normal(f"{name}_common", dims=(dim,))
        return found | {f"{self.label}_raw": raw_effect(name, (dim, "claimant"))}

    def table(self, parameters: Tensors, basis: Tensor) -> Tensor:
        """The shift of each claimant, ``(row, claimant)``; of all alike, ``(row, 1)``."""
        effect = parameters[f"{self.label}_raw"]
        if self.alike:
            return parameters[f"{self.label}_sd"] * (basis @ effect)[:, None]
        if self.common:
            effect = effect + parameters[f"{self.label}_common"][:, None]
        return parameters[f"{self.label}_sd"] * (basis @ effect)


def rank_shift(sd: float) -> Shift:
    """A walk over the ordered ranks for each claimant."""
    return Shift("rank", TargetRank(), sd, common=False)


def time_shift(sd: float) -> Shift:
    """A walk over periods for each claimant."""
    return Shift("time", Timing(rank=8), sd, common=False)


def category_shift(column: str, sd: float) -> Shift:
    """An effect of each value of a column."""
    return Shift(f"by_{column}", Category(column), sd)


def slope_shift(column: str, sd: float) -> Shift:
    """A slope on a number, or on the position of the rank in its order."""
    return Shift(f"slope_{column}", number(column), sd)


def number(column: str) -> Covariate:
    """A column as a standardised number."""
    return Covariate(column, log=column in COUNTS)


def ranked(events: xr.Dataset, order: list[str] | None) -> xr.Dataset:
    """The events with `target_rank` as a number, its position in the order, where there is one."""
    if order is None:
        return events
    values = events["target_rank"].values
    place = codes(values, order)
    unknown = sorted({repr(str(value)) for value in values[(place < 0) & (values != "")]})
    if unknown:
        raise ModelError(f"target_rank has {', '.join(unknown)}, outside the order {', '.join(order)}.")
    return events.assign(target_rank=("event", np.where(place < 0, np.nan, place.astype(float))))

"""`Category`: a pooled effect of each value of a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from attribution.arrays import Array, Arrays
from attribution.components.base import ActivityTerm, Levels, Tensor, Tensors
from attribution.components.effects import category_effect, pick, scale
from attribution.components.unseen import Unseen, codes_or_new, fitted_code, unseen
from attribution.events.coding import MISSING, texts


@dataclass(frozen=True)
class Category(ActivityTerm):
    r"""A pooled effect of each value of a column: method, affiliation, whatever rides along.

    .. math:: \eta[e, k] = \sigma\, u_{c(e), k}, \quad u \sim \mathrm{ZeroSumNormal}(1), \quad
              \sigma \sim \mathrm{HalfNormal}(\mathtt{sd})

    An empty value is a level of its own, pooled like the others. A value not seen in the fit has its effect drawn
    from the population of effects.

    Parameters
    ----------
    column
        Column of the event table, read as text.
    sd
        Scale of the prior of the effects' standard deviation, in log-odds.

    Examples
    --------
    >>> Category("method").name
    'category_method'
    """

    column: str
    sd: float = 0.5

    @property
    def name(self) -> str:
        """The component's name."""
        return f"category_{self.column}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """The values that occur."""
        return Levels(actors, coords={self.name: sorted(set(self._values(events)))})

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Position of the event's value, a number below -1 of its own where it was not fitted."""
        return {"code": codes_or_new(self._values(events), levels.coords[self.name])}

    def rows(self, keys: Arrays, levels: Levels) -> Arrays:
        """Position of the value, -1 where it was not fitted."""
        return {"code": fitted_code(keys["code"])}

    def parameters(self, levels: Levels) -> Tensors:
        """`_sd` and `_raw[value, actor]`."""
        raw = category_effect(self.name, self.name, len(levels.coords[self.name]))
        return {"sd": scale(self.name, self.sd), "raw": raw}

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """A row a value; zero for a value not fitted."""
        return pick(parameters["sd"] * parameters["raw"], rows["code"])

    def unseen(self, keys: Arrays, levels: Levels) -> dict[str, Unseen]:
        """A value not fitted has its whole effect still to be drawn, one draw a value."""
        return {"sd": unseen(keys["code"] < 0, keys["code"])}

    def _values(self, events: xr.Dataset) -> Array:
        return np.array([value or MISSING for value in texts(events[self.column].values)])

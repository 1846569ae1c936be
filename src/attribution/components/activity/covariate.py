"""`Covariate`: a pooled slope on a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from attribution.arrays import Array, Arrays
from attribution.components.base import ActivityTerm, Levels, Tensor, Tensors
from attribution.components.effects import scale, smooth_effect
from attribution.errors import ModelError


@dataclass(frozen=True)
class Covariate(ActivityTerm):
    r"""A slope on a number for each actor: killed, injured, hour of the day.

    .. math:: \eta[e, k] = \sigma\, (x_e\, u_{1,k} + m_e\, u_{2,k}), \quad u \sim \mathrm{ZeroSumNormal}(1), \quad
              \sigma \sim \mathrm{HalfNormal}(\mathtt{sd})

    :math:`x` is the standardised number (0 where it is missing), :math:`m` is 1 where it is missing.

    Parameters
    ----------
    column
        Numeric column of the event table.
    sd
        Scale of the prior of the slopes' standard deviation, in log-odds per standard deviation of the number.
    log
        Take ``log(1 + number)`` first: for counts with a long tail. The numbers must not be negative.

    Examples
    --------
    >>> Covariate("killed", log=True).name
    'covariate_killed'
    """

    column: str
    sd: float = 0.5
    log: bool = False

    @property
    def name(self) -> str:
        """The component's name."""
        return f"covariate_{self.column}"

    @property
    def columns(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """Mean and standard deviation of the numbers of the fit."""
        numbers = self._numbers(events)
        known = numbers[np.isfinite(numbers)]
        mean, sd = (float(known.mean()), float(known.std())) if len(known) else (0.0, 1.0)
        return Levels(actors, coords={self.name: ["slope", "missing"]}, data={"mean": mean, "sd": sd or 1.0})

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """The standardised number and whether it is missing."""
        number = (self._numbers(events) - levels.data["mean"]) / levels.data["sd"]
        missing = np.isnan(number)
        return {"number": np.where(missing, 0.0, number), "missing": missing.astype(float)}

    def parameters(self, levels: Levels) -> Tensors:
        """`_sd` and `_raw[slope or missing, actor]`."""
        return {"sd": scale(self.name, self.sd), "raw": smooth_effect(self.name, (self.name,))}

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """A row a distinct number."""
        slope, missing = parameters["raw"][0], parameters["raw"][1]
        return parameters["sd"] * (rows["number"][:, None] * slope + rows["missing"][:, None] * missing)

    def _numbers(self, events: xr.Dataset) -> Array:
        values = events[self.column].values
        if values.dtype.kind == "U" and (values == "").all():  # a table in which it is missing everywhere
            values = np.full(len(values), np.nan)
        if values.dtype.kind not in "fiub":
            raise ModelError(
                f"Covariate({self.column!r}) needs numbers, and the column is text (first value: {str(values[0])!r}). "
                f"Use Category({self.column!r}), or correct the column."
            )
        values = values.astype(float)
        if self.log and (values < 0).any():
            row = int(np.argmax(values < 0))
            raise ModelError(
                f"Covariate({self.column!r}, log=True): event {str(events['event'].values[row])!r} has the negative "
                f"value {values[row]}. Correct it, or use log=False."
            )
        return np.asarray(np.log1p(values)) if self.log else values

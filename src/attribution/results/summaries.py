"""Draws summed up: intervals by group, the values of a column, the verdict of the checks."""

from __future__ import annotations

import numpy as np
import xarray as xr

from attribution.errors import AttributionError, nearest
from attribution.events.windows import window
from attribution.fitting.diagnostics import failed
from attribution.fitting.scoring import QUANTILES


def spread_of(share: np.ndarray, interval: float) -> tuple[float, float, float]:
    """Mean and equal-tailed interval of draws of a share."""
    low, high = np.quantile(share, [(1 - interval) / 2, (1 + interval) / 2])
    return float(share.mean()), float(low), float(high)


def ends(interval: float) -> tuple[float, float]:
    """The two kept quantile levels of an interval."""
    pairs = {round(high - low, 3): (low, high) for low, high in zip(QUANTILES, QUANTILES[::-1], strict=True)}
    if round(interval, 3) not in pairs or interval <= 0:
        kept = ", ".join(f"{width:g}" for width in sorted(pairs) if width > 0)
        raise AttributionError(f"interval={interval} is not kept; choose one of {kept}.")
    return pairs[round(interval, 3)]


def column_values(posterior: xr.DataTree, column: str) -> np.ndarray:
    """Values of a column of the events, or their year."""
    held = posterior["constant_data"].to_dataset()
    if column == "year":
        return np.datetime_as_string(window(held)[0], unit="Y")
    known = [str(name) for name, values in held.data_vars.items() if values.dims == ("event",)]
    if column not in known:
        raise AttributionError(
            f"The posterior holds no column {column!r}.{nearest(column, known)} It holds {', '.join(known)} and 'year'."
        )
    return np.asarray(held[column].values)


def verdict(posterior: xr.DataTree | xr.Dataset) -> str:
    """`passed`, or the names of the checks that failed."""
    names = failed(posterior)
    return f"FAILED: {', '.join(names)}" if names else "passed"

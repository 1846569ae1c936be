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
    """Values of a column of the events, or their year, quarter or month."""
    held = posterior["constant_data"].to_dataset()
    if column in PERIODS and column not in held:
        return period_of(window(held), column)
    known = [str(name) for name, values in held.data_vars.items() if values.dims == ("event",)]
    if column not in known:
        raise AttributionError(
            f"The posterior holds no column {column!r}.{nearest(column, known)} It holds "
            f"{', '.join(known)}, and 'year', 'quarter' and 'month'."
        )
    return np.asarray(held[column].values)


PERIODS = ("year", "quarter", "month")


def period_of(windows: tuple[np.ndarray, np.ndarray], unit: str) -> np.ndarray:
    """Year (`2021`), quarter (`2021-Q1`) or month (`2021-03`) of each event; empty where its date does not say."""
    months = [days.astype("datetime64[M]") for days in windows]
    years = np.datetime_as_string(windows[0], unit="Y")
    if unit == "year":
        return years
    if unit == "month":
        return np.where(months[0] == months[1], np.datetime_as_string(months[0], unit="M"), "")
    first, last = (month.astype(np.int64) // 3 for month in months)
    quarter = np.char.add("-Q", (first % 4 + 1).astype(str))
    return np.where(first == last, np.char.add(years, quarter), "")


def verdict(posterior: xr.DataTree | xr.Dataset) -> str:
    """`passed`, or the names of the checks that failed."""
    names = failed(posterior)
    return f"FAILED: {', '.join(names)}" if names else "passed"

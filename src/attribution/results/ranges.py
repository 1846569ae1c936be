"""Beside the interval of a share: its range over the assumptions examined, and the bounds that assume nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from attribution.arrays import Floats
from attribution.errors import AttributionError

NEEDED = ("kind", "value", "actor", "share")
RANGES = ("assumed_low", "assumed_high", "bound_low", "bound_high")
"""Columns that are put beside a share's interval."""


def with_ranges(table: pd.DataFrame, posterior: xr.DataTree, moved: pd.DataFrame | None) -> pd.DataFrame:
    """Shares of all events together with `RANGES`, where their interval ends.

    Parameters
    ----------
    table
        Shares of all events together.
    posterior
        What they are of.
    moved
        What `sensitivity` returned for it; None where nothing was examined, and the range is NaN.

    Raises
    ------
    AttributionError
        Another table, or that of another posterior.
    """
    low, high = assumed(table, moved)
    known, most = bounds(posterior)
    found = table.copy()
    for name, values in zip(RANGES, (low, high, known, most), strict=True):
        found[name] = values
    place = [str(name) for name in table.columns]
    place[place.index("high") + 1 : place.index("high") + 1] = RANGES
    return found[place]


def assumed(table: pd.DataFrame, moved: pd.DataFrame | None) -> tuple[Floats, Floats]:
    """Least and largest share of each actor over the assumptions that have one, the fit among them."""
    if moved is None:
        nothing = np.full(len(table), np.nan)
        return nothing, nothing
    check_moved(table, moved)
    shown = moved[~moved["kind"].isin(["fit", "bound"]) & moved["share"].notna()]
    ends = shown.groupby("actor")["share"].agg(["min", "max"]).reindex(table["actor"])
    own = table["share"].to_numpy()
    return np.minimum(ends["min"].to_numpy(), own), np.maximum(ends["max"].to_numpy(), own)


def check_moved(table: pd.DataFrame, moved: pd.DataFrame) -> None:
    """Raise `AttributionError` unless a table is what `sensitivity` gives for the same actors."""
    lost = [name for name in NEEDED if not isinstance(moved, pd.DataFrame) or name not in moved]
    if lost:
        raise AttributionError(
            f"sensitivity= takes the table that sensitivity(posterior) returns; this lacks {', '.join(lost)}."
        )
    if set(moved["actor"]) != set(table["actor"]):
        raise AttributionError(
            "sensitivity= has other actors than the posterior: give sensitivity(posterior)'s own table."
        )


def bounds(posterior: xr.DataTree) -> tuple[Floats, Floats]:
    """Share of each actor if none, and if all, of the killings open to it by their labels were its own."""
    group = posterior["attribution"].to_dataset()
    candidate, known = group["candidate"].values, group["known"].values
    return candidate[known].sum(axis=0) / len(candidate), candidate.mean(axis=0)


def wider(table: pd.DataFrame) -> bool:
    """Whether the range of any share under the assumptions examined is wider than its interval."""
    over = (table["assumed_high"] - table["assumed_low"]) > (table["high"] - table["low"])
    return bool(over.any())

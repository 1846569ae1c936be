"""Beside a share's interval: its range over the assumptions examined, and the bounds that assume nothing.

An interval is given the model. How far the share moves under other assumptions is a second thing, and what the labels
alone leave possible a third (Manski, C. F. (2003). Partial Identification of Probability Distributions. Springer): a
reader needs the three side by side.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from attribution.errors import AttributionError

COLUMNS = ("least", "most", "bound_low", "bound_high")


def check_table(posterior: xr.DataTree, sensitivity: pd.DataFrame) -> None:
    """Raise `AttributionError` for what is not the posterior's own table of `sensitivity`."""
    needed = {"kind", "actor", "share"}
    if not isinstance(sensitivity, pd.DataFrame) or not needed <= set(sensitivity.columns):
        raise AttributionError("shares(sensitivity=...) takes what sensitivity(posterior) returns.")
    names = {str(name) for name in posterior["attribution"].to_dataset()["actor"].values}
    given = set(sensitivity["actor"].astype(str))
    if given != names:
        other = ", ".join(sorted(given ^ names)[:5])
        raise AttributionError(
            f"shares(sensitivity=...) has other actors than the posterior ({other}): give sensitivity(posterior)'s "
            "own table."
        )


def ranges(posterior: xr.DataTree, sensitivity: pd.DataFrame) -> pd.DataFrame:
    """Range and bounds of each actor's share of all events: index `actor`, columns `COLUMNS`.

    The range holds the fit's own share and that under every assumption which could be examined. The bounds are the
    share of the killings that are known to be the actor's, and of those that can be.
    """
    check_table(posterior, sensitivity)
    examined = sensitivity[(sensitivity["kind"] != "bound") & sensitivity["share"].notna()]
    own = examined.groupby(examined["actor"].astype(str))["share"]
    group = posterior["attribution"].to_dataset()
    candidate, known = group["candidate"].values, group["known"].values
    names = [str(name) for name in group["actor"].values]
    return pd.DataFrame(
        {
            "least": own.min().reindex(names).to_numpy(),
            "most": own.max().reindex(names).to_numpy(),
            "bound_low": (candidate & known[:, None]).mean(axis=0),
            "bound_high": candidate.mean(axis=0),
        },
        index=pd.Index(names, name="actor"),
    )


def spans(table: pd.DataFrame) -> bool:
    """Whether any share's range over the assumptions is wider than its interval: the model is what the result rests on.

    ``table`` is what `shares(sensitivity=...)` returns.
    """
    return bool(np.any((table["most"] - table["least"]) > (table["high"] - table["low"])))

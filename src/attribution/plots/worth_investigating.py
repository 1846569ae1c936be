"""Killings worth investigating: how sure a share would be after each."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from attribution.errors import AttributionError
from attribution.plots.style import COLOURS, stamped

ROUGH = 50
"""Draws below which a row is drawn hollow."""


def plot_worth_investigating(posterior: xr.DataTree, table: pd.DataFrame) -> Figure:
    """How sure a share would be on average, after each of the killings worth investigating.

    Parameters
    ----------
    posterior
        What `fit` returned.
    table
        What `worth_investigating` returned for it.

    Returns
    -------
    matplotlib.figure.Figure
        The standard deviation of the share today, and after each killing and those above it were solved; hollow
        where it rests on fewer than 50 draws. On the right what that killing alone would remove of the variance.

    Raises
    ------
    AttributionError
        A table that is not of `worth_investigating`.

    Examples
    --------
    >>> plot_worth_investigating(posterior, worth_investigating(posterior, about="IS"))  # doctest: +SKIP
    """
    if not {"event", "alone", "sd", "ess"} <= set(table.columns) or "sd" not in table.attrs:
        raise AttributionError(
            "plot_worth_investigating() needs the table that worth_investigating() returned."
        )
    figure, axes = plt.subplots(figsize=(7, 1.6 + 0.32 * len(table)), layout="constrained")
    left = np.concatenate([[table.attrs["sd"]], table["sd"]])
    place = np.arange(len(left))
    axes.plot(100 * left, place, color="#999999", zorder=1)
    sure = np.concatenate([[True], table["ess"] >= ROUGH])
    faces = [COLOURS[0] if own else "white" for own in sure]
    axes.scatter(100 * left, place, c=faces, edgecolors=COLOURS[0], zorder=2)
    for row, alone in enumerate(table["alone"], start=1):
        axes.annotate(
            f"alone {alone:.0%}", (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=8
        )
    axes.set_yticks(place, ["today", *(str(event) for event in table["event"])])
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    about = table.attrs["about"]
    share = (
        f"the share of {about}"
        if isinstance(about, str)
        else f"the share of {about[0]} less that of {about[1]}"
    )
    where = "".join(f", {column} {value}" for column, value in table.attrs["where"].items())
    axes.set_xlabel("standard deviation that is left on average, percentage points")
    axes.set_title(
        f"Open killings that would narrow {share}{where}\nmost, if it were known who did them", loc="left"
    )
    return stamped(figure, posterior)

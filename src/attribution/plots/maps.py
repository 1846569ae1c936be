"""Maps: where documented killings are, and to whom they are attributed."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from attribution.errors import AttributionError
from attribution.plots.style import COLOURS, stamped
from attribution.results.attributions import shares
from attribution.results.privacy import hidden


def plot_map(posterior: xr.DataTree, *, smallest: int = 5, interval: float = 0.89) -> Figure:
    """Areas on a plain map: size by killings, slices by the share of each actor.

    An area stands at the mean of its killings' coordinates, so that no single place shows. There is
    no base map: that would need the network.

    Parameters
    ----------
    posterior
        What `fit` or `attribute` returns.
    smallest
        Areas of fewer killings are not drawn.
    interval
        Probability content of the intervals in the labels.

    Returns
    -------
    matplotlib.figure.Figure
        Each area as a numbered pie of its shares; a list beside it names the areas, with their killings and
        the largest share's interval.

    Raises
    ------
    AttributionError
        Events without areas or coordinates, or no area large enough.

    Examples
    --------
    >>> plot_map(posterior).savefig("map.png")  # doctest: +SKIP
    """
    where = centres(posterior)
    table = shares(posterior, by="area", interval=interval)
    size = table.drop_duplicates("area").set_index("area")["events"]
    size = size[~hidden(size, smallest)]
    drawn = [area for area in where.index if area in size.index]
    if not drawn:
        raise AttributionError(f"plot_map(): no area has {smallest} killings and coordinates.")
    names = [str(name) for name in posterior["attribution"].to_dataset()["actor"].values]
    figure, axes = plt.subplots(figsize=(9.5, 7), layout="constrained")
    places, origin = kilometres(where.loc[drawn])
    span = max(float(np.ptp(places["east"])), float(np.ptp(places["north"])), 5.0)
    colours = [COLOURS[i % len(COLOURS)] for i in range(len(names))]
    lines = []
    for number, area in enumerate(drawn, start=1):
        own = table[table["area"] == area].set_index("actor")["share"]
        radius = 0.09 * span * float(np.sqrt(size[area] / size.max())) + 0.02 * span
        x, y = float(places["east"][area]), float(places["north"][area])
        axes.pie(
            own.loc[names], colors=colours, center=(x, y), radius=radius, wedgeprops={"edgecolor": "white"}
        )
        axes.annotate(str(number), (x + radius, y), xytext=(2, 0), textcoords="offset points", va="center")
        top = table[(table["area"] == area) & (table["actor"] == own.idxmax())].iloc[0]
        lines.append(
            f"{number}  {area}, {size[area]} killings:\n"
            f"    {top['actor']} {100 * top['low']:.0f} to {100 * top['high']:.0f} %"
        )
    frame(axes, places, span, origin)
    handles = [Line2D([], [], marker="o", linestyle="", color=colour) for colour in colours]
    axes.legend(handles, names, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    below = 0.96 - 0.047 * len(names)
    axes.text(1.03, below, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=8)
    left_out = len(set(table["area"]) - set(drawn))
    note = f"\n{left_out} areas are too small or have no coordinates" if left_out else ""
    axes.set_title(
        "Who is behind the documented killings, by area\n"
        f"slices: mean shares; list: {interval:.0%} interval of the largest{note}",
        loc="left",
    )
    return stamped(figure, posterior)


def frame(axes: Axes, places: pd.DataFrame, span: float, origin: tuple[float, float]) -> None:
    """Axes in kilometres with room around the areas."""
    axes.set_frame_on(True)
    axes.set_xlim(places["east"].min() - 0.3 * span, places["east"].max() + 0.3 * span)
    axes.set_ylim(places["north"].min() - 0.3 * span, places["north"].max() + 0.3 * span)
    axes.xaxis.set_major_locator(MaxNLocator(5))  # a pie takes the ticks away
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_aspect("equal")
    axes.set_xlabel(f"km east of {origin[1]:.2f} degrees")
    axes.set_ylabel(f"km north of {origin[0]:.2f} degrees")
    axes.grid(alpha=0.2)


def kilometres(where: pd.DataFrame) -> tuple[pd.DataFrame, tuple[float, float]]:
    """Places as km `east` and `north` of their middle, on a plane that touches the sphere there; and that middle."""
    latitude, longitude = float(where["latitude"].mean()), float(where["longitude"].mean())
    degree = np.pi / 180 * 6371.0
    east = (where["longitude"] - longitude) * degree * np.cos(np.deg2rad(latitude))
    north = (where["latitude"] - latitude) * degree
    return pd.DataFrame({"east": east, "north": north}), (latitude, longitude)


def centres(posterior: xr.DataTree) -> pd.DataFrame:
    """Mean coordinates of each area's killings, columns `latitude` and `longitude`."""
    held = posterior["constant_data"].to_dataset()
    missing = [name for name in ("area", "latitude", "longitude") if name not in held]
    if missing:
        raise AttributionError(f"plot_map() needs {', '.join(missing)}, which the events do not have.")
    table = held[["area", "latitude", "longitude"]].to_dataframe()
    found = table[table["area"] != ""].groupby("area")[["latitude", "longitude"]].mean().dropna()
    if found.empty:
        raise AttributionError("plot_map(): no area has coordinates.")
    return found

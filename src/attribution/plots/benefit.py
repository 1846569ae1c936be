"""Figure of what was recorded around killings, by who may be behind them."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attribution.errors import AttributionError, nearest
from attribution.plots.style import COLOURS

DRAWN = {"before": ("#777777", "s", -0.17), "after": (COLOURS[0], "o", 0.17)}
"""Colour, marker and place of the windows that are drawn."""


def plot_benefit(found: xr.Dataset, *, kind: str | None = None) -> Figure:
    """Rate ratios before and after killings of each actor, with their intervals and where they stand among placebos.

    Parameters
    ----------
    found
        What `benefit` returns.
    kind
        One kind of outcome, or None for all, a panel each.

    Returns
    -------
    matplotlib.figure.Figure
        Squares: days before against the baseline; circles: days after. Beside each row its killings
        and, for the days after, the share of placebos in time and in space with as much. What is
        there before as well as after is no response.

    Raises
    ------
    AttributionError
        Something else than a result of `benefit`, or a kind that it does not have.

    Examples
    --------
    >>> plot_benefit(found, kind="threat to storm").savefig("benefit.png")  # doctest: +SKIP
    """
    if not {"rate_ratio", "p_time", "killings"} <= set(found.data_vars):
        raise AttributionError("plot_benefit() draws what benefit() returns.")
    kinds = [str(label) for label in found["kind"].values]
    if kind is not None and kind not in kinds:
        raise AttributionError(f"The result has no kind {kind!r}.{nearest(kind, kinds)}")
    drawn = kinds if kind is None else [kind]
    flat = found.stack(row=("actor", "claimed"))
    labels = [row_label(*pair) for pair in flat["row"].values]
    height = 1.9 + (0.42 * len(labels) + 0.7) * len(drawn)
    figure, panels = plt.subplots(len(drawn), 1, figsize=(9, height), layout="constrained", squeeze=False)
    for axes, name in zip(panels[:, 0], drawn, strict=True):
        draw_kind(axes, flat.sel(kind=name), labels)
        axes.set_title(f"{name} (n = {int(found['outcomes'].sel(kind=name)):,})", loc="left", fontsize=10)
    panels[0, 0].legend(frameon=False, fontsize=8, loc="lower right", bbox_to_anchor=(1, 1), ncols=3)
    panels[-1, 0].set_xlabel(
        "outcomes a day against the baseline of the same weeks and area (1: no more, no fewer)"
    )
    what = f"{found.attrs['around']}s"
    figure.suptitle(
        f"What was recorded before and after {what}, by who may be behind the killing", x=0.01, ha="left"
    )
    failed = found.attrs["checks"] != "passed"
    note = "p: share of placebos in time, and in space, with as much in the days after; near 0: more than in placebos\n"
    note += f"documented killings only; descriptive: benefit is not authorship; data {found.attrs['data_hash'][:12]}; "
    note += "CHECKS FAILED, see diagnose()" if failed else "all checks passed"
    figure.supxlabel(note, fontsize=7, color="#B00000" if failed else "#555555")
    plt.close(figure)  # a notebook shows it once
    return figure


def row_label(actor: str, claimed: str) -> str:
    """What a row is called."""
    return actor if claimed == "all" else f"{actor}, {claimed}"


def draw_kind(axes: Axes, flat: xr.Dataset, labels: list[str]) -> None:
    """One kind of outcome: a row for each actor, claimed or not."""
    place = np.arange(len(labels), dtype=float)
    before, after = (int(flat.attrs[name]) for name in DRAWN)
    for (name, (colour, marker, off)), days in zip(DRAWN.items(), (before, after), strict=True):
        own = flat.sel(comparison=name)
        low, high = own["rate_ratio_low"].values, own["rate_ratio_high"].values
        axes.hlines(place + off, low, high, color=colour, linewidth=3, alpha=0.5)
        middle = own["rate_ratio"].values
        axes.plot(middle, place + off, marker, color=colour, markersize=5, label=f"{days} days {name}")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    ticks = np.array([0.1, 0.2, 0.5, 1, 2, 5, 10])
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    ends = flat.sel(comparison=list(DRAWN))
    axes.set_xlim(
        np.nanmin([0.09, *ends["rate_ratio_low"].values.flat]) / 1.05,
        np.nanmax([11, *ends["rate_ratio_high"].values.flat]) * 1.05,
    )
    axes.set_yticks(place, labels, fontsize=8)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(axis="x", alpha=0.3)
    own = flat.sel(comparison="after")
    for row in range(len(labels)):
        number = float(own["killings"].values[row])
        if number > 0:
            text = f"{number:.0f} killings; p {said(own['p_time'].values[row])}, {said(own['p_space'].values[row])}"
        else:
            text = "no killings"
        axes.annotate(
            text,
            (1, place[row]),
            xycoords=("axes fraction", "data"),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )


def said(p: float) -> str:
    """A share of placebos; a dash where there are none."""
    return "-" if np.isnan(p) else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"

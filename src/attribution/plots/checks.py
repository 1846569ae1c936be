"""Figures of what a result rests on: sensitivity, prior against posterior, reliability of held-out probabilities."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from attribution.assumptions.catalogue import unexamined
from attribution.assumptions.scenarios import FAILED
from attribution.errors import AttributionError, nearest
from attribution.plots.style import COLOURS, stamped
from attribution.results.attributions import shares
from attribution.scores import calibration

KINDS = {
    "bound": ("no assumption", "#BBBBBB"),
    "claims": ("claims", COLOURS[0]),
    "identification": ("identification", COLOURS[1]),
    "component": ("component left out", COLOURS[2]),
    "source": ("source left out", COLOURS[3]),
    "prior": ("power of the prior", COLOURS[4]),
    "likelihood": ("power of the likelihood", COLOURS[5]),
    "scales": ("all prior scales", "#666666"),
}
"""Label and colour of each kind of assumption."""


def plot_sensitivity(table: pd.DataFrame, *, actor: str | None = None, most: int = 18) -> Figure:
    """Tornado of one actor's share: how far each assumption moves it, farthest first.

    Parameters
    ----------
    table
        What `sensitivity` returns.
    actor
        The actor; by default the one with the largest share as fitted.
    most
        Most bars drawn.

    Returns
    -------
    matplotlib.figure.Figure
        Bars from the smallest to the largest share that an assumption gives over its values; the
        line is the share as fitted, the band its interval. How many assumptions could not be
        re-weighted is said below.

    Raises
    ------
    AttributionError
        An actor the table does not have.

    Examples
    --------
    >>> plot_sensitivity(sensitivity(posterior), actor="IS").savefig("tornado.png")  # doctest: +SKIP
    """
    fitted = table[table["kind"] == "fit"].set_index("actor")
    name = str(fitted["share"].idxmax()) if actor is None else actor
    if name not in fitted.index:
        names = [str(label) for label in fitted.index]
        raise AttributionError(f"The table has no actor {name!r}.{nearest(name, names)}")
    bars, unshown = share_ranges(table[table["actor"] == name])
    drawn = bars.head(most).iloc[::-1]
    figure, axes = plt.subplots(figsize=(8, 1.8 + 0.3 * len(drawn)), layout="constrained")
    low, middle, high = (100 * fitted[column][name] for column in ("low", "share", "high"))
    axes.axvspan(low, high, color="#DDDDDD", alpha=0.6, zorder=0)
    axes.axvline(middle, color="black", linewidth=1, zorder=3)
    for kind, (label, colour) in KINDS.items():
        own = drawn["kind"] == kind
        if own.any():
            place = np.flatnonzero(own).astype(float)
            left = 100 * drawn.loc[own, "least"].to_numpy()
            width = 100 * drawn.loc[own, "most"].to_numpy() - left
            axes.barh(place, width, left=left, color=colour, height=0.7, label=label, zorder=2)
            for row, start, wide in zip(place, left, width, strict=True):
                text = f" {start:.1f} to {start + wide:.1f}"
                axes.text(max(start + wide, high), row, text, va="center", fontsize=8)
    axes.set_yticks(np.arange(len(drawn)), list(drawn["label"]), fontsize=8)
    axes.set_xlim(-1, 109)
    axes.set_xlabel(f"% of documented killings attributed to {name}")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(frameon=False, fontsize=8, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4)
    figure.suptitle(f"How far assumptions move the share of {name}", x=0.01, ha="left")
    note = f"line and band: as fitted, with its interval; {len(drawn)} of {len(bars)} assumptions drawn"
    note += f"; {unshown} cannot be had by re-weighting" if unshown else ""
    figure.supxlabel(f"documented killings only; {note}", fontsize=7, color="#555555")
    plt.close(figure)  # a notebook shows it once
    return figure


def share_ranges(table: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Smallest and largest share under each assumption, widest move first; and how many are not shown at all."""
    rest = table[table["kind"] != "fit"]
    shown = rest[rest["method"] != FAILED]
    at_fit = float(table.loc[table["kind"] == "fit", "share"].iloc[0])
    rows = []
    for key, own in shown.groupby(["kind", "about"], sort=False):
        kind, about = str(key[0]), str(key[1])
        least, most = float(own["share"].min()), float(own["share"].max())
        values = ", ".join(f"{value:g}" for value in own["value"].dropna())
        label = (
            KINDS[kind][0]
            if kind in ("bound", "prior", "likelihood", "scales")
            else f"{KINDS[kind][0]}: {about}"
        )
        label += f" (times {values})" if kind in ("claims", "identification", "scales") else ""
        move = max(abs(least - at_fit), abs(most - at_fit))
        rows.append((kind, label, min(least, at_fit), max(most, at_fit), move))
    frame = pd.DataFrame(rows, columns=["kind", "label", "least", "most", "move"])
    return frame.sort_values("move", ascending=False, kind="stable", ignore_index=True), len(
        unexamined(table)
    )


def plot_prior_posterior(posterior: xr.DataTree, *, interval: float = 0.89) -> Figure:
    """Each actor's share of documented killings before the data and after.

    Parameters
    ----------
    posterior
        What `fit` returns.
    interval
        Probability content of the intervals.

    Returns
    -------
    matplotlib.figure.Figure
        One pair of bars an actor: prior above, posterior below. Where they are alike the share is
        the prior's.

    Raises
    ------
    AttributionError
        A posterior without prior predictive draws.

    Examples
    --------
    >>> plot_prior_posterior(posterior).savefig("prior_posterior.png")  # doctest: +SKIP
    """
    if "prior_predictive" not in posterior.children:
        raise AttributionError(
            "plot_prior_posterior() needs what fit() returns: this has no prior predictive draws."
        )
    before = posterior["prior_predictive"].to_dataset()["share"]
    after = shares(posterior, interval=interval).set_index("actor")
    names = [str(name) for name in after.index]
    figure, axes = plt.subplots(figsize=(8, 1.6 + 0.6 * len(names)), layout="constrained")
    place = np.arange(len(names), dtype=float)
    low, high = (
        100 * before.sel(actor=names).quantile(level, ("chain", "draw")).values
        for level in ((1 - interval) / 2, (1 + interval) / 2)
    )
    axes.hlines(place - 0.15, low, high, color="#999999", linewidth=7, label="prior")
    mean = 100 * before.sel(actor=names).mean(("chain", "draw")).values
    axes.plot(mean, place - 0.15, "o", color="#444444", markersize=4)
    axes.hlines(
        place + 0.15,
        100 * after["low"],
        100 * after["high"],
        color=COLOURS[0],
        linewidth=7,
        label="posterior",
    )
    axes.plot(100 * after["share"], place + 0.15, "o", color="black", markersize=4)
    axes.set_yticks(place, names)
    axes.invert_yaxis()
    axes.set_xlim(-1, 101)
    axes.set_xlabel("% of documented killings")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set_title(
        f"What the data taught: shares before and after\nmean and {interval:.0%} interval", loc="left"
    )
    return stamped(figure, posterior)


def plot_calibration(probability: xr.DataArray, truth: xr.DataArray, *, bins: int = 10) -> Figure:
    """Reliability diagram: how often an actor did it, against the probability given to it.

    Parameters
    ----------
    probability
        Probabilities of events whose label the model did not see, dims `event`, `actor`.
    truth
        The actor who did each, dim `event`.
    bins
        Number of bins of equal width.

    Returns
    -------
    matplotlib.figure.Figure
        Points on the diagonal are calibrated; bars are 89 % Jeffreys intervals of the frequency,
        which take pairs of event and actor as independent and so are somewhat short; below, how
        many pairs each bin holds.

    Raises
    ------
    ValueError
        As `attribution.scores.calibration`.

    Examples
    --------
    >>> plot_calibration(probability, truth).savefig("reliability.png")  # doctest: +SKIP
    """
    from scipy.stats import beta

    table = calibration(probability, truth, bins=bins)
    full = table.isel(bin=np.flatnonzero(table["count"].values > 0))
    count, said = full["count"].values, 100 * full["predicted"].values
    hits = full["observed"].values * count
    low, high = (100 * beta.ppf(level, hits + 0.5, count - hits + 0.5) for level in (0.055, 0.945))
    seen = 100 * full["observed"].values
    figure, (axes, below) = plt.subplots(
        2, 1, figsize=(5.5, 7), layout="constrained", sharex=True, height_ratios=(4, 1)
    )
    axes.plot([0, 100], [0, 100], color="#888888", linestyle="--", linewidth=1, label="calibrated")
    axes.vlines(said, low, high, color=COLOURS[0], linewidth=3, alpha=0.5)
    axes.plot(said, seen, "o", color=COLOURS[0], label="recorded")
    axes.set(xlim=(-5, 105), ylim=(-5, 105), ylabel="% of pairs in which this actor did it")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="upper left")
    below.bar(100 * full["bin"].values, count, width=90 / bins, color="#999999")
    below.set(xlabel="probability given, in %", ylabel="pairs", yscale="log")
    size = probability.sizes["event"]
    axes.set_title(
        f"Does it happen as often as said?\n{size:,} killings whose label the model did not see", loc="left"
    )
    figure.supxlabel("documented killings with a known perpetrator only", fontsize=7, color="#555555")
    plt.close(figure)  # a notebook shows it once
    return figure

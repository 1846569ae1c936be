"""Figure of executors and sponsors together."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from attribution.arrays import Floats
from attribution.components.evidence.sponsorship import NONE
from attribution.plots.claims_and_sources import wrapped
from attribution.plots.style import COLOURS, stamped
from attribution.results.attributions import shares
from attribution.results.sponsors import ALL, sponsors

ENDS = ["share", "low", "high"]


def plot_sponsors(posterior: xr.DataTree, *, interval: float = 0.89, seed: int = 0) -> Figure:
    """Who carried out and who ordered or paid, together, of documented killings.

    Parameters
    ----------
    posterior
        What `fit` returns for a model with `Sponsorship`.
    interval
        Probability content of the equal-tailed intervals.
    seed
        Seed of the draws of the sponsors, as in `sponsors`.

    Returns
    -------
    matplotlib.figure.Figure
        A row an executor, a column a sponsor; in each cell the joint share of documented killings
        with its interval, the darker the larger. Hatched: not linked, so taken to be impossible. At
        the ends the executors' and the sponsors' own shares.

    Raises
    ------
    AttributionError
        A posterior that `fit` did not return, or a model without `Sponsorship`.

    Examples
    --------
    >>> plot_sponsors(posterior).savefig("sponsors.png")  # doctest: +SKIP
    """
    table, own = sponsors(posterior, interval=interval, seed=seed), shares(posterior, interval=interval)
    pairs = zip(table["executor"], table["sponsor"], strict=True)
    joint = dict(zip(pairs, table[ENDS].to_numpy(), strict=True))
    executors = [str(name) for name in own["actor"]]
    labels = [label for executor, label in joint if executor == ALL]
    right, bottom = len(labels) + 0.15, len(executors) + 0.15
    top = max(values[0] for (executor, _), values in joint.items() if executor != ALL)
    figure, axes = plt.subplots(
        figsize=(max(6.0, 2.6 + 1.35 * right), 2.0 + 0.62 * bottom), layout="constrained"
    )
    for row, executor in enumerate(executors):
        for column, label in enumerate(labels):
            if (executor, label) in joint:
                values = joint[executor, label]
                cell(axes, row, column, values, values[0] / top)
            else:
                axes.add_patch(
                    Rectangle((column, row), 1, 1, facecolor="white", edgecolor="#CCCCCC", hatch="////")
                )
        cell(axes, row, right, own[ENDS].to_numpy()[row], 0.0)
    for column, label in enumerate(labels):
        cell(axes, bottom, column, joint[ALL, label], 0.0)
    axes.set_xlim(-0.02, right + 1.02)
    axes.set_ylim(bottom + 1.02, -0.02)
    names = ["nobody:\nits own account" if label == NONE else wrapped(label, 16) for label in labels]
    axes.set_xticks([*(np.arange(len(labels)) + 0.5), right + 0.5], [*names, "all sponsors"], fontsize=8)
    places = [*(np.arange(len(executors)) + 0.5), bottom + 0.5]
    axes.set_yticks(places, [*map(wrapped, executors), "all executors"], fontsize=8)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("who ordered or paid")
    axes.set_ylabel("who carried it out")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    apart = len(joint) < (len(executors) + 1) * len(labels)
    figure.suptitle(
        "Who carried out and who ordered, in % of documented killings\n"
        f"mean and {interval:.0%} interval" + ("; hatched: not linked in the model" if apart else ""),
        x=0.01,
        ha="left",
    )
    return stamped(figure, posterior)


def cell(axes: Axes, row: float, column: float, values: Floats, depth: float) -> None:
    """A share with the ends of its interval, on a ground the darker the larger ``depth``, from 0 to 1."""
    share, low, high = values
    ground = (COLOURS[0], 0.6 * depth)  # black letters stay readable on the darkest
    axes.add_patch(Rectangle((column, row), 1, 1, facecolor=ground, edgecolor="#CCCCCC"))
    ends = "" if np.isnan(low) else f"\n{percent(low)} to {percent(high)}"
    axes.text(column + 0.5, row + 0.5, f"{percent(share)} %{ends}", ha="center", va="center", fontsize=8)


def percent(share: float) -> str:
    """A share in per cent as it stands in a cell; a small one is not called none."""
    return "<1" if 0 < share < 0.01 else f"{100 * share:.0f}"

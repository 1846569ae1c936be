"""Figures of a hold-out and of simulation-based calibration."""

from __future__ import annotations

import json

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attribution.errors import AttributionError
from attribution.plots.style import COLOURS
from attribution.scores import calibration
from attribution.validation.sbc import TOP
from attribution.validation.scorecard import ALL, standard_error
from attribution.validation.uniformity import band, counts


def plot_holdout(result: xr.Dataset) -> Figure:
    """Reliability of held-out probabilities, and the log score of each block.

    Parameters
    ----------
    result
        What `holdout` returns.

    Returns
    -------
    matplotlib.figure.Figure
        Left, how often an actor given a probability did it, over all pairs of event and actor in
        ten bins (the larger the more pairs); right, mean log score of each fold with one standard
        error, and over all.

    Raises
    ------
    AttributionError
        Something other than the result of `holdout`.

    Examples
    --------
    >>> plot_holdout(result).savefig("holdout.png")  # doctest: +SKIP
    """
    if "probability" not in result or "fold" not in result:
        raise AttributionError("plot_holdout() needs what holdout() returns.")
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    draw_reliability(left, result)
    draw_blocks(right, result)
    settings = json.loads(result.attrs["settings"])
    figure.suptitle(
        f"Known perpetrators recovered with their labels hidden: blocks by {settings['blocks']}, "
        f"{result.sizes['event']} killings",
        x=0.01,
        ha="left",
    )
    figure.supxlabel(
        f"labels are attributions by compilers; data {result.attrs['data_hash'][:12]}, seed {settings['seed']}",
        fontsize=7,
        color="#555555",
    )
    plt.close(figure)  # a notebook shows it once
    return figure


def draw_reliability(axes: Axes, result: xr.Dataset) -> None:
    """Observed frequency against predicted probability."""
    table = calibration(result["probability"], result["truth"])
    size = 400 * np.sqrt(table["count"].values / table["count"].values.max())
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=0.8)
    axes.scatter(table["predicted"], table["observed"], s=size, color=COLOURS[0], alpha=0.6)
    axes.set(
        xlim=(0, 1), ylim=(0, 1), xlabel="probability given to an actor", ylabel="how often it was that actor"
    )
    summary = result["summary"].sel(group=ALL)
    error, low, high = (
        float(summary.sel(measure=f"calibration_{part}")) for part in ("error", "low", "high")
    )
    axes.set_title(
        f"calibration error of the most probable\n{error:.3f} (90 %: {low:.3f} to {high:.3f})", loc="left"
    )


def draw_blocks(axes: Axes, result: xr.Dataset) -> None:
    """Log score by fold."""
    cluster = result["incident"].values if "incident" in result else result["event"].values
    place = np.arange(result.sizes["block"])
    for position, fold in enumerate(result["block"].values):
        own = result["fold"].values == fold
        values = result["log_score"].values[own]
        error = standard_error(values, cluster[own])
        axes.errorbar(position, values.mean(), error, fmt="o", color=COLOURS[0], capsize=2)
    mean = float(result["summary"].sel(group=ALL, measure="log_score"))
    axes.axhline(mean, color=COLOURS[5], linewidth=0.8)
    spans = [
        str(span).replace(" to ", "\n") or str(fold)
        for fold, span in zip(place, result["span"].values, strict=True)
    ]
    axes.set_xticks(
        place, [span if len(span) < 30 else f"{span[:27]}..." for span in spans], rotation=90, fontsize=7
    )
    axes.set_ylabel("log score, nats (lower is better)")
    axes.set_title(f"by block; over all {mean:.3f}", loc="left")


def plot_sbc(result: xr.Dataset) -> Figure:
    """Ranks of true values among posterior draws, one panel a parameter.

    Parameters
    ----------
    result
        What `sbc` returns.

    Returns
    -------
    matplotlib.figure.Figure
        For each parameter the distribution function of the ranks of its elements minus that of
        uniform ranks, with the band that uniform ranks of one element leave nowhere with
        probability 95 %. An arch above zero: posteriors lie too high; below: too low; up then down:
        too narrow.

    Raises
    ------
    AttributionError
        Something other than the result of `sbc`.

    References
    ----------
    Säilynoja, T., Bürkner, P.-C. and Vehtari, A. (2022), see `validation/uniformity.py`.

    Examples
    --------
    >>> plot_sbc(result).savefig("sbc.png")  # doctest: +SKIP
    """
    if "rank" not in result or "variable" not in result.coords:
        raise AttributionError("plot_sbc() needs what sbc() returns.")
    count = result.sizes["replicate"]
    variable = result["variable"].values
    names = list(dict.fromkeys(variable.tolist()))
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(2.8 * columns, 2.2 * rows), squeeze=False, sharex=True, layout="constrained"
    )
    q, low, high = band(count, TOP)
    checks = {check["name"]: check["passed"] for check in json.loads(result.attrs["checks"])}
    for axis, name in zip(axes.flat, names, strict=False):
        share = counts(result["rank"].values[:, variable == name], TOP) / count
        axis.fill_between(q, low - q, high - q, color="#DDDDDD")
        axis.plot(
            q, share - q[:, None], color=COLOURS[0], linewidth=0.7, alpha=max(0.15, 1 / share.shape[1] ** 0.5)
        )
        passed = checks.get(f"SBC of {name}", True)
        axis.set_title(
            name + ("" if passed else "  FAILED"),
            fontsize=8,
            loc="left",
            color="black" if passed else "#B00000",
        )
        axis.tick_params(labelsize=7)
    for axis in axes.flat[len(names) :]:
        axis.set_axis_off()
    figure.suptitle(
        f"Ranks of true values: {count} worlds drawn from the prior", x=0.01, ha="left", fontsize=10
    )
    figure.supxlabel("rank, as a fraction", fontsize=8)
    figure.supylabel("distribution function minus uniform", fontsize=8)
    plt.close(figure)  # a notebook shows it once
    return figure

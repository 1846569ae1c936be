"""Figures of what the verbs return."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from attribution.plots.style import COLOURS, stamped
from attribution.results.attributions import attributions, contributions, shares


def plot_shares(
    posterior: xr.DataTree, *, by: str | Sequence[str] | None = None, interval: float = 0.89
) -> Figure:
    """Shares of documented killings with their intervals, overall or by a column of the events.

    Parameters
    ----------
    posterior
        What `fit` or `attribute` returns.
    by
        A column of the events, `"year"`, `"quarter"` or `"month"`, several of these, or None.
    interval
        Probability content of the intervals.

    Returns
    -------
    matplotlib.figure.Figure
        The figure; save it with `savefig`.

    Examples
    --------
    >>> plot_shares(posterior, by="year").savefig("shares.png")  # doctest: +SKIP
    """
    columns = [] if by is None else [by] if isinstance(by, str) else list(by)
    table = shares(posterior, by=columns, interval=interval)
    if not columns:
        return share_figure(posterior, table, None, interval)
    label, own = ", ".join(columns), table[columns].astype(str)
    own = own.where(own != "", "(missing)") if len(columns) > 1 else own
    return share_figure(posterior, table.assign(**{label: own.agg(", ".join, axis=1)}), label, interval)


def share_figure(posterior: xr.DataTree, table: pd.DataFrame, by: str | None, interval: float) -> Figure:
    """The figure of a table of shares, from which groups may have been left out."""
    names = [str(name) for name in posterior["attribution"].to_dataset()["actor"].values]
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="constrained")
    groups = [""] if by is None else [str(value) for value in pd.unique(table[by])]
    for position, name in enumerate(names):
        own = table[table["actor"] == name]
        middle, low, high = (100 * own[column].to_numpy() for column in ("share", "low", "high"))
        place = np.arange(len(groups)) + (position - (len(names) - 1) / 2) * 0.8 / len(names)
        bars = np.clip([middle - low, high - middle], 0, None)
        colour = COLOURS[position % len(COLOURS)]
        axes.errorbar(place, middle, yerr=bars, fmt="o", color=colour, label=name, capsize=2, markersize=5)
    counts = (
        [int(table[table[by] == value]["events"].iloc[0]) for value in pd.unique(table[by])] if by else []
    )
    labels = (
        [f"{group or '(missing)'}\nn = {count}" for group, count in zip(groups, counts, strict=True)]
        if by
        else []
    )
    axes.set_xticks(np.arange(len(groups)) if by else [], labels)
    axes.set_ylabel("% of documented killings")
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    title = "Who is behind the documented killings" + (f", by {by.replace('_', ' ')}" if by else "")
    axes.set_title(f"{title}\nposterior mean and {interval:.0%} interval", loc="left")
    return stamped(figure, posterior)


def plot_attribution(posterior: xr.DataTree, *, event: str | int) -> Figure:
    """Attribution of one event: probabilities with intervals, and what each component says in nats.

    Parameters
    ----------
    posterior
        What `fit` or `attribute` returns.
    event
        The event's id.

    Returns
    -------
    matplotlib.figure.Figure
        Left, the probability of each candidate with its 89 % interval; right, the contribution of
        each component to the log-odds of the two most probable candidates against each other, if
        two are not ruled out.

    Raises
    ------
    AttributionError
        An event the posterior does not have.

    Examples
    --------
    >>> plot_attribution(posterior, event="e17").savefig("e17.png")  # doctest: +SKIP
    """
    event = str(event)
    nats = contributions(posterior, event=event).set_index("actor")
    table = attributions(posterior)
    table = table[table["event"] == event]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    draw_probabilities(left, table)
    possible = [actor for actor in table["actor"] if np.isfinite(nats["total"][actor])]
    if len(possible) > 1:
        first, second = possible[:2]
        components = [column for column in nats.columns if column not in ("event", "total", "checks")]
        draw_nats(right, (nats.loc[first, components] - nats.loc[second, components]).astype(float))
        right.set_title(f"What speaks for {first}\nrather than {second}", loc="left")
    else:
        right.set_axis_off()
    figure.suptitle(
        f"Event {event}: probability of each candidate given model and data; not a finding of guilt"
    )
    return stamped(figure, posterior)


def draw_probabilities(axes: Axes, table: pd.DataFrame) -> None:
    """Probabilities of one event's candidates with their intervals."""
    middle, low, high = (100 * table[column].to_numpy() for column in ("mean", "low", "high"))
    place = np.arange(len(table))
    axes.hlines(place, low, high, color=COLOURS[0], linewidth=4, alpha=0.4)
    axes.plot(middle, place, "o", color=COLOURS[0])
    axes.set_yticks(
        place, [f"{a}\n({w})" for a, w in zip(table["actor"], table["words"], strict=True)], fontsize=8
    )
    axes.invert_yaxis()
    axes.set_xlim(-2, 102)
    axes.set_xlabel("probability in %, mean and 89 % interval")
    axes.grid(axis="x", alpha=0.3)


def draw_nats(axes: Axes, nats: pd.Series[float]) -> None:
    """Contributions as a waterfall, largest first, and their total."""
    ordered = nats.reindex(nats.abs().sort_values(ascending=False).index)
    start = np.concatenate([[0.0], ordered.cumsum().to_numpy()[:-1]])
    colours = [COLOURS[0] if value > 0 else COLOURS[5] for value in ordered]
    place = np.arange(len(ordered) + 1)
    axes.barh(place[:-1], ordered.to_numpy(), left=start, color=colours)
    axes.barh(place[-1:], [nats.sum()], color="#555555")
    axes.set_yticks(place, [*(str(name).replace("_", " ") for name in ordered.index), "total"], fontsize=8)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    ends = np.concatenate([start, ordered.cumsum().to_numpy(), [0.0]])
    room = 0.08 * (ends.max() - ends.min() or 1.0)
    axes.set_xlim(ends.min() - room, ends.max() + room)
    axes.set_xlabel("nats (1 nat: odds times 2.7)")
    axes.grid(axis="x", alpha=0.3)

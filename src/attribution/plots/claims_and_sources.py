"""Figures of what a fit learns of its evidence: how readily and how late actors claim, which sources are right."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from attribution.arrays import Floats
from attribution.errors import AttributionError
from attribution.plots.style import COLOURS, stamped
from attribution.results.claims_and_sources import Claiming, Reliability, claiming, reliability
from attribution.results.privacy import hidden

AFTER, BEFORE = COLOURS[0], "#BBBBBB"
"""Colours of the posterior and of the prior."""

LITTLE = 0.5
"""Part of the prior variance that the data must take away lest they be said to say little."""

COLUMNS = 3
"""Delays drawn side by side."""

DAYS = (0, 1, 3, 7, 30, 90, 365)
"""Days that are marked on the axis of a delay."""

KINDS = {
    "accusation": "Accusations: right where they name who did it",
    "confession": "Confessions: right where they name who did it",
    "finding": "Findings: right where they name who did it",
    "denial": "Denials: right where they name one who did not do it",
}
"""Title of each kind of statement, in the order of the panels."""


def plot_claims(posterior: xr.DataTree, *, interval: float = 0.89, smallest: int = 1) -> Figure:
    """How readily each actor claims a killing, truly and falsely, and how late.

    Parameters
    ----------
    posterior
        What `fit` returns for a model with `Claim`.
    interval
        Probability content of the equal-tailed intervals.
    smallest
        Smaller numbers of claims are not written out, as in `Privacy`.

    Returns
    -------
    matplotlib.figure.Figure
        Above, for each actor the probability that it comes to claim a killing that it did, and one that another did:
        the average over the settings of the documented killings, as if each were its own (or another's); so actors
        are compared on the same killings. With ``Claim(silence="full")`` of all killings, else of those that somebody
        claims: of the others this law says nothing. Posterior median and interval, the prior's in grey below. Where
        the events state `observed_until`, further below, for each actor the probability that a claim has come so many
        days after the killing, if it comes at all: medians and intervals day by day.

    Raises
    ------
    AttributionError
        A posterior without the fit's draws, or a model without `Claim`.

    Examples
    --------
    >>> plot_claims(posterior).savefig("claims.png")  # doctest: +SKIP
    """
    check_interval(interval)
    found = claiming(posterior)
    count = len(found.claimant)
    lines = -(-count // COLUMNS) if len(found.day) else 0
    heights = [1.3 + 0.55 * count, 2.2 * lines][: 2 if lines else 1]
    figure = plt.figure(figsize=(9, 1.0 + sum(heights)), layout="constrained")
    outer = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    grid = outer[0].subgridspec(1, 2)
    left = figure.add_subplot(grid[0])
    right = figure.add_subplot(grid[1], sharey=left)
    claims = counts_in_words(found.claims, "claim", smallest)
    labels = [f"{wrapped(name)}\n({number})" for name, number in zip(found.claimant, claims, strict=True)]
    for axes, values, who, title in (
        (left, found.own, "it", "a killing that it did"),
        (right, found.false, "another", "a killing that another did"),
    ):
        draw_intervals(axes, values, interval)
        axes.set_title(f"Claims {title}", loc="left", fontsize=10)
        axes.tick_params(labelsize=8)
        which = "killings that are claimed" if found.given else "documented killings"
        axes.set_xlabel(f"% of {which}, had {who} done them", fontsize=9)
    left.set_xlim(-1, 101)
    right.set_xlim(left=0)
    left.set_yticks(np.arange(count), labels, fontsize=8)
    left.set_ylim(count - 0.5, -0.5)
    right.tick_params(labelleft=False)
    if lines:
        grid = outer[1].subgridspec(lines, min(count, COLUMNS))
        panels = [figure.add_subplot(grid[j]) for j in range(count)]
        draw_delays(panels, found, interval, counts_in_words(found.dated, "dated claim", smallest))
    figure.legend(
        handles=legend_marks(interval), frameon=False, fontsize=8, loc="outside upper right", ncols=2
    )
    figure.suptitle(
        "How readily each actor claims, truly and falsely" + (", and how late" if lines else ""),
        x=0.01,
        ha="left",
    )
    return stamped(figure, posterior)


def draw_delays(panels: Sequence[Axes], found: Claiming, interval: float, dated: Sequence[str]) -> None:
    """For each claimant, the probability that a claim has come by a day, if it comes; titled with ``dated``."""
    place = np.log1p(found.day)
    ticks = [day for day in DAYS if day <= found.day[-1]]
    for j, (axes, name) in enumerate(zip(panels, found.claimant, strict=True)):
        for group, colour, line, style in (
            ("prior", BEFORE, "#777777", "--"),
            ("posterior", AFTER, AFTER, "-"),
        ):
            low, middle, high = interval_of(100 * found.come[group][:, :, j], interval)
            axes.fill_between(place, low, high, color=colour, alpha=0.35, linewidth=0)
            axes.plot(place, middle, style, color=line)
        axes.set_title(f"{wrapped(name, 34)}\n({dated[j]})", loc="left", fontsize=8)
        axes.set_xticks(np.log1p(ticks), [str(day) for day in ticks])
        axes.set_ylim(0, 101)
        axes.grid(alpha=0.3)
        lowest, first = j + COLUMNS >= len(panels), j % COLUMNS == 0
        axes.tick_params(labelbottom=lowest, labelleft=first, labelsize=8)
        axes.set_xlabel("days after the killing" if lowest else "", fontsize=8)
        axes.set_ylabel("% of its claims\ncome by then" if first else "", fontsize=8)


def plot_sources(posterior: xr.DataTree, *, interval: float = 0.89, smallest: int = 1) -> Figure:
    """How often each source is right, of the statements it makes.

    Parameters
    ----------
    posterior
        What `fit` returns for a model with `Statements`.
    interval
        Probability content of the equal-tailed intervals.
    smallest
        Smaller numbers of statements are not written out, as in `Privacy`.

    Returns
    -------
    matplotlib.figure.Figure
        For each voice, a panel a kind of statement, the probability that a statement is right, with the number of
        statements behind it: posterior median and interval, the prior's in grey below. It is that of a statement that
        repeats nobody and concerns neither an ally nor the holder of a prisoner. Hollow: the data took away less
        than half of the prior variance of its log-odds, so that the voice is judged by the prior and by other voices.

    Raises
    ------
    AttributionError
        A posterior without the fit's draws, or a model without `Statements`.

    Examples
    --------
    >>> plot_sources(posterior).savefig("sources.png")  # doctest: +SKIP
    """
    check_interval(interval)
    found = reliability(posterior)
    counts = counts_in_words(found.statements, "statement", smallest)
    kinds = [kind for kind in KINDS if kind in found.kind]
    sizes = [found.kind.count(kind) for kind in kinds]
    figure, panels = plt.subplots(
        *(len(kinds), 1),
        figsize=(8, 1.6 + 0.55 * len(kinds) + 0.45 * sum(sizes)),
        height_ratios=[size + 0.3 for size in sizes],
        layout="constrained",
        sharex=True,
        squeeze=False,
    )
    for axes, kind in zip(panels[:, 0], kinds, strict=True):
        draw_kind(axes, found, kind, interval, counts)
    panels[-1, 0].set_xlabel("% of its statements of this kind that are right", fontsize=9)
    hollow = Line2D(
        [], [], marker="o", color=AFTER, markerfacecolor="white", linestyle="", label="the data say little"
    )
    figure.legend(
        handles=[*legend_marks(interval), hollow],
        frameon=False,
        fontsize=8,
        loc="outside upper right",
        ncols=3,
    )
    figure.suptitle("How often each source is right", x=0.01, ha="left")
    return stamped(figure, posterior)


def draw_kind(axes: Axes, found: Reliability, kind: str, interval: float, counts: Sequence[str]) -> None:
    """The voices of one kind, the most reliable first, with how many statements each made."""
    own = np.flatnonzero(np.array(found.kind) == kind)
    own = own[np.argsort(-np.median(found.right["posterior"][:, own], axis=0), kind="stable")]
    little = found.contraction[own] < LITTLE
    draw_intervals(axes, {group: values[:, own] for group, values in found.right.items()}, interval, little)
    axes.set_yticks(np.arange(len(own)), [wrapped(found.source[int(v)]) for v in own], fontsize=8)
    axes.set_ylim(len(own) - 0.5, -0.5)
    axes.set_xlim(-1, 101)
    axes.set_title(KINDS[kind], loc="left", fontsize=10)
    axes.tick_params(labelsize=8)
    for row, voice in enumerate(own):
        note(axes, row, counts[int(voice)])


def draw_intervals(
    axes: Axes, values: Mapping[str, Floats], interval: float, hollow: NDArray[np.bool_] | None = None
) -> None:
    """Median and interval of each column in per cent, the prior's below; rows from above."""
    for group, colour, shift, width in (("prior", BEFORE, 0.17, 3), ("posterior", AFTER, -0.08, 5)):
        low, middle, high = interval_of(100 * values[group], interval)
        place = np.arange(len(middle)) + shift
        axes.hlines(place, low, high, color=colour, linewidth=width, alpha=0.5 if group == "posterior" else 1)
        if group == "prior":
            axes.plot(middle, place, "|", color="#777777", markersize=6)
            continue
        empty = np.zeros(len(place), dtype=bool) if hollow is None else hollow
        faces = np.where(empty, "white", colour)
        axes.scatter(middle, place, s=36, c=list(faces), edgecolors=colour, linewidths=1.3, zorder=3)
    axes.grid(axis="x", alpha=0.3)


def legend_marks(interval: float) -> list[Line2D]:
    """What the marks of a prior and a posterior are, for a legend."""
    return [
        Line2D(
            [], [], color=AFTER, linewidth=3, marker="o", label=f"posterior: median, {interval:.0%} interval"
        ),
        Line2D([], [], color=BEFORE, linewidth=3, marker="|", markeredgecolor="#777777", label="prior"),
    ]


def interval_of(values: Floats, interval: float) -> tuple[Floats, Floats, Floats]:
    """Lower end, median and upper end over the first axis."""
    low, middle, high = np.quantile(values, [(1 - interval) / 2, 0.5, (1 + interval) / 2], axis=0)
    return low, middle, high


def note(axes: Axes, row: int, text: str) -> None:
    """A note at the right of a row."""
    axes.annotate(
        text,
        (1, row),
        xycoords=("axes fraction", "data"),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
    )


def wrapped(name: str, width: int = 30) -> str:
    """A name over as many lines as it needs; nothing in it is read as a formula."""
    return textwrap.fill(name, width).replace("$", r"\$")


def counts_in_words(numbers: NDArray[np.int64], noun: str, smallest: int) -> list[str]:
    """Numbers of things in words; small ones are not shown."""
    masked = hidden(numbers, smallest)
    return [
        f"{noun}s not shown" if out else f"{number:,} {noun}{'' if number == 1 else 's'}"
        for number, out in zip(numbers.tolist(), masked, strict=True)
    ]


def check_interval(interval: float) -> None:
    """Raise `AttributionError` for an interval that is none."""
    if not 0 < interval < 1:
        raise AttributionError(f"interval={interval} must lie between 0 and 1.")

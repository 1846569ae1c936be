"""Who did each event, given the tables: probabilities of the actors, and draws of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from attribution.arrays import Array, Floats
from attribution.components.base import EvidenceLaw
from attribution.compute.random_numbers import pick, uniforms
from attribution.model.design import Design

Index = NDArray[np.int64]

AT_ONCE = 4_000_000
"""Probabilities computed in one go; nothing that is returned depends on it."""


def chunks(design: Design, samples: int) -> Iterator[tuple[slice, Index]]:
    """Runs of cells small enough to hold all draws of, and the events in them."""
    members = np.argsort(design.cell, kind="stable")
    starts = np.searchsorted(design.cell[members], np.arange(len(design.index) + 1))
    step = max(1, AT_ONCE // (samples * len(design.actors)))
    for first in range(0, len(design.index), step):
        cells = slice(first, min(first + step, len(design.index)))
        yield cells, members[starts[cells.start] : starts[cells.stop]]


def drawn_actors(chance: Floats, local: Index, seed: Sequence[int], position: Index) -> NDArray[np.int16]:
    """One actor of each ``(sample, event)``, by the numbers of the events at these positions of the table.

    ``chance`` is ``(sample, cell, actor)`` and ``local`` the cell of each event; a few are unfolded at once.
    """
    samples, _, actors = chance.shape
    found = np.empty((samples, len(local)), dtype=np.int16)
    step = max(1, AT_ONCE // (samples * actors))
    for first in range(0, len(local), step):
        part = slice(first, first + step)
        found[:, part] = pick(chance[:, local[part]], uniforms(seed, position[part], samples).T)
    return found


def tallied(chance: Floats, seed: Sequence[int], position: Index, local: Index) -> NDArray[np.int64]:
    """How many of some events `drawn_actors` gives to each actor, ``(sample, actor)``.

    ``chance`` is of cells, ``(actor, cell, sample)``; each event is at ``position`` of the table and in cell ``local``.
    """
    actors, _, samples = chance.shape
    cumulative = chance.cumsum(axis=0)
    after = np.zeros((actors + 1, samples), dtype=np.int64)
    after[0] = len(position)
    step = max(1, 500_000 // samples)
    for first in range(0, len(position), step):
        part = slice(first, first + step)
        drawn = uniforms(seed, position[part], samples) * cumulative[-1, local[part]]
        for actor in range(actors - 1):
            after[actor + 1] += (cumulative[actor, local[part]] <= drawn).sum(axis=0)
    return np.asarray((after[:-1] - after[1:]).T)


def attribute_cells(
    design: Design, values: Sequence[Array], cells: slice | Array = slice(None)
) -> tuple[Floats, Floats]:
    """Probability of each actor ``(sample, cell, actor)`` and log likelihood ``(sample, cell)`` of some cells."""
    activity, evidence = log_odds(design, values, cells)
    chance, marginal = normalised(np.where(design.allowed[cells], activity + evidence, -np.inf))
    return chance, marginal - normalised(activity)[1]


def chance_of_cells(design: Design, values: Sequence[Array], cells: slice | Array = slice(None)) -> Floats:
    """The probabilities of `attribute_cells` alone."""
    activity, evidence = log_odds(design, values, cells)
    activity += evidence
    np.copyto(activity, -np.inf, where=~design.allowed[cells])
    return normalised(activity)[0]


def log_odds(design: Design, values: Sequence[Array], cells: slice | Array) -> tuple[Floats, Floats]:
    """Sums of the activity terms' tables and of the evidence laws', ``(sample, cell, actor)`` each."""
    index = design.index[cells]
    activity = np.zeros((len(values[0]), len(index), len(design.actors)))
    evidence = np.zeros_like(activity)
    for position, (part, table) in enumerate(zip(design.parts, values, strict=True)):
        total = evidence if isinstance(part.component, EvidenceLaw) else activity
        total += table[:, index[:, position]]
    return activity, evidence


def normalised(log_weight: Floats) -> tuple[Floats, Floats]:
    """Probabilities along the last axis, in the place of their logarithms, and the log of what they summed to."""
    actors = range(1, log_weight.shape[-1])
    highest, total = log_weight[..., 0].copy(), np.empty(log_weight.shape[:-1])
    # The axis is short: whole arrays a step are several times faster than reductions along it.
    for k in actors:
        np.maximum(highest, log_weight[..., k], out=highest)
    log_weight -= highest[..., None]
    np.exp(log_weight, out=log_weight)
    total[...] = log_weight[..., 0]
    for k in actors:
        total += log_weight[..., k]
    log_weight /= total[..., None]
    return log_weight, np.log(total) + highest

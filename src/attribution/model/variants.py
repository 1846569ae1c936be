"""A design with other candidates or without some evidence, and padded to a common size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from attribution.arrays import Array
from attribution.components.base import UNOBSERVED, EvidenceLaw
from attribution.components.mix import Mix
from attribution.model.design import Design, merge


def with_candidates(design: Design, candidates: NDArray[np.bool_]) -> Design:
    """The same design with other labels, ``(event, actor)``: what a hold-out masks."""
    return merge(design.actors, design.parts, design.couplings, candidates, design.event_weight)


def without_evidence(design: Design, hidden: NDArray[np.bool_]) -> Design:
    """The same design with nothing observed of the ``hidden`` events, ``(event,)``, by any evidence law.

    Not observed is not silent: on these events every law adds zero for every actor. The tables have the same rows
    whatever is hidden (the last one is the row of zeros), so that refits differ by their index only.
    """
    parts = []
    for part in design.parts:
        if isinstance(part.component, Mix):
            index = np.where(hidden, part.component.awaited(part.index, None), part.index)
            part = replace(part, index=index)
        if isinstance(part.component, EvidenceLaw):
            rows, keys = part.component.with_unobserved(part.keys, part.levels)
            nothing = len(next(iter(keys.values()))) - 1
            part = replace(part, keys=keys, rows=rows, index=np.where(hidden, nothing, part.index))
        parts.append(part)
    return merge(design.actors, tuple(parts), design.couplings, design.candidates, design.event_weight)


def telling(design: Design) -> Design:
    """The design without the cells that add nothing to the likelihood: no label, and nothing observed by any law.

    At least one cell is kept. `cell` no longer leads from events to cells: this is for the likelihood only.
    """
    says = ~design.allowed.all(axis=1)
    for position, part in enumerate(design.parts):
        if isinstance(part.component, EvidenceLaw):
            outcomes = [values for key, values in part.keys.items() if key.startswith("outcome@")]
            says |= (np.stack(outcomes) != UNOBSERVED).any(axis=0)[design.index[:, position]]
    says[0] |= not says.any()
    return replace(design, index=design.index[says], allowed=design.allowed[says], weight=design.weight[says])


Sizes = Mapping[str, int]
"""Length of the first axis of every array that a refit swaps: `cell`, and component and name of the rows."""


def sizes(design: Design) -> dict[str, int]:
    """How long the arrays are that a refit swaps: the cells, and each part's rows."""
    rows = {
        f"{part.component.name} {key}": len(values)
        for part in design.parts
        for key, values in part.rows.items()
    }
    return {"cell": len(design.index)} | rows


def pad(design: Design, wanted: Sizes) -> Design:
    """The same design in longer arrays: cells of weight zero, rows that no event picks.

    A compiled likelihood is compiled again for arrays of another shape; padded to one size, it is not.
    """

    def longer(values: Array, size: int) -> Array:
        return values[np.minimum(np.arange(size), len(values) - 1)]

    parts = tuple(
        replace(
            part,
            rows={
                key: longer(rows, wanted[f"{part.component.name} {key}"]) for key, rows in part.rows.items()
            },
        )
        for part in design.parts
    )
    cells = wanted["cell"]
    weight = np.zeros(cells)
    weight[: len(design.weight)] = design.weight
    return replace(
        design,
        parts=parts,
        index=longer(design.index, cells),
        allowed=longer(design.allowed, cells),
        weight=weight,
    )

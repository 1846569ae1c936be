"""Effects of what was not fitted, still to be drawn: which rows of a table share which draw."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attribution.arrays import Array, Floats
from attribution.events.coding import codes

NEW = -3
"""Codes up to here stand for labels that were not fitted, a code a label; -1 and -2 are no label."""


@dataclass(frozen=True)
class Unseen:
    """Standard normal draws that rows of a table need, and how much of each: one entry a row and draw.

    Attributes
    ----------
    rows
        Number of rows of the table.
    row
        The row of each entry, ``(entry,)``.
    label
        What the draw of each entry is for, ``(entry,)``: entries of one label share one draw, whichever events are
        scored beside each other.
    weight
        How much of the draw the row gets, ``(entry,)``, in multiples of an sd parameter.
    """

    rows: int
    row: NDArray[np.int64]
    label: Sequence[str]
    weight: Floats

    @property
    def far(self) -> Floats:
        """How far each row lies outside what was fitted: the sd of its effect, as a multiple of the parameter."""
        return np.asarray(np.sqrt(np.bincount(self.row, self.weight**2, self.rows)))

    def shared(self) -> Iterator[tuple[str, NDArray[np.int64], Floats]]:
        """Each label, in the order of their texts, with the rows that share its draw and their weights."""
        labels, first = np.unique(np.asarray(self.label, dtype=str), return_inverse=True)
        order = np.argsort(first, kind="stable")
        ends = np.cumsum(np.bincount(first, minlength=len(labels)))
        for label, start, end in zip(labels, [0, *ends], ends, strict=False):
            own = order[start:end]
            yield str(label), self.row[own], self.weight[own]


def unseen(new: Array, label: Array, weight: Floats | None = None) -> Unseen:
    """One draw for each label among the ``new`` rows, bool ``(row,)``, with a weight of one or those given."""
    row = np.flatnonzero(new)
    own = np.ones(len(row)) if weight is None else weight[row]
    return Unseen(len(new), row, [str(value) for value in label[row]], own)


def codes_or_new(values: Array, labels: Sequence[str]) -> NDArray[np.int64]:
    """Position of each value among the labels; for one that is not there a number of its own, `NEW` or less."""
    code = codes(values, labels)
    new: dict[str, int] = {}
    for i in np.flatnonzero(code < 0):
        label = str(values[i])
        if label not in new:
            new[label] = NEW - (int.from_bytes(hashlib.sha256(label.encode()).digest()[:8], "big") >> 2)
        code[i] = new[label]
    return code


def fitted_code(code: Array) -> Array:
    """The codes that `effects.pick` takes: -1 for every label that was not fitted."""
    return np.maximum(code, -1)

"""Texts as integer codes of levels, and what stands for an empty value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attribution.arrays import Array

MISSING = "(missing)"
"""Label of the level that stands for an empty value."""


def texts(values: Array) -> Array:
    """Values of a column as text, the same whatever else the column holds: 1.0 is `1`, a missing number is empty."""
    if values.dtype.kind == "f":
        return np.array(["" if np.isnan(value) else f"{value:.15g}" for value in values], dtype=str)
    return np.array([str(value) for value in values], dtype=str)


def codes(values: Array, labels: Sequence[str]) -> NDArray[np.int64]:
    """Position of each value among the labels, -1 where it is not one of them."""
    position = {label: i for i, label in enumerate(labels)}
    return np.array([position.get(str(value), -1) for value in values], dtype=np.int64)

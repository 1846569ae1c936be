"""From a model laid over events to a PyMC model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pymc as pm

from attribution.component import Array, Arrays, EvidenceLaw
from attribution.design import Design, Part
from attribution.marginal import total_log_marginal


def build(design: Design) -> Any:
    """The PyMC model: priors of every component, and the marginal likelihood as a potential.

    All that varies between refits (rows, index, candidates, weights) is `pm.Data`: compile once, refit many.
    """
    data = data_of(design)
    with pm.Model(coords=design.coords) as model:
        parameters = {part.component.name: part.component.parameters(part.levels) for part in design.parts}
        terms, laws, cells = [], [], []
        for part in design.parts:
            own, rows = parameters[part.component.name], row_data(part)
            if isinstance(part.component, EvidenceLaw):
                table, cell = part.component.summands(own, rows, part.levels)
                laws.append(table)
                cells.append(cell)
            else:
                terms.append(part.component.table(own, rows, part.levels))
        index, candidates, weight = (fixed(name, data[name]) for name in ("index", "candidates", "weight"))
        total = total_log_marginal(len(design.actors), terms, laws, cells, index, candidates, weight)
        pm.Potential("log_likelihood", total)
    return model


def data_of(design: Design) -> Arrays:
    """What the likelihood reads, by the name it has in the model: a compiled model is given other data by it."""
    rows = {
        f"{part.component.name}_rows_{key}": values
        for part in design.parts
        for key, values in part.rows.items()
    }
    candidates = np.where(design.allowed, 0.0, -np.inf)
    return rows | {"index": design.index, "candidates": candidates, "weight": design.weight}


def row_data(part: Part) -> Mapping[str, Any]:
    """The rows of a part as `pm.Data`."""
    return {key: fixed(f"{part.component.name}_rows_{key}", values) for key, values in part.rows.items()}


def fixed(name: str, values: Array) -> Any:
    """`pm.Data` of a shape known at compilation: values can be swapped, sizes cannot (see `design.pad`)."""
    return pm.Data(name, values, shape=values.shape)

"""From a model laid over events to a PyMC model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from attribution.arrays import Array, Arrays
from attribution.components.base import Component, EvidenceLaw
from attribution.compute.marginal import gather, total_log_marginal
from attribution.model.design import Coupling, Design, Part, parameters_of


def build(design: Design) -> Any:
    """The PyMC model: priors of every component, and the marginal likelihood as a potential.

    All that varies between refits (rows, index, candidates, weights) is `pm.Data`: compile once, refit many.
    """
    data = data_of(design)
    with pm.Model(coords=design.coords) as model:
        terms, laws, cells, tables = [], [], [], []
        for part, own in zip(design.parts, parameters_of(design.parts), strict=True):
            rows = row_data(part)
            if isinstance(part.component, EvidenceLaw):
                table, cell = part.component.summands(own, rows, part.levels)
                laws.append(table)
                cells.append(cell)
            else:
                terms.append(part.component.table(own, rows, part.levels))
            if design.couplings:
                tables.append(part.component.table(own, rows, part.levels))
        index, candidates, weight = (fixed(name, data[name]) for name in ("index", "candidates", "weight"))
        total = total_log_marginal(len(design.actors), terms, laws, cells, index, candidates, weight)
        pm.Potential("log_likelihood", total)
        for coupling in design.couplings:
            couple(coupling, tables, data)
    return model


def scales(design: Design, model: Any) -> dict[str, str]:
    """Full names of the model's effects that are multiplied by a scale, and of that scale, as the components say."""
    found: dict[str, str] = {}
    components: list[Component] = [part.component for part in design.parts]
    components += [coupling.component for coupling in design.couplings]
    for own in components:
        found |= own.scales([rv.name for rv in model.free_RVs if rv.name.startswith(f"{own.name}_")])
    return found


def couple(coupling: Coupling, tables: Sequence[Any], data: Arrays) -> None:
    """The potential of a coupling law, from the own attributions of its members."""
    law = coupling.component
    index, candidates = (fixed(f"{law.name}_{kind}", data[f"{law.name}_{kind}"]) for kind in MEMBERS)
    joint = gather(tables, index) + candidates
    log_chance = joint - pt.logsumexp(joint, axis=-1, keepdims=True)
    parameters = law.parameters(coupling.levels)
    pm.Potential(f"{law.name}_log_likelihood", law.log_likelihood(parameters, log_chance, coupling.ties))


MEMBERS = ("index", "candidates")
"""What is read of the members of a coupling law: their rows in each table, and who may have done them."""


def data_of(design: Design) -> Arrays:
    """What the likelihood reads, by the name it has in the model: a compiled model is given other data by it."""
    found = {
        f"{part.component.name}_rows_{key}": values
        for part in design.parts
        for key, values in part.rows.items()
    }
    for coupling in design.couplings:
        rows = np.stack([part.index for part in design.parts], axis=1)[coupling.member]
        allowed = np.where(design.candidates[coupling.member], 0.0, -np.inf)
        found |= {
            f"{coupling.component.name}_{kind}": own
            for kind, own in zip(MEMBERS, (rows, allowed), strict=True)
        }
    candidates = np.where(design.allowed, 0.0, -np.inf)
    return found | {"index": design.index, "candidates": candidates, "weight": design.weight}


def row_data(part: Part) -> Mapping[str, Any]:
    """The rows of a part as `pm.Data`."""
    return {key: fixed(f"{part.component.name}_rows_{key}", values) for key, values in part.rows.items()}


def fixed(name: str, values: Array) -> Any:
    """`pm.Data` of a shape known at compilation: values can be swapped, sizes cannot (see `design.pad`)."""
    return pm.Data(name, values, shape=values.shape)

"""From a model laid over events to a PyMC model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from attribution.component import EvidenceLaw
from attribution.design import Coupling, Design, Part
from attribution.marginal import gather, log_marginal


def build(design: Design) -> Any:
    """The PyMC model: priors of every component, and the marginal likelihood as a potential.

    All that varies between refits (rows, index, candidates, weights) is `pm.Data`: compile once, refit many.
    """
    with pm.Model(coords=design.coords) as model:
        parameters = {part.component.name: part.component.parameters(part.levels) for part in design.parts}
        tables = [
            part.component.table(parameters[part.component.name], row_data(part), part.levels)
            for part in design.parts
        ]
        index = pm.Data("index", design.index)
        candidates = pm.Data("candidates", np.where(design.allowed, 0.0, -np.inf))
        weight = pm.Data("weight", design.weight)
        activity, evidence = split(design, tables, index)
        pm.Potential("log_likelihood", pt.dot(weight, log_marginal(activity, evidence, candidates)))
        for coupling in design.couplings:
            couple(design, coupling, tables)
    return model


def couple(design: Design, coupling: Coupling, tables: Sequence[Any]) -> None:
    """The potential of a coupling law, from the own attributions of its members."""
    name, law = coupling.component.name, coupling.component
    cell = design.cell[coupling.member]
    index = pm.Data(f"{name}_index", design.index[cell])
    candidates = pm.Data(f"{name}_candidates", np.where(design.allowed[cell], 0.0, -np.inf))
    activity, evidence = split(design, tables, index)
    joint = candidates + (activity if evidence is None else activity + evidence)
    log_chance = joint - pt.logsumexp(joint, axis=-1, keepdims=True)
    parameters = law.parameters(coupling.levels)
    pm.Potential(f"{name}_log_likelihood", law.log_likelihood(parameters, log_chance, coupling.ties))


def row_data(part: Part) -> Mapping[str, Any]:
    """The rows of a part as `pm.Data`."""
    return {key: pm.Data(f"{part.component.name}_rows_{key}", values) for key, values in part.rows.items()}


def split(design: Design, tables: Sequence[Any], index: Any) -> tuple[Any, Any | None]:
    """Log-odds of activity and, if there is any, log probability of evidence, ``(cell, actor)`` each."""
    terms = sum(not isinstance(part.component, EvidenceLaw) for part in design.parts)
    activity = gather(tables[:terms], index[:, :terms])
    evidence = gather(tables[terms:], index[:, terms:]) if len(tables) > terms else None
    return activity, evidence

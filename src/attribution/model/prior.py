"""Draws of the parameters from their priors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from pytensor.compile.mode import Mode
from pytensor.graph.traversal import ancestors

from attribution.arrays import Floats
from attribution.model.design import Design
from attribution.model.graph import build, scales
from attribution.model.tables import Draws, evaluator


def prior_draws(design: Design, count: int, seed: int, given: Mapping[str, Floats] | None = None) -> Draws:
    """``count`` independent draws of every parameter, by full name, first axis `sample`; and of what they determine.

    Parameters that are ``given`` keep their value, and those below them in the hierarchy are drawn from it.
    """
    model = build(design)
    names = [variable.name for variable in model.free_RVs]
    drawn_from = pm.do(model, dict(given)) if given else model
    variables = [drawn_from[name] for name in names]
    interpreted = Mode(linker="py", optimizer="fast_compile")
    values = pm.draw(variables, draws=count, random_seed=seed, mode=interpreted)
    draws = {name: np.asarray(drawn) for name, drawn in zip(names, values, strict=True)}
    draws = {name: drawn[None] if count == 1 else drawn for name, drawn in draws.items()}
    return draws | determined(model, draws)


def determined(model: Any, draws: Draws) -> dict[str, Floats]:
    """What the drawn parameters determine, by full name."""
    if not model.deterministics:
        return {}
    interpreted = Mode(linker="py", optimizer="fast_compile")
    compute = pytensor.function(
        model.free_RVs, model.deterministics, mode=interpreted, on_unused_input="ignore"
    )
    columns = [draws[variable.name] for variable in model.free_RVs]
    rows = [compute(*row) for row in zip(*columns, strict=True)]
    return {
        variable.name: np.stack(values)
        for variable, values in zip(model.deterministics, zip(*rows, strict=True), strict=True)
    }


def log_prior(design: Design, draws: Draws) -> Floats:
    """Log density of each draw under the priors that somebody stated, ``(sample,)``, on the parameters' own scale.

    Not of effects whose scale or mean is a parameter: that they are alike is the model, and a power of it would be
    another model.
    """

    def express(_: Any) -> list[Any]:
        model = pm.modelcontext(None)
        multiplied = scales(design, model)
        own = [variable for variable in model.free_RVs if variable.name not in multiplied]
        stated = [variable for variable in own if is_stated(variable, model.free_RVs)]
        return [pt.sum([pm.logp(variable, variable).sum() for variable in stated])]

    return evaluator(design, express)(draws)[0]


def is_stated(variable: Any, free: Sequence[Any]) -> bool:
    """Whether a prior depends on no other parameter."""
    above = {parent for parent in ancestors([variable]) if parent is not variable}
    return not above & set(free)

"""Draws of the parameters from their priors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor
from pytensor.compile.mode import Mode

from attribution.build import build
from attribution.design import Design
from attribution.tables import Draws, Floats


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

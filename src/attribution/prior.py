"""Draws of the parameters from their priors."""

from __future__ import annotations

import numpy as np
import pymc as pm
from pytensor.compile.mode import Mode

from attribution.build import build
from attribution.design import Design
from attribution.tables import Draws


def prior_draws(design: Design, count: int, seed: int) -> Draws:
    """``count`` independent draws of every parameter, by full name, first axis `sample`."""
    variables = build(design).free_RVs
    interpreted = Mode(linker="py", optimizer="fast_compile")
    values = pm.draw(variables, draws=count, random_seed=seed, mode=interpreted)
    draws = {variable.name: np.asarray(drawn) for variable, drawn in zip(variables, values, strict=True)}
    return {name: drawn[None] if count == 1 else drawn for name, drawn in draws.items()}

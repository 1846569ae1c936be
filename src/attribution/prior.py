"""Draws of the parameters from their priors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pymc as pm
from pytensor.compile.mode import Mode

from attribution.build import build
from attribution.design import Design
from attribution.tables import Draws, Floats


def prior_draws(design: Design, count: int, seed: int, given: Mapping[str, Floats] | None = None) -> Draws:
    """``count`` independent draws of every parameter, by full name, first axis `sample`.

    Parameters that are ``given`` keep their value, and those below them in the hierarchy are drawn from it.
    """
    model = build(design)
    names = [variable.name for variable in model.free_RVs]
    model = pm.do(model, dict(given)) if given else model
    variables = [model[name] for name in names]
    interpreted = Mode(linker="py", optimizer="fast_compile")
    values = pm.draw(variables, draws=count, random_seed=seed, mode=interpreted)
    draws = {name: np.asarray(drawn) for name, drawn in zip(names, values, strict=True)}
    return {name: drawn[None] if count == 1 else drawn for name, drawn in draws.items()}

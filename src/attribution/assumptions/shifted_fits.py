"""The fit's model fitted again under moved odds: compiled once, each time started where the fit had arrived."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from attribution.arrays import Floats
from attribution.assumptions.scenarios import (
    CONDITIONAL,
    FAILED,
    Ground,
    Rescored,
    Scenario,
    rescored,
)
from attribution.assumptions.settling import CHAINS, settled
from attribution.assumptions.shiftable import moving, shiftable, shifted
from attribution.components.base import EvidenceLaw
from attribution.compute.native.sampler import NativeModel
from attribution.fitting.refits import (
    Compiled,
    compile_once,
    draws_of,
    given,
    largest,
    table_values,
)
from attribution.fitting.sampling import Settings, sample, settings_of
from attribution.model.design import Design
from attribution.model.worlds import law_of

POWER = "likelihood"
"""Kind of the assumption that the likelihood is raised to a power."""
LEARNT = Settings(draws=250, tune=500, chains=CHAINS)
"""How the fit is fitted once more, without any shift, to learn where chains are to start."""
ROUNDS = ((60, 140), (300, 500))
"""Iterations of adaptation and draws of a chain that starts there; the second where the first did not settle."""


@dataclass(frozen=True)
class Warm:
    """A fit that can be fitted again under moved odds.

    Attributes
    ----------
    ground
        The fit laid open.
    design
        Its design, shiftable.
    compiled
        The same compiled.
    points
        Where chains start, in the sampler's coordinates; None where the backend cannot start anywhere.
    seed
        Seed of the sampler.
    """

    ground: Ground
    design: Design
    compiled: Compiled
    points: Floats | None
    seed: int


def warmed(posterior: xr.DataTree, ground: Ground) -> Warm:
    """Compile the fit's model for shifts, and learn where chains are to start."""
    own = settings_of(posterior)
    settings = replace(
        LEARNT, target_accept=own.target_accept, backend=own.backend, adaptation=own.adaptation
    )
    design, seed = shiftable(ground.design, ground.events), int(posterior.attrs["seed"])
    compiled, points = compile_once(design, largest([design]), settings, None, moving(design)), None
    if isinstance(compiled.sampler, NativeModel):
        trace = sample(given(compiled, design), settings, seed, coordinates=True)
        statistics = trace["sample_stats"].to_dataset()
        found = statistics["unconstrained_draw"].values
        points = found.reshape(-1, found.shape[-1])
    return Warm(ground, design, compiled, points, seed)


def doubtful(own: Scenario, evident: Collection[str]) -> bool:
    """Whether weights cannot be trusted for an assumption that another fit of the same model can make.

    Where the Pareto k says so, and where it does not see it: if that nobody spoke is evidence, what the draws hold of
    an actor that speaks more seldom than was thought is far from where it would be. ``evident`` are the kinds of
    shift of such laws, `silent_kinds`.
    """
    if own.kind == POWER:
        return own.method == FAILED
    return own.method == CONDITIONAL or own.kind in evident


def again(warm: Warm, own: Scenario) -> Scenario:
    """A scenario from chains that start where the fit had arrived; longer ones where the first do not settle."""
    if own.kind == POWER:
        sampled, scored = replace(warm.design, weight=own.value * warm.design.weight), warm.design
    else:
        position = warm.design.actors.index(own.about)
        sampled = scored = shifted(warm.design, own.kind, position, math.log(own.value))

    def run(tune: int, draws: int) -> tuple[xr.DataTree, Rescored]:
        sampler = given(warm.compiled, sampled)
        if warm.points is None:
            tune = LEARNT.tune
        else:
            sampler = sampler.starting_at(warm.points)
        trace = sample(sampler, replace(warm.compiled.settings, tune=tune, draws=draws), warm.seed)
        values = draws_of(trace)
        tables = [table.astype(np.float32) for table in table_values(warm.compiled, scored, values)]
        ground = Ground(scored, warm.ground.events, values, tables, CHAINS, warm.ground.seed)
        return trace, rescored(ground, tables)

    return settled(own, ROUNDS, run)


def silent_kinds(ground: Ground) -> set[str]:
    """Kinds of shift of laws for which it is evidence that an actor did not speak."""
    laws = (part for part in ground.design.parts if isinstance(part.component, EvidenceLaw))
    ready = [(law_of(part), law_of(part).readiness(ground.events, part.levels)) for part in laws]
    return {own.kind for law, own in ready if own is not None and not law.conditional}

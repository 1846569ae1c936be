"""Compile a model once and fit it many times: the same parameters, other labels or other observations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import arviz as az
import numpy as np
import xarray as xr

from attribution.arrays import Floats
from attribution.fitting.backends import Swappable, compile_design, swapped_types
from attribution.fitting.sampling import Settings, sample, stacked
from attribution.model.actors import attribute_cells, chunks, tallied
from attribution.model.design import Design
from attribution.model.graph import data_of
from attribution.model.tables import Draws, in_batches, tables
from attribution.model.variants import Sizes, pad, sizes, telling

BATCH = 100
"""Draws whose tables are evaluated at once."""


@dataclass(frozen=True)
class Compiled:
    """A model compiled for data of one size.

    Attributes
    ----------
    sampler
        What nutpie compiled.
    types
        Types of the data it reads, by name.
    evaluate
        Evaluator of the tables.
    sizes
        The size data are padded to.
    settings
        How it is sampled.
    cores
        Chains that run at once; None for as many as there are cores.
    """

    sampler: Any
    types: dict[str, Any]
    evaluate: Callable[..., list[Floats]]
    sizes: Sizes
    settings: Settings
    cores: int | None


def largest(designs: Iterable[Design]) -> Sizes:
    """The size that the likelihoods of all these designs fit into."""
    needed = [sizes(telling(design)) for design in designs]
    return {name: max(own[name] for own in needed) for name in needed[0]}


def compile_once(
    design: Design, size: Sizes, settings: Settings, cores: int | None, swappable: Swappable = None
) -> Compiled:
    """Compile the likelihood and the tables for all designs of the same parameters and at most these sizes.

    With ``swappable`` for those that differ in these data only.
    """
    padded = pad(telling(design), size)
    sampler = compile_design(padded, settings.backend, swappable)
    return Compiled(sampler, swapped_types(sampler), tables(padded), size, settings, cores)


def refit(compiled: Compiled, design: Design, seed: int) -> xr.DataTree:
    """Posterior draws for a design, without compiling: nutpie's groups `posterior` and `sample_stats`."""
    return sample(given(compiled, design), compiled.settings, seed, cores=compiled.cores)


def given(compiled: Compiled, design: Design) -> Any:
    """The compiled sampler, given a design as its data."""
    data = data_of(pad(telling(design), compiled.sizes))
    swapped = {name: np.asarray(data[name], dtype=kind) for name, kind in compiled.types.items()}
    return compiled.sampler.with_data(**swapped)


def table_values(compiled: Compiled, design: Design, draws: Draws) -> list[Floats]:
    """Tables of all parts at all draws, ``(sample, row, actor)``."""
    padded = pad(design, {**compiled.sizes, "cell": len(design.index)})
    return in_batches(lambda batch: compiled.evaluate(batch, padded), draws, BATCH)


def attributed(
    compiled: Compiled, design: Design, draws: Draws, seed: Sequence[int]
) -> tuple[Floats, Floats]:
    """Mean probability of each actor for each event, ``(event, actor)``, and draws of the actors' shares of the events.

    The latter are ``(sample, actor)``: at each draw of the parameters one actor is drawn for each
    event.
    """
    values = table_values(compiled, design, draws)
    found = np.empty((len(design.cell), len(design.actors)))
    count = np.zeros((len(values[0]), len(design.actors)))
    for cells, own in chunks(design, len(values[0])):
        chance, _ = attribute_cells(design, values, cells)
        local = design.cell[own] - cells.start
        found[own] = chance.mean(axis=0)[local]
        count += tallied(chance.transpose(2, 1, 0), seed, own, local)
    return found, count / len(design.cell)


def draws_of(trace: xr.DataTree) -> Draws:
    """Draws by name, chains one after the other."""
    return stacked(trace["posterior"].to_dataset())


def trouble(trace: xr.DataTree) -> tuple[float, float]:
    """Largest R-hat of any parameter, NaN where one cannot be computed, and the number of divergences."""
    parameters = trace["posterior"].to_dataset()
    with np.errstate(invalid="ignore", divide="ignore"):
        r_hat = az.rhat(parameters)
    worst = [float(np.max(values.values)) for values in r_hat.data_vars.values() if values.size]
    return float(np.max(worst)) if worst else 1.0, float(trace["sample_stats"]["diverging"].sum())

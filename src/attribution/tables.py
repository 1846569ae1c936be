"""The components' tables at given values of the parameters, and the attribution they imply."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.graph.replace import clone_replace

from attribution.component import Array, EvidenceLaw, Tensor, Tensors
from attribution.design import Design

Floats = NDArray[np.float64]
Draws = Mapping[str, Floats]
"""Values of the parameters by their full name, first axis `sample`."""


def evaluator(
    design: Design, express: Callable[[Sequence[Tensors]], Sequence[Tensor]], inputs: Sequence[Tensor] = ()
) -> Callable[..., list[Floats]]:
    """Compile expressions of the parameters; the result maps draws to arrays with first axis `sample`.

    ``express`` gets the parameters of each part, by short name, and returns PyTensor expressions. These may contain
    ``inputs``, variables of known shape whose values are given after the draws.
    """
    import jax
    from pymc.sampling.jax import get_jaxified_graph

    with pm.Model(coords=design.coords) as model:
        parameters = [part.component.parameters(part.levels) for part in design.parts]
        outputs = list(express(parameters))
    sizes = {dim: len(labels) for dim, labels in design.coords.items()}
    shapes = [[sizes[dim] for dim in model.named_vars_to_dims.get(rv.name, ())] for rv in model.free_RVs]
    drawn = [pt.tensor(rv.name, shape=shape) for rv, shape in zip(model.free_RVs, shapes, strict=True)]
    outputs = clone_replace(outputs, dict(zip(model.free_RVs, drawn, strict=True)), rebuild_strict=False)
    function = get_jaxified_graph(inputs=[*drawn, *inputs], outputs=outputs)
    names = [variable.name for variable in drawn]
    mapped = jax.vmap(function, in_axes=[0] * len(drawn) + [None] * len(inputs)) if names else function
    graph = jax.jit(mapped)

    def evaluate(draws: Draws, given: Sequence[Array] = ()) -> list[Floats]:
        found = [np.asarray(values) for values in graph(*(draws[name] for name in names), *given)]
        if names:
            return found
        samples = len(next(iter(draws.values())))  # what has no parameters is the same at every draw
        return [np.broadcast_to(values, (samples, *values.shape)) for values in found]

    return evaluate


def tables(design: Design) -> Callable[..., list[Floats]]:
    """Evaluator of the table of each part, ``(sample, row, actor)``.

    It takes draws and, optionally, another design of the same parameters whose arrays have the same sizes.
    """
    inputs = [
        {key: pt.tensor(key, shape=rows.shape, dtype=rows.dtype) for key, rows in part.rows.items()}
        for part in design.parts
    ]

    def express(parameters: Sequence[Tensors]) -> list[Tensor]:
        return [
            part.component.table(own, rows, part.levels)
            for part, own, rows in zip(design.parts, parameters, inputs, strict=True)
        ]

    evaluate = evaluator(design, express, [variable for rows in inputs for variable in rows.values()])

    def at(draws: Draws, other: Design = design) -> list[Floats]:
        return evaluate(draws, [rows for part in other.parts for rows in part.rows.values()])

    return at


def batches(draws: Draws, size: int) -> Iterator[dict[str, Floats]]:
    """The draws, ``size`` at a time; the last batch is filled up by repetition so that nothing compiles twice."""
    total = len(next(iter(draws.values())))
    for start in range(0, total, size):
        chosen = np.minimum(np.arange(start, start + size), total - 1)
        yield {name: values[chosen] for name, values in draws.items()}


def attribute_cells(
    design: Design, values: Sequence[Array], cells: slice | Array = slice(None)
) -> tuple[Floats, Floats]:
    """Probability of each actor ``(sample, cell, actor)`` and log likelihood ``(sample, cell)`` of some cells."""
    activity, evidence = log_odds(design, values, cells)
    chance, marginal = normalised(np.where(design.allowed[cells], activity + evidence, -np.inf))
    return chance, marginal - normalised(activity)[1]


def chance_of_cells(design: Design, values: Sequence[Array], cells: slice | Array = slice(None)) -> Floats:
    """The probabilities of `attribute_cells` alone."""
    activity, evidence = log_odds(design, values, cells)
    activity += evidence
    np.copyto(activity, -np.inf, where=~design.allowed[cells])
    return normalised(activity)[0]


def log_odds(design: Design, values: Sequence[Array], cells: slice | Array) -> tuple[Floats, Floats]:
    """Sums of the activity terms' tables and of the evidence laws', ``(sample, cell, actor)`` each."""
    index = design.index[cells]
    activity = np.zeros((len(values[0]), len(index), len(design.actors)))
    evidence = np.zeros_like(activity)
    for position, (part, table) in enumerate(zip(design.parts, values, strict=True)):
        total = evidence if isinstance(part.component, EvidenceLaw) else activity
        total += table[:, index[:, position]]
    return activity, evidence


def normalised(log_weight: Floats) -> tuple[Floats, Floats]:
    """Probabilities along the last axis, in the place of their logarithms, and the log of what they summed to."""
    actors = range(1, log_weight.shape[-1])
    highest, total = log_weight[..., 0].copy(), np.empty(log_weight.shape[:-1])
    # The axis is short: whole arrays a step are several times faster than reductions along it.
    for k in actors:
        np.maximum(highest, log_weight[..., k], out=highest)
    log_weight -= highest[..., None]
    np.exp(log_weight, out=log_weight)
    total[...] = log_weight[..., 0]
    for k in actors:
        total += log_weight[..., k]
    log_weight /= total[..., None]
    return log_weight, np.log(total) + highest

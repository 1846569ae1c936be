"""The components' tables at given values of the parameters, and the attribution they imply."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.graph.replace import clone_replace
from scipy.special import logsumexp

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
    graph = jax.jit(jax.vmap(function, in_axes=[0] * len(drawn) + [None] * len(inputs)))
    names = [variable.name for variable in drawn]

    def evaluate(draws: Draws, given: Sequence[Array] = ()) -> list[Floats]:
        return [np.asarray(values) for values in graph(*(draws[name] for name in names), *given)]

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
    design: Design, values: Sequence[Array], cells: slice = slice(None)
) -> tuple[Floats, Floats]:
    """Probability of each actor ``(sample, cell, actor)`` and log likelihood ``(sample, cell)``, for some cells."""
    index = design.index[cells]
    activity = np.zeros((len(values[0]), len(index), len(design.actors)))
    evidence = np.zeros_like(activity)
    for position, (part, table) in enumerate(zip(design.parts, values, strict=True)):
        total = evidence if isinstance(part.component, EvidenceLaw) else activity
        total += table[:, index[:, position]]
    joint = np.where(design.allowed[cells], activity + evidence, -np.inf)
    marginal = logsumexp(joint, axis=-1)
    return np.exp(joint - marginal[..., None]), marginal - logsumexp(activity, axis=-1)

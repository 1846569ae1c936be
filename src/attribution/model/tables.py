"""The components' tables at given values of the parameters, and the attribution they imply."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.graph.replace import clone_replace

from attribution.arrays import Array, Floats
from attribution.components.base import ActivityTerm, Tensor, Tensors
from attribution.compute.random_numbers import normals
from attribution.model.design import Design, parameters_of

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
        parameters = parameters_of(design.parts)
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


EVALUATE_MOST = 20_000_000
"""Entries of tables computed in one go, in double precision."""


def table_draws(design: Design, draws: Draws, seed: Sequence[int]) -> list[NDArray[np.float32]]:
    """Tables of all parts at all draws, ``(sample, row, actor)``, with what lies outside the fit drawn anew."""
    rows = sum(int(part.index.max()) + 1 for part in design.parts)
    values = evaluated(tables(design), longer_draws(design, draws, seed), rows * len(design.actors))
    draw_outside(design, draws, seed, values)
    return values


def evaluated(
    evaluate: Callable[[Draws], list[Floats]], draws: Draws, entries: int
) -> list[NDArray[np.float32]]:
    """What an evaluator says at all draws, some at a time; ``entries`` is how many numbers it returns for a draw."""
    size = max(1, min(200, EVALUATE_MOST // entries))
    return in_batches(lambda batch: [table.astype(np.float32) for table in evaluate(batch)], draws, size)


def in_batches(evaluate: Callable[[Draws], list[Any]], draws: Draws, size: int) -> list[Any]:
    """What an evaluator says at all draws, at most ``size`` at a time: arrays with first axis `sample`."""
    samples = len(next(iter(draws.values())))
    found = [evaluate(batch) for batch in batches(draws, min(size, samples))]
    return [np.concatenate(values)[:samples] for values in zip(*found, strict=True)]


def draw_outside(
    design: Design, draws: Draws, seed: Sequence[int], values: Sequence[NDArray[np.float32]]
) -> None:
    """Add to the tables the effects of what lies outside the fit: the same draw wherever the same thing is scored."""
    for part, table in zip(design.parts, values, strict=True):
        if not isinstance(part.component, ActivityTerm):
            continue
        for short, new in part.component.unseen(part.keys, part.levels).items():
            for label, rows, weight in new.shared():
                purpose = f"{part.component.name} {short} {label}".encode()
                noise = normals(seed, purpose, (len(table), len(design.actors)))
                noise -= noise.mean(axis=-1, keepdims=True)
                noise *= draws[scale_name(part.component.name, short)][:, None]
                table[:, rows] += noise[:, None] * weight[:, None]


def longer_draws(design: Design, draws: Draws, seed: Sequence[int]) -> Draws:
    """The draws, with standard normal ones where a design has parameters longer than they were fitted."""
    found = dict(draws)
    for part in design.parts:
        for name, labels in part.levels.drawn.items():
            fitted = draws[name]
            shape = (len(fitted), *fitted.shape[2:])
            new = [normals(seed, f"{name} {label}".encode(), shape) for label in labels]
            found[name] = np.concatenate([fitted, np.stack(new, axis=1)], axis=1)
    return found


def scale_name(component: str, short: str) -> str:
    """Full name of a component's sd parameter."""
    return f"{component}_{short}"

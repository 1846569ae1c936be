"""A PyMC model compiled for nutpie: no Python in the loop of the sampler, shapes known, data swappable."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytensor
import pytensor.tensor as pt
from nutpie.compile_pymc import CompiledPyMCModel
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph import clone_replace, rewrite_graph
from pytensor.graph.traversal import graph_inputs

from attribution.compute.native.centring import choose, coordinates_of, evaluated, pairs_of, parameters_of
from attribution.compute.native.code import CALLED, Code
from attribution.compute.native.density import compile_density, compile_expansion, loaded
from attribution.compute.native.operations import kind_of

CENTRING = "centring"
"""Name of the data that say which coordinates are effects themselves; nobody swaps them."""


@dataclass(frozen=True)
class NativeModel(CompiledPyMCModel):  # type: ignore[misc]
    """What `load_native` returns; `nutpie.sample` takes it.

    Attributes
    ----------
    data
        What the machine code reads: data by name first, then constants and functions.
    names
        Names of the data.
    """

    data: tuple[Any, ...] = ()
    names: tuple[str, ...] = ()

    def with_data(self, **updates: Any) -> NativeModel:
        """The same machine code on other data of the same shapes."""
        data = list(self.data)
        for name, value in updates.items():
            if name not in self.names:
                raise ValueError(f"{name!r} is not data of the model: {', '.join(self.names)}.")
            position = self.names.index(name)
            if np.shape(value) != data[position].shape:
                raise ValueError(
                    f"{name!r} has shape {np.shape(value)}; the model was compiled for {data[position].shape}."
                )
            data[position] = np.ascontiguousarray(value, dtype=data[position].dtype)
        changes: dict[str, Any] = {"data": tuple(data), "user_data": addresses(data)}
        return replace(self, **changes)

    def starting_at(self, points: Any) -> NativeModel:
        """The same, whose chains start at one of some points in the sampler's coordinates, ``(point, coordinate)``."""

        def start_at(seed: int) -> Any:
            return points[np.random.default_rng(seed).integers(len(points))]

        changes: dict[str, Any] = {"initial_point_func": start_at}
        return replace(self, **changes)


def addresses(data: Any) -> Any:
    """Where arrays and functions are in memory."""
    found = [CALLED[own[0]](*own[1:]) if isinstance(own, tuple) else own.ctypes.data for own in data]
    return np.array(found, dtype=np.uintp)


def compile_native(model: Any, scales: Mapping[str, str]) -> Code:
    """Compile a PyMC model to machine code.

    ``scales`` names the effects that are multiplied by a scale of their own, and the scale of each.

    Raises
    ------
    UnknownOperationError
        The model has an operation that is not written in `operations.py`; use another backend.
    """
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    first = model.initial_point()
    shapes = {value.name: np.shape(first[value.name]) for value in values}
    start = np.concatenate([np.ravel(first[value.name]).astype(np.float64) for value in values])
    pairs = pairs_of(model, shapes, scales)
    centring = pytensor.shared(np.zeros_like(start), name=CENTRING)
    logp = rewrite_graph(model.logp(), include=["canonicalize", "stabilize", "local_remove_check_parameter"])
    others = [variable for variable in model.unobserved_value_vars if variable.name not in shapes]
    coordinates = {value.name: value.type(value.name) for value in values}
    parameters, stretch = parameters_of(coordinates, pairs, parts(centring, shapes))
    found = clone_replace([logp, *others], {value: parameters[value.name] for value in values})
    total = found[0] + stretch
    gradients = pytensor.grad(total, list(coordinates.values()))
    x = pt.TensorType("float64", shape=start.shape)("x")
    outputs = clone_replace(
        [total, *gradients, *(parameters[value.name] for value in values), *found[1:]],
        dict(zip(coordinates.values(), parts(x, shapes).values(), strict=True)),
    )

    outputs, stand_ins, arrays = data_as_inputs(outputs)
    data: list[Any] = [np.ascontiguousarray(array, dtype=kind_of(array)) for array in arrays.values()]
    inputs, point = [x, *stand_ins], [start, *arrays.values()]
    count = len(values)
    machine = compile_density(inputs, outputs[0], outputs[1 : 1 + count], point, data)
    expansion, sizes = compile_expansion(inputs, outputs[1 + count :], point, data)
    if CENTRING in arrays:
        code = loaded(machine, "density")
        centred = choose(evaluated(code.address, addresses(data)), start, pairs)
        data[len(arrays) - 1] = centred
        start = coordinates_of(start, pairs, centred)
    return Code(
        density=machine,
        expansion=expansion,
        start=start,
        shapes=shapes | dict(zip((own.name for own in others), sizes[count:], strict=True)),
        transformed=[
            model.rvs_to_values[rv].name for rv in model.free_RVs if model.rvs_to_transforms.get(rv)
        ],
        dims=dict(model.named_vars_to_dims),
        names=tuple(name for name in arrays if name != CENTRING),
        data=tuple(data),
    )


def parts(vector: Any, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any]:
    """A vector of all parameters by name."""
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()])
    return {
        name: vector[end - math.prod(shape) : end].reshape(shape)
        for (name, shape), end in zip(shapes.items(), ends, strict=True)
    }


def load_native(code: Code, coords: Mapping[str, Any]) -> NativeModel:
    """Machine code as a model for nutpie, with the labels of its dimensions.

    Chains start where PyMC has them start: at the support point, moved by up to one in each coordinate.
    """

    def start_at(seed: int) -> Any:
        return code.start + np.random.default_rng(seed).uniform(-1.0, 1.0, len(code.start))

    return NativeModel(
        dims=code.dims,
        _n_dim=len(code.start),
        _coords={name: pd.Index(labels) for name, labels in coords.items()},
        _shapes=code.shapes,
        compiled_logp_func=loaded(code.density, "density"),
        compiled_expand_func=loaded(code.expansion, "expansion"),
        initial_point_func=start_at,
        shared_data={},
        shared_var_keys={},
        user_data=addresses(code.data),
        n_expanded=sum(math.prod(shape) for shape in code.shapes.values()),
        shape_info=(list(code.shapes), [], [list(shape) for shape in code.shapes.values()]),
        logp_func=None,
        expand_func=None,
        reparameterized_names=code.transformed,
        data=code.data,
        names=code.names,
    )


def data_as_inputs(outputs: Sequence[Any]) -> tuple[list[Any], list[Any], dict[str, Any]]:
    """A graph with its data as inputs of known shape: outputs, inputs, and the data by name, `CENTRING` last."""
    shared = [variable for variable in graph_inputs(outputs) if isinstance(variable, SharedVariable)]
    shared.sort(key=lambda variable: variable.name == CENTRING)
    arrays = {variable.name: variable.get_value() for variable in shared}
    stand_ins = [
        pt.TensorType(variable.type.dtype, shape=arrays[variable.name].shape)(variable.name)
        for variable in shared
    ]
    replaced = clone_replace(outputs, dict(zip(shared, stand_ins, strict=True)), rebuild_strict=False)
    return replaced, stand_ins, arrays

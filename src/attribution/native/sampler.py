"""A PyMC model compiled for nutpie: no Python in the loop of the sampler, shapes known, data swappable."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
import pytensor
import pytensor.tensor as pt
from nutpie.compile_pymc import CompiledPyMCModel
from pymc.initial_point import make_initial_point_fn
from pytensor.compile.sharedvalue import SharedVariable
from pytensor.graph import clone_replace, rewrite_graph
from pytensor.graph.traversal import graph_inputs

from attribution.native.density import compile_density, compile_expansion
from attribution.native.operations import kind_of


@dataclass(frozen=True)
class NativeModel(CompiledPyMCModel):  # type: ignore[misc]
    """What `compile_native` returns; `nutpie.sample` takes it.

    Attributes
    ----------
    arrays
        The arrays the machine code reads: data by name first, then constants.
    names
        Names of the data.
    """

    arrays: tuple[Any, ...] = ()
    names: tuple[str, ...] = ()

    def with_data(self, **updates: Any) -> NativeModel:
        """The same machine code on other data of the same shapes."""
        arrays = list(self.arrays)
        for name, value in updates.items():
            if name not in self.names:
                raise ValueError(f"{name!r} is not data of the model: {', '.join(self.names)}.")
            position = self.names.index(name)
            if np.shape(value) != arrays[position].shape:
                raise ValueError(
                    f"{name!r} has shape {np.shape(value)}; the model was compiled for {arrays[position].shape}."
                )
            arrays[position] = np.ascontiguousarray(value, dtype=arrays[position].dtype)
        changes: dict[str, Any] = {"arrays": tuple(arrays), "user_data": addresses(arrays)}
        return replace(self, **changes)


def addresses(arrays: Any) -> Any:
    """Where arrays are in memory."""
    return np.array([array.ctypes.data for array in arrays], dtype=np.uintp)


def compile_native(model: Any) -> NativeModel:
    """Compile a PyMC model to machine code.

    Raises
    ------
    UnknownOperationError
        The model has an operation that is not written in `attribution.native`; use another backend.
    """
    start_at = start_of(model)
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    first = model.initial_point()
    shapes = {value.name: np.shape(first[value.name]) for value in values}
    ends = np.cumsum([math.prod(shape) for shape in shapes.values()])
    x = pt.TensorType("float64", shape=(int(ends[-1]),))("x")
    flat = [x[end - math.prod(shape) : end] for end, shape in zip(ends, shapes.values(), strict=True)]
    parts = {value: own.reshape(shapes[value.name]) for value, own in zip(values, flat, strict=True)}
    logp = rewrite_graph(model.logp(), include=["canonicalize", "stabilize", "local_remove_check_parameter"])
    others = [variable for variable in model.unobserved_value_vars if variable.name not in shapes]
    outputs = clone_replace([logp, *pytensor.grad(logp, values), *others], parts)

    outputs, stand_ins, arrays = opened(outputs)
    data = [np.ascontiguousarray(array, dtype=kind_of(array)) for array in arrays.values()]
    inputs, point = [x, *stand_ins], [start_at(0), *arrays.values()]
    density, expanded = outputs[: 1 + len(values)], outputs[1 + len(values) :]
    machine = compile_density(inputs, density[0], density[1:], point, data)
    expansion, found = compile_expansion(inputs, [*flat, *expanded], point, data)
    shapes |= dict(zip((variable.name for variable in others), found[len(values) :], strict=True))
    transformed = [model.rvs_to_values[rv].name for rv in model.free_RVs if model.rvs_to_transforms.get(rv)]
    return NativeModel(
        dims=dict(model.named_vars_to_dims),
        _n_dim=len(point[0]),
        _coords={name: pd.Index(labels) for name, labels in model.coords.items()},
        _shapes=shapes,
        compiled_logp_func=machine,
        compiled_expand_func=expansion,
        initial_point_func=start_at,
        shared_data={},
        shared_var_keys={},
        user_data=addresses(data),
        n_expanded=sum(math.prod(shape) for shape in shapes.values()),
        shape_info=(list(shapes), [], [list(shape) for shape in shapes.values()]),
        logp_func=None,
        expand_func=None,
        reparameterized_names=transformed,
        arrays=tuple(data),
        names=tuple(arrays),
    )


def start_of(model: Any) -> Callable[[int], Any]:
    """A function of a seed: where a chain starts, a vector; it may be called from several threads."""
    initial = make_initial_point_fn(
        model=model, default_strategy="support_point", jitter_rvs=set(model.free_RVs), return_transformed=True
    )
    names, lock = [model.rvs_to_values[rv].name for rv in model.free_RVs], Lock()

    def start_at(seed: int) -> Any:
        with lock:
            found = initial(seed)
        return np.concatenate([np.ravel(found[name]).astype(np.float64) for name in names])

    return start_at


def opened(outputs: Sequence[Any]) -> tuple[list[Any], list[Any], dict[str, Any]]:
    """A graph with its data as inputs of known shape: the outputs, these inputs, and the data by name."""
    shared = [variable for variable in graph_inputs(outputs) if isinstance(variable, SharedVariable)]
    arrays = {variable.name: variable.get_value() for variable in shared}
    stand_ins = [
        pt.TensorType(variable.type.dtype, shape=arrays[variable.name].shape)(variable.name)
        for variable in shared
    ]
    replaced = clone_replace(outputs, dict(zip(shared, stand_ins, strict=True)), rebuild_strict=False)
    return replaced, stand_ins, arrays

"""A PyMC model compiled for nutpie, by one of the backends."""

from __future__ import annotations

import importlib
from typing import Any

import nutpie
from nutpie.compile_pymc import CompiledPyMCModel
from nutpie.compiled_pyfunc import PyFuncModel
from pymc.model.transform.optimization import freeze_dims_and_data

import attribution.compute.native_bridge  # noqa: F401 - teaches the marginal likelihood to native code
from attribution.compute.native.cache import cached
from attribution.compute.native.code import Code
from attribution.compute.native.sampler import NativeModel, compile_native, load_native
from attribution.compute.native.scalars import UnknownOperationError
from attribution.model.design import Design
from attribution.model.graph import build, scales
from attribution.runs.fingerprint import UnknownValueError, fingerprint

BACKENDS = ("native", "jax", "numba")


def compile_design(design: Design, backend: str, swappable: Swappable = ()) -> Any:
    """What `nutpie.sample` takes.

    Parameters
    ----------
    design
        A model laid over events.
    backend
        `"native"` (see `compute/native`), `"jax"` or `"numba"`. A component whose formula has an
        operation that the first does not write is compiled by JAX. Native code is kept on disk (see
        `compute/native/cache.py`).
    swappable
        Which data can be replaced afterwards, by others of the same shape (`with_data`); None for
        all. The rest are constants, which makes a smaller graph.
    """
    if backend == "native":
        try:
            return load_native(code_of(design, swappable), design.coords)
        except UnknownOperationError:
            backend = "jax"
    importlib.import_module("attribution.compute.bridges")
    return nutpie.compile_pymc_model(frozen(build(design), swappable), backend=backend, freeze_model=False)


Swappable = tuple[str, ...] | None
"""Names of data that can be replaced once a model is compiled; None for all."""


def frozen(model: Any, swappable: Swappable) -> Any:
    """A model whose data are constants, but those named."""
    if swappable is None:
        return model
    return freeze_dims_and_data(model, data=[name for name in model.named_vars if name not in swappable])


def code_of(design: Design, swappable: Swappable) -> Code:
    """Native code of a design: kept from another time, or made now."""

    def make() -> Code:
        model = build(design)
        return compile_native(frozen(model, swappable), scales(design, model))

    try:
        key = fingerprint((design, swappable))
    except UnknownValueError:
        return make()
    return cached(key, make)


def swapped_types(sampler: Any) -> dict[str, Any]:
    """Types of the data that a swappable sampler takes, by name."""
    if isinstance(sampler, NativeModel):
        return {name: own.dtype for name, own in zip(sampler.names, sampler.data, strict=False)}
    data = sampler._shared_data if isinstance(sampler, PyFuncModel) else sampler.shared_data
    return {name: own.dtype for name, own in data.items()}


def name_of(sampler: Any) -> str:
    """The backend that a sampler came from."""
    return {NativeModel: "native", PyFuncModel: "jax", CompiledPyMCModel: "numba"}[type(sampler)]

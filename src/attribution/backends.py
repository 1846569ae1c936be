"""A PyMC model compiled for nutpie, by one of the backends."""

from __future__ import annotations

from typing import Any

import nutpie
from pymc.model.transform.optimization import freeze_dims_and_data

from attribution.native.sampler import compile_native
from attribution.native.scalars import UnknownOperationError

BACKENDS = ("native", "jax", "numba")


def compile_model(model: Any, backend: str, swappable: bool = False) -> Any:
    """What `nutpie.sample` takes.

    Parameters
    ----------
    model
        A PyMC model.
    backend
        `"native"` (see `attribution.native`), `"jax"` or `"numba"`. A component whose formula has an operation that the
        first does not write is compiled by JAX.
    swappable
        Whether data can be replaced afterwards, by others of the same shape (`with_data`). Otherwise they are
        constants, which makes a smaller graph.
    """
    if backend == "native":
        try:
            return compile_native(model if swappable else freeze_dims_and_data(model))
        except UnknownOperationError:
            backend = "jax"
    return nutpie.compile_pymc_model(model, backend=backend, freeze_model=not swappable)

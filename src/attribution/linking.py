"""The marginal likelihood in the backends of PyTensor: importing this teaches it to numba and to JAX.

It is imported where one of them compiles, because JAX alone takes most of a second to import.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from attribution.kernel import handler, with_gradients
from attribution.marginal import LogMarginal


@register_funcify_default_op_cache_key(LogMarginal)  # type: ignore[untyped-decorator]
def in_numba(operation: LogMarginal, node: Any, **options: Any) -> Any:
    """The operation in PyTensor's numba backend."""
    return with_gradients(operation.actors, operation.terms, operation.laws)


@jax_funcify.register(LogMarginal)  # type: ignore[untyped-decorator]
def in_jax(operation: LogMarginal, node: Any, **options: Any) -> Callable[..., Any]:
    """The operation in JAX: XLA calls the kernel. On the processor only; elsewhere XLA says it has no such target."""
    target = f"attribution_{operation.actors}_{operation.terms}_{operation.laws}"
    address = handler(operation.actors, operation.terms, operation.laws)
    jax.ffi.register_ffi_target(target, capsule(address), platform="cpu")

    def log_marginal(*inputs: Any) -> Any:
        shapes = [(), *(table.shape for table in inputs[: operation.tables])]
        results = [jax.core.ShapedArray(shape, np.float64) for shape in shapes]
        call = jax.ffi.ffi_call(target, results, vmap_method="sequential")
        kinds = [variable.type.dtype for variable in node.inputs]
        return tuple(
            call(*(jax.numpy.asarray(value, kind) for value, kind in zip(inputs, kinds, strict=True)))
        )

    return log_marginal


def capsule(address: int) -> Any:
    """The address of a function as a Python object."""
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return new(address, None, None)

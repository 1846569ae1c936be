"""The marginal likelihood in the backends of PyTensor: importing this teaches it to numba and to JAX.

It is imported where one of them compiles, because JAX alone takes most of a second to import.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import numpy as np
from numba import carray  # type: ignore[attr-defined]
from numba.core import types
from pytensor.link.jax.dispatch import jax_funcify
from pytensor.link.numba.dispatch.basic import register_funcify_default_op_cache_key

from attribution.compute.kernel import at, defined, input_names, kernel, kind_of, with_gradients, words_at
from attribution.compute.marginal import LogMarginal
from attribution.compute.numba_cache import cfunc, njit


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


HANDLER = """
def {name}_of_xla(frame):
    words = words_at(frame, 22)
    if words[1]:
        return answer_metadata(words)
    inputs, outputs = words_at(words[9], {count}), words_at(words[14], {results})
{arrays}
    total = doubles_at(outputs[0])
    total[0] = {name}({arguments})
    return 0
"""
"""What XLA calls: reads the addresses of the arrays from XLA's call frame. Returns no error."""


def handler_source(name: str, terms: int, laws: int) -> str:
    """Python source of the function XLA calls for that kernel."""
    inputs, count = input_names(terms, laws), terms + laws
    arrays = [f"    {own} = {kind_of(own)}_at(inputs[{i}])" for i, own in enumerate(inputs)]
    arrays += [f"    G{t} = table_at(outputs[{t + 1}])" for t in range(count)]
    return HANDLER.format(
        name=name,
        count=len(inputs),
        results=count + 1,
        arrays="\n".join(arrays),
        arguments=", ".join([*inputs, *(f"G{t}" for t in range(count))]),
    )


@cache
def handler(actors: int, terms: int, laws: int) -> int:
    """Address of the compiled function that XLA can call for the kernel."""
    name = f"kernel_{actors}_{terms}_{laws}"
    known: dict[str, Any] = {name: kernel(actors, terms, laws)}
    known |= {
        "words_at": words_at,
        "table_at": table_at,
        "integers_at": integers_at,
        "doubles_at": doubles_at,
    }
    known |= {"answer_metadata": answer_metadata}
    function = defined(handler_source(name, terms, laws), f"{name}_of_xla", **known)
    compiled: Any = cfunc(types.int64(types.int64))(function)
    return int(compiled.address)


@njit
def table_at(buffer):  # type: ignore[no-untyped-def]
    """The matrix of an XLA buffer, whose words are size, extension, type, data, rank, dimensions."""
    words = words_at(buffer, 6)
    shape = words_at(words[5], 2)
    return carray(at(words[3]), (shape[0], shape[1]), dtype=np.float64)


@njit
def integers_at(buffer):  # type: ignore[no-untyped-def]
    """The integer matrix of an XLA buffer."""
    words = words_at(buffer, 6)
    shape = words_at(words[5], 2)
    return carray(at(words[3]), (shape[0], shape[1]), dtype=np.int64)


@njit
def doubles_at(buffer):  # type: ignore[no-untyped-def]
    """The vector, or single number, of an XLA buffer."""
    words = words_at(buffer, 6)
    length = words_at(words[5], 1)[0] if words[4] else 1
    return carray(at(words[3]), (length,), dtype=np.float64)


@njit
def answer_metadata(words):  # type: ignore[no-untyped-def]
    """Tell XLA, which asks once at registration, the version of the interface: major 0, the minor it has itself."""
    extension = words_at(words[1], 4)
    metadata = words_at(extension[3], 4)
    own = words_at(words[2], 5)
    metadata[3] = own[4] & ~np.int64(0xFFFFFFFF)
    return 0

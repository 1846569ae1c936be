"""Graphs compiled to functions that nutpie calls by their address: a density with its gradient, and an expansion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from pytensor.compile.mode import optdb
from pytensor.graph import FunctionGraph

from attribution.compute.native.operations import QUERY, datum, shapes, term_of, write_graph
from attribution.compute.native.writer import ADDRESS, WHOLE, Indices, Term, Writer, number, real

DATA = ir.PointerType(ADDRESS)
STATUS_GRADIENT, STATUS_VALUE = 3, 4
"""What nutpie takes as a point it must not go to: a gradient, or a value, that is not finite."""


@dataclass(frozen=True)
class Machine:
    """Machine code that is loaded.

    Attributes
    ----------
    address
        Address of the function.
    keep
        What must live as long as the code.
    """

    address: int
    keep: Any


def compile_density(
    inputs: Sequence[Any], value: Any, gradients: Sequence[Any], start: Sequence[Any], data: list[Any]
) -> bytes:
    """Object file of a value and its gradient, the function `density`.

    It is called as ``(size, x, gradient, value, data) -> status``, all but the size being addresses.

    Parameters
    ----------
    inputs
        The vector ``x``, then the variables that stand for data.
    value, gradients
        The value, and its gradient by parts of ``x`` in order.
    start
        Values of the inputs at which everything is computed once, to learn the shapes.
    data
        Arrays the functions of a model read; those of the inputs are there, constants are added.
    """
    writer = Writer([WHOLE, ADDRESS, ADDRESS, ADDRESS, DATA], "density", data)
    _, point, gradient, result, _ = writer.function.args
    total, *parts = terms_of(writer, inputs, [value, *gradients], start, point)
    ravel(writer, parts, gradient)
    ravel(writer, [total], result)
    size = sum(math.prod(part.shape) for part in parts)
    vector, check = writer.array(gradient, (size,)), writer.empty(())
    writer.set(check, [], number(0.0))

    def add(idx: Indices) -> None:
        nothing = writer.builder.fmul(vector.at(idx), number(0.0))
        writer.set(check, [], writer.builder.fadd(check.at([]), nothing))

    writer.loop([size], add)
    writer.close()
    b = writer.builder
    found = b.load(result)
    sound = b.fcmp_ordered("==", check.at([]), number(0.0))
    finite = b.fcmp_ordered("==", b.fmul(found, number(0.0)), number(0.0))
    status = b.select(finite, ir.Constant(WHOLE, 0), ir.Constant(WHOLE, STATUS_VALUE))
    return assembled(writer, b.select(sound, status, ir.Constant(WHOLE, STATUS_GRADIENT)))


def compile_expansion(
    inputs: Sequence[Any], outputs: Sequence[Any], start: Sequence[Any], data: list[Any]
) -> tuple[bytes, list[tuple[int, ...]]]:
    """Object file of outputs one after the other, the function `expansion`.

    It is called as ``(size, count, x, out, data) -> status``, all but the sizes being addresses.

    The shapes of the outputs come back with it.
    """
    writer = Writer([WHOLE, WHOLE, ADDRESS, ADDRESS, DATA], "expansion", data)
    _, _, point, out, _ = writer.function.args
    terms = terms_of(writer, inputs, outputs, start, point)
    ravel(writer, terms, out)
    writer.close()
    return assembled(writer, ir.Constant(WHOLE, 0)), [term.shape for term in terms]


def terms_of(
    writer: Writer,
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    start: Sequence[Any],
    point: Any,
) -> list[Term]:
    """The outputs of a graph as terms."""
    graph = FunctionGraph(list(inputs), list(outputs), clone=True)
    optdb.query(QUERY).rewrite(graph)
    values = dict(zip(graph.inputs, map(np.asarray, start), strict=True))
    shapes(graph, values)
    x, *swappable = graph.inputs
    writer.terms[x] = writer.array(point, np.shape(start[0]))
    for position, variable in enumerate(swappable):
        writer.terms[variable] = datum(writer, values[variable], position)
    write_graph(writer, graph, values)
    return [term_of(writer, variable) for variable in graph.outputs]


def ravel(writer: Writer, terms: Sequence[Term], out: Any) -> None:
    """Write terms into memory one after the other."""
    first = 0
    for term in terms:

        def put(idx: Indices, term: Term = term, first: int = first) -> None:
            place = writer.plus(writer.flat(term.shape, idx), ir.Constant(WHOLE, first))
            writer.builder.store(
                real(writer, term.at(idx)), writer.builder.gep(writer.here(out), [place], inbounds=True)
            )

        writer.loop(term.shape, put)
        first += math.prod(term.shape)


def assembled(writer: Writer, status: Any) -> bytes:
    """Object file of what was written, which returns a status."""
    target = this_machine()
    module = llvm.parse_assembly(writer.finish(status))
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = True
    passes = llvm.create_pass_builder(target, options)
    passes.getModulePassManager().run(module, passes)
    return bytes(target.emit_object(module))


def loaded(text: bytes, name: str) -> Machine:
    """The function of that name in an object file, ready to be called."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), this_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(text))
    engine.finalize_object()
    return Machine(engine.get_function_address(name), engine)


def this_machine() -> Any:
    """What LLVM compiles for."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=3, jit=True
    )

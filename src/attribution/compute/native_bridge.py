"""The marginal likelihood in the machine code of `native`: importing this teaches it how the kernel is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from attribution.compute.kernel import by_address
from attribution.compute.marginal import LogMarginal
from attribution.compute.native.code import CALLED
from attribution.compute.native.operations import pointer_to_data, writes
from attribution.compute.native.scalars import UnknownOperationError
from attribution.compute.native.writer import WHOLE, Term, Writer

KERNEL = "log_marginal"
"""Name under which machine code asks for the kernel."""
CALLED[KERNEL] = by_address


@writes(LogMarginal)
def write_kernel(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """The marginal likelihood, by a call of the kernel through its address."""
    operation: LogMarginal = node.op
    gradients = [writer.empty(term.shape) for term in inputs[: operation.tables]]
    result = writer.empty(())
    arrays = [writer.store(term) for term in inputs] + gradients
    for variable, term in zip(node.inputs, arrays, strict=False):
        if variable.type.dtype == "int64" and term.array.type.pointee != WHOLE:
            raise UnknownOperationError(f"{operation} of integers that are computed")
    lengths = [length for term in arrays for length in term.shape]
    generic = ir.IntType(8).as_pointer()
    slots = writer.parts[-1].entry.alloca(generic, len(arrays) + 1)
    sizes = writer.parts[-1].entry.alloca(WHOLE, len(lengths))
    for position, pointer in enumerate([*(term.array for term in arrays), result.array]):
        place = writer.builder.gep(slots, [ir.Constant(WHOLE, position)])
        writer.builder.store(writer.builder.bitcast(writer.here(pointer), generic), place)
    for position, length in enumerate(lengths):
        place = writer.builder.gep(sizes, [ir.Constant(WHOLE, position)])
        writer.builder.store(ir.Constant(WHOLE, length), place)
    kind = ir.FunctionType(WHOLE, [slots.type, sizes.type]).as_pointer()
    kernel = pointer_to_data(writer, len(writer.data))
    writer.data.append((KERNEL, operation.actors, operation.terms, operation.laws))
    writer.builder.call(writer.builder.bitcast(writer.here(kernel), kind), [slots, sizes])
    return [result, *gradients]

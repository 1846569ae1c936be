"""Operations on arrays of PyTensor as loops.

Every shape is known. What only looks at an array in another way (a slice, another order of axes) is no loop but other
indices of the same array; what is computed entry by entry and used once is written into the loop that uses it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any

import numpy as np
from llvmlite import ir
from pytensor.compile.builders import OpFromGraph
from pytensor.graph import FunctionGraph
from pytensor.graph.basic import Constant
from pytensor.graph.rewriting.db import RewriteDatabaseQuery
from pytensor.raise_op import CheckAndRaise
from pytensor.scalar import basic as scalar
from pytensor.tensor import basic, elemwise, subtensor
from pytensor.tensor.math import Dot
from pytensor.tensor.shape import Reshape, Shape_i, SpecifyShape

from attribution.compute.native.scalars import FAST, FUNCTIONS, UnknownOperationError, check_cast, entry
from attribution.compute.native.writer import ADDRESS, WHOLE, Indices, Term, Writer, number, real, whole

FOLDS: dict[type, Any] = {scalar.Add: np.add, scalar.Mul: np.multiply}
"""Operations of any number of arguments, two at a time: PyTensor itself refuses more than 32."""

QUERY = RewriteDatabaseQuery(
    include=["fast_run"],
    exclude=["fusion", "inplace", "BlasOpt", "numba", "jax", "cxx_only", "scan", "random_make_inplace"],
)
"""PyTensor's own simplifications, without those that serve another backend."""


def shapes(graph: FunctionGraph, values: dict[Any, Any]) -> None:
    """Compute every variable once, to learn its shape (and the value of what does not depend on the input)."""
    for node in graph.toposort():
        inputs = [
            variable.data if isinstance(variable, Constant) else values[variable] for variable in node.inputs
        ]
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        if isinstance(node.op, elemwise.Elemwise) and len(inputs) > 2 and type(node.op.scalar_op) in FOLDS:
            storage[0][0] = reduce(FOLDS[type(node.op.scalar_op)], inputs)
        else:
            node.op.perform(node, inputs, storage)
        values.update(zip(node.outputs, (cell[0] for cell in storage), strict=True))


def write_graph(writer: Writer, graph: FunctionGraph, values: dict[Any, Any]) -> None:
    """Write every operation of a graph, its inputs being terms already."""
    writer.users.update(graph.clients)
    for node in graph.toposort():
        inputs = [term_of(writer, variable) for variable in node.inputs]
        handler = next((found for kind, found in WRITERS.items() if isinstance(node.op, kind)), None)
        if handler is None:
            raise UnknownOperationError(str(node.op))
        outputs = handler(writer, node, inputs, values)
        for variable, term in zip(node.outputs, outputs, strict=True):
            writer.terms[variable] = term


def term_of(writer: Writer, variable: Any) -> Term:
    """The term of a variable; constants become literals or data."""
    if variable not in writer.terms:
        if not isinstance(variable, Constant):
            raise UnknownOperationError(str(variable))
        value = np.asarray(variable.data)
        writer.terms[variable] = constant(value) if value.ndim == 0 else datum(writer, value)
    return writer.terms[variable]


def constant(value: Any) -> Term:
    """The term of a number."""
    if value.dtype.kind in "iub":
        return Term((), lambda _: ir.Constant(WHOLE, int(value)))
    return Term((), lambda _: number(float(value)))


def datum(writer: Writer, value: Any, position: int | None = None) -> Term:
    """The term of an array of data, at its position among them; without one it is a constant and is added."""
    kind = kind_of(value)
    if position is None:
        position = len(writer.data)
        writer.data.append(np.ascontiguousarray(value, dtype=kind))
    pointer = pointer_to_data(writer, position)
    if kind == np.int64:
        pointer = writer.whole.bitcast(pointer, ir.PointerType(WHOLE))
    return writer.array(pointer, value.shape)


def pointer_to_data(writer: Writer, position: int) -> Any:
    """The address at some position among the data."""
    place = writer.whole.gep(writer.function.args[-1], [ir.Constant(WHOLE, position)])
    return writer.whole.load(place)


def kind_of(value: Any) -> Any:
    """The type an array of data has in memory."""
    return np.int64 if value.dtype.kind in "iub" else np.float64


def broadcast(term: Term, idx: Indices) -> Any:
    """Entry of a term at indices of an array it is broadcast to."""
    zero = ir.Constant(WHOLE, 0)
    return term.at([zero if size == 1 else index for size, index in zip(term.shape, idx, strict=True)])


def write_elemwise(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """An operation entry by entry; written into the loop that uses it where only one does.

    What takes long has a loop of its own over entries in a row, which LLVM computes several at a time.
    """
    size = np.shape(values[node.outputs[0]])
    if type(node.op.scalar_op) in FUNCTIONS and 0 not in size:
        return [in_a_row(writer, node.op.scalar_op, inputs[0])]
    check_cast(node, node.op.scalar_op)
    if isinstance(node.op.scalar_op, scalar.Cast) and node.inputs[0].type.dtype.startswith("int"):
        return [inputs[0]]
    term = Term(
        size,
        lambda idx: entry(writer, node.op.scalar_op, [broadcast(own, idx) for own in inputs]),
    )
    users = writer.users[node.outputs[0]]
    if len(users) == 1:
        user = users[0][0]
        same = isinstance(user.op, elemwise.Elemwise) and np.shape(values[user.outputs[0]]) == size
        if same or isinstance(user.op, elemwise.CAReduce):
            return [term]
    return [writer.store(term)]


def in_a_row(writer: Writer, operation: Any, term: Term) -> Term:
    """A function of every entry of an array, by the one loop for this function."""
    result, of_integers = writer.empty(term.shape), term.array is not None and term.array.type != ADDRESS
    pointers = [writer.here(own.array) for own in (writer.store(term, copy=of_integers), result)]
    writer.builder.call(
        row_function(writer, operation), [*pointers, ir.Constant(WHOLE, math.prod(term.shape))]
    )
    return result


def row_function(writer: Writer, operation: Any) -> Any:
    """A loop that applies an operation to so many entries in a row."""
    name = f"row_{type(operation).__name__}"
    if name not in writer.module.globals:
        with writer.aside(name, [ADDRESS, ADDRESS, WHOLE]) as part:
            before, after, count = part.function.args

            def body(idx: Indices) -> None:
                value = writer.builder.load(writer.builder.gep(before, idx, inbounds=True))
                place = writer.builder.gep(after, idx, inbounds=True)
                writer.builder.store(entry(writer, operation, [value]), place)

            writer.loop([count], body)
    return writer.module.globals[name]


def write_reduction(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """A sum or a largest entry over some axes."""
    (term,) = inputs
    axes = node.op.axis if node.op.axis is not None else tuple(range(len(term.shape)))
    kept = [axis for axis in range(len(term.shape)) if axis not in axes]
    if type(node.op.scalar_op) not in (scalar.Add, scalar.Maximum):
        raise UnknownOperationError(str(node.op))
    start = number(0.0 if type(node.op.scalar_op) is scalar.Add else -math.inf)
    size = tuple(term.shape[axis] for axis in kept)
    result, total = writer.empty(size), writer.empty(())

    def outer(own: Indices) -> None:
        writer.set(total, [], start)

        def inner(along: Indices) -> None:
            position: Indices = [None] * len(term.shape)
            for axis, index in [*zip(kept, own, strict=True), *zip(axes, along, strict=True)]:
                position[axis] = index
            writer.set(total, [], entry(writer, node.op.scalar_op, [total.at([]), term.at(position)]))

        writer.loop([term.shape[axis] for axis in axes], inner)
        writer.set(result, own, total.at([]))

    writer.loop(size, outer)
    return [result]


def write_dimshuffle(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """Axes in another order."""
    (term,) = inputs

    def at(idx: Indices) -> Any:
        position = [ir.Constant(WHOLE, 0)] * len(term.shape)
        for index, axis in zip(idx, node.op.new_order, strict=True):
            if axis != "x":
                position[axis] = index
        return term.at(position)

    return [Term(np.shape(values[node.outputs[0]]), at)]


def write_reshape(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """Another shape."""
    term, size = inputs[0], np.shape(values[node.outputs[0]])
    if not term.shape:
        return [Term(size, lambda _: term.at([]))]
    if len(term.shape) == 1:
        return [Term(size, lambda idx: term.at([writer.flat(size, idx)]))]
    return [writer.array(writer.store(term).array, size)]


def write_same(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """What says something about a variable, and leaves it as it is."""
    return [inputs[0]]


def write_length(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """A length: shapes are constants here."""
    return [constant(np.asarray(values[node.outputs[0]]))]


def write_alloc(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """A term repeated over more axes."""
    term, size = inputs[0], np.shape(values[node.outputs[0]])
    extra = len(size) - len(term.shape)
    return [Term(size, lambda idx: broadcast(term, idx[extra:]))]


Entries = list[range | int]


def basic_index(node: Any, values: dict[Any, Any], indexed: tuple[int, ...], skip: int) -> Entries:
    """What a basic index picks along each axis: some positions, or one."""
    parts = iter(node.inputs[skip:])

    def part(wanted: Any) -> Any:
        if wanted is None:
            return None
        variable = next(parts)
        return int(variable.data if isinstance(variable, Constant) else values[variable])

    found: Entries = []
    for size, own in zip(indexed, node.op.idx_list, strict=False):
        if isinstance(own, slice):
            found.append(range(*slice(part(own.start), part(own.stop), part(own.step)).indices(size)))
        else:
            found.append(part(own) % size)
    return found + [range(size) for size in indexed[len(found) :]]


def moved(writer: Writer, idx: Indices, entries: Entries) -> Indices:
    """Indices of an array from those of a slice of it."""
    remaining, position = iter(idx), []
    for own in entries:
        if isinstance(own, int):
            position.append(ir.Constant(WHOLE, own))
        else:
            steps = writer.times(next(remaining), own.step)
            position.append(writer.plus(steps, ir.Constant(WHOLE, own.start)))
    return position


def sliced(writer: Writer, term: Term, entries: Entries, idx: Indices) -> Any:
    """Entry of a slice of an array."""
    return term.at(moved(writer, idx, entries))


def write_subtensor(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """A slice."""
    term, size = inputs[0], np.shape(values[node.outputs[0]])
    entries = basic_index(node, values, term.shape, 1)
    return [Term(size, partial(sliced, writer, term, entries))]


def write_inc_subtensor(
    writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]
) -> list[Term]:
    """An array with something added to, or put into, a slice of it."""
    entries = basic_index(node, values, inputs[0].shape, 2)
    size = [len(own) for own in entries if not isinstance(own, int)]
    return [put(writer, node, inputs[0], inputs[1], size, lambda idx: moved(writer, idx, entries))]


def put(
    writer: Writer,
    node: Any,
    base: Term,
    added: Term,
    size: Sequence[int],
    where: Callable[[Indices], Indices],
) -> Term:
    """A copy of an array with something put at, or added to, some places."""
    copied, extra = writer.store(base, copy=True), len(size) - len(added.shape)

    def body(idx: Indices) -> None:
        value, place = broadcast(added, idx[extra:]), where(idx)
        if not node.op.set_instead_of_inc:
            value = writer.builder.fadd(copied.at(place), real(writer, value), flags=FAST)
        writer.set(copied, place, value)

    writer.loop(size, body)
    return copied


def picked(writer: Writer, sizes: Sequence[int], chosen: Sequence[Term], first: int, idx: Indices) -> Indices:
    """Indices of an array from those of what integer arrays pick of it, from some axis on; negative ones count back."""
    depth = max(len(index.shape) for index in chosen)
    position = list(idx[:first])
    for size, index in zip(sizes[first:], chosen, strict=False):
        own = whole(writer, broadcast(index, idx[first + depth - len(index.shape) : first + depth]))
        negative = writer.builder.icmp_signed("<", own, ir.Constant(WHOLE, 0))
        position.append(writer.builder.select(negative, writer.plus(own, ir.Constant(WHOLE, size)), own))
    return position + list(idx[first + depth :])


def first_picked(node: Any) -> int:
    """The first axis that an integer array picks of; refuses other than integer arrays after whole axes."""
    kinds = [isinstance(own, slice) for own in node.op.idx_list]
    first = kinds.index(False)
    if any(kinds[first:]) or any(own != slice(None) for own in node.op.idx_list[:first]):
        raise UnknownOperationError(str(node.op))
    return first


def write_advanced(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """Rows (or columns, ...) picked by integer arrays."""
    term, chosen, size = inputs[0], inputs[1:], np.shape(values[node.outputs[0]])
    first = first_picked(node)
    return [Term(size, lambda idx: term.at(picked(writer, term.shape, chosen, first, idx)))]


def write_advanced_inc(
    writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]
) -> list[Term]:
    """An array with something added to what integer arrays pick of it."""
    base, added, chosen = inputs[0], inputs[1], inputs[2:]
    first = first_picked(node)
    picks = np.broadcast_shapes(*(index.shape for index in chosen))
    size = (*base.shape[:first], *picks, *base.shape[first + len(chosen) :])
    return [put(writer, node, base, added, size, lambda idx: picked(writer, base.shape, chosen, first, idx))]


def from_start(size: Sequence[int], axis: int, start: int) -> Entries:
    """The positions of a piece in a larger array, along one axis of which it begins at ``start``."""
    return [range(length) if own != axis else range(start, start + length) for own, length in enumerate(size)]


def write_join(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """Arrays one after the other."""
    size, start, axis = np.shape(values[node.outputs[0]]), 0, node.op.axis
    joined = writer.empty(size)
    for piece in inputs:
        entries = from_start(piece.shape, axis, start)

        def body(idx: Indices, piece: Term = piece, entries: Entries = entries) -> None:
            writer.set(joined, moved(writer, idx, entries), piece.at(idx))

        writer.loop(piece.shape, body)
        start += piece.shape[axis]
    return [joined]


def write_split(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """Pieces of an array."""
    term, axis, start, pieces = inputs[0], node.op.axis, 0, []
    for output in node.outputs:
        size = np.shape(values[output])
        entries = from_start(size, axis, start)
        pieces.append(Term(size, partial(sliced, writer, term, entries)))
        start += size[axis]
    return pieces


def write_dot(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """A product of matrices or vectors."""
    left, right = inputs
    rows, columns = left.shape[:-1], right.shape[1:]
    product = writer.empty((*rows, *columns))
    writer.loop(product.shape, lambda idx: writer.set(product, idx, number(0.0)))

    def body(idx: Indices) -> None:
        place, inner = [*idx[: len(rows)], *idx[len(rows) + 1 :]], idx[len(rows)]
        step = writer.builder.fmul(
            left.at([*idx[: len(rows)], inner]), right.at([inner, *idx[len(rows) + 1 :]]), flags=FAST
        )
        writer.set(product, place, writer.builder.fadd(product.at(place), step, flags=FAST))

    writer.loop([*rows, left.shape[-1], *columns], body)
    return [product]


def write_vector(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """Numbers made a vector."""
    vector = writer.empty((len(inputs),))
    for position, term in enumerate(inputs):
        writer.set(vector, [ir.Constant(WHOLE, position)], term.at([]))
    return [vector]


def write_inner(writer: Writer, node: Any, inputs: Sequence[Term], values: dict[Any, Any]) -> list[Term]:
    """A graph in the graph, as it is: PyTensor's simplifications would turn the inside of a softmax into a softmax."""
    inner = node.op.fgraph.unfreeze()
    known = {
        own: variable.data if isinstance(variable, Constant) else values[variable]
        for own, variable in zip(inner.inputs, node.inputs, strict=True)
    }
    shapes(inner, known)
    for own, term in zip(inner.inputs, inputs, strict=True):
        writer.terms[own] = term
    write_graph(writer, inner, known)
    return [term_of(writer, variable) for variable in inner.outputs]


WRITERS: dict[type, Any] = {
    elemwise.Elemwise: write_elemwise,
    elemwise.CAReduce: write_reduction,
    elemwise.DimShuffle: write_dimshuffle,
    Reshape: write_reshape,
    SpecifyShape: write_same,
    CheckAndRaise: write_same,
    Shape_i: write_length,
    basic.TensorFromScalar: write_same,
    basic.ScalarFromTensor: write_same,
    basic.Alloc: write_alloc,
    subtensor.Subtensor: write_subtensor,
    subtensor.IncSubtensor: write_inc_subtensor,
    subtensor.AdvancedSubtensor: write_advanced,
    subtensor.AdvancedIncSubtensor: write_advanced_inc,
    basic.Join: write_join,
    basic.Split: write_split,
    basic.MakeVector: write_vector,
    Dot: write_dot,
    OpFromGraph: write_inner,
}
"""How each operation is written, by its class; `writes` adds others."""


def writes(kind: type) -> Callable[[Any], Any]:
    """Register how an operation of another package is written: ``f(writer, node, inputs, values) -> terms``."""

    def register(write: Any) -> Any:
        WRITERS[kind] = write
        return write

    return register

"""Arrays and loops in the intermediate language of LLVM."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

Indices = list[Any]
At = Callable[[Indices], Any]

REAL, WHOLE, TRUTH = ir.DoubleType(), ir.IntType(64), ir.IntType(1)
ADDRESS = ir.PointerType(REAL)
ON_STACK = 200_000
"""Most bytes of arrays on the stack; the others are allocated."""
LOOPS = 30
"""Loops after which another part begins."""


@dataclass
class Term:
    """A variable of the graph: its shape, and its entry at some indices as an expression."""

    shape: tuple[int, ...]
    at: At
    array: Any = None


class Part:
    """A function of its own for some of the loops; LLVM's time grows faster than a function's length.

    Attributes
    ----------
    function
        The function; its arguments are the arrays it uses.
    entry, builder
        Where it allocates, and where it computes.
    arrays
        Its argument for each pointer of the whole.
    loops
        How many loops it has.
    """

    def __init__(self, module: Any, name: str, arguments: Sequence[Any] = ()) -> None:
        self.function = ir.Function(module, ir.FunctionType(ir.VoidType(), arguments), name)
        self.function.attributes.add("noinline")
        for argument in self.function.args:
            if argument.type == ADDRESS:
                argument.add_attribute("noalias")
        self.entry = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.builder = ir.IRBuilder(self.function.append_basic_block("body"))
        self.arrays: dict[Any, Any] = {}
        self.loops = 0

    def own(self, pointer: Any) -> Any:
        """The argument for a pointer of the whole; no two of them overlap."""
        if pointer not in self.arrays:
            argument = ir.Argument(self.function, pointer.type)
            argument.add_attribute("noalias")
            self.function.args += (argument,)
            self.function.ftype.args += (pointer.type,)
            self.arrays[pointer] = argument
        return self.arrays[pointer]

    def close(self) -> None:
        """End the function."""
        self.entry.branch(self.function.blocks[1])
        self.builder.ret_void()


class Writer:
    """The function written so far, in parts; the data it needs, and the terms of the variables."""

    def __init__(self, arguments: Sequence[Any], name: str, data: list[Any]) -> None:
        self.module = ir.Module(name)
        self.function = ir.Function(self.module, ir.FunctionType(WHOLE, arguments), name)
        self.whole = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.parts = [Part(self.module, f"{name}_0")]
        self.depth = 0
        self.data = data
        self.terms: dict[Any, Term] = {}
        self.users: dict[Any, Any] = {}
        self.allocated: list[Any] = []
        self.stack = 0

    @property
    def builder(self) -> Any:
        """Where is written."""
        return self.parts[-1].builder if self.parts else self.whole

    def here(self, pointer: Any) -> Any:
        """A pointer of the whole, where is written."""
        return self.parts[-1].own(pointer) if self.parts else pointer

    @contextmanager
    def aside(self, name: str, arguments: Sequence[Any]) -> Iterator[Part]:
        """Write into a function of its own for a while."""
        part, depth = Part(self.module, name, arguments), self.depth
        self.parts.append(part)
        self.depth = 1
        yield part
        self.parts.pop().close()
        self.depth = depth

    def library(self, name: str, *arguments: Any) -> Any:
        """Call a function of the C library on numbers."""
        kind = ir.FunctionType(REAL, [REAL] * len(arguments))
        found = self.module.globals.get(name) or ir.Function(self.module, kind, name)
        return self.builder.call(found, [real(self, argument) for argument in arguments])

    def empty(self, shape_: Sequence[int]) -> Term:
        """An array of numbers yet to be filled."""
        size = math.prod(shape_)
        if self.stack + 8 * size <= ON_STACK:
            self.stack += 8 * size
            pointer = self.whole.alloca(REAL, size)
        else:
            kind = ir.FunctionType(ir.PointerType(REAL), [WHOLE])
            malloc = self.module.globals.get("malloc") or ir.Function(self.module, kind, "malloc")
            malloc.return_value.add_attribute("noalias")
            pointer = self.whole.call(malloc, [ir.Constant(WHOLE, 8 * size)])
            self.allocated.append(pointer)
        return self.array(pointer, shape_)

    def array(self, pointer: Any, shape_: Sequence[int]) -> Term:
        """The term of an array in memory, rows first."""
        return Term(tuple(shape_), lambda idx: self.builder.load(self.place(pointer, shape_, idx)), pointer)

    def place(self, pointer: Any, shape_: Sequence[int], idx: Indices) -> Any:
        """The address of an entry."""
        return self.builder.gep(self.here(pointer), [self.flat(shape_, idx)], inbounds=True)

    def flat(self, shape_: Sequence[int], idx: Indices) -> Any:
        """The position of an entry, rows first."""
        position = ir.Constant(WHOLE, 0)
        for size, index in zip(shape_, idx, strict=True):
            position = self.plus(self.times(position, size), index)
        return position

    def times(self, index: Any, factor: int) -> Any:
        """An index times a constant."""
        if isinstance(index, ir.Constant):
            return ir.Constant(WHOLE, index.constant * factor)
        return index if factor == 1 else self.builder.mul(index, ir.Constant(WHOLE, factor), flags=("nsw",))

    def plus(self, left: Any, right: Any) -> Any:
        """A sum of two indices."""
        if isinstance(left, ir.Constant) and isinstance(right, ir.Constant):
            return ir.Constant(WHOLE, left.constant + right.constant)
        if isinstance(left, ir.Constant) and left.constant == 0:
            return right
        if isinstance(right, ir.Constant) and right.constant == 0:
            return left
        return self.builder.add(left, right, flags=("nsw",))

    def set(self, term: Term, idx: Indices, value: Any) -> None:
        """Put a number in an array."""
        self.builder.store(real(self, value), self.place(term.array, term.shape, idx))

    def store(self, term: Term, copy: bool = False) -> Term:
        """The term as an array of its own."""
        if term.array is not None and not copy:
            return term
        stored = self.empty(term.shape)
        self.loop(term.shape, lambda idx: self.set(stored, idx, term.at(idx)))
        return stored

    def loop(self, over: Sequence[Any], body: Callable[[Indices], None], idx: Indices | None = None) -> None:
        """Loops over a shape around a body; a dimension of one is no loop. A length may be a variable, one or more."""
        idx = idx or []
        if self.depth == 0 and self.parts[-1].loops >= LOOPS:
            self.parts.append(Part(self.module, f"{self.function.name}_{len(self.parts)}"))
        self.parts[-1].loops += 1
        self.depth += 1
        if not over:
            body(idx)
        elif over[0] == 1:
            self.loop(over[1:], body, [*idx, ir.Constant(WHOLE, 0)])
        elif not isinstance(over[0], int) or over[0] > 1:
            count = over[0] if not isinstance(over[0], int) else ir.Constant(WHOLE, over[0])
            before = self.builder.block
            inside, after = (self.builder.function.append_basic_block(name) for name in ("loop", "after"))
            self.builder.branch(inside)
            self.builder.position_at_end(inside)
            index = self.builder.phi(WHOLE)
            index.add_incoming(ir.Constant(WHOLE, 0), before)
            self.loop(over[1:], body, [*idx, index])
            following = self.builder.add(index, ir.Constant(WHOLE, 1), flags=("nsw", "nuw"))
            index.add_incoming(following, self.builder.block)
            more = self.builder.icmp_signed("<", following, count)
            self.builder.cbranch(more, inside, after)
            self.builder.position_at_end(after)
        self.depth -= 1

    def close(self) -> None:
        """End the last part; what follows is written into the whole, which calls them in turn."""
        for part in self.parts:
            part.close()
            self.whole.call(part.function, list(part.arrays))
        self.parts = []

    def finish(self, status: Any) -> str:
        """Assembly of the function, which gives back what it allocated and returns a status."""
        for pointer in self.allocated:
            kind = ir.FunctionType(ir.VoidType(), [ir.PointerType(REAL)])
            free = self.module.globals.get("free") or ir.Function(self.module, kind, "free")
            self.whole.call(free, [pointer])
        self.whole.ret(status)
        return str(self.module)


def number(value: float) -> Any:
    """A constant."""
    return ir.Constant(REAL, float(value))


def real(writer: Writer, value: Any) -> Any:
    """A value as a double."""
    if value.type == REAL:
        return value
    convert = writer.builder.uitofp if value.type == TRUTH else writer.builder.sitofp
    return convert(value, REAL)


def whole(writer: Writer, value: Any) -> Any:
    """A value as an integer; integers that were computed with are stored as doubles."""
    if value.type == WHOLE:
        return value
    return writer.builder.fptosi(value, WHOLE) if value.type == REAL else writer.builder.zext(value, WHOLE)

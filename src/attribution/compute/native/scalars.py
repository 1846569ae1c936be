"""Scalar operations of PyTensor in the intermediate language of LLVM."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from llvmlite import ir
from pytensor.scalar import basic as scalar
from pytensor.scalar import math as scalar_math

from attribution.compute.native import functions
from attribution.compute.native.writer import TRUTH, WHOLE, Writer, number, real

LIBRARY = {scalar.Sqrt: "llvm.sqrt.f64", scalar.Abs: "llvm.fabs.f64", scalar.Pow: "pow"}
"""Operations that are functions of LLVM or of the C library."""

FUNCTIONS: dict[type, Callable[[Writer, Any], Any]] = {
    scalar.Exp: functions.exp,
    scalar.Log: functions.log,
    scalar.Log1p: functions.log1p,
    scalar.Expm1: functions.expm1,
    scalar_math.Sigmoid: functions.sigmoid,
    scalar_math.Softplus: functions.softplus,
    scalar_math.Log1mexp: functions.log1mexp,
}
"""Operations that take long enough to be computed for several entries at once."""

COMPARISONS = {
    scalar.GE: ">=",
    scalar.GT: ">",
    scalar.LE: "<=",
    scalar.LT: "<",
    scalar.EQ: "==",
    scalar.NEQ: "!=",
}

FAST = ("contract", "reassoc", "nsz", "arcp")


class UnknownOperationError(Exception):
    """The graph has an operation that is not written here."""


def truth(writer: Writer, value: Any) -> Any:
    """A value as yes or no."""
    if value.type == TRUTH:
        return value
    if value.type == WHOLE:
        return writer.builder.icmp_signed("!=", value, ir.Constant(WHOLE, 0))
    return writer.builder.fcmp_unordered("!=", value, number(0.0))


def entry(writer: Writer, operation: Any, values: Sequence[Any]) -> Any:
    """One scalar operation."""
    if type(operation) in ENTRIES:
        return ENTRIES[type(operation)](writer, *values)
    numbers = [real(writer, value) for value in values]
    if type(operation) in LIBRARY:
        return writer.library(LIBRARY[type(operation)], *numbers)
    if type(operation) in FUNCTIONS:
        return FUNCTIONS[type(operation)](writer, *numbers)
    if type(operation) in COMPARISONS:
        unequal = type(operation) is scalar.NEQ
        compare = writer.builder.fcmp_unordered if unequal else writer.builder.fcmp_ordered
        return compare(COMPARISONS[type(operation)], *numbers)
    if type(operation) in ARITHMETIC:
        return ARITHMETIC[type(operation)](writer, *numbers)
    if isinstance(operation, scalar.Composite):
        return composite(writer, operation, values)
    raise UnknownOperationError(str(operation))


def check_cast(node: Any, operation: Any) -> None:
    """Refuse a cast that would cut off fractions: numbers are all doubles here, whatever their type."""
    before, after = node.inputs[0].type.dtype, node.outputs[0].type.dtype
    if isinstance(operation, scalar.Cast) and before.startswith("float") and not after.startswith("float"):
        raise UnknownOperationError(f"{operation} of {before}")


def composite(writer: Writer, operation: Any, values: Sequence[Any]) -> Any:
    """Several operations in one."""
    known = dict(zip(operation.fgraph.inputs, values, strict=True))
    for node in operation.fgraph.toposort():
        check_cast(node, node.op)
        arguments = [known[own] if own in known else number(own.data) for own in node.inputs]
        known[node.outputs[0]] = entry(writer, node.op, arguments)
    return known[operation.fgraph.outputs[0]]


def fold(step: Callable[[Writer, Any, Any], Any]) -> Callable[..., Any]:
    """An operation of two arguments for any number of them."""
    return lambda writer, *values: reduce(lambda left, right: step(writer, left, right), values)


def larger(writer: Writer, left: Any, right: Any, sign: str = ">") -> Any:
    """The larger of two numbers; as in NumPy, one that is not a number stays."""
    b = writer.builder
    first = b.or_(b.fcmp_ordered(sign, left, right), b.fcmp_unordered("uno", left, left))
    return b.select(first, left, right)


def sign(writer: Writer, value: Any) -> Any:
    """-1, 0 or 1; what is not a number stays."""
    b = writer.builder
    below = b.select(b.fcmp_ordered("<", value, number(0.0)), number(-1.0), value)
    return b.select(b.fcmp_ordered(">", value, number(0.0)), number(1.0), below)


ENTRIES: dict[type, Callable[..., Any]] = {
    scalar.Switch: lambda w, chosen, yes, no: w.builder.select(truth(w, chosen), real(w, yes), real(w, no)),
    scalar.AND: fold(lambda w, left, right: w.builder.and_(truth(w, left), truth(w, right))),
    scalar.OR: fold(lambda w, left, right: w.builder.or_(truth(w, left), truth(w, right))),
    scalar.Invert: lambda w, value: w.builder.not_(truth(w, value)),
    scalar.Second: lambda *given: given[-1],
    scalar.Cast: lambda _, value: value,
}
"""Operations that look at more than numbers."""

ARITHMETIC: dict[type, Callable[..., Any]] = {
    scalar.Add: fold(lambda w, left, right: w.builder.fadd(left, right, flags=FAST)),
    scalar.Mul: fold(lambda w, left, right: w.builder.fmul(left, right, flags=FAST)),
    scalar.Sub: lambda w, left, right: w.builder.fsub(left, right, flags=FAST),
    scalar.TrueDiv: lambda w, left, right: w.builder.fdiv(left, right, flags=FAST),
    scalar.Neg: lambda w, value: w.builder.fneg(value),
    scalar.Sqr: lambda w, value: w.builder.fmul(value, value, flags=FAST),
    scalar.Reciprocal: lambda w, value: w.builder.fdiv(number(1.0), value),
    scalar.IsInf: lambda w, value: w.builder.fcmp_ordered(
        "==", w.library("llvm.fabs.f64", value), number(math.inf)
    ),
    scalar.IsNan: lambda w, value: w.builder.fcmp_unordered("uno", value, value),
    scalar.Sign: sign,
    scalar.Maximum: larger,
    scalar.Minimum: lambda w, left, right: larger(w, left, right, "<"),
}
"""Operations on numbers."""

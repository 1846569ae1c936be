"""Exponential and logarithm as arithmetic, which LLVM computes for several entries at once, unlike the C library's.

Within two units in the last place of the exact value. Results below the least normal number are zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from attribution.compute.native.writer import REAL, WHOLE, Writer, number

LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""Logarithm of two in two parts: the first has so few digits that a small whole number times it is exact."""
FACTORIALS = tuple(1.0 / math.factorial(n) for n in range(14))
SHIFT = 1.5 * 2.0**52
"""A number of this size has no fraction: what is added to it is rounded, and is in its last bits."""
LEAST = 2.2250738585072014e-308
"""The least normal number."""
ONE_BITS, ROOT_BITS, COUNT_BITS = 0x3FF0000000000000, 0x3FE6A09E667F3BCD, 0x4330000000000000
"""Bits of 1, of the square root of one half, and of 2 ** 52."""
HYPERBOLIC = [2.0 / (2 * n + 1) for n in range(1, 12)]
SMALL = [1.0 / math.factorial(n) for n in range(1, 17)]
CONTRACT = ("contract",)


def series(writer: Writer, coefficients: Sequence[float], x: Any) -> Any:
    """The polynomial with these coefficients, the constant first."""
    b, value = writer.builder, number(coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = b.fadd(b.fmul(value, x, flags=CONTRACT), number(coefficient), flags=CONTRACT)
    return value


def exp(writer: Writer, x: Any) -> Any:
    """A power of two times a Taylor series on half a binary digit."""
    b = writer.builder
    shifted = b.fadd(b.fmul(x, number(1 / math.log(2.0))), number(SHIFT))
    power = b.fsub(shifted, number(SHIFT))
    rest = b.fsub(x, b.fmul(power, number(LN2_HIGH), flags=CONTRACT), flags=CONTRACT)
    rest = b.fsub(rest, b.fmul(power, number(LN2_LOW), flags=CONTRACT), flags=CONTRACT)
    bits = b.bitcast(series(writer, FACTORIALS, rest), WHOLE)
    scaled = b.add(bits, b.shl(b.bitcast(shifted, WHOLE), whole(52)))
    value = b.bitcast(scaled, REAL)
    value = b.select(b.fcmp_ordered("<", x, number(-708.0)), number(0.0), value)
    value = b.select(b.fcmp_ordered(">", x, number(709.782712893384)), number(math.inf), value)
    return b.select(b.fcmp_unordered("uno", x, x), x, value)


def log(writer: Writer, x: Any) -> Any:
    """Of the power of two, and of what is left by the series of the inverse hyperbolic tangent."""
    b = writer.builder
    tiny = b.fcmp_ordered("<", x, number(LEAST))
    bits = b.bitcast(b.select(tiny, b.fmul(x, number(2.0**54)), x), WHOLE)
    counted = b.lshr(b.add(bits, whole(ONE_BITS - ROOT_BITS)), whole(52))
    left = b.bitcast(b.sub(bits, b.shl(b.sub(counted, whole(1023)), whole(52))), REAL)
    power = b.fsub(b.bitcast(b.or_(counted, whole(COUNT_BITS)), REAL), number(2.0**52 + 1023))
    power = b.fsub(power, b.select(tiny, number(54.0), number(0.0)))
    s = b.fdiv(b.fsub(left, number(1.0)), b.fadd(left, number(1.0)))
    z = b.fmul(s, s)
    rest = b.fmul(b.fmul(s, z), series(writer, HYPERBOLIC, z))
    rest = b.fadd(rest, b.fmul(power, number(LN2_LOW)))
    value = b.fadd(b.fmul(power, number(LN2_HIGH)), b.fadd(b.fadd(s, s), rest))
    value = b.select(b.fcmp_ordered("==", x, number(0.0)), number(-math.inf), value)
    value = b.select(b.fcmp_ordered("==", x, number(math.inf)), x, value)
    return b.select(b.fcmp_unordered("<", x, number(0.0)), number(math.nan), value)


def log1p(writer: Writer, x: Any) -> Any:
    """``log(1 + x)``, with what the sum lost given back."""
    b = writer.builder
    u = b.fadd(number(1.0), x)
    lost = b.fdiv(b.fsub(x, b.fsub(u, number(1.0))), u)
    sound = b.and_(b.fcmp_ordered(">", u, number(0.0)), b.fcmp_ordered("<", u, number(math.inf)))
    return b.fadd(log(writer, u), b.select(sound, lost, number(0.0)))


def expm1(writer: Writer, x: Any) -> Any:
    """``exp(x) - 1``."""
    return less_one(writer, x, exp(writer, x))


def less_one(writer: Writer, x: Any, part: Any) -> Any:
    """``exp(x) - 1``, given ``exp(x)``; near zero by its own series."""
    b = writer.builder
    near = b.fmul(x, series(writer, SMALL, x))
    small = b.and_(b.fcmp_ordered("<", x, number(0.5)), b.fcmp_ordered(">", x, number(-0.5)))
    return b.select(small, near, b.fsub(part, number(1.0)))


def sigmoid(writer: Writer, x: Any) -> Any:
    """``1 / (1 + exp(-x))``."""
    b = writer.builder
    return b.fdiv(number(1.0), b.fadd(number(1.0), exp(writer, b.fneg(x))))


def softplus(writer: Writer, x: Any) -> Any:
    """``max(x, 0) + log1p(exp(-abs(x)))``, which is ``log(1 + exp(x))`` without overflow."""
    b = writer.builder
    positive = b.select(b.fcmp_unordered("<", x, number(0.0)), number(0.0), x)
    size = b.select(b.fcmp_ordered("<", x, number(0.0)), x, b.fneg(x))
    return b.fadd(positive, log1p(writer, exp(writer, size)))


def log1mexp(writer: Writer, x: Any) -> Any:
    """``log(1 - exp(x))`` for x below zero, by whichever form keeps the digits (Mächler 2012)."""
    b = writer.builder
    part, near = exp(writer, x), b.fcmp_ordered(">", x, number(-math.log(2.0)))
    u = b.select(near, b.fneg(less_one(writer, x, part)), b.fsub(number(1.0), part))
    lost = b.fdiv(b.fadd(part, b.fsub(u, number(1.0))), u)
    return b.fsub(log(writer, u), b.select(near, number(0.0), lost))


def whole(value: int) -> Any:
    """An integer constant."""
    return ir.Constant(WHOLE, value)

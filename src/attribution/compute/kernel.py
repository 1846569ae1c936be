"""Compiled code of the marginal likelihood and its gradient, written out for the number of actors.

The likelihood of a cell is a ratio of sums of products, ``sum_k c_k prod_t exp(T_tk) / sum_k prod_a exp(T_ak)``.
Tables have few rows and cells are many, so the *rows* are exponentiated, each relative to its largest entry, and a cell
only multiplies: no exponential and mostly no logarithm a cell. Where a product leaves the range of double precision,
the cell is computed from logarithms instead.

LLVM keeps the actors of a cell in registers only when each is a variable of its own: hence the generated source.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numba import carray  # type: ignore[attr-defined]
from numba.core import types
from numba.extending import intrinsic

from attribution.compute.native.functions import FACTORIALS, LN2_HIGH, LN2_LOW
from attribution.compute.numba_cache import cfunc, njit

WRITE_OUT_MOST = 10
"""Most actors written out; with more, loops over the actors."""

KERNEL = """
def {name}({inputs}, {gradients}):
{setup}
    total, product = 0.0, 1.0
    for i in range(index.shape[0]):
{rows}
{multiply}
        A, S, w = {sum_p}, {sum_q}, weight[i]
        shift = {shifts}
        if A < 1e-250 or S < 1e-250:
{add}
            highest, shift = {max_p}, {max_q}
{exponentiate}
            shift -= highest
            A, S = {sum_p}, {sum_q}
        ratio = S / A
        if w == 1.0 and ratio > 1e-50:
            product *= ratio
            if product < 1e-200:
                total += math.log(product)
                product = 1.0
        elif w != 0.0:
            total += w * (-math.inf if ratio == 0.0 else math.log(ratio))
        total += w * shift if w != 0.0 else 0.0
        of_prior, of_posterior = w / A, 0.0 if S == 0.0 else w / S
{responsibilities}
{scatter}
{spread}
    return total + math.log(product)
"""
"""One pass over the cells. Of actor k, p is the activity, then its part of the gradient; q activity and evidence."""

WITH_GRADIENTS = """
def {name}_with_gradients({inputs}):
{contiguous}
{empty}
    total = {name}({inputs}, {gradients})
    return np.asarray(total), {gradients}
"""
"""The kernel as PyTensor calls it: inputs in, the log likelihood and its gradients out."""


ADDRESS = """
def {name}_by_address(slots_at, sizes_at):
    slots, sizes = words_at(slots_at, {slots}), words_at(sizes_at, {sizes})
{arrays}
    total = carray(at(slots[{last}]), (1,), dtype=np.float64)
    total[0] = {name}({arguments})
    return 0
"""
"""What machine code calls: addresses of the arrays, and their shapes one after the other."""


def kernel_source(name: str, actors: int, terms: int, laws: int) -> str:
    """Python source of the kernel for so many actors, activity terms and evidence laws."""
    whole = actors <= WRITE_OUT_MOST
    p, q = ("p{k}", "q{k}") if whole else ("p[{k}]", "q[{k}]")
    tables = range(terms + laws)

    def each(line: str, indent: int = 8) -> str:
        margin = " " * indent
        if whole:
            return "\n".join(margin + line.replace("{k}", str(k)) for k in range(actors))
        return f"{margin}for k in range({actors}):\n{margin}    {line.replace('{k}', 'k')}"

    def over(function: str, symbol: str, letter: str) -> str:
        if not whole:
            return f"{letter}.{function}()"
        values = [f"{letter}{k}" for k in range(actors)]
        return symbol.join(values) if symbol else f"{function}({', '.join(values)})"

    def entry(letter: str, t: int) -> str:
        return f"{letter}{t}[r{t}, {{k}}]"

    evidence = tables[terms:]
    product = " * ".join(entry("E", t) for t in tables[:terms])
    total = " + ".join(entry("T", t) for t in tables[:terms])
    times = "".join(f" * {entry('E', t)}" for t in evidence)
    plus = "".join(f" + {entry('T', t)}" for t in evidence)
    setup = [f"    T{t} = summed(L{t}, C{t})\n    H{t} = np.empty(T{t}.shape)" for t in evidence]
    setup += [f"    H{t} = G{t}" for t in tables[:terms]]
    setup += [f"    E{t}, M{t} = exponentials(T{t})\n    H{t}[:] = 0.0" for t in tables]
    setup += [] if whole else [f"    p, q = np.empty({actors}), np.empty({actors})"]
    return KERNEL.format(
        name=name,
        inputs=", ".join(input_names(terms, laws)),
        gradients=", ".join(f"G{t}" for t in tables),
        setup="\n".join(setup),
        rows="\n".join(f"        r{t} = np.uint64(index[i, {t}])" for t in tables),
        multiply="\n".join(
            [
                each(f"{p} = {product}"),
                each(f"{q} = {p}{times} if candidates[i, {{k}}] == 0.0 else 0.0"),
            ]
        ),
        shifts=" + ".join(f"M{t}[r{t}]" for t in evidence) or "0.0",
        add="\n".join(
            [
                each(f"{p} = {total}", 12),
                each(f"{q} = {p}{plus} if candidates[i, {{k}}] == 0.0 else -math.inf", 12),
            ]
        ),
        max_p=over("max", "", "p"),
        max_q=over("max", "", "q"),
        exponentiate="\n".join(
            [
                each(f"{p} = math.exp({p} - highest)", 12),
                each(f"{q} = 0.0 if shift == -math.inf else math.exp({q} - shift)", 12),
            ]
        ),
        sum_p=over("sum", " + ", "p"),
        sum_q=over("sum", " + ", "q"),
        responsibilities="\n".join([each(f"{q} *= of_posterior"), each(f"{p} = {q} - {p} * of_prior")]),
        scatter="\n".join(each(f"H{t}[r{t}, {{k}}] += {p if t < terms else q}") for t in tables),
        spread="\n".join(f"    spread(H{t}, C{t}, G{t})" for t in evidence),
    )


def with_gradients_source(name: str, terms: int, laws: int) -> str:
    """Python source of the function PyTensor calls for that kernel."""
    inputs, count = input_names(terms, laws), terms + laws
    return WITH_GRADIENTS.format(
        name=name,
        inputs=", ".join(inputs),
        contiguous="\n".join(f"    {value} = np.ascontiguousarray({value})" for value in inputs),
        empty="\n".join(f"    G{t} = np.empty({inputs[t]}.shape)" for t in range(count)),
        gradients=", ".join(f"G{t}" for t in range(count)),
    )


def input_names(terms: int, laws: int) -> list[str]:
    """Names of the inputs in order: tables of terms and of laws, the cells that patterns sum, the rest."""
    names = [f"T{t}" for t in range(terms)]
    names += [f"{letter}{t}" for letter in "LC" for t in range(terms, terms + laws)]
    return [*names, "index", "candidates", "weight"]


def kind_of(name: str) -> str:
    """What an input or gradient of that name is: a table, a matrix of integers, or a vector of doubles."""
    return "integers" if name.startswith(("C", "index")) else "doubles" if name == "weight" else "table"


def by_address_source(name: str, terms: int, laws: int) -> str:
    """Python source of the function machine code calls for that kernel."""
    arrays = [*input_names(terms, laws), *(f"G{t}" for t in range(terms + laws))]
    lines, length = [], 0
    for position, value in enumerate(arrays):
        axes = 1 if kind_of(value) == "doubles" else 2
        shape = "".join(f"sizes[{length + axis}], " for axis in range(axes))
        length += axes
        number = "np.int64" if kind_of(value) == "integers" else "np.float64"
        lines.append(f"    {value} = carray(at(slots[{position}]), ({shape}), dtype={number})")
    return ADDRESS.format(
        name=name,
        slots=len(arrays) + 1,
        sizes=length,
        arrays="\n".join(lines),
        last=len(arrays),
        arguments=", ".join(arrays),
    )


JIT: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract", "reassoc"}, "nogil": True}


@cache
def kernel(actors: int, terms: int, laws: int) -> Any:
    """The kernel, called as ``kernel(*inputs, *gradients)``; returns the log likelihood.

    Inputs are the tables ``(row, actor)`` of the terms and of the laws; for each law the rows of its table that each of
    its patterns sums, ``(pattern, channel)``; index ``(cell, table)``, of the row of a term, the pattern of a law;
    candidates, 0 or minus infinity ``(cell, actor)``; weight ``(cell,)``. Gradients, one a table, are written into.
    """
    name = f"kernel_{actors}_{terms}_{laws}"
    return njit(defined(kernel_source(name, actors, terms, laws), name), **JIT)


@cache
def with_gradients(actors: int, terms: int, laws: int) -> Any:
    """The kernel, called as ``f(*inputs)``; returns the log likelihood and its gradient by each table."""
    name = f"kernel_{actors}_{terms}_{laws}"
    text = with_gradients_source(name, terms, laws)
    known = {name: kernel(actors, terms, laws)}
    return njit(defined(text, f"{name}_with_gradients", **known), **JIT)


@cache
def by_address(actors: int, terms: int, laws: int) -> int:
    """Address of the compiled function that machine code can call for the kernel."""
    name = f"kernel_{actors}_{terms}_{laws}"
    known = {name: kernel(actors, terms, laws)}
    function = defined(by_address_source(name, terms, laws), f"{name}_by_address", **known)
    compiled: Any = cfunc(types.int64(types.int64, types.int64))(function)
    return int(compiled.address)


def defined(text: str, name: str, **known: Any) -> Any:
    """The function that a source defines. It says it stands in this file, by which numba keys its cache on disk."""
    space = globals() | known
    exec(compile(text, __file__, "exec"), space)
    return space[name]


@njit(**JIT)
def exponentials(table):  # type: ignore[no-untyped-def]
    """Exponentials of a table's rows relative to their largest entries, and these.

    As a power of two times a Taylor series on half a binary digit, because LLVM vectorises that and not `math.exp`:
    a third of the time, within two units in the last place. What is below exp(-708) stays there.
    """
    found, largest = np.empty(table.shape), np.empty(table.shape[0])
    for r in range(table.shape[0]):
        high = table[r, 0]
        for k in range(1, table.shape[1]):
            high = max(high, table[r, k])
        largest[r] = high
        for k in range(table.shape[1]):
            found[r, k] = table[r, k] - high
    values = found.reshape(-1)
    bits = values.view(np.int64)
    for i in range(values.shape[0]):
        x = -708.0 if values[i] < -708.0 else values[i]
        power = math.floor(x / math.log(2.0) + 0.5)
        rest = (x - power * LN2_HIGH) - power * LN2_LOW
        series = FACTORIALS[13]
        for n in range(12, -1, -1):
            series = series * rest + FACTORIALS[n]
        values[i] = series
        bits[i] += np.int64(power) << 52
    return found, largest


@njit(**JIT)
def summed(table, cells):  # type: ignore[no-untyped-def]
    """Sum of the rows each pattern consists of, ``(pattern, actor)``."""
    total = np.zeros((cells.shape[0], table.shape[1]))
    for pattern in range(cells.shape[0]):
        for channel in range(cells.shape[1]):
            row = np.uint64(cells[pattern, channel])
            for k in range(table.shape[1]):
                total[pattern, k] += table[row, k]
    return total


@njit(**JIT)
def spread(gradient, cells, found):  # type: ignore[no-untyped-def]
    """Give each pattern's gradient to the rows it consists of."""
    found[:] = 0.0
    for pattern in range(cells.shape[0]):
        for channel in range(cells.shape[1]):
            row = np.uint64(cells[pattern, channel])
            for k in range(found.shape[1]):
                found[row, k] += gradient[pattern, k]


def pointer(typing: Any, address: Any) -> Any:
    """An address as a pointer, in numba's terms: its type and how to generate it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), generate


at: Any = intrinsic(pointer)


@njit
def words_at(address, count):  # type: ignore[no-untyped-def]
    """Memory as integers of eight bytes."""
    return carray(at(address), (count,), dtype=np.int64)

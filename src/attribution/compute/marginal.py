"""The marginal likelihood: gather rows, add, logsumexp over the candidates. The actor is never sampled.

Written twice: as plain expressions, which say what is meant (`gather`, `log_marginal`), and as one operation with an
analytic gradient (`LogMarginal`), which is what a fit uses. Tests hold them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt
from pytensor.gradient import DisconnectedType, disconnected_type
from pytensor.graph.basic import Apply
from pytensor.graph.op import Op

from attribution.compute.kernel import with_gradients


def gather(tables: Sequence[Any], index: Any) -> Any:
    """Sum over components of the row each cell picks: tables ``(row, actor)``, index ``(cell, component)``."""
    total = tables[0][index[:, 0]]
    for position, table in enumerate(tables[1:], start=1):
        total = total + table[index[:, position]]
    return total


def log_marginal(activity: Any, evidence: Any | None, candidates: Any) -> Any:
    """Log likelihood of each cell, ``(cell,)``.

    ``log sum over candidates of softmax(activity) * exp(evidence)``; ``candidates`` is 0 for a candidate and minus
    infinity for an actor that is not, ``(cell, actor)``.
    """
    joint = activity if evidence is None else activity + evidence
    return pt.logsumexp(joint + candidates, axis=-1) - pt.logsumexp(activity, axis=-1)


class LogMarginal(Op):  # type: ignore[misc]
    """Weighted sum of `log_marginal` over the cells, and its gradient by each table, in one pass.

    Inputs as `kernel.kernel` takes them; outputs the log likelihood and one gradient a table.
    """

    __props__ = ("actors", "terms", "laws")

    def __init__(self, actors: int, terms: int, laws: int) -> None:
        self.actors, self.terms, self.laws = actors, terms, laws

    @property
    def tables(self) -> int:
        """Number of tables."""
        return self.terms + self.laws

    def make_node(self, *inputs: Any) -> Apply:
        """The operation applied."""
        whole = range(self.tables, self.tables + self.laws + 1)
        kinds = ["int64" if position in whole else "float64" for position in range(len(inputs))]
        values = [pt.cast(pt.as_tensor(value), kind) for value, kind in zip(inputs, kinds, strict=True)]
        return Apply(self, values, [pt.dscalar(), *(table.type() for table in values[: self.tables])])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> list[Any]:
        """A number, and the shape of each table."""
        return [(), *shapes[: self.tables]]

    def perform(self, node: Apply, inputs: Sequence[Any], outputs: Any) -> None:
        """Compute by the compiled kernel."""
        found = with_gradients(self.actors, self.terms, self.laws)(*inputs)
        for storage, value in zip(outputs, found, strict=True):
            storage[0] = value

    def pullback(self, inputs: Sequence[Any], outputs: Sequence[Any], cotangents: Sequence[Any]) -> list[Any]:
        """Gradient by the tables; there is none of the gradients, nor by what is not a table."""
        if not all(isinstance(cotangent.type, DisconnectedType) for cotangent in cotangents[1:]):
            raise NotImplementedError("LogMarginal has no second derivatives; log_marginal has.")
        rest = [disconnected_type() for _ in inputs[self.tables :]]
        return [cotangents[0] * gradient for gradient in outputs[1:]] + rest

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        """The tables are connected with the outputs, what comes after them is not."""
        return [[position < self.tables] * (self.tables + 1) for position in range(len(node.inputs))]


def total_log_marginal(
    actors: int,
    terms: Sequence[Any],
    laws: Sequence[Any],
    cells: Sequence[Any],
    index: Any,
    candidates: Any,
    weight: Any,
) -> Any:
    """Log likelihood of all cells by the compiled kernel; arguments as `kernel.kernel` takes them."""
    tables = [table + pt.zeros((1, actors)) for table in (*terms, *laws)]
    return LogMarginal(actors, len(terms), len(laws))(*tables, *cells, index, candidates, weight)[0]

"""The marginal likelihood: gather rows, add, logsumexp over the candidates. The actor is never sampled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytensor.tensor as pt


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

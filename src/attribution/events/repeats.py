"""Which statement a statement repeats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from attribution.arrays import Array


def repeated(event: Array, source: Array, kind: Array, role: Array, origin: Array) -> NDArray[np.int64]:
    """Row of the statement each statement repeats.

    That of its origin on the same event, about the same role, of the same kind or else the only one; a denial
    repeats a denial, and nothing else does.

    Parameters
    ----------
    event, source, kind, role, origin
        Columns of the statements, text, ``(statement,)``; an empty origin says that the source speaks for itself.

    Returns
    -------
    ndarray of int
        -1 without an origin, -2 where the origin made no such statement, or several.

    Examples
    --------
    >>> columns = [["e1", "e1"], ["monitor", "paper"], ["finding", "accusation"], ["", ""], ["", "monitor"]]
    >>> repeated(*map(np.array, columns)).tolist()
    [-1, 0]
    """
    made: dict[tuple[str, str, str], dict[str, int]] = {}
    about = [str(label).replace("executor", "") for label in role]
    for row, (where, who, how) in enumerate(zip(event, source, kind, strict=True)):
        made.setdefault((str(where), str(who), about[row]), {})[str(how)] = row
    found = np.full(len(event), -1, dtype=np.int64)
    for row in map(int, np.flatnonzero(np.asarray(origin, dtype=object) != "")):
        there = made.get((str(event[row]), str(origin[row]), about[row]), {})
        alike = [other for how, other in there.items() if (how == "denial") == (kind[row] == "denial")]
        found[row] = there.get(str(kind[row]), alike[0] if len(alike) == 1 else -2)
    return found


def in_circle(parent: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Rows from which the way along the parents never ends; a negative parent is an end.

    Examples
    --------
    >>> in_circle(np.array([-1, 0, 3, 2, 3])).tolist()
    [False, False, True, True, True]
    """
    ahead = np.where(parent < 0, len(parent), parent)
    ahead = np.append(ahead, len(parent))
    for _ in range(len(parent).bit_length()):
        ahead = ahead[ahead]
    return ahead[:-1] < len(parent)

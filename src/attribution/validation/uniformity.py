"""Are ranks uniform? Simultaneous bands around the distribution function, and the p-value of leaving them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from attribution.arrays import Floats

SIMULATIONS = 20_000
POINTS = 50
"""Most points at which the distribution function is looked at."""


def points(top: int) -> NDArray[np.int64]:
    """Ranks at which the distribution function is looked at, below ``top``."""
    return np.unique(np.linspace(0, top - 1, min(top, POINTS)).astype(np.int64))


def counts(rank: NDArray[np.int64], top: int) -> NDArray[np.int64]:
    """How many ranks, along the first axis, do not exceed each point, ``(point, ...)``."""
    return np.stack([(rank <= point).sum(axis=0) for point in points(top)])


def tails(below: NDArray[np.int64], count: int, top: int) -> Floats:
    """Smallest two-sided binomial probability over the points, for counts ``(point, ...)``."""
    q = (points(top) + 1) / (top + 1)
    table = np.stack([both_tails(count, own) for own in q])
    shape = (len(q), *[1] * (below.ndim - 1))
    found: Floats = table[np.arange(len(q)).reshape(shape), below].min(axis=0)
    return found


def both_tails(count: int, q: float) -> Floats:
    """Twice the smaller tail of each number of successes out of ``count``."""
    n = np.arange(count + 1)
    return np.asarray(np.minimum(1.0, 2 * np.minimum(binom.cdf(n, count, q), binom.sf(n - 1, count, q))))


@lru_cache(maxsize=8)
def null(count: int, top: int) -> Floats:
    """`tails` of uniform ranks, simulated and sorted."""
    rng = np.random.default_rng(20210319)
    found = [
        tails(counts(rng.integers(0, top + 1, (count, 500)), top), count, top)
        for _ in range(SIMULATIONS // 500)
    ]
    return np.sort(np.concatenate(found))


def p_value(rank: NDArray[np.int64], top: int) -> Floats:
    """Probability that uniform ranks depart as far as these somewhere, for each column.

    Parameters
    ----------
    rank
        Ranks from 0 to ``top``, ``(replicate, parameter)``.
    top
        The largest rank there can be: the number of draws that the truth was ranked among.

    Returns
    -------
    ndarray, (parameter,)
        By simulation, and by the sum over the points where no simulation goes as far.

    References
    ----------
    Säilynoja, T., Bürkner, P.-C. and Vehtari, A. (2022). Graphical test for discrete uniformity and
    its applications in goodness-of-fit evaluation and multiple sample comparison. Statistics and
    Computing 32, 32. doi:10.1007/s11222-022-10090-6

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> even, low = rng.integers(0, 101, (200, 1)), rng.integers(0, 51, (200, 1))
    >>> bool(p_value(even, 100)[0] > 0.01), bool(p_value(low, 100)[0] < 0.001)
    (True, True)
    """
    far = tails(counts(rank, top), len(rank), top)
    reference = null(len(rank), top)
    simulated = (1 + np.searchsorted(reference, far * (1 + 1e-9), side="right")) / (1 + len(reference))
    return np.asarray(np.minimum(simulated, np.maximum(len(points(top)) * far, 1e-300)))


def band(count: int, top: int, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
    """Points between 0 and 1, and what the distribution function of uniform ranks stays between at all of them."""
    q = (points(top) + 1) / (top + 1)
    width = float(np.quantile(null(count, top), 1 - level))
    return q, binom.ppf(width / 2, count, q) / count, binom.isf(width / 2, count, q) / count

"""Low-rank bases of smooth priors: a random walk over ordered levels, a Gaussian process over distance.

A smooth effect is written ``sd * basis @ raw`` with ``raw`` standard normal. The columns of a basis are the
principal components of the prior's covariance, so the data-rich smooth directions and the prior-driven rough
ones are separate parameters: a diagonal mass matrix fits them. Every basis is scaled to an average prior
variance of one, which lets ``sd`` mean the same whatever the number of levels (Sørbye and Rue 2014,
doi:10.1016/j.spasta.2013.06.004).
"""

from __future__ import annotations

import numpy as np

from attribution.arrays import Floats
from attribution.events.distance import distance_km


def principal(covariance: Floats, rank: int, weight: Floats) -> Floats:
    """Leading principal components of a covariance, ``(level, basis)``: the best of their number on weighted average.

    The weights sum to one; with all of them, the components give the covariance back.
    """
    root = np.sqrt(weight)
    values, vectors = np.linalg.eigh(root[:, None] * covariance * root)
    values, vectors = np.clip(values[::-1], 0.0, None), vectors[:, ::-1] / root[:, None]
    signs = np.where(vectors[0] < 0, -1.0, 1.0)
    return np.asarray(signs * vectors * np.sqrt(values))[:, :rank]


def walk_covariance(n: int, weight: Floats | None = None) -> Floats:
    """Covariance of a random walk over ``n`` ordered levels, its weighted average taken away, ``(n, n)``.

    It is scaled to a weighted average variance of one. The weights are positive; without any, levels count the same.
    """
    share = np.full(n, 1.0 / n) if weight is None else weight / weight.sum()
    steps = np.arange(1.0, n + 1)
    centre = np.eye(n) - share
    covariance = centre @ np.minimum.outer(steps, steps) @ centre.T
    return np.asarray(covariance / (share @ np.diag(covariance)))


def walk_basis(n: int, rank: int = 30, weight: Floats | None = None) -> Floats:
    """Basis of that random walk, ``(n, min(n - 1, rank))``."""
    if n < 2:
        return np.zeros((n, 0))
    share = np.full(n, 1.0 / n) if weight is None else weight / weight.sum()
    return principal(walk_covariance(n, share), min(rank, n - 1), share)


def walk_step(n: int, weight: Floats | None = None) -> float:
    """Variance of one step of that random walk; 1 where there is none."""
    if n < 2:
        return 1.0
    corner = walk_covariance(n, weight)[:2, :2]
    return float(np.trace(corner) - 2 * corner[0, 1])


def walk_continued(basis: Floats, step_variance: float, before: int, after: int) -> Floats:
    """Basis of a random walk that goes on past both ends, ``(before + n + after, basis + before + after)``.

    A level outside is the nearest end plus the steps that lead there; each step is a column of its own, after those of
    the fit: first the steps before it, nearest first, then those after it. Levels outside are as correlated as the
    steps they share make them.
    """
    n, count = basis.shape
    longer = np.zeros((before + n + after, count + before + after))
    longer[:before, :count], longer[before + n :, :count] = basis[:1], basis[-1:]
    longer[before : before + n, :count] = basis
    step = np.sqrt(step_variance)
    longer[:before, count : count + before] = step * np.tril(np.ones((before, before)))[::-1]
    longer[before + n :, count + before :] = step * np.tril(np.ones((after, after)))
    return longer


def matern(distance: Floats, length: float) -> Floats:
    """Matérn covariance of smoothness 3/2 (Rasmussen and Williams 2006, eq. 4.17)."""
    scaled = np.sqrt(3.0) * distance / length
    return np.asarray((1 + scaled) * np.exp(-scaled))


def spread_points(points: Floats, most: int) -> Floats:
    """At most ``most`` of the distinct points, each the farthest from those before it (no randomness)."""
    points = np.unique(points, axis=0)
    if len(points) <= most:
        return points
    chosen = [0]
    nearest = distance_km(points, points[[0]])[:, 0]
    while len(chosen) < most:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, distance_km(points, points[[chosen[-1]]])[:, 0])
    return np.asarray(points[chosen])


def distance_weights(knots: Floats, length: float, rank: int = 20) -> Floats:
    """Weights ``(knot, basis)`` that turn covariances with the knots into the basis of `distance_basis`."""
    covariance = matern(distance_km(knots, knots), length)
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = slice(0, min(rank, int(np.searchsorted(np.cumsum(values) / values.sum(), 0.99)) + 1))
    signs = np.where(vectors[0, kept] < 0, -1.0, 1.0)
    weights = signs * vectors[:, kept] / np.sqrt(values[kept])
    return np.asarray(weights / np.sqrt(((covariance @ weights) ** 2).sum(axis=1).mean()))


def distance_basis(points: Floats, knots: Floats, weights: Floats, length: float) -> Floats:
    """Basis ``(point, basis)`` of a Gaussian process over distance, projected on its knots.

    Rasmussen and Williams 2006, section 8.3 (Nyström); exact at the knots up to the truncation and the scale.
    """
    return np.asarray(matern(distance_km(points, knots), length) @ weights)

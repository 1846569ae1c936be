"""Bases of smooth priors: the random walk and the Gaussian process."""

import itertools
import math

import numpy as np
import scipy.linalg


def walk_covariance(n):
    """Covariance of a random walk minus its own mean, scaled to an average variance of one."""
    covariance = np.empty((n, n))
    for i, j in itertools.product(range(n), repeat=2):
        covariance[i, j] = min(i, j)  # both share the steps up to the earlier of them
    centred = covariance - covariance.mean(axis=0) - covariance.mean(axis=1)[:, None] + covariance.mean()
    return centred / np.trace(centred) * n


def walk_basis(n, rank):
    """Principal components of that covariance: cosines, whose variances are in closed form.

    The covariance is the pseudo-inverse of the path graph's Laplacian, with eigenvalues 2 - 2 cos(pi k / n).
    """
    basis = np.zeros((n, max(n - 1, 0)))
    variance = np.array([1 / (2 - 2 * math.cos(math.pi * k / n)) for k in range(1, n)])
    for k, i in itertools.product(range(1, n), range(n)):
        cosine = math.sqrt(2 / n) * math.cos(math.pi * k * (i + 0.5) / n)
        basis[i, k - 1] = cosine * math.sqrt(variance[k - 1] * n / variance.sum())
    return basis[:, :rank]


def weighted_walk_covariance(weight):
    """Covariance of a random walk minus its own weighted mean, scaled to a weighted average variance of one."""
    n, total = len(weight), sum(weight)
    walk = [[min(i, j) for j in range(n)] for i in range(n)]
    mean = [sum(w * walk[i][j] for j, w in enumerate(weight)) / total for i in range(n)]
    grand = sum(w * m for w, m in zip(weight, mean, strict=True)) / total
    centred = np.array([[walk[i][j] - mean[i] - mean[j] + grand for j in range(n)] for i in range(n)])
    return centred / sum(w * centred[i, i] / total for i, w in enumerate(weight))


def weighted_walk_basis(weight, rank):
    """Functions that follow that walk best on weighted average, as the modes of a string with masses.

    The walk's precision is the Laplacian L of the path graph, so that they solve L f = masses f / variance, and the
    constant, whose variance is infinite, is left out.
    """
    n, mass = len(weight), np.array(weight) / sum(weight)
    laplacian = np.zeros((n, n))
    for i in range(n - 1):
        laplacian[i : i + 2, i : i + 2] += [[1, -1], [-1, 1]]
    stiffness, modes = scipy.linalg.eigh(laplacian, np.diag(mass))
    variance = 1 / stiffness[1:]
    basis = modes[:, 1:] * np.sqrt(variance / variance.sum())
    return (basis * np.where(basis[0] < 0, -1, 1))[:, :rank]


def distance(here, there):
    """Great-circle distance in km by the angle between two vectors from the centre of a sphere of 6371 km."""
    vectors = []
    for latitude, longitude in (here, there):
        a, b = math.radians(latitude), math.radians(longitude)
        vectors.append(np.array([math.cos(a) * math.cos(b), math.cos(a) * math.sin(b), math.sin(a)]))
    return 6371.0 * math.atan2(np.linalg.norm(np.cross(*vectors)), float(np.dot(*vectors)))


def matern_covariance(points, others, length):
    """Matérn 3/2."""
    covariance = np.empty((len(points), len(others)))
    for i, j in itertools.product(range(len(points)), range(len(others))):
        scaled = math.sqrt(3) * distance(points[i], others[j]) / length
        covariance[i, j] = (1 + scaled) * math.exp(-scaled)
    return covariance


def distance_weights(knots, length):
    """Weights of the Nyström basis: the components that hold 99 % of the variance at the knots, at most 20.

    Scaled to an average variance of one at the knots, whatever was cut; each function is positive at the first knot.
    """
    values, vectors = np.linalg.eigh(matern_covariance(knots, knots, length))
    order = np.argsort(values)[::-1]
    kept, held = [], 0.0
    for i in order[:20]:
        kept.append(i)
        held += values[i]
        if held >= 0.99 * values.sum():
            break
    scale = math.sqrt(len(knots) / sum(values[i] for i in kept))
    return np.stack(
        [scale * math.copysign(1, vectors[0, i]) * vectors[:, i] / math.sqrt(values[i]) for i in kept], axis=1
    )


def distance_basis(point, knots, length):
    return (matern_covariance([point], knots, length) @ distance_weights(knots, length))[0]

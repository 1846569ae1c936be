"""Coordinates of the sampler: an effect over its scale, or the effect itself where the data say enough of it.

Effects are ``sd * raw`` with ``raw`` standard normal. Where data say little, ``raw`` is what to sample; where they say
much, only the product is determined, and ``sd`` and ``raw`` lie on a curved ridge (Papaspiliopoulos, Roberts and Sköld
2007, doi:10.1214/088342307000000014). The posterior is the same in either coordinates.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor.tensor as pt
from numpy.typing import NDArray
from scipy.optimize import minimize

from attribution.compute.coordinates import Folded

Floats = NDArray[np.float64]

KNOWN = 0.8
"""Share of its prior variance that the data must take from an effect."""
LEAST = 8
"""Number of such effects, from which they tell their scale well enough to sample it given them."""
MOST = 3000
"""Most parameters whose curvature is computed, by one gradient each; with more, nothing is centred."""
STEP, ROUNDS = 1e-4, 3
"""Step of the differences of the gradient, in a parameter's own units; rounds of mode, curvature and scales."""
FLAT = 1e-3
"""Least curvature in any direction; the prior's is 1 in that of an effect."""


@dataclass(frozen=True)
class Pair:
    """Effects and their scale: names of their variables and where these stand among the parameters."""

    raw: str
    sd: str
    effects: slice
    scale: int


def pairs_of(model: Any, shapes: Mapping[str, tuple[int, ...]], scales: Mapping[str, str]) -> list[Pair]:
    """The effects of a model, if any, with a scale of their own that can be sampled with them.

    ``shapes`` by value variable; ``scales`` by effect the name of its scale. Of several effects with one scale the
    last goes with it.
    """
    ends = dict(zip(shapes, np.cumsum([math.prod(shape) for shape in shapes.values()]).tolist(), strict=True))
    named = {rv.name: rv for rv in model.free_RVs}
    found = []
    last = {scale: effect for effect, scale in scales.items()}
    for name, effect in named.items():
        scale = named.get(scales.get(name, ""))
        if (
            scale is None
            or last[scale.name] != name
            or not isinstance(model.rvs_to_transforms.get(scale), Folded)
        ):
            continue
        raw, sd = (model.rvs_to_values[rv].name for rv in (effect, scale))
        if shapes[sd] == () and math.prod(shapes[raw]) > 0:
            found.append(Pair(raw, sd, slice(ends[raw] - math.prod(shapes[raw]), ends[raw]), ends[sd] - 1))
    return found


def parameters_of(
    coordinates: Mapping[str, Any], pairs: Sequence[Pair], centred: Mapping[str, Any]
) -> tuple[dict[str, Any], Any]:
    """Parameters at coordinates, and the logarithm of how much they are stretched there.

    Parameters
    ----------
    coordinates
        Of the sampler, by name of the value variable.
    pairs
        Effects and scales.
    centred
        By the same names 1 where the coordinate is the effect itself, or the logarithm of the scale; elsewhere 0.
    """
    found, stretch = dict(coordinates), pt.zeros(())
    for pair in pairs:
        scale, logarithm = coordinates[pair.sd], centred[pair.sd]
        found[pair.sd] = (1 - logarithm) * scale + logarithm * pt.exp(logarithm * scale)
        found[pair.raw] = coordinates[pair.raw] * pt.exp(-centred[pair.raw] * scale)
        stretch += (logarithm - centred[pair.raw].sum()) * scale
    return found, stretch


def coordinates_of(parameters: Floats, pairs: Sequence[Pair], centred: Floats) -> Floats:
    """The coordinates that stand for parameters."""
    found = parameters.copy()
    for pair in pairs:
        if centred[pair.scale]:
            size = abs(parameters[pair.scale])
            found[pair.scale] = np.log(size)
            found[pair.effects] *= np.where(centred[pair.effects] == 1, size, 1.0)
    return found


def choose(density: Callable[[Floats], tuple[float, Floats]], start: Floats, pairs: Sequence[Pair]) -> Floats:
    """Which coordinates are effects themselves, 1, and logarithms of scales, 1: ``(parameter,)``.

    At the mode given the scales, the curvature says how much of their prior variance the data leave the effects; their
    mean square is the next scale (three rounds of expectation and maximisation).

    Parameters
    ----------
    density
        Logarithm of the density at parameters, and its gradient.
    start
        Where to start from.
    pairs
        Effects and scales.
    """
    centred, at = np.zeros(len(start)), start.copy()
    if not pairs or len(start) > MOST:
        return centred
    free = np.setdiff1d(np.arange(len(start)), [pair.scale for pair in pairs])
    for turn in range(ROUNDS):
        at[free] = mode(density, at, free)
        left = np.ones(len(start))
        left[free] = variances(density, at, free)
        if turn < ROUNDS - 1:
            for pair in pairs:
                own = math.sqrt(float(np.mean(at[pair.effects] ** 2 + left[pair.effects])))
                at[pair.scale] *= own
                at[pair.effects] /= own
    for pair in pairs:
        known = left[pair.effects] < 1 - KNOWN
        if known.sum() >= LEAST:
            centred[pair.effects] = known
            centred[pair.scale] = 1.0
    return centred


def mode(density: Callable[[Floats], tuple[float, Floats]], at: Floats, free: NDArray[np.int64]) -> Floats:
    """Where the density is highest with the other parameters as they are; a point near it will do."""

    def downhill(values: Floats) -> tuple[float, Floats]:
        point = at.copy()
        point[free] = values
        value, gradient = density(point)
        return -value, -gradient[free]

    found: Floats = minimize(downhill, at[free], jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return found


def variances(
    density: Callable[[Floats], tuple[float, Floats]], at: Floats, free: NDArray[np.int64]
) -> Floats:
    """Variances ``(free,)`` of the normal distribution with the density's curvature; 1 where that is not finite."""
    here = density(at)[1][free]
    curvature = np.empty((len(free), len(free)))
    for row, position in enumerate(free):
        near = at.copy()
        near[position] += STEP
        curvature[row] = (here - density(near)[1][free]) / STEP
    if not np.isfinite(curvature).all():
        return np.ones(len(free))
    size, direction = np.linalg.eigh((curvature + curvature.T) / 2)
    found: Floats = (direction**2 / np.maximum(size, FLAT)).sum(axis=1)
    return found


def evaluated(address: int, data: NDArray[np.uintp]) -> Callable[[Floats], tuple[float, Floats]]:
    """A compiled density as a function of Python."""
    kinds = [ctypes.c_uint64, *[ctypes.c_void_p] * 4]
    call = ctypes.CFUNCTYPE(ctypes.c_int64, *kinds)(address)

    def density(point: Floats) -> tuple[float, Floats]:
        value, gradient, place = np.zeros(1), np.zeros(len(point)), np.ascontiguousarray(point)
        arrays = (place, gradient, value, data)
        status = call(len(point), *(array.ctypes.data for array in arrays))
        return (-math.inf, np.zeros(len(point))) if status else (float(value[0]), gradient)

    return density

"""Scales of effects, half-normal, and effects about a mean: in coordinates in which a sampler does not lose itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray

from attribution.components.base import Tensor
from attribution.compute.coordinates import Folded, PartlyCentred


def half_normal(name: str, sd: float, **settings: Any) -> Any:
    """A half-normal scale of effects that are multiplied by it; settings as `pymc.HalfNormal` takes them."""
    return pm.HalfNormal(name, sd, default_transform=Folded(), **settings)


LEAST_ERROR = 0.1
"""Less is not counted upon, however many observations there are: a guess may be off."""


def pooled(
    name: str, mean: Any, sd: Any, guess: float, observations: NDArray[np.int64], **settings: Any
) -> Any:
    """Normal log-odds about a mean with a `half_normal` scale, sampled as `PartlyCentred`.

    ``observations`` says how often the outcome of each was observed; settings as `pymc.Normal` takes them. ``guess``
    matters where the log-odds are nearly alike; elsewhere each is a coordinate of its own whatever it is.
    """
    error = np.maximum(LEAST_ERROR, 2 / np.sqrt(1 + observations))
    return pm.Normal(name, mean, sd, default_transform=PartlyCentred(guess, error), **settings)


def scale(name: str, sd: float) -> Tensor:
    """Standard deviation of an effect, half-normal with scale ``sd``."""
    return half_normal(f"{name}_sd", sd)


def raw_effect(name: str, dims: Sequence[str], zero_sum: int = 0) -> Tensor:
    """Effect in multiples of its `scale`: standard normal, or summing to zero over each of the last dimensions."""
    if not zero_sum:
        return pm.Normal(f"{name}_raw", dims=tuple(dims))
    return pm.ZeroSumNormal(f"{name}_raw", dims=tuple(dims), n_zerosum_axes=zero_sum)


def category_effect(name: str, level: str, count: int) -> Tensor:
    """Raw effect ``(level, actor)`` of unordered levels, summing to zero over both where there are two levels."""
    return raw_effect(name, (level, "actor"), zero_sum=2 if count > 1 else 1)


def smooth_effect(name: str, dims: Sequence[str]) -> Tensor:
    """Raw coefficients ``(..., actor)`` of a smooth basis, summing to zero over actors only."""
    return raw_effect(name, (*dims, "actor"), zero_sum=1)


def pooled_effect(name: str, sd: float, dims: Sequence[str], zero_sum: int = 0) -> Tensor:
    """Effect about zero: its `scale` times a `raw_effect`."""
    own = scale(name, sd)
    return own * raw_effect(name, dims, zero_sum)


def pooled_rows(name: str, sd: float, dims: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Scales ``(row,)`` and raw effects ``(row, ...)``: each row of effects has a scale of its own.

    Scales are sampled by their logarithms: the prior of `half_normal`, in the coordinates that keep the draws of
    earlier versions.
    """
    return pm.HalfNormal(f"{name}_sd", sd, dims=tuple(dims[:1])), raw_effect(name, dims)


def pick(effect: Tensor, code: Tensor) -> Tensor:
    """Rows of an effect by code; zero, the population's mean, where the code is -1."""
    return pt.concatenate([effect, pt.zeros_like(effect[:1])])[code]


def log_yes(log_odds: Tensor) -> Tensor:
    """Log probability of yes, given its log-odds."""
    return -pt.softplus(-log_odds)


def log_no(log_odds: Tensor) -> Tensor:
    """Log probability of no, given the log-odds of yes."""
    return -pt.softplus(log_odds)

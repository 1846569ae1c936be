"""Pooled effects over levels and actors, shared by the activity terms.

An effect is ``sd * raw``: ``raw`` standard normal and summing to zero over the actors (only differences between
actors matter in a softmax) and, where the level is a category, over the levels (their mean is the baseline's).
"""

from __future__ import annotations

from collections.abc import Sequence

import pymc as pm
import pytensor.tensor as pt

from attribution.component import Tensor
from attribution.scales import half_normal


def category_effect(name: str, level: str, count: int) -> Tensor:
    """Raw effect ``(level, actor)`` of unordered levels, summing to zero over both where there are two levels."""
    return pm.ZeroSumNormal(f"{name}_raw", dims=(level, "actor"), n_zerosum_axes=2 if count > 1 else 1)


def smooth_effect(name: str, dims: Sequence[str]) -> Tensor:
    """Raw coefficients ``(..., actor)`` of a smooth basis, summing to zero over actors only."""
    return pm.ZeroSumNormal(f"{name}_raw", dims=(*dims, "actor"))


def scale(name: str, sd: float) -> Tensor:
    """Standard deviation of an effect, half-normal with scale ``sd``."""
    return half_normal(f"{name}_sd", sd)


def pick(effect: Tensor, code: Tensor) -> Tensor:
    """Rows of an effect by code; zero, the population's mean, where the code is -1."""
    return pt.concatenate([effect, pt.zeros_like(effect[:1])])[code]

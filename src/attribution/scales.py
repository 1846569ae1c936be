"""Scales of effects: half-normal, sampled with a sign that means nothing."""

from __future__ import annotations

from typing import Any

import pymc as pm
import pytensor.tensor as pt
from pymc.distributions.transforms import Transform


class Folded(Transform):  # type: ignore[misc]
    """A positive number as the size of one of either sign.

    On the logarithmic scale a half-normal has an endless tail towards zero, where a sampler loses itself whenever the
    data allow that there is no effect. Here zero is an inner point.
    """

    name = "folded"

    def forward(self, value: Any, *inputs: Any) -> Any:
        """The number itself, of the two that stand for it."""
        return value

    def backward(self, value: Any, *inputs: Any) -> Any:
        """The size."""
        return pt.abs(value)

    def log_jac_det(self, value: Any, *inputs: Any) -> Any:
        """Sizes are not stretched; that each is there twice is a constant."""
        return pt.zeros_like(value)


def half_normal(name: str, sd: float, **settings: Any) -> Any:
    """A half-normal scale of effects that are multiplied by it; settings as `pymc.HalfNormal` takes them."""
    return pm.HalfNormal(name, sd, default_transform=Folded(), **settings)

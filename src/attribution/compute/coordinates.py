"""Coordinates in which a sampler does not lose itself: scales of either sign, effects about a mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytensor.tensor as pt
from numpy.typing import NDArray
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


class PartlyCentred(Transform):  # type: ignore[misc]
    r"""A normal effect as its departure from what is expected of it, in standard deviations.

    If data gave an effect :math:`p \sim \mathrm{Normal}(\mu, \sigma)` as :math:`c` with standard error :math:`\tau`,
    then of it would be known, given the two parameters,

    .. math::
        p \sim \mathrm{Normal}(w \mu + (1 - w) c,\ \sigma \sqrt w), \quad w = \frac{\tau^2}{\tau^2 + \sigma^2}.

    Where :math:`\sigma` is small that is a departure from the mean, where it is large the effect itself: there is
    neither the funnel of the second nor the ridge of the first (Papaspiliopoulos, Roberts and Sköld 2007,
    doi:10.1214/088342307000000014). :math:`c` and :math:`\tau` are guesses that no posterior depends on.

    Parameters
    ----------
    guess
        :math:`c`, in the units of the effect, for all alike.
    error
        :math:`\tau` of each effect, above 0, in the same units: of the effect's shape.
    """

    name = "partly_centred"

    def __init__(self, guess: float, error: NDArray[np.float64]) -> None:
        self.guess = guess
        self.error = error

    def forward(self, value: Any, *inputs: Any) -> Any:
        """The departure."""
        mean, sd = self._expected(inputs)
        return (value - mean) / sd

    def backward(self, value: Any, *inputs: Any) -> Any:
        """The effect."""
        mean, sd = self._expected(inputs)
        return mean + sd * value

    def log_jac_det(self, value: Any, *inputs: Any) -> Any:
        """Effects are stretched by the standard deviation."""
        return pt.log(self._expected(inputs)[1]) + pt.zeros_like(value)

    def _expected(self, inputs: Any) -> tuple[Any, Any]:
        *_, mean, sd = inputs
        weight = self.error**2 / (self.error**2 + sd**2)
        return weight * mean + (1 - weight) * self.guess, sd * pt.sqrt(weight)

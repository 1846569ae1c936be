"""Importance weights of draws, and whether they can be trusted; the log prior density of draws."""

from __future__ import annotations

from typing import Any

import numpy as np
from arviz_stats.base.array import array_stats

from attribution.arrays import Floats


def weights_of(log_ratio: Floats, chains: int) -> tuple[Floats, float, bool]:
    """Pareto-smoothed weights of draws, the Pareto k of their tail, and whether k allows their use.

    ``log_ratio`` is the log density of the wanted distribution against the one drawn from,
    ``(sample,)``, chains one after the other. Weights can be used where k is at most
    min(1 - 1/log10(S), 0.7) for S draws (Vehtari et al. 2024, Journal of Machine Learning Research
    25(72)).
    """
    count = len(log_ratio)
    if np.ptp(log_ratio) < 1e-9:
        return np.full(count, 1 / count), 0.0, True
    statistics: Any = array_stats
    smoothed, k = statistics.psislw(-log_ratio.reshape(chains, -1), axis=[0, 1])
    weight = np.exp(smoothed.reshape(-1) - smoothed.max())
    return weight / weight.sum(), float(k), bool(k <= min(1 - 1 / np.log10(count), 0.7))


def quantiles(values: Floats, weight: Floats, levels: tuple[float, ...]) -> list[float]:
    """Quantiles of weighted draws: the smallest value whose cumulative weight reaches the level."""
    order = np.argsort(values, kind="stable")
    reached = weight[order].cumsum()
    place = np.searchsorted(reached / reached[-1], np.asarray(levels) - 1e-12)
    return [float(value) for value in values[order][place.clip(max=len(values) - 1)]]

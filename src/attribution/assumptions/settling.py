"""A scenario from chains of its own: short ones, and longer ones where these do not settle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import arviz as az
import numpy as np
import xarray as xr

from attribution.assumptions.scenarios import REFIT, UNSETTLED, Rescored, Scenario
from attribution.fitting.refits import trouble

CHAINS = 2
EFFECTIVE = 100
"""Least effective draws of every actor's share: the Monte Carlo error of its mean is a tenth of its deviation."""

Run = Callable[[int, int], tuple[xr.DataTree, Rescored]]
"""Draws, and what they say of the events, of `CHAINS` chains with iterations of adaptation and draws."""


def settled(own: Scenario, rounds: Sequence[tuple[int, int]], run: Run) -> Scenario:
    """The scenario by the first round that has effective draws enough and no divergence; else by the last, said so.

    ``rounds`` are iterations of adaptation and draws of a chain.
    """
    method = UNSETTLED
    for tune, draws in rounds:
        trace, found = run(tune, draws)
        if not trouble(trace)[1] and enough(found):
            method = REFIT
            break
    even = np.full(len(found.actor), 1 / len(found.actor))
    return replace(own, actor=found.actor, weight=even, method=method)


def enough(found: Rescored) -> bool:
    """Whether the share of every actor that varies has as many effective draws as are asked for."""
    shares = found.share.reshape(CHAINS, -1, found.share.shape[1])
    varies = np.ptp(found.share, axis=0) > 1e-12
    return all(float(az.ess(shares[..., k])) >= EFFECTIVE for k in np.flatnonzero(varies))

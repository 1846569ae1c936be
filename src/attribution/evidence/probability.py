"""Probabilities on the log-odds scale, shared by the evidence laws."""

from __future__ import annotations

import pytensor.tensor as pt

from attribution.component import Tensor


def log_yes(log_odds: Tensor) -> Tensor:
    """Log probability of yes, given its log-odds."""
    return -pt.softplus(-log_odds)


def log_no(log_odds: Tensor) -> Tensor:
    """Log probability of no, given the log-odds of yes."""
    return -pt.softplus(log_odds)

"""Who claims a killing, given that somebody does: claims of independent claimants, of which there is at least one.

With c_k the probability that claimant k claims a killing it did and f_j that another claims it,

    P(nobody claims | k) = (1 - c_k) prod_{j != k} (1 - f_j)
    P(o | k, somebody claims) = P(o | k) / (1 - P(nobody claims | k))

All is in logarithms, exact where probabilities are small.
"""

from __future__ import annotations

import numpy as np
import pytensor.tensor as pt
from numpy.typing import NDArray

from attribution.arrays import Array
from attribution.components.base import Tensor
from attribution.components.effects import log_no
from attribution.compute.random_numbers import categorical

LEAST = -1e-300
"""Log probability of silence where none else can claim: near enough to zero, and its logarithms are finite."""


def of_others(quiet: Tensor) -> Tensor:
    """Sum over the other claimants, ``(row, claimant)``: not all less one, whose last digits are lost."""
    count = quiet.shape[1]
    return quiet @ (pt.ones((count, count)) - pt.eye(count))


def log_not(yes: Tensor) -> Tensor:
    """Log probability of no, given that of yes: exact where yes has next to no probability."""
    return pt.log1mexp(pt.minimum(yes, LEAST))


def log_nobody(quiet: tuple[Tensor, Tensor]) -> Tensor:
    """Log probability that nobody claims given each actor, ``(row, actor)``.

    ``quiet`` are log probabilities of silence ``(row, claimant)`` on its own killings, and on those of others.
    """
    own, other = quiet
    return of_others(other) + own


def log_somebody(claimed: tuple[Tensor, Tensor], quiet: tuple[Tensor, Tensor]) -> Tensor:
    """Log probability that somebody claims given each actor, ``(row, actor)``: it itself, or else another."""
    others = pt.minimum(of_others(quiet[1]), LEAST)
    return claimed[0] + pt.softplus(quiet[0] + pt.log1mexp(others) - claimed[0])


def log_odds_of_any(own: Tensor, other: Tensor) -> Tensor:
    """Log-odds that somebody claims a killing by an actor drawn evenly, from log-odds ``(claimant,)`` of claims."""
    quiet = log_no(other)
    nobody = pt.sum(quiet) - quiet + log_no(own)
    return pt.log(pt.sum(-pt.expm1(nobody))) - pt.log(pt.sum(pt.exp(nobody)))


def drawn_outcomes(chance: Array, spoken: Array, claims: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Outcomes ``(event, claimant)`` of independent claimants, given that one claims or that none does.

    Parameters
    ----------
    chance
        Probability of each outcome, ``(event, claimant, outcome)``.
    spoken
        Whether somebody claims, ``(event,)``.
    claims
        The outcome that is a claim.
    rng
        Source of the random numbers.
    """
    claim = chance[..., claims]
    before = np.cumprod(1 - claim, axis=1)
    first_is = claim * np.concatenate([np.ones_like(before[:, :1]), before[:, :-1]], axis=1)
    first = categorical(first_is / first_is.sum(axis=1, keepdims=True), rng)[:, None]
    place = np.arange(claim.shape[1])[None, :]
    claimed = (place == first) | ((place > first) & (rng.random(claim.shape) < claim))
    claimed &= spoken[:, None]
    without = chance.copy()
    without[..., claims] = 0
    silent = categorical(without / without.sum(axis=-1, keepdims=True), rng)
    return np.where(claimed, claims, silent)

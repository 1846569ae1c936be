r"""The law of outcomes around killings: a smooth baseline, and what each killing may multiply it by.

Outcomes of one kind in area :math:`a` on day :math:`t` are counts of mean

.. math::
    \lambda_a(t) = b_a(t) \prod_{e \in a} \prod_{w : t - d_e \in w} m_{ew}, \qquad
    m_{ew} = \sum_g p_{eg} \, \rho_{wg}, \qquad
    b_a(t) = \frac{(K * y_a)(t)}{(K * \lambda_a / b_a)(t)}

with windows :math:`w` of days before, on and after the day :math:`d_e` of a killing, groups
:math:`g` of killings (who did it, claimed or not), the probability :math:`p_{eg}` that killing `e`
is of group `g`, rate ratios :math:`\rho`, and a kernel :math:`K`. Who did it is summed out: the
rate given the attribution is the average over who may have done it, so that uncertain attribution
widens the answer and does not make the groups alike, as drawn perpetrators would.

The estimating equations :math:`\sum_{e} q_{eg} \sum_{t \in w} (y - \lambda) = 0` are linear in the
outcomes and hold in expectation however few they are, as those of a conditional Poisson regression
on days nearby do (Armstrong, Gasparrini and Tobias 2014, doi:10.1186/1471-2288-14-122).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from attribution.arrays import Floats
from attribution.errors import FitError

Index = NDArray[np.int64]

MOST_STEPS = 200
CLOSE, NEAR = 1e-6, 1e-3
"""Largest last step of a log rate ratio: at first, and at each draw."""


@dataclass(frozen=True)
class Law:
    """What is assumed.

    Attributes
    ----------
    windows
        First and last day of each window, counted from the killing.
    smooth
        Standard deviation of the kernel, days.
    prior_sd
        Prior standard deviation of the logarithm of each rate ratio.
    """

    windows: tuple[tuple[int, int], ...]
    smooth: float
    prior_sd: float = 1.0


@dataclass(frozen=True)
class Course:
    """Area and day of each killing, positions ``(event,)``."""

    area: Index
    day: Index


@dataclass(frozen=True)
class Fit:
    """Log rate ratios.

    Attributes
    ----------
    log_ratio
        ``(window, group)``.
    slope
        How the scores fall with the log rate ratios, ``(window and group, window and group)``.
    covariance
        Of the log rate ratios, with the dispersion and the prior.
    rate
        Expected outcomes, ``(area, day)``.
    """

    log_ratio: Floats
    slope: Floats
    covariance: Floats
    rate: Floats


def smoothed(series: Floats, sd: float) -> Floats:
    """Three moving averages in a row along the last axis: nearly a Gaussian of this standard deviation.

    Beyond the ends there is nothing; divide by the same of ones where that matters.
    """
    size = 2 * round((np.sqrt(4 * sd**2 + 1) - 1) / 2) + 1
    for _ in range(3):
        series = uniform_filter1d(series, size, axis=-1, mode="constant")
    return series


def ends(day: Index, window: tuple[int, int], days: int) -> tuple[Index, Index]:
    """First day of each killing's window and the day after its last, cut to the period."""
    return np.clip(day + window[0], 0, days), np.clip(day + window[1] + 1, 0, days)


def weight_by_day(weight: Floats, course: Course, window: tuple[int, int], shape: tuple[int, ...]) -> Floats:
    """Sum of the weights of the killings in whose window each day lies, ``(area, day, ...)``."""
    steps = np.zeros((shape[0], shape[1] + 1, *weight.shape[1:]))
    start, stop = ends(course.day, window, shape[1])
    np.add.at(steps, (course.area, start), weight)
    np.subtract.at(steps, (course.area, stop), weight)
    return np.asarray(steps.cumsum(axis=1)[:, :-1])


def running(series: Floats) -> Floats:
    """Sum of a series ``(area, day)`` before each day and at the end, ``(area, day + 1)``."""
    return np.pad(series.cumsum(axis=1), ((0, 0), (1, 0)))


def within(total: Floats, course: Course, law: Law) -> Floats:
    """Sum over each killing's windows, ``(window, event)``, from a `running` sum."""
    cuts = [ends(course.day, window, total.shape[1] - 1) for window in law.windows]
    return np.stack([total[course.area, stop] - total[course.area, start] for start, stop in cuts])


def expected(
    outcomes: Floats, course: Course, chance: Floats, log_ratio: Floats, law: Law
) -> tuple[Floats, Floats, Floats]:
    """Expected outcomes, their ratio to the baseline ``(area, day)``; each killing's multiplier ``(window, event)``."""
    own = np.exp(log_ratio) @ chance.T
    log_factor = sum(
        weight_by_day(np.log(m), course, w, outcomes.shape) for m, w in zip(own, law.windows, strict=True)
    )
    factor = np.exp(np.asarray(log_factor))
    rate = factor * smoothed(outcomes, law.smooth) / smoothed(factor, law.smooth)
    return rate, factor, own


def responsibilities(chance: Floats, log_ratio: Floats, own: Floats) -> Floats:
    """Share of each group in each killing's multiplier, ``(window, event, group)``."""
    return np.asarray(chance * np.exp(log_ratio)[:, None, :] / own[:, :, None])


def scores(total: Floats, course: Course, member: Floats, law: Law) -> Floats:
    """Outcomes beyond the expected ones in the windows of each group, ``(window, group)``, from their `running` sum."""
    return np.asarray(np.einsum("we,weg->wg", within(total, course, law), member))


def curvature(
    rate: Floats, factor: Floats, course: Course, member: Floats, law: Law
) -> tuple[Floats, Floats]:
    """How the expected scores fall with the log rate ratios, and how they scatter if outcomes are Poisson counts.

    Each ``(window and group, window and group)``. The baseline is learnt beside the ratios: it
    moves with them, and the scores are sums over outcomes of the design about an average of it
    nearby.
    """
    size = member.shape[0] * member.shape[2]
    slope, scatter = np.zeros((size, size)), np.zeros((size, size))
    for area in np.unique(course.area[rate.any(axis=1)[course.area]]):
        at = course.area == area
        here, shape = Course(np.zeros(at.sum(), dtype=np.int64), course.day[at]), (1, rate.shape[1])
        pairs = zip(member, law.windows, strict=True)
        design = np.concatenate(
            [weight_by_day(q[at], here, window, shape)[0] for q, window in pairs], axis=1
        ).T
        base = smoothed(factor[area], law.smooth)
        moved = design - smoothed(design * factor[area], law.smooth) / base
        given = design - smoothed(design * factor[area] / base, law.smooth)
        slope += (design * rate[area]) @ moved.T
        scatter += (given * rate[area]) @ given.T
    return slope, scatter


def respond(
    outcomes: Floats,
    course: Course,
    chance: Floats,
    law: Law,
    dispersion: float = 1.0,
    start: Fit | None = None,
) -> Fit:
    """Rate ratios of one kind of outcome.

    Parameters
    ----------
    outcomes
        Counts, ``(area, day)``.
    course
        The killings.
    chance
        Probability that each killing is of each group, ``(event, group)``.
    law
        Windows, kernel and prior.
    dispersion
        Variance of the counts relative to that of Poisson counts.
    start
        A fit of the same outcomes to other attributions, to begin from.

    Returns
    -------
    Fit

    Raises
    ------
    FitError
        The equations were not solved.
    """
    shape = (len(law.windows), chance.shape[1])
    log_ratio = np.zeros(shape) if start is None else start.log_ratio
    prior = np.eye(log_ratio.size) / law.prior_sd**2
    for step in range(MOST_STEPS):
        rate, factor, own = expected(outcomes, course, chance, log_ratio, law)
        member = responsibilities(chance, log_ratio, own)
        if start is None or step % 10 == 9:
            slope, _ = curvature(rate, factor, course, member, law)
        elif step == 0:
            slope = start.slope
        score = scores(running(outcomes - rate), course, member, law)
        gradient = score / dispersion - log_ratio / law.prior_sd**2
        move = np.linalg.solve(slope / dispersion + prior, gradient.reshape(-1)).reshape(shape)
        log_ratio = log_ratio + np.clip(move, -1, 1)
        if np.abs(move).max() < (CLOSE if start is None else NEAR):
            slope, scatter = curvature(rate, factor, course, member, law)
            bread = np.linalg.inv(slope / dispersion + prior)
            return Fit(log_ratio, slope, bread @ (scatter / dispersion + prior) @ bread.T, rate)
    raise FitError(
        "The rate ratios were not found: the windows of killings overlap too much, or there are too many groups. "
        "Shorten the windows, or do not split by claim (by_claim=False)."
    )


def without(fit: Fit, course: Course, chance: Floats, law: Law) -> Floats:
    """Outcomes expected in each killing's windows had it not been there, ``(window, event)``."""
    return np.asarray(within(running(fit.rate), course, law) / (np.exp(fit.log_ratio) @ chance.T))


def excess(log_ratio: Floats, base: Floats, chance: Floats) -> Floats:
    """Outcomes beyond those expected without a killing, mean over those of each group, ``(..., window, group)``.

    ``base`` is what `without` returns; NaN for a group without killings.
    """
    number = chance.sum(axis=0)
    return np.asarray(np.expm1(log_ratio) * (base @ chance) / np.where(number > 0, number, np.nan))

"""What one kind of outcome does around killings: rates, rate ratios, excess, and where they stand among placebos."""

from __future__ import annotations

from typing import Any

import numpy as np

from attribution.arrays import Floats
from attribution.outcomes.cases import Case
from attribution.outcomes.placebo import exchanged, position, shifted
from attribution.outcomes.response import (
    Course,
    Fit,
    Law,
    curvature,
    excess,
    expected,
    respond,
    responsibilities,
    running,
    scores,
    within,
    without,
)

LEVELS = (0.025, 0.975)
EACH = 10
"""Draws of the rate ratios for each posterior draw."""


def described(
    outcomes: Floats, case: Case, law: Law, block: int, placebos: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Everything that is said of one kind, groups flat."""
    course, level = case.course, outcomes.mean(axis=1, keepdims=True)
    none = np.zeros((len(law.windows), case.mean.shape[1]))
    rate, factor, own = expected(outcomes, course, case.mean, none, law)
    member = responsibilities(case.mean, none, own)
    slope, scatter = curvature(rate, factor, course, member, law)

    def score(residual: Floats, at: Course) -> Floats:
        return scores(residual, at, member, law)

    in_all = running(outcomes - rate)
    moves = [shifted(course.day, outcomes.shape[1], block, rng) for _ in range(placebos)]
    in_time = np.array([score(in_all, Course(course.area, day)) for day in moves])
    # Areas are exchanged on a scale on which the counts of busy and of quiet ones scatter alike.
    even = running((outcomes - rate) / np.sqrt(np.where(level > 0, level, np.inf)))
    ways = exchanged(np.flatnonzero(level[:, 0] > 0), len(outcomes), placebos, rng)
    in_space = np.array([score(even[way], course) for way in ways]).reshape(-1, *none.shape)
    dispersion = max(1.0, in_time.var(axis=0).sum() / np.trace(scatter)) if scatter.any() else 1.0
    fit = respond(outcomes, course, case.mean, law, dispersion)
    adjust = np.linalg.inv(slope + np.eye(len(slope)) / law.prior_sd**2)
    p_time = position(compared(adjust, score(in_all, course)), compared(adjust, in_time))
    p_space = position(compared(adjust, score(even, course)), compared(adjust, in_space))
    return {
        **ratios(outcomes, case, law, dispersion, fit, rng),
        **rates(outcomes, case, law, fit),
        **dict(zip(("p_time", "p_time_any", "p_space", "p_space_any"), (*p_time, *p_space), strict=True)),
        "outcomes": int(outcomes.sum()),
        "dispersion": dispersion,
        "exchanges": len(ways),
    }


def compared(adjust: Floats, score: Floats) -> Floats:
    """Log rate ratios to first order, each group adjusted for the others, ``(..., comparison, group)``."""
    ratio = (score.reshape(*score.shape[:-2], len(adjust)) @ adjust.T).reshape(score.shape)
    return with_change(ratio, 1.0)


def with_change(values: Floats, scale: float) -> Floats:
    """Values of the windows ``(..., window, group)``, and after less before."""
    return np.concatenate([values, values[..., 2:, :] - scale * values[..., :1, :]], axis=-2)


def ratios(
    outcomes: Floats, case: Case, law: Law, dispersion: float, fit: Fit, rng: np.random.Generator
) -> dict[str, Floats]:
    """Rate ratios and excess with intervals, ``(comparison, group)``: some draws of them for each posterior draw."""
    drawn, beyond = [], []
    lengths = [last - first + 1 for first, last in law.windows]
    for chance in case.chance:
        own = respond(outcomes, case.course, chance, law, dispersion, fit)
        noise = rng.standard_normal((EACH, own.log_ratio.size)) @ np.linalg.cholesky(own.covariance).T
        log_ratio = own.log_ratio + noise.reshape(EACH, *own.log_ratio.shape)
        more = excess(log_ratio, without(own, case.course, chance, law), chance)
        drawn.append(with_change(np.where(np.isnan(more), np.nan, log_ratio), 1.0))
        beyond.append(with_change(more, lengths[2] / lengths[0]))
    log_ratios = summary("rate_ratio", np.concatenate(drawn))
    return {name: np.exp(values) for name, values in log_ratios.items()} | summary(
        "excess", np.concatenate(beyond)
    )


def rates(outcomes: Floats, case: Case, law: Law, fit: Fit) -> dict[str, Floats]:
    """Outcomes a day in the windows, ``(window, group)``, and number of killings, ``(group,)``."""
    size = case.mean.shape[1]
    seen, days = (within(running(count), case.course, law) for count in (outcomes, np.ones_like(outcomes)))
    number = np.array([np.bincount(drawn, minlength=size) for drawn in case.drawn], dtype=float)

    def summed(values: Floats) -> Floats:
        """Sum over the killings of each group at each draw, ``(draw, window, group)``."""
        return np.array([[np.bincount(g, row, size) for row in values] for g in case.drawn])

    exposed, chance_days = summed(days), days @ case.mean
    base = without(fit, case.course, case.mean, law) @ case.mean
    return {
        **summary("rate", summed(seen) / np.where(exposed > 0, exposed, np.nan)),
        "expected_rate": base / np.where(chance_days > 0, chance_days, np.nan),
        **summary("killings", number),
    }


def summary(name: str, drawn: Floats) -> dict[str, Floats]:
    """Mean and 95 % interval over the draws, first axis, that have a value; NaN where none has."""
    flat = drawn.reshape(len(drawn), -1)
    found = np.full((3, flat.shape[1]), np.nan)
    for column, values in enumerate(flat.T):
        known = values[~np.isnan(values)]
        if len(known):
            found[:, column] = known.mean(), *np.quantile(known, LEVELS)
    ends = (name, f"{name}_low", f"{name}_high")
    return {end: row.reshape(drawn.shape[1:]) for end, row in zip(ends, found, strict=True)}

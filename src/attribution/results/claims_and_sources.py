"""Habits that a fit learns of those who speak: how readily actors claim and how late, how often sources are right.

All at draws of the posterior and, beside them, of the prior: what the data did not teach is the prior's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit

from attribution.arrays import Floats
from attribution.components.base import Levels, Tensor, Tensors, distinct
from attribution.components.evidence.claim import DATED, Claim, claims
from attribution.components.evidence.claim_delay import log_sides
from attribution.components.evidence.statement_voices import statements_on
from attribution.components.evidence.statements import ROLE
from attribution.errors import AttributionError
from attribution.fitting.sampling import stacked
from attribution.model.design import Design, Part
from attribution.model.tables import evaluator, in_batches
from attribution.results.fitted import fit_of

BATCH = 50
"""Draws computed at once; nothing that is returned depends on it."""

POINTS = 60
"""Most days at which the distribution of a delay is computed."""


@dataclass(frozen=True)
class Claiming:
    """How each claimant claims, at draws.

    Attributes
    ----------
    claimant
        The actors that can claim.
    own, false
        Probability that each comes to claim a killing that it did, and one that another did, averaged over the
        documented killings, by group (`posterior`, `prior`): ``(sample, claimant)``. With silence as evidence of
        all killings, else of those that somebody claims.
    day, come
        Days after a killing, and the probability that a claim that comes has come by then, ``(sample, day, claimant)``
        by group; no days where the model has no delay.
    claims, dated
        Killings that each claimed, and claimed on a known day, ``(claimant,)``.
    given
        Whether the first two are probabilities given that somebody claims.
    """

    claimant: Sequence[str]
    own: Mapping[str, Floats]
    false: Mapping[str, Floats]
    day: NDArray[np.int64]
    come: Mapping[str, Floats]
    claims: NDArray[np.int64]
    dated: NDArray[np.int64]
    given: bool


def claiming(posterior: xr.DataTree) -> Claiming:
    """How readily each actor claims, truly and falsely, and how late."""
    groups, design, part = laid_part(posterior, "claim", "Claim()", "plot_claims")
    events, levels, component = posterior["constant_data"].to_dataset(), part.levels, part.component
    assert isinstance(component, Claim)
    keys, index = distinct(component.keys(events, levels), events.sizes["event"])
    rows = component.rows(keys, levels)
    weight = np.bincount(index) / len(index)
    longest = levels.data["longest"]
    day = np.unique(np.geomspace(1, longest + 1, POINTS).round().astype(np.int64)) - 1
    day = day if levels.data["delay"] else day[:0]

    def express(parameters: Sequence[Tensors]) -> list[Tensor]:
        own = parameters[design.parts.index(part)]
        setting = {key: pt.as_tensor(values) for key, values in rows.items()}
        found = [(weight[:, None] * chance).sum(axis=0) for chance in component.habits(own, setting, levels)]
        if len(day):
            found.append(pt.exp(log_sides(own["delay"], own["shape"], longest, day[:, None])[1]))
        return found

    evaluate = evaluator(design, express)
    drawn = {group: in_batches(evaluate, stacked(posterior[group].to_dataset()), BATCH) for group in groups}
    outcome = component.observed(events, levels)
    return Claiming(
        levels.coords["claimant"],
        {group: values[0] for group, values in drawn.items()},
        {group: values[1] for group, values in drawn.items()},
        day,
        {group: values[2] for group, values in drawn.items() if len(day)},
        claims(outcome).sum(axis=0),
        (outcome >= DATED).sum(axis=0),
        not component.full,
    )


@dataclass(frozen=True)
class Reliability:
    """How often each voice is right, at draws.

    Attributes
    ----------
    source, kind
        Of each voice.
    right
        Probability that a statement is right, ``(sample, voice)`` by group (`posterior`, `prior`).
    statements
        Statements behind each voice, ``(voice,)``.
    contraction
        Part of the prior variance of the voice's log-odds that the data took away, ``(voice,)``.
    """

    source: Sequence[str]
    kind: Sequence[str]
    right: Mapping[str, Floats]
    statements: NDArray[np.int64]
    contraction: Floats


def reliability(posterior: xr.DataTree) -> Reliability:
    """How often each voice of `Statements` is right, and how much the data say of it."""
    groups, _, part = laid_part(posterior, "statements", "Statements()", "plot_sources")
    voices = [str(label) for label in part.levels.coords["voice"]]
    log_odds = {
        group: stacked(posterior[group].to_dataset()[["statements_accuracy"]])["statements_accuracy"]
        for group in groups
    }
    said = statements_on(posterior["constant_data"].to_dataset(), ROLE)
    heard = said["voice"][said["row"] >= 0]
    pairs = [label.rpartition(" | ")[::2] for label in voices]
    return Reliability(
        [source for source, _ in pairs],
        [kind for _, kind in pairs],
        {group: right(values, part.levels) for group, values in log_odds.items()},
        np.array([(heard == label).sum() for label in voices]),
        1 - log_odds["posterior"].var(axis=0) / log_odds["prior"].var(axis=0),
    )


def right(log_odds: Floats, levels: Levels) -> Floats:
    """Probability that a statement is right, were all named actors to kill equally often, ``(sample, voice)``.

    A voice that does not know is right by luck: whatever its habit, in one of so many cases as there are actors.
    """
    knows, luck = expit(log_odds), 1 / len(levels.coords["named"])
    wrong = (1 - knows) * np.where(levels.data["sign"] < 0, luck, 1 - luck)
    return np.asarray(1 - wrong)


def laid_part(
    posterior: xr.DataTree, name: str, what: str, verb: str
) -> tuple[tuple[str, str], Design, Part]:
    """The groups of draws, the fitted model laid over its events, and the part of it with this name."""
    groups = ("posterior", "prior")
    lacking = [group for group in (*groups, "constant_data") if group not in posterior.children]
    if lacking or "model" not in posterior.attrs:
        raise AttributionError(
            f"{verb}() needs what fit() returns; this lacks {', '.join(lacking) or 'the model'}."
        )
    fit = fit_of(posterior)
    if name not in [component.name for component in fit.model.components]:
        raise AttributionError(f"{verb}() draws what {what} learns, and the fitted model has no {what}.")
    return groups, fit.design, next(part for part in fit.design.parts if part.component.name == name)

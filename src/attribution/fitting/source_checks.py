"""Checks of what shares rest on where sources speak: who names nobody, who follows a habit or a claim, who contradicts.

A check that fails does not say that the shares are wrong: it says whose word they are.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from scipy.special import expit
from scipy.stats import binom

from attribution.errors import Check
from attribution.events.schema import UNLISTED
from attribution.fitting.check_records import at_least, at_most

KNOWS, ECHO = 0.25, 0.5
"""Least share of a voice's statements made in knowledge, and most of the claims it hears that it repeats."""
SPOKEN = 20
"""Statements below which nothing is said of a voice."""
RARE, CHANCE = 0.02, 0.01
"""A label is contradicted below the first probability; more labels are than chance allows below the second."""


def source_checks(posterior: xr.DataTree) -> list[Check]:
    """What the law of statements learnt of those who speak; none where the model has no such law."""
    parameters = posterior["posterior"].to_dataset()
    if "statements_accuracy" not in parameters:
        return []
    events = posterior["constant_data"].to_dataset()
    return [*nobody_named(posterior, events), *habits(parameters, events), *echoes(parameters)]


def nobody_named(posterior: xr.DataTree, events: xr.Dataset) -> list[Check]:
    """Whether anybody ever named the unlisted actor; none in a closed model."""
    if UNLISTED not in posterior["attribution"].to_dataset()["actor"].values:
        return []
    said = int((events["statement_actor"].values == UNLISTED).sum()) if "statement_actor" in events else 0
    said += int((events["perpetrator"].values == UNLISTED).sum()) if "perpetrator" in events else 0
    return [
        at_least(
            "somebody unlisted is named",
            float(said),
            1.0,
            f"Statements and labels that name {UNLISTED!r}",
            f"No source and no label ever names {UNLISTED!r}: its share is the law's word. Cite it with its interval "
            f"and beside that of a closed model, or establish some such killings.",
        )
    ]


def habits(parameters: xr.Dataset, events: xr.Dataset) -> list[Check]:
    """Whether each voice that speaks often knows at least sometimes whom it names."""
    voices = [str(label) for label in parameters["voice"].values]
    said = [
        f"{source} | {kind}"
        for source, kind in zip(
            events["statement_source"].values, events["statement_kind"].values, strict=True
        )
    ]
    often = [v for v, label in enumerate(voices) if said.count(label) >= SPOKEN]
    if not often:
        return []
    knows = np.median(expit(parameters["statements_accuracy"].values), axis=(0, 1))[often]
    least = voices[often[int(knows.argmin())]]
    return [
        at_least(
            "voices that know",
            float(knows.min()),
            KNOWS,
            f"Least share of what a voice says that it knows ({least})",
            f"{least!r} names whom it usually names, whoever did it: what it says moves little. Fit again without it, "
            f"and report both.",
        )
    ]


def echoes(parameters: xr.Dataset) -> list[Check]:
    """Whether a voice repeats most of the claims it hears."""
    if "statements_echo" not in parameters:
        return []
    rate = np.median(expit(parameters["statements_echo"].values), axis=(0, 1))
    most = str(parameters["reporter"].values[int(rate.argmax())])
    return [
        at_most(
            "voices that follow claims",
            float(rate.max()),
            ECHO,
            f"Share of the claims that the voice repeats which repeats most ({most})",
            f"{most!r} names who claimed: after a claim it is no second source, and the law does not count it as one. "
            f"Do not cite it as confirmation of a claim.",
        )
    ]


def label_checks(posterior: xr.DataTree) -> list[Check]:
    """Whether labels name actors to whom everything else points: more that it does not than chance allows."""
    group = posterior["attribution"].to_dataset()
    if "label_chance" not in group:
        return []
    chance = group["label_chance"].values[group["known"].values]
    chance = chance[np.isfinite(chance)]
    if not len(chance):
        return []
    against = int((chance < RARE).sum())
    p = float(binom.sf(against - 1, len(chance), RARE))
    return [
        at_least(
            "labels and everything else agree",
            p,
            CHANCE,
            f"Of {len(chance)} known perpetrators {against} have less than {RARE:.0%} by all but their label; chance",
            "Look at these killings (posterior['attribution']['label_chance']): what sources see may look like "
            "somebody else's work, or labels are of another kind than the rest. Do not cite shares of open killings "
            "before that is explained.",
        )
    ]

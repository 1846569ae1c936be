"""Checks of what shares rest on where sources speak: who names nobody, who follows a habit or a claim, who contradicts.

A check that fails does not say that the shares are wrong: it says whose word they are.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import binom, hypergeom

from attribution.errors import Check
from attribution.events.schema import UNLISTED
from attribution.fitting.check_records import at_least, at_most

KNOWS, ECHO = 0.25, 0.5
"""Least share of a voice's statements made in knowledge, and most of the claims it hears that it repeats."""
SPOKEN = 20
"""Statements below which nothing is said of a voice."""
GAP = 0.1
"""Least share of the events that a gap in what a source speaks of is looked at."""
RARE, CHANCE = 0.02, 0.01
"""A label is contradicted below the first probability; more labels are than chance allows below the second."""
SHARED = 0.025
"""Chance below which sources share wrong names, or somebody is new; larger, since the fit has seen these events."""
CLAIMED = 0.05
"""Share of the killings that are claimed below which it matters little how many claims are false."""


def source_checks(posterior: xr.DataTree) -> list[Check]:
    """What the law of statements learnt of those who speak; none where the model has no such law."""
    parameters = posterior["posterior"].to_dataset()
    if "statements_accuracy" not in parameters:
        return []
    events = posterior["constant_data"].to_dataset()
    apart = "source_residuals" in posterior.children
    found = posterior["source_residuals"].to_dataset() if apart else xr.Dataset()
    return [
        *nobody_named(posterior, events),
        *habits(parameters, events),
        *echoes(parameters),
        *throughout(events),
        *shared_names(found),
        *somebody_new(found),
        *steady_voices(found),
    ]


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
            f"and beside that of a closed model, or establish some such killings. Where you know when somebody new "
            f"appeared, say so: ActivePeriod({{{UNLISTED!r}: (date, None)}}).",
        )
    ]


def habits(parameters: xr.Dataset, events: xr.Dataset) -> list[Check]:
    """Whether each voice that speaks often knows at least sometimes whom it names."""
    if "statement_source" not in events:
        return []
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


def throughout(events: xr.Dataset) -> list[Check]:
    """Whether sources whose coverage is not stated speak from first to last and of every area.

    None where no such source speaks often.
    """
    if "statement_source" not in events:
        return []
    stated = set(events["coverage_source"].values) if "coverage_source" in events else set()
    order = np.argsort(events["date"].values, kind="stable")
    place = pd.Index(events["event"].values[order])
    area = events["area"].values[order] if "area" in events else np.full(len(order), "")
    found = []
    for source in sorted(set(events["statement_source"].values) - stated):
        own = np.unique(
            place.get_indexer(events["statement_event"].values[events["statement_source"] == source])
        )
        if len(own) >= SPOKEN:
            found += [(chance, str(source), where) for chance, where in gaps(own, area)]
    if not found:
        return []
    chance, source, where = min(found)
    return [
        at_least(
            "sources that watch throughout",
            min(1.0, chance * len(found)),
            CHANCE,
            f"Chance that a source which watches everything leaves such a gap ({source}: {where})",
            f"{source!r} probably did not watch everything, and its silence elsewhere is taken for evidence: state "
            "when and where sources watch, read_events(..., coverage=...), and fit again.",
        )
    ]


def gaps(own: NDArray[np.int64], area: NDArray[np.str_]) -> list[tuple[float, str]]:
    """Chance of the gaps that a source left, and what each is called: before it first spoke, after, in an area.

    ``own`` are the events it spoke on, positions in order of time, and ``area`` that of each event. Had it spoken on as
    many events at random, none of a given number of others would be among them with a hypergeometric probability.
    """
    count, said = len(area), len(own)
    lacking = {"before it first spoke": int(own.min()), "after it last spoke": count - 1 - int(own.max())}
    spoken = set(area[own])
    lacking |= {
        f"in {label}": 0 if label in spoken else int((area == label).sum())
        for label in sorted(set(area) - {""})
    }
    return [
        (float(hypergeom.pmf(0, count, said, number)) if number >= GAP * count else 1.0, where)
        for where, number in lacking.items()
    ]


def shared_names(found: xr.Dataset) -> list[Check]:
    """Whether sources agree more often than they would by what each knows, and name the same wrong actor.

    None where no two sources speak of the same events, and in posteriors of earlier versions; see `agreement`.
    """
    checks = []
    if found.sizes.get("pair", 0):
        worst = found.isel(pair=int(found["agreed_chance"].values.argmin()))
        pair, number = str(worst["pair"].values), found.sizes["pair"]
        agreed, expected = int(worst["agreed"]), float(worst["agreed_expected"])
        checks.append(
            at_least(
                "voices that agree too well",
                min(1.0, number * float(worst["agreed_chance"])),
                CHANCE,
                f"Of {number} pairs of voices {pair} agrees most beyond what each knows: on {agreed} events, expected "
                f"{expected:.0f}; chance",
                "One may repeat the other, and is then no second source: say so, Statements(copies={copier: original}) "
                "or the column origin, and fit again; where either may be the copier, fit both. If neither repeats "
                "the other, they err together: do not cite what both name as confirmed.",
            )
        )
    if "same_wrong" in found:
        number, expected = int(found["same_wrong"]), float(found["same_wrong_expected"])
        checks.append(
            at_least(
                "wrong names that sources share",
                float(found["same_wrong_chance"]),
                SHARED,
                f"Pairs of sources name the same wrong actor of a known killing {number} times, expected "
                f"{expected:.1f}; chance",
                "What sources see looks like somebody else's work, or they repeat each other (state that). Fit with "
                "Statements(lookalikes=True), which learns from labels whose killings look like whose; where hardly "
                "any is labelled, do not cite shares of the actors that are confused.",
            )
        )
    return checks


def somebody_new(found: xr.Dataset) -> list[Check]:
    """Whether somebody unlisted is more active late than early; none in a closed model; see `steadiness`."""
    if "appeared_chance" not in found:
        return []
    day = str(found["appeared_from"].values)
    return [
        at_least(
            "somebody unlisted is there throughout",
            float(found["appeared_chance"]),
            SHARED,
            f"Chance that {UNLISTED!r} seems so much more active late than early (most from {day} on), were it not",
            f"A group that nobody lists may have appeared about {day}. List it, if you know which: as an actor, or as "
            f"ActivePeriod({{{UNLISTED!r}: ({day!r}, None)}}) with the day that you know. Else do not cite the share "
            f"of {UNLISTED!r}, which is then too small, nor shares of later killings.",
        )
    ]


def steady_voices(found: xr.Dataset) -> list[Check]:
    """Whether each voice is right as often in each area and period; none where none speaks often."""
    if not found.sizes.get("voice_setting", 0):
        return []
    worst = found.isel(voice_setting=int(found["steady_chance"].values.argmin()))
    number, label = found.sizes["voice_setting"], str(worst["voice_setting"].values)
    return [
        at_least(
            "voices as right here as there",
            min(1.0, number * float(worst["steady_chance"])),
            CHANCE,
            f"Of {number} pairs of a voice and a setting, how often it names who did it changes most for {label} (most "
            f"often right: {worst['steady_most'].item()}; least: {worst['steady_least'].item()}); chance",
            "This source, or another that is believed against it, is right in a part only: one accuracy for all is "
            "wrong, and shares may be too. Do not cite them: fit without each source in turn, "
            "sensitivity(posterior, refit='all'), look which gives what, and report the range; establish some killings "
            "in each setting.",
        )
    ]


def claim_checks(posterior: xr.DataTree) -> list[Check]:
    """Whether any claimed killing is known by something else; none without the law of claims, or with few claims."""
    events = posterior["constant_data"].to_dataset()
    if "claim_false" not in posterior["posterior"].to_dataset() or "claimed_by" not in events:
        return []
    claimed = events["claimed_by"].values != ""
    if claimed.mean() < CLAIMED:
        return []
    known = posterior["attribution"].to_dataset()["known"].values & claimed
    return [
        at_least(
            "claims held against something else",
            float(known.sum()),
            1.0,
            f"Of {claimed.sum()} claimed killings the perpetrator is known by something else of",
            "How rare false claims are is the prior's word, and how often sources are right follows from it. Fit with "
            "Claim(false_mean=-3, false_mean_sd=1.5, false_sd=1) and without Claim, and report the range; or establish "
            "who did some claimed killings.",
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

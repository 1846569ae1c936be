"""Killings laid over the days and areas of a record of outcomes, with who may have done each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from attribution.arrays import Floats
from attribution.errors import AttributionError
from attribution.events.windows import window
from attribution.outcomes.response import Course, Index
from attribution.results.summaries import column_values

KILLING, CLAIM = "killing", "claim"
Days = NDArray[np.datetime64]
NAT = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Case:
    """Killings that count.

    Attributes
    ----------
    course
        Area and day of each.
    chance
        Probability of each group at some posterior draws, ``(draw, event, group)``.
    drawn
        Group each is of, at the same draws, ``(draw, event)``.
    mean
        Posterior mean of the probabilities, ``(event, group)``.
    """

    course: Course
    chance: Floats
    drawn: Index
    mean: Floats


def span(period: tuple[str, str] | None) -> tuple[np.datetime64, np.datetime64] | None:
    """First and last day of the period."""
    if period is None:
        return None
    try:
        first, last = (np.datetime64(day, "D") for day in period)
    except ValueError as error:
        raise AttributionError(f"benefit(period={period}): give two days, written YYYY-MM-DD.") from error
    if not first < last:
        raise AttributionError(f"benefit(period={period}): the last day must come after the first.")
    return first, last


def killing_areas(posterior: xr.DataTree, area: str) -> NDArray[Any]:
    """Area of each killing; empty throughout where the events have none."""
    held = posterior["constant_data"].to_dataset()
    if area == "area" and area not in held:
        return np.full(held.sizes["event"], "")
    return np.asarray(column_values(posterior, area)).astype(str)


def killing_days(posterior: xr.DataTree, around: str, where: NDArray[Any]) -> tuple[Days, dict[str, int]]:
    """Day to count from, NaT where there is none; and how many killings are left out for which reason."""
    held = posterior["constant_data"].to_dataset()
    first, last = window(held)
    if around == CLAIM:
        dated = held["claim_date"].values if "claim_date" in held else np.full(len(first), NAT)
        day, reason = dated.astype("datetime64[D]"), "without a dated claim"
    else:
        day, reason = np.where(first == last, first, NAT), "not dated to a day"
    nowhere = (where == "") & (where != "").any()
    left = {reason: int(np.isnat(day).sum()), "without an area": int((nowhere & ~np.isnat(day)).sum())}
    return np.where(nowhere, NAT, day), left


def told(left: dict[str, int]) -> str:
    """How many killings are not counted, in words."""
    return ", ".join(f"{number:,} {reason}" for reason, number in left.items() if number) or "none"


def has_draws(posterior: xr.DataTree) -> bool:
    """Whether probabilities are kept draw by draw."""
    return "probability" in posterior["attribution"].to_dataset()


def groups_of(around: str, by_claim: bool) -> list[str]:
    """Labels of the dimension `claimed`."""
    if not by_claim:
        return ["all"]
    return ["unclaimed", "claimed"] if around == KILLING else ["claimed by another", "claimed by itself"]


def case_of(
    posterior: xr.DataTree, course: Course, kept: Index, around: str, by_claim: bool, draws: int
) -> Case:
    """The killings that count, with the probabilities of the groups (actor, claimed) at some draws."""
    held = posterior["constant_data"].to_dataset().isel(event=kept)
    group = posterior["attribution"].to_dataset().isel(event=kept)
    split = split_of(held, [str(name) for name in group["actor"].values], around, by_claim)
    actors, parts = split.shape[1:]
    drawn = group["perpetrator"].values.reshape(-1, len(kept)).astype(np.int64)
    some = np.linspace(0, len(drawn) - 1, min(draws, len(drawn))).astype(np.int64)
    part = split.argmax(axis=-1)[np.arange(len(kept)), drawn[some]]
    mean = group_chances(group["mean"].values, split)
    chance = np.broadcast_to(mean, (len(some), *mean.shape))
    if has_draws(posterior):
        every = group["probability"].values.reshape(len(drawn), len(kept), actors)
        chance = group_chances(every[some], split)
    return Case(course, chance, drawn[some] * parts + part, mean)


def split_of(held: xr.Dataset, names: list[str], around: str, by_claim: bool) -> NDArray[np.bool_]:
    """Which part of `groups_of` a killing is of if this actor did it, ``(event, actor, claimed)``."""
    count = held.sizes["event"]
    if not by_claim:
        return np.ones((count, len(names), 1), dtype=bool)
    claimants = held["claimed_by"].values if "claimed_by" in held else np.full(count, "")
    if around == CLAIM:
        flag = np.array([[name in str(label).split("|") for name in names] for label in claimants])
    else:
        flag = np.repeat(claimed_at_once(held, claimants != "")[:, None], len(names), axis=1)
    return np.stack([~flag, flag], axis=-1)


def claimed_at_once(held: xr.Dataset, claimed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each killing was claimed by the end of its day, so that nothing recorded after it decides the group.

    A claim that waits for an outcome would otherwise make claimed killings the cause of it.
    """
    dated = held["claim_date"].values if "claim_date" in held else np.full(len(claimed), NAT)
    day = dated.astype("datetime64[D]")
    undated = np.flatnonzero(claimed & np.isnat(day))
    if len(undated):
        shown = ", ".join(repr(str(label)) for label in held["event"].values[undated[:5]])
        raise AttributionError(
            f"benefit(by_claim=True): {len(undated):,} claimed killings have no claim_date, first {shown}. A killing "
            "is of the claimed ones if its claim came by the end of its day: a later claim may have waited for the "
            "outcome. Fill in claim_date, or give by_claim=False."
        )
    return np.asarray(claimed & (day <= window(held)[0]))


def group_chances(chance: NDArray[Any], split: NDArray[np.bool_]) -> Floats:
    """Probability of each actor and part, flat, ``(..., event, group)``; stored ones sum to one but for rounding."""
    whole = chance.astype(float)
    parted = (whole / whole.sum(axis=-1, keepdims=True))[..., None] * split
    return np.asarray(parted.reshape(*chance.shape[:-1], -1))


def outcomes_by_day(
    table: pd.DataFrame, areas: NDArray[Any], first: np.datetime64, days: int
) -> dict[str, Floats]:
    """Outcomes of each kind, ``(area, day)``."""
    day = (table["date"].to_numpy().astype("datetime64[D]") - first).astype(np.int64)
    area = np.searchsorted(areas, table["area"].to_numpy().astype(str))
    found = {}
    for kind, own in sorted(table.groupby("kind").indices.items()):
        found[str(kind)] = np.zeros((len(areas), days))
        np.add.at(found[str(kind)], (area[own], day[own]), 1.0)
    return found

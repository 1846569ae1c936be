"""Any table of events, read as ours through a mapping: a JSON file that says which column is what.

Line breaks and repeated blanks inside a cell become one blank.

    columns     our column -> theirs, or a list of theirs that are joined by " / "
    missing     our column -> values of it that mean nothing is known
    date        their column of a date or a year; or a list of year, month, day (0 or empty: not known that precisely)
    actor       their column of the perpetrator
    unknown     values of it that name nobody
    actor_names renames values of it (several may get one name)
    minimum     actors with fewer events are `other`
    other       name of that actor; every event with a known perpetrator keeps it
    where       their column -> values kept
    labelled    their column -> values with which `actor` is a label; in other rows nobody is known
    rank_of     their value of `target_rank` -> ours; `ranks` gives the order, lowest first
    categories, covariates   our columns that bear on who did it, beside area, place, rank and date
    incident    {"column", "continues", "within"}: a row continues the incident of the row above where the column holds
                `continues` and the columns `within` agree
    evidence    whether claims and statements are given to every method; without it they are not read
    statements  file of statements beside the data
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import attribution as at

ACTIVITY = ("area", "place", "target_rank", "latitude", "longitude")
"""Our columns that terms of the default model read, beside the categories and covariates."""


@dataclass(frozen=True)
class Mapped:
    """A table laid out: events as `read_events` returns them, and what of them may be used."""

    events: xr.Dataset
    actors: tuple[str, ...]
    categories: tuple[str, ...]
    covariates: tuple[str, ...]
    evidence: bool
    active: dict[str, list[str | None]] | None = None


def read(data: Path, mapping: Path | dict[str, Any], active: Path | None = None) -> Mapped:
    """The events of a file through a mapping, or the file of one; first and last date of actors from another file."""
    plan = json.loads(mapping.read_text(encoding="utf-8")) if isinstance(mapping, Path) else mapping
    raw = pd.read_csv(data, dtype=str, keep_default_na=False).replace(r"\s+", " ", regex=True)
    raw["incident"] = incident(raw, plan.get("incident"))
    for column, values in plan.get("where", {}).items():
        raw = raw[raw[column].isin(values)]
    raw = raw.reset_index(drop=True)
    frame = pd.DataFrame({ours: joined(raw, theirs) for ours, theirs in plan["columns"].items()})
    if "event_id" not in frame:
        frame["event_id"] = [f"row {i + 1}" for i in range(len(frame))]
    for column, values in plan.get("missing", {}).items():
        frame[column] = frame[column].mask(frame[column].isin(values), "")
    frame["date"] = dates(raw, plan["date"])
    if plan.get("incident"):
        frame["incident"] = raw["incident"]
    if "rank_of" in plan:
        frame["target_rank"] = frame["target_rank"].map(plan["rank_of"]).fillna("")
    actor = raw[plan["actor"]]
    for column, values in plan.get("labelled", {}).items():
        actor = actor.where(raw[column].isin(values), "")
    frame["perpetrator"] = actors(actor, plan)
    undated = frame["date"] == ""
    if undated.any():
        print(f"{undated.sum()} rows without a year are left out", file=sys.stderr)
        frame = frame[~undated]
    frame = frame.sort_values("date", kind="stable", ignore_index=True)
    evidence = bool(plan.get("evidence"))
    statements = data.parent / plan["statements"] if evidence and "statements" in plan else None
    if not evidence:
        frame = frame.drop(columns=["claimed_by", "claim_date"], errors="ignore")
    events = at.read_events(frame, ranks=plan.get("ranks"), statements=statements)
    names = sorted(set(frame["perpetrator"]) - {""})
    return Mapped(
        events,
        tuple(names),
        tuple(plan.get("categories", ())),
        tuple(plan.get("covariates", ())),
        evidence,
        json.loads(active.read_text(encoding="utf-8"))["spans"] if active else None,
    )


def joined(raw: pd.DataFrame, theirs: str | list[str]) -> pd.Series[str]:
    """One of their columns, or several as one."""
    return raw[theirs] if isinstance(theirs, str) else raw[theirs].agg(" / ".join, axis=1)


def dates(raw: pd.DataFrame, theirs: str | list[str]) -> pd.Series[str]:
    """Dates as precise as they are known; empty where not even the year is."""
    if isinstance(theirs, str):
        return raw[theirs]

    def one(year: str, month: str, day: str) -> str:
        parts = []
        for text, width in ((year, 4), (month, 2), (day, 2)):
            if not text.isdigit() or int(text) == 0:
                break
            parts.append(text.zfill(width))
        return "-".join(parts)

    return pd.Series([one(*row) for row in raw[theirs].itertuples(index=False)], index=raw.index)


def incident(raw: pd.DataFrame, plan: dict[str, Any] | None) -> pd.Series[str]:
    """Label of the incident of each row, by the order of the rows."""
    if plan is None:
        return pd.Series("", index=raw.index)
    within = raw[plan["within"]]
    starts = ~raw[plan["column"]].isin(plan["continues"]) | within.ne(within.shift()).any(axis=1)
    return starts.cumsum().astype(str)


def actors(theirs: pd.Series[str], plan: dict[str, Any]) -> pd.Series[str]:
    """The perpetrator of each row: empty, a name, or the name of all others."""
    named = theirs.mask(theirs.isin(["", *plan.get("unknown", ())]), "").replace(plan.get("actor_names", {}))
    count = named[named != ""].value_counts()
    small = named.map(count).fillna(np.inf) < plan.get("minimum", 0)
    return named.mask(small, plan.get("other", "Other"))


def default_model(mapped: Mapped) -> at.Model:
    """The library's default terms for the columns there are."""
    has = mapped.events.data_vars
    activity: list[Any] = [at.Baseline()]
    if "target_rank" in has:
        activity.append(at.TargetRank())
    activity += [at.Category(column) for column in mapped.categories]
    activity += [at.Covariate(column, log=True) for column in mapped.covariates]
    if "area" in has:
        activity += [at.Location(), at.Timing(by="area")]
    activity.append(at.Timing())
    if mapped.active:
        activity.append(at.ActivePeriod(mapped.active))
    laws: list[Any] = []
    if mapped.evidence and "claimed_by" in has:
        laws.append(at.Claim())
    if mapped.evidence and "statement_event" in has:
        laws.append(at.Statements())
    return at.Model(mapped.actors, activity, laws, closed=True)

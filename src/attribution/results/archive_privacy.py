"""What a saved posterior leaves out: coordinates, places and exact dates that no component uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import xarray as xr

from attribution.arrays import Array
from attribution.errors import AttributionError
from attribution.fitting.diagnostics import from_json as checks_of
from attribution.fitting.diagnostics import to_json as checks_json
from attribution.fitting.source_checks import somebody_new, steady_voices
from attribution.model.design import lay
from attribution.model.specification import Model, from_json
from attribution.results.privacy import DATES, Privacy
from attribution.runs.fingerprint import UnknownValueError, fingerprint

COORDINATES = ("latitude", "longitude", "location_precision")
LATER = ("claim_date", "observed_until")
"""Columns of exact dates, besides those of the killing."""

NOT_SHOWN = "not shown"

Step = Callable[[xr.Dataset], xr.Dataset]


def left_out(posterior: xr.DataTree, privacy: Privacy) -> tuple[xr.DataTree, tuple[str, ...]]:
    """The posterior without what ``privacy`` does not show and no component uses, and what that is.

    A component uses what changes the model laid over the events: each step is tried, and taken
    where the design stays the same to the last number. Components whose designs cannot be compared
    keep everything.
    """
    events = posterior["constant_data"].to_dataset()
    model = from_json(posterior.attrs["model"])
    before, gone = laid(model, events), []
    for name, step in steps(events, privacy):
        tried = step(events)
        if before and laid(model, tried) == before:
            events = tried
            gone.append(name)
    made = posterior.copy()
    made["constant_data"] = events
    if "source_residuals" in made.children:
        found = coarse_residuals(made["source_residuals"].to_dataset(), gone, privacy)
        made["source_residuals"] = found
        if "checks" in made.attrs:
            made.attrs["checks"] = retold(posterior, found)
    return made, tuple(gone)


def checks_shown(posterior: xr.DataTree, privacy: Privacy) -> str:
    """The checks made when a posterior was fitted, as JSON, without days and areas that ``privacy`` does not show."""
    kept: str = posterior.attrs["checks"]
    if "source_residuals" not in posterior.children:
        return kept
    gone = [f"dates finer than the {privacy.date}"] if privacy.date != "day" else []
    gone += ["area"] if privacy.place == "none" else []
    return retold(posterior, coarse_residuals(posterior["source_residuals"].to_dataset(), gone, privacy))


def retold(posterior: xr.DataTree, found: xr.Dataset) -> str:
    """The checks of a posterior, as JSON; those of who is not steady tell ``found``."""
    told = {check.name: check for check in (*somebody_new(found), *steady_voices(found))}
    return checks_json([told.get(check.name, check) for check in checks_of(posterior)])


def coarse_residuals(found: xr.Dataset, gone: list[str], privacy: Privacy) -> xr.Dataset:
    """What was found of who is not steady, without days and areas that were left out of the events."""
    found = found.copy()
    dates, areas = f"dates finer than the {privacy.date}" in gone, "area" in gone
    length = {"year": 4, "month": 7, "day": 10}[privacy.date]
    if dates and "appeared_from" in found:
        found["appeared_from"] = ((), np.asarray(str(found["appeared_from"].values)[:length]))
    for name in [own for own in ("steady_most", "steady_least") if own in found]:
        kind = [str(label).rpartition(", by ")[2] for label in found["voice_setting"].values]
        values = [
            NOT_SHOWN
            if areas and by == "area"
            else without_day(value, length)
            if dates and by == "period"
            else value
            for value, by in zip(found[name].values.astype(str).tolist(), kind, strict=True)
        ]
        found[name] = ("voice_setting", np.array(values))
    return found


def without_day(period: str, length: int) -> str:
    """The label of a period with so much of the day it begins on."""
    words, _, day = period.rpartition(" ")
    return f"{words} {day[:length]}"


def laid(model: Model, events: xr.Dataset) -> str:
    """A digest of the model laid over events; empty where it cannot be laid, or no digest can be made."""
    try:
        return fingerprint(lay(model, events))
    except (AttributionError, UnknownValueError, KeyError):  # a column that a component of one's own reads
        return ""


def steps(events: xr.Dataset, privacy: Privacy) -> Iterator[tuple[str, Step]]:
    """What may be left out by name, and how."""
    groups: dict[str, tuple[str, ...]] = {"coordinates": COORDINATES}
    groups |= {} if privacy.place == "place" else {"place": ("place",)}
    groups |= {"area": ("area",)} if privacy.place == "none" else {}
    groups |= {} if privacy.date == "day" else {name: (name,) for name in LATER}
    for name, columns in groups.items():
        held = [column for column in columns if column in events]
        if held:
            yield name, without(held)
    if privacy.date != "day":
        yield f"dates finer than the {privacy.date}", lambda held: coarse(held, privacy.date)


def without(columns: list[str]) -> Step:
    """The step that drops some columns."""
    return lambda events: events.drop_vars(columns)


def coarse(events: xr.Dataset, precision: str) -> xr.Dataset:
    """Events with dates of a precision, or of a coarser one where they had that."""
    given = events["date_precision"].values.astype(str)
    finer = (given == "day") | ((given == "month") & (precision == "year"))
    date = events["date"].values.copy()
    date[finer] = first_day(date[finer], precision)
    told = events.assign(
        date=(events["date"].dims, date, events["date"].attrs),
        date_precision=(events["date_precision"].dims, np.where(finer, precision, given)),
    )
    if "date_last" not in events:
        return told
    last = events["date_last"].values
    step = np.timedelta64(1, "Y") if precision == "year" else np.timedelta64(1, "M")
    after = last.astype(f"datetime64[{DATES[precision]}]") + step
    end = after.astype("datetime64[D]") - np.timedelta64(1, "D")
    return told.assign(
        date_last=(events["date_last"].dims, end.astype(last.dtype), events["date_last"].attrs)
    )


def first_day(date: Array, precision: str) -> Array:
    """First day of the month or year of each date."""
    return np.asarray(date.astype(f"datetime64[{DATES[precision]}]").astype(date.dtype))

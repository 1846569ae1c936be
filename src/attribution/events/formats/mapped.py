"""`read_table`: a table of any layout, with a mapping of its columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from attribution.errors import nearest
from attribution.events.formats.cells import coordinates, ids, people
from attribution.events.formats.conversion import UNKNOWN_ACTOR, UNKNOWN_VALUE, Conversion, open_foreign
from attribution.events.formats.dates import iso
from attribution.events.formats.persons import may_name_persons
from attribution.events.schema import COLUMNS
from attribution.events.text_table import Source

SUSPECTED = "suspected"
ACTORS = ("perpetrator", "claimed_by")
DATES = ("date", "date_last", "claim_date", "observed_until")
VALUES = ("area", "place", "target_rank", "target_affiliation", "method")
_SUSPECT = re.compile(
    r"(?:suspected|alleged|presumed|probable|probably|likely|possibly|يشتبه في|يشتبه ب|يعتقد أنه|يرجح أنه)"
    r"\s*:?\s+(?P<a>.+)"
    r"|(?P<b>.+?)\s*(?:\?|\((?:suspected|alleged|presumed|probable|likely|possibly|مشتبه|مشتبه به|يعتقد|مرجح|\?)\))",
    re.IGNORECASE,
)


def read_table(
    path: Source,
    mapping: Mapping[str, str],
    *,
    source: str = "",
    day_first: bool | None = None,
    keep: Collection[str] = (),
    skip: bool = False,
    ranks: Sequence[str] | None = None,
    actors: Sequence[str] | None = None,
    encoding: str = "utf-8",
) -> xr.Dataset:
    """Events of a table of any layout: a monitor's export, a spreadsheet typed by hand.

    What is changed is reported, cell by cell where it loses anything: dates are written as ISO dates, decimal commas
    as points, impossible coordinates are emptied, spellings of "unknown" are emptied, suspected perpetrators ("IS?",
    "suspected IS", the column mapped to `suspected`) become accusations by ``source``, rows without an id are numbered.
    Columns that are not mapped ride along, except those that may name persons or hold free text.

    Parameters
    ----------
    path
        A ``.csv``, ``.csv.gz`` or ``.parquet`` file, or a DataFrame. Save a spreadsheet as CSV in UTF-8.
    mapping
        Columns of the event table to columns of the file: ``{"event_id": "No.", "date": "Date", "area": "المنطقة"}``.
        `date` must be there. One more key, `suspected`, names a column of suspected actors.
    source
        Who keeps the table: the source of its suspicions. Needed where there are any.
    day_first
        Whether ``03/04/2021`` is 3 April. With None such a date is refused unless one of the numbers is above 12.
    keep
        Columns that would be left out as free text and are to ride along; those that may name persons never do.
    skip
        Leave out rows that break a rule and report them (`decisions`), rather than refuse the table.
    ranks, actors
        As in `read_events`.
    encoding
        Of CSV files.

    Returns
    -------
    xarray.Dataset
        What `read_events` returns; `decisions` reports what was decided.

    Raises
    ------
    DataError
        A mapping that does not fit the table, or rows that break rules (all of them are listed).

    Examples
    --------
    >>> import attribution as at, pandas as pd
    >>> table = pd.DataFrame({"No.": [1, 2], "Date": ["17.3.2021", "April 2021"], "Who": ["IS (suspected)", "?"]})
    >>> mapping = {"event_id": "No.", "date": "Date", "perpetrator": "Who"}
    >>> events = at.read_table(table, mapping, source="SOHR", day_first=True)
    >>> events["date_precision"].values.tolist(), events["statement_actor"].values.tolist()
    (['day', 'month'], ['IS'])
    """
    table = open_foreign(path, encoding, lower=False)
    check_mapping(table, mapping)
    raw, made = table.raw, table.columns
    if "event_id" in mapping:
        ids(table, mapping["event_id"])
    else:
        made["event_id"] = np.array([f"row {i + 1}" for i in range(raw.rows)], dtype=object)
        table.decide("column", "", "no id", "event_id", raw.rows, "Events are numbered by their row.")
    for column in mapping.keys() & set(DATES):
        theirs = mapping[column]
        why = "ISO dates."
        made[column] = table.replace(theirs, raw.text(theirs), lambda cell: iso(cell, day_first), why)
    if {"latitude", "longitude"} <= mapping.keys():
        stated = mapping.get("location_precision")
        precision = None if stated is None else raw.text(stated)
        coordinates(table, (mapping["latitude"], mapping["longitude"]), precision)
    for column in ("killed", "injured"):
        if column in mapping:
            people(table, mapping[column], column)
    for column in VALUES:
        if column in mapping:
            cells = raw.text(mapping[column])
            made[column] = table.blank(mapping[column], cells, UNKNOWN_VALUE, "A value nobody knows.")
    for column in ACTORS:
        if column in mapping:
            cells = raw.text(mapping[column])
            made[column] = table.blank(mapping[column], cells, UNKNOWN_ACTOR, "An actor nobody knows.")
    suspicions(table, mapping, source)
    made |= {
        column: raw.text(theirs) for column, theirs in mapping.items() if column not in (*made, SUSPECTED)
    }
    rest(table, mapping, keep)
    return table.finish(source=path, skip=skip, ranks=ranks, actors=actors)


def check_mapping(table: Conversion, mapping: Mapping[str, str]) -> None:
    """Raise `DataError` for a mapping that does not fit the table."""
    known = (*COLUMNS, SUSPECTED)
    for column, theirs in mapping.items():
        if column not in known:
            fix = f"Leave it out: other columns ride along by themselves.{nearest(str(column), known)}"
            table.raw.refuse(str(column), "`mapping` names a column that the event table does not have.", fix)
        if theirs not in table.raw.columns:
            fix = f"Correct `mapping`.{nearest(str(theirs), table.raw.columns)}"
            table.raw.refuse(str(theirs), "`mapping` names a column that the file does not have.", fix)
        elif may_name_persons(theirs):
            fix = "Leave it out; rename it if it names no person."
            table.raw.refuse(theirs, "Victims' names must not enter the library.", fix)
    if "date" not in mapping:
        table.raw.refuse("date", "`mapping` must say which column is the date.", "Add it.")
    table.require(())


def suspicions(table: Conversion, mapping: Mapping[str, str], source: str) -> None:
    """Suspected perpetrators as accusations by the source."""
    made = table.columns
    suspected = np.full(table.raw.rows, "", dtype=object)
    if SUSPECTED in mapping:
        theirs = mapping[SUSPECTED]
        suspected = table.blank(theirs, table.raw.text(theirs), UNKNOWN_ACTOR, "An actor nobody knows.")
        suspected = np.array([suspect(cell) or cell for cell in suspected], dtype=object)
    if "perpetrator" in made:
        doubtful = np.array([suspect(cell) for cell in made["perpetrator"]], dtype=object)
        why = f"Suspected is not known: an accusation by {source or 'the source'}."
        kept = np.where(doubtful == "", made["perpetrator"], "")
        made["perpetrator"] = table.recode(mapping["perpetrator"], made["perpetrator"], kept, why)
        suspected = np.where(suspected == "", doubtful, suspected)
    if (suspected != "").any() and not source.strip():
        fix = "Pass source='...': the monitor or office that keeps the table."
        table.raw.refuse(mapping.get(SUSPECTED, "perpetrator"), "A suspicion must be somebody's.", fix)
        table.require(())
    table.state(suspected != "", source, "accusation", suspected)


def suspect(cell: str) -> str:
    """The actor that a cell only suspects; empty where it does not say so."""
    match = _SUSPECT.fullmatch(cell)
    return "" if match is None else (match["a"] or match["b"]).strip()


def rest(table: Conversion, mapping: Mapping[str, str], keep: Collection[str]) -> None:
    """Let the columns that are not mapped ride along."""
    used = {theirs: column for column, theirs in mapping.items()}
    for theirs, column in used.items():
        table.decide("column", theirs, "", column, table.raw.rows, "Mapped by the user.")
    unmapped = {column: cells for column, cells in table.raw.columns.items() if column not in used}
    others = Conversion(replace(table.raw, columns=unmapped, distinct={}), decisions=table.decisions)
    others.ride("", {}, (), (), keep)
    table.columns = others.columns | table.columns

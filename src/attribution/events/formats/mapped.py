"""`read_table`: a table of any layout, with a mapping of its columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from attribution.arrays import Array
from attribution.events.folding import key
from attribution.events.formats.cells import coordinates, ids, people, place_and_area
from attribution.events.formats.conversion import Conversion
from attribution.events.formats.date_columns import dates, dates_of_parts
from attribution.events.formats.mapping import (
    CLAIMED,
    COUNTRY,
    SUSPECTED,
    Columns,
    check_mapping,
    columns_of,
    storable,
    with_country,
)
from attribution.events.formats.nothing import Kind, spellings
from attribution.events.formats.opening import open_foreign
from attribution.events.formats.several import actors_of, check_separator, suspect
from attribution.events.formats.sides import without_dead
from attribution.events.text_table import Source, factorized
from attribution.events.vocabulary import phrases

ACTORS = ("perpetrator", "candidates", "claimed_by", "denied_by")
DATES = ("date", "date_last", "claim_date", "observed_until")
VALUES = ("area", "place", "target_rank", "target_affiliation", "method", COUNTRY)
NUMBERS = ("latitude", "longitude", "killed", "injured")
CODES = ("date_precision", "location_precision")
KINDS: dict[str, Kind] = {
    **dict.fromkeys((*ACTORS, "sponsor"), "actor"),
    **dict.fromkeys(DATES, "date"),
    **dict.fromkeys(VALUES, "value"),
    **dict.fromkeys(NUMBERS, "number"),
    **dict.fromkeys(CODES, "code"),
}
"""What an empty cell of a column is of; other columns are taken as they are."""


def read_table(
    path: Source,
    mapping: Mapping[str, str | Sequence[str]],
    *,
    source: str = "",
    day_first: bool | None = None,
    fatal: bool = False,
    keep: Collection[str] = (),
    missing: Collection[str] = (),
    unknown: Collection[str] = (),
    separator: str | None = None,
    skip: bool = False,
    ranks: Sequence[str] | None = None,
    actors: Sequence[str] | None = None,
    encoding: str | None = None,
) -> xr.Dataset:
    """Events of a table of any layout: a monitor's export, a spreadsheet typed by hand.

    What is changed is reported, cell by cell where it loses anything: dates are written as ISO dates, decimal commas
    as points, impossible coordinates are emptied, spellings of "unknown" are emptied, suspected perpetrators ("IS?",
    "allegedly IS", the column mapped to `suspected`) become accusations by ``source``, several actors in a cell become
    candidates, rows without an id are numbered. Columns that are not mapped ride along where they are numbers, dates or
    look like a category; text that may name persons does not.

    Parameters
    ----------
    path
        A ``.csv``, ``.tsv``, ``.txt``, ``.xlsx``, ``.json`` or ``.parquet`` file, in ``.gz`` or ``.zip`` if need be, or
        a DataFrame.
    mapping
        Columns of the event table to columns of the file: ``{"event_id": "No.", "date": "Date", "area": "المنطقة"}``.
        `date` must be there; where year, month and day have columns of their own, ``{"date": ("Year", "Month",
        "Day")}``. More keys: `suspected` names a column of
        suspected actors, `country` one that stands for the area where that is empty, `claimed` one that says whether
        the group in `claimed_by` claimed (yes, 1, true, ...).
    source
        Who keeps the table: the source of its suspicions. Needed where there are any.
    day_first
        Whether ``03/04/2021`` is 3 April. By default what settles it in the column; where nothing does, an error.
    fatal
        Leave events out whose number killed is 0. By default they stay, counted in the report: a list of killings may
        say 0 where it does not know.
    keep
        Columns of text that would be left out and are to ride along; those that are called a person's name never do.
    missing
        Further spellings of an empty cell in mapped columns, besides those of `NA`, `NULL`, `-` and their like:
        ``missing=["s.o."]``.
    unknown
        Further spellings of an actor nobody knows, besides those of "unknown" in many languages:
        ``unknown=["the usual"]``. A name given in ``actors`` is an actor, however it is spelled.
    separator
        What stands between several actors in a cell: by default `and/or`, `or`, ``;``, ``|`` and commas outside
        brackets; ``separator="+"`` takes cells apart there only, ``""`` nowhere.
    skip
        Leave out rows that break a rule, reported (`decisions`) and warned about, rather than refuse the table.
    ranks, actors
        As in `read_events`.
    encoding
        Of text files; by default that of the byte order mark, else UTF-8, else Windows-1252 where the bytes can be
        that, which is reported. ``"cp1256"`` for Arabic, ``"mac_roman"`` for an older Mac.

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
    >>> events = at.read_table(table, mapping, source="SOHR")
    >>> events["date_precision"].values.tolist(), events["statement_actor"].values.tolist()
    (['day', 'month'], ['IS'])
    """
    check_separator(separator)
    table = open_foreign(path, encoding, lower=False, nothing=spellings(missing, unknown, actors))
    check_mapping(table, mapping)
    mapping = with_country(table, mapping)
    clean(table, mapping)
    numbered_or_named(table, mapping)
    for column in [name for name in DATES if name in mapping]:
        theirs = mapping[column]
        several = () if isinstance(theirs, str) else theirs
        made = dates_of_parts(table, several) if several else dates(table, str(theirs), day_first)
        table.columns[column] = made
    where(table, mapping)
    for column in ("killed", "injured"):
        if column in mapping:
            people(table, str(mapping[column]), column)
    if "killed" in mapping:
        without_dead(table, str(mapping["killed"]), "killed", fatal)
    for column in [name for name in ACTORS if name in mapping]:
        theirs = str(mapping[column])
        table.columns[column] = actors_of(table, theirs, table.raw.text(theirs), separator)
    claims(table, mapping)
    suspicions(table, mapping, source, separator)
    for column in mapping.keys() - table.columns.keys() - {SUSPECTED, COUNTRY, CLAIMED}:
        table.columns[column] = table.raw.text(str(mapping[column]))
    candidates(table)
    rest(table, mapping, keep)
    return table.finish(source=path, skip=skip, ranks=ranks, actors=actors)


def clean(table: Conversion, mapping: Columns) -> None:
    """Empty what says nothing in the mapped columns, each by its kind; parts of a date are codes."""
    for column, theirs in mapping.items():
        if column in ACTORS or column == SUSPECTED:
            # whether nobody knows an actor is asked once cells are taken apart: `IS or unknown` leaves all open
            table.clean({str(theirs): "cell"})
        elif column in KINDS:
            kind = KINDS[column] if isinstance(theirs, str) else "code"
            table.clean(dict.fromkeys(columns_of(theirs), kind))


def numbered_or_named(table: Conversion, mapping: Columns) -> None:
    """`event_id`: as written, or the number of the row."""
    if "event_id" in mapping:
        ids(table, str(mapping["event_id"]))
        return
    rows = [f"row {i + 1 + table.skipped}" for i in range(table.raw.rows)]
    table.columns["event_id"] = np.array(rows, dtype=object)
    table.decide("column", "", "no id", "event_id", table.raw.rows, "Events are numbered by their row.")


def where(table: Conversion, mapping: Columns) -> None:
    """Coordinates, and area and place; the country stands for an area that is empty."""
    raw = table.raw
    if {"latitude", "longitude"} <= mapping.keys():
        stated = mapping.get("location_precision")
        precision = None if stated is None else raw.text(str(stated))
        coordinates(table, (str(mapping["latitude"]), str(mapping["longitude"])), precision)
    cells = {name: raw.text(str(mapping[name])) for name in ("area", "place", COUNTRY) if name in mapping}
    table.columns |= {name: cells[name] for name in ("area", "place") if name in cells}
    if COUNTRY in cells:
        empty = np.full(raw.rows, "", dtype=object)
        place, area = cells.get("place", empty), cells.get("area", empty)
        place_and_area(table, place, area, cells[COUNTRY])
        if "place" not in cells:
            table.columns["area"] = np.where(area == "", cells[COUNTRY], area)
            del table.columns["place"]


def claims(table: Conversion, mapping: Columns) -> None:
    """`claimed_by`, where a column says that there was a claim."""
    if CLAIMED in mapping:
        theirs, groups = str(mapping[CLAIMED]), table.columns["claimed_by"]
        flag = np.array([key(cell) in phrases("yes") for cell in table.raw.text(theirs)], dtype=bool)
        why = f"{theirs!r} does not say that it was claimed: for Claim() that is silence."
        table.decide(
            "note", theirs, "no claim", "claimed_by is empty", int(((groups != "") & ~flag).sum()), why
        )
        table.columns["claimed_by"] = np.where(flag, groups, "")


def suspicions(table: Conversion, mapping: Columns, source: str, separator: str | None) -> None:
    """Suspected perpetrators as accusations by the source; of several, none can be one."""
    made = table.columns
    suspected = np.full(table.raw.rows, "", dtype=object)
    if SUSPECTED in mapping:
        theirs = str(mapping[SUSPECTED])
        cells = actors_of(table, theirs, table.raw.text(theirs), separator)
        suspected = np.array([suspect(cell) or cell for cell in cells], dtype=object)
    if "perpetrator" in made:
        codes, labels = factorized(made["perpetrator"])
        doubtful = np.array([*map(doubted, labels), ""], dtype=object)[codes]
        why = f"Suspected is not known: an accusation by {source or 'the source'}."
        kept = np.where(doubtful == "", made["perpetrator"], "")
        made["perpetrator"] = table.recode(str(mapping["perpetrator"]), made["perpetrator"], kept, why)
        suspected = np.where(suspected == "", doubtful, suspected)
    if (suspected != "").any() and not source.strip():
        fix = "Pass source='...': the monitor or office that keeps the table."
        column = str(mapping.get(SUSPECTED, mapping.get("perpetrator", "")))
        table.raw.refuse(column, "A suspicion must be somebody's.", fix)
        table.require(())
    several = np.array(["|" in cell for cell in suspected], dtype=bool)
    why = "Several are suspected: no accusation, since an accusation names one."
    table.decide(
        "note", str(mapping.get(SUSPECTED, "")), "several suspects", "no accusation", int(several.sum()), why
    )
    table.state((suspected != "") & ~several, source, "accusation", suspected)


def doubted(cell: str) -> str:
    """Who is only suspected: of several actors all, where one of them is."""
    parts = cell.split("|")
    if not any(suspect(part) for part in parts):
        return ""
    return "|".join(dict.fromkeys(suspect(part) or part for part in parts))


def candidates(table: Conversion) -> None:
    """Several perpetrators are candidates: any of them may have done it."""
    who = table.columns.get("perpetrator", np.zeros(0, dtype=object))
    several = np.array(["|" in cell for cell in who], dtype=bool)
    if several.any():
        own: Array = table.columns.get("candidates", np.full(len(who), "", dtype=object))
        table.columns["candidates"] = np.where(several & (own == ""), who, own)
        table.columns["perpetrator"] = np.where(several, "", who)


def rest(table: Conversion, mapping: Columns, keep: Collection[str]) -> None:
    """Let the columns that are not mapped ride along, under a name that can be stored."""
    used = {theirs: column for column, given in mapping.items() for theirs in columns_of(given)}
    for theirs, column in used.items():
        table.decide("column", theirs, "", column, table.raw.rows, "Mapped by the user.")
        table.report_tidied(theirs, shown=True)
    unmapped = {column: cells for column, cells in table.raw.columns.items() if column not in used}
    raw = replace(table.raw, columns=unmapped, distinct={})
    others = Conversion(raw, decisions=table.decisions, nothing=table.nothing, tidied=table.tidied)
    others.ride("", {}, (), (), keep)
    for name, cells in others.columns.items():
        stored = storable(name, [*table.columns, *(other for other in others.columns if other != name)])
        if stored != name:
            why = "The library cannot store a column under its name, or has one of its own that is called like it."
            table.decide("column", name, name, stored, len(cells), why)
        table.columns[stored] = cells

"""A mapping of the columns of the event table to those of a file, checked; names under which others can be stored."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from attribution.errors import nearest
from attribution.events.checks import header_fault, number_or_nan
from attribution.events.folding import key
from attribution.events.formats.conversion import Conversion
from attribution.events.formats.persons import may_name_persons
from attribution.events.schema import COLUMNS
from attribution.events.vocabulary import phrases

SUSPECTED, COUNTRY, CLAIMED = "suspected", "country", "claimed"
"""Keys of a mapping that are no columns of the event table."""
Columns = Mapping[str, str | Sequence[str]]
NUMERIC = {"killed", "injured", "latitude", "longitude", "date", "date_last", "claim_date", "observed_until"}
"""Columns into which no name can come: what is neither number nor date is refused."""


def columns_of(given: str | Sequence[str]) -> list[str]:
    """The columns of the file that one key of a mapping names."""
    return [given] if isinstance(given, str) else list(given)


def check_mapping(table: Conversion, mapping: Columns) -> None:
    """Raise `DataError` for a mapping that does not fit the table."""
    known = (*COLUMNS, SUSPECTED, COUNTRY, CLAIMED)
    for column, given in mapping.items():
        if column not in known:
            fix = f"Leave it out: other columns ride along by themselves.{nearest(str(column), known)}"
            table.raw.refuse(str(column), "`mapping` names a column that the event table does not have.", fix)
        if not isinstance(given, str) and not (column == "date" and 1 <= len(columns_of(given)) <= 3):
            fix = "Give one column; date alone may be ('Year', 'Month', 'Day') or ('Year', 'Month')."
            table.raw.refuse(str(column), "`mapping` takes several columns for a date only.", fix)
        for theirs in columns_of(given):
            check_column(table, column, theirs)
    if CLAIMED in mapping and "claimed_by" not in mapping:
        fix = "Map claimed_by to the column of the groups."
        table.raw.refuse(CLAIMED, "`claimed` says whether, not by whom.", fix)
    if "date" not in mapping:
        table.raw.refuse("date", "`mapping` must say which column is the date.", "Add it.")
    table.require(())


def with_country(table: Conversion, mapping: Columns) -> Columns:
    """The mapping, with a column that is called the country where a place has no area and none is mapped."""
    if not {"area", "place"} <= mapping.keys() or COUNTRY in mapping:
        return mapping
    lost = (table.raw.text(str(mapping["place"])) != "") & (table.raw.text(str(mapping["area"])) == "")
    used = {theirs for given in mapping.values() for theirs in columns_of(given)}
    found = [name for name in table.raw.columns if name not in used and key(name) in phrases("country")]
    return dict(mapping) | {COUNTRY: found[0]} if lost.any() and found else mapping


def check_column(table: Conversion, column: str, theirs: str) -> None:
    """Refuse a column of the file that is not there, or that may name persons."""
    if theirs not in table.raw.columns:
        fix = f"Correct `mapping`.{nearest(str(theirs), table.raw.columns)}"
        table.raw.refuse(str(theirs), "`mapping` names a column that the file does not have.", fix)
    elif may_name_persons(theirs) and not (column in NUMERIC and is_number(table, column, theirs)):
        fix = "Leave it out; rename it if it names no person."
        table.raw.refuse(theirs, "Victims' names must not enter the library.", fix)


def is_number(table: Conversion, column: str, theirs: str) -> bool:
    """Whether the cells of a column are what its place in the event table asks for, or empty."""
    if column not in ("killed", "injured", "latitude", "longitude"):
        return all(
            any(letter.isdecimal() for letter in cell) or not cell for cell in set(table.raw.text(theirs))
        )
    cells = {cell for cell in table.raw.text(theirs) if not table.nothing.says(cell, "number")}
    return not any(np.isnan(number_or_nan(cell.replace(",", "."))) for cell in cells)


def storable(name: str, taken: Collection[str]) -> str:
    """The name, or one like it under which the library can keep a column beside its own."""
    absent = [column for column in COLUMNS if column not in taken]
    plain = re.sub(r"[/\\\s]+", "_", name).strip("._ ") or "column"
    tries = [name, plain, f"column_{plain}", f"{plain}_of_the_file", f"file_column_{plain}_as_it_was"]
    tries += [f"column_{i}" for i in range(len(taken) + 1)]
    own = set(COLUMNS) | set(taken)
    return next(one for one in tries if one not in own and not header_fault(one, absent))

"""Columns that every format has, mended: ids, coordinates, numbers of people. Every change is recorded."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
import xarray as xr

from attribution.arrays import Array
from attribution.errors import DataError, problem_table
from attribution.events.formats.conversion import ARABIC_DIGITS, Conversion, whole_number
from attribution.events.rules import ROUNDED, ROUNDED_WAY

_ROUNDED = re.compile(r"[+-]?[0-9]*\.?[0-9]+[eE][+]?[0-9]+")
_DECIMAL_COMMA = re.compile(r"([+-]?[0-9]{1,3}),([0-9]+)")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")


def ids(conversion: Conversion, column: str) -> None:
    """Ids as written; one that a spreadsheet rounded is replaced by the number of the row."""
    check_digits(conversion, column)
    cells = conversion.raw.text(column)
    plain = np.array([whole_number(cell) for cell in cells], dtype=object)
    rounded = np.array([_ROUNDED.fullmatch(cell) is not None for cell in plain])
    rows = np.array([f"row {i + 1}" for i in range(len(plain))], dtype=object)
    why = "A spreadsheet rounded the id: several events would share it. Download the file again to cite ids."
    made = np.where(rounded, rows, plain)
    conversion.columns["event_id"] = conversion.recode(column, plain, made, why, each_row=True)


def check_digits(conversion: Conversion, column: str) -> None:
    """Raise `DataError` for ids that came as numbers so large that their last digits are lost."""
    rows = conversion.raw.rounded.get(column, np.zeros(0, dtype=bool))
    if rows.any():
        first = int(np.flatnonzero(rows)[0])
        value = f"{conversion.raw.text(column)[first]} (row {first + 1 + conversion.skipped})"
        fix = f"{ROUNDED_WAY} Or leave event_id out of the mapping of read_table: rows are numbered then."
        rule = f"{ROUNDED} {int(rows.sum()):,} rows."
        raise DataError(problem_table([("events", 0, "", column, value, rule, fix)]))


def coordinates(conversion: Conversion, names: tuple[str, str], precision: Array | None) -> None:
    """`latitude`, `longitude` and `location_precision`; a pair that cannot be one is emptied, not guessed."""
    why = "A decimal comma."
    limits = zip(names, (90, 180), strict=True)
    pair = [conversion.replace(name, conversion.raw.text(name), decimal_point, why) for name, _ in limits]
    values = [
        np.array([degrees(cell, limit) for cell in cells])
        for cells, limit in zip(pair, (90, 180), strict=True)
    ]
    origin = (values[0] == 0) & (values[1] == 0)
    given = (pair[0] != "") | (pair[1] != "")
    bad = given & (np.isnan(values[0]) | np.isnan(values[1]) | origin)
    shown = np.array([f"{a}, {b}" for a, b in zip(*pair, strict=True)], dtype=object)
    why = "Not a pair of coordinates (a damaged decimal separator, one of them missing, or 0, 0)."
    conversion.recode(", ".join(names), shown, np.where(bad, "", shown), why, each_row=True)
    for column, cells in zip(("latitude", "longitude"), pair, strict=True):
        conversion.columns[column] = np.where(bad, "", cells)
    if precision is not None:
        conversion.columns["location_precision"] = np.where(bad, "", precision)


def decimal_point(text: str) -> str:
    """A decimal comma as a point; digits are 0-9."""
    plain = text.translate(ARABIC_DIGITS)
    return _DECIMAL_COMMA.sub(r"\1.\2", plain) if _DECIMAL_COMMA.fullmatch(plain) else plain


def degrees(text: str, limit: int) -> float:
    """A number of degrees, NaN for what is none."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if abs(value) <= limit else math.nan


def people(conversion: Conversion, column: str, made: str) -> None:
    """A number of people; what stands for an unknown one is emptied."""
    cells = np.array([whole_number(cell) for cell in conversion.raw.text(column)], dtype=object)
    fraction = np.array(
        [bool(_NUMBER.fullmatch(cell)) and float(cell) % 1 != 0 for cell in cells], dtype=bool
    )
    why = "A total divided over several events: not a number of people killed in this one."
    cells = conversion.recode(column, cells, np.where(fraction, "", cells), why)
    why = "A negative number stands for an unknown one."
    negative = np.array([bool(_NUMBER.fullmatch(cell)) and float(cell) < 0 for cell in cells], dtype=bool)
    conversion.columns[made] = conversion.recode(column, cells, np.where(negative, "", cells), why)


def coded(conversion: Conversion, column: str, meaning: Mapping[str, str], why: str) -> Array:
    """A code turned into a word of ours; a code that the codebook does not have is left for the rules to refuse."""
    cells = np.array([whole_number(cell) for cell in conversion.raw.text(column)], dtype=object)
    made = np.array([meaning.get(cell, cell) for cell in cells], dtype=object)
    conversion.recode(column, cells, made, why)
    return made


def place_and_area(conversion: Conversion, place: Array, area: Array, fallback: Array) -> None:
    """`area` and `place`; a place without an area gets the fallback (the country)."""
    lost = (place != "") & (area == "")
    made = np.where(lost, fallback, area)
    conversion.recode("(area)", area, made, "The place has no area: the country stands for it.")
    conversion.columns |= {"area": made, "place": np.where(made == "", "", place)}


def of_kind(events: xr.Dataset, column: str) -> xr.Dataset:
    """The events, with a note on which column says of what kind each is: `diagnose` asks whether any is labelled."""
    if column in events and events[column].dims == ("event",):
        events.attrs["kind_column"] = column
    return events

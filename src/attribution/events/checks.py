"""Checks of one column or one cell: what the rules of every table are made of."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from attribution.arrays import Array
from attribution.errors import nearest
from attribution.events.headers import names_victims
from attribution.events.schema import TABLES, UNLISTED
from attribution.events.spelling import NAME_MOST, composed, fault, shortened, twins, unseen
from attribution.events.text_table import TextTable

Variables = dict[str, tuple[str, Array]]
Names = Sequence[str] | None
_LIMITS = {"latitude": 90, "longitude": 180}
SEVERAL = ("candidates", "claimed_by", "denied_by")
_ALIASES = {"lat": "latitude", "lon": "longitude", "lng": "longitude", "long": "longitude", "id": "event_id"}
_CODE = re.compile(r"0[0-9]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
NAT = np.datetime64("NaT", "D")
_ISO = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")


def check_argument(table: TextTable, argument: str, names: Names) -> None:
    """Names given as an argument are distinct and not blank."""
    names = [] if names is None else names
    if len(set(names)) < len(names) or not all(name and name == name.strip() for name in names):
        rule = f"`{argument}` must be distinct names without surrounding blanks."
        table.refuse(argument, rule, "Correct them.")
    for name in [name for name in names if fault(name)]:
        table.refuse(argument, f"{shortened(name)} {fault(name)}.", "Correct it.")
    for one, other in twins(names):
        table.refuse(argument, f"{one!a} and {other!a} look alike.", "Keep one of them.")


def check_header(table: TextTable, known: Sequence[str], required: Sequence[str]) -> None:
    """Columns that must be there, and names that an extra column must not have."""
    absent = [column for column in known if column not in table.columns]
    for column in [column for column in required if column in absent]:
        fix = "Add it (an index is not read: use reset_index())."
        table.refuse(column, "A required column is missing.", fix)
    for column in [column for column in table.columns if column not in known]:
        if names_victims(column) and not _numbers(table, column):
            table.refuse(column, "Victims' names must not enter the library.", "Remove the column.")
            continue
        fault = header_fault(column, absent)
        if fault:
            table.refuse(column, *fault)


def header_fault(column: str, absent: Sequence[str]) -> tuple[str, str] | None:
    """What is wrong with the name of an extra column, and what to do; None where nothing is."""
    plain = re.sub(r"[\s_-]+", "", column.casefold())
    meant = _ALIASES.get(plain, _near(plain, tuple(absent)))
    if meant in absent:
        fix = f"Rename it {meant!r}; if it is something else, give it a name less like that."
        return "Unknown column spelling.", fix
    return ("The library cannot use this column name.", "Rename the column.") if _reserved(column) else None


def _numbers(table: TextTable, column: str) -> bool:
    """Whether a column holds numbers only: `Nombre` is a number in French."""
    filled = table.text(column) != ""
    return bool(filled.any()) and not np.isnan(table.each(column, number_or_nan, float)[filled]).any()


@lru_cache(maxsize=4096)
def _near(plain: str, absent: tuple[str, ...]) -> str:
    """The absent column that a name resembles."""
    best, most = "", 0.8
    for name in absent:
        match = difflib.SequenceMatcher(None, plain, name.replace("_", ""))
        if (
            match.real_quick_ratio() >= most and match.quick_ratio() >= most
        ):  # upper bounds, in a hundredth of the time
            ratio = match.ratio()
            if ratio > most or (ratio == most and not best):
                best, most = name, ratio
    return best


def _reserved(column: str) -> bool:
    """Whether a column name clashes with a dimension or a statement, or cannot be stored in a file."""
    taken = column in ("", ".", "event", *TABLES) or column.startswith(tuple(f"{name}_" for name in TABLES))
    return taken or "/" in column or column != column.strip() or bool(fault(column))


def check_filled(table: TextTable, columns: Sequence[str], what: str) -> None:
    """Cells that must not be empty; a column that is absent is another problem."""
    for column in columns:
        empty = (table.text(column) == "") & (column in table.columns)
        table.reject(empty, column, f"{column} of {what} must not be empty.", "Fill it in.")


def check_labels(table: TextTable, columns: Sequence[str]) -> None:
    """What every text must be to serve as a label."""
    for column in [column for column in columns if column in table.columns]:
        padded = table.each(column, _padded)
        table.reject(padded, column, f"{column} must not begin or end with a blank.", "Strip it.")
        hidden = table.each(column, lambda label: bool(unseen(label)))
        table.reject(hidden, column, f"{column} must not hold invisible characters.", "Remove them.")
        check_spelling(table, column)
        if column not in SEVERAL:
            several = table.each(column, lambda label: "|" in label)
            rule = f"{column} must not hold '|'."
            table.reject(several, column, rule, f"Only {', '.join(SEVERAL)} are separated by '|'.")


def check_spelling(table: TextTable, column: str) -> None:
    """Labels are no longer than a name, in composed form, and no two that differ look alike."""
    long = table.each(column, lambda label: max(map(len, label.split("|"))) > NAME_MOST)
    rule = f"{column} must have at most {NAME_MOST} characters."
    table.reject(long, column, rule, lambda label: f"It has {len(label):,}: shorten it.")
    loose = table.each(column, lambda label: label != composed(label))
    rule = f"{column} must be in composed form (Unicode NFC), in which one spelling is one name."
    table.reject(loose, column, rule, lambda label: f"Write it {composed(label)!r}.")
    alike = {other: one for one, other in twins(table.distinct[column][1])}
    double = table.each(column, lambda label: label in alike) & ~loose
    rule = f"Two values of {column} must not look alike."
    table.reject(double, column, rule, lambda label: f"Write it as in other rows: {alike[label]!a}.")


def _padded(label: str) -> bool:
    return any(part != part.strip() for part in label.split("|")) if "|" in label else label != label.strip()


def check_choice(table: TextTable, column: str, choices: Names) -> None:
    """Reject values that are not among the choices."""
    if choices is not None:
        bad = table.each(column, lambda label: label not in ("", *choices))
        rule = f"{column} must be one of {', '.join(map(repr, choices))}."
        table.reject(bad, column, rule, lambda label: f"Correct it.{nearest(label, choices)}")


def read_numbers(table: TextTable, column: str) -> Array:
    """A column of numbers."""
    text = table.text(column)
    values = table.each(column, number_or_nan, float)
    unread = (text != "") & np.isnan(values)
    if column in _LIMITS:
        bad = np.abs(values) > _LIMITS[column]
        rule = f"{column} must be a number from -{_LIMITS[column]} to {_LIMITS[column]}."
    else:
        bad = (values < 0) | (np.nan_to_num(values) % 1 != 0)
        rule = f"{column} must be a whole number, 0 or more."
    table.reject(unread | bad, column, rule, "Correct it, or leave it empty if unknown.")
    return values


def number_or_nan(text: str) -> float:
    """The number, NaN for what is none; digits are 0-9."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else math.nan


def read_riders(table: TextTable, known: Sequence[str]) -> dict[str, Array]:
    """Columns the library does not know: numbers where every value is one and none begins with a zero, else text."""
    riders = {column: text for column, text in table.columns.items() if column not in known}
    for column, text in riders.items():
        null = table.each(column, lambda label: "\0" in label)
        table.reject(null, column, "A cell must not hold the NUL character.", "Remove it.")
        values = table.each(column, number_or_nan, float)
        coded = table.each(column, lambda label: _CODE.match(label) is not None).any()
        if (text != "").any() and not coded and not (np.isnan(values) & (text != "")).any():
            riders[column] = values
    return riders


def read_days(table: TextTable, column: str) -> Array:
    """A column of dates; NaT for what is none."""
    text = table.text(column)
    days = table.each(column, _day, "datetime64[D]")
    form = "YYYY-MM-DD"
    if column == "date" and table.name == "events":
        form = "YYYY-MM-DD, YYYY-MM or YYYY"
    else:
        days[table.each(column, len, int) < 10] = NAT
    bad = (text != "") & np.isnat(days)
    table.reject(bad, column, f"{column} must be a day of the calendar, written {form}.", "Correct it.")
    outside = (days < np.datetime64("1800-01-01")) | (days > np.datetime64("2200-12-31"))
    table.reject(outside, column, f"{column} must lie in the years 1800 to 2200.", "Correct it.")
    return days


def _day(text: str) -> np.datetime64:
    try:
        return np.datetime64(text, "D") if _ISO.fullmatch(text) else NAT
    except ValueError:
        return NAT


def check_known(
    table: TextTable,
    column: str,
    actors: Names,
    also: Sequence[str] = (UNLISTED,),
    where: Array | bool = True,
) -> None:
    """Reject names that are not among the actors, in the rows of ``where``."""
    known = {"", *also, *(actors or ())}

    def fix(label: str) -> str:
        unknown = [part for part in label.split("|") if part not in known]
        hints = [f"{part!r} is not one of them.{nearest(part, sorted(known - {''}))}" for part in unknown]
        return " ".join([*hints, "Correct it, or add it to the actors."])

    if actors is not None:
        bad = where & table.each(column, lambda label: not known.issuperset(label.split("|")))
        table.reject(bad, column, f"{column} must name only: {', '.join(sorted(known - {''}))}.", fix)


def repeated_rows(columns: Sequence[Array]) -> Array:
    """Rows that an earlier row equals in all of the columns."""
    first: dict[object, int] = {}
    rows = zip(*columns, strict=True) if len(columns) > 1 else columns[0]
    return np.array([first.setdefault(row, i) < i for i, row in enumerate(rows)], dtype=bool)

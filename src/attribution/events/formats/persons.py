"""Which columns may name persons or hold free text: unmapped text comes in only where it looks like a category."""

from __future__ import annotations

import re
from collections import Counter

from attribution.arrays import Array
from attribution.events.checks import number_or_nan
from attribution.events.folding import key
from attribution.events.headers import announces_prose, identifies_a_person, names_a_person, speaks_of_persons
from attribution.events.vocabulary import phrases

LONG_CELL = 200
"""Characters beyond which a cell is taken for prose."""
SHORT_TABLE = 20
"""Filled cells below which nothing proves that a column is a category."""
MOST_VALUES = 50
"""Distinct values up to which a column is a category: persons in a list are more."""
LEAST_CELLS = 3
"""Cells that every value of a category must have."""
LONG_NUMBER = 7
"""Digits from which whole numbers may be those of identity cards and telephones."""

_CODE = re.compile(r"0[0-9]")
_LETTER = re.compile(r"[^\W\d_]")
_DATE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}([-/.][0-9]{1,4})?([T ][0-9:.]+(Z|[+-][0-9:]+)?)?")
_WHOLE = re.compile(r"[+-]?[0-9]+(\.0+)?")
NEVER = "It may name persons: their names must never enter."
ASK = "keep=[...] lets it in, if it names no person."


def may_name_persons(column: str) -> bool:
    """Whether a column, by its name, may hold names or other identities of persons."""
    return names_a_person(column) or identifies_a_person(column) or speaks_of_persons(column)


def left_out(column: str, cells: Array, *, prose: bool, keep: bool) -> str:
    """Why a column that is neither mapped nor part of the format does not come in; empty where it does."""
    filled = Counter(cells)
    filled.pop("", None)
    counted = is_count(filled)
    if identifies_a_person(column) or (names_a_person(column) and not counted):
        return NEVER
    if keep or not filled:
        return ""
    if speaks_of_persons(column) and not counted:
        return f"It may name persons; {ASK}"
    if prose or announces_prose(column):
        return "Free text, in which persons may be named; keep=[...] lets it in."
    return no_category(filled)


def is_count(filled: Counter[str]) -> bool:
    """Whether every cell is a whole number that may be one of people."""
    return all(
        _WHOLE.fullmatch(cell) and 0 <= float(cell) < 10**5 and not _CODE.match(cell) for cell in filled
    )


def no_category(filled: Counter[str]) -> str:
    """Why cells do not look like a category, a number or a date; empty where they do."""
    if all(number_or_nan(cell) == number_or_nan(cell) and not _CODE.match(cell) for cell in filled):
        identities = all(
            _WHOLE.fullmatch(cell) and abs(float(cell)) >= 10 ** (LONG_NUMBER - 1) for cell in filled
        )
        whose = f"Numbers of {LONG_NUMBER} digits and more may be those of persons; {ASK}"
        return whose if identities and 2 * len(filled) > filled.total() else ""
    if all(_DATE.fullmatch(cell) for cell in filled) or all(
        key(cell) in phrases("yes_no") for cell in filled
    ):
        return ""
    if any(len(cell) > LONG_CELL for cell in filled):
        return f"It looks like free text; {ASK}"
    if filled.total() < SHORT_TABLE:
        return f"Text of fewer than {SHORT_TABLE} cells cannot be told from names; {ASK}"
    if len(filled) > MOST_VALUES:
        return f"It looks like names or free text: {len(filled)} different values; {ASK}"
    rare = sum(count < LEAST_CELLS for count in filled.values())
    if rare or filled.total() < 5 * len(filled):
        seldom = f"{rare} of {len(filled)} values occur fewer than {LEAST_CELLS} times"
        return f"It looks like names or free text: {seldom}; {ASK}"
    return ""

"""The rules that tables of windows are held against: contexts of claims, and claims of many killings at once."""

import numpy as np

from attribution.errors import nearest
from attribution.rules import (
    UNLISTED,
    Names,
    Variables,
    check_filled,
    check_header,
    check_known,
    check_labels,
    read_days,
    read_numbers,
    read_riders,
)
from attribution.text_table import Array, TextTable

CONTEXT_COLUMNS = ("name", "start", "end", "area")
"""Columns of the table of contexts."""
BUNDLE_COLUMNS = ("claimant", "start", "end", "area", "count", "kind")
"""Columns of the table of bundled claims."""


def context_variables(table: TextTable, events: TextTable) -> Variables:
    """Variables of the contexts, every rule held against them."""
    values = _windows(table, events, CONTEXT_COLUMNS, ("name", "start", "end"))
    names, area = table.text("name"), table.text("area")
    again = overlapping(names, values["start"], values["end"], area)
    rule = "Windows of one context must not overlap in the same area."
    fix = "Shorten one, or merge them: an event inside both would count the context twice."
    table.reject(again, "start", rule, fix, "name")
    return _variables(table, values, "context", CONTEXT_COLUMNS)


def bundle_variables(table: TextTable, events: TextTable, actors: Names) -> Variables:
    """Variables of the bundled claims, every rule held against them."""
    values = _windows(table, events, BUNDLE_COLUMNS, ("claimant", "start", "end", "count"))
    check_known(table, "claimant", actors)
    unnamed = table.text("claimant") == UNLISTED
    rule = f"claimant must not be {UNLISTED!r}: a claim has a name."
    table.reject(unnamed, "claimant", rule, "Name the claimant.")
    values["count"] = read_numbers(table, "count")
    return _variables(table, values, "bundle", BUNDLE_COLUMNS)


def overlapping(label: Array, start: Array, end: Array, area: Array) -> Array:
    """Whether each window shares a day and an area with an earlier window of the same label, bool ``(window,)``."""
    later = np.zeros(len(label), dtype=bool)
    for i in range(len(label)):
        before = slice(0, i)
        here = (area[before] == area[i]) | (area[before] == "") | (area[i] == "")
        days = (start[before] <= end[i]) & (start[i] <= end[before])
        later[i] = (here & days & (label[before] == label[i])).any()
    return later


def _windows(
    table: TextTable, events: TextTable, columns: tuple[str, ...], required: tuple[str, ...]
) -> dict[str, Array]:
    """What windows of any kind must be: named, dated, in order, in an area that the events know."""
    check_header(table, columns, required)
    check_labels(table, [column for column in columns if column not in ("start", "end", "count")])
    check_filled(table, required, "a window")
    start, end = read_days(table, "start"), read_days(table, "end")
    rule = "A window must not end before it starts."
    table.reject(end < start, "end", rule, "Correct one of the two.", "start")
    known = {*events.text("area")} - {""}
    lost = table.each("area", lambda label: label not in {"", *known}) & (events.rows > 0)
    rule = "area must be an area of the event table, or empty for everywhere."
    table.reject(lost, "area", rule, lambda label: f"Correct it.{nearest(label, sorted(known))}")
    return {"start": start, "end": end}


def _variables(
    table: TextTable, values: dict[str, Array], dimension: str, columns: tuple[str, ...]
) -> Variables:
    """The columns under their prefix, on a dimension that numbers the rows."""
    texts = {column: table.text(column) for column in columns if column not in values}
    kept = {column: text for column, text in texts.items() if column in table.columns or column == "area"}
    found = kept | values | read_riders(table, columns)
    numbers = np.array([str(i + 1) for i in range(table.rows)])
    return {dimension: (dimension, numbers)} | {
        f"{dimension}_{column}": (dimension, content) for column, content in found.items()
    }

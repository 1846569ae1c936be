"""Columns of dates: the order of day and month is that of the whole column, from what settles it, or is asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from attribution.arrays import Array
from attribution.errors import DataError, problem_table
from attribution.events.formats.conversion import Conversion, whole_number
from attribution.events.formats.dates import iso, iso_date, midnight, month_number, pair_of, without_time

SHOWN = 5
"""Cells that an error or a line of the report quotes."""


def dates(conversion: Conversion, column: str, day_first: bool | None) -> Array:
    """A column of dates as ISO dates; what is no date stays as it stands, for the rules to refuse.

    Raises
    ------
    DataError
        Nothing in the column says whether ``05/09/2020`` is in May or in September.
    """
    cells = conversion.raw.text(column)
    labels = list(dict.fromkeys(cells))
    pairs = {label: pair_of(without_time(whole_number(label)).strip()) for label in labels}
    says = {label: pair.day_first for label, pair in pairs.items() if pair is not None}
    order, why = order_of(column, says, day_first)
    made = {label: in_calendar(iso(label, order), label) for label in labels}
    found = np.array([made[cell] for cell in cells], dtype=object)
    report(conversion, column, cells, found, says.keys(), why)
    return found


def in_calendar(made: str, cell: str) -> str:
    """The ISO date, or the cell as it stands where the calendar has no such day."""
    try:
        np.datetime64(made or "NaT", "D")
    except ValueError:
        return cell
    return made


def order_of(column: str, says: dict[str, bool | None], day_first: bool | None) -> tuple[bool | None, str]:
    """Whether the day comes first, and why; None where each cell says it for itself."""
    if day_first is not None or not says:
        return day_first, "As day_first= says."
    proofs = {side: [label for label, own in says.items() if own is side] for side in (True, False)}
    same = {label for label in says if len(set(numbers(label))) == 1}
    open_ = [label for label, own in says.items() if own is None and label not in same]
    if len(list(filter(None, proofs.values()))) == 1:
        side = bool(proofs[True])
        shown = ", ".join(map(repr, proofs[side][:SHOWN]))
        return side, f"{'Day' if side else 'Month'} first in the whole column: {shown} can be nothing else."
    if not open_:
        return None, "Each can be read in one way only."
    both = [proofs[True][0], proofs[False][0]] if proofs[True] else []
    rule = "Nothing in the column says whether the day or the month comes first."
    if both:
        rule = f"The column is not of one order: {both[0]!r} has the day first, {both[1]!r} the month."
    fix = (
        "Pass day_first=True or day_first=False (one for the whole table), or write the dates as YYYY-MM-DD."
    )
    value = ", ".join(open_[:SHOWN]) + (f" and {len(open_) - SHOWN:,} more" if len(open_) > SHOWN else "")
    raise DataError(problem_table([("events", 0, "", column, value, rule, fix)]))


def numbers(label: str) -> tuple[int, int]:
    """The two numbers of a date of two numbers."""
    pair = pair_of(without_time(whole_number(label)).strip())
    return (0, 1) if pair is None else (pair.first, pair.second)


def report(
    conversion: Conversion, column: str, cells: Array, found: Array, numeric: Collection[str], why: str
) -> None:
    """One line for each way in which the dates of a column were written, not one for each date."""
    labels = list(dict.fromkeys(cells))
    with_time = {cell for cell in labels if without_time(cell) != cell}
    with_hour = {cell for cell in with_time if not midnight(cell)}
    changed = found != cells
    timed, busy, ordered = (
        np.array([cell in which for cell in cells], dtype=bool) & changed
        for which in (with_time, with_hour, numeric)
    )
    for rows, what, because in (
        (ordered, "day and month in numbers", why),
        (timed & ~busy & ~ordered, "a time of day", "A time of day that says nothing."),
        (busy & ~ordered, "a time of day", "The time of day is left out: the day is what counts."),
        (changed & ~timed & ~ordered, "a date", "ISO dates."),
    ):
        if rows.any():
            example = cells[np.flatnonzero(rows)[0]]
            conversion.decide(
                "recoding", column, f"{what} ({example})", "YYYY-MM-DD", int(rows.sum()), because
            )


def dates_of_parts(conversion: Conversion, columns: Sequence[str]) -> Array:
    """Dates from columns of year, month and day, as precise as these are known; months may be names."""
    parts = [[month_number(whole_number(cell)) for cell in conversion.raw.text(name)] for name in columns]
    parts += [[""] * conversion.raw.rows] * (3 - len(parts))
    made = [day_of(year, month, day) for year, month, day in zip(*parts, strict=True)]
    for name, length, precision in zip(columns[1:], (4, 7), ("year", "month"), strict=False):
        count = sum(len(date) == length for date in made)
        conversion.decide(
            "recoding", name, "0", f"precision '{precision}'", count, "Not known more precisely."
        )
    return np.array(made, dtype=object)


def day_of(year: str, month: str, day: str) -> str:
    """The date in ISO form; what is not a number is left for the rules to refuse."""
    if not year:
        return ""
    if (month or "0").isdecimal() and (day or "0").isdecimal():
        return iso_date(year, int(month or 0), day or None)
    return f"{year}-{month}-{day}"

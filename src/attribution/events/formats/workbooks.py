"""Excel workbooks, through openpyxl, as columns of text: ids keep every digit, dates become ISO dates."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from typing import Any

import numpy as np

from attribution.errors import AttributionError
from attribution.events.text_table import Columns, stop

MOST_CELLS = 1 << 28
"""Cells beyond which a sheet is refused: its stated size comes from the file."""


def workbook(name: str, data: bytes) -> tuple[Columns, list[tuple[str, str, int, str]]]:
    """The columns of the first sheet that holds a table, and a note on which it was."""
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        way = "install it with: pip install 'attribution-bayes[excel]', or save the sheet as CSV in UTF-8"
        raise AttributionError(f"Workbooks need openpyxl: {way}.") from error
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (InvalidFileException, KeyError, OSError, SyntaxError) as error:
        stop(name, f"The workbook cannot be read: {error}.", "Save it again, or as CSV in UTF-8.")
    sheets = {sheet.title: rows for sheet in book.worksheets if (rows := _rows(name, sheet))}
    if not sheets:
        stop(name, "The workbook has no table.", "Give a header and at least one row.")
    title, rows = next(iter(sheets.items()))
    others = ", ".join(map(repr, list(sheets)[1:]))
    why = f"Other sheets are not read: {others}." if others else "The only sheet with a table."
    width = max(map(len, rows))
    cells = np.full((len(rows), width), "", dtype=object)
    for i, row in enumerate(rows):
        cells[i, : len(row)] = row
    columns: Columns = [(str(cells[0, j]), cells[1:, j]) for j in range(width)]
    return columns, [("workbook", f"sheet {title!r}", len(rows) - 1, why)]


def _rows(name: str, sheet: Any) -> list[list[str]]:
    """Rows of a sheet as text, without the empty ones and the empty cells at their ends."""
    if (sheet.max_row or 0) * (sheet.max_column or 0) > MOST_CELLS:
        stop(name, f"Sheet {sheet.title!r} says it has {sheet.max_row} rows.", "Save the table as CSV.")
    found = []
    for values in sheet.iter_rows(values_only=True):
        row = [_text(value) for value in values]
        while row and not row[-1]:
            row.pop()
        if row:
            found.append(row)
    return found


def _text(value: object) -> str:
    """A cell as text."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value)

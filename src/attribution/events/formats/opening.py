"""A foreign file or DataFrame opened: header mended, rows that are none dropped, cells tidied; all of it reported."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from attribution.errors import DataError, problem_table
from attribution.events.formats.containers import Opened, open_file
from attribution.events.formats.conversion import Conversion
from attribution.events.formats.decoding import C1
from attribution.events.formats.nothing import Nothing
from attribution.events.text_table import (
    Columns,
    Source,
    TextTable,
    factorized,
    frame_columns,
    source_name,
    table_of,
)

_SPACE = re.compile("[\\s\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_ODD = re.compile(r"[^\x21-\x7e ]|  |^ | $")
"""What a text has where anything may have to be tidied: cheap to ask, and most have nothing."""
_TAG = re.compile(r"#[a-z][a-z0-9_]*(\s*\+\s*[a-z0-9_]+)*", re.IGNORECASE)


def open_foreign(
    source: Source,
    encoding: str | None,
    *,
    lower: bool,
    nothing: Nothing | None = None,
    standard: Mapping[int, Sequence[str]] | None = None,
) -> Conversion:
    """A foreign table as text, tidied.

    Parameters
    ----------
    source
        A file or a DataFrame.
    encoding
        Of the file; without one, by byte order mark, then UTF-8, then Windows-1252.
    lower
        Whether column names become lower case.
    nothing
        What counts as an empty cell.
    standard
        Columns of the format by their number: those of a file that has no header row.
    """
    if isinstance(source, pd.DataFrame):
        found = Opened(frame_columns(source), encoding=encoding or "utf-8")
    else:
        found = open_file("events", Path(source), encoding)
    reported = Conversion(TextTable("events", 0, {}))
    columns = headed(reported, found.columns, standard or {})
    raw = table_of("events", with_names(reported, columns))
    conversion = Conversion(raw, nothing=nothing or Nothing())
    shape = f"{raw.rows} rows, {len(raw.columns)} columns"
    read_as = f"Read as {found.encoding}." if found.encoding else "Read."
    conversion.decide("file", "", source_name(source), shape, raw.rows, read_as)
    for was, made, count, why in found.notes:
        conversion.decide("file", "", was, made, count, why)
    conversion.decisions += reported.decisions
    without_tags(conversion)
    tidy(conversion, lower)
    return conversion


def headed(report: Conversion, columns: Columns, standard: Mapping[int, Sequence[str]]) -> Columns:
    """The columns under the standard names of the format, where the first row is data and no header."""
    names = standard.get(len(columns), ())
    header = [name for name, _ in columns]
    if not names or {name.strip().lower() for name in header} & set(names):
        return columns
    if not header[0].strip().isdecimal():
        return columns
    why = "There is no header row: the columns are taken for those of the format, in its order."
    report.decide("file", "", "no header row", f"{len(names)} standard columns", 1, why)
    pairs = zip(names, columns, strict=True)
    return [(name, np.array([first, *map(str, cells)], dtype=object)) for name, (first, cells) in pairs]


def with_names(report: Conversion, columns: Columns) -> Columns:
    """The columns, those without a name dropped where they are empty, else called by their position."""
    kept: Columns = []
    for position, (name, cells) in enumerate(columns, 1):
        if name.strip() and name.strip() != "nan":
            kept.append((name, cells))
        elif pd.Series(cells).replace("", None).isna().all():
            report.decide(
                "column", "", f"column {position}, no name", "left out", 0, "It has no name and no cell."
            )
        else:
            kept.append((f"column {position}", cells))
            why = "It has no name: it is called by its position."
            report.decide("column", f"column {position}", "no name", f"column {position}", len(cells), why)
    return kept


def without_tags(conversion: Conversion) -> None:
    """The table without a row of HXL tags below its header."""
    raw = conversion.raw
    first = [cells[0].strip() for cells in raw.columns.values() if cells[0].strip()] if raw.rows else []
    if not first or not all(_TAG.fullmatch(cell) for cell in first) or raw.rows < 2:
        return
    why = "The row below the header holds HXL tags, not an event."
    conversion.decide("file", "", "row 1", "left out", 1, why)
    columns = {name: cells[1:] for name, cells in raw.columns.items()}
    rounded = {name: rows[1:] for name, rows in raw.rounded.items()}
    conversion.raw = TextTable(raw.name, raw.rows - 1, columns, raw.problems, rounded=rounded)
    conversion.skipped = 1


def tidy(conversion: Conversion, lower: bool) -> None:
    """Cells without outer blanks, line breaks and invisible characters; column names too."""
    raw, columns, rounded = conversion.raw, {}, {}
    for name, cells in raw.columns.items():
        plain = tidied(name)
        plain = plain.lower() if lower else plain
        if plain in columns:
            fix = f"Rename or remove one: {name!r} and another column differ only in blanks or case."
            raw.refuse(plain, "A column name may occur once.", fix)
        codes, labels = factorized(cells)
        clean = [tidied(label) for label in labels]
        changed = Counter(labels[code] for code in codes.tolist()) if clean != labels else Counter[str]()
        conversion.tidied[plain] = Counter(
            {(a, b): changed[a] for a, b in zip(labels, clean, strict=True) if a != b}
        )
        columns[plain] = np.array([*clean, ""], dtype=object)[codes]
        if name in raw.rounded:
            rounded[plain] = raw.rounded[name]
    conversion.raw = TextTable(raw.name, raw.rows, columns, raw.problems, rounded=rounded)
    if raw.problems:
        raise DataError(problem_table(raw.problems))


def tidied(text: str) -> str:
    """A text without what cannot be seen; control characters above 0x7F are those of Windows-1252."""
    return _SPACE.sub(" ", text.translate(C1)).strip() if _ODD.search(text) else text

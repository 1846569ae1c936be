"""Tables as text: a file or a DataFrame opened as columns of strings, and the problems found in them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any, NoReturn, TypeGuard

import numpy as np
import pandas as pd

from attribution.arrays import Array
from attribution.errors import DataError, Problem, problem_table
from attribution.events import sizes
from attribution.events.sizes import declared, stored, unpacked

Source = str | os.PathLike[str] | pd.DataFrame
Fix = str | Callable[[str], str]
Found = Sequence[tuple[int, str]]
Columns = list[tuple[str, "pd.Series[Any] | Array"]]
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half a character, left by an earlier error of decoding: it cannot be written to any file."""


@dataclass
class TextTable:
    """Columns of text, and the problems found in them so far."""

    name: str
    rows: int
    columns: dict[str, Array]
    problems: list[Problem] = field(default_factory=list)
    distinct: dict[str, tuple[Array, list[str]]] = field(default_factory=dict)
    rounded: dict[str, Array] = field(default_factory=dict)
    """Rows whose number was stored too coarsely to be known, by column; only columns that have some."""

    def text(self, column: str) -> Array:
        """The column; all empty where the table does not have it."""
        return self.columns[column] if column in self.columns else np.full(self.rows, "", dtype=object)

    def each(self, column: str, function: Callable[[str], Any], dtype: Any = bool) -> Array:
        """The function of each cell, computed once a distinct one."""
        if column not in self.distinct:
            self.distinct[column] = factorized(self.text(column))
        codes, labels = self.distinct[column]
        return np.array([function(label) for label in labels], dtype=dtype)[codes]

    def reject(self, bad: Array, column: str, rule: str, fix: Fix, against: str = "") -> None:
        """Report the rows where ``bad``; ``against`` names a second column to show."""
        if bad.any():
            at = np.flatnonzero(bad)
            values, events = self.text(column)[at], self.text("event_id")[at]
            fixes = {value: fix if isinstance(fix, str) else fix(value) for value in set(values)}
            shown = values + f" ({against} " + self.text(against)[at] + ")" if against else values
            self.problems += [
                (self.name, row, event, column, said, rule, fixes[value])
                for row, event, said, value in zip((at + 1).tolist(), events, shown, values, strict=True)
            ]

    def refuse(self, column: str, rule: str, fix: str) -> None:
        """Report a problem of the header or the whole table."""
        self.problems.append((self.name, 0, "", column, "", rule, fix))


def factorized(cells: Array) -> tuple[Array, list[str]]:
    """Code of each cell of text, and the distinct cells in the order in which they come.

    What `pandas.factorize` does, without what that costs on a table of a few rows.
    """
    labels = list(dict.fromkeys(cells))
    place = dict(zip(labels, range(len(labels)), strict=True))
    return np.fromiter(map(place.__getitem__, cells), dtype=np.intp, count=len(cells)), labels


def stop(name: str, rule: str, fix: str, column: str = "", at: Found = ((0, ""),)) -> NoReturn:
    """Raise for a table that cannot be looked into; ``at`` holds rows and values."""
    raise DataError(problem_table((name, row, "", column, value, rule, fix) for row, value in at))


def source_name(source: Source) -> str:
    """Base name of a file, or `DataFrame`."""
    return Path(source).name if is_path(source) else "DataFrame"


def file_hash(source: Source) -> str:
    """SHA-256 of the bytes of a file; empty for a DataFrame."""
    if not is_path(source):
        return ""
    with Path(source).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def beside(table: Source) -> Path | None:
    """File of statements that lies beside the event table."""
    if not is_path(table):
        return None
    name = Path(table).name
    path = Path(table).with_name(
        re.sub(r"(\.csv|\.csv\.gz|\.parquet)$", r"_statements\1", name, flags=re.IGNORECASE)
    )
    return path if path.name != name and path.is_file() else None


def is_path(source: object) -> TypeGuard[str | os.PathLike[str]]:
    """Whether a source is a file's name; anything else is a table in memory, or nothing that can be read."""
    return isinstance(source, str | os.PathLike)


def in_pandas(name: str, source: object) -> pd.DataFrame:
    """A table in memory as pandas holds it: its own, or one that offers the Arrow or the interchange protocol."""
    if isinstance(source, pd.DataFrame):
        return source
    try:
        if hasattr(source, "__arrow_c_stream__"):
            import pyarrow as pa

            found: pd.DataFrame = pa.table(source).to_pandas()
            return found
        if hasattr(source, "__dataframe__"):
            return pd.api.interchange.from_dataframe(source)
    except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
        stop(name, f"The {type(source).__name__} cannot be read: {error}.", "Give a pandas DataFrame.")
    way = "pandas.DataFrame(table)" if isinstance(source, dict | list) else "pandas.read_csv(file, dtype=str)"
    rule = f"A table is a path, a pandas DataFrame, or a Polars or Arrow table, not {type(source).__name__}."
    stop(name, rule, f"Give {way}, or the path of the file.")


def open_table(name: str, source: Source, encoding: str) -> TextTable:
    """A table as text; without rows, and with its problems, where it cannot be looked into."""
    try:
        found = (
            _read(name, Path(source), encoding) if is_path(source) else frame_columns(in_pandas(name, source))
        )
        return table_of(name, found)
    except DataError as error:
        return TextTable(name, 0, {}, list(error.problems.itertuples(index=False, name=None)))


def table_of(name: str, found: Columns) -> TextTable:
    """Columns as a table of text; raises `DataError` for a header or cells that cannot be."""
    header = [_SURROGATE.sub("\ufffd", column) for column, _ in found]
    for column in sorted(column for column, times in Counter(header).items() if times > 1):
        stop(name, "A column name may occur once.", "Rename or remove the others.", column)
    rows = len(found[0][1]) if found else 0
    if not rows and not (name == "statements" and header):
        stop(name, "The table has no rows.", "Give at least one, or leave the table out.")
    values = [cells for _, cells in found]
    made = [_text(name, column, cells) for column, cells in zip(header, values, strict=True)]
    coarse = {column: too_coarse(cells) for column, cells in zip(header, values, strict=True)}
    rounded = {column: rows for column, rows in coarse.items() if rows.any()}
    return TextTable(name, rows, dict(zip(header, made, strict=True)), rounded=rounded)


def too_coarse(values: pd.Series[Any] | Array) -> Array:
    """Rows whose whole number is so large for the way it is stored that its last digits cannot be known.

    From 2**24 on in single precision, from 2**53 on in double: whole numbers there are no longer each a number.
    """
    cells = values.to_numpy() if isinstance(values, pd.Series) and values.dtype.kind == "f" else values
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "f":
        return np.asarray(
            np.abs(np.nan_to_num(cells, posinf=0, neginf=0)) >= 2.0 ** (np.finfo(cells.dtype).nmant + 1)
        )
    kinds = set(map(type, values)) if values.dtype == object else set()
    if not any(issubclass(kind, float | np.floating) for kind in kinds):
        return np.zeros(len(values), dtype=bool)
    return np.array([_coarse(cell) for cell in values], dtype=bool)


def _coarse(cell: object) -> bool:
    if not isinstance(cell, float | np.floating) or not np.isfinite(cell):
        return False
    return abs(float(cell)) >= 2.0 ** (np.finfo(np.asarray(cell).dtype).nmant + 1)


def frame_columns(frame: pd.DataFrame) -> Columns:
    """Columns of a DataFrame under their names as text."""
    return [(str(column), values) for column, values in frame.items()]


def _read(name: str, path: Path, encoding: str) -> Columns:
    lower = path.name.lower()
    try:
        if lower.endswith(".parquet"):
            declared(path)
            return frame_columns(pd.read_parquet(path))
        if lower.endswith(".csv.gz"):
            return _read_csv(name, unpacked(path), encoding)
        if lower.endswith(".csv"):
            return _read_csv(name, path.read_bytes(), encoding)
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        stop(name, f"{path.name} cannot be read: {error}.", "Write the file again.")
    stop(name, f"{path.name} is not a .csv, .csv.gz or .parquet file.", "Save the table as CSV in UTF-8.")


def _read_csv(name: str, data: bytes, encoding: str) -> Columns:
    """Cells as text, separated by commas."""
    rows = rows_of_csv(name, _decode(name, data, encoding), ",")
    if len(rows[0]) == 1 and re.search("[;\t]", rows[0][0]):
        stop(name, "Cells must be separated by commas.", "Save the file with commas.")
    return columns_of_rows(name, rows, "commas")


def rows_of_csv(name: str, text: str, separator: str) -> list[list[str]]:
    """Rows of cells, the header first; blank lines are no rows."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [row for row in reader if row]
    except csv.Error as error:
        stop(name, f"The file is not CSV from line {reader.line_num} on: {error}.", "Check quotes there.")
    if not rows:
        stop(name, "The file is empty.", "Give a header and at least one row.")
    return rows


def columns_of_rows(name: str, rows: list[list[str]], separators: str) -> Columns:
    """Columns of rows that are as long as the header, the first; ``separators`` is what to check where they are not."""
    header, *body = rows
    uneven = [(i, f"{len(row)} cells") for i, row in enumerate(body, 1) if len(row) != len(header)]
    if uneven:
        rule = f"A row must have {len(header)} cells, as the header has."
        stop(name, rule, f"Check {separators} and quotes.", "(row)", uneven)
    cells = zip(*body, strict=True) if body else ([] for _ in header)
    return [(column, np.array(values, dtype=object)) for column, values in zip(header, cells, strict=True)]


def _decode(name: str, data: bytes, encoding: str) -> str:
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        bad = undecodable(data, encoding) or [(0, str(error))]
    fix = "Pass encoding= (for example 'cp1256' or 'latin-1') if the whole file has another; else save it as UTF-8."
    stop(name, f"Every line must be {encoding} text.", fix, "(line)", bad)


def undecodable(data: bytes, encoding: str) -> Found:
    """Rows that do not decode, with the offending byte only: the line may hold names."""
    bad = []
    for row, line in enumerate(data.split(b"\n")):
        try:
            line.decode(encoding)
        except UnicodeDecodeError as error:
            bad.append((row, f"line {row + 1}: byte 0x{line[error.start]:02x} at position {error.start + 1}"))
    return bad


def _text(name: str, column: str, values: pd.Series[Any] | Array) -> Array:
    """A column as text, the same for every way of storing it; missing is the empty string."""
    if values.dtype == object and set(map(type, values)) <= {str}:
        made = np.array(values, dtype=object)
    elif isinstance(values, pd.Series) and isinstance(values.dtype, pd.StringDtype):
        made = values.fillna("").to_numpy(dtype=object)
    else:
        try:
            codes, labels = pd.factorize(values)
        except TypeError:
            stop(name, "A cell must hold one text, number or date.", "Join lists with '|'.", column)
        made = np.array([*map(_cell, labels), ""], dtype=object)[codes]
    size, longest, length = stored(made)
    if size > sizes.TEXT_MOST:
        rule = (
            f"A column of text is stored by its longest cell; this one would take {size:,} bytes, and "
            f"{sizes.TEXT_MOST:,} is the most."
        )
        stop(
            name,
            rule,
            "Shorten the cell, or leave the column out.",
            column,
            [(longest + 1, f"{length:,} characters")],
        )
    if _SURROGATE.search("".join(made)):
        bad = [(row, ascii(cell)) for row, cell in enumerate(made, 1) if _SURROGATE.search(cell)]
        rule = "A cell must be text that can be written."
        stop(name, rule, "Read the file again in its encoding.", column, bad)
    return made


def _cell(value: object) -> str:
    if isinstance(value, datetime) and value.time() == time() and value.tzinfo is None:
        return value.date().isoformat()
    return str(value).removesuffix(".0") if isinstance(value, float | np.floating) else str(value)

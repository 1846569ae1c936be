"""Files of several kinds opened as columns: CSV and its cousins, zipped or not, workbooks, JSON, Parquet.

Nothing a file says is trusted: what it would take when unpacked is looked at, and bounded, before it is.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from attribution.arrays import Array
from attribution.events.formats.decoding import decode
from attribution.events.formats.workbooks import workbook
from attribution.events.sizes import RATIO, bounded, honest
from attribution.events.text_table import Columns, columns_of_rows, frame_columns, rows_of_csv, stop

TABLES = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".json", ".parquet")
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
KINDS = "a .csv, .tsv, .txt, .xlsx, .json or .parquet file, or one of them in .gz or .zip"
Note = tuple[str, str, int, str]
"""What was found, what was made of it, how many, why."""


@dataclass
class Opened:
    """Columns of a file as they stand in it, and what there is to say of how it was opened."""

    columns: Columns
    notes: list[Note] = field(default_factory=list)
    encoding: str = ""


def open_file(name: str, path: Path, encoding: str | None) -> Opened:
    """The columns of a file; raises `DataError` for one that cannot be looked into."""
    try:
        lower = path.name.lower()
        if lower.endswith(".parquet"):
            return Opened(frame_columns(pd.read_parquet(path)))
        with path.open("rb") as file:
            data, size = file.read(), path.stat().st_size
        if lower.endswith(".gz"):
            with gzip.open(io.BytesIO(data)) as packed:
                return columns_of_bytes(name, path.name[:-3], packed_bytes(name, packed, size), encoding)
        if lower.endswith(".zip"):
            return _zipped(name, path, size, encoding)
        return columns_of_bytes(name, path.name, data, encoding)
    except (
        ValueError,
        EOFError,
        zlib.error,
        gzip.BadGzipFile,
        zipfile.BadZipFile,
        NotImplementedError,
    ) as error:
        stop(name, f"{path.name} cannot be read: {error}.", "Write the file again.")
    except RuntimeError as error:
        stop(name, f"{path.name} cannot be unpacked: {error}.", "Unpack it, without a password.")


def columns_of_bytes(name: str, called: str, data: bytes, encoding: str | None) -> Opened:
    """The columns of the bytes of a file, by what it is called."""
    lower = called.lower()
    if lower.endswith((".xlsx", ".xlsm")):
        check_parts(name, data)
        columns, notes = workbook(name, data)
        return Opened(columns, notes)
    if lower.endswith(".json"):
        return _json(name, data, encoding)
    if not lower.endswith((".csv", ".tsv", ".tab", ".txt")):
        stop(name, f"{called} is not {KINDS}.", "Save the table as CSV in UTF-8.")
    return _separated(name, data, encoding)


def packed_bytes(name: str, packed: IO[bytes] | gzip.GzipFile, size: int) -> bytes:
    """What is packed, as long as it is no more than it can honestly be."""
    data = bounded(packed, honest(size))
    if data is None:
        stop(name, f"It unpacks to more than {RATIO} times its size.", "Unpack it and look at it first.")
    return data


def check_parts(name: str, data: bytes) -> None:
    """A workbook is a zip file: what its parts say they unpack to, before any is."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        total = sum(part.file_size for part in archive.infolist())
    if total > honest(len(data)):
        stop(name, f"It unpacks to more than {RATIO} times its size.", "Save it as CSV.")


def _zipped(name: str, path: Path, size: int, encoding: str | None) -> Opened:
    with zipfile.ZipFile(path) as archive:
        parts = [part for part in archive.infolist() if part.filename.lower().endswith(TABLES)]
        parts = [part for part in parts if not part.filename.startswith(("__MACOSX", "."))]
        if len(parts) != 1:
            listed = ", ".join(repr(part.filename) for part in parts[:5]) or "none"
            stop(name, f"A .zip must hold one table; this one holds {len(parts)}: {listed}.", "Unpack it.")
        if parts[0].file_size > honest(size):
            stop(name, f"It unpacks to more than {RATIO} times its size.", "Unpack it and look at it first.")
        with archive.open(parts[0]) as packed:
            found = columns_of_bytes(name, parts[0].filename, packed_bytes(name, packed, size), encoding)
    found.notes.append((path.name, parts[0].filename, 1, "The table in the zip file."))
    return found


def _separated(name: str, data: bytes, encoding: str | None) -> Opened:
    """Cells separated by commas, or by what the header has instead; blank lines are no rows."""
    made = decode(name, data, encoding)
    separator = separator_of(made.text)
    rows = rows_of_csv(name, made.text, separator)
    columns = columns_of_rows(name, rows, SEPARATORS[separator])
    notes: list[Note] = []
    if made.lines:
        why = "Not UTF-8: read as Windows-1252; where letters are wrong, pass encoding= ('mac_roman', 'cp1256')."
        notes.append(("utf-8", made.encoding, made.lines, why))
    if separator != ",":
        notes.append(("commas", SEPARATORS[separator], len(rows) - 1, "Cells are separated by these."))
    return Opened(columns, notes, made.encoding)


def separator_of(text: str) -> str:
    """What separates the cells of the first line: commas unless it has none and something else instead."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    plain = "".join(part for i, part in enumerate(line.split('"')) if i % 2 == 0)
    counts = {mark: plain.count(mark) for mark in SEPARATORS}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] > counts[","] else ","


def _json(name: str, data: bytes, encoding: str | None) -> Opened:
    """A list of records, or an object that holds one under `data`, as ACLED's interface sends it."""
    made = decode(name, data, encoding)
    try:
        found = json.loads(made.text)
    except (ValueError, RecursionError) as error:
        stop(name, f"The file is not JSON: {error}.", "Save the answer as it came.")
    records: Any = found.get("data") if isinstance(found, dict) else found
    if not isinstance(records, list) or not records or not all(isinstance(row, dict) for row in records):
        stop(name, "JSON must be a list of records, or hold one under 'data'.", "Save the answer as it came.")
    names = dict.fromkeys(key for row in records for key in row)
    columns: Columns = [(key, _plain(name, key, [row.get(key) for row in records])) for key in names]
    return Opened(columns, [("JSON", "a table", len(records), "One record a row.")], made.encoding)


def _plain(name: str, column: str, values: list[Any]) -> Array:
    """Values of JSON as text."""
    bad = [(row, str(value)[:50]) for row, value in enumerate(values, 1) if isinstance(value, dict | list)]
    if bad:
        stop(name, "A value must be one text or number.", "Join lists with '|'.", column, bad)
    texts = [
        "" if value is None else value if isinstance(value, str) else json.dumps(value) for value in values
    ]
    return np.array(texts, dtype=object)

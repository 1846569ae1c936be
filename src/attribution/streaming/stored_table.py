"""An event table that stays on disk: its files, its chunks, and their rows a block at a time."""

from __future__ import annotations

import codecs
import csv
import hashlib
import itertools
import math
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import pandas as pd

from attribution.errors import AttributionError, DataError, Problem, problem_table
from attribution.events.checks import check_header
from attribution.events.schema import COLUMNS
from attribution.events.text_table import TextTable, file_hash, open_table

IDS_AT_ONCE = 4_000_000
"""Event ids that are compared in one go: 8 bytes each."""
SUFFIXES = (".parquet", ".csv")


@dataclass(frozen=True)
class Chunk:
    """Rows of one file that follow each other.

    Attributes
    ----------
    path
        The file.
    first
        The first of its rows that belongs to the chunk, counted from 0.
    rows
        Number of rows.
    position
        Place of the first row in the whole table, counted from 0.
    offset
        Byte at which the first row begins, in a CSV file.
    """

    path: Path
    first: int
    rows: int
    position: int
    offset: int


@dataclass(frozen=True)
class StoredTable:
    """Files of the same columns, one after the other.

    Attributes
    ----------
    columns
        The header.
    chunks
        All rows, in order.
    encoding
        Of CSV files.
    digest
        SHA-256 of the names and contents of the files.
    """

    columns: tuple[str, ...]
    chunks: tuple[Chunk, ...]
    encoding: str
    digest: str

    @property
    def rows(self) -> int:
        """Number of events."""
        return sum(chunk.rows for chunk in self.chunks)


@dataclass(frozen=True)
class Block:
    """Some rows of a chunk as text: ``first`` is counted from 0 in the file, ``position`` in the whole table."""

    path: Path
    first: int
    position: int
    table: TextTable

    def problems(self, found: Sequence[Any]) -> list[Problem]:
        """Problems with the file's name as the table, and rows counted from 1 in the file."""
        return [(self.path.name, row and row + self.first, *rest) for _, row, *rest in found]


def survey(source: str | os.PathLike[str], size: int, encoding: str) -> StoredTable:
    """A table cut into chunks of at most so many rows, its header and its event ids checked.

    Raises
    ------
    AttributionError
        No such file, or one of another kind.
    DataError
        Files of different columns, a header that breaks a rule, CSV that cannot be cut into rows,
        an id that repeats.
    """
    paths = files_of(Path(source))
    if codecs.lookup(encoding).name.startswith(("utf-16", "utf-32")):
        raise AttributionError(f"encoding={encoding!r} cannot be read in chunks: save the file as UTF-8.")
    columns = [header(path, encoding) for path in paths]
    problems = [problem for path, own in zip(paths, columns, strict=True) for problem in headed(path, own)]
    for path, own in zip(paths, columns, strict=True):
        for column in sorted(set(own) ^ set(columns[0])):
            rule = f"All files must have the columns of {paths[0].name}."
            problems.append((path.name, 0, "", column, "", rule, "Write the files with one header."))
    refuse(problems)
    chunks: list[Chunk] = []
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.name} {file_hash(path)}\n".encode())
        count = sum(chunk.rows for chunk in chunks)
        chunks += chunks_of(path, size, count, encoding)
    table = StoredTable(tuple(columns[0]), tuple(chunks), encoding, digest.hexdigest())
    if not table.rows:
        refuse([(paths[0].name, 0, "", "", "", "The table has no rows.", "Give at least one.")])
    refuse(repeated(table))
    return table


def files_of(source: Path) -> list[Path]:
    """The file, or the files of a folder in the order of their names."""
    way = "Give a .parquet or a .csv file, or a folder of one kind."
    if source.is_dir():
        visible = [path for path in source.iterdir() if not path.name.startswith((".", "_"))]
        found = sorted(path for path in visible if path.suffix.lower() in SUFFIXES)
        others = sorted({path.name for path in visible} - {path.name for path in found})
        if others or not found or len({path.suffix.lower() for path in found}) > 1:
            what = f"holds {', '.join(others[:5])}" if others else "holds no table, or tables of two kinds"
            raise AttributionError(f"{source} {what}. {way}")
        return found
    if not source.is_file() or source.suffix.lower() not in SUFFIXES:
        raise AttributionError(f"{source} is no event table that can be read in chunks. {way}")
    return [source]


def is_csv(path: Path) -> bool:
    """Whether a file is CSV, and not Parquet."""
    return path.suffix.lower() == ".csv"


def header(path: Path, encoding: str) -> list[str]:
    """Names of the columns."""
    if not is_csv(path):
        with parquet(path) as file:
            return [str(name) for name in file.schema_arrow.names]
    return next(records(path, 0, encoding), ([], 0))[0]


def headed(path: Path, columns: Sequence[str]) -> list[Problem]:
    """What is wrong with a header."""
    twice = sorted(column for column, times in Counter(columns).items() if times > 1)
    rule, fix = "A column name may occur once.", "Rename or remove the others."
    if twice:
        return [(path.name, 0, "", column, "", rule, fix) for column in twice]
    table = TextTable(path.name, 0, {column: np.empty(0, dtype=object) for column in columns})
    check_header(table, COLUMNS, ("event_id", "date"))
    return table.problems


def chunks_of(path: Path, size: int, position: int, encoding: str) -> list[Chunk]:
    """A file cut into chunks."""
    starts, rows = row_marks(path, size, encoding) if is_csv(path) else (None, 0)
    if starts is None:
        with parquet(path) as file:
            rows = file.metadata.num_rows
    firsts = range(0, rows, size)
    offsets = starts or [0] * len(firsts)
    return [
        Chunk(path, first, min(size, rows - first), position + first, offset)
        for first, offset in zip(firsts, offsets, strict=True)
    ]


def row_marks(path: Path, size: int, encoding: str) -> tuple[list[int], int]:
    """Byte at which every ``size``-th row of a CSV file begins, and the number of rows; uneven rows are refused."""
    rows = records(path, 0, encoding)
    head, end = next(rows)
    starts: list[int] = []
    problems: list[Problem] = []
    count = 0
    for cells, after in rows:
        if count % size == 0:
            starts.append(end)
        end, count = after, count + 1
        if len(cells) != len(head) and len(problems) < 1000:
            rule = f"A row must have {len(head)} cells, as the header has."
            said = f"{len(cells)} cells"
            problems.append((path.name, count, "", "(row)", said, rule, "Check commas and quotes."))
    refuse(problems)
    return starts, count


def records(path: Path, offset: int, encoding: str) -> Iterator[tuple[list[str], int]]:
    """Rows of a CSV file from a byte on, and the byte after each; blank lines are no rows."""
    codec = "utf-8-sig" if offset == 0 and codecs.lookup(encoding).name == "utf-8" else encoding
    at = [offset]

    def lines() -> Iterator[str]:
        for number, raw in enumerate(file):
            at[0] += len(raw)
            yield raw.decode(codec if number == 0 else encoding)

    with path.open("rb") as file:
        file.seek(offset)
        reader = csv.reader(lines(), strict=True)
        try:
            for cells in reader:
                if cells:
                    yield cells, at[0]
        except (csv.Error, UnicodeDecodeError) as error:
            where = f"line {reader.line_num}" + (f" after byte {offset}" if offset else "")
            rule = f"The file is not {encoding} CSV at {where}: {error}."
            refuse([(path.name, 0, "", "", "", rule, "Check quotes there, or pass encoding=.")])


def blocks(chunk: Chunk, columns: Sequence[str], size: int, encoding: str) -> Iterator[Block]:
    """The rows of a chunk, at most so many at a time, some of the columns."""
    frames = csv_frames if is_csv(chunk.path) else parquet_frames
    first, wanted = chunk.first, chunk.first + chunk.rows
    for frame in frames(chunk, columns, size, encoding):
        table = open_table("events", frame, encoding)
        block = Block(chunk.path, first, chunk.position + first - chunk.first, table)
        if not table.rows:
            refuse(block.problems(table.problems))
        yield block
        first += table.rows
    if first != wanted:
        raise AttributionError(f"{chunk.path} changed while it was read: row {first + 1} is missing.")


def csv_frames(chunk: Chunk, columns: Sequence[str], size: int, encoding: str) -> Iterator[pd.DataFrame]:
    """Blocks of a CSV file."""
    head = header(chunk.path, encoding)
    place = [head.index(column) for column in columns]
    rows = itertools.islice(records(chunk.path, chunk.offset, encoding), chunk.rows)
    for some in itertools.batched(rows, size):
        cells = list(zip(*(row for row, _ in some), strict=True))
        yield pd.DataFrame({column: cells[p] for column, p in zip(columns, place, strict=True)}, dtype=object)


def parquet_frames(chunk: Chunk, columns: Sequence[str], size: int, _: str) -> Iterator[pd.DataFrame]:
    """Blocks of a Parquet file; row groups before and after the chunk are not read."""
    with parquet(chunk.path) as file:
        held = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
        ends = np.cumsum(held)
        last = chunk.first + chunk.rows
        groups = np.flatnonzero((ends > chunk.first) & (ends - held < last))
        at = int(ends[groups[0]]) - held[groups[0]]
        pending: list[Any] = []
        for batch in file.iter_batches(size, groups.tolist(), list(columns), use_threads=False):
            start, stop = max(chunk.first - at, 0), min(last - at, len(batch))
            at += len(batch)
            if stop > start:
                pending.append(batch.slice(start, stop - start))
            if sum(map(len, pending)) >= size:
                yield framed(pending)
                pending = []
        if pending:
            yield framed(pending)


def framed(batches: list[Any]) -> pd.DataFrame:
    """Record batches as a DataFrame; whole numbers stay whole beside missing ones, as in every other block."""
    import pyarrow as pa

    frame: pd.DataFrame = pa.Table.from_batches(batches).to_pandas(integer_object_nulls=True)
    return frame


def parquet(path: Path) -> Any:
    """A Parquet file, opened; nothing is read ahead."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise AttributionError("Parquet needs pyarrow: pip install attribution-bayes[parquet].") from error
    try:
        return pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20)
    except (pa.ArrowException, ValueError) as error:
        raise AttributionError(f"{path} cannot be read as Parquet: {error}. Write it again.") from error


def repeated(table: StoredTable) -> list[Problem]:
    """Event ids that occur before, however far.

    Their hashes are dealt to temporary files, 8 bytes each, which are compared one by one: memory
    does not grow.
    """
    count = math.ceil(table.rows / IDS_AT_ONCE)
    suspects: list[np.ndarray] = []
    with ExitStack() as stack:
        files = [stack.enter_context(TemporaryFile()) for _ in range(count)]
        for _, own in hashed(table):
            share = own % count
            order = np.argsort(share)
            ends = np.searchsorted(share[order], np.arange(1, count))
            for file, dealt in zip(files, np.split(own[order], ends), strict=True):
                file.write(dealt.tobytes())
        for file in files:
            file.seek(0)
            value, times = np.unique(np.frombuffer(file.read(), dtype=np.uint64), return_counts=True)
            suspects.append(value[times > 1])
    found = np.concatenate(suspects)
    return occurrences(table, found) if len(found) else []


def hashed(table: StoredTable) -> Iterator[tuple[Block, np.ndarray]]:
    """Blocks of event ids and their hashes."""
    for chunk in table.chunks:
        for block in blocks(chunk, ["event_id"], 100_000, table.encoding):
            yield block, pd.util.hash_array(block.table.text("event_id"), categorize=False)


def occurrences(table: StoredTable, suspects: np.ndarray) -> list[Problem]:
    """Rows whose id an earlier row has, among those with some hashes."""
    earlier: dict[str, str] = {}
    found: list[Problem] = []
    for block, own in hashed(table):
        ids = block.table.text("event_id")
        for row in np.flatnonzero(np.isin(own, suspects)):
            label, number = str(ids[row]), block.first + int(row) + 1
            if label in earlier:
                fix = f"{earlier[label]} has it: rename or remove."
                rule = "event_id must occur once."
                found.append((block.path.name, number, label, "event_id", label, rule, fix))
            elif label:
                earlier[label] = f"Row {number} of {block.path.name}"
    return found


def refuse(problems: list[Problem]) -> None:
    """Raise `DataError` where there are problems."""
    if problems:
        raise DataError(problem_table(problems))

"""How much memory a table asks for, known before it is asked: a small file may unpack, or be stored, as a huge one."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO

import numpy as np

from attribution.arrays import Array

UNPACKED_MOST = 1_000_000_000
"""Bytes that a packed file may unpack to: larger tables are read in chunks, by `attribute_table`."""
RATIO, SMALL = 200, 64 << 20
"""A file from elsewhere may be larger, for it cannot be read in chunks; but one that unpacks to more than 200 times its
size, and more than 64 MB, was made to fill the memory."""
TEXT_MOST = 1_000_000_000
"""Bytes that a column of text may be stored in: every cell in as much as the longest needs, four bytes a character."""
_STEP = 1 << 20


def unpacked(path: Path) -> bytes:
    """The content of a `.gz` file.

    Raises
    ------
    ValueError
        It is larger than `UNPACKED_MOST`. What is beyond is not unpacked, and nothing is kept meanwhile.
    """
    with gzip.open(path) as file:
        data = bounded(file, UNPACKED_MOST)
    if data is None:
        raise ValueError(
            f"its {path.stat().st_size:,} bytes unpack to more than {UNPACKED_MOST:,}, the most that is read at once"
        )
    return data


def bounded(packed: IO[bytes] | gzip.GzipFile, most: int) -> bytes | None:
    """What is packed; None where that is more than ``most`` bytes, which are not kept to find out."""
    size = 0
    while block := packed.read(_STEP):
        size += len(block)
        if size > most:
            return None
    packed.seek(0)
    return packed.read(size)


def honest(size: int) -> int:
    """Bytes that a file of ``size`` bytes from elsewhere may unpack to."""
    return max(RATIO * size, SMALL)


def declared(path: Path) -> None:
    """Raise `ValueError` for a Parquet file whose columns are larger than `UNPACKED_MOST`, as it says itself."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        about = file.metadata
    size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    size = max(size, 8 * about.num_rows * about.num_columns)
    if size > UNPACKED_MOST:
        raise ValueError(
            f"it declares {size:,} bytes, and {UNPACKED_MOST:,} is the most that is read at once"
        )


def stored(cells: Array) -> tuple[int, int, int]:
    """Bytes that a column of text is stored in, and the place and the length of its longest cell."""
    if not len(cells):
        return 0, 0, 0
    lengths = np.fromiter(map(len, cells), dtype=np.int64, count=len(cells))
    longest = int(lengths.argmax())
    return 4 * len(cells) * int(lengths[longest]), longest, int(lengths[longest])

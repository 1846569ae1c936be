"""`to_csv`: a table as a CSV file that a spreadsheet shows and does not run, never half-written."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from attribution.errors import AttributionError
from attribution.runs.files import whole_file

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the start of a formula, fullwidth forms included."""


def to_csv(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table of results as CSV in UTF-8; the index is not written.

    A text that a spreadsheet would run as a formula gets an apostrophe in front, in cells and in
    column names; numbers stay numbers. Lines end as RFC 4180 says. The file is written under
    another name in the same folder and put in place when it is whole.

    Parameters
    ----------
    table
        What `attributions`, `shares`, `contributions`, `decisions` or another verb returned.
    path
        File to write, ending in `.csv`. A file that is there is replaced.

    Raises
    ------
    AttributionError
        The name does not end in `.csv`, or this is not a DataFrame.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_csv(pd.DataFrame({"actor": ["=1+1", "IS"], "share": [-0.1, 0.4]}), Path(folder) / "x.csv")
    ...     print((Path(folder) / "x.csv").read_text())
    actor,share
    '=1+1,-0.1
    IS,0.4
    """
    target = Path(path)
    if target.suffix.lower() != ".csv":
        raise AttributionError(f"to_csv(..., {str(path)!r}): the name must end in '.csv'.")
    if not isinstance(table, pd.DataFrame):
        raise AttributionError(f"to_csv() writes tables (DataFrames), not {type(table).__name__}.")
    safe = table.copy()
    safe.columns = pd.Index([neutral(str(column)) for column in table.columns], dtype=object)
    for i, (_, values) in enumerate(table.items()):
        if not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values)):
            safe.isetitem(i, [neutral(cell) for cell in values])
    with whole_file(target) as temporary:
        # Before Python 3.13 a carriage return is quoted only where it ends lines; unquoted, what follows begins a cell.
        safe.to_csv(temporary, index=False, encoding="utf-8", lineterminator="\r\n")


def neutral(cell: object) -> object:
    """A cell that is no formula: text that looks like one gets an apostrophe in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(STARTS) else cell

"""`Decision`: what a reader of a foreign format did to a table; the report is a list of them, kept with the events."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd
import xarray as xr

KINDS = ("file", "column", "recoding", "note", "row")
"""What a decision is about, in the order of the report."""


@dataclass(frozen=True)
class Decision:
    """One thing a reader decided.

    Attributes
    ----------
    kind
        `file` (how it was opened), `column` (kept, renamed, left out), `recoding` (cells changed), `note` (what to
        know, nothing changed), `row` (left out).
    column
        The column of the foreign table, or empty.
    found, made
        What stood there, and what became of it.
    count
        Rows or cells it concerns.
    row
        Number of the data row, from 1; 0 where it concerns several.
    why
        The reason, one sentence.

    Examples
    --------
    >>> Decision("recoding", "iday", "0", "date of precision 'month'", 12, 0, "The day is not known.").count
    12
    """

    kind: str
    column: str
    found: str
    made: str
    count: int
    row: int
    why: str


COLUMNS = [field.name for field in dataclasses.fields(Decision)]


def to_json(made: Iterable[Decision]) -> str:
    """The report as JSON, in the order of `KINDS`."""
    ordered = sorted(made, key=lambda decision: KINDS.index(decision.kind))
    return json.dumps([dataclasses.astuple(decision) for decision in ordered], ensure_ascii=False)


def decisions(events: xr.Dataset) -> pd.DataFrame:
    """Every decision that was made when a table was read or harmonised.

    Parameters
    ----------
    events
        What `read_table`, `read_acled`, `read_gtd`, `read_ucdp_ged`, `harmonise` or `combine` returned.

    Returns
    -------
    pandas.DataFrame
        One row a decision: `kind` (`file`, `column`, `recoding`, `note`, `row`), `column`, `found`, `made`, `count`,
        `row` (of the file, from 1 below the header; 0 where the decision concerns several) and `why`. The rows left
        out are those with kind `row`: together with the events they are all rows of the file.

    Examples
    --------
    >>> import attribution as at
    >>> frame = pd.DataFrame({"id": ["a"], "day": ["17/03/2021"], "by": ["unknown"]})
    >>> events = at.read_table(frame, {"event_id": "id", "date": "day", "perpetrator": "by"}, day_first=True)
    >>> at.decisions(events)[["column", "found", "made"]].tail(1).values.tolist()
    [['by', 'unknown', '']]
    """
    return pd.DataFrame(json.loads(events.attrs.get("decisions", "[]")), columns=COLUMNS)

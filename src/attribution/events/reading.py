"""Event tables: read, validate, hash.

A table comes in as text, is held against every rule, and leaves as an `xr.Dataset` with one dimension `event` (and
`statement`, where there are statements). Nothing is repaired silently: whatever breaks a rule is reported, all at
once, in one `DataError`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Literal

import pandas as pd
import xarray as xr

from attribution.arrays import Array
from attribution.errors import DataError, problem_table
from attribution.events.checks import Variables, check_argument
from attribution.events.provenance import data_hash
from attribution.events.rules import (
    bundle_variables,
    context_variables,
    coverage_variables,
    event_variables,
    statement_variables,
)
from attribution.events.text_table import Source, TextTable, beside, file_hash, open_table, source_name


def read_events(
    table: Source,
    *,
    statements: Source | None = None,
    contexts: Source | None = None,
    bundles: Source | None = None,
    coverage: Source | None = None,
    ranks: Sequence[str] | None = None,
    actors: Sequence[str] | None = None,
    encoding: str = "utf-8",
) -> xr.Dataset:
    """Events of a table, validated and hashed.

    Every problem in the event table and in the tables beside it is reported at once. Nothing is changed silently, with
    one exception that is documented here: a `date` of coarser `date_precision` becomes the first day of its window
    (with precision `month`, both ``2021-03`` and ``2021-03-17`` become 1 March 2021).

    Parameters
    ----------
    table
        Path of a ``.csv``, ``.csv.gz`` or ``.parquet`` file, or a DataFrame (its index is not read and it is not
        modified). `event_id` and `date` are required. Dates are ISO: ``YYYY-MM-DD``, for `date` also ``YYYY-MM`` and
        ``YYYY``, which give `date_precision` where that column is absent or empty. Where an event happened on one of a
        range of days, `date` is the first and `date_last` the last. Columns the library does not know
        ride along: as numbers where every value is one, else as text (at four bytes a character of the longest cell:
        leave long notes out). Columns of victims' names are refused.
    statements
        The statements, one row each: `event_id`, `source`, `kind` (accusation, denial, confession, finding), `actor`,
        and optionally `date`, `origin` (the source it repeats, by a statement on the same event), `held_by` (the actor
        in whose hands a prisoner confessed), `role` (`executor`, or `sponsor`: whom the statement is about). Where this
        is None and `table` is a file ``x.csv``, a file ``x_statements.csv`` beside it is read;
        `attrs["statements_source"]` records it. A header without rows says that nobody made a statement.
    contexts
        Windows in which claims may be more or less readily made (`Claim`), one row each: `name`, `start`, `end` (the
        last day), and optionally `area` (empty: everywhere). Windows of one name must not overlap in the same area;
        those of different names may, and then add up.
    bundles
        Claims of many killings at once (`Bundles`), one row each: `claimant`, `start`, `end` (the last day), `count`
        (a whole number), and optionally `area` (empty: everywhere) and `kind`.
    coverage
        When and where sources watch, one row each: `source`, `start`, `end` (the last day), and optionally `area`
        (empty: everywhere); several rows a source. That a source says nothing of an event outside its rows is then no
        evidence; a statement there is refused. A source without a row watches everything. Rows of one source must
        not overlap in the same area.
    ranks
        The target ranks from lowest to highest. Where None and every rank begins with a number of its own
        (``1 civilian``), the order is by that number; else no order is known.
    actors
        The only names allowed, besides `unlisted`, as perpetrator, candidate or actor of a statement; and as claimant
        or denier.
    encoding
        Of CSV files. A byte order mark is accepted in UTF-8.

    Returns
    -------
    xr.Dataset
        Coordinate `event`, variables named as the columns with dimension `event` in the order of the rows: text
        (missing: ``""``), float64 (missing: NaN) and datetime64[us] (missing: NaT). `date_precision` is always there,
        other columns if the table has them. With statements, variables `statement_event`, `statement_source`,
        `statement_kind`, `statement_actor`, `statement_date` with dimension `statement`; contexts, bundles and coverage
        likewise, with dimensions `context`, `bundle` and `coverage`. Attributes: `ranks` (JSON
        list), `data_hash` (see `data_hash`), `source`, `statements_source` (file names, or ``DataFrame``) and
        `source_hash` (SHA-256 of the file, empty for a DataFrame).

    Raises
    ------
    DataError
        With all problems in its text and in `.problems`, one row each.

    Examples
    --------
    >>> frame = pd.DataFrame({"event_id": ["e1", "e2"], "date": ["2021-03-17", "2021-04"], "killed": [1, None]})
    >>> events = read_events(frame)
    >>> events["date_precision"].values.tolist()
    ['day', 'month']
    >>> read_events(frame.assign(killed=-1))
    Traceback (most recent call last):
    attribution.errors.DataError: 2 problems (row 1 is the first row below the header).
    killed must be a whole number, 0 or more. Correct it, or leave it empty if unknown.
      events row 1, event 'e1': killed = '-1'
      events row 2, event 'e2': killed = '-1'
    """
    statements = beside(table) if statements is None else statements
    sources = {"statements": statements, "contexts": contexts, "bundles": bundles, "coverage": coverage}
    others = {
        name: open_table(name, source, encoding) for name, source in sources.items() if source is not None
    }
    events = validated(open_table("events", table, encoding), others, ranks, actors)
    events.attrs["source"] = source_name(table)
    events.attrs["source_hash"] = file_hash(table)
    events.attrs["statements_source"] = "" if statements is None else source_name(statements)
    return events


def validated(
    table: TextTable,
    others: Mapping[str, TextTable],
    ranks: Sequence[str] | None,
    actors: Sequence[str] | None,
) -> xr.Dataset:
    """Events of an opened table and of the tables beside it, by their names; `read_events` without the files."""
    events = checked(table, others, ranks, actors)
    events.attrs["data_hash"] = data_hash(events)
    return events


def checked(
    table: TextTable,
    others: Mapping[str, TextTable],
    ranks: Sequence[str] | None,
    actors: Sequence[str] | None,
) -> xr.Dataset:
    """The same without a hash, which nobody asks for of some rows of a table."""
    for argument, names in (("ranks", ranks), ("actors", actors)):
        check_argument(table, argument, names)
    variables = event_variables(table, ranks, actors) if table.rows else {}
    for name, other in others.items():
        if name == "statements" and other.columns:
            variables |= statement_variables(other, table, variables, actors)
        elif name == "coverage" and other.rows:
            variables |= coverage_variables(other, table, variables, others.get("statements"))
        elif other.rows:
            variables |= _spans(other, table, actors)
    problems = [problem for opened in (table, *others.values()) for problem in opened.problems]
    if problems:
        raise DataError(problem_table(sorted(problems, key=itemgetter(0, 1))))
    events = _dataset(variables)
    order = _numbered(table.text("target_rank")) if ranks is None else list(ranks)
    events.attrs = {"ranks": json.dumps(order, ensure_ascii=False)}
    return events


def to_frame(
    events: xr.Dataset,
    table: Literal["events", "statements", "contexts", "bundles", "coverage"] = "events",
) -> pd.DataFrame:
    """Event table, or a table beside it, with the columns that `read_events` reads.

    Parameters
    ----------
    events
        As `read_events` returns.
    table
        Which of the tables.

    Returns
    -------
    pd.DataFrame
        One row an event (or statement, context, bundle, row of coverage), in order. Missing: ``""``, NaN, NaT.

    Examples
    --------
    >>> frame = pd.DataFrame({"event_id": ["e1"], "date": ["2021-03"], "area": ["Tafas"]})
    >>> to_frame(read_events(frame))
      event_id       date   area date_precision
    0       e1 2021-03-01  Tafas          month
    """
    if table == "events":
        names = [str(name) for name in events.data_vars if events[name].dims == ("event",)]
        named = {"event_id": "event"} | {name: name for name in names}
    else:
        dimension = table.removesuffix("s")
        names = [str(name) for name in events.data_vars if events[name].dims == (dimension,)]
        named = {name.removeprefix(f"{dimension}_"): name for name in names}
        named = {"event_id" if column == "event" else column: name for column, name in named.items()}
    return pd.DataFrame({column: events[name].values for column, name in named.items()})


def _spans(table: TextTable, events: TextTable, actors: Sequence[str] | None) -> Variables:
    """Variables of the contexts or of the bundles."""
    if table.name == "contexts":
        return context_variables(table, events)
    return bundle_variables(table, events, actors)


def _dataset(variables: Variables) -> xr.Dataset:
    events = xr.Dataset({name: (dim, _typed(values)) for name, (dim, values) in variables.items()})
    for name in [name for name, values in events.variables.items() if values.dtype.kind == "M"]:
        # NetCDF is decoded to nanoseconds from the origin stated here: from the middle of the allowed range, dates of
        # 1800 can stand beside dates of 2200; from the earliest date, xarray's choice, 292 years are the limit.
        events.variables[name].encoding = {"units": "days since 2000-01-01", "dtype": "int64"}
    return events


def _typed(values: Array) -> Array:
    """Text as fixed-width unicode; dates in microseconds: in nanoseconds xarray cannot write spans over 292 years."""
    return values.astype({"O": "U", "M": "datetime64[us]"}.get(values.dtype.kind, values.dtype))


def _numbered(labels: Array) -> list[str]:
    """Labels in the order of the numbers they begin with; none where any lacks a number of its own."""
    numbers = {label: re.match("[0-9]+", label) for label in sorted(set(labels) - {""})}
    place = {label: int(number.group()) for label, number in numbers.items() if number}
    return sorted(place, key=place.__getitem__) if len(set(place.values())) == len(numbers) else []

"""Event tables: read, validate, hash.

A table comes in as text, is held against every rule, and leaves as an `xr.Dataset` with one dimension `event` (and
`statement`, where there are statements). Nothing is repaired silently: whatever breaks a rule is reported, all at
once, in one `DataError`.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from attribution.errors import DataError, ModelError, listing, problem_table
from attribution.rules import (
    Variables,
    check_argument,
    check_known,
    event_variables,
    statement_variables,
)
from attribution.text_table import Array, Source, TextTable, beside, file_hash, open_table, source_name
from attribution.window_rules import bundle_variables, context_variables


def read_events(
    table: Source,
    *,
    statements: Source | None = None,
    contexts: Source | None = None,
    bundles: Source | None = None,
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
        `statement_kind`, `statement_actor`, `statement_date` with dimension `statement`; contexts and bundles likewise,
        with dimensions `context` and `bundle`. Attributes: `ranks` (JSON
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
    sources = {"statements": statements, "contexts": contexts, "bundles": bundles}
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
        elif other.rows:
            variables |= _spans(other, table, actors)
    problems = [problem for opened in (table, *others.values()) for problem in opened.problems]
    if problems:
        raise DataError(problem_table(sorted(problems, key=itemgetter(0, 1))))
    events = _dataset(variables)
    order = _numbered(table.text("target_rank")) if ranks is None else list(ranks)
    events.attrs = {"ranks": json.dumps(order, ensure_ascii=False)}
    return events


def data_hash(events: xr.Dataset) -> str:
    """SHA-256 of the values of an event table, the tables beside it and the order of its ranks.

    The same for a CSV file, a Parquet file and a DataFrame with the same content, whatever the order of the columns;
    another as soon as a value, the order of the rows or the order of the ranks changes.

    Parameters
    ----------
    events
        As `read_events` returns.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> frame = pd.DataFrame({"event_id": ["e1"], "date": ["2021-03-17"]})
    >>> data_hash(read_events(frame)) == read_events(frame[["date", "event_id"]]).attrs["data_hash"]
    True
    """
    digest = hashlib.sha256(b"attribution events 1")
    digest.update(json.dumps(json.loads(events.attrs.get("ranks", "[]"))).encode())
    for name in sorted(["event", *map(str, events.data_vars)]):
        kind, content = _canonical(events.variables[name].values)
        digest.update(f"\n{json.dumps(name)} {kind} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def column_hashes(events: xr.Dataset) -> dict[str, str]:
    """SHA-256 of the values of each column: which one differs, where `data_hash` says that one does."""
    names = ["event", *map(str, events.data_vars)]
    return {name: hashlib.sha256(b"\n".join(_signed(events[name].values))).hexdigest() for name in names}


def to_frame(
    events: xr.Dataset, table: Literal["events", "statements", "contexts", "bundles"] = "events"
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
        One row an event (or statement, context, bundle), in order. Missing: ``""``, NaN, NaT.

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


def check_events(events: object) -> None:
    """Raise `ModelError` for what is not an event table that `read_events` returned."""
    if isinstance(events, xr.Dataset) and {"event", "date", "date_precision"} <= set(
        map(str, events.variables)
    ):
        return
    way = "events = read_events(frame)" if isinstance(events, pd.DataFrame) else "events = read_events(path)"
    raise ModelError(
        f"The events must be what read_events() returns, not {type(events).__name__}. "
        f"Call {way} first: it checks the table."
    )


def candidate_mask(events: xr.Dataset, actors: Sequence[str]) -> NDArray[np.bool_]:
    """Actors who may have done each event.

    Parameters
    ----------
    events
        As `read_events` returns.
    actors
        All actors of the model, `unlisted` among them unless the model is closed.

    Returns
    -------
    ndarray of bool, (event, actor)
        The perpetrator where known, else the candidates where given, else all.

    Raises
    ------
    ModelError
        Names every event whose perpetrator or candidates are not among the actors.

    Examples
    --------
    >>> frame = pd.DataFrame({"event_id": ["e1", "e2"], "date": ["2021", "2021"], "perpetrator": ["IS", ""]})
    >>> candidate_mask(read_events(frame), ["IS", "unlisted"])
    array([[ True, False],
           [ True,  True]])
    """
    names = [name for name in ("perpetrator", "candidates") if name in events]
    columns = {name: events[name].values.astype(object) for name in names}
    table = TextTable("events", events.sizes["event"], {"event_id": events["event"].values, **columns})
    for name in names:
        check_known(table, name, actors, also=())
    if table.problems:
        raise ModelError(
            f"The events name actors the model does not have.\n{listing(problem_table(table.problems))}"
        )
    known = table.text("perpetrator")
    codes, labels = pd.factorize(np.where(known != "", known, table.text("candidates")))
    allowed = [[label == "" or actor in label.split("|") for actor in actors] for label in labels]
    return np.array(allowed, dtype=bool)[codes]


def incidents(events: xr.Dataset) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The incident of each event, counted from 0 in the order of the table, and the first event of each."""
    own = np.arange(events.sizes["event"])
    if "incident" not in events:
        return own, own
    label = events["incident"].values
    _, start, code = np.unique(label, return_index=True, return_inverse=True)
    leader = np.where(label == "", own, start[code])
    first, unit = np.unique(leader, return_inverse=True)
    return unit, first


def incident_weights(events: xr.Dataset) -> NDArray[np.float64]:
    """One over the number of events of the same incident, ``(event,)``: together they count as one."""
    unit, _ = incidents(events)
    return np.asarray(1.0 / np.bincount(unit)[unit])


def window(events: xr.Dataset) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """First and last day on which each event may have happened, by the precision of its date or by `date_last`.

    Parameters
    ----------
    events
        As `read_events` returns.

    Returns
    -------
    first, last
        datetime64[D], each (event,).

    Examples
    --------
    >>> first, last = window(read_events(pd.DataFrame({"event_id": ["e1"], "date": ["2024-02"]})))
    >>> str(first[0]), str(last[0])
    ('2024-02-01', '2024-02-29')
    """
    first = events["date"].values.astype("datetime64[D]")
    last = first.copy()
    for precision, step in (("month", np.timedelta64(1, "M")), ("year", np.timedelta64(1, "Y"))):
        at = events["date_precision"].values == precision
        following = first[at].astype(f"datetime64[{precision[0].upper()}]") + step
        last[at] = following.astype("datetime64[D]") - np.timedelta64(1, "D")
    if "date_last" in events:
        stated = events["date_last"].values.astype("datetime64[D]")
        last = np.where(np.isnat(stated), last, stated)
    return first, last


def _spans(table: TextTable, events: TextTable, actors: Sequence[str] | None) -> Variables:
    """Variables of the contexts or of the bundles."""
    if table.name == "contexts":
        return context_variables(table, events)
    return bundle_variables(table, events, actors)


def _dataset(variables: Variables) -> xr.Dataset:
    events = xr.Dataset({name: (dim, _typed(values)) for name, (dim, values) in variables.items()})
    for name in [name for name in events.data_vars if events[name].dtype.kind == "M"]:
        # NetCDF is decoded to nanoseconds from the origin stated here: from the middle of the allowed range, dates of
        # 1800 can stand beside dates of 2200; from the earliest date, xarray's choice, 292 years are the limit.
        events[name].encoding = {"units": "days since 2000-01-01", "dtype": "int64"}
    return events


def _typed(values: Array) -> Array:
    """Text as fixed-width unicode; dates in microseconds: in nanoseconds xarray cannot write spans over 292 years."""
    return values.astype({"O": "U", "M": "datetime64[us]"}.get(values.dtype.kind, values.dtype))


def _numbered(labels: Array) -> list[str]:
    """Labels in the order of the numbers they begin with; none where any lacks a number of its own."""
    numbers = {label: re.match("[0-9]+", label) for label in sorted(set(labels) - {""})}
    place = {label: int(number.group()) for label, number in numbers.items() if number}
    return sorted(place, key=place.__getitem__) if len(set(place.values())) == len(numbers) else []


def _signed(values: Array) -> tuple[bytes, bytes]:
    kind, content = _canonical(values)
    return kind.encode(), content


def _canonical(values: Array) -> tuple[str, bytes]:
    """Values as bytes that do not depend on how they are stored."""
    if values.dtype.kind == "M":
        return "date", values.astype("datetime64[D]").astype("<i8").tobytes()
    if values.dtype.kind in "fiub":
        numbers = values.astype("<f8")
        return "number", np.where(np.isnan(numbers), np.nan, numbers + 0.0).tobytes()
    return "text", json.dumps(values.astype("U").tolist()).encode()

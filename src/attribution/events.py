"""Event tables: read, validate, hash.

A table comes in as text, is held against every rule, and leaves as an `xr.Dataset` with one dimension `event` (and
`statement`, where there are statements). Nothing is repaired silently: whatever breaks a rule is reported, all at
once, in one `DataError`.
"""

import csv
import difflib
import gzip
import hashlib
import io
import json
import math
import os
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any, Literal, NoReturn

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from attribution.errors import PROBLEM_COLUMNS, DataError, ModelError, listing, nearest

Array = NDArray[Any]
Source = str | os.PathLike[str] | pd.DataFrame
Fix = str | Callable[[str], str]
_Variables = dict[str, tuple[str, Array]]
_Found = Sequence[tuple[int, str]]
_Names = Sequence[str] | None

UNLISTED = "unlisted"
"""The actor who is none of the named ones."""

COLUMNS = (
    *(
        "event_id",
        "incident",
        "date",
        "date_precision",
        "area",
        "place",
        "latitude",
        "longitude",
        "location_precision",
    ),
    *("target_rank", "target_affiliation", "method", "killed", "injured"),
    *("perpetrator", "candidates", "claimed_by", "claim_date", "observed_until"),
)
"""Columns of the event table that have a meaning; others ride along."""
STATEMENT_COLUMNS = ("event_id", "source", "kind", "actor", "date")
"""Columns of the table of statements."""
STATEMENT_KINDS = ("accusation", "denial", "confession", "finding")
DATE_PRECISIONS = ("day", "month", "year")
LOCATION_PRECISIONS = ("exact", "place", "area")

_NUMBERS = ("latitude", "longitude", "killed", "injured")
_LIMITS = {"latitude": 90, "longitude": 180}
_DATES = ("date", "claim_date", "observed_until")
# What a column of victims' names is called, without blanks, hyphens and underscores; the last ones are Arabic.
_NAMES = re.compile(
    "(the)?(victim|target|deceased|person|full|first|last|sur|family)?'?s?'?names?|victims?|deceased|surname"
    "|names?of(the)?(victim|target|deceased|person)s?|victims?(full|first|last)names?|اسم|الاسم|الأسماء|الضحية|اسمالضحية"
)
_ALIASES = {"lat": "latitude", "lon": "longitude", "lng": "longitude", "long": "longitude", "id": "event_id"}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_NAT = np.datetime64("NaT", "D")
_ISO = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
# Control characters, marks of writing direction, and the mark of a character lost in an earlier conversion.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffd]")


def read_events(
    table: Source,
    *,
    statements: Source | None = None,
    ranks: Sequence[str] | None = None,
    actors: Sequence[str] | None = None,
    encoding: str = "utf-8",
) -> xr.Dataset:
    """Events of a table, validated and hashed.

    Every problem in the event table and in the statements is reported at once. Nothing is changed silently, with one
    exception that is documented here: a `date` of coarser `date_precision` becomes the first day of its window (with
    precision `month`, both ``2021-03`` and ``2021-03-17`` become 1 March 2021).

    Parameters
    ----------
    table
        Path of a ``.csv``, ``.csv.gz`` or ``.parquet`` file, or a DataFrame (its index is not read and it is not
        modified). `event_id` and `date` are required. Dates are ISO: ``YYYY-MM-DD``, for `date` also ``YYYY-MM`` and
        ``YYYY``, which give `date_precision` where that column is absent or empty. Columns the library does not know
        ride along: as numbers where every value is one, else as text (at four bytes a character of the longest cell:
        leave long notes out). Columns of victims' names are refused.
    statements
        The statements, one row each: `event_id`, `source`, `kind` (accusation, denial, confession, finding), `actor`,
        and optionally `date`. Where this is None and `table` is a file ``x.csv``, a file ``x_statements.csv`` beside
        it is read; `attrs["statements_source"]` records it.
    ranks
        The target ranks from lowest to highest. Where None and every rank begins with a number of its own
        (``1 civilian``), the order is by that number; else no order is known.
    actors
        The only names allowed, besides `unlisted`, as perpetrator, candidate, claimant or actor of a statement.
    encoding
        Of CSV files. A byte order mark is accepted in UTF-8.

    Returns
    -------
    xr.Dataset
        Coordinate `event`, variables named as the columns with dimension `event` in the order of the rows: text
        (missing: ``""``), float64 (missing: NaN) and datetime64[us] (missing: NaT). `date_precision` is always there,
        other columns if the table has them. With statements, variables `statement_event`, `statement_source`,
        `statement_kind`, `statement_actor`, `statement_date` with dimension `statement`. Attributes: `ranks` (JSON
        list), `data_hash` (see `data_hash`), `source`, `statements_source` (file names, or ``DataFrame``).

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
    statements = _beside(table) if statements is None else statements
    first = _open("events", table, encoding)
    for argument, names in (("ranks", ranks), ("actors", actors)):
        _argument(first, argument, names)
    variables = _events(first, ranks, actors) if first.rows else {}
    problems = first.problems
    if statements is not None:
        second = _open("statements", statements, encoding)
        variables |= _statements(second, first, variables, actors) if second.rows else {}
        problems = problems + second.problems
    if problems:
        raise DataError(pd.concat(problems).sort_values(["table", "row"], kind="stable", ignore_index=True))
    events = _dataset(variables)
    order = _numbered(first.text("target_rank")) if ranks is None else list(ranks)
    events.attrs = {"ranks": json.dumps(order, ensure_ascii=False)}
    events.attrs["data_hash"] = data_hash(events)
    events.attrs["source"] = _name(table)
    events.attrs["statements_source"] = "" if statements is None else _name(statements)
    return events


def data_hash(events: xr.Dataset) -> str:
    """SHA-256 of the values of an event table, its statements and the order of its ranks.

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
        kind, content = _canonical(events[name].values)
        digest.update(f"\n{json.dumps(name)} {kind} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def to_frame(events: xr.Dataset, table: Literal["events", "statements"] = "events") -> pd.DataFrame:
    """Event table, or table of statements, with the columns that `read_events` reads.

    Parameters
    ----------
    events
        As `read_events` returns.
    table
        Which of the two tables.

    Returns
    -------
    pd.DataFrame
        One row an event (or statement), in order. Missing: ``""``, NaN, NaT.

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
        names = [str(name) for name in events.data_vars if events[name].dims == ("statement",)]
        named = {name.removeprefix("statement_"): name for name in names}
        named = {"event_id" if column == "event" else column: name for column, name in named.items()}
    return pd.DataFrame({column: events[name].values for column, name in named.items()})


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
    table = _Table("events", events.sizes["event"], {"event_id": events["event"].values, **columns})
    for name in names:
        _known(table, name, actors, also=())
    if table.problems:
        raise ModelError(
            f"The events name actors the model does not have.\n{listing(pd.concat(table.problems))}"
        )
    known = table.text("perpetrator")
    codes, labels = pd.factorize(np.where(known != "", known, table.text("candidates")))
    allowed = [[label == "" or actor in label.split("|") for actor in actors] for label in labels]
    return np.array(allowed, dtype=bool)[codes]


def window(events: xr.Dataset) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64]]:
    """First and last day on which each event may have happened, by the precision of its date.

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
    return first, last


# Tables as text


@dataclass
class _Table:
    """Columns of text, and the problems found in them so far."""

    name: str
    rows: int
    columns: dict[str, Array]
    problems: list[pd.DataFrame] = field(default_factory=list)
    distinct: dict[str, tuple[Array, Array]] = field(default_factory=dict)

    def text(self, column: str) -> Array:
        """The column; all empty where the table does not have it."""
        return self.columns[column] if column in self.columns else np.full(self.rows, "", dtype=object)

    def each(self, column: str, function: Callable[[str], Any], dtype: Any = bool) -> Array:
        """The function of each cell, computed once a distinct one."""
        if column not in self.distinct:
            self.distinct[column] = pd.factorize(self.text(column))
        codes, labels = self.distinct[column]
        return np.array([function(label) for label in labels], dtype=dtype)[codes]

    def reject(self, bad: Array, column: str, rule: str, fix: Fix, against: str = "") -> None:
        """Report the rows where ``bad``; ``against`` names a second column to show."""
        at = np.flatnonzero(bad)
        if at.size:
            values = self.text(column)[at]
            fixes = {value: fix if isinstance(fix, str) else fix(value) for value in set(values)}
            shown = values + f" ({against} " + self.text(against)[at] + ")" if against else values
            where = {
                "table": self.name,
                "row": at + 1,
                "event_id": self.text("event_id")[at],
                "column": column,
            }
            what = {"value": shown, "rule": rule, "fix": [fixes[value] for value in values]}
            self.problems.append(pd.DataFrame(where | what))

    def refuse(self, column: str, rule: str, fix: str) -> None:
        """Report a problem of the header or the whole table."""
        problem = (self.name, 0, "", column, "", rule, fix)
        self.problems.append(pd.DataFrame([problem], columns=PROBLEM_COLUMNS))


def _stop(name: str, rule: str, fix: str, column: str = "", at: _Found = ((0, ""),)) -> NoReturn:
    """Raise for a table that cannot be looked into; ``at`` holds rows and values."""
    found = [(name, row, "", column, value, rule, fix) for row, value in at]
    raise DataError(pd.DataFrame(found, columns=PROBLEM_COLUMNS))


def _name(source: Source) -> str:
    return "DataFrame" if isinstance(source, pd.DataFrame) else Path(source).name


def _beside(table: Source) -> Path | None:
    """File of statements that lies beside the event table."""
    if isinstance(table, pd.DataFrame):
        return None
    name = Path(table).name
    path = Path(table).with_name(
        re.sub(r"(\.csv|\.csv\.gz|\.parquet)$", r"_statements\1", name, flags=re.IGNORECASE)
    )
    return path if path.name != name and path.is_file() else None


def _open(name: str, source: Source, encoding: str) -> _Table:
    """A table as text; without rows, and with its problems, where it cannot be looked into."""
    try:
        frame = source if isinstance(source, pd.DataFrame) else _read(name, Path(source), encoding)
        header = [str(column) for column in frame.columns]
        for column in sorted({column for column in header if header.count(column) > 1}):
            _stop(name, "A column name may occur once.", "Rename or remove the others.", column)
        if frame.empty:
            _stop(name, "The table has no rows.", "Give at least one, or leave the table out.")
        columns = {column: _text(name, column, frame.iloc[:, i]) for i, column in enumerate(header)}
        return _Table(name, len(frame), columns)
    except DataError as error:
        return _Table(name, 0, {}, [error.problems])


def _read(name: str, path: Path, encoding: str) -> pd.DataFrame:
    lower = path.name.lower()
    try:
        if lower.endswith(".parquet"):
            return pd.read_parquet(path)
        if lower.endswith(".csv.gz"):
            return _read_csv(name, gzip.decompress(path.read_bytes()), encoding)
        if lower.endswith(".csv"):
            return _read_csv(name, path.read_bytes(), encoding)
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        _stop(name, f"{path.name} cannot be read: {error}.", "Write the file again.")
    _stop(name, f"{path.name} is not a .csv, .csv.gz or .parquet file.", "Save the table as CSV in UTF-8.")


def _read_csv(name: str, data: bytes, encoding: str) -> pd.DataFrame:
    """Cells as text; blank lines are no rows."""
    reader = csv.reader(io.StringIO(_decode(name, data, encoding), newline=""), strict=True)
    try:
        rows = [row for row in reader if row]
    except csv.Error as error:
        _stop(name, f"The file is not CSV from line {reader.line_num} on: {error}.", "Check quotes there.")
    if not rows:
        _stop(name, "The file is empty.", "Give a header and at least one row.")
    header, *body = rows
    if len(header) == 1 and re.search("[;\t]", header[0]):
        _stop(name, "Cells must be separated by commas.", "Save the file with commas.")
    uneven = [(i, f"{len(row)} cells") for i, row in enumerate(body, 1) if len(row) != len(header)]
    if uneven:
        rule = f"A row must have {len(header)} cells, as the header has."
        _stop(name, rule, "Check commas and quotes.", "(row)", uneven)
    return pd.DataFrame(body, columns=header, dtype=object)


def _decode(name: str, data: bytes, encoding: str) -> str:
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        bad = _undecodable(data, encoding) or [(0, str(error))]
    fix = "Pass encoding= (for example 'cp1256' or 'latin-1') if the whole file has another; else save it as UTF-8."
    _stop(name, f"Every line must be {encoding} text.", fix, "(line)", bad)


def _undecodable(data: bytes, encoding: str) -> _Found:
    """Rows that do not decode, with the offending byte only: the line may hold names."""
    bad = []
    for row, line in enumerate(data.split(b"\n")):
        try:
            line.decode(encoding)
        except UnicodeDecodeError as error:
            bad.append((row, f"line {row + 1}: byte 0x{line[error.start]:02x} at position {error.start + 1}"))
    return bad


def _text(name: str, column: str, values: "pd.Series[Any]") -> Array:
    """A column as text, the same for every way of storing it; missing is the empty string."""
    try:
        codes, labels = pd.factorize(values)
    except TypeError:
        _stop(name, "A cell must hold one text, number or date.", "Join lists with '|'.", column)
    return np.array([*map(_cell, labels), ""], dtype=object)[codes]


def _cell(value: object) -> str:
    if isinstance(value, datetime) and value.time() == time() and value.tzinfo is None:
        return value.date().isoformat()
    return str(value).removesuffix(".0") if isinstance(value, float | np.floating) else str(value)


# Rules


def _events(table: _Table, ranks: _Names, actors: _Names) -> _Variables:
    """Variables of the event table, every rule held against it."""
    _header(table, COLUMNS, ("event_id", "date"))
    _labels(table, [column for column in COLUMNS if column not in _NUMBERS + _DATES])
    _ids(table)
    _choice(table, "date_precision", DATE_PRECISIONS)
    _choice(table, "location_precision", LOCATION_PRECISIONS)
    _choice(table, "target_rank", ranks)
    values = {column: _measure(table, column) for column in _NUMBERS}
    values |= {column: _days(table, column) for column in _DATES}
    values["date"], table.columns["date_precision"] = _first_day(table, values["date"])
    _where(table, values["latitude"], values["longitude"])
    _who(table, actors)
    _when(table, values["date"], values["claim_date"], values["observed_until"])
    values |= _riders(table, COLUMNS)
    values |= {column: text for column, text in table.columns.items() if column not in values}
    named = {"event" if column == "event_id" else column: column for column in {**table.columns, "date": 0}}
    return {name: ("event", values[column]) for name, column in named.items()}


def _statements(table: _Table, events: _Table, variables: _Variables, actors: _Names) -> _Variables:
    """Variables of the statements, every rule held against them."""
    filled = STATEMENT_COLUMNS[:-1]
    _header(table, STATEMENT_COLUMNS, filled)
    _labels(table, filled)
    for column in filled:
        empty = (table.text(column) == "") & (column in table.columns)
        table.reject(empty, column, f"{column} of a statement must not be empty.", "Fill it in.")
    _choice(table, "kind", STATEMENT_KINDS)
    _known(table, "actor", actors)
    _said_once(table)
    values = {column: table.text(column) for column in filled} | {"date": _days(table, "date")}
    if events.rows:
        _about(table, values["date"], events, variables["date"][1])
    values |= _riders(table, STATEMENT_COLUMNS)
    labels = np.array([str(i + 1) for i in range(table.rows)])
    renamed = {_statement_variable(column): ("statement", text) for column, text in values.items()}
    return {"statement": ("statement", labels), **renamed}


def _statement_variable(column: str) -> str:
    return "statement_event" if column == "event_id" else f"statement_{column}"


def _argument(table: _Table, argument: str, names: _Names) -> None:
    names = [] if names is None else names
    if len(set(names)) < len(names) or not all(name and name == name.strip() for name in names):
        rule = f"`{argument}` must be distinct names without surrounding blanks."
        table.refuse(argument, rule, "Correct them.")


def _header(table: _Table, known: Sequence[str], required: Sequence[str]) -> None:
    """Columns that must be there, and names that an extra column must not have."""
    absent = [column for column in known if column not in table.columns]
    for column in [column for column in required if column in absent]:
        fix = "Add it (an index is not read: use reset_index())."
        table.refuse(column, "A required column is missing.", fix)
    for column in [column for column in table.columns if column not in known]:
        plain = re.sub(r"[\s_-]+", "", column.casefold())
        meant = _ALIASES.get(plain, _near(plain, absent))
        if _NAMES.fullmatch(plain):
            table.refuse(column, "Victims' names must not enter the library.", "Remove the column.")
        elif meant in absent:
            fix = f"Rename it {meant!r}; if it is something else, give it a name less like that."
            table.refuse(column, "Unknown column spelling.", fix)
        elif _reserved(column):
            table.refuse(column, "The library cannot use this column name.", "Rename the column.")


def _near(plain: str, absent: Sequence[str]) -> str:
    """The absent column that a name resembles."""
    ratio = {name: difflib.SequenceMatcher(None, plain, name.replace("_", "")).ratio() for name in absent}
    best = max(ratio, key=ratio.__getitem__, default="")
    return best if best and ratio[best] >= 0.8 else ""


def _reserved(column: str) -> bool:
    """Whether a column name clashes with a dimension or a statement, or cannot be stored in a file."""
    taken = column in ("", ".", "event", "statement") or column.startswith("statement_")
    return taken or "/" in column or column != column.strip() or bool(_INVISIBLE.search(column))


def _labels(table: _Table, columns: Sequence[str]) -> None:
    """What every text must be to serve as a label."""
    for column in [column for column in columns if column in table.columns]:
        padded = table.each(column, _padded)
        table.reject(padded, column, f"{column} must not begin or end with a blank.", "Strip it.")
        hidden = table.each(column, lambda label: bool(_INVISIBLE.search(label)))
        table.reject(hidden, column, f"{column} must not hold invisible characters.", "Remove them.")
        if column != "candidates":
            several = table.each(column, lambda label: "|" in label)
            rule = f"{column} must not hold '|'."
            table.reject(several, column, rule, "Only candidates are separated by '|'.")


def _padded(label: str) -> bool:
    return any(part != part.strip() for part in label.split("|")) if "|" in label else label != label.strip()


def _ids(table: _Table) -> None:
    if "event_id" in table.columns:
        ids = table.text("event_id")
        table.reject(ids == "", "event_id", "event_id must not be empty.", "Give every event an id.")
        again = (ids != "") & pd.Series(ids).duplicated().to_numpy()
        first = {label: i for i, label in reversed([*enumerate(ids, 1)])} if again.any() else {}
        rule = "event_id must occur once."
        table.reject(again, "event_id", rule, lambda label: f"Row {first[label]} has it: rename or remove.")


def _choice(table: _Table, column: str, choices: _Names) -> None:
    if choices is not None:
        bad = table.each(column, lambda label: label not in ("", *choices))
        rule = f"{column} must be one of {', '.join(map(repr, choices))}."
        table.reject(bad, column, rule, lambda label: f"Correct it.{nearest(label, choices)}")


def _measure(table: _Table, column: str) -> Array:
    """A column of numbers."""
    text = table.text(column)
    values = table.each(column, _number, float)
    unread = (text != "") & np.isnan(values)
    if column in _LIMITS:
        bad = np.abs(values) > _LIMITS[column]
        rule = f"{column} must be a number from -{_LIMITS[column]} to {_LIMITS[column]}."
    else:
        bad = (values < 0) | (np.nan_to_num(values) % 1 != 0)
        rule = f"{column} must be a whole number, 0 or more."
    table.reject(unread | bad, column, rule, "Correct it, or leave it empty if unknown.")
    return values


def _number(text: str) -> float:
    """The number, NaN for what is none; digits are 0-9."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else math.nan


def _riders(table: _Table, known: Sequence[str]) -> dict[str, Array]:
    """Columns the library does not know: numbers where every value is one, else text."""
    riders = {column: text for column, text in table.columns.items() if column not in known}
    for column, text in riders.items():
        null = table.each(column, lambda label: "\0" in label)
        table.reject(null, column, "A cell must not hold the NUL character.", "Remove it.")
        values = table.each(column, _number, float)
        if (text != "").any() and not (np.isnan(values) & (text != "")).any():
            riders[column] = values
    return riders


def _days(table: _Table, column: str) -> Array:
    """A column of dates; NaT for what is none."""
    text = table.text(column)
    days = table.each(column, _day, "datetime64[D]")
    form = "YYYY-MM-DD"
    if column == "date" and table.name == "events":
        form = "YYYY-MM-DD, YYYY-MM or YYYY"
    else:
        days[table.each(column, len, int) < 10] = _NAT
    bad = (text != "") & np.isnat(days)
    table.reject(bad, column, f"{column} must be a day of the calendar, written {form}.", "Correct it.")
    outside = (days < np.datetime64("1800-01-01")) | (days > np.datetime64("2200-12-31"))
    table.reject(outside, column, f"{column} must lie in the years 1800 to 2200.", "Correct it.")
    return days


def _day(text: str) -> np.datetime64:
    try:
        return np.datetime64(text, "D") if _ISO.fullmatch(text) else _NAT
    except ValueError:
        return _NAT


def _first_day(table: _Table, days: Array) -> tuple[Array, Array]:
    """First day and precision of each event's window."""
    if "date" in table.columns:
        table.reject(table.text("date") == "", "date", "date must not be empty.", "Give at least the year.")
    level = {precision: i for i, precision in enumerate(DATE_PRECISIONS)}
    written = table.each("date", lambda date: {7: 1, 4: 2}.get(len(date), 0), int)
    stated = table.each("date_precision", lambda precision: level.get(precision, -1), int)
    finer = (stated >= 0) & (stated < written) & ~np.isnat(days)
    precision = np.array(DATE_PRECISIONS, dtype=object)[np.where(stated < 0, written, stated)]
    rule = "date_precision must not be finer than the date is written."
    fix = "Write the date in full, or state the coarser precision."
    table.reject(finer, "date_precision", rule, fix, "date")
    months, years = (days.astype(f"datetime64[{unit}]").astype("datetime64[D]") for unit in "MY")
    return np.select([precision == "month", precision == "year"], [months, years], days), precision


def _where(table: _Table, latitude: Array, longitude: Array) -> None:
    for column, other in (("latitude", "longitude"), ("longitude", "latitude")):
        alone = (table.text(column) != "") & (table.text(other) == "")
        table.reject(alone, column, f"{column} must come with {other}.", "Give both or neither.")
    fix = "Leave both empty if unknown."
    table.reject((latitude == 0) & (longitude == 0), "latitude", "Coordinates (0, 0) are impossible.", fix)
    if "area" in table.columns:
        lost = (table.text("place") != "") & (table.text("area") == "")
        table.reject(lost, "place", "A place must have an area.", "Fill in the area the place lies in.")


def _who(table: _Table, actors: _Names) -> None:
    """Perpetrator, candidates and claimant."""
    candidates, perpetrator = table.text("candidates"), table.text("perpetrator")
    empty = (candidates != "") & table.each("candidates", lambda label: "" in label.split("|"))
    rule = "candidates must be actors separated by single '|'."
    table.reject(empty, "candidates", rule, "Remove the empty ones.")
    again = table.each("candidates", lambda label: len(set(label.split("|"))) < len(label.split("|")))
    table.reject(again & ~empty, "candidates", "candidates must name an actor once.", "Remove the repeats.")
    pairs = zip(perpetrator, candidates, strict=True)
    other = [one != "" and several != "" and one not in several.split("|") for one, several in pairs]
    rule = "perpetrator must be among the candidates."
    table.reject(np.array(other), "perpetrator", rule, "Correct one of the two.", "candidates")
    for column in ("perpetrator", "candidates", "claimed_by"):
        _known(table, column, actors)
    fix = "Add the claimant to the actors; if nobody claimed, leave it empty."
    unnamed = table.text("claimed_by") == UNLISTED
    table.reject(unnamed, "claimed_by", f"claimed_by must not be {UNLISTED!r}: a claim has a name.", fix)


def _known(table: _Table, column: str, actors: _Names, also: Sequence[str] = (UNLISTED,)) -> None:
    """Reject names that are not among the actors."""
    known = {"", *also, *(actors or ())}

    def fix(label: str) -> str:
        unknown = [part for part in label.split("|") if part not in known]
        hints = [f"{part!r} is not one of them.{nearest(part, sorted(known - {''}))}" for part in unknown]
        return " ".join([*hints, "Correct it, or add it to the actors."])

    if actors is not None:
        bad = table.each(column, lambda label: not known.issuperset(label.split("|")))
        table.reject(bad, column, f"{column} must name only: {', '.join(sorted(known - {''}))}.", fix)


def _when(table: _Table, first: Array, claimed: Array, seen: Array) -> None:
    """Order of the dates of an event; comparisons with NaT are false."""
    fix = "Correct one of the two."
    nobody = (table.text("claim_date") != "") & (table.text("claimed_by") == "")
    table.reject(nobody, "claim_date", "claim_date must come with claimed_by.", "Name the claimant.")
    table.reject(claimed < first, "claim_date", "claim_date must not be before the event.", fix, "date")
    table.reject(seen < first, "observed_until", "observed_until must not be before the event.", fix, "date")
    rule = "claim_date must not be after observed_until."
    table.reject(claimed > seen, "claim_date", rule, fix, "observed_until")


def _about(table: _Table, days: Array, events: _Table, first: Array) -> None:
    """Statements must be about an event of the event table, and not before it."""
    position = {label: i for i, label in enumerate(events.text("event_id"))}
    at = table.each("event_id", lambda label: position.get(label, -1), int)
    lost = (at < 0) & (table.text("event_id") != "")
    fix = "Correct the id, or add the event."
    table.reject(lost, "event_id", "A statement must be about an event of the event table.", fix)
    early = (at >= 0) & (days < first[at])
    rule = "A statement must not be dated before its event."
    table.reject(early, "date", rule, "Correct one of the dates.")


def _said_once(table: _Table) -> None:
    """One statement per event, source and kind."""
    keys = pd.DataFrame({column: table.text(column) for column in ("event_id", "source", "kind", "actor")})
    same = keys.duplicated().to_numpy()
    table.reject(same, "source", "A statement must be listed once.", "Remove the repeats.", "actor")
    other = keys.duplicated(["event_id", "source", "kind"]).to_numpy() & ~same
    rule = "A source must make at most one statement of a kind about an event."
    fix = "Keep the source's last word, or give the other statement its own source name."
    table.reject(other, "source", rule, fix, "actor")


# Values


def _dataset(variables: _Variables) -> xr.Dataset:
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


def _canonical(values: Array) -> tuple[str, bytes]:
    """Values as bytes that do not depend on how they are stored."""
    if values.dtype.kind == "M":
        return "date", values.astype("datetime64[D]").astype("<i8").tobytes()
    if values.dtype.kind in "fiub":
        numbers = values.astype("<f8")
        return "number", np.where(np.isnan(numbers), np.nan, numbers + 0.0).tobytes()
    return "text", json.dumps(values.astype("U").tolist()).encode()

"""Where the events of a posterior come from, and `verify`: whether a table is the one that was fitted."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from attribution.arrays import Array
from attribution.events.candidates import check_events

COLUMNS = ("table", "event", "column", "fitted", "given")
SAID = ("event", "source", "kind", "actor")
KEPT = ("source", "source_hash", "statements_source", "ranks")


def record(events: xr.Dataset) -> str:
    """What a posterior keeps of its events' origin, as JSON: hashes of file and columns, decisions, crosswalks."""
    kept = {name: events.attrs.get(name, "") for name in KEPT}
    lists = {
        name: json.loads(events.attrs.get(name, "[]")) for name in ("decisions", "crosswalks", "matches")
    }
    columns = {"columns": column_hashes(events), "data_hash": data_hash(events)}
    return json.dumps(kept | lists | columns, ensure_ascii=False)


@dataclass(frozen=True)
class Verification:
    """Whether a table is the one that was fitted.

    Attributes
    ----------
    same
        Whether it is, to the last value, row and column.
    sentence
        The outcome, for a reader.
    differences
        One row a difference: `table`, `event`, `column`, `fitted`, `given`. A column that the posterior keeps only the
        hash of is one row without an event. Empty where the table is the same.
    """

    same: bool
    sentence: str
    differences: pd.DataFrame


def verify(posterior: xr.DataTree, events: xr.Dataset) -> Verification:
    """Whether a table is the one that was fitted, and what differs.

    Parameters
    ----------
    posterior
        What `fit` returned, or `load`.
    events
        What `read_events` or another reader returns.

    Returns
    -------
    Verification
        `same`, a `sentence`, and the `differences`, row by row where the posterior keeps the values.

    Raises
    ------
    ModelError
        The events are not what `read_events` returns.

    Examples
    --------
    >>> verify(posterior, at.read_events("daraa.csv")).sentence  # doctest: +SKIP
    'This is the table that was fitted (hash 3f0c...).'
    """
    check_events(events)
    fitted, given = posterior.attrs["data_hash"], data_hash(events)
    if fitted == given:
        found = pd.DataFrame([], columns=COLUMNS)
        return Verification(True, f"This is the table that was fitted (hash {fitted}).", found)
    held = posterior["constant_data"].to_dataset()
    origin = json.loads(posterior.attrs.get("provenance", "{}"))
    rows = [*event_rows(held, events), *statement_rows(held, events), *rank_rows(held, events)]
    rows += column_rows(held, events, origin.get("columns", {}))
    found = pd.DataFrame(rows, columns=COLUMNS)
    what = ", ".join(sorted(set(found["column"]))) or "values that the posterior does not keep"
    sentence = (
        f"This is not the table that was fitted (hash {fitted}; this one has {given}). What differs: {what}."
    )
    return Verification(False, sentence, found)


Row = tuple[str, str, str, str, str]


def event_rows(held: xr.Dataset, events: xr.Dataset) -> list[Row]:
    """Events left out, added or moved, and cells that differ."""
    old, new = pd.Index(held["event"].values.astype(str)), pd.Index(events["event"].values.astype(str))
    rows: list[Row] = [
        ("events", event, "(row)", "there", "left out") for event in old.difference(new, sort=False)
    ]
    rows += [("events", event, "(row)", "", "added") for event in new.difference(old, sort=False)]
    common = old.intersection(new, sort=False)
    if list(common) != list(new[new.isin(common)]):
        rows.append(("events", "", "(order)", "another order", "this order"))
    names = [str(name) for name in held.data_vars if held[name].dims == ("event",) and name in events]
    for name in names:
        one, other = (
            values_as_text(table[name].values)[index.get_indexer(common)]
            for table, index in ((held, old), (events, new))
        )
        differ = np.flatnonzero(one != other)
        rows += [("events", common[i], name, one[i], other[i]) for i in differ]
    return rows


def statement_rows(held: xr.Dataset, events: xr.Dataset) -> list[Row]:
    """Statements left out or added."""
    one, other = (
        Counter(zip(*(table[f"statement_{name}"].values.astype(str) for name in SAID), strict=True))
        if "statement_event" in table
        else Counter()
        for table in (held, events)
    )
    gone: list[Row] = [
        ("statements", said[0], "(statement)", " | ".join(said[1:]), "left out") for said in one - other
    ]
    return gone + [
        ("statements", said[0], "(statement)", "", f"added: {' | '.join(said[1:])}") for said in other - one
    ]


def rank_rows(held: xr.Dataset, events: xr.Dataset) -> list[Row]:
    """Another order of the ranks."""
    one, other = (json.loads(table.attrs.get("ranks", "[]")) for table in (held, events))
    return [] if one == other else [("events", "", "(order of ranks)", " < ".join(one), " < ".join(other))]


def column_rows(held: xr.Dataset, events: xr.Dataset, hashes: dict[str, str]) -> list[Row]:
    """Columns left out, added, or different where only their hash was kept."""
    new = column_hashes(events) if hashes else {}
    rows: list[Row] = [("events", "", name, "there", "left out") for name in hashes.keys() - new.keys()]
    rows += [("events", "", name, "", "added") for name in new.keys() - hashes.keys()]
    same_rows = new.get("event") == hashes.get("event") and new.get("statement_event") == hashes.get(
        "statement_event"
    )
    for name in sorted(hashes.keys() & new.keys() - {*map(str, held.variables)}) if same_rows else []:
        if hashes[name] != new[name]:
            rows.append(("events", "", name, "other values", "these values"))
    return sorted(rows)


def values_as_text(values: np.ndarray) -> np.ndarray:
    """Values as text, the same however they are stored."""
    if values.dtype.kind == "M":
        return values.astype("datetime64[D]").astype(str)
    if values.dtype.kind in "fiub":
        return np.array([f"{value:.15g}" for value in values.astype(float)], dtype=str)
    return values.astype(str)


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
    >>> import pandas as pd
    >>> from attribution import read_events
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

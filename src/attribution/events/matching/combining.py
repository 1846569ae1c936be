"""`combine`: two lists of killings as one, what each says of who did it as its statements."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from attribution.arrays import Array
from attribution.errors import AttributionError
from attribution.events.candidates import check_events
from attribution.events.decisions import Decision, to_json
from attribution.events.reading import read_events, to_frame

FINDING = "finding"
KEY = ["event_id", "source", "kind"]
GROUPS = (
    ("date", "date_precision", "date_last"),
    ("area", "place"),
    ("latitude", "longitude", "location_precision"),
    ("claimed_by", "claim_date"),
)
"""Columns that belong together: where the first is filled, all come from the same list."""
TOGETHER = {column for group in GROUPS for column in group}


def combine(
    first: xr.Dataset, second: xr.Dataset, matches: pd.DataFrame, *, sources: Sequence[str]
) -> xr.Dataset:
    """One event table of two lists: a killing that both record is one event with two statements.

    A perpetrator of a list becomes a finding of its source: two lists are two witnesses, and neither knows. Candidates
    stay what they are, those of both lists where both have some. Of a matched pair the first record's values are kept,
    its empty ones filled from the second; every conflict is reported. Statements go with their events.

    Parameters
    ----------
    first, second
        The lists, as `read_events` or another reader returns them, harmonised to the same names.
    matches
        What `match_events` returned, reviewed, perhaps by way of a CSV file: pairs whose `matched` is true, yes or 1
        are taken, those with false, no or 0 are not. Ids may be text or numbers.
    sources
        Name of the source of each list.

    Returns
    -------
    xarray.Dataset
        What `read_events` returns: the events of the first list in order, then those that only the second has. A column
        `listed_by` (sources separated by `+`); attribute `matches` holds the pairs of ids as JSON, and `decisions`
        reports.

    Raises
    ------
    AttributionError
        Sources that are not two different names; a `matched` that says neither
        yes nor no; pairs that are not of these lists or name a record twice.
    DataError
        The combined table breaks rules.

    Examples
    --------
    >>> import attribution as at
    >>> frame = pd.DataFrame({"event_id": ["a"], "date": ["2021-03-17"], "area": ["Tafas"], "perpetrator": ["IS"]})
    >>> one, other = at.read_events(frame), at.read_events(frame.assign(event_id="x", perpetrator="army"))
    >>> pairs = pd.DataFrame({"first": ["a"], "second": ["x"], "matched": [True]})
    >>> both = at.combine(one, other, pairs, sources=["SOHR", "ETANA"])
    >>> both.sizes["event"], both["statement_actor"].values.tolist()
    (1, ['IS', 'army'])
    """
    pairs = matched_ids(first, second, matches, sources)
    report: list[Decision] = []
    names = identities(first, second, pairs, sources, report)
    frames = [to_frame(events).set_index("event_id") for events in (first, second)]
    for frame, ids in zip(frames, names, strict=True):
        frame.index = pd.Index([ids[event] for event in frame.index], name="event_id")
    table = merged(frames[0], frames[1], report)
    listed = [table.index.isin(frame.index) for frame in frames]
    both, only = "+".join(sources), (sources[0], sources[1])
    table["listed_by"] = np.select([listed[0] & listed[1], listed[0]], [both, only[0]], only[1])
    said = [*map(statements_of, (first, second), names, sources), second_claims(frames[0], frames[1], report)]
    statements = without_repeats(pd.concat(said, ignore_index=True), sources[1], report)
    order = first.attrs.get("ranks", "[]")
    if order != second.attrs.get("ranks", "[]"):
        note(report, "target_rank", "two orders", "the first list's", 1, "Harmonise the ranks first.")
    made = read_events(table.reset_index(), statements=statements, ranks=json.loads(order) or None)
    made.attrs |= {
        "source": " + ".join(sources),
        "matches": json.dumps(sorted(pairs.items()), ensure_ascii=False),
    }
    made.attrs["decisions"] = to_json(report)
    return made


def note(report: list[Decision], column: str, found: str, became: str, count: int, why: str) -> None:
    """Report what concerns at least one event."""
    if count:
        report.append(Decision("note", column, found, became, int(count), 0, why))


def matched_ids(
    first: xr.Dataset, second: xr.Dataset, matches: pd.DataFrame, sources: Sequence[str]
) -> dict[str, str]:
    """Id in the first list to id in the second, of the pairs that are matched."""
    for events in (first, second):
        check_events(events)
    if isinstance(sources, str) or len({name.strip() for name in sources} - {""}) != 2 or len(sources) != 2:
        raise AttributionError(f"combine(sources={sources!r}): give two different names, one for each list.")
    absent = [name for name in ("first", "second", "matched") if name not in matches]
    if absent:
        fault = f"the columns {', '.join(absent)} are missing"
        raise AttributionError(f"combine(matches=...): {fault}: give what match_events() returned.")
    taken = matches.assign(**{name: texts(matches[name]) for name in ("first", "second")})[yes(matches)]
    for name, events in (("first", first), ("second", second)):
        unknown = sorted(set(taken[name]) - set(events["event"].values.tolist()))
        twice = sorted(set(taken[name][taken[name].duplicated()]))
        if unknown or twice:
            fault = "not in the list" if unknown else "matched twice"
            listed = ", ".join(map(repr, unknown or twice))
            raise AttributionError(f"combine(matches=...): of {name!r} these are {fault}: {listed}.")
    return dict(zip(taken["first"], taken["second"], strict=True))


YES, NO = ("true", "yes", "1"), ("false", "no", "0")


def yes(matches: pd.DataFrame) -> Array:
    """Which pairs are matched; `AttributionError` that names every row whose `matched` says neither yes nor no."""
    said = np.array([word.strip().lower() for word in texts(matches["matched"])], dtype=object)
    bad = np.flatnonzero(~np.isin(said, (*YES, *NO)))
    if len(bad):
        listed = "; ".join(
            f"row {row + 1} ({matches['first'].iloc[row]}, {matches['second'].iloc[row]}): "
            f"{matches['matched'].iloc[row]!r}"
            for row in bad[:20]
        )
        more = f"; and {len(bad) - 20} more" if len(bad) > 20 else ""
        raise AttributionError(
            f"combine(matches=...): 'matched' must say {', '.join(YES)} (the same killing) or {', '.join(NO)} (not "
            f"the same); an empty cell decides nothing. {listed}{more}. Fill it in, or leave the row out."
        )
    return np.isin(said, YES)


def texts(column: pd.Series[Any]) -> list[str]:
    """Cells as the library reads them: a whole number is its digits, a missing cell is empty."""
    cells = column.to_numpy(dtype=object)
    return [
        "" if pd.isna(cell) else str(cell).removesuffix(".0") if isinstance(cell, float) else str(cell)
        for cell in cells
    ]


def identities(
    first: xr.Dataset,
    second: xr.Dataset,
    pairs: dict[str, str],
    sources: Sequence[str],
    report: list[Decision],
) -> tuple[dict[str, str], dict[str, str]]:
    """New id of each event of each list: the first list's, and the second's where it is not taken."""
    own = {str(event): str(event) for event in first["event"].values}
    matched, taken = {other: one for one, other in pairs.items()}, {*own, *map(str, second["event"].values)}
    new = {}
    for event in map(str, second["event"].values):
        name = matched.get(event, event)
        while event not in matched and name in own:
            name = f"{name} ({sources[1]})" if f"{name} ({sources[1]})" not in taken else f"{name}'"
        taken.add(name)
        new[event] = name
    renamed = sum(event != name and event not in matched for event, name in new.items())
    note(report, "event_id", "an id both lists use", f"id ({sources[1]})", renamed, "Ids occur once.")
    note(report, "event_id", "recorded by both", "one event", len(pairs), "Matched.")
    note(report, "event_id", f"only in {sources[1]}", "added", len(new) - len(pairs), "Not matched.")
    return own, new


def statements_of(events: xr.Dataset, names: dict[str, str], source: str) -> pd.DataFrame:
    """Statements of a list under the new ids, its perpetrators among them as findings of the source."""
    said = pd.DataFrame(columns=[*KEY, "actor", "date"], dtype=object)
    if "statement_event" in events:
        said = to_frame(events, "statements").astype(object)
    if "perpetrator" in events:
        known = events["perpetrator"].values != ""
        found = {"event_id": events["event"].values[known], "actor": events["perpetrator"].values[known]}
        said = pd.concat([said, pd.DataFrame(found | {"source": source, "kind": FINDING}, dtype=object)])
    return said.assign(event_id=[names[str(event)] for event in said["event_id"]])


def second_claims(first: pd.DataFrame, second: pd.DataFrame, report: list[Decision]) -> pd.DataFrame:
    """Claims of the second list by another than in the first: what the claimants say of themselves."""
    if not ("claimed_by" in first and "claimed_by" in second):
        lone = [frame for frame in (first, second) if "claimed_by" in frame]
        why = "Only one list records claims: in events of the other alone, no claim is not silence."
        note(report, "claimed_by", "not recorded by a list", "", sum(map(len, lone)), why)
        return pd.DataFrame(columns=[*KEY, "actor"], dtype=object)
    both = first.index.intersection(second.index)
    one, other = first["claimed_by"].reindex(both), second["claimed_by"].reindex(both)
    apart = (one != "") & (other != "") & (one != other)
    why = "A claim by another group than in the first list."
    note(report, "claimed_by", "a second claim", "confession of the claimant", int(apart.sum()), why)
    name = other[apart].to_numpy(dtype=object)
    return pd.DataFrame(
        {"event_id": both[apart], "source": name, "kind": "confession", "actor": name}, dtype=object
    )


def without_repeats(said: pd.DataFrame, source: str, report: list[Decision]) -> pd.DataFrame:
    """One statement a source, kind and event: the same twice is once, another one gets a source of its own."""
    same = said.duplicated([*KEY, "actor"])
    note(report, "source", "the same statement in both lists", "once", int(same.sum()), "One source.")
    said = said[~same].reset_index(drop=True)
    again = said.duplicated(KEY)
    why = "Two lists quote one source differently: a voice of its own, though not independent of the other."
    note(report, "source", "quoted differently", f"source (by {source})", int(again.sum()), why)
    said.loc[again, "source"] = said.loc[again, "source"] + f" (by {source})"
    return said


def merged(first: pd.DataFrame, second: pd.DataFrame, report: list[Decision]) -> pd.DataFrame:
    """The first list's values, empty ones filled from the second; columns that belong together come from one list."""
    order = first.index.append(second.index.difference(first.index, sort=False))
    table = pd.DataFrame(index=pd.Index(order, name="event_id"))
    single = [(column,) for column in dict.fromkeys([*first, *second]) if column not in TOGETHER]
    for group in [*GROUPS, *single]:
        leads = [cells(frame, group[0], order) for frame in (first, second)]
        one, other = (filled(values) for values in leads)
        for column in [name for name in group if name in first or name in second]:
            table[column] = np.where(one, cells(first, column, order), cells(second, column, order))
        why = "Of the events that both lists record."
        here = order.isin(first.index) & order.isin(second.index)
        differ = int((one & other & (leads[0] != leads[1])).sum())
        note(report, group[0], "two values", "the first list's", differ, why)
        note(report, group[0], "empty", "the second list's", int((here & ~one & other).sum()), why)
    if "candidates" in first and "candidates" in second:
        table["candidates"] = shared_candidates(first, second, order, report)
    return table.drop(columns="perpetrator", errors="ignore")


def shared_candidates(
    first: pd.DataFrame, second: pd.DataFrame, order: pd.Index, report: list[Decision]
) -> list[str]:
    """Candidates that both lists leave possible; all actors where they leave none."""
    found, empty = [], 0
    for one, other in zip(cells(first, "candidates", order), cells(second, "candidates", order), strict=True):
        sets = [str(label).split("|") for label in (one, other) if label]
        common = [actor for actor in sets[0] if actor in sets[-1]] if sets else []
        empty += bool(sets) and not common
        found.append("|".join(common))
    note(
        report,
        "candidates",
        "two sets without a common actor",
        "all actors",
        empty,
        "The lists contradict each other.",
    )
    return found


def cells(frame: pd.DataFrame, column: str, order: pd.Index) -> Array:
    """A column at the given events; None where the table lacks it or the event."""
    if column not in frame:
        return np.full(len(order), None, dtype=object)
    values = frame[column].astype(object).reindex(order).to_numpy(dtype=object, copy=True)
    values[pd.isna(values)] = None
    return values


def filled(values: Array) -> Array:
    """Where a cell holds something."""
    return np.asarray(pd.notna(values) & (values != ""))

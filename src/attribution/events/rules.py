"""The rules an event table and its statements are held against; a rule reports rows and changes none."""

from __future__ import annotations

import numpy as np
import xarray as xr

from attribution.arrays import Array
from attribution.errors import nearest
from attribution.events.checks import (
    SEVERAL,
    Names,
    Variables,
    check_choice,
    check_filled,
    check_header,
    check_known,
    check_labels,
    read_days,
    read_numbers,
    read_riders,
    repeated_rows,
)
from attribution.events.coverage import possible
from attribution.events.repeats import in_circle, repeated
from attribution.events.schema import (
    COLUMNS,
    DATE_PRECISIONS,
    LABEL_BASES,
    LOCATION_PRECISIONS,
    STATEMENT_COLUMNS,
    STATEMENT_KINDS,
    STATEMENT_ROLES,
    UNLISTED,
)
from attribution.events.text_table import TextTable
from attribution.events.windows import Windows, overlapping

ROUNDED = "An id must be what was written: as a number of this size it has lost its last digits."
ROUNDED_WAY = (
    "Read the ids as text (a whole number of single precision is exact below 2**24, of double below 2**53)."
)
PLACED = "Fill in the area the place lies in (read_table: map `country` to what stands for it)."
_NUMBERS = ("latitude", "longitude", "killed", "injured")
_DATES = ("date", "date_last", "claim_date", "observed_until")


def event_variables(table: TextTable, ranks: Names, actors: Names) -> Variables:
    """Variables of the event table, every rule held against it."""
    check_header(table, COLUMNS, ("event_id", "date"))
    check_labels(table, [column for column in COLUMNS if column not in _NUMBERS + _DATES])
    check_choice(table, "only_claimed", ("yes",))
    check_choice(table, "claims_recorded", ("yes", "no"))
    check_choice(table, "label_basis", LABEL_BASES)
    _ids(table)
    check_choice(table, "date_precision", DATE_PRECISIONS)
    check_choice(table, "location_precision", LOCATION_PRECISIONS)
    check_choice(table, "target_rank", ranks)
    values = {column: read_numbers(table, column) for column in _NUMBERS}
    values |= {column: read_days(table, column) for column in _DATES}
    values["date"], table.columns["date_precision"] = _first_day(table, values["date"])
    _where(table, values["latitude"], values["longitude"])
    _who(table, actors)
    _bases(table)
    _range(table, values["date"], values["date_last"])
    _when(table, values["date"], values["claim_date"], values["observed_until"])
    values |= read_riders(table, COLUMNS)
    values |= {column: text for column, text in table.columns.items() if column not in values}
    named = {"event" if column == "event_id" else column: column for column in {**table.columns, "date": 0}}
    return {name: ("event", values[column]) for name, column in named.items()}


def statement_variables(
    table: TextTable, events: TextTable, variables: Variables, actors: Names
) -> Variables:
    """Variables of the statements, every rule held against them."""
    filled, extra = STATEMENT_COLUMNS[:4], [c for c in STATEMENT_COLUMNS[5:] if c in table.columns]
    check_header(table, STATEMENT_COLUMNS, filled)
    check_labels(table, [*filled, *extra])
    check_filled(table, filled, "a statement")
    check_choice(table, "kind", STATEMENT_KINDS)
    check_choice(table, "role", STATEMENT_ROLES)
    check_known(table, "actor", actors, where=table.text("role") != "sponsor")
    check_known(table, "held_by", actors)
    _said_once(table)
    _denied_twice(table, events)
    _repeats(table)
    held = (table.text("held_by") != "") & (table.text("kind") != "confession")
    table.reject(held, "held_by", "held_by is for confessions only.", "Leave it empty.", "kind")
    values = {column: table.text(column) for column in (*filled, *extra)} | {"date": read_days(table, "date")}
    if events.rows:
        _about(table, values["date"], events, variables["date"][1])
    values |= read_riders(table, STATEMENT_COLUMNS)
    labels = np.array([str(i + 1) for i in range(table.rows)], dtype=str)
    renamed = {_statement_variable(column): ("statement", text) for column, text in values.items()}
    return {"statement": ("statement", labels), **renamed}


def _statement_variable(column: str) -> str:
    return "statement_event" if column == "event_id" else f"statement_{column}"


def _ids(table: TextTable) -> None:
    if "event_id" in table.columns:
        ids = table.text("event_id")
        table.reject(ids == "", "event_id", "event_id must not be empty.", "Give every event an id.")
        rounded = table.rounded.get("event_id", np.zeros(table.rows, dtype=bool))
        table.reject(rounded, "event_id", ROUNDED, ROUNDED_WAY)
        again = (ids != "") & repeated_rows([ids])
        first = {label: i for i, label in reversed([*enumerate(ids, 1)])} if again.any() else {}
        rule = "event_id must occur once."
        table.reject(again, "event_id", rule, lambda label: f"Row {first[label]} has it: rename or remove.")


def _first_day(table: TextTable, days: Array) -> tuple[Array, Array]:
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


def _range(table: TextTable, first: Array, last: Array) -> None:
    """A range of days is given by its first and its last."""
    fix = "Correct one of the two."
    table.reject(last < first, "date_last", "date_last must not be before date.", fix, "date")
    coarse = ~np.isnat(last) & (table.text("date_precision") != "day")
    rule = "date_last must come with a date of precision 'day'."
    table.reject(coarse, "date_last", rule, "Write the first day of the range as the date.", "date_precision")


def _where(table: TextTable, latitude: Array, longitude: Array) -> None:
    for column, other in (("latitude", "longitude"), ("longitude", "latitude")):
        alone = (table.text(column) != "") & (table.text(other) == "")
        table.reject(alone, column, f"{column} must come with {other}.", "Give both or neither.")
    fix = "Leave both empty if unknown."
    table.reject((latitude == 0) & (longitude == 0), "latitude", "Coordinates (0, 0) are impossible.", fix)
    if "area" in table.columns:
        lost = (table.text("place") != "") & (table.text("area") == "")
        table.reject(lost, "place", "A place must have an area.", PLACED)


def _who(table: TextTable, actors: Names) -> None:
    """Perpetrator, candidates, claimants and those who deny."""
    candidates, perpetrator = table.text("candidates"), table.text("perpetrator")
    for column in SEVERAL:
        empty = (table.text(column) != "") & table.each(column, lambda label: "" in label.split("|"))
        rule = f"{column} must be actors separated by single '|'."
        table.reject(empty, column, rule, "Remove the empty ones.")
        again = table.each(column, lambda label: len(set(label.split("|"))) < len(label.split("|")))
        table.reject(again & ~empty, column, f"{column} must name an actor once.", "Remove the repeats.")
    pairs = zip(perpetrator, candidates, strict=True)
    other = [one != "" and several != "" and one not in several.split("|") for one, several in pairs]
    rule = "perpetrator must be among the candidates."
    table.reject(np.array(other), "perpetrator", rule, "Correct one of the two.", "candidates")
    for column in ("perpetrator", *SEVERAL):
        check_known(table, column, actors)
    unnamed = table.each("denied_by", lambda label: UNLISTED in label.split("|"))
    rule = f"denied_by must not name {UNLISTED!r}: a denial has a name."
    fix = "Add its author to the actors, or leave the cell empty if there is none."
    table.reject(unnamed, "denied_by", rule, fix)
    pairs = zip(table.text("claimed_by"), table.text("denied_by"), strict=True)
    both = [bool({*one.split("|")} & {*other.split("|")} - {""}) for one, other in pairs]
    rule = "An actor must not both claim and deny an event."
    table.reject(np.array(both), "denied_by", rule, "Keep its last word.", "claimed_by")
    alone = (table.text("only_claimed") != "") & (table.text("claimed_by") == "")
    rule = "An event that is only claimed must have a claimant."
    table.reject(alone, "only_claimed", rule, "Name it in claimed_by, or leave only_claimed empty.")


def _bases(table: TextTable) -> None:
    """Whether claims were recorded, and what a label rests on, agree with what the table says."""
    unseen = table.text("claims_recorded") == "no"
    for column in ("claimed_by", "denied_by"):
        rule = f"{column} must be empty where claims were not recorded."
        said = unseen & (table.text(column) != "")
        table.reject(said, column, rule, "Empty it, or leave claims_recorded empty.", "claims_recorded")
    label, basis = table.text("perpetrator"), table.text("label_basis")
    without = (basis != "") & (label == "") & (table.text("candidates") == "")
    rule = "label_basis must come with a label."
    table.reject(without, "label_basis", rule, "Name the perpetrator or candidates, or leave it empty.")
    pairs = zip(label, table.text("claimed_by"), strict=True)
    unclaimed = [name not in claimed.split("|") for name, claimed in pairs]
    rule = "A label that rests on a claim must be a perpetrator who claims."
    fix = "Name it in perpetrator and in claimed_by, or correct label_basis."
    bad = (basis == "claim") & ~without & np.array(unclaimed, dtype=bool)
    table.reject(bad, "label_basis", rule, fix, "claimed_by")


def _when(table: TextTable, first: Array, claimed: Array, seen: Array) -> None:
    """Order of the dates of an event; comparisons with NaT are false."""
    fix = "Correct one of the two."
    nobody = (table.text("claim_date") != "") & (table.text("claimed_by") == "")
    table.reject(nobody, "claim_date", "claim_date must come with claimed_by.", "Name the claimant.")
    several = (table.text("claim_date") != "") & table.each("claimed_by", lambda label: "|" in label)
    rule = "claim_date must be empty where claimed_by names several: it would be the date of one of them."
    table.reject(several, "claim_date", rule, "Leave it empty.", "claimed_by")
    table.reject(claimed < first, "claim_date", "claim_date must not be before the event.", fix, "date")
    table.reject(seen < first, "observed_until", "observed_until must not be before the event.", fix, "date")
    rule = "claim_date must not be after observed_until."
    table.reject(claimed > seen, "claim_date", rule, fix, "observed_until")


def _about(table: TextTable, days: Array, events: TextTable, first: Array) -> None:
    """Statements must be about an event of the event table, and not before it."""
    position = {label: i for i, label in enumerate(events.text("event_id"))}
    at = table.each("event_id", lambda label: position.get(label, -1), int)
    lost = (at < 0) & (table.text("event_id") != "")
    fix = "Correct the id, or add the event."
    table.reject(lost, "event_id", "A statement must be about an event of the event table.", fix)
    early = (at >= 0) & (days < first[at])
    rule = "A statement must not be dated before its event."
    table.reject(early, "date", rule, "Correct one of the dates.")


def _denied_twice(table: TextTable, events: TextTable) -> None:
    """A party's denial of its own deed is in `denied_by` or among the statements, not in both."""
    pairs = zip(events.text("event_id"), events.text("denied_by"), strict=True)
    denied = {(event, actor) for event, label in pairs for actor in label.split("|") if actor}
    rows = zip(*(table.text(column) for column in ("event_id", "source", "kind", "actor")), strict=True)
    twice = [kind == "denial" and who == whom and (event, who) in denied for event, who, kind, whom in rows]
    rule = "A denial must be entered once: it stands in denied_by."
    table.reject(
        np.array(twice, dtype=bool), "source", rule, "Remove the statement, or the name in denied_by."
    )


def _said_once(table: TextTable) -> None:
    """One statement per event, source, kind and role."""
    columns = [table.text(column) for column in ("event_id", "source", "kind", "role", "actor")]
    columns[3] = np.where(columns[3] == "", STATEMENT_ROLES[0], columns[3])
    same = repeated_rows(columns)
    table.reject(same, "source", "A statement must be listed once.", "Remove the repeats.", "actor")
    other = repeated_rows(columns[:4]) & ~same
    rule = "A source must make at most one statement of a kind about an event."
    fix = "Keep the source's last word, or give the other statement its own source name."
    table.reject(other, "source", rule, fix, "actor")


def _repeats(table: TextTable) -> None:
    """The origin of a statement must have made one on the same event that can be repeated, and not repeat this one."""
    origin = repeated(*(table.text(column) for column in ("event_id", "source", "kind", "role", "origin")))
    rule = (
        "origin must be a source with a statement on the same event, of the same kind or else its only one (a denial "
        "repeats a denial)."
    )
    fix = "Correct it, add the statement that is repeated, or leave origin empty."
    table.reject(origin == -2, "origin", rule, fix, "source")
    fix = "Leave origin empty where the statement came first."
    table.reject(
        in_circle(origin), "origin", "Statements must not repeat each other in a circle.", fix, "source"
    )


CONTEXT_COLUMNS = ("name", "start", "end", "area")
"""Columns of the table of contexts."""
BUNDLE_COLUMNS = ("claimant", "start", "end", "area", "count", "kind")
"""Columns of the table of bundled claims."""


def context_variables(table: TextTable, events: TextTable) -> Variables:
    """Variables of the contexts, every rule held against them."""
    values = _windows(table, events, CONTEXT_COLUMNS, ("name", "start", "end"))
    names, area = table.text("name"), table.text("area")
    again = overlapping(names, values["start"], values["end"], area)
    rule = "Windows of one context must not overlap in the same area."
    fix = "Shorten one, or merge them: an event inside both would count the context twice."
    table.reject(again, "start", rule, fix, "name")
    return _variables(table, values, "context", CONTEXT_COLUMNS)


def bundle_variables(table: TextTable, events: TextTable, actors: Names) -> Variables:
    """Variables of the bundled claims, every rule held against them."""
    values = _windows(table, events, BUNDLE_COLUMNS, ("claimant", "start", "end", "count"))
    check_known(table, "claimant", actors)
    unnamed = table.text("claimant") == UNLISTED
    rule = f"claimant must not be {UNLISTED!r}: a claim has a name."
    table.reject(unnamed, "claimant", rule, "Name the claimant.")
    values["count"] = read_numbers(table, "count")
    return _variables(table, values, "bundle", BUNDLE_COLUMNS)


COVERAGE_COLUMNS = ("source", "start", "end", "area")
"""Columns of the table of coverage."""


def coverage_variables(
    table: TextTable, events: TextTable, variables: Variables, statements: TextTable | None
) -> Variables:
    """Variables of the coverage, every rule held against it and against the statements."""
    values = _windows(table, events, COVERAGE_COLUMNS, ("source", "start", "end"))
    source, area = table.text("source"), table.text("area")
    spoke = [] if statements is None else sorted({*statements.text("source")} - {""})
    unknown = table.each("source", lambda label: label not in ("", *spoke))
    rule = "source must be a source of the statements."
    way = "Correct it, or leave the row out."
    table.reject(unknown, "source", rule, lambda label: f"{way}{nearest(label, spoke)}")
    spans = Windows(source, values["start"], values["end"], area)
    rule = "Rows of one source must not overlap in the same area."
    again = overlapping(spans.label, spans.start, spans.end, spans.area)
    table.reject(again, "start", rule, "Shorten one, or merge them.", "source")
    if statements is not None and events.rows:
        _covered(statements, spans, events, variables)
    return _variables(table, values, "coverage", COVERAGE_COLUMNS)


def _covered(table: TextTable, spans: Windows, events: TextTable, variables: Variables) -> None:
    """Statements are about events that their sources cover; a source without a row covers everything."""
    ids, columns = events.text("event_id"), ("date", "date_precision", "date_last", "area")
    held = xr.Dataset({name: variables[name] for name in columns if name in variables})
    dated = ~np.isnat(held["date"].values)
    held["date"] = ("event", np.where(dated, held["date"].values, np.datetime64("2000-01-01", "D")))
    unclear = spans.label[np.isnat(spans.start) | np.isnat(spans.end) | (spans.end < spans.start)]
    may = possible(held, spans)
    place = {label: i for i, label in enumerate(ids)}
    for row, (label, source) in enumerate(zip(table.text("event_id"), table.text("source"), strict=True), 1):
        own, at = spans.label == source, place.get(label, -1)
        if at < 0 or not dated[at] or not own.any() or source in unclear or may[at, own].any():
            continue
        where = f" in {held['area'].values[at]}" if "area" in held and held["area"].values[at] else ""
        said = f"{source} (event of {events.text('date')[at]}{where})"
        rule = "A statement must be about an event that its source covers."
        covers = "; ".join(
            f"{start} to {end}{f' in {area}' if area else ''}"
            for start, end, area in zip(spans.start[own], spans.end[own], spans.area[own], strict=True)
        )
        fix = f"By the table of coverage it covers {covers}: add a row there, or correct the statement."
        table.problems.append((table.name, row, label, "source", said, rule, fix))


def _windows(
    table: TextTable, events: TextTable, columns: tuple[str, ...], required: tuple[str, ...]
) -> dict[str, Array]:
    """What windows of any kind must be: named, dated, in order, in an area that the events know."""
    check_header(table, columns, required)
    check_labels(table, [column for column in columns if column not in ("start", "end", "count")])
    check_filled(table, required, "a window")
    start, end = read_days(table, "start"), read_days(table, "end")
    rule = "A window must not end before it starts."
    table.reject(end < start, "end", rule, "Correct one of the two.", "start")
    known = {*events.text("area")} - {""}
    lost = table.each("area", lambda label: label not in {"", *known}) & (events.rows > 0)
    rule = "area must be an area of the event table, or empty for everywhere."
    table.reject(lost, "area", rule, lambda label: f"Correct it.{nearest(label, sorted(known))}")
    return {"start": start, "end": end}


def _variables(
    table: TextTable, values: dict[str, Array], dimension: str, columns: tuple[str, ...]
) -> Variables:
    """The columns under their prefix, on a dimension that numbers the rows."""
    texts = {column: table.text(column) for column in columns if column not in values}
    kept = {column: text for column, text in texts.items() if column in table.columns or column == "area"}
    found = kept | values | read_riders(table, columns)
    numbers = np.array([str(i + 1) for i in range(table.rows)])
    return {dimension: (dimension, numbers)} | {
        f"{dimension}_{column}": (dimension, content) for column, content in found.items()
    }

"""The rules an event table and its statements are held against; a rule reports rows and changes none."""

import difflib
import math
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from attribution.errors import nearest
from attribution.origins import in_circle, repeated
from attribution.text_table import Array, TextTable

Variables = dict[str, tuple[str, Array]]
Names = Sequence[str] | None

UNLISTED = "unlisted"
"""The actor who is none of the named ones."""

COLUMNS = (
    *(
        "event_id",
        "incident",
        "date",
        "date_precision",
        "date_last",
        "area",
        "place",
        "latitude",
        "longitude",
        "location_precision",
    ),
    *("target_rank", "target_affiliation", "method", "killed", "injured"),
    *("perpetrator", "candidates", "claimed_by", "denied_by", "claim_date", "observed_until", "only_claimed"),
    "sponsor",
)
"""Columns of the event table that have a meaning; others ride along."""
STATEMENT_COLUMNS = ("event_id", "source", "kind", "actor", "date", "origin", "held_by", "role")
"""Columns of the table of statements; the first four must be filled."""
TABLES = ("statement", "context", "bundle")
"""Dimensions of the tables beside the events; their columns bear the dimension as a prefix."""
STATEMENT_ROLES = ("executor", "sponsor")
STATEMENT_KINDS = ("accusation", "denial", "confession", "finding")
DATE_PRECISIONS = ("day", "month", "year")
LOCATION_PRECISIONS = ("exact", "place", "area")

_NUMBERS = ("latitude", "longitude", "killed", "injured")
_LIMITS = {"latitude": 90, "longitude": 180}
_DATES = ("date", "date_last", "claim_date", "observed_until")
_SEVERAL = ("candidates", "claimed_by", "denied_by")
# What a column of victims' names is called, without blanks, hyphens and underscores; the last ones are Arabic.
_NAMES = re.compile(
    "(the)?(victim|target|deceased|person|full|first|last|sur|family)?'?s?'?names?|victims?|deceased|surname"
    "|names?of(the)?(victim|target|deceased|person)s?|victims?(full|first|last)names?|اسم|الاسم|الأسماء|الضحية|اسمالضحية"
)
_ALIASES = {"lat": "latitude", "lon": "longitude", "lng": "longitude", "long": "longitude", "id": "event_id"}
_CODE = re.compile(r"0[0-9]")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
NAT = np.datetime64("NaT", "D")
_ISO = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
# Control characters, marks of writing direction, and the mark of a character lost in an earlier conversion.
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffd]")


def event_variables(table: TextTable, ranks: Names, actors: Names) -> Variables:
    """Variables of the event table, every rule held against it."""
    check_header(table, COLUMNS, ("event_id", "date"))
    check_labels(table, [column for column in COLUMNS if column not in _NUMBERS + _DATES])
    check_choice(table, "only_claimed", ("yes",))
    _ids(table)
    check_choice(table, "date_precision", DATE_PRECISIONS)
    check_choice(table, "location_precision", LOCATION_PRECISIONS)
    check_choice(table, "target_rank", ranks)
    values = {column: read_numbers(table, column) for column in _NUMBERS}
    values |= {column: read_days(table, column) for column in _DATES}
    values["date"], table.columns["date_precision"] = _first_day(table, values["date"])
    _where(table, values["latitude"], values["longitude"])
    _who(table, actors)
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


def check_argument(table: TextTable, argument: str, names: Names) -> None:
    """Names given as an argument are distinct and not blank."""
    names = [] if names is None else names
    if len(set(names)) < len(names) or not all(name and name == name.strip() for name in names):
        rule = f"`{argument}` must be distinct names without surrounding blanks."
        table.refuse(argument, rule, "Correct them.")


def check_header(table: TextTable, known: Sequence[str], required: Sequence[str]) -> None:
    """Columns that must be there, and names that an extra column must not have."""
    absent = [column for column in known if column not in table.columns]
    for column in [column for column in required if column in absent]:
        fix = "Add it (an index is not read: use reset_index())."
        table.refuse(column, "A required column is missing.", fix)
    for column in [column for column in table.columns if column not in known]:
        plain = re.sub(r"[\s_-]+", "", column.casefold())
        meant = _ALIASES.get(plain, _near(plain, tuple(absent)))
        if names_victims(column):
            table.refuse(column, "Victims' names must not enter the library.", "Remove the column.")
        elif meant in absent:
            fix = f"Rename it {meant!r}; if it is something else, give it a name less like that."
            table.refuse(column, "Unknown column spelling.", fix)
        elif _reserved(column):
            table.refuse(column, "The library cannot use this column name.", "Rename the column.")


def names_victims(column: str) -> bool:
    """Whether a column is called what a column of victims' names is called."""
    return _NAMES.fullmatch(re.sub(r"[\s_-]+", "", column.casefold())) is not None


@lru_cache(maxsize=4096)
def _near(plain: str, absent: tuple[str, ...]) -> str:
    """The absent column that a name resembles."""
    ratio = {name: difflib.SequenceMatcher(None, plain, name.replace("_", "")).ratio() for name in absent}
    best = max(ratio, key=ratio.__getitem__, default="")
    return best if best and ratio[best] >= 0.8 else ""


def _reserved(column: str) -> bool:
    """Whether a column name clashes with a dimension or a statement, or cannot be stored in a file."""
    taken = column in ("", ".", "event", *TABLES) or column.startswith(tuple(f"{name}_" for name in TABLES))
    return taken or "/" in column or column != column.strip() or bool(_INVISIBLE.search(column))


def check_filled(table: TextTable, columns: Sequence[str], what: str) -> None:
    """Cells that must not be empty; a column that is absent is another problem."""
    for column in columns:
        empty = (table.text(column) == "") & (column in table.columns)
        table.reject(empty, column, f"{column} of {what} must not be empty.", "Fill it in.")


def check_labels(table: TextTable, columns: Sequence[str]) -> None:
    """What every text must be to serve as a label."""
    for column in [column for column in columns if column in table.columns]:
        padded = table.each(column, _padded)
        table.reject(padded, column, f"{column} must not begin or end with a blank.", "Strip it.")
        hidden = table.each(column, lambda label: bool(_INVISIBLE.search(label)))
        table.reject(hidden, column, f"{column} must not hold invisible characters.", "Remove them.")
        if column not in _SEVERAL:
            several = table.each(column, lambda label: "|" in label)
            rule = f"{column} must not hold '|'."
            table.reject(several, column, rule, f"Only {', '.join(_SEVERAL)} are separated by '|'.")


def _padded(label: str) -> bool:
    return any(part != part.strip() for part in label.split("|")) if "|" in label else label != label.strip()


def _ids(table: TextTable) -> None:
    if "event_id" in table.columns:
        ids = table.text("event_id")
        table.reject(ids == "", "event_id", "event_id must not be empty.", "Give every event an id.")
        again = (ids != "") & _again([ids])
        first = {label: i for i, label in reversed([*enumerate(ids, 1)])} if again.any() else {}
        rule = "event_id must occur once."
        table.reject(again, "event_id", rule, lambda label: f"Row {first[label]} has it: rename or remove.")


def check_choice(table: TextTable, column: str, choices: Names) -> None:
    """Reject values that are not among the choices."""
    if choices is not None:
        bad = table.each(column, lambda label: label not in ("", *choices))
        rule = f"{column} must be one of {', '.join(map(repr, choices))}."
        table.reject(bad, column, rule, lambda label: f"Correct it.{nearest(label, choices)}")


def read_numbers(table: TextTable, column: str) -> Array:
    """A column of numbers."""
    text = table.text(column)
    values = table.each(column, number_or_nan, float)
    unread = (text != "") & np.isnan(values)
    if column in _LIMITS:
        bad = np.abs(values) > _LIMITS[column]
        rule = f"{column} must be a number from -{_LIMITS[column]} to {_LIMITS[column]}."
    else:
        bad = (values < 0) | (np.nan_to_num(values) % 1 != 0)
        rule = f"{column} must be a whole number, 0 or more."
    table.reject(unread | bad, column, rule, "Correct it, or leave it empty if unknown.")
    return values


def number_or_nan(text: str) -> float:
    """The number, NaN for what is none; digits are 0-9."""
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else math.nan


def read_riders(table: TextTable, known: Sequence[str]) -> dict[str, Array]:
    """Columns the library does not know: numbers where every value is one and none begins with a zero, else text."""
    riders = {column: text for column, text in table.columns.items() if column not in known}
    for column, text in riders.items():
        null = table.each(column, lambda label: "\0" in label)
        table.reject(null, column, "A cell must not hold the NUL character.", "Remove it.")
        values = table.each(column, number_or_nan, float)
        coded = table.each(column, lambda label: _CODE.match(label) is not None).any()
        if (text != "").any() and not coded and not (np.isnan(values) & (text != "")).any():
            riders[column] = values
    return riders


def read_days(table: TextTable, column: str) -> Array:
    """A column of dates; NaT for what is none."""
    text = table.text(column)
    days = table.each(column, _day, "datetime64[D]")
    form = "YYYY-MM-DD"
    if column == "date" and table.name == "events":
        form = "YYYY-MM-DD, YYYY-MM or YYYY"
    else:
        days[table.each(column, len, int) < 10] = NAT
    bad = (text != "") & np.isnat(days)
    table.reject(bad, column, f"{column} must be a day of the calendar, written {form}.", "Correct it.")
    outside = (days < np.datetime64("1800-01-01")) | (days > np.datetime64("2200-12-31"))
    table.reject(outside, column, f"{column} must lie in the years 1800 to 2200.", "Correct it.")
    return days


def _day(text: str) -> np.datetime64:
    try:
        return np.datetime64(text, "D") if _ISO.fullmatch(text) else NAT
    except ValueError:
        return NAT


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
        table.reject(lost, "place", "A place must have an area.", "Fill in the area the place lies in.")


def _who(table: TextTable, actors: Names) -> None:
    """Perpetrator, candidates, claimants and those who deny."""
    candidates, perpetrator = table.text("candidates"), table.text("perpetrator")
    for column in _SEVERAL:
        empty = (table.text(column) != "") & table.each(column, lambda label: "" in label.split("|"))
        rule = f"{column} must be actors separated by single '|'."
        table.reject(empty, column, rule, "Remove the empty ones.")
        again = table.each(column, lambda label: len(set(label.split("|"))) < len(label.split("|")))
        table.reject(again & ~empty, column, f"{column} must name an actor once.", "Remove the repeats.")
    pairs = zip(perpetrator, candidates, strict=True)
    other = [one != "" and several != "" and one not in several.split("|") for one, several in pairs]
    rule = "perpetrator must be among the candidates."
    table.reject(np.array(other), "perpetrator", rule, "Correct one of the two.", "candidates")
    for column in ("perpetrator", *_SEVERAL):
        check_known(table, column, actors)
    for column, what in (("claimed_by", "claim"), ("denied_by", "denial")):
        unnamed = table.each(column, lambda label: UNLISTED in label.split("|"))
        rule = f"{column} must not name {UNLISTED!r}: a {what} has a name."
        table.reject(
            unnamed, column, rule, "Add its author to the actors, or leave the cell empty if there is none."
        )
    pairs = zip(table.text("claimed_by"), table.text("denied_by"), strict=True)
    both = [bool({*one.split("|")} & {*other.split("|")} - {""}) for one, other in pairs]
    rule = "An actor must not both claim and deny an event."
    table.reject(np.array(both), "denied_by", rule, "Keep its last word.", "claimed_by")
    alone = (table.text("only_claimed") != "") & (table.text("claimed_by") == "")
    rule = "An event that is only claimed must have a claimant."
    table.reject(alone, "only_claimed", rule, "Name it in claimed_by, or leave only_claimed empty.")


def check_known(
    table: TextTable,
    column: str,
    actors: Names,
    also: Sequence[str] = (UNLISTED,),
    where: Array | bool = True,
) -> None:
    """Reject names that are not among the actors, in the rows of ``where``."""
    known = {"", *also, *(actors or ())}

    def fix(label: str) -> str:
        unknown = [part for part in label.split("|") if part not in known]
        hints = [f"{part!r} is not one of them.{nearest(part, sorted(known - {''}))}" for part in unknown]
        return " ".join([*hints, "Correct it, or add it to the actors."])

    if actors is not None:
        bad = where & table.each(column, lambda label: not known.issuperset(label.split("|")))
        table.reject(bad, column, f"{column} must name only: {', '.join(sorted(known - {''}))}.", fix)


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
    same = _again(columns)
    table.reject(same, "source", "A statement must be listed once.", "Remove the repeats.", "actor")
    other = _again(columns[:4]) & ~same
    rule = "A source must make at most one statement of a kind about an event."
    fix = "Keep the source's last word, or give the other statement its own source name."
    table.reject(other, "source", rule, fix, "actor")


def _again(columns: Sequence[Array]) -> Array:
    """Rows that an earlier row equals in all of the columns."""
    first: dict[object, int] = {}
    rows = zip(*columns, strict=True) if len(columns) > 1 else columns[0]
    return np.array([first.setdefault(row, i) < i for i, row in enumerate(rows)], dtype=bool)


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

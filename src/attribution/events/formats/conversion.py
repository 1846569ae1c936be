"""`Conversion`: a foreign table on its way to an event table, and every decision made on the way."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from attribution.arrays import Array
from attribution.errors import PROBLEM_COLUMNS, DataError, nearest, problem_table
from attribution.events.decisions import Decision, to_json
from attribution.events.formats.persons import is_prose, may_name_persons
from attribution.events.reading import validated
from attribution.events.text_table import Source, TextTable, factorized, file_hash, open_table, source_name

_SPACE = re.compile("[\\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_WHOLE = re.compile(r"([+-]?[0-9]+)\.0+")
_ARABIC_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")

UNKNOWN_ACTOR = re.compile(
    r"(unknown|unidentified|unclaimed|unattributed|unclear|not (known|identified|stated|specified))\b.*"
    r"|n/?a|none|nil|\?+|-+|مجهول.*|غير معروف.*|غير محدد.*|جهة مجهولة.*",
    re.IGNORECASE,
)
"""Spellings of an actor nobody knows."""
UNKNOWN_VALUE = re.compile(
    r"(unknown|unspecified|not (known|stated|specified))|n/?a|\?+|-+|غير معروف|غير محدد", re.IGNORECASE
)
"""Spellings of a missing value in other columns."""


@dataclass
class Conversion:
    """A foreign table, the event table it becomes, and what was decided.

    Attributes
    ----------
    raw
        The foreign table: columns of text, without outer blanks, line breaks and invisible characters.
    columns
        Columns of the event table made so far.
    said
        Rows of the table of statements made so far: `event_id`, `source`, `kind`, `actor`.
    decisions
        What was decided so far.
    """

    raw: TextTable
    columns: dict[str, Array] = field(default_factory=dict)
    said: list[pd.DataFrame] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def decide(
        self, kind: str, column: str, found: str, made: str, count: int, why: str, row: int = 0
    ) -> None:
        """Record a decision that concerns at least one row, or the whole table."""
        if count or kind in ("file", "column"):
            self.decisions.append(Decision(kind, column, found, made, int(count), row, why))

    def recode(self, column: str, before: Array, after: Array, why: str, *, each_row: bool = False) -> Array:
        """The cells after; every distinct change is recorded, or every row's."""
        changed = np.flatnonzero(before != after)
        if each_row:
            for i in changed:
                self.decide("recoding", column, before[i], after[i], 1, why, int(i) + 1)
            return after
        pairs = Counter(zip(before[changed], after[changed], strict=True))
        for (found, made), count in pairs.items():
            self.decide("recoding", column, found, made, count, why)
        return after

    def replace(self, column: str, cells: Array, function: Callable[[str], str], why: str) -> Array:
        """The cells with a function of each in its place."""
        codes, labels = factorized(cells)
        return self.recode(column, cells, np.array([*map(function, labels), ""], dtype=object)[codes], why)

    def blank(self, column: str, cells: Array, pattern: re.Pattern[str], why: str) -> Array:
        """The cells without those that say the value is unknown."""
        return self.replace(column, cells, lambda cell: "" if pattern.fullmatch(cell) else cell, why)

    def state(self, rows: Array, source: str, kind: str, actor: Array) -> None:
        """Statements of one source about the rows."""
        at = np.flatnonzero(rows)
        if at.size:
            made = {
                "event_id": self.columns["event_id"][at],
                "source": source,
                "kind": kind,
                "actor": actor[at],
            }
            self.said.append(pd.DataFrame(made, dtype=object))

    def require(self, columns: Iterable[str]) -> None:
        """Raise `DataError` where the foreign table lacks what the format cannot do without."""
        for column in columns:
            if column not in self.raw.columns:
                fix = f"Give the file as it was downloaded.{nearest(column, self.raw.columns)}"
                self.raw.refuse(column, "A required column of the format is missing.", fix)
        if self.raw.problems:
            raise DataError(problem_table(self.raw.problems))

    def ride(
        self,
        prefix: str,
        used: Mapping[str, str],
        coded: Collection[str],
        prose: Collection[str],
        keep: Collection[str],
    ) -> None:
        """Let the columns of the foreign table ride along, but for names of persons and free text.

        ``used`` says what became of those that were read: column to columns of the event table, for the report.
        """
        absent = sorted(set(keep) - set(self.raw.columns))
        for column in absent:
            fix = f"Correct `keep`.{nearest(column, self.raw.columns)}"
            self.raw.refuse(column, "`keep` names a column that the table does not have.", fix)
        for column, cells in self.raw.columns.items():
            why = "" if column in coded else left_out(column, cells, column in prose, column in keep)
            became = [used[column]] if column in used else []
            if not why:
                self.columns[prefix + column] = cells
                became.append(prefix + column)
            self.decide("column", column, "", ", ".join(became) or "left out", len(cells), why)
        if self.raw.problems:
            raise DataError(problem_table(self.raw.problems))

    def finish(
        self, *, source: Source, skip: bool, ranks: Sequence[str] | None, actors: Sequence[str] | None
    ) -> xr.Dataset:
        """The event table, held against every rule; with ``skip``, without the rows that break one."""
        columns = {name: np.asarray(cells, dtype=object) for name, cells in self.columns.items()}
        ids, rows = columns["event_id"], np.arange(self.raw.rows)
        said = pd.concat(self.said, ignore_index=True) if self.said else None
        while True:
            table = TextTable("events", len(rows), {name: cells[rows] for name, cells in columns.items()})
            others = {} if said is None else {"statements": open_table("statements", said, "utf-8")}
            try:
                events = validated(table, others, ranks, actors)
                break
            except DataError as error:
                problems = numbered(error.problems, rows, ids, said)
                bad = set(problems["row"])
                if not skip or 0 in bad or len(bad) == len(rows):
                    raise DataError(problems if skip else with_way_out(problems)) from None
            first = problems.drop_duplicates("row").sort_values("row")
            for row, column, value, rule in zip(
                *(first[name].tolist() for name in ("row", "column", "value", "rule")), strict=True
            ):
                self.decide("row", column, str(value), "left out", 1, rule, row)
            rows = rows[~np.isin(rows + 1, list(bad))]
            said = None if said is None else said[said["event_id"].isin(ids[rows])].reset_index(drop=True)
            said = None if said is None or said.empty else said
        events.attrs["statements_source"] = "" if said is None else "DataFrame"
        events.attrs |= {"source": source_name(source), "source_hash": file_hash(source)}
        events.attrs["decisions"] = to_json(self.decisions)
        return events


def numbered(problems: pd.DataFrame, rows: Array, ids: Array, said: pd.DataFrame | None) -> pd.DataFrame:
    """The problems with the rows of the file: those of a statement get the row of their event.

    ``rows`` are those still in, ``ids`` the id of every row of the file.
    """
    found = problems["row"].to_numpy().copy()
    own = (problems["table"] == "events").to_numpy() & (found > 0)
    found[own] = rows[found[own] - 1] + 1
    stated = (problems["table"] == "statements").to_numpy() & (found > 0)
    if said is not None and stated.any():
        place = {ids[row]: row + 1 for row in rows[::-1]}
        about = said["event_id"].to_numpy()[found[stated] - 1]
        found[stated] = [place[event] for event in about]
    return problems.assign(row=found)


def with_way_out(problems: pd.DataFrame) -> pd.DataFrame:
    """The problems, those of a row with a second way out."""
    extra = np.where(problems["row"] > 0, " Or leave such rows out: skip=True reports them.", "")
    return problems.assign(fix=problems["fix"].astype(str) + extra)[list(PROBLEM_COLUMNS)]


def left_out(column: str, cells: Array, prose: bool, keep: bool) -> str:
    """Why a column that is not coded does not ride along; empty where it does."""
    if may_name_persons(column):
        return "It may name persons: their names must never enter."
    if keep:
        return ""
    if prose:
        return "Free text of the format, in which persons may be named; keep=[...] lets it in."
    if is_prose(column, cells):
        return "It looks like free text or names; keep=[...] lets it in, if it names no person."
    return ""


def open_foreign(source: Source, encoding: str | None, *, lower: bool) -> Conversion:
    """A foreign table as text; with ``lower``, its column names in lower case.

    Without an ``encoding``, what is not UTF-8 is read as Latin-1, and that is recorded.
    """
    tried = open_table("events", source, encoding or "utf-8")
    undecoded = bool(tried.problems) and tried.problems[0][3] == "(line)"
    fallback = encoding is None and undecoded
    lines = len(tried.problems) if fallback else 0
    raw = open_table("events", source, "latin-1") if fallback else tried
    if raw.problems:
        raise DataError(problem_table(raw.problems))
    conversion = Conversion(raw)
    used = "latin-1" if fallback else encoding or "utf-8"
    conversion.decide(
        "file",
        "",
        source_name(source),
        f"{raw.rows} rows, {len(raw.columns)} columns",
        raw.rows,
        f"Read as {used}.",
    )
    if fallback:
        why = "Not UTF-8: read as Latin-1; where accents or Arabic are wrong, pass encoding=."
        conversion.decide("file", "", "utf-8", "latin-1", lines, why)
    tidy(conversion, lower)
    return conversion


def tidy(conversion: Conversion, lower: bool) -> None:
    """Cells without outer blanks, line breaks and invisible characters; column names too."""
    raw, columns = conversion.raw, {}
    for name, cells in raw.columns.items():
        plain = _SPACE.sub(" ", name).strip()
        plain = plain.lower() if lower else plain
        if plain in columns:
            fix = f"Rename or remove one: {name!r} and another column differ only in blanks or case."
            raw.refuse(plain, "A column name may occur once.", fix)
        codes, labels = factorized(cells)
        made = np.array([*(_SPACE.sub(" ", label).strip() for label in labels), ""], dtype=object)[codes]
        why = "Outer blanks, line breaks and invisible characters are removed."
        conversion.decide("recoding", plain, "", "tidied", int((made != cells).sum()), why)
        columns[plain] = made
    conversion.raw = TextTable(raw.name, raw.rows, columns, raw.problems)
    conversion.require(())


def whole(text: str) -> str:
    """A whole number as it is written without decimals: ``3.0`` is ``3``; digits are 0-9."""
    plain = text.translate(_ARABIC_DIGITS)
    match = _WHOLE.fullmatch(plain)
    return match.group(1) if match else plain

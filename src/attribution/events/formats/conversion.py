"""`Conversion`: a foreign table on its way to an event table, and every decision made on the way."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from attribution.arrays import Array
from attribution.errors import PROBLEM_COLUMNS, DataError, nearest, problem_table
from attribution.events.checks import number_or_nan
from attribution.events.decisions import Decision, to_json
from attribution.events.formats.nothing import WHY, Kind, Nothing
from attribution.events.formats.persons import left_out
from attribution.events.reading import validated
from attribution.events.text_table import Source, TextTable, factorized, file_hash, open_table, source_name

DATES_READ = (
    "Read are ISO dates, 17/03/2021 and 03/17/2021 (day_first= says which where the column does not), 17 March 2021, "
    "months in many languages; a spreadsheet's day number (44563) must be formatted as a date there."
)
_WHOLE = re.compile(r"([+-]?[0-9]+)\.0+")
ARABIC_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


@dataclass
class Conversion:
    """A foreign table, the event table it becomes, and what was decided.

    Attributes
    ----------
    raw
        The foreign table: columns of text, without outer blanks, line breaks and invisible characters; what the readers
        look at. Spellings of nothing are empty once `clean` has seen a column.
    columns
        Columns of the event table made so far.
    said
        Rows of the table of statements made so far: `event_id`, `source`, `kind`, `actor`.
    decisions
        What was decided so far.
    nothing
        What counts as an empty cell.
    original
        Columns as they were before `clean`: what rides along.
    tidied
        Column to cells that were tidied, before and after: reported once it is known that the column comes in.
    skipped
        Rows between the header and the first row of data.
    out
        Rows that are left out on purpose, with column, what stood there, and why.
    """

    raw: TextTable
    columns: dict[str, Array] = field(default_factory=dict)
    said: list[pd.DataFrame] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    nothing: Nothing = field(default_factory=Nothing)
    original: dict[str, Array] = field(default_factory=dict)
    tidied: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    skipped: int = 0
    out: list[tuple[Array, str, str, str]] = field(default_factory=list)

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
                self.decide("recoding", column, before[i], after[i], 1, why, int(i) + 1 + self.skipped)
            return after
        pairs = Counter(zip(before[changed], after[changed], strict=True))
        for (found, made), count in pairs.items():
            self.decide("recoding", column, found, made, count, why)
        return after

    def replace(self, column: str, cells: Array, function: Callable[[str], str], why: str) -> Array:
        """The cells with a function of each in its place."""
        codes, labels = factorized(cells)
        return self.recode(column, cells, np.array([*map(function, labels), ""], dtype=object)[codes], why)

    def clean(self, kinds: Mapping[str, Kind]) -> None:
        """Empty the cells of columns that say nothing, each by the kind of its column, before anything else looks."""
        for column, kind in kinds.items():
            if column in self.raw.columns:
                cells = self.raw.columns[column]
                self.original.setdefault(column, cells)
                self.raw.columns[column] = self.without_nothing(column, cells, kind)

    def without_nothing(self, column: str, cells: Array, kind: Kind) -> Array:
        """The cells without those that say nothing."""
        says = self.nothing.says
        return self.replace(column, cells, lambda cell: "" if says(cell, kind) else cell, WHY[kind])

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

    def leave_out(self, rows: Array, column: str, found: str, why: str) -> None:
        """Leave rows out of the events, on purpose; counted in the report, and warned about."""
        self.out.append((np.asarray(rows, dtype=bool), column, found, why))

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
        """Let the columns of the foreign table ride along, but for what may name persons and free text.

        ``used`` says what became of those that were read: column to columns of the event table, for the report.
        """
        for column in sorted(set(keep) - set(self.raw.columns)):
            fix = f"Correct `keep`.{nearest(column, self.raw.columns)}"
            self.raw.refuse(column, "`keep` names a column that the table does not have.", fix)
        for column in self.raw.columns:
            cells = self.numbers(column, self.original.get(column, self.raw.columns[column]))
            own = column in coded
            why = "" if own else left_out(column, cells, prose=column in prose, keep=column in keep)
            became = [used[column]] if column in used else []
            if not why:
                self.columns[prefix + column] = cells
                became.append(prefix + column)
            self.decide("column", column, "", ", ".join(became) or "left out", len(cells), why)
            self.report_tidied(column, shown=bool(became))
        if self.raw.problems:
            raise DataError(problem_table(self.raw.problems))

    def numbers(self, column: str, cells: Array) -> Array:
        """The cells; where all others are numbers, without the spellings of an empty one that a program left."""
        codes, labels = factorized(cells)
        words = [label for label in labels if label and np.isnan(number_or_nan(label))]
        if (
            not words
            or len(words) == len(labels)
            or not all(self.nothing.says(word, "cell") for word in words)
        ):
            return cells
        made = np.array(["" if label in words else label for label in labels], dtype=object)[codes]
        return self.recode(column, cells, made, WHY["cell"])

    def report_tidied(self, column: str, *, shown: bool) -> None:
        """What was tidied in a column: distinct values if the column comes in, else their number only."""
        changed = self.tidied.pop(column, Counter())
        outer = {pair for pair in changed if not shown or pair[0].strip(" ") == pair[1]}
        why = "Outer blanks, line breaks and invisible characters are removed."
        self.decide("recoding", column, "", "tidied", sum(changed[pair] for pair in outer), why)
        why = "Blanks, line breaks and invisible characters; control characters are those of Windows-1252."
        for (found, made), count in changed.items():
            if (found, made) not in outer:
                self.decide("recoding", column, found, made, count, why)

    def finish(
        self, *, source: Source, skip: bool, ranks: Sequence[str] | None, actors: Sequence[str] | None
    ) -> xr.Dataset:
        """The event table, held against every rule; with ``skip``, without the rows that break one."""
        columns = {name: np.asarray(cells, dtype=object) for name, cells in self.columns.items()}
        ids, rows = columns["event_id"], self.kept_rows()
        said = pd.concat(self.said, ignore_index=True) if self.said else None
        while True:
            said = None if said is None else said[said["event_id"].isin(ids[rows])].reset_index(drop=True)
            said = None if said is None or said.empty else said
            table = TextTable("events", len(rows), {name: cells[rows] for name, cells in columns.items()})
            others = {} if said is None else {"statements": open_table("statements", said, "utf-8")}
            try:
                events = validated(table, others, ranks, actors)
                break
            except DataError as error:
                problems = numbered(error.problems, rows + self.skipped, ids, said, self.skipped)
                bad = set(problems["row"]) - {0}
                if not skip or 0 in set(problems["row"]) or len(bad) == len(rows):
                    raise DataError(problems if skip else with_way_out(problems)) from None
            self.report_rows(problems)
            rows = rows[~np.isin(rows + 1 + self.skipped, list(bad))]
        self.warn_of_rows()
        events.attrs["statements_source"] = "" if said is None else "DataFrame"
        events.attrs |= {"source": source_name(source), "source_hash": file_hash(source)}
        events.attrs["decisions"] = to_json(self.decisions)
        return events

    def kept(self) -> Array:
        """Whether each row is not left out on purpose."""
        return ~np.any([np.zeros(self.raw.rows, dtype=bool), *(rows for rows, *_ in self.out)], axis=0)

    def kept_rows(self) -> Array:
        """Positions of the rows that are not left out on purpose."""
        left = np.zeros(self.raw.rows, dtype=bool)
        for rows, column, found, why in self.out:
            self.decide("row", column, found, "left out", int((rows & ~left).sum()), why)
            left |= rows
        if left.all():
            _, column, found, why = self.out[-1]
            problem = ("events", 0, "", column, found, "No row is left.", why)
            raise DataError(problem_table([problem]))
        return np.flatnonzero(~left)

    def report_rows(self, problems: pd.DataFrame) -> None:
        """Report each row that breaks a rule, by the first it breaks."""
        first = problems.drop_duplicates("row").sort_values("row")
        for row, column, value, rule in zip(
            *(first[name].tolist() for name in ("row", "column", "value", "rule")), strict=True
        ):
            self.decide("row", column, str(value), "left out", 1, rule, row)

    def warn_of_rows(self) -> None:
        """Warn about the rows that are left out, with their number and the reasons."""
        reasons = Counter[str]()
        for decision in self.decisions:
            if decision.kind == "row":
                reasons[decision.why] += decision.count
        if reasons:
            listed = "\n".join(f"  {count:,}: {why}" for why, count in reasons.most_common(10))
            total = (
                f"{reasons.total():,} of {self.raw.rows:,} rows are left out (decisions(events) says which):"
            )
            warnings.warn(f"{total}\n{listed}", UserWarning, stacklevel=4)


def numbered(
    problems: pd.DataFrame, rows: Array, ids: Array, said: pd.DataFrame | None, skipped: int = 0
) -> pd.DataFrame:
    """The problems with the rows of the file: those of a statement get the row of their event.

    ``rows`` are those still in, with the rows ``skipped`` above them; ``ids`` the id of every row of the file.
    """
    found = problems["row"].to_numpy().copy()
    own = (problems["table"] == "events").to_numpy() & (found > 0)
    found[own] = rows[found[own] - 1] + 1
    stated = (problems["table"] == "statements").to_numpy() & (found > 0)
    if said is not None and stated.any():
        place = {ids[row - skipped]: row + 1 for row in rows[::-1]}
        about = said["event_id"].to_numpy()[found[stated] - 1]
        found[stated] = [place[event] for event in about]
    return problems.assign(row=found)


def with_way_out(problems: pd.DataFrame) -> pd.DataFrame:
    """The problems, those of a row with a second way out."""
    dated = problems["rule"].str.contains("a day of the calendar").to_numpy()
    own = np.where(dated, f" {DATES_READ}", "")
    extra = own + np.where(
        problems["row"] > 0, " Or leave such rows out: skip=True reports them.", ""
    ).astype(object)
    return problems.assign(fix=problems["fix"].astype(str) + extra)[list(PROBLEM_COLUMNS)]


def whole_number(text: str) -> str:
    """A whole number as it is written without decimals: ``3.0`` is ``3``; digits are 0-9."""
    plain = text.translate(ARABIC_DIGITS)
    match = _WHOLE.fullmatch(plain)
    return match.group(1) if match else plain

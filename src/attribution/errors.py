"""What can go wrong, and the record of a check: the exception tree and `Check`."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

PROBLEM_COLUMNS = ("table", "row", "event_id", "column", "value", "rule", "fix")
"""Columns of `DataError.problems`."""
Problem = tuple[str, int, str, str, str, str, str]
"""One row of `DataError.problems`."""


class AttributionError(Exception):
    """Root of every exception the library raises on purpose."""


class DataError(AttributionError):
    """Tables that break rules: raised once, with every problem in them.

    Its text lists the problems by rule, up to 1,000 lines; `problems` holds them all.

    Parameters
    ----------
    problems
        One row a problem, columns:

        * `table`: `events` or `statements`;
        * `row`: number of the data row, counted from 1 below the header (row 1 is line 2 of a CSV file without
          blank lines or line breaks inside cells); 0 where the problem is the whole table's or the header's;
        * `event_id`, `column`, `value`: where, and what stands there;
        * `rule`: what must hold;
        * `fix`: what to do.

    Attributes
    ----------
    problems
        The same frame.

    Examples
    --------
    >>> problem = ("events", 3, "e3", "killed", "-1", "killed must be a whole number, 0 or more.", "Correct it.")
    >>> print(DataError(pd.DataFrame([problem], columns=PROBLEM_COLUMNS)))
    1 problem (row 1 is the first row below the header).
    killed must be a whole number, 0 or more. Correct it.
      events row 3, event 'e3': killed = '-1'
    """

    problems: pd.DataFrame

    def __init__(self, problems: pd.DataFrame) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        """Every problem, grouped by rule."""
        count = len(self.problems)
        return (
            f"{count:,} problem{'' if count == 1 else 's'} (row 1 is the first row below the header).\n"
            f"{listing(self.problems)}"
        )


class ModelError(AttributionError):
    """A model that cannot be built for these events."""


class FitError(AttributionError):
    """A fit that could not be run or finished."""


@dataclass(frozen=True)
class Check:
    """Record of one check; a report is a list of them.

    Attributes
    ----------
    name
        What was checked, the same in every report.
    passed
        Whether it holds; None where it could not be decided.
    value
        What was measured.
    threshold
        What it was held against.
    sentence
        The outcome, for a reader.
    remedy
        What to do where it does not hold.

    Examples
    --------
    >>> Check("largest R-hat", True, 1.004, 1.01, "The chains agree: the largest R-hat is 1.004.").passed
    True
    """

    name: str
    passed: bool | None
    value: float
    threshold: float
    sentence: str
    remedy: str = ""


def problem_table(problems: Iterable[Problem]) -> pd.DataFrame:
    """Problems as the table that `DataError` holds."""
    return pd.DataFrame(list(problems), columns=PROBLEM_COLUMNS)


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggestion of the known name closest to ``name``, for the end of an error message.

    Parameters
    ----------
    name
        The name that is not known.
    known
        The names that are.

    Returns
    -------
    str
        A sentence that begins with a space, or nothing where no known name is close.

    Examples
    --------
    >>> nearest("critcal", ["critical", "local"])
    " Did you mean 'critical'?"
    >>> nearest("weather", ["critical", "local"])
    ''
    """
    spelling = {label.casefold(): label for label in known}
    match = difflib.get_close_matches(name.strip().casefold(), spelling, n=1)
    return f" Did you mean {spelling[match[0]]!r}?" if match else ""


def listing(problems: pd.DataFrame, limit: int = 1000) -> str:
    """Text of a table of problems, grouped by rule.

    Parameters
    ----------
    problems
        As `DataError.problems`.
    limit
        Number of problems written out; how many more there are is said at the end.

    Returns
    -------
    str
        For each rule one line, and below it one line a problem. A fix that is the same for the whole rule stands
        on the rule's line.
    """
    columns = {name: problems[name].tolist() for name in PROBLEM_COLUMNS}
    rules = columns["rule"]
    place = {rule: i for i, rule in enumerate(dict.fromkeys(rules))}
    order = sorted(range(len(rules)), key=lambda row: place[rules[row]])[:limit]
    found = ({name: cells[row] for name, cells in columns.items()} for row in order)
    lines: list[str] = []
    for rule, same in groupby(found, key=lambda problem: problem["rule"]):
        group = list(same)
        fixes = list(dict.fromkeys(str(problem["fix"]) for problem in group))
        shared = len(fixes) == 1
        lines.append(f"{rule} {fixes[0]}".rstrip() if shared else str(rule))
        lines += [_line(problem, shared) for problem in group]
    if len(problems) > limit:
        lines.append(f"... and {len(problems) - limit:,} more: all are in `.problems` of this error.")
    return "\n".join(lines)


def _line(problem: dict[str, object], shared: bool) -> str:
    """One problem; with its fix unless the rule's line has it."""
    event = f", event {problem['event_id']!r}" if problem["event_id"] else ""
    row = f" row {problem['row']}{event}" if problem["row"] else ""
    value = f" = {problem['value']!r}" if problem["row"] or problem["value"] else ""
    column = f": {problem['column']}{value}" if problem["column"] else value
    return f"  {problem['table']}{row}{column}{'' if shared else '. ' + str(problem['fix'])}"

"""Several actors in one cell: `A and/or B` and `A, B` are candidates, `allegedly A` is a suspicion."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np

from attribution.arrays import Array
from attribution.errors import DataError, problem_table
from attribution.events.folding import key, words
from attribution.events.formats.conversion import Conversion
from attribution.events.formats.nothing import Nothing
from attribution.events.text_table import factorized
from attribution.events.vocabulary import entries, phrases

BARS = re.compile(r"\s*(?:;|\||,(?![0-9])|،|؛|\s/\s)\s*")
_ALL_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_TAIL = re.compile(r"(?P<name>.*\S)\s*[(\[](?P<said>[^()\[\]]*)[)\]]\s*")
_QUESTION = re.compile(r"(.+?)\s*[(\[]?\s*[?؟]+\s*[)\]]?")
MOST_WORDS = 5
"""Words of the longest phrase that makes a suspicion."""


@cache
def _either() -> re.Pattern[str]:
    """What stands between two of whom one did it, as it is written."""
    known = sorted(entries("either"), key=len, reverse=True)
    written = "|".join(re.escape(entry).replace("/", r"\s*/\s*") for entry in known)
    return re.compile(rf"\s+(?:{written})\s+", re.IGNORECASE)


def separated(separator: str | None) -> Callable[[str], list[str]]:
    """How a cell is taken apart: by default at `and/or`, `or`, `;`, `|`, ` / ` and commas outside brackets.

    Examples
    --------
    >>> separated(None)("Group G and/or Group H"), separated(None)("Militia (North, South)")
    (['Group G', 'Group H'], ['Militia (North, South)'])
    """
    if separator is None:
        return _parts
    if separator == "":
        return lambda cell: [cell]
    return lambda cell: [part.strip() for part in cell.split(separator)]


def _parts(cell: str) -> list[str]:
    """The actors of a cell."""
    hidden: list[str] = []

    def hide(match: re.Match[str]) -> str:
        hidden.append(match.group())
        return f"\ue000{len(hidden) - 1}\ue001"

    plain = _ALL_BRACKETS.sub(hide, cell)
    parts = [piece for part in _either().split(plain) for piece in BARS.split(part)]
    if len(parts) < 2 or not all(part.strip() for part in parts):
        parts = [part for part in parts if part.strip()] or [plain]
    shown = [re.sub("\ue000([0-9]+)\ue001", lambda match: hidden[int(match[1])], part) for part in parts]
    return joined_doubts([part.strip() for part in shown])


def joined_doubts(parts: list[str]) -> list[str]:
    """The parts of a cell; words of doubt belong to the actor beside them: `IS, allegedly` is one."""
    made: list[str] = []
    waiting = ""
    for part in parts:
        if key(part) in phrases("doubt") and len(parts) > 1:
            waiting = "" if made else part
            made = [*made[:-1], f"{made[-1]} ({part})"] if made else made
        else:
            made.append(f"{part} ({waiting})" if waiting else part)
            waiting = ""
    return made or parts


def suspect(cell: str) -> str:
    """The actor that a cell only suspects; empty where it does not say so.

    Examples
    --------
    >>> suspect("allegedly IS"), suspect("IS (unconfirmed)"), suspect("IS?"), suspect("IS")
    ('IS', 'IS', 'IS', '')
    """
    asked = _QUESTION.fullmatch(cell)
    if asked:
        return suspect(asked[1].strip()) or asked[1].strip()
    tail = _TAIL.fullmatch(cell)
    if tail and doubts(tail["said"]):
        return suspect(tail["name"]) or tail["name"].strip()
    return _without(cell, first=True) or _without(cell, first=False)


def doubts(text: str) -> bool:
    """Whether a text is a word of doubt, or begins or ends with one."""
    own = words(text)
    known = phrases("doubt")
    return any(" ".join(own[:n]) in known or " ".join(own[-n:]) in known for n in range(1, len(own) + 1))


def _without(cell: str, *, first: bool) -> str:
    """The rest of a cell that begins or ends with words of doubt; empty where it does not."""
    tokens = cell.split()
    for n in range(min(MOST_WORDS, len(tokens) - 1), 0, -1):
        said, rest = (tokens[:n], tokens[n:]) if first else (tokens[-n:], tokens[:-n])
        if " ".join(words(" ".join(said))) in phrases("doubt"):
            return " ".join(rest).strip(" :,-\u2013\u2014،")
    return ""


def actors_of(conversion: Conversion, column: str, cells: Array, separator: str | None) -> Array:
    """Cells of actors, several of them separated by ``|``; a cell of which one is nobody known leaves all open."""
    apart, nothing = separated(separator), conversion.nothing
    codes, labels = factorized(cells)
    made = []
    for label in labels:
        parts = [label] if not label or label in nothing.known else list(dict.fromkeys(apart(label)))
        hinted = hint(label, nothing)
        open_ = any(nothing.says(part, "actor") for part in parts)
        made.append(hinted if open_ else "|".join(parts))
    found = np.array([*made, ""], dtype=object)[codes]
    return conversion.recode(column, cells, found, "Several actors in a cell: any of them may have done it.")


def hint(cell: str, nothing: Nothing) -> str:
    """The suspicion that stands beside an actor nobody knows: `unknown (suspected IS)`; empty where there is none."""
    tail = _TAIL.fullmatch(cell)
    if tail is None or not nothing.says(tail["name"], "actor"):
        return ""
    name = suspect(tail["said"])
    return f"{name} (suspected)" if name and not nothing.says(name, "actor") else ""


def check_separator(separator: str | None) -> None:
    """Raise `DataError` for a separator that is no text."""
    if separator is not None and not isinstance(separator, str):
        rule, fix = "`separator` must be text.", "For example separator=';'; '' separates nothing."
        raise DataError(problem_table([("events", 0, "", "separator", repr(separator), rule, fix)]))

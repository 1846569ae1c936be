"""Spellings of nothing: what says that a cell is empty, that a value is not known, that nobody knows the actor."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from attribution.events.folding import key, words
from attribution.events.vocabulary import phrases

Kind = Literal["cell", "value", "number", "date", "code", "actor"]
WHY: dict[Kind, str] = {
    "cell": "A spelling of an empty cell.",
    "value": "A value nobody knows.",
    "number": "A number nobody knows.",
    "date": "A date nobody knows.",
    "code": "A code nobody knows.",
    "actor": "An actor nobody knows.",
}
_CODE = re.compile(r"-[0-9]+(\.0+)?")
_NUMBER = re.compile(r"[0-9]|[+-][0-9]*[.,][0-9]")
"""How a number or a date begins that is no code for nothing."""
_NO_DATE = re.compile(r"0+([-/.]0+)*|1900-01-00")
_BRACKETS = re.compile(r"\([^()]*\)")
OPENERS = frozenset({"unknown", "unidentified", "unclaimed", "unattributed", "unclear", "مجهول", "مجهوله"})
"""Words that say so whatever follows: `Unidentified Armed Group (Syria)`."""


@dataclass(frozen=True)
class Nothing:
    """What counts as nothing in a table.

    Attributes
    ----------
    missing
        Further spellings of an empty cell, in every column that is read.
    unknown
        Further spellings of an actor nobody knows.
    known
        Actors who are there whatever they are called.

    Examples
    --------
    >>> Nothing().says("Desconocido", "actor"), Nothing().says("-99", "value"), Nothing().says("NA", "number")
    (True, True, True)
    >>> Nothing().says("Army of the Unknown", "actor")
    False
    """

    missing: frozenset[str] = field(default_factory=frozenset)
    unknown: frozenset[str] = field(default_factory=frozenset)
    known: frozenset[str] = field(default_factory=frozenset)

    def says(self, cell: str, kind: Kind) -> bool:
        """Whether a cell of a kind of column says nothing."""
        if not cell or (kind == "actor" and cell in self.known):
            return not cell
        if _NUMBER.match(cell) and not _CODE.fullmatch(cell) and not (self.missing or self.unknown):
            return kind == "date" and _NO_DATE.fullmatch(cell) is not None
        plain = key(cell)
        if plain in self.missing or (kind == "actor" and plain in self.unknown):
            return True
        if _CODE.fullmatch(cell):
            return kind in ("value", "actor", "code", "date")
        if not plain or plain in phrases("blank"):
            return True
        if kind == "date" and _NO_DATE.fullmatch(cell):
            return True
        if kind == "actor":
            return is_nobody(cell)
        return kind != "cell" and plain in phrases("unknown")


def spellings(missing: Iterable[str], unknown: Iterable[str], actors: Iterable[str] | None) -> Nothing:
    """What counts as nothing, with what the user adds to it."""
    return Nothing(frozenset(map(key, missing)), frozenset(map(key, unknown)), frozenset(actors or ()))


def is_nobody(cell: str) -> bool:
    """Whether an actor's name says that nobody knows it: words for unknown, and none but words for anybody."""
    own = words(cell)
    if own[:1] and (own[0] in OPENERS or " ".join(own[:2]) in OPENERS_OF_TWO):
        return True
    return only_anybody(words(_BRACKETS.sub(" ", cell))) or only_anybody(own)


def only_anybody(rest: list[str]) -> bool:
    """Whether words say that somebody is not known, and nothing else but what kind of body."""
    found = False
    while rest:
        length = next(
            (n for n in range(min(5, len(rest)), 0, -1) if " ".join(rest[:n]) in phrases("unknown")), 0
        )
        if not length and rest[0] not in phrases("anybody"):
            return False
        found |= length > 0
        rest = rest[length or 1 :]
    return found


OPENERS_OF_TWO = frozenset(
    {"not known", "not identified", "not stated", "not specified", "no identificado", "غير معروف", "غير محدد"}
)
"""The same, of two words."""

"""Dates as people and programs write them, turned into ISO dates; what cannot be read is left as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from attribution.events.folding import fold, words
from attribution.events.formats.conversion import whole_number
from attribution.events.vocabulary import months, phrases

_CLOCK = re.compile(
    r"(?:[T ,]+|(?<=[0-9]))[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?\s*(?:[ap]\.?m\.?)?\s*"
    r"(?:[A-Z]{1,5}|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
_MIDNIGHT = re.compile(
    r"[T ,]*(00?:00(:00([.,]0+)?)?|12:00(:00)?\s*a\.?m\.?)\s*(Z|UTC|GMT|[+-][0-9:]+)?", re.IGNORECASE
)
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})(?:[-/.]([0-9]{1,2}))?[.]?")
_SQUEEZED = re.compile(r"(1[89]|2[01])([0-9]{2})([0-9]{2})([0-9]{2})")
_NUMERIC = re.compile(r"([0-9]{1,2})\s*([/.\-])\s*([0-9]{1,2})\s*\2\s*([0-9]{4}|[0-9]{2})\.?")
_MONTH_YEAR = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{4})")
_YEAR = re.compile(r"[0-9]{4}")
_CHINESE = str.maketrans({"年": "-", "月": "-", "日": " ", "년": "-", "월": "-", "일": " "})
_GLUED = re.compile(r"([0-9]+|[^\W\d_]+)")
CENTURY = 68
"""The last two-digit year of the twenty-first century; the next one is of the twentieth."""


@dataclass(frozen=True)
class Pair:
    """A date of two numbers that may be day and month: which they are, the order of the column decides.

    Attributes
    ----------
    first, second
        The two numbers.
    year
        The year, of four digits.
    short
        Whether the year was written with two digits.
    """

    first: int
    second: int
    year: str
    short: bool

    @property
    def day_first(self) -> bool | None:
        """What the cell itself says of the order; None where it says nothing."""
        if (self.first > 12) == (self.second > 12) or (
            self.short and self.first > 12 and int(self.year[2:]) <= 31
        ):
            return None
        return self.first > 12

    def iso(self, day_first: bool) -> str:
        """The date in ISO form; empty where there is no such month."""
        day, month = (self.first, self.second) if day_first else (self.second, self.first)
        return iso_date(self.year, month, str(day)) if 0 < month < 13 else ""


def iso(text: str, day_first: bool | None) -> str:
    """A date as ``YYYY-MM-DD`` or ``YYYY-MM``, or the text itself where it is no date that can be read in one way.

    Parameters
    ----------
    text
        ISO with or without a time, ``2021/03/17``, ``20210317``, ``17 March 2021``, ``March 17, 2021``, ``17-Mar-21``,
        ``17 de marzo de 2021``, ``March 2021``, months in many languages, or numbers ``17/03/2021``.
    day_first
        Whether of two numbers the day comes first; with None only a number above 12 decides.

    Examples
    --------
    >>> iso("2 de enero de 2022", None), iso("02JAN2022", None), iso("1/15/92", None)
    ('2022-01-02', '2022-01-02', '1992-01-15')
    """
    plain = without_time(whole_number(text)).strip(" -")
    pair = pair_of(plain)
    if pair is not None:
        own = pair.day_first if day_first is None else day_first
        own = True if own is None and pair.first == pair.second and not pair.short else own
        return (pair.iso(own) if own is not None else "") or text
    return numbered(plain) or spelled(plain) or (plain if _YEAR.fullmatch(plain) else text)


def without_time(text: str) -> str:
    """A date without its time of day."""
    text = text.translate(_CHINESE)
    match = _CLOCK.search(text)
    return text[: match.start()] + text[match.end() :] if match and match.start() > 3 else text


def midnight(text: str) -> bool:
    """Whether the time of day of a text, if it has one, says nothing."""
    match = _CLOCK.search(text)
    return match is None or _MIDNIGHT.fullmatch(match.group()) is not None


def pair_of(plain: str) -> Pair | None:
    """The two numbers and the year of ``05/09/2020``; None for other texts."""
    match = _NUMERIC.fullmatch(plain)
    if match is None:
        return None
    return Pair(int(match[1]), int(match[3]), full_year(match[4]), len(match[4]) == 2)


def full_year(year: str) -> str:
    """A year of four digits."""
    return year if len(year) == 4 else f"{'19' if int(year) > CENTURY else '20'}{year}"


def numbered(plain: str) -> str:
    """A date in numbers that begins with its year, or has no day; empty for other texts."""
    for pattern in (_YEAR_FIRST, _SQUEEZED):
        match = pattern.fullmatch(plain)
        if match is not None:
            year, month, day = (
                match.groups() if pattern is _YEAR_FIRST else (match[1] + match[2], match[3], match[4])
            )
            strange = len(plain) == 10 and plain[4] == "-"
            return plain if strange else iso_date(year, int(month), day)
    match = _MONTH_YEAR.fullmatch(plain)
    return iso_date(match[2], int(match[1]), None) if match and 0 < int(match[1]) < 13 else ""


def spelled(plain: str) -> str:
    """A date with the name of its month; empty for other texts."""
    parts = [part for word in words(plain.replace("'", " ")) for part in _GLUED.findall(word)]
    names = months()
    found = [(i, n) for n in (2, 1) for i in range(len(parts)) if " ".join(parts[i : i + n]) in names]
    if not found:
        return ""
    at, length = found[0]
    month = names[" ".join(parts[at : at + length])]
    others = parts[:at] + parts[at + length :]
    numbers = [part for part in others if part.isdecimal()]
    if any(part not in phrases("weekdays") for part in others if not part.isdecimal()):
        return ""
    years = [part for part in numbers if len(part) == 4]
    if len(numbers) > 2 or len(years) > 1 or any(len(part) not in (1, 2, 4) for part in numbers):
        return ""
    year = years[0] if years else numbers[-1] if numbers and len(numbers[-1]) == 2 else ""
    if not year:
        return ""
    rest = list(numbers)
    del rest[len(rest) - 1 - rest[::-1].index(year)]
    return iso_date(full_year(year), month, rest[0] if rest else None)


def month_number(text: str) -> str:
    """The number of a month that is given by name; other texts as they are."""
    number = months().get(" ".join(words(fold(text))))
    return text if number is None else str(number)


def iso_date(year: str, month: int, day: str | None) -> str:
    """The date in ISO form; the day may be absent or 0, the month 0: not known."""
    if not 0 < month < 13:
        return year if month == 0 else f"{year}-{month:02}"
    return f"{year}-{month:02}" if day is None or int(day) == 0 else f"{year}-{month:02}-{int(day):02}"

"""Dates as people and programs write them, turned into ISO dates; what cannot be read is left as it is."""

from __future__ import annotations

import re

from attribution.events.formats.conversion import whole

MONTHS = {
    name: i
    for i, names in enumerate(
        (
            *(("jan", "january", "كانون الثاني", "يناير"), ("feb", "february", "شباط", "فبراير")),
            *(("mar", "march", "آذار", "اذار", "مارس"), ("apr", "april", "نيسان", "أبريل", "ابريل")),
            *(("may", "أيار", "ايار", "مايو"), ("jun", "june", "حزيران", "يونيو")),
            *(("jul", "july", "تموز", "يوليو"), ("aug", "august", "آب", "اب", "أغسطس", "اغسطس")),
            *(("sep", "sept", "september", "أيلول", "ايلول", "سبتمبر"),),
            *(("oct", "october", "تشرين الأول", "تشرين الاول", "أكتوبر", "اكتوبر"),),
            *(("nov", "november", "تشرين الثاني", "نوفمبر"),),
            *(("dec", "december", "كانون الأول", "كانون الاول", "ديسمبر"),),
        ),
        1,
    )
    for name in names
}
_MIDNIGHT = re.compile(r"[ T]00:00(:00(\.0+)?)?Z?")
_NAMED = re.compile(r"(?:([0-9]{1,2})[ \-./]+)?([^\W\d_]+(?: [^\W\d_]+)?)\.?[ \-./,]+([0-9]{4}|[0-9]{2})")
_NUMERIC = re.compile(r"([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4})")


def iso(text: str, day_first: bool | None) -> str:
    """A date as ``YYYY-MM-DD`` or ``YYYY-MM``, or the text itself where it is no date that can be read in one way.

    Parameters
    ----------
    text
        ISO, ``17 March 2021``, ``17-Mar-21``, ``March 2021``, months in English or Arabic, or numbers ``17/03/2021``.
    day_first
        Whether of two numbers the day comes first; with None only a number above 12 decides.
    """
    plain = _MIDNIGHT.sub("", whole(text)).strip()
    named = _NAMED.fullmatch(plain)
    if named and named[2].casefold() in MONTHS:
        year = named[3] if len(named[3]) == 4 else f"{'19' if int(named[3]) > 68 else '20'}{named[3]}"
        return written(year, MONTHS[named[2].casefold()], named[1])
    numeric = _NUMERIC.fullmatch(plain)
    if numeric:
        first, second = int(numeric[1]), int(numeric[2])
        day_leads = first > 12 if day_first is None and (first > 12) != (second > 12) else day_first
        if first == second or day_leads is not None:
            day, month = (first, second) if day_leads else (second, first)
            return written(numeric[3], month, str(day))
    return plain


def written(year: str, month: int, day: str | None) -> str:
    """The date in ISO form; the day may be absent or 0, the month 0: not known."""
    if not 0 < month < 13:
        return year if month == 0 else f"{year}-{month:02}"
    return f"{year}-{month:02}" if day is None or int(day) == 0 else f"{year}-{month:02}-{int(day):02}"

"""What a name may hold that reaches a page or a coordinate: of an actor, an area, a source, a report's title.

One rule. A reader must see what a program compares: two names that look alike are one name or none, and no name may
turn the text around it or end its line. The characters that Unicode Technical Report 36 (2014, section 2) warns of
are refused; what is legitimate in Arabic, Persian and Indic spelling stays.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

NAME_MOST = 200
"""Characters of a name: more is a text."""

UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u2800\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Control characters, line ends, marks of direction, half characters, what is drawn as nothing, and what a lost
character leaves."""
_JOINED = "\u0600-\u07bf\u0860-\u0dff\u1000-\u109f\u1780-\u17b3\u17b6-\u18af\ufb50-\ufdff\ufe70-\ufefc"
JOINER = re.compile(f"(?<=[{_JOINED}])[\u200c\u200d](?=[{_JOINED}])")
"""A joiner between two letters whose shapes it decides: part of the spelling of Persian, Kurdish and Hindi."""


def unseen(text: str) -> str:
    """The first character that a name may not hold, as its code point; empty where there is none.

    Examples
    --------
    >>> unseen("IS"), unseen("IS" + chr(0x202E))
    ('', 'U+202E')
    """
    found = UNSEEN.search(JOINER.sub("", text))
    return f"U+{ord(found[0]):04X}" if found else ""


def composed(text: str) -> str:
    """A name as it is stored: Unicode's composed form (NFC)."""
    return unicodedata.normalize("NFC", text)


def looks(text: str) -> str:
    """What two names share that a reader cannot tell apart: composed form, joiners and kinds of blanks aside."""
    return re.sub(r"\s+", " ", composed(JOINER.sub("", text)))


def fault(text: str) -> str:
    """What is wrong with a name, to follow it in a sentence; empty where nothing is.

    Examples
    --------
    >>> fault("IS")
    ''
    >>> fault("I" * 300)
    'has 300 characters, and a name at most 200: shorten it'
    """
    if len(text) > NAME_MOST:
        return f"has {len(text):,} characters, and a name at most {NAME_MOST}: shorten it"
    if unseen(text):
        return f"holds {unseen(text)}, which is invisible, ends a line or turns the text around it: remove it"
    if text != composed(text):
        return f"is not in composed form (NFC): write {composed(text)!r}, the same to a reader"
    return ""


def shortened(text: str) -> str:
    """A name for a message: escaped, and not longer than a line."""
    return ascii(text if len(text) <= 60 else text[:60] + "...") if fault(text) else repr(text)


def twins(names: Iterable[str]) -> list[tuple[str, str]]:
    r"""Pairs of names that differ and look alike: the earlier, then the later.

    Examples
    --------
    >>> twins(["IS", "I" + chr(0xA0) + "S", "I S"])
    [('I\xa0S', 'I S')]
    """
    first: dict[str, str] = {}
    pairs = ((first.setdefault(looks(name), name), name) for name in dict.fromkeys(names))
    return [(one, other) for one, other in pairs if one != other]

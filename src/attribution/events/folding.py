"""Words without case, accents and letters that are written in two ways, for comparison and never for reading."""

from __future__ import annotations

import re
import unicodedata

_ALIKE = str.maketrans(
    {
        "\u0131": "i",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "æ": "ae",
        "œ": "oe",
        "\u0649": "\u064a",
        "\u06cc": "\u064a",
        "\u0629": "\u0647",
        "\u06a9": "\u0643",
        "\u0640": "",
    }
)
"""A dotless i and its like; in Arabic script alef maksura and Persian yeh, teh marbuta, keheh, and the tatweel."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """A text without case and accents; Arabic and Persian letters that are typed for one another are one.

    Examples
    --------
    >>> fold("Prénom"), fold("İSİM")
    ('prenom', 'isim')
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(_ALIKE)


def words(text: str) -> list[str]:
    """The folded words of a text; ``victimName`` is two.

    Examples
    --------
    >>> words("N/A"), words("victimName_2")
    (['n', 'a'], ['victim', 'name', '2'])
    """
    return _WORD.findall(fold(_CAMEL.sub(" ", text)))


def key(text: str) -> str:
    """The folded words of a text with one blank between them: `N / A`, `n/a` and `N.A.` are the same."""
    return " ".join(words(text))

"""Words without case, accents and letters that are written in two ways, for comparison and never for reading."""

from __future__ import annotations

import re
import unicodedata

_ALIKE = str.maketrans(
    {
        "ı": "i",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "æ": "ae",
        "œ": "oe",
        "ى": "ي",
        "ة": "ه",
        "ی": "ي",
        "ک": "ك",
        "ـ": "",
    }
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """A text without case and accents; Arabic and Persian letters that are typed for one another are one.

    Examples
    --------
    >>> fold("Prénom"), fold("İSİM"), fold("Adı") == fold("ADI")
    ('prenom', 'isim', True)
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

"""Spellings of names: the consonants that Arabic and Latin spellings share, and suggestions for near ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

import pandas as pd

from attribution.errors import AttributionError
from attribution.events.folding import key
from attribution.events.vocabulary import phrases

# Consonants of Arabic (and of Persian and Kurdish letters in Syrian names), as the sounds Latin spellings agree on.
_ARABIC = str.maketrans(
    {
        **dict(zip("بتثجحخدذرزسشصضطظغفقكلمنهويپچژگڤکی", "btTjhKdDrzsSsdtzGfkklmnhwypSzgfky", strict=True)),
        **dict.fromkeys("ائءأإآٱؤعىةۃـ", ""),
    }
)
_DIGRAPHS = (
    ("sh", "S"),
    ("ch", "S"),
    ("kh", "K"),
    ("gh", "G"),
    ("th", "T"),
    ("dh", "D"),
    ("ph", "f"),
    ("ou", "w"),
)
_LATIN = str.maketrans({**dict.fromkeys("aeiou", ""), "q": "k", "c": "k", "v": "f", "x": "ks"})
# Sounds that spellings mix up: th and t, dh and d.
_FOLDED = str.maketrans("TD", "td")
_ARTICLE = re.compile(r"\b(al|el|ul|as|ash|ad|adh|an|at|ath|az|ar)[\s'-]+(?=\w)")
_ARABIC_ARTICLE = re.compile(r"(?<![\u0621-\u06ff])ال(?=[\u0621-\u06ff]{2})")
_MARKS = re.compile(r"[\W_]+")


def skeleton(name: str) -> str:
    """The consonants of a name, the same for its usual Arabic and Latin spellings.

    Articles, vowels, doubled letters, diacritics and everything that is no letter or digit are dropped. It is meant for
    comparison, not for reading; names that differ in their vowels only have the same.

    Parameters
    ----------
    name
        A name in Arabic or Latin script.

    Returns
    -------
    str
        Its skeleton; the name itself in lower case where nothing would be left.

    Examples
    --------
    >>> skeleton("درعا") == skeleton("Dar'a") == skeleton("Daraa")
    True
    >>> skeleton("الصنمين") == skeleton("As-Sanamayn")
    True
    """
    plain = unicodedata.normalize("NFKD", _ARABIC_ARTICLE.sub("", unicodedata.normalize("NFKC", name)))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).casefold()
    plain = _ARTICLE.sub("", plain)
    for written, sound in _DIGRAPHS:
        plain = plain.replace(written, sound)
    sounds = plain.translate(_LATIN).translate(_ARABIC)
    sounds = _MARKS.sub("", sounds).translate(_FOLDED)
    sounds = re.sub(r"(.)\1+", r"\1", sounds)
    return sounds or name.casefold().strip()


def place_name(name: str) -> str:
    """A name of a place or an area without the words for what kind of place it is; all of it where none is left.

    Examples
    --------
    >>> place_name("Spartak village"), place_name("Donetsk oblast"), place_name("مدينة درعا"), place_name("Camp")
    ('Spartak', 'Donetsk', 'درعا', 'Camp')
    """
    kinds = phrases("place_kinds")
    own = [word for word in re.split(r"[\s,;()/]+", name) if word]
    left = [word for word in own if key(word) not in kinds]
    return " ".join(left) if left else name


def suggest(
    names: Iterable[str], known: Collection[str], *, score: float = 80.0, limit: int = 3
) -> pd.DataFrame:
    """Known names that a name may be another spelling of: for a user to decide, never applied by itself.

    Two spellings are compared as they are written, with the words in any order, and by their `skeleton`.

    Parameters
    ----------
    names
        Names as they were found.
    known
        Names as they should be.
    score
        Least similarity, 0 to 100.
    limit
        Most suggestions for a name.

    Returns
    -------
    pandas.DataFrame
        One row a suggestion, names without any included: `name`, `suggestion` (empty where there is none), `score`, and
        `by`: `same` (differs in case or marks only), `spelling`, or `sound` (Arabic against Latin, other vowels).

    Raises
    ------
    AttributionError
        RapidFuzz is not installed.

    Examples
    --------
    >>> suggest(["Dar'a", "طفس", "Homs"], ["Daraa", "Tafas"])[["name", "suggestion", "by"]].values.tolist()
    [["Dar'a", 'Daraa', 'sound'], ['طفس', 'Tafas', 'sound'], ['Homs', '', '']]
    """
    try:
        from rapidfuzz import fuzz
    except ImportError as error:
        way = "install it with: pip install 'attribution-bayes[harmonise]', or write the crosswalk by hand"
        raise AttributionError(f"Suggestions need RapidFuzz: {way}.") from error
    sounds = {label: skeleton(label) for label in known}
    rows = []
    for name in dict.fromkeys(names):
        sound, found = skeleton(name), []
        for label in known:
            written = fuzz.token_sort_ratio(folded(name), folded(label))
            heard = fuzz.ratio(sound, sounds[label]) if min(len(sound), len(sounds[label])) > 1 else 0.0
            by = "same" if folded(name) == folded(label) else "spelling" if written >= heard else "sound"
            found.append((max(written, heard), by, label))
        best = sorted((one for one in found if one[0] >= score), key=lambda one: (-one[0], one[2]))[:limit]
        rows += [(name, label, value, by) for value, by, label in best] or [(name, "", 0.0, "")]
    return pd.DataFrame(rows, columns=["name", "suggestion", "score", "by"])


def folded(name: str) -> str:
    """A name without case, diacritics and marks, its words apart."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return _MARKS.sub(" ", "".join(letter for letter in plain if not unicodedata.combining(letter))).strip()

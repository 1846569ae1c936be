"""What a column is called where it may name persons, in the languages of the field.

A header is the second line of defence: what stands in the cells is the first (`formats/persons.py`).
"""

from __future__ import annotations

import re

from attribution.events.folding import fold, words
from attribution.events.vocabulary import joined

_EXACT = re.compile(
    "(the)?(victim|target|deceased|person|full|first|last|sur|family)?s?s?names?|victims?|deceased|surname"
    "|names?of(the)?(victim|target|deceased|person)s?|victims?(full|first|last)names?"
    "|nombresy?apellidos?|apellidosy?nombres?|nombrecompleto|nombres?(dela|delas|de)?victimas?|nomcomplet"
    "|nomet?prenoms?|nomecompleto|nomedavitima|nomee?cognome|vorundnachname|adi?soyadi?|фиопогибшего"
    "|الضحيه|اسمالضحيه"
)
"""What a column of victims' names is called, folded and without blanks, hyphens and underscores."""
SHORT = 4
"""Letters up to which a word counts only where it stands alone."""


def speaks_of(header: str, section: str) -> bool:
    """Whether a word of the header, some of its words together, or a part of it, is in a section of `words.toml`."""
    own, vocabulary = words(header), joined(section)
    runs = ["".join(own[i : i + n]) for n in (1, 2, 3) for i in range(len(own) - n + 1)]
    if not vocabulary.isdisjoint(runs):
        return True
    whole = "".join(own)
    return any(len(word) > SHORT and word in whole for word in vocabulary)


def names_a_person(header: str) -> bool:
    """Whether a header speaks of the name of a person.

    Examples
    --------
    >>> names_a_person("Prénom"), names_a_person("Ad Soyad"), names_a_person("group_name")
    (True, True, False)
    """
    if names_victims(header):
        return True
    named = "name" in fold(header) or speaks_of(header, "names")
    return named and (speaks_of(header, "persons") or not speaks_of(header, "groups"))


def identifies_a_person(header: str) -> bool:
    """Whether a header speaks of numbers, addresses or births of persons."""
    numbered = not {"id", "ids"}.isdisjoint(words(header)) and speaks_of(header, "persons")
    return numbered or speaks_of(header, "identities")


def speaks_of_persons(header: str) -> bool:
    """Whether a header speaks of persons, and not of their number or kind."""
    return speaks_of(header, "persons") and not speaks_of(header, "counted")


def announces_prose(header: str) -> bool:
    """Whether a header announces free text."""
    return not joined("prose").isdisjoint(words(header))


def names_victims(header: str) -> bool:
    """Whether a whole header is what a column of persons' names is called."""
    plain = "".join(words(header))
    return _EXACT.fullmatch(plain) is not None or plain in joined("names")

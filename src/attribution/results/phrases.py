"""Sentences in several languages, read from `phrases.toml`: the one file a translator has to know."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from attribution.errors import AttributionError, nearest

LANGUAGES = ("en", "ar", "fr", "es")
"""English, Arabic, French, Spanish: the order of every line of `phrases.toml`."""

RIGHT_TO_LEFT = ("ar",)


@cache
def table() -> dict[str, dict[str, list[str]]]:
    """All phrases by section and key, one text a language."""
    return tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))


def phrase(section: str, key: str, language: str = "en", **values: object) -> str:
    """A phrase in one language, its names filled in.

    Raises
    ------
    AttributionError
        A language there is not.

    Examples
    --------
    >>> phrase("likelihood", "between", first="unlikely", last="likely")
    'between unlikely and likely'
    """
    check_language(language)
    return table()[section][key][LANGUAGES.index(language)].format(**values)


def check_language(language: str) -> None:
    """Raise `AttributionError` for a language there is not."""
    if language not in LANGUAGES:
        raise AttributionError(
            f"language={language!r}: choose one of {', '.join(map(repr, LANGUAGES))}.{nearest(language, LANGUAGES)}"
        )

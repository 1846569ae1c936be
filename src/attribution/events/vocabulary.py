"""The words of `words.toml`, folded for comparison."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from attribution.events.folding import key, words


@cache
def _sections() -> dict[str, dict[str, str]]:
    """Section -> language -> words separated by commas."""
    loaded: dict[str, dict[str, str]] = tomllib.loads(
        files("attribution.events").joinpath("words.toml").read_text(encoding="utf-8")
    )
    return loaded


def _entries(section: str) -> list[str]:
    return [entry.strip() for listed in _sections()[section].values() for entry in listed.split(",")]


@cache
def phrases(section: str) -> frozenset[str]:
    """Entries of a section as folded words with one blank between them.

    Examples
    --------
    >>> "no identificado" in phrases("unknown")
    True
    """
    return frozenset(key(entry) for entry in _entries(section))


@cache
def joined(section: str) -> frozenset[str]:
    """Entries of a section as folded words run together, as headers have them: `dateofbirth`."""
    return frozenset("".join(words(entry)) for entry in _entries(section))


@cache
def entries(section: str) -> frozenset[str]:
    """Entries of a section as they are written, in lower case: `and/or`."""
    return frozenset(entry.casefold() for entry in _entries(section))


@cache
def months() -> dict[str, int]:
    """Number of each month by its folded names and abbreviations.

    Examples
    --------
    >>> months()["março".replace("ç", "c")], months()["января"]
    (3, 1)
    """
    table = _sections()["months"]
    return {key(name): int(number) for number, listed in table.items() for name in listed.split(",")}

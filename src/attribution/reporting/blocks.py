"""What a report is made of: plain text throughout, escaped by whoever writes it out as HTML, Markdown or LaTeX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure


@dataclass(frozen=True)
class Heading:
    """A heading; level 2 a section, 3 an item."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `english` where it is in English whatever the report's language."""

    text: str
    english: bool = False


@dataclass(frozen=True)
class Alert:
    """What a reader must not miss."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Own:
    """An item that only the analyst can write; `label` says so."""

    label: str
    text: str


@dataclass(frozen=True)
class Table:
    """A table; cells are text."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Lines:
    """A list under a title: one citation line a number."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Picture:
    """A figure and what it shows in words."""

    figure: Figure
    alt: str


@dataclass(frozen=True)
class Formula:
    """A formula in TeX, as it stands in a component's docstring."""

    tex: str


@dataclass(frozen=True)
class Code:
    """Text to be shown as it is."""

    text: str


Block = Heading | Paragraph | Alert | Own | Table | Lines | Picture | Formula | Code

"""A report as one Markdown file; figures stand in it as data."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence

from attribution.reporting.blocks import (
    Alert,
    Block,
    Code,
    Formula,
    Heading,
    Lines,
    Own,
    Paragraph,
    Picture,
    Table,
)


def page(blocks: Sequence[Block], *, title: str, standing: str, footer: str) -> str:
    """The whole file."""
    body = "\n\n".join(block_text(block) for block in blocks)
    return f"# {plain(title)}\n\n**{plain(standing)}**\n\n{body}\n\n---\n\n*{plain(footer)}*\n"


def block_text(block: Block) -> str:
    """One block."""
    match block:
        case Heading(level, text):
            return f"{'#' * level} {plain(text)}"
        case Paragraph(text):
            return plain(text)
        case Alert(title, lines):
            return "\n".join([f"> **{plain(title)}**", ">", *(f"> - {plain(line)}" for line in lines)])
        case Own(label, text):
            return f"> **{plain(label)}.** {plain(text)}"
        case Lines(title, lines):
            return "\n".join([f"{plain(title)}:", "", *(f"- {plain(line)}" for line in lines)])
        case Code(text):
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
            return f"{fence}\n{text}\n{fence}"
        case Picture(figure, alt):
            file = io.BytesIO()
            figure.savefig(file, format="png", dpi=110)
            return (
                f"![{plain(alt)}](data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')})"
            )
        case Formula(tex):
            aligned = rf"\begin{{aligned}}{tex}\end{{aligned}}" if "&" in tex or r"\\" in tex else tex
            return f"$$\n{aligned}\n$$"
        case Table(caption, header, rows):
            rule = "|" + " --- |" * len(header)
            body = [table_row(row) for row in rows]
            return "\n".join([f"**{plain(caption)}**", "", table_row(header), rule, *body])


def table_row(cells: Sequence[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(plain(cell) for cell in cells)} |"


def plain(text: str) -> str:
    """Text in which nothing is Markdown or HTML any more."""
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|~$])", r"\\\1", " ".join(text.split()))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

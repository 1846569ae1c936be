"""A report as one HTML file: no script, no network, readable on a phone, printable."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import matplotlib as mpl
from matplotlib.figure import Figure

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
from attribution.reporting.formula import drawn, rows
from attribution.results.phrases import RIGHT_TO_LEFT

STYLE = """
*{box-sizing:border-box}
body{font:16px/1.55 system-ui,"Noto Sans","Noto Sans Arabic",sans-serif;color:#1a1a1a;background:#fff;
 max-width:52rem;margin:0 auto;padding:0 1rem 4rem;overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.2;margin:1.4rem 0 .6rem}
h2{font-size:1.3rem;margin:2.4rem 0 .4rem;border-bottom:2px solid #0072b2;padding-bottom:.2rem}
h3{font-size:1.05rem;margin:1.6rem 0 .3rem}
.standing{background:#eef4f8;border-inline-start:4px solid #0072b2;padding:.6rem .9rem;margin:1rem 0}
.alert{background:#fdecea;border:2px solid #b00000;padding:.6rem .9rem;margin:1rem 0}
.alert strong{color:#b00000}
.own{border:2px dashed #8a6d00;background:#fff9e6;padding:.5rem .9rem;margin:.8rem 0}
.own b{color:#6b5400}
.wide{overflow-x:auto;margin:.8rem 0}
table{border-collapse:collapse;font-size:.88rem;width:100%}
caption{text-align:start;font-weight:600;padding:.3rem 0}
th,td{padding:.3rem .5rem;border-bottom:1px solid #ddd;text-align:start;vertical-align:top;overflow-wrap:normal}
th{border-bottom:2px solid #888}
img{max-width:100%;height:auto}
figure{margin:1rem 0}
.formula{overflow-x:auto;padding:.2rem 0;margin:.4rem 0}
.formula img{display:block;max-width:none;margin:.5rem}
pre{white-space:pre-wrap;background:#f5f5f5;padding:.6rem;font-size:.8rem;direction:ltr;text-align:left}
details{margin:.5rem 0;font-size:.88rem}
footer{position:fixed;bottom:0;inset-inline:0;background:#fff;border-top:1px solid #bbb;text-align:center;
 font-size:.78rem;padding:.3rem}
@media print{
 @page{margin:18mm 15mm 20mm}
 body{font-size:10.5pt;max-width:none;padding:0}
 h2,h3{break-after:avoid}
 figure,.alert,.own,tr{break-inside:avoid}
 .wide,.formula{overflow:visible}
 details::details-content{content-visibility:visible;display:block}
}
"""


def page(blocks: Sequence[Block], *, title: str, language: str, standing: str, footer: str) -> str:
    """The whole file."""
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    body = "\n".join(block_text(block) for block in blocks)
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(language)}" dir="{direction}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f'<p class="standing">{escape(standing)}</p>\n{body}\n<footer>{escape(footer)}</footer>\n</body>\n</html>\n'
    )


def block_text(block: Block) -> str:
    """One block."""
    match block:
        case Heading(level, text):
            return f"<h{level}>{text_of(text)}</h{level}>"
        case Paragraph(text, english):
            return f"<p{' lang=en dir=ltr' if english else ' dir=auto'}>{text_of(text)}</p>"
        case Alert(title, lines):
            return f'<div class="alert" role="alert"><strong>{text_of(title)}</strong>{items(lines)}</div>'
        case Own(label, text):
            return f'<div class="own"><b>{text_of(label)}</b><br>{text_of(text)}</div>'
        case Lines(title, lines):
            return f"<details><summary>{text_of(title)} ({len(lines)})</summary>{items(lines)}</details>"
        case Code(text):
            return f"<pre>{text_of(text)}</pre>"
        case Picture(figure, alt):
            return f"<figure>{image(svg(figure), alt)}</figure>"
        case Formula(tex):
            return f'<div class="formula" dir="ltr">{"".join(formula_line(line) for line in rows(tex))}</div>'
        case Table():
            return table(block)


def items(lines: Sequence[str]) -> str:
    """A list."""
    return f"<ul>{''.join(f'<li dir="auto">{text_of(line)}</li>' for line in lines)}</ul>"


def table(block: Table) -> str:
    """A table that scrolls sideways where the screen is narrow."""
    head = "".join(f'<th scope="col">{text_of(cell)}</th>' for cell in block.header)
    body = "".join(
        f"<tr>{''.join(f'<td><bdi>{text_of(cell)}</bdi></td>' for cell in row)}</tr>" for row in block.rows
    )
    return (
        f'<div class="wide"><table><caption>{text_of(block.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def formula_line(line: str) -> str:
    """One line of a formula, drawn, or its TeX."""
    picture = drawn(line)
    return f"<code>{text_of(line)}</code>" if picture is None else image(picture, line)


def image(picture: bytes, alt: str) -> str:
    """An SVG inside the page, as an image: nothing in it can run."""
    data = base64.b64encode(picture).decode("ascii")
    return f'<img src="data:image/svg+xml;base64,{data}" alt="{text_of(alt)}">'


def svg(figure: Figure) -> bytes:
    """A figure as SVG, letters as outlines; the same figure gives the same bytes."""
    file = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "attribution"}):  # else matplotlib names parts at random
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def text_of(text: str) -> str:
    """Text in which nothing is HTML any more; a number keeps its per cent sign on its line."""
    return escape(text).replace(" %", "\N{NO-BREAK SPACE}%")

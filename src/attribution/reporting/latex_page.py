"""A report as one LaTeX file for XeLaTeX or LuaLaTeX; figures lie beside it as PDF."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

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
from attribution.runs.files import whole_file

NAMES = {"en": "english", "ar": "arabic", "fr": "french", "es": "spanish"}
SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{letter: f"\\{letter}" for letter in "&%$#_{}"},
}
PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage[margin=22mm]{geometry}
\usepackage{amsmath,graphicx,longtable,booktabs,array,fancyhdr,fontspec}
\usepackage{polyglossia}
\setdefaultlanguage{LANGUAGE}
FONT\pagestyle{fancy}\fancyhf{}\fancyfoot[C]{\small FOOTER}\fancyfoot[R]{\thepage}
\sloppy
"""


def page(
    blocks: Sequence[Block], *, title: str, language: str, standing: str, footer: str, path: Path
) -> str:
    """The whole file; saves its figures beside ``path``."""
    arabic = "\\newfontfamily\\arabicfont[Script=Arabic]{Noto Naskh Arabic}\n" if language == "ar" else ""
    head = (
        PREAMBLE.replace("LANGUAGE", NAMES[language]).replace("FONT", arabic).replace("FOOTER", plain(footer))
    )
    pictures = [block for block in blocks if isinstance(block, Picture)]
    files = {id(block): f"{path.stem}-{number}.pdf" for number, block in enumerate(pictures, start=1)}
    for block in pictures:
        with whole_file(path.with_name(files[id(block)])) as temporary:
            block.figure.savefig(temporary, metadata={"CreationDate": None})
    body = "\n\n".join(block_text(block, files) for block in blocks)
    return (
        f"{head}\\title{{{plain(title)}}}\\date{{}}\n\\begin{{document}}\n\\maketitle\\thispagestyle{{fancy}}\n"
        f"\\noindent\\textbf{{{plain(standing)}}}\n\n{body}\n\\end{{document}}\n"
    )


def block_text(block: Block, files: dict[int, str]) -> str:
    """One block."""
    match block:
        case Heading(level, text):
            return f"\\{'section' if level == 2 else 'subsection'}*{{{plain(text)}}}"
        case Paragraph(text):
            return plain(text)
        case Alert(title, lines):
            return (
                f"\\noindent\\fbox{{\\parbox{{0.95\\linewidth}}{{\\textbf{{{plain(title)}}}{items(lines)}}}}}"
            )
        case Own(label, text):
            return f"\\noindent\\fbox{{\\parbox{{0.95\\linewidth}}{{\\textbf{{{plain(label)}.}} {plain(text)}}}}}"
        case Lines(title, lines):
            return f"\\noindent {plain(title)}:{{\\small{items(lines)}}}"
        case Code(text):
            return f"{{\\small\\ttfamily {plain(text)}}}"
        case Picture():
            return f"\\noindent\\includegraphics[width=\\linewidth]{{{files[id(block)]}}}"
        case Formula(tex):
            return f"\\[\\begin{{aligned}}{tex}\\end{{aligned}}\\]"
        case Table(caption, header, rows):
            width = f">{{\\raggedright\\arraybackslash}}p{{{0.9 / len(header):.3f}\\linewidth}}"
            lines = [" & ".join(plain(cell) for cell in row) + r" \\" for row in (header, *rows)]
            body = "\n".join([lines[0], "\\midrule\\endhead", *lines[1:]])
            return (
                f"\\noindent\\textbf{{{plain(caption)}}}\n{{\\small\\begin{{longtable}}{{{width * len(header)}}}\n"
                f"\\toprule\n{body}\n\\bottomrule\\end{{longtable}}}}"
            )


def items(lines: Sequence[str]) -> str:
    """A list; nothing where it is empty."""
    inner = "\n".join(f"\\item {plain(line)}" for line in lines)
    return f"\\begin{{itemize}}{inner}\\end{{itemize}}" if lines else ""


def plain(text: str) -> str:
    """Text in which nothing is a command any more."""
    return re.sub(r"[\\~^&%$#_{}]", lambda match: SPECIAL[match[0]], " ".join(text.split()))

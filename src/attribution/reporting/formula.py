"""Formulas of docstrings: found, and drawn by matplotlib, so that a page needs no script to show them."""

from __future__ import annotations

import inspect
import io
import re
import textwrap

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser


def formulas(thing: object) -> list[str]:
    """The `.. math::` blocks of a docstring, in TeX."""
    text = inspect.getdoc(thing) or ""
    found = re.findall(
        r"^\.\. math::(.*(?:\n(?:[ \t]+\S.*|[ \t]*(?=\n[ \t]+\S)))*)", text, flags=re.MULTILINE
    )
    return [textwrap.dedent(block).strip() for block in found]


def rows(tex: str) -> list[str]:
    """The lines of an aligned formula in the subset of TeX that matplotlib draws."""
    plain = re.sub(r"\\text\{([^{}]*)\}", lambda m: r"\mathrm{" + m[1].replace(" ", r"\ ") + "}", tex)
    plain = re.sub(r"\\operatorname\{([^{}]*)\}", r"\\mathrm{\1}\\,", plain)
    plain = re.sub(
        r"\\mathtt\{([^{}]*)\}", lambda m: r"\mathtt{" + re.sub(r"(?<!\\)_", r"\_", m[1]) + "}", plain
    )
    lines = re.split(r"\\\\", plain)
    return [" ".join(line.replace("&", " ").split()) for line in lines if line.strip()]


def drawn(line: str) -> bytes | None:
    """One line of a formula as SVG; None where matplotlib cannot draw it, and the TeX has to be shown.

    The same line gives the same bytes: no time of creation, and names of parts that are drawn from the line.
    """
    file, text, font = io.BytesIO(), f"${line}$", FontProperties(size=13)
    try:
        width, height, depth, _, _ = MathTextParser("path").parse(text, dpi=72, prop=font)
        figure = Figure(figsize=(width / 72, height / 72))
        figure.text(0, depth / height, text, fontproperties=font, color="#222222")
        with mpl.rc_context({"svg.hashsalt": line}):
            figure.savefig(file, format="svg", metadata={"Date": None})
    except ValueError:
        return None
    return file.getvalue()

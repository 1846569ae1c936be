"""A Sphinx extension: formulas as MathML, which browsers draw by themselves: no script, no network, no LaTeX."""

import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx


def known(tex: str) -> str:
    r"""TeX as docutils takes it: `\ldots`, `\bigl(`, braces in `\tfrac12`; and a space in `\log x`."""
    tex = re.sub(r"\\dots\b", r"\\ldots", tex.strip())
    tex = re.sub(r"\\([bB]ig)(?=[(\[])", r"\\\1l", tex)
    tex = re.sub(r"\\([bB]ig)(?=[)\]])", r"\\\1r", tex)
    tex = re.sub(r"(\\[td]?frac)(\d)(\d)", r"\1{\2}{\3}", tex)
    return re.sub(r"\\(exp|log|operatorname\{\w+\}) (?=[a-zA-Z\\])", r"\\\1\\, ", tex)


def inline(writer: Any, node: nodes.math) -> None:
    """A formula in a line of text."""
    writer.body.append(tex2mathml(known(node.astext()), as_block=False))
    raise nodes.SkipNode


def block(writer: Any, node: nodes.math_block) -> None:
    """A formula on lines of its own; one that is wider than the screen scrolls sideways."""
    tex = known(node.astext())
    aligned = rf"\begin{{aligned}}{tex}\end{{aligned}}" if "&" in tex and r"\begin" not in tex else tex
    writer.body.append(f'<div class="math-block">{tex2mathml(aligned, as_block=True)}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Make it known to Sphinx as `html_math_renderer = "mathml"`."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

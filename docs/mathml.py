"""A Sphinx extension: formulas as MathML, which browsers draw by themselves: no script, no network, no LaTeX."""

from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx


def inline(writer: Any, node: nodes.math) -> None:
    """A formula in a line of text."""
    writer.body.append(convert(node.astext()))
    raise nodes.SkipNode


def block(writer: Any, node: nodes.math_block) -> None:
    """A formula on lines of its own; one that is wider than the screen scrolls sideways."""
    tex = node.astext()
    aligned = rf"\begin{{aligned}}{tex}\end{{aligned}}" if "&" in tex and r"\begin" not in tex else tex
    writer.body.append(f'<div class="math-block">{convert(aligned, display="block")}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Make it known to Sphinx as `html_math_renderer = "mathml"`."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Configuration of the documentation site: built without network, read without network."""

import shutil
import sys
from importlib.metadata import version as version_of
from os import environ
from pathlib import Path

import jupytext
import matplotlib as mpl
from sphinx.application import Sphinx

HERE = Path(__file__).parent
NOTEBOOKS = HERE.parent / "examples" / "notebooks"
SHARED = HERE.parents[1] / "shared" / "data"
sys.path.insert(0, str(HERE))
from priors import draw  # noqa: E402  beside this file

PAGES = {
    f"{name.upper()}.md": f"{name}.md" for name in ("architecture", "changelog", "contributing", "security")
}
PAGES |= {"data/README.md": "datasheet.md", "CITATION.cff": "cite.md"}
"""Files at the root that other files there link to, and the page that shows each."""

project = "attribution"
author = "The attribution developers"
project_copyright = "2026, The attribution developers"
release = version_of("attribution-bayes")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "mathml",  # beside this file
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
default_role = "py:obj"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "tasklist"]
myst_heading_anchors = 3
nb_execution_mode = "cache" if environ.get("ATTRIBUTION_DOCS_EXECUTE") else "off"
nb_execution_excludepatterns = [] if SHARED.is_dir() else ["notebooks/validation*"]
nb_execution_timeout = 1800
nb_execution_raise_on_error = True
nb_merge_streams = True
nb_output_stderr = "remove"
environ.pop("MPLBACKEND", None)  # else executed notebooks show no figures

autosummary_generate = True
autodoc_typehints_format = "short"
napoleon_google_docstring = False
napoleon_use_rtype = False
maximum_signature_line_length = 88

html_theme = "furo"
html_title = f"attribution {release}"
html_math_renderer = "mathml"
html_static_path = ["_static", str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSerif.ttf")]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False


def make_pages() -> None:
    """Notebooks as Jupyter knows them, from the scripts that are their source; figures; yesterday's reference away."""
    draw(HERE / "components" / "priors")
    for name in ("notebooks", "reference"):
        shutil.rmtree(HERE / name, ignore_errors=True)
    (HERE / "notebooks").mkdir()
    for script in NOTEBOOKS.glob("*.py"):
        notebook = jupytext.read(script)
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "python"}
        jupytext.write(notebook, HERE / "notebooks" / f"{script.stem}.ipynb")


def link_pages(parent: str, content: list[str]) -> None:
    """Links between the files at the root, which are right on disk, as links between the pages that include them."""
    for file, page in PAGES.items():
        content[0] = content[0].replace(f"]({file})", f"]({'../' * parent.count('/')}{page})")


def setup(app: Sphinx) -> None:
    """Make the pages that are made before Sphinx looks for pages."""
    app.connect("config-inited", lambda *_: make_pages())
    app.connect("include-read", lambda *given: link_pages(*given[2:]))

"""The documentation and the notebooks: complete, public names only, built without a warning, run to the end."""

import ast
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import attribution as at
from attribution.components.library import kinds
from attribution.results.words import likelihood

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.py"))
PUBLIC_MODULES = {"attribution.component", "attribution.scores"}
"""Modules that the site documents for those who build on them (docs/extending.md)."""
SAID = {"89", "95"}
"""Numbers that a closing paragraph may have as text: the contents of its intervals."""


def text_of(name):
    return (DOCS / name).read_text(encoding="utf-8")


def cells(path):
    """Kind and text of each cell of a percent script; what stands above the first marker is left out."""
    parts = re.split(r"^# %%(.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return [(head.strip(), body.strip()) for head, body in zip(parts[::2], parts[1::2], strict=True)]


# ---- the README


def readme():
    """Its example and what that prints."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    (printed,) = re.findall(r"```text\n(.*?)```", text, flags=re.DOTALL)
    return text, code, printed.splitlines()


def test_the_readme_is_short_and_its_example_uses_public_names():
    text, code, _ = readme()
    assert len(text.splitlines()) <= 90
    assert len([line for line in code.splitlines() if line]) <= 25
    ast.parse(code)
    assert set(re.findall(r"\bat\.(\w+)", code)) <= set(at.__all__)


def test_what_the_readme_prints_is_of_one_model_and_in_the_words_of_its_intervals():
    """The fit takes minutes and is not run here: what can be read off is."""
    _, code, printed = readme()
    heads = [i for i, line in enumerate(printed) if line.split()[0] == "actor"]
    assert [printed[i].split() for i in heads] == [
        re.findall(r'"(\w+)"', columns) for columns in re.findall(r"\[\[(.*?)\]\]", code)
    ]
    passed, number = re.match(r"(\d+) of (\d+) checks passed", printed[0]).groups()
    assert passed == number
    numbers = r"((?: +-?\d+\.\d+)+)"
    rows = [re.match(rf" *(.+?){numbers}(.*)", line) for line in printed if re.search(numbers, line)]
    named = ast.literal_eval(re.search(r"actors=(\[.*?\])", code).group(1))
    assert {row.group(1) for row in rows} == {*named, "unlisted"}
    values = [[float(number) for number in row.group(2).split()] for row in rows]
    shares = values[: len(named) + 1]
    assert sum(share for share, _, _ in shares) == pytest.approx(1, abs=0.004)
    assert all(low <= share <= high for share, low, high in shares)
    for row, (_, low, high) in zip(rows[len(shares) :], values[len(shares) : len(shares) + 3], strict=False):
        assert row.group(3).strip() == likelihood(low, high)


# ---- the pages


def test_the_reference_has_every_public_name_and_no_other():
    listed = re.findall(r"^   (\w+)$", text_of("api.md"), flags=re.MULTILINE)
    assert sorted(listed) == sorted(at.__all__), "docs/api.md lists each name of attribution.__all__ once"


def test_every_check_has_an_entry(posterior):
    entries = re.findall(r"^### (.+)$", text_of("diagnostics.md"), flags=re.MULTILINE)
    names = {check.name.partition(":")[0].removesuffix(" predictive") for check in at.diagnose(posterior)}
    assert len(names) > 10
    assert sorted(names - {entry.removesuffix(" predictive") for entry in entries}) == []
    assert {"run finished", "Pareto k"} <= set(entries)


def test_every_component_is_in_the_table_of_components():
    table = text_of("components/index.md")
    for page in (DOCS / "components").glob("*.md"):
        assert page.stem == "index" or f"({page.name})" in table, f"{page.name} is not linked"


def test_every_component_has_a_picture_of_its_prior(monkeypatch):
    monkeypatch.syspath_prepend(DOCS)
    priors = importlib.import_module("priors")
    parts = [part for part in priors.MODEL.components if not part.borrows]
    assert {type(part).__name__ for part in parts} == kinds().keys() - {
        "ActivePeriod",
        "Bundles",
    }
    assert {part.name for part in parts} == priors.CASES.keys()
    shown = re.findall(r"\]\(priors/(\w+)\.svg\)", text_of("components/priors.md"))
    assert sorted(shown) == sorted(priors.CASES)
    frame, statements = priors.table()
    assert at.read_events(frame, statements=statements).sizes["event"] == sum(map(len, priors.CASES.values()))


def test_every_name_of_the_door_is_on_its_page():
    page = text_of("extending.md")
    names = {name for name in vars(importlib.import_module("attribution.component")) if name[0] != "_"}
    assert sorted(name for name in names if not re.search(rf"\b{name}\b", page)) == []


def test_every_decision_has_its_parts_and_a_line_in_the_index():
    pages = sorted((DOCS / "decisions").glob("0*.md"))
    assert [int(page.stem[:4]) for page in pages] == list(range(1, len(pages) + 1))
    listed = re.findall(r"^(\d{4}-[\w-]+)$", text_of("decisions/index.md"), flags=re.MULTILINE)
    assert sorted(listed) == [page.stem for page in pages]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        heads = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
        assert heads[:3] == ["Context", "Decision", "Measurement"], page.name
        assert heads[3:] in ([], ["Rejected"]), page.name
        assert re.match(rf"# {int(page.stem[:4])}\. ", text), page.name
        assert max(map(len, text.splitlines())) <= 110, page.name


# ---- the notebooks


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_asks_at_its_top_and_reports_at_its_end(path):
    found = cells(path)
    assert found[0][0] == "[markdown]"
    assert re.match(r"# # .+\?$", found[0][1].splitlines()[0]), "the title is the question it answers"
    assert found[-2] == ("[markdown]", "# ## As it would stand in a report")
    last = ast.parse(found[-1][1]).body[-1]
    assert isinstance(last, ast.Expr)
    assert last.value.func.id == "print"
    paragraph = last.value.args[0]
    assert isinstance(paragraph, ast.JoinedStr), "its numbers are computed"
    literal = "".join(part.value for part in paragraph.values if isinstance(part, ast.Constant))
    assert set(re.findall(r"\d+", literal)) <= SAID, "a number in it was typed by hand"
    assert sum(isinstance(part, ast.FormattedValue) for part in paragraph.values) >= 5


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_uses_public_names_only(path):
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    used = {n.attr for n in nodes if isinstance(n, ast.Attribute) and getattr(n.value, "id", "") == "at"}
    assert used
    assert sorted(used - set(at.__all__)) == []
    modules = {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
    modules |= {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    ours = {module for module in modules if module.startswith("attribution")}
    assert ours - {"attribution"} <= PUBLIC_MODULES
    assert not {name for module in modules for name in module.split(".") if name.startswith("_")}


# ---- slow: built and run


def run(*command):
    """A Python process in which warnings are errors, with the library of this checkout and no screen."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "MPLBACKEND": "agg"}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path):
    done = run("-W", "error", path)
    if done.returncode and done.stderr.strip().splitlines()[-1].startswith("Not run:"):
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr[-3000:]
    paragraph = done.stdout.strip().splitlines()[-1]
    assert len(paragraph) > 200
    assert "nan" not in paragraph


@pytest.mark.slow
def test_the_first_example_runs(tmp_path):
    block = re.search(r"^```python\n(.*?)^```", text_of("start.md"), flags=re.MULTILINE | re.DOTALL)[1]
    script = tmp_path / "start.py"
    script.write_text(block, encoding="utf-8")
    done = run("-W", "error", script)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "unlisted" in done.stdout


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_needs_no_network(tmp_path):
    for module in ("furo", "jupytext", "myst_nb", "sphinx"):
        pytest.importorskip(module, reason=f"{module} is in the extra 'docs', which is not installed")
    done = run("-m", "sphinx", "-q", "-W", "--keep-going", "-d", tmp_path / "trees", DOCS, tmp_path / "html")
    assert done.returncode == 0, done.stderr[-3000:]
    pages = {path: path.read_text(encoding="utf-8") for path in (tmp_path / "html").rglob("*.html")}
    assert len(pages) > len(at.__all__)
    loaded = re.compile(r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=\"(?:https?:)?//")
    assert [str(path) for path, page in pages.items() if loaded.search(page)] == []
    model = pages[tmp_path / "html" / "model.html"]
    assert model.count("<math") > 100
    assert "\\frac" not in re.sub(r"<annotation.*?</annotation>", "", model)
    style = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "html").rglob("*.css"))
    assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", style)

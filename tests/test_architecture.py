"""The table of ARCHITECTURE.md against the files and every import in src/attribution."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "attribution"
FACADE = "__init__"


def module_of(file):
    """`activity/timing.py` -> `activity.timing`; a package's `__init__` keeps its name."""
    return file.removesuffix(".py").replace("/", ".")


def read_table(text):
    """Module -> the text of its last column, in the order of the rows."""
    rows = re.findall(r"^\| `([\w/]+\.py)` \|[^|]+\| ([^|]+) \|$", text, flags=re.MULTILINE)
    assert len(rows) == len({file for file, _ in rows}), "a file has two rows"
    return {module_of(file): allowed for file, allowed in rows}


def expand(allowed, above):
    """The modules a last column names; `above` are those of the rows above."""
    if allowed == "none":
        return set()
    if allowed == "any above":
        return set(above)
    names = re.findall(r"`([\w.*]+)`", allowed)
    assert allowed == ", ".join(f"`{name}`" for name in names), f"cannot read {allowed!r}"
    modules = set()
    for name in names:
        folder = name.removesuffix("*")
        modules |= (
            {module for module in above if module.startswith(folder)} if name.endswith(".*") else {name}
        )
    return modules


def package_modules(package):
    return {module_of(path.relative_to(package).as_posix()) for path in package.rglob("*.py")}


def resolve(target, modules):
    """The module of ours that a dotted name reaches (`""` is the package itself): the longest that exists."""
    parts = target.split(".") if target else []
    for end in range(len(parts), 0, -1):
        name = ".".join(parts[:end])
        if name in modules:
            return name
        if f"{name}.{FACADE}" in modules:
            return f"{name}.{FACADE}"
    return FACADE


def absolute(node, module):
    """The dotted name an `import from` starts at, e.g. `attribution.activity`."""
    if not node.level:
        return node.module
    here = ["attribution", *module.split(".")]
    start = here[: len(here) - node.level]
    return ".".join([*start, *([node.module] if node.module else [])])


def named(node, module):
    """The dotted names that a node of the syntax tree imports, wherever in the file it stands."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        start = absolute(node, module)
        return [f"{start}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
        "import_module",
        "__import__",
    ):
        return [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)]
    return []


def imports_of(source, module, modules):
    """The modules of ours that a file imports, at its top or inside a function."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        for name in named(node, module):
            if name == "attribution" or name.startswith("attribution."):
                found.add(resolve(name.removeprefix("attribution").removeprefix("."), modules))
    return found


def source_of(module):
    return (PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")


TABLE = read_table((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
MODULES = package_modules(PACKAGE)


def test_every_file_has_a_row_and_every_row_a_file():
    assert sorted(MODULES - TABLE.keys()) == [], "files without a row in ARCHITECTURE.md"
    assert sorted(TABLE.keys() - MODULES) == [], "rows of ARCHITECTURE.md without a file"


@pytest.mark.parametrize("module", TABLE)
def test_rows_name_only_rows_above(module):
    order = list(TABLE)
    above = order[: order.index(module)]
    assert sorted(expand(TABLE[module], above) - set(above)) == []


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_file_imports_only_what_its_row_names(module):
    order = list(TABLE)
    allowed = expand(TABLE[module], order[: order.index(module)])
    assert sorted(imports_of(source_of(module), module, MODULES) - allowed) == []


def test_the_facade_is_last():
    assert list(TABLE)[-1] == FACADE


def is_facade_statement(node):
    """A docstring, an import, an assignment, or the two functions of lazy import."""
    if isinstance(node, ast.If):  # if TYPE_CHECKING: imports
        tested = getattr(node.test, "attr", getattr(node.test, "id", ""))
        return tested == "TYPE_CHECKING" and all(
            isinstance(n, ast.Import | ast.ImportFrom) for n in node.body
        )
    if isinstance(node, ast.FunctionDef):
        return node.name in ("__getattr__", "__dir__")
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign)


@pytest.mark.parametrize("module", sorted(module for module in MODULES if module.split(".")[-1] == FACADE))
def test_an_init_holds_names_and_nothing_else(module):
    assert [ast.unparse(n) for n in ast.parse(source_of(module)).body if not is_facade_statement(n)] == []


# ---- the reader of imports itself


@pytest.mark.parametrize(
    ("source", "module", "expected"),
    [
        ("import numpy as np\nfrom pymc import Model", "events", set()),
        ("import attributions", "events", set()),
        ("import attribution", "events", {FACADE}),
        ("import attribution.errors", "events", {"errors"}),
        ("from attribution import errors", "events", {"errors"}),
        ("from attribution import fit_everything", "events", {FACADE}),
        ("from attribution.errors import DataError", "events", {"errors"}),
        ("from attribution.activity import timing", "events", {"activity.timing"}),
        ("from attribution.activity import Timing", "events", {"activity.__init__"}),
        ("from . import errors", "events", {"errors"}),
        ("from .errors import DataError", "events", {"errors"}),
        ("from ..errors import DataError", "activity.timing", {"errors"}),
        ("from .. import errors", "activity.timing", {"errors"}),
        ("from . import effects", "activity.timing", {"activity.effects"}),
        ("from .errors import DataError", "__init__", {"errors"}),
        ("from . import timing", "activity.__init__", {"activity.timing"}),
        ("def f():\n    from attribution.errors import DataError", "events", {"errors"}),
        ("if TYPE_CHECKING:\n    import attribution.errors", "events", {"errors"}),
        ("import importlib\nimportlib.import_module('attribution.errors')", "events", {"errors"}),
    ],
)
def test_imports_are_found_in_every_form(source, module, expected):
    modules = {FACADE, "errors", "events", "activity.__init__", "activity.effects", "activity.timing"}
    assert imports_of(source, module, modules) == expected


def test_the_last_column_is_read():
    above = ["errors", "activity.a", "activity.b"]
    assert expand("none", above) == set()
    assert expand("any above", above) == set(above)
    assert expand("`errors`, `activity.*`", above) == set(above)
    with pytest.raises(AssertionError, match="cannot read"):
        expand("errors and more", above)

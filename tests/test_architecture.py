"""The tables of ARCHITECTURE.md against the files and every import in src/attribution."""

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


def read_wings(text):
    """Wing -> the wings it may import, in the order of the rows; `root` stands for the files that import nothing."""
    rows = re.findall(r"^\| `(\w+)/` \|[^|]+\| ([^|]+) \|$", text, flags=re.MULTILINE)
    assert len(rows) == len({wing for wing, _ in rows}), "a wing has two rows"
    return {wing: {name.strip("`") for name in allowed.split(", ")} for wing, allowed in rows}


def read_rooms(text):
    """Module -> its place, wing by wing in the order of the rows."""
    rooms = {}
    for wing, section in re.findall(r"^## `(\w+)/`\n(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL):
        for file in re.findall(r"^\| `([\w/]+\.py)` \| [^|]+ \|$", section, flags=re.MULTILINE):
            module = f"{wing}.{module_of(file)}"
            assert module not in rooms, f"{module} has two rows"
            rooms[module] = len(rooms)
    return rooms


def wing_of(module):
    """The folder a module is in; `root` for the files beside the wings."""
    return module.split(".")[0] if "." in module else "root"


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


TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
WINGS, ROOMS = read_wings(TEXT), read_rooms(TEXT)
MODULES = package_modules(PACKAGE)
ROOT_FILES, DOORS = {"errors", "arrays", "scores"}, {FACADE, "component"}
IN_WINGS = sorted(module for module in MODULES if "." in module and module.split(".")[-1] != FACADE)


def test_every_room_has_a_row_and_every_row_a_room():
    assert sorted(set(IN_WINGS) - ROOMS.keys()) == [], "files without a row in ARCHITECTURE.md"
    assert sorted(ROOMS.keys() - MODULES) == [], "rows of ARCHITECTURE.md without a file"
    assert {module for module in MODULES if "." not in module} == ROOT_FILES | DOORS
    assert {wing_of(module) for module in IN_WINGS} == set(WINGS)


@pytest.mark.parametrize("wing", WINGS)
def test_wings_import_only_wings_above(wing):
    order = list(WINGS)
    assert sorted(WINGS[wing] - {"root", *order[: order.index(wing)]}) == []


@pytest.mark.parametrize("module", IN_WINGS)
def test_a_room_imports_from_its_wing_what_is_above_it_and_from_others_what_its_wing_may(module):
    own = wing_of(module)
    for found in imports_of(source_of(module), module, MODULES):
        assert found not in DOORS, f"{module} imports a public door"
        if found.split(".")[-1] == FACADE:
            continue  # a folder itself, which holds nothing
        if wing_of(found) == own:
            assert ROOMS[found] < ROOMS[module], f"{found} stands below {module}"
        else:
            assert wing_of(found) in WINGS[own], f"{own} may not import {found}"


@pytest.mark.parametrize("module", sorted(ROOT_FILES))
def test_files_at_the_root_import_nothing_of_ours(module):
    assert imports_of(source_of(module), module, MODULES) == set()


@pytest.mark.parametrize("path", sorted((ROOT / "benchmarks").rglob("*.py")), ids=lambda path: path.name)
def test_benchmarks_use_what_is_public(path):
    """What they measure inside the library stands in `tests/inside/`, beside the tests that move with it."""
    found = imports_of(path.read_text(encoding="utf-8"), "benchmarks", MODULES)
    assert found <= {FACADE, "component", "scores"}


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


def test_the_tables_are_read():
    text = "| `a/` | x | root |\n| `b/` | y | root, `a` |\n\n## `b/`\n\n| `c/d.py` | z |\n| `e.py` | z |\n\n## End\n"
    assert read_wings(text) == {"a": {"root"}, "b": {"root", "a"}}
    assert read_rooms(text) == {"b.c.d": 0, "b.e": 1}

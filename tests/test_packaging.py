"""What an installation contains: the example data, the types, and no dependency that is not declared."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

import attribution as at
from attribution.events.example import FILES

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MODULES = {"distributed": "dask", "openpyxl": "excel", "pyarrow": "parquet", "rapidfuzz": "harmonise"}
"""Modules that are imported where they are needed, and the extra that brings them."""
BROUGHT = {"arviz_stats": "arviz", "pytensor": "pymc"}
"""Modules of packages that a declared one depends on and whose types it hands out."""


def test_every_example_is_shipped():
    included = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {Path(target).name for target in included.values()} == set(FILES)
    for source, target in included.items():
        assert (ROOT / source).is_file()
        assert target == f"attribution/data/{Path(source).name}"
    for name in FILES:
        assert at.example_path(name).is_file()


def test_examples_there_are_not():
    with pytest.raises(at.AttributionError, match=r"Did you mean 'daraa_synthetic\.csv'"):
        at.example_path("daraa_syntetic.csv")


def test_types_are_visible():
    assert (ROOT / "src" / "attribution" / "py.typed").is_file()


def test_every_import_is_declared():
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += (
                [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            )
            found |= {name.split(".")[0] for name in names}
    declared = {re.match(r"[\w-]+", line)[0] for line in PROJECT["project"]["dependencies"]}
    declared |= (
        {"h5py"} if any("h5netcdf[h5py]" in line for line in PROJECT["project"]["dependencies"]) else set()
    )
    outside = found - set(sys.stdlib_module_names) - {"attribution"} - declared
    assert outside <= MODULES.keys() | BROUGHT.keys()
    for module in outside & MODULES.keys():
        extra = " ".join(PROJECT["project"]["optional-dependencies"][MODULES[module]]).casefold()
        assert module in extra
    for module in outside & BROUGHT.keys():
        assert BROUGHT[module] in declared

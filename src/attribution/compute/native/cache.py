"""Machine code on disk, so that the same model over the same events is compiled once.

Code that is read is run: the folder must belong to the user, nobody else may write to it, and a file whose digest does
not agree is not looked into. Whatever cannot be read is made again.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import llvmlite.binding as llvm

from attribution.compute.native.code import Code, read_code, write

MOST = 100
"""Files kept; the oldest go first."""


def folder() -> Path | None:
    """Where code is kept: ``ATTRIBUTION_CACHE``, or the user's cache folder; None if that variable is empty."""
    stated = os.environ.get("ATTRIBUTION_CACHE")
    if stated is not None:
        return Path(stated) if stated else None
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "attribution"


def cached(key: str, make: Callable[[], Code]) -> Code:
    """The code kept under a key, or made and then kept; where nothing can be kept, it is made each time."""
    here = folder()
    if here is None:
        return make()
    own = hashlib.sha256(f"{key} {machine()}".encode()).hexdigest()
    file = here / f"{own}.npz"
    code = found(here, file)
    if code is not None:
        return code
    code = make()
    try:
        here.mkdir(mode=0o700, parents=True, exist_ok=True)
        if private(here):
            keep(code, file)
    except OSError:
        pass  # a full or read-only disk: the code serves this process
    return code


def found(here: Path, file: Path) -> Code | None:
    """The code in a file; None where it is not there, damaged, or of another layout, whatever reading it raises."""
    try:
        if not private(here):
            return None
        with file.open("rb") as source:
            code = read_code(source)
        os.utime(file)
    except Exception:  # noqa: BLE001 layers below raise many kinds for a damaged file; it is made again
        return None
    return code


def private(here: Path) -> bool:
    """Whether a folder is the user's own and nobody else may write to it."""
    if not hasattr(os, "getuid"):
        return here.is_dir()
    about = here.stat()
    return about.st_uid == os.getuid() and not about.st_mode & 0o022


def keep(code: Code, file: Path) -> None:
    """Write whole or not at all; of too many files the oldest go."""
    number, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
    try:
        with os.fdopen(number, "wb") as target:
            write(code, target)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    files = sorted(file.parent.glob("*.npz"), key=lambda own: own.stat().st_mtime)
    for old in files[:-MOST]:
        old.unlink(missing_ok=True)


def machine() -> str:
    """The processor and the versions the code depends on."""
    packages = ("llvmlite", "numba", "numpy", "pymc", "pytensor")
    return " ".join(
        [
            llvm.get_process_triple(),
            llvm.get_host_cpu_name(),
            llvm.get_host_cpu_features().flatten(),
            *map(version, packages),
        ]
    )

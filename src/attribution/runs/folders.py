"""The folder of a run: its plan, and whether it is that of the same run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from attribution.errors import AttributionError
from attribution.runs.files import whole_file

PLAN = "plan.json"
"""What a folder says of the run whose parts it holds."""
PLAN_MOST = 100_000_000
"""Bytes of a plan: the specification of a model and some hashes."""


def run_folder(folder: Path, identity: Mapping[str, str]) -> Path:
    """The folder of a run, made where it is not there; `AttributionError` where it holds another's.

    ``identity`` is what makes the results what they are, as text by name.
    """
    if folder.exists() and not folder.is_dir():
        raise AttributionError(f"directory={str(folder)!r} is a file. Give the name of a folder.")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PLAN
    if not path.exists():
        with whole_file(path, private=True) as temporary:
            temporary.write_text(json.dumps(dict(identity), indent=1), encoding="utf-8")
        return folder
    before = plan_of(path)
    if before != dict(identity):
        names = sorted({*before, *identity}, key=str)
        differing = [name for name in names if before.get(name) != identity.get(name)]
        raise AttributionError(
            f"{folder} holds finished parts of another run: {', '.join(differing)} differ. Give another directory, or "
            f"delete this one if its results are no longer wanted."
        )
    return folder


def plan_of(path: Path) -> dict[str, str]:
    """What a file of a plan says: texts by name; `AttributionError` for anything else."""
    try:
        if path.stat().st_size > PLAN_MOST:
            raise ValueError(f"it has {path.stat().st_size:,} bytes, and a plan at most {PLAN_MOST:,}")
        plan = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(plan, dict) or not all(isinstance(text, str) for text in plan.values()):
            raise ValueError(f"it holds {str(plan)[:60]!r}, and a plan is texts by name")
    except (OSError, ValueError, RecursionError) as error:
        raise AttributionError(f"{path} cannot be read: {error}. Give an empty directory.") from error
    return plan

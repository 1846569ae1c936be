"""The folder of a run: its plan, and whether it is that of the same run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from attribution.errors import AttributionError
from attribution.runs.files import whole

PLAN = "plan.json"
"""What a folder says of the run whose parts it holds."""


def opened(folder: Path, identity: Mapping[str, str]) -> Path:
    """The folder of a run, made where it is not there; `AttributionError` where it holds another's.

    ``identity`` is what makes the results what they are, as text by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PLAN
    if not path.exists():
        with whole(path) as temporary:
            temporary.write_text(json.dumps(dict(identity), indent=1), encoding="utf-8")
        return folder
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise AttributionError(f"{path} cannot be read: {error}. Give an empty directory.") from error
    if before != dict(identity):
        names = sorted({*before, *identity}, key=str)
        differing = [name for name in names if before.get(name) != identity.get(name)]
        raise AttributionError(
            f"{folder} holds finished parts of another run: {', '.join(differing)} differ. Give another directory, or "
            f"delete this one if its results are no longer wanted."
        )
    return folder

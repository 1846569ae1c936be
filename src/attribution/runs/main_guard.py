"""Whether a script may start processes: each imports it, so its work must stand under a guard."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import FrameType


def unguarded() -> bool:
    """Whether this is called from a script's own lines that a process which imports the script would run again."""
    main = sys.modules.get("__main__")
    path, spec = getattr(main, "__file__", None), getattr(main, "__spec__", None)
    if path is None or (spec is not None and str(spec.name).endswith("__main__")):
        return False  # a session without a file, or `python -m package`, which is not imported again
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_globals is vars(main):
            return stands_free(Path(path), frame.f_lineno)
        frame = frame.f_back
    return False


def stands_free(path: Path, line: int) -> bool:
    """Whether a line of a script stands under no `if __name__ == ...`; no where the script cannot be read."""
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return False
    guards = [
        statement for statement in body if isinstance(statement, ast.If) and names_itself(statement.test)
    ]
    return not any(guard.lineno <= line <= (guard.end_lineno or line) for guard in guards)


def names_itself(test: ast.expr) -> bool:
    """Whether a condition looks at `__name__`."""
    return any(isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(test))

"""The components that come with the library: imported, and so registered, where a specification may name any."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from attribution.components import activity, evidence
from attribution.components.base import KINDS, Component


@cache
def import_ours() -> None:
    """Import every module of `activity` and `evidence`."""
    for folder in (activity, evidence):
        for module in pkgutil.iter_modules(folder.__path__):
            importlib.import_module(f"{folder.__name__}.{module.name}")


def kind_named(name: str) -> type[Component] | None:
    """The class of components of that name; None where the module that defines it was not imported."""
    import_ours()
    return KINDS.get(name)


def kinds() -> dict[str, type[Component]]:
    """The classes of components of the library, by name."""
    import_ours()
    return {name: kind for name, kind in sorted(KINDS.items()) if name == kind.__name__}

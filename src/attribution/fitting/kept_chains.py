"""Whether the chains in a folder are those of the run that asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import xarray as xr

from attribution.errors import AttributionError

GROUPS = ("posterior", "sample_stats")
AXES = ("chain", "draw")


def check_chains(trace: xr.DataTree, path: Path) -> None:
    """Raise `AttributionError` for what is no copy of running chains: groups, axes, kinds and lengths are theirs."""
    missing = [name for name in GROUPS if name not in trace.children]
    if missing:
        refuse(path, f"lacks the groups {', '.join(missing)}")
    sizes: dict[str, int] = {}
    for name in GROUPS:
        group = trace[name].to_dataset()
        if not group.data_vars:
            refuse(path, f"has nothing in its group {name!r}")
        for variable, values in group.data_vars.items():
            if name == "posterior" and (values.dims[:2] != AXES or values.dtype.kind != "f"):
                refuse(
                    path,
                    f"has {variable!r} as {values.dtype} over {values.dims}, not numbers by chain and draw",
                )
        for axis in AXES:
            size = group.sizes.get(axis, 0)
            if not size or sizes.setdefault(axis, size) != size:
                refuse(path, f"has {size} of {axis!r} in {name!r}, not {sizes.get(axis, 'any')}")
    if "diverging" not in trace["sample_stats"].data_vars:
        refuse(path, "has no statistics of a sampler")


def check_parameters(trace: xr.DataTree, shapes: Mapping[str, tuple[int, ...]], path: Path) -> None:
    """Raise `AttributionError` for chains of other parameters than the model has: by name, and by shape."""
    group = trace["posterior"].to_dataset()
    given = {str(name): values.shape[2:] for name, values in group.data_vars.items()}
    other = sorted(given.keys() ^ shapes.keys())
    if other:
        refuse(
            path,
            f"holds chains of another model: {', '.join(other[:5])} {'is' if len(other) == 1 else 'are'} "
            "in one and not in the other",
        )
    for name, shape in shapes.items():
        if given[name] != tuple(shape):
            refuse(path, f"has {name!r} of shape {given[name]}, and the model of {tuple(shape)}")


def refuse(path: Path, what: str) -> None:
    """Raise for a file of chains."""
    raise AttributionError(f"{path} {what}. Delete it to run it again, or give another directory.")

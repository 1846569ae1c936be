"""What a NetCDF file says it holds, before it is read: a few bytes can declare an array larger than any memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py

DECLARED_LEAST = 250_000_000
"""Bytes of declared arrays that are always accepted."""
PACKED_MOST = 1032
"""Bytes that one byte of DEFLATE can stand for at most (RFC 1951): what declares more was never written."""


def check_declared(path: str | os.PathLike[str]) -> None:
    """Raise `ValueError` where a file declares more than it can hold or this machine can, or leads to other files."""
    size, names = 0, 0
    with h5py.File(path) as file:
        found: list[Any] = []
        file.visititems(lambda _, item: found.append(item))
        for item in found:
            if isinstance(item, h5py.Group):
                check_links(item)
            elif isinstance(item, h5py.Dataset):
                if item.is_virtual or item.external:
                    raise ValueError(f"{item.name} keeps its values in another file")
                size += item.size * item.dtype.itemsize if item.shape is not None else 0
                names += 1
        check_links(file)
    room = Path(path).stat().st_size * PACKED_MOST
    for most, what in ((room, "a file of this size can hold"), (memory(), "the memory of this machine")):
        if size > max(DECLARED_LEAST, most):
            raise ValueError(
                f"its {names} arrays declare {size:,} bytes, and {max(DECLARED_LEAST, most):,} is what {what}"
            )


def check_links(group: Any) -> None:
    """Raise `ValueError` where an entry of a group stands in another file."""
    for name in group:
        if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
            raise ValueError(f"{group.name.rstrip('/')}/{name} leads to another file")


def memory() -> int:
    """Bytes of this machine's memory; more than anything where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 1 << 62

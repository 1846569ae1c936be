"""The fingerprint of a value made of dataclasses, arrays and plain values: the same in every process."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np


class UnknownValueError(Exception):
    """A value that nothing is known of, so that two of them cannot be told apart."""


def fingerprint(value: Any) -> str:
    """A digest (SHA-256) of a value and of the source of the classes in it.

    Raises
    ------
    UnknownValueError
        Something in it is of another kind than those below, or of a class that is not of this package.
    """
    digest = hashlib.sha256()
    add(digest, value)
    return digest.hexdigest()


def add(digest: Any, value: Any) -> None:
    """Add a value to a digest; what is of different kinds is different."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes | np.generic):
        digest.update(f"{type(value).__name__} {value!r};".encode())
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        digest.update(f"array {value.dtype.str} {value.shape};".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, np.ndarray):
        digest.update(f"objects {value.shape};".encode())
        add(digest, value.ravel().tolist())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        digest.update(f"{type(value).__module__}.{type(value).__qualname__} {source(type(value))};".encode())
        add(digest, {field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    elif isinstance(value, Mapping):
        digest.update(f"mapping {len(value)};".encode())
        for key, own in value.items():
            add(digest, key)
            add(digest, own)
    elif isinstance(value, Sequence | set | frozenset):
        found = sorted(value) if isinstance(value, set | frozenset) else value
        digest.update(f"{type(value).__name__} {len(value)};".encode())
        for own in found:
            add(digest, own)
    else:
        raise UnknownValueError(f"{type(value).__module__}.{type(value).__qualname__}")


@cache
def source(kind: type) -> str:
    """Digest of all files of this package; of a class from elsewhere nobody knows what its methods call."""
    here = Path(__file__).parents[1]
    if not kind.__module__.startswith("attribution."):
        raise UnknownValueError(f"{kind.__module__}.{kind.__qualname__} is not of this package")
    digest = hashlib.sha256()
    for file in sorted(here.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()

"""Machine code of a model, before it is loaded: what is kept on disk."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Called = tuple[Any, ...]
"""Name of a compiled function whose address the code reads among its data, and what it is compiled for."""
CALLED: dict[str, Callable[..., int]] = {}
"""Functions by that name that give the address; whoever teaches `native` an operation enters its own."""


@dataclass(frozen=True)
class Code:
    """Machine code of a density and of an expansion, and what nutpie must know to call them.

    Attributes
    ----------
    density, expansion
        Object files.
    start
        Where chains start, before jitter, ``(parameter,)``.
    shapes
        Shape of each output of the expansion by name: the free parameters, then the others.
    transformed
        Names of the free parameters that are transformed.
    dims
        Dimensions of the variables by name.
    names
        Names of the data that can be replaced: the first of `data`.
    data
        What the code reads: arrays, and functions it calls.
    """

    density: bytes
    expansion: bytes
    start: Any
    shapes: dict[str, tuple[int, ...]]
    transformed: list[str]
    dims: dict[str, tuple[str, ...]]
    names: tuple[str, ...]
    data: tuple[NDArray[Any] | Called, ...]


MARK = b"attribution code 1\n"
"""How a file of code begins; the SHA-256 of everything after it follows."""


def write(code: Code, file: IO[bytes]) -> None:
    """Write as arrays and JSON, in NumPy's format without pickle, after a digest of all that."""
    about = {
        "shapes": code.shapes,
        "transformed": code.transformed,
        "dims": code.dims,
        "names": code.names,
        "called": [own if isinstance(own, tuple) else None for own in code.data],
    }
    arrays = {f"data_{i}": own for i, own in enumerate(code.data) if not isinstance(own, tuple)}
    texts = {"density": code.density, "expansion": code.expansion, "about": json.dumps(about).encode()}
    arrays |= {name: np.frombuffer(text, dtype=np.uint8) for name, text in texts.items()}
    named: dict[str, Any] = {"start": code.start} | arrays
    content = io.BytesIO()
    np.savez(content, **named)
    file.write(MARK + hashlib.sha256(content.getbuffer()).digest())
    file.write(content.getbuffer())


def read_code(file: IO[bytes]) -> Code:
    """Read what `write` wrote; NumPy reads no pickle unless it is told to.

    Raises
    ------
    ValueError
        The content is not what the digest before it says: nothing of it was looked into.
    """
    mark, digest, content = file.read(len(MARK)), file.read(hashlib.sha256().digest_size), file.read()
    if mark != MARK or digest != hashlib.sha256(content).digest():
        raise ValueError("The file of machine code is not as it was written.")
    with np.load(io.BytesIO(content)) as found:
        about = json.loads(found["about"].tobytes())
        data = tuple(
            found[f"data_{i}"] if called is None else tuple(called)
            for i, called in enumerate(about["called"])
        )
        return Code(
            density=found["density"].tobytes(),
            expansion=found["expansion"].tobytes(),
            start=found["start"],
            shapes={name: tuple(shape) for name, shape in about["shapes"].items()},
            transformed=about["transformed"],
            dims={name: tuple(dims) for name, dims in about["dims"].items()},
            names=tuple(about["names"]),
            data=data,
        )

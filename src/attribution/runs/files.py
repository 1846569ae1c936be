"""Files that are written whole or not at all."""

from __future__ import annotations

import io
import os
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from attribution.errors import AttributionError
from attribution.runs.declared import check_declared

OWNER_ONLY = 0o600
"""Permissions of what is written about people: nobody else may read it until its owner says so."""


@contextmanager
def whole_file(target: Path, *, private: bool = False) -> Iterator[Path]:
    """Another name in the same folder to write to; what was written gets the name ``target`` once it is whole.

    A ``private`` file can be read and written by its owner only, from the first byte on.

    An `OSError` (a disk that is full) names ``target``, at which there is what was there before.
    """
    temporary = target.with_name(f".{target.stem}.{uuid.uuid4().hex}{target.suffix}")
    try:
        if private:
            temporary.touch(mode=OWNER_ONLY, exist_ok=False)
        yield temporary
        temporary.replace(target)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(target)) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_netcdf(
    data: xr.Dataset | xr.DataTree, target: Path, encoding: Mapping[str, Any] | None = None
) -> None:
    """Write a NetCDF file whole or not at all.

    Its owner alone may read it. It is made in memory: HDF5 takes the process with it (a segmentation fault) where a
    disk is full.
    """
    check_attributes(data)
    content = io.BytesIO()
    data.to_netcdf(content, engine="h5netcdf", encoding=encoding)
    with whole_file(target, private=True) as temporary, content.getbuffer() as bytes_:
        try:
            temporary.write_bytes(bytes_)
        except OSError as error:  # its frames hold the buffer, which then cannot be freed
            raise error.with_traceback(None)  # noqa: B904


def check_attributes(data: xr.Dataset | xr.DataTree) -> None:
    """Raise `AttributionError` that names every attribute that a NetCDF file cannot hold."""
    nodes = {"": data} if isinstance(data, xr.Dataset) else {node.path: node.dataset for node in data.subtree}
    bad = []
    for path, node in nodes.items():
        held = {"": node.attrs} | {str(name): values.attrs for name, values in node.variables.items()}
        for variable, attrs in held.items():
            where = "".join(f" of {each!r}" for each in (variable, path.strip("/")) if each)
            bad += [
                f"{name!r}{where} ({value!r:.60})" for name, value in attrs.items() if not storable(value)
            ]
    if bad:
        raise AttributionError(
            f"A file cannot hold these attributes: {', '.join(bad)}. Give text or numbers: "
            f"posterior.attrs[...] = json.dumps(value), or an empty text for None."
        )


def storable(value: object) -> bool:
    """Whether an attribute is text, a number, or a list or an array of one of the two."""
    if isinstance(value, str | bytes | int | float | np.number):
        return not isinstance(value, bool)
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iufSU"
    if isinstance(value, list | tuple) and value:
        text = {isinstance(each, str) for each in value}
        return len(text) == 1 and all(storable(each) and not isinstance(each, list | tuple) for each in value)
    return False


def keep_netcdf(data: xr.Dataset | xr.DataTree, target: Path, what: str) -> None:
    """The same for a copy of what is in memory: a disk that is full costs the copy and not the run.

    A warning says so, with ``what`` for the sentence: "its chains are".
    """
    try:
        write_netcdf(data, target)
    except OSError as error:
        sentence = f"{target} could not be written: {error}. The run goes on; {what} in memory only."
        warnings.warn(sentence, UserWarning, stacklevel=3)


DAMAGED = (OSError, ValueError, KeyError, AttributeError, TypeError, IndexError, RuntimeError, MemoryError)
"""What the layers below raise for a file that is damaged: found by changing bytes of saved files."""


def read_groups(path: str | os.PathLike[str]) -> xr.DataTree:
    """The groups of a NetCDF file, in memory; `AttributionError` where it is none."""
    try:
        check_declared(path)  # also, h5netcdf leaves a half-made object behind where the file is none
        with xr.open_datatree(path, engine="h5netcdf") as tree:
            return tree.load()
    except DAMAGED as error:
        raise AttributionError(f"{str(path)!r} cannot be read as NetCDF: {error}") from error

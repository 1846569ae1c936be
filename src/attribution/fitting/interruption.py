"""What is left of a run that was stopped: the draws that are whole, and the record that it was not finished."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from attribution.errors import FitError
from attribution.fitting.kept_chains import GROUPS, check_chains
from attribution.runs.files import keep_netcdf, read_groups

LEAST = 100
"""Draws of a chain from which a stopped run is worth keeping."""
PAUSE = 30.0
"""Seconds after which the chains of a running sampler are copied to its folder again."""
CHAINS = "chains.nc"


def watched(running: Any, folder: Path, attrs: dict[str, str]) -> xr.DataTree:
    """The trace of a sampler that runs in the background; its chains are copied to a folder as they grow.

    A process that is killed leaves the last copy there: `held` reads it.

    Parameters
    ----------
    running
        What `nutpie.sample(..., blocking=False)` returned.
    folder
        Where to copy to.
    attrs
        Attributes of the trace.
    """
    try:
        while True:
            try:
                trace: xr.DataTree = running.wait(timeout=PAUSE)
                break
            except TimeoutError:
                copy(running.inspect(), folder, attrs)
    except KeyboardInterrupt:
        trace = running.abort()
    copy(trace, folder, attrs)
    return trace


def copy(trace: xr.DataTree, folder: Path, attrs: dict[str, str]) -> None:
    """Put the chains into a folder, whole or not at all; a disk that is full costs the copy and not the run."""
    if largest(whole_draws(trace["posterior"].to_dataset()))[1] < LEAST:
        return
    groups = {name: trace[name].to_dataset().drop_attrs() for name in GROUPS}
    tree = xr.DataTree.from_dict(groups)
    tree.attrs |= attrs
    keep_netcdf(tree, folder / CHAINS, "its chains are")


def held(folder: Path) -> xr.DataTree | None:
    """The chains that a folder has of a run; None where it has none."""
    if not (folder / CHAINS).exists():
        return None
    trace = read_groups(folder / CHAINS)
    check_chains(trace, folder / CHAINS)
    return trace


def usable_trace(trace: xr.DataTree, chains: int, draws: int, folder: Path | None = None) -> xr.DataTree:
    """The trace, or of a run that was stopped the whole draws of the chains that got far enough.

    nutpie answers an interrupt (Ctrl-C) with the draws it has: as many as the longest chain, the
    others filled up with NaN. Of those, the chains and the number of draws are kept that leave most
    draws in all; the attribute `interrupted` says what was asked for and what each chain had.

    Parameters
    ----------
    trace
        What the sampler returned.
    chains, draws
        What was asked for.
    folder
        Where its chains are, for the message.

    Returns
    -------
    xarray.DataTree
        The same trace where it is whole.

    Raises
    ------
    FitError
        The run was stopped before any chain had enough draws.
    """
    had = whole_draws(trace["posterior"].to_dataset())
    if len(had) == chains and (had >= draws).all():
        return trace
    number, length = largest(had)
    if length < LEAST:
        reached = ", ".join(map(str, had))
        raise FitError(
            f"The run was stopped after {reached} draws of its chains; nothing is kept under {LEAST}. Run it again, "
            "with fewer draws if time is short."
        )
    chosen = np.sort(np.argsort(-had, kind="stable")[:number])
    note = {"chains": chains, "draws": draws, "had": had.tolist(), "kept": [number, length]}
    sentence = (
        f"The run was stopped: {number} of {chains} chains with {length} of {draws} draws each are kept."
    )
    again = "" if folder is None else f" Delete {folder / CHAINS} to run it again."
    warnings.warn(sentence + again, UserWarning, stacklevel=3)
    groups = {
        name: group.to_dataset().isel(chain=chosen, draw=slice(length)).assign_coords(chain=np.arange(number))
        for name, group in trace.children.items()
        if name in GROUPS
    }
    left = xr.DataTree.from_dict(groups)
    left.attrs = dict(trace.attrs) | {"interrupted": json.dumps(note)}
    return left


def whole_draws(parameters: xr.Dataset) -> NDArray[np.int64]:
    """Number of draws at the start of each chain in which every parameter is finite."""
    finite = np.ones((parameters.sizes["chain"], parameters.sizes["draw"]), dtype=bool)
    for values in parameters.data_vars.values():
        array = values.transpose("chain", "draw", ...).values
        finite &= np.isfinite(array).reshape(*finite.shape, -1).all(axis=-1)
    return np.asarray(np.cumprod(finite, axis=1).sum(axis=1), dtype=np.int64)


def largest(had: NDArray[np.int64]) -> tuple[int, int]:
    """Number of chains and of draws each that leave most draws in all; of equals, the most chains."""
    lengths = np.sort(had)[::-1]
    total = lengths * np.arange(1, len(had) + 1)
    number = len(had) - int(total[::-1].argmax())
    return number, int(lengths[number - 1])

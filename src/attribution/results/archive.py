"""Save and load a posterior: one NetCDF file, no pickle, never half-written; folders of runs that take long."""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from pathlib import Path

import xarray as xr

from attribution.errors import AttributionError
from attribution.results.archive_checks import check_contents
from attribution.results.archive_privacy import left_out
from attribution.results.privacy import Privacy
from attribution.runs.files import read_groups, write_netcdf

REQUIRED = ("posterior", "sample_stats", "attribution", "constant_data")


def save(
    posterior: xr.DataTree, path: str | os.PathLike[str], *, privacy: Privacy | None = None
) -> tuple[str, ...]:
    """Write a posterior to one NetCDF file.

    The file is written under another name in the same folder and put in place when it is whole. Its owner alone may
    read it: it holds what was recorded of each killing.

    Parameters
    ----------
    posterior
        What `fit` returns.
    path
        File to write, ending in `.nc`. A file that is there is replaced.
    privacy
        What the file may show: coordinates, and places and dates finer than this says, are left out
        where no component uses them, that is where the model laid over the events stays the same
        without them. Days become months, for instance. Nothing is left out where it is not given.
        Ids of events stay, and so do labels of parameters.

    Returns
    -------
    tuple of str
        What was left out; the file's attribute `left_out` lists it too, as JSON. Maps, and tables by
        what was left out, can then not be made from the file; `verify` sees such values in another
        table as differences.

    Raises
    ------
    AttributionError
        The name does not end in `.nc`, or this is not the result of a fit.

    Examples
    --------
    >>> save(posterior, "daraa.nc")  # doctest: +SKIP
    ()
    >>> save(posterior, "daraa_to_share.nc", privacy=Privacy())  # doctest: +SKIP
    ('coordinates', 'place', 'dates finer than the month')
    """
    target = Path(path)
    if target.suffix != ".nc":
        raise AttributionError(f"save(..., {str(path)!r}): the name must end in '.nc' (NetCDF).")
    lacking(posterior, "save() writes what fit() returns; this")
    gone: tuple[str, ...] = ()
    if privacy is not None:
        posterior, gone = left_out(posterior, privacy)
        posterior.attrs["left_out"] = json.dumps(gone)
    write_netcdf(posterior, target, compression(posterior))
    return gone


def load(path: str | os.PathLike[str]) -> xr.DataTree:
    """Read a posterior that `save` wrote; nothing in the file is executed.

    Parameters
    ----------
    path
        File that `save` wrote.

    Returns
    -------
    xarray.DataTree
        The posterior, in memory.

    Raises
    ------
    AttributionError
        The file is not a saved posterior, or holds what no fit returns: every fault with its group and value. A model
        with a component of another package: import that first.

    Examples
    --------
    >>> posterior = load("daraa.nc")  # doctest: +SKIP
    """
    posterior = read_groups(path)
    lacking(posterior, f"{str(path)!r} is not a posterior that attribution saved: it")
    check_contents(posterior, f"{str(path)!r}")
    return posterior


def lacking(posterior: xr.DataTree, subject: str) -> None:
    """Raise `AttributionError` where a tree is not a whole posterior."""
    if {"attribution", "constant_data"} <= set(posterior.children) and "posterior" not in posterior.children:
        raise AttributionError(
            f"{subject} holds events that attribute() scored, not a posterior. Write them with "
            f".to_netcdf(path), or their tables with to_csv(attributions(...), path)."
        )
    missing = [group for group in REQUIRED if group not in posterior.children]
    if missing or "model" not in posterior.attrs:
        raise AttributionError(f"{subject} lacks {', '.join(missing) or 'the model'}.{saved_by(posterior)}")


def saved_by(posterior: xr.DataTree) -> str:
    """The version that saved a tree, where it says so, for the end of a message."""
    try:
        saved = json.loads(posterior.attrs["versions"])["attribution-bayes"]
    except (KeyError, TypeError, ValueError):
        return ""
    if saved == version("attribution-bayes"):
        return " Give what fit() returned, with all its groups."
    return (
        f" It was saved by version {saved} of attribution, this is {version('attribution-bayes')}: fit again."
    )


def compression(posterior: xr.DataTree) -> dict[str, dict[str, dict[str, object]]]:
    """Light compression of every numeric variable."""
    settings: dict[str, object] = {"zlib": True, "complevel": 1}
    return {
        f"/{name}": {
            str(variable): settings
            for variable, values in group.data_vars.items()
            if values.dtype.kind in "fiu"
        }
        for name, group in posterior.children.items()
    }

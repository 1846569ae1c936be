"""The example data that come with the library."""

from __future__ import annotations

from pathlib import Path

from attribution.errors import AttributionError, nearest

FILES = (
    "daraa_synthetic.csv",
    "daraa_synthetic_statements.csv",
    "daraa_synthetic_bundles.csv",
    "syria_ucdp_ged.csv",
)


def example_path(name: str = "daraa_synthetic.csv") -> Path:
    """Path of a file of example data: invented killings, made like those of Daraa from 2018 on, or real events.

    Parameters
    ----------
    name
        `daraa_synthetic.csv` (its statements lie beside it), `daraa_synthetic_bundles.csv`, or
        `syria_ucdp_ged.csv`: real events of UCDP GED (CC BY 4.0), for `read_ucdp_ged`.

    Returns
    -------
    Path
        Where it lies: in the installed package, or in the checkout the library runs from.

    Raises
    ------
    AttributionError
        There is no such file.

    Examples
    --------
    >>> import attribution as at
    >>> at.read_events(at.example_path()).sizes["event"]
    2000
    """
    if name not in FILES:
        raise AttributionError(
            f"There is no example {name!r}.{nearest(name, FILES)} There are {', '.join(FILES)}."
        )
    package = Path(__file__).parents[1]
    for folder in (package / "data", package.parents[1] / "data"):
        if (folder / name).is_file():
            return folder / name
    raise AttributionError(
        f"The example {name!r} is missing from this installation: install the library again."
    )

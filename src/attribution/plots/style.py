"""Colours, and the stamp that every figure bears."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.figure import Figure

from attribution.fitting.diagnostics import failed

COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#999933",
    "#882255",
    "#44AA99",
    "#777777",
)
"""Colours that remain distinct to the colour-blind (Okabe and Ito 2008; Tol 2021), in the order of the actors."""


def stamped(figure: Figure, posterior: xr.DataTree) -> Figure:
    """The figure with its data hash, and with a warning where checks failed.

    It is taken off pyplot's list, so that a notebook shows it once, as the value of its cell.
    """
    names: list[Any] = failed(posterior)
    warning = f"   CHECKS FAILED: {len(names)}, see diagnose()" if names else "   all checks passed"
    note = (
        f"documented killings only; data {posterior.attrs['data_hash'][:12]}, seed {posterior.attrs['seed']};"
    )
    figure.supxlabel(note + warning, fontsize=7, color="#B00000" if names else "#555555")
    plt.close(figure)
    return figure

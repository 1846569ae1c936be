"""Distance between places on the earth."""

from __future__ import annotations

import numpy as np

from attribution.arrays import Floats

EARTH_RADIUS_KM = 6371.0


def distance_km(here: Floats, there: Floats) -> Floats:
    """Great-circle distances in km, ``(len(here), len(there))``, of latitude-longitude pairs in degrees."""
    return arc_km(here[:, None, :], there[None, :, :])


def arc_km(here: Floats, there: Floats) -> Floats:
    """Great-circle distances in km of latitude-longitude pairs in degrees along the last axis, broadcast."""
    a, b = np.radians(here), np.radians(there)
    half = np.sin((a - b) / 2) ** 2
    inner = half[..., 0] + np.cos(a[..., 0]) * np.cos(b[..., 0]) * half[..., 1]
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(inner, 0.0, 1.0))))

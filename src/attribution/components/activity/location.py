"""`Location`: areas, the places in them, and distance where coordinates exist."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np
import xarray as xr

from attribution.arrays import Array, Arrays, Floats
from attribution.components.base import ActivityTerm, Levels, Tensor, Tensors
from attribution.components.basis import distance_basis, distance_weights, spread_points
from attribution.components.effects import category_effect, pick, scale, smooth_effect
from attribution.components.unseen import Unseen, codes_or_new, fitted_code, unseen
from attribution.errors import ModelError
from attribution.events.coding import MISSING
from attribution.events.distance import distance_km


@dataclass(frozen=True)
class Location(ActivityTerm):
    r"""Areas, the places in them pooled towards their area, and a smooth surface over distance.

    .. math:: \eta[e, k] = \sigma_a u_{a(e), k} + \sigma_p v_{p(e), k} + \sigma_d \sum_b B_b(x_e)\, w_{b, k}

    with :math:`u, v, w \sim \mathrm{ZeroSumNormal}(1)` and half-normal scales. :math:`B` is the basis of a Gaussian
    process (Matérn 3/2) over great-circle distance. The part for places is there when the events name more than
    one place in some area, the part for distance when they have more than one pair of coordinates; coordinates
    whose `location_precision` is `area` are not used. A missing area is a level of its own; a missing place or missing
    coordinates leave the event at its area's effect.

    Parameters
    ----------
    area_sd, place_sd, distance_sd
        Scales of the priors of the standard deviations, in log-odds; ``place_sd=0`` or ``distance_sd=0`` leaves
        that part out.
    length_km
        Length scale of the surface in km; by default a quarter of the largest distance between knots.

    Examples
    --------
    >>> Location(length_km=15).name
    'location'
    """

    area_sd: float = 0.5
    place_sd: float = 0.5
    distance_sd: float = 0.5
    length_km: float | None = None

    def __post_init__(self) -> None:
        """Refuse a length there is not."""
        number = isinstance(self.length_km, Real) and not isinstance(self.length_km, bool)
        if self.length_km is not None and not (number and 0 < self.length_km < np.inf):
            raise ModelError(f"Location(length_km={self.length_km!r}) must be a positive number of km.")

    @property
    def name(self) -> str:
        """The component's name."""
        return "location"

    @property
    def optional(self) -> tuple[str, ...]:
        """Places and distance can be left out."""
        return ("place_sd", "distance_sd")

    @property
    def columns(self) -> tuple[str, ...]:
        """`area`."""
        return ("area",)

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """Areas, places named with their area, and the knots of the surface."""
        areas, places = area_and_place(events)
        coords = {"location_area": sorted(set(areas))}
        inside = sorted(set(places) - {""})
        if self.place_sd > 0 and len(inside) > len(set(areas[places != ""])):
            coords["location_place"] = inside
        points = coordinates(events)
        knots = spread_points(points[np.isfinite(points[:, 0])], 150)
        data: dict[str, object] = {}
        if self.distance_sd > 0 and len(knots) > 1:
            length = self.length_km or float(distance_km(knots, knots).max()) / 4
            weights = distance_weights(knots, length)
            known = points[np.isfinite(points[:, 0])]
            floor = float((distance_basis(known, knots, weights, length) ** 2).sum(axis=1).min())
            data = {"knots": knots, "weights": weights, "length": length, "floor": floor}
            coords["location_basis"] = [str(i + 1) for i in range(weights.shape[1])]
        return Levels(actors, coords, data)

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Codes of area and place, and coordinates, where the model has those parts."""
        areas, places = area_and_place(events)
        keys = {"area": codes_or_new(areas, levels.coords["location_area"])}
        if "location_place" in levels.coords:
            keys["place"] = codes_or_new(places, levels.coords["location_place"])
            keys["placed"] = (places != "").astype(np.int64)
        if "location_basis" in levels.coords:
            points = coordinates(events)
            keys["latitude"], keys["longitude"] = np.nan_to_num(points, nan=999.0).T
        return keys

    def rows(self, keys: Arrays, levels: Levels) -> Arrays:
        """Positions, and the surface's basis at the coordinates (zero where there are none)."""
        rows: Arrays = {key: fitted_code(keys[key]) for key in ("area", "place") if key in keys}
        if "latitude" in keys:
            points = np.stack([keys["latitude"], keys["longitude"]], axis=1)
            basis = np.zeros((len(points), len(levels.coords["location_basis"])))
            known = points[:, 0] < 999.0
            knots, weights, length = (levels.data[key] for key in ("knots", "weights", "length"))
            basis[known] = distance_basis(points[known], knots, weights, length)
            rows["basis"] = basis
        return rows

    def parameters(self, levels: Levels) -> Tensors:
        """`location_area_raw`, `location_place_raw`, `location_distance_raw` and their `_sd`."""
        variables = {}
        for part, sd in (("area", self.area_sd), ("place", self.place_sd)):
            dim = f"location_{part}"
            if dim in levels.coords:
                variables[f"{part}_sd"] = scale(dim, sd)
                variables[f"{part}_raw"] = category_effect(dim, dim, len(levels.coords[dim]))
        if "location_basis" in levels.coords:
            variables["distance_sd"] = scale("location_distance", self.distance_sd)
            variables["distance_raw"] = smooth_effect("location_distance", ("location_basis",))
        return variables

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """A row a distinct place."""
        total = pick(parameters["area_sd"] * parameters["area_raw"], rows["area"])
        if "place" in rows:
            total = total + pick(parameters["place_sd"] * parameters["place_raw"], rows["place"])
        if "basis" in rows:
            total = total + parameters["distance_sd"] * (rows["basis"] @ parameters["distance_raw"])
        return total

    def unseen(self, keys: Arrays, levels: Levels) -> dict[str, Unseen]:
        """What of each area, place or point of the surface is still to be drawn, where nothing like it was fitted."""
        new = {"area_sd": unseen(keys["area"] < 0, keys["area"])}
        if "place" in keys:
            new["place_sd"] = unseen((keys["place"] < 0) & (keys["placed"] == 1), keys["place"])
        if "latitude" in keys:
            spread = (self.rows(keys, levels)["basis"] ** 2).sum(axis=1)
            missing = np.where(keys["latitude"] < 999.0, levels.data["floor"] - spread, 0.0)
            points = zip(keys["latitude"], keys["longitude"], strict=True)
            label = np.array([f"{latitude!r} {longitude!r}" for latitude, longitude in points], dtype=str)
            new["distance_sd"] = unseen(missing > 0, label, np.sqrt(np.clip(missing, 0.0, None)))
        return new


def area_and_place(events: xr.Dataset) -> tuple[Array, Array]:
    """Area of each event (or `(missing)`), and its place named with the area (or empty)."""
    areas = np.array([str(value) or MISSING for value in events["area"].values])
    if "place" not in events:
        return areas, np.full(len(areas), "")
    places = events["place"].values
    return areas, np.array([f"{a} / {p}" if p else "" for a, p in zip(areas, places, strict=True)])


def coordinates(events: xr.Dataset) -> Floats:
    """Latitude and longitude in degrees, ``(event, 2)``; NaN where missing or known only by area."""
    count = events.sizes["event"]
    if "latitude" not in events:
        return np.full((count, 2), np.nan)
    points = np.stack([events["latitude"].values, events["longitude"].values], axis=1).astype(float)
    if "location_precision" in events:
        points[events["location_precision"].values == "area"] = np.nan
    return points

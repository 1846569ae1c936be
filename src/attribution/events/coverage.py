"""What sources cover: on which days and in which areas each watches, and so where its silence says something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from attribution.arrays import Array
from attribution.events.windows import Windows, inside, windows

TABLE = "coverage"


@dataclass(frozen=True)
class Coverage:
    """When and where sources watch.

    Attributes
    ----------
    spans
        The rows of the table, labelled by source.
    places
        Of the events whose area is known, the share in each area.
    """

    spans: Windows
    places: Mapping[str, float]


def coverage_of(events: xr.Dataset) -> Coverage | None:
    """The coverage that `read_events` put beside the events; None where there is no such table."""
    spans = windows(events, TABLE, "source")
    return Coverage(spans, places(events)) if len(spans.label) else None


def places(events: xr.Dataset) -> dict[str, float]:
    """Of the events whose area is known, the share in each area; empty where none is known."""
    labels, count = np.unique(area_of(events), return_counts=True)
    known = {str(label): float(n) for label, n in zip(labels, count, strict=True) if label != ""}
    return {label: n / sum(known.values()) for label, n in known.items()}


def area_of(events: xr.Dataset) -> Array:
    """Area of each event, empty where it is not known."""
    return events["area"].values if "area" in events else np.full(events.sizes["event"], "")


def everywhere(spans: Windows) -> Windows:
    """The same windows without their areas."""
    return Windows(spans.label, spans.start, spans.end, np.full(len(spans.label), ""))


def watched(events: xr.Dataset, sources: Sequence[str], coverage: Coverage) -> NDArray[np.float64]:
    """Probability that each source watched when and where each event happened, ``(event, source)``.

    One for a source without a row. An event is as likely to have happened on each of the days that its date allows;
    where its area is not known, it lies in an area as often as those events do whose area is known.
    """
    spans = coverage.spans
    weight = np.array([1.0 if area == "" else coverage.places.get(area, 0.0) for area in spans.area])
    unknown = (area_of(events) == "")[:, None]
    share = np.where(unknown, inside(events, everywhere(spans)) * weight, inside(events, spans))
    mine = spans.label[:, None] == np.array(sources, dtype=str)[None, :]
    return np.where(mine.any(axis=0), np.clip(share @ mine.astype(float), 0.0, 1.0), 1.0)


def possible(events: xr.Dataset, spans: Windows) -> NDArray[np.bool_]:
    """Whether each event may have happened inside each window, ``(event, window)``; of unknown area, it may."""
    area = area_of(events)[:, None]
    here = (spans.area == "") | (area == "") | (area == spans.area)
    return np.asarray(here & (inside(events, everywhere(spans)) > 0))

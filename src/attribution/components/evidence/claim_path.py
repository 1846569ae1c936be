"""How the path of a claimant's log-odds goes on before and after the fitted periods."""

from __future__ import annotations

from dataclasses import replace

import xarray as xr

from attribution.components.activity.timing import Timing, continued, steps_outside
from attribution.components.base import Levels


def path_continued(levels: Levels, events: xr.Dataset) -> Levels:
    """Levels of `Claim` whose path over periods reaches as far as the events, each step outside to be drawn.

    The steps are rounded up to powers of two, so that few sizes are compiled for the chunks of a large table.
    """
    coords, drawn, shifts = dict(levels.coords), dict(levels.drawn), []
    for shift, inner in levels.data["shifts"]:
        own = inner
        if isinstance(shift.source, Timing):
            steps = steps_outside(shift.keys(events, inner), inner.data["periods"])
            if any(steps):
                own = continued(inner, *map(rounded_up, steps))
                labels = list(shift.names(own))
                coords[f"claim_{shift.label}_basis"] = labels
                drawn[f"claim_{shift.label}_raw"] = labels[len(shift.names(inner)) :]
        shifts.append((shift, own))
    return replace(levels, coords=coords, drawn=drawn, data=dict(levels.data) | {"shifts": shifts})


def rounded_up(count: int) -> int:
    """The next power of two; zero stays."""
    return 1 << (count - 1).bit_length() if count else 0

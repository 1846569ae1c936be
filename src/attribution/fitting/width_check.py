"""A check of what the data can carry: how wide the intervals of shares are against what a reader would ask."""

from __future__ import annotations

import numpy as np
import xarray as xr

from attribution.errors import Check
from attribution.fitting.check_records import at_most

ASKED = 0.4
"""Width of a share's interval beyond which it says little: 20 percentage points to either side."""


def width(posterior: xr.DataTree) -> list[Check]:
    """What the data can carry: how wide the widest interval of a share is, against what a reader would ask.

    If the model is true, the width that is found is on average the width to be expected of data like these. Of few
    killings the labels themselves say little of who else did such killings: to the width of the draws is added that of
    as many draws from shares as there are killings, so that a handful of labels is no certainty.
    """
    group = posterior["attribution"].to_dataset()
    draws = group["perpetrator"].values.reshape(-1, group.sizes["event"])
    counted = np.apply_along_axis(np.bincount, -1, draws, minlength=group.sizes["actor"])
    shares = counted / group.sizes["event"]
    own = np.ptp(np.quantile(shares, [0.055, 0.945], axis=0), axis=0)
    mean = shares.mean(axis=0)
    chance = 3.2 * np.sqrt(mean * (1 - mean) / group.sizes["event"])
    found = np.hypot(own, chance)
    widest = str(group["actor"].values[int(np.argmax(found))])
    return [
        at_most(
            "width of shares",
            float(found.max()),
            ASKED,
            f"The data can carry a share: widest 89 % interval, chance of so few killings included, of {widest!r}",
            "So few killings or labels do not say whose share is large: say so, add labels or evidence, or ask less.",
        )
    ]

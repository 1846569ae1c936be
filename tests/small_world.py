"""A small world that the tests of a fit share: its settings as a user would have them, and what made it."""

import numpy as np
import pandas as pd

ACTORS = ["IS", "regime security", "local factions"]
RANKS = ["civilian", "fighter", "commander"]
AREAS = ["Daraa", "Nawa", "Tafas"]
TRUTH = {
    "location_area_sd": 1.5,
    "category_method_sd": 1.5,
    "claim_propensity": [1.0, -0.5, 0.0],
    "statements_speak": [0.0, -1.0],
}


def settings(count, seed):
    """A table of events as a user would have it: some perpetrators known, some partly, most not."""
    rng = np.random.default_rng(seed)
    days = np.datetime64("2019-01-01") + rng.integers(0, 900, count)
    draw = rng.random(count)
    return pd.DataFrame(
        {
            "event_id": [f"e{i:03}" for i in range(count)],
            "date": [str(day)[: 7 if i % 5 == 0 else 10] for i, day in enumerate(days)],
            "area": rng.choice(AREAS, count),
            "target_rank": rng.choice(RANKS, count),
            "method": rng.choice(["shooting", "bomb", ""], count),
            "killed": np.where(np.arange(count) % 7 == 3, np.nan, rng.integers(1, 5, count)),
            "perpetrator": np.where(draw < 0.35, "IS", ""),
            "candidates": np.where((draw >= 0.35) & (draw < 0.55), "IS|local factions", ""),
            "remark": "a column that no component reads",
        }
    )


def voices():
    """Two statements, so that the events have two voices."""
    return pd.DataFrame(
        {
            "event_id": ["e000", "e001"],
            "source": ["monitor", "army"],
            "kind": ["accusation", "denial"],
            "actor": ["IS", "IS"],
        }
    )

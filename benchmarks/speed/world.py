"""The world of the speed comparison: simulated killings and the arrays every peer gets."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import attribution as at

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from inside.compiling import lay

RANKS = ("civilian", "local official", "rank and file", "officer", "senior figure")
MODEL = at.Model(
    actors=["A", "B", "C", "D", "E"],
    activity=[at.Baseline(), at.TargetRank(), at.Location(place_sd=0, distance_sd=0), at.Timing()],
    evidence=[at.Claim(silence="full", rank_sd=0, time_sd=0)],
)
PARAMETERS = {
    "baseline_effect": [0.8, 0.3, 0.0, 0.0, -0.4, -0.7],
    "target_rank_sd": 0.6,
    "location_area_sd": 0.8,
    "timing_sd": 0.8,
    "claim_propensity": [1.0, -1.0, -2.5, -2.0, -3.0],
    "claim_false": [-3.5, -4.0, -4.5, -4.0, -4.5],
}


def world(count: int, seed: int, known: float = 0.3) -> xr.Dataset:
    """Simulated killings in 14 areas over seven years, the perpetrator known for a share of them."""
    rng = np.random.default_rng(seed)
    area = rng.choice(14, size=count, p=(weights := 1.0 / np.arange(1, 15)) / weights.sum())
    days = rng.integers(0, 7 * 365, size=count)
    blank = at.read_events(
        pd.DataFrame(
            {
                "event_id": [f"e{i}" for i in range(count)],
                "date": (np.datetime64("2018-01-01") + np.sort(days)).astype(str),
                "area": [f"area {a}" for a in area],
                "target_rank": rng.choice(RANKS, size=count, p=(0.4, 0.15, 0.25, 0.15, 0.05)),
                "perpetrator": np.where(rng.random(count) < known, "A", ""),
                "claimed_by": "",
            }
        ),
        ranks=RANKS,
    )
    return at.simulate(MODEL, blank, seed=seed, parameters=PARAMETERS)


def arrays(events: xr.Dataset) -> dict[str, np.ndarray]:
    """What the peers need: bases, and of each event its indices, label and pattern of claims."""
    design = lay(MODEL, events)
    parts = {part.component.name: part for part in design.parts}
    claimants = [actor for actor in design.actors if actor != "unlisted"]
    position = {actor: i for i, actor in enumerate(design.actors)}
    patterns, claim = np.unique(events["claimed_by"].values.astype(str), return_inverse=True)
    return {
        "actors": np.array(len(design.actors)),
        "rank_basis": parts["target_rank"].rows["basis"],
        "rank": parts["target_rank"].index,
        "area": parts["location"].rows["area"][parts["location"].index],
        "areas": np.array(len(parts["location"].levels.coords["location_area"])),
        "time_basis": parts["timing"].rows["basis"],
        "time": parts["timing"].index,
        "perpetrator": np.array([position.get(str(name), -1) for name in events["perpetrator"].values]),
        "claim": claim,
        "claimed": np.array([[name in pattern.split("|") for name in claimants] for pattern in patterns]),
    }


def write(folder: Path, count: int, seed: int) -> None:
    """The table this library reads, and the arrays the peers read."""
    events = world(count, seed)
    columns = ("date", "area", "target_rank", "perpetrator", "claimed_by")
    table = pd.DataFrame(
        {"event_id": events["event"].values} | {name: events[name].values for name in columns}
    )
    table.to_csv(folder / "events.csv", index=False)
    np.savez(folder / "arrays.npz", **arrays(events))

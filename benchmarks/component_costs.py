"""What each component costs, and each part of `Claim` and `Bundles`: time per gradient on the simulated Daraa events.

    python benchmarks/component_costs.py

Components are added one after the other; `rows` is the size of the new component's table, `cells` the number of
distinct events, each of which reads one row of every table. Scenes and posts are invented here, since the table has
none. Bundles count by a scan, which JAX computes; the others are native code.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from gradients import seconds

import attribution as at
from attribution.component import ActivityTerm, EvidenceLaw

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "examples"))
import daraa

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from inside.compiling import lay

CONTEXTS = pd.DataFrame({"name": ["silence"], "start": ["2022-08-06"], "end": ["2023-04-05"]})
VARIANTS = {
    "no claims": ([], ["observed_until"]),
    "Claim": ([at.Claim(context_mean_sd=0)], ["observed_until"]),
    "+ contexts": ([at.Claim()], ["observed_until"]),
    "+ by method, slope on killed": ([at.Claim(by="method", slope="killed")], ["observed_until"]),
    "+ delay": ([at.Claim()], []),
    "+ bundle": ([at.Claim(), at.Bundles()], []),
}


LINKS = {actor: {} if actor == "IS" else {"a state": 1.0} for actor in daraa.MODEL.actors}
GROWING = [
    at.Baseline(),
    at.TargetRank(),
    at.Category("target_affiliation"),
    at.Location(),
    at.Timing(),
    at.Statements(),
    at.Claim(),
    at.Identification(),
    at.Checkpoint(allies={"army": ["regime security"]}),
    at.Scene(["slogan", "vehicle"]),
    at.Sponsorship(LINKS),
]


def main() -> None:
    """Print both tables."""
    data = HERE.parent / "data"
    events = at.read_events(
        data / "daraa_synthetic.csv",
        contexts=CONTEXTS,
        bundles=data / "daraa_synthetic_bundles.csv",
        ranks=daraa.RANKS,
    )
    one_by_one(with_scenes(events))
    parts_of_claims(events)


def with_scenes(events: xr.Dataset) -> xr.Dataset:
    """The events with what was seen at the scene, at random."""
    rng, count = np.random.default_rng(1), events.sizes["event"]
    holder = rng.choice(["", "army"], count)
    return events.assign(
        slogan=("event", rng.choice(["", "religious", "none"], count)),
        vehicle=("event", rng.choice(["motorcycle", "car", "on foot"], count)),
        checkpoint_held_by=("event", holder),
        unhindered=("event", np.where(holder == "", "", rng.choice(["yes", "no"], count))),
    )


def one_by_one(events: xr.Dataset) -> None:
    """A row for each component, with all before it."""
    before = 0.0
    for count in range(1, len(GROWING) + 1):
        own = GROWING[:count]
        terms = [part for part in own if isinstance(part, ActivityTerm)]
        laws = [part for part in own if isinstance(part, EvidenceLaw)]
        design = lay(at.Model(daraa.MODEL.actors, terms, laws), events)
        took = seconds(design)
        rows = {part.component.name: int(part.index.max()) + 1 for part in design.parts}[own[-1].name]
        print(
            f"+ {type(own[-1]).__name__:16} rows {rows:5} cells {len(design.index):5} {took * 1e6:5.0f} us "
            f"added {(took - before) * 1e6:5.0f} us",
            flush=True,
        )
        before = took


def parts_of_claims(events: xr.Dataset) -> None:
    """A row for each variant of `Claim`; ratios are to the model without claims."""
    first = None
    for name, (laws, dropped) in VARIANTS.items():
        model = at.Model(daraa.MODEL.actors, daraa.MODEL.activity, [*laws, at.Statements()])
        design = lay(model, events.drop_vars(dropped))
        patterns = [len(part.keys["outcome@0"]) for part in design.parts if part.component.name == "claim"]
        took = seconds(design)
        first = first or took
        print(
            f"{name:30} patterns {sum(patterns):5} cells {len(design.index):5} {took * 1e6:5.0f} us "
            f"ratio {took / first:5.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

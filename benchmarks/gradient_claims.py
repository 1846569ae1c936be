"""What each part of `Claim` and `Bundles` costs: time per gradient on the simulated Daraa events, and the table's size.

    python benchmarks/gradient_claims.py

Ratios are to the model without claims. Bundles count by a scan, which JAX computes; the others are native code.
"""

import sys
from pathlib import Path

import pandas as pd
from gradients import seconds

import attribution as at
from attribution.design import lay

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "examples"))
import daraa

CONTEXTS = pd.DataFrame({"name": ["silence"], "start": ["2022-08-06"], "end": ["2023-04-05"]})
VARIANTS = {
    "no claims": ([], ["observed_until"]),
    "Claim": ([at.Claim(context_mean_sd=0)], ["observed_until"]),
    "+ contexts": ([at.Claim()], ["observed_until"]),
    "+ by method, slope on killed": ([at.Claim(by="method", slope="killed")], ["observed_until"]),
    "+ delay": ([at.Claim()], []),
    "+ bundle": ([at.Claim(), at.Bundles()], []),
}


def main() -> None:
    """Print one row a variant."""
    data = HERE.parent / "data"
    events = at.read_events(
        data / "daraa_synthetic.csv",
        contexts=CONTEXTS,
        bundles=data / "daraa_synthetic_bundles.csv",
        ranks=daraa.RANKS,
    )
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

"""Are re-weighted rows of `sensitivity` those of a fit of its own? In worlds of `worlds.py`, both ways.

    python benchmarks/reweighted_rows.py NAME [REPLICATIONS] [--labels SHARE] [--silence full] [--claims-only]

Printed for each kind of assumption: how many rows are shown re-weighted, the largest difference of a share to the
refit's, in deviations of the refit's share, how often the re-weighted interval (89 %) misses the refit's mean, and the
same of rows shown at the fit's parameters. Both are of a few hundred draws, so that a tenth of a deviation is noise.
"""

import argparse
import dataclasses

import numpy as np
import pandas as pd
import worlds

import attribution as at

KEY = ["kind", "about", "value", "actor"]


def compared(posterior):
    """Every row that can be had in both ways, re-weighted and refitted side by side."""
    before, again = (at.sensitivity(posterior, draws=800, refit=refit) for refit in ("none", "all"))
    rows = before.merge(again, on=KEY, suffixes=("", "_refit"))
    rows = rows[rows["method_refit"].str.startswith("refit") & rows["share"].notna()]
    deviation = ((rows["high_refit"] - rows["low_refit"]) / 3.2).clip(lower=0.002)
    return rows.assign(
        off=(rows["share"] - rows["share_refit"]).abs() / deviation,
        missed=(rows["share_refit"] < rows["low"] - 0.005) | (rows["share_refit"] > rows["high"] + 0.005),
    )


def summary(rows):
    """How far apart, by kind and by how the row came about."""
    return rows.groupby(["kind", "method", "method_refit"]).agg(
        rows=("off", "size"), median=("off", "median"), largest=("off", "max"), missed=("missed", "sum")
    )


def main():
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name")
    parser.add_argument("replications", nargs="?", type=int, default=4)
    parser.add_argument("--labels", type=float)
    parser.add_argument("--silence", default="conditional", choices=["conditional", "full"])
    parser.add_argument("--claims-only", action="store_true", help="nothing that sources say")
    asked = parser.parse_args()
    settings = {} if asked.labels is None else {"labels": asked.labels}
    found = []
    for seed in range(asked.replications):
        world = getattr(worlds, asked.name)(seed, **settings)
        if asked.claims_only:
            world = dataclasses.replace(world, statements=[])
        rows = compared(worlds.fitted(world, seed, silence=asked.silence))
        found.append(rows.assign(seed=seed))
    rows = pd.concat(found)
    pd.set_option("display.width", 150, "display.float_format", "{:.2f}".format)
    print(f"{asked.name}, {asked.replications} worlds, silence {asked.silence}")
    print(summary(rows).to_string())
    worst = rows.nlargest(5, "off")[
        ["seed", *KEY, "share", "low", "high", "share_refit", "method_refit", "off"]
    ]
    print("\nFarthest apart:")
    print(worst.replace({np.nan: ""}).to_string(index=False))


if __name__ == "__main__":
    main()

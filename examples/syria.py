"""Real killings: Syria, 2016 to 2019, as UCDP GED records them. Sides of a year are hidden and looked for.

    python examples/syria.py

Prints how often the hidden sides of one-sided violence are recovered, then what the fit says of events whose side is
unclear, with the check that says why this must not be cited. Saves a map in `examples/output/`.

A side in UCDP GED is what its coders made of news and reports: no verdict, and no finding of this library. "Syrian
insurgents" stands for any of many groups. Killings nobody could be named for are not in the table at all: from August
2018 to 2019 it has eight events of one-sided violence in Daraa, where monitors counted hundreds of killings.
"""

import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import xarray as xr

import attribution as at

mpl.use("agg")
OUTPUT = Path(__file__).parent / "output"
HIDDEN = 2018
GROUPS = ("Ahrar al-Sham", "HTS", "Southern Front", "Jabhat Fateh al-Sham")
CROSSWALK = {**dict.fromkeys(GROUPS, "Syrian insurgents"), "Government of Jordan": "unlisted"}
"""Groups that are no label of their own here; and two events of a state that is too rare to be an actor."""

MODEL = at.Model(
    actors=["IS", "Syrian insurgents", "Government of Syria", "SDF", "Government of Turkey"],
    activity=[at.Baseline(), at.Location(), at.Timing(), at.Timing(by="area")],
)


def main() -> None:
    """Read, hide, fit, compare, draw."""
    OUTPUT.mkdir(exist_ok=True)
    pd.set_option("display.width", 120, "display.max_columns", 20, "display.float_format", "{:.2f}".format)
    with warnings.catch_warnings(record=True, action="always") as caught:
        read = at.read_ucdp_ged(at.example_path("syria_ucdp_ged.csv"))
    events = at.harmonise(read, CROSSWALK, column="actor", rest="keep")
    one_sided = (events["ucdp_type_of_violence"] == 3).values
    block = one_sided & (events["date"].dt.year == HIDDEN).values
    print(f"\nREAL events: {events.sizes['event']} of UCDP GED (CC BY 4.0), Syria 2016 to 2019.", end=" ")
    print(" ".join(str(warning.message) for warning in caught).replace("\n", ""))
    print(f"One-sided violence: {one_sided.sum()}, of which the {block.sum()} of {HIDDEN} are hidden.")

    posterior = at.fit(MODEL, hide(events, block), seed=2019)
    recovered(posterior, events, block, one_sided & ~block)

    print("\nFighting in Daraa in which only civilians died: either side may have killed them. The fit says:")
    unclear = at.attributions(posterior).query("event in @events.event.values[~@one_sided]")
    print((unclear.groupby("actor")["mean"].sum() / (~one_sided).sum()).rename("share").to_string())
    print("and what it says must not be cited:")
    for check in at.diagnose(posterior):
        if not check.passed:
            print(f"  FAIL {check.sentence} {check.remedy}")

    figure = at.plot_map(posterior)
    figure.text(0.995, 0.99, "UCDP GED, CC BY 4.0", ha="right", va="top", fontsize=8)
    figure.savefig(OUTPUT / "syria_map.png", dpi=150)
    print("\nSaved: syria_map.png in examples/output/")


def hide(events: xr.Dataset, chosen: np.ndarray) -> xr.Dataset:
    """The events without the sides of some; no row leaves."""
    hidden = events.copy()
    for column in ("perpetrator", "candidates"):
        hidden[column] = ("event", np.where(chosen, "", events[column].values))
    hidden.attrs["data_hash"] = at.data_hash(hidden)
    return hidden


def recovered(posterior: xr.DataTree, events: xr.Dataset, block: np.ndarray, seen: np.ndarray) -> None:
    """How the hidden sides compare with what the fit expected, and with shares of the sides that were seen."""
    truth = pd.Series(events["perpetrator"].values, events["event"].values)
    table = at.attributions(posterior).query("event in @events.event.values[@block]")
    best = table.groupby("event", sort=False).head(1)
    given = table[table["actor"] == truth.loc[table["event"]].to_numpy()]["mean"]
    usual = truth[seen].value_counts(normalize=True)
    right = best["actor"].to_numpy() == truth.loc[best["event"]].to_numpy()
    print(
        f"\nMost probable side is the hidden one in {right.mean():.0%},"
        f" expected by the fit {best['mean'].mean():.0%}."
        f"\nLog score (smaller is better): {-np.log(given).mean():.2f}; of the sides' shares among what was seen: "
        f"{-np.log(usual.loc[truth[block]]).mean():.2f}."
    )


if __name__ == "__main__":
    main()

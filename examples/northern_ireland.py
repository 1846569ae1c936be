"""Real killings: Northern Ireland, 1969 to 2005, how well hidden perpetrators are recovered.

    python examples/northern_ireland.py PATH            # hide a random tenth, then a contiguous tenth in time
    python examples/northern_ireland.py PATH --blocks   # each of ten contiguous tenths in turn, from the other nine
                                                        # (killings of one incident in one tenth)

PATH is the table of Michael McKeown, Post-Mortem (CAIN, Ulster University, 2009). Its labels are the attributions
of its compiler, not verdicts. Columns with names, and those coded from the perpetrator's motive, are never read.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import attribution as at
from attribution import scores

SMALL = 20
"""Organisations with fewer killings than this are the actor `unlisted`: known to be none of the named."""

CANDIDATES = {
    "NSR": "Prov|INLA|Off|RIRA|IPLO|unlisted",
    "NSL": "UVF|UDA|unlisted",
}
"""Killings known only by bloc: republican (NSR) or loyalist (NSL), organisation not stated."""

RANKS = (
    "civilian",
    "civilian at work",
    "informer or offender",
    "paramilitary",
    "former forces",
    "police",
    "army",
)
RANK_OF = {
    "Other Non Combatant": "civilian",
    **dict.fromkeys(
        ("Businessman", "Taxi", "Retail", "Security", "Pol", "Legal/judicial"), "civilian at work"
    ),
    **dict.fromkeys(("Alleged Inf.", "PM informer", "criminality"), "informer or offender"),
    **dict.fromkeys(
        ("Prov.", "Off", "Inla", "Iplo", "RIRA", "Uda", "Uvf", "Lvf", "RHD", "Rhc", "Disappeared"),
        "paramilitary",
    ),
    "Ex ser.": "former forces",
    **dict.fromkeys(("RUC", "PO", "Eng.Constab.", "Guard/Army"), "police"),
    **dict.fromkeys(("BA", "UDR"), "army"),
}


def read(path: Path, only_named: bool = False) -> xr.Dataset:
    """The killings by others, in order of time, as an event table; all, or those with a named organisation."""
    columns = [
        "Serial No",
        "Year",
        "Religion",
        "Agency",
        "Status",
        "Location Name",
        "Context",
        "New Incident",
    ]
    raw = pd.read_csv(path, usecols=[*columns, "label_level"], dtype=str, keep_default_na=False)
    place_and_year = raw[["Year", "Location Name"]]
    new = raw["New Incident"].ne("False") | place_and_year.ne(place_and_year.shift()).any(axis=1)
    raw["incident"] = new.cumsum().astype(str)
    kept = raw["label_level"].eq("organisation") if only_named else raw["label_level"].ne("self_inflicted")
    raw = raw[kept].sort_values("Year", kind="stable", ignore_index=True)
    known = raw["label_level"] == "organisation"
    count = raw["Agency"].where(known).value_counts()
    named = raw["Agency"].where(raw["Agency"].map(count).ge(SMALL), "unlisted")
    return at.read_events(
        pd.DataFrame(
            {
                "event_id": raw["Serial No"],
                "incident": raw["incident"],
                "date": raw["Year"],
                "area": raw["Location Name"],
                "target_rank": raw["Status"].map(RANK_OF),
                "target_affiliation": raw["Status"] + " / " + raw["Religion"],
                "method": raw["Context"],
                "perpetrator": named.where(known, ""),
                "candidates": raw["Agency"].map(CANDIDATES).where(raw["label_level"] == "bloc_only", ""),
            }
        ),
        ranks=RANKS,
    )


def hide(events: xr.Dataset, chosen: np.ndarray) -> xr.Dataset:
    """The events with the labels of some of them taken away; no row leaves."""
    hidden = events.copy()
    for column in ("perpetrator", "candidates"):
        values = events[column].values.copy()
        values[chosen] = ""
        hidden[column] = ("event", values)
    hidden.attrs["data_hash"] = at.data_hash(hidden)
    return hidden


def model(events: xr.Dataset) -> at.Model:
    """Who acts where, when, how and against whom; no claims are recorded in this table."""
    actors = sorted(set(events["perpetrator"].values) - {"", "unlisted"})
    return at.Model(
        actors=actors,
        activity=[
            at.Baseline(),
            at.TargetRank(),
            at.Category("target_affiliation"),
            at.Category("method"),
            at.Location(),
            at.Timing(),
            at.Timing(by="area"),
        ],
    )


def scored(
    posterior: xr.DataTree, events: xr.Dataset, chosen: np.ndarray
) -> tuple[xr.DataArray, xr.DataArray]:
    """Probabilities of the hidden events, and their true labels."""
    probability = posterior["attribution"].to_dataset()["mean"].isel(event=chosen)
    return probability, events["perpetrator"].isel(event=chosen)


def summary(name: str, probability: xr.DataArray, truth: xr.DataArray) -> str:
    """One line: how well the hidden perpetrators were recovered."""
    share = truth.groupby(truth).count() / truth.sizes["event"]
    base = -float((share * np.log(share)).sum())
    log = scores.log_score(probability, truth)
    error = float(log.std()) / len(log) ** 0.5
    first, third = (float(scores.top_k(probability, truth, k).mean()) for k in (1, 3))
    return (
        f"{name}: {len(log)} killings, log score {float(log.mean()):.3f} (s.e. {error:.3f}; base rate {base:.3f}), "
        f"calibration error {scores.calibration_error(probability, truth):.3f}, "
        f"most probable right {first:.3f}, among the first three {third:.3f}"
    )


def main() -> None:
    """Read, hide, fit, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--blocks", action="store_true", help="all ten contiguous tenths in time")
    parser.add_argument("--directory", type=Path, help="folder for finished blocks, to go on from")
    options = parser.parse_args()
    events = read(options.path, only_named=options.blocks)
    known = np.flatnonzero(events["perpetrator"].values != "")
    partial = int((events["candidates"].values != "").sum())
    print(
        f"{events.sizes['event']} killings by others: {len(known)} with an organisation, {partial} with a bloc only"
    )
    if options.blocks:
        result = at.holdout(model(events), events, seed=0, directory=options.directory, progress=True)
        for block, span in zip(result["block"].values, result["span"].values, strict=True):
            own = result.isel(event=np.flatnonzero(result["fold"].values == block))
            print(summary(f"block {block + 1}, {span}", own["probability"], own["truth"]))
        print(summary("all ten blocks", result["probability"], result["truth"]))
        return
    tenths = np.array_split(known, 10)
    rng = np.random.default_rng(1969)
    random = np.sort(rng.choice(known, len(known) // 10, replace=False))
    for name, chosen in (("a random tenth", random), ("the fifth tenth in time", tenths[4])):
        posterior = at.fit(model(events), hide(events, chosen), seed=1969)
        failed = [check for check in at.diagnose(posterior) if not check.passed]
        print(summary(name, *scored(posterior, events, chosen)))
        print(
            f"  checks: {'all passed' if not failed else ''}",
            *(f"\n  FAIL {c.sentence} {c.remedy}" for c in failed),
        )
    print("\nShare of documented killings in the last fit, bloc-only and unclassified deaths attributed:")
    print(at.shares(posterior).to_string(index=False))


if __name__ == "__main__":
    main()

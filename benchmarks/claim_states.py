"""What claims, silence and denials say of who did it: suicide attacks in Iraq, Afghanistan and Pakistan.

    python benchmarks/claim_states.py --data suicide_attacks_1974_2019.csv.gz --json OUT

Within a country the compilers' group is hidden where they call it suspected or denied, and in a tenth of the claimed
attacks, blocked in time. What the groups said stays: a claim, a denial, or nothing. Three fits score the hidden groups:

    activity    without the law of claims
    hidden      with it, but what was said of the hidden attacks is hidden too (hidden is not silent)
    evidence    with it, and with what was said

The difference between the last two, in nats an attack, is what claims, silence and denials contribute. A claim is the
compilers' label here, so its contribution shows that the law believes claims, not that claims are true.

All of that twice: with every suspected and denied attack hidden, so that every label is a claim and nothing but priors
says how often a group is silent; and with every other one of them shown, so that labels say it too.
"""

import argparse
import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from mapping import Mapped, default_model, read

import attribution as at
from attribution.scores import calibration_error

HERE = Path(__file__).parent
COUNTRIES = ("iraq", "afghanistan", "pakistan")
BLOCKS = 50
"""Of the claimed attacks, in time; every tenth block is hidden."""
SHOWN = {1: "suspected hidden", 2: "half of the suspected shown"}
SAYS = {"Claimed": "claim", "Suspected": "silence", "Denied": "denial"}


def attacks(data: Path, country: str, every: int) -> tuple[Mapped, xr.Dataset]:
    """The country's attacks with the compilers' group, what was said of them, and which are hidden.

    Of the suspected and denied ones all are hidden (`every` 1), or every other one (2).
    """
    plan = json.loads((HERE / "mappings" / f"suicide_attacks_{country}.json").read_text(encoding="utf-8"))
    plan["labelled"] = {"claim": list(SAYS)}
    plan["columns"]["state"] = "claim"
    mapped = read(data, plan)
    group, state = mapped.events["perpetrator"].values, mapped.events["state"].values
    silent = np.flatnonzero(np.isin(state, ["Suspected", "Denied"]))
    hidden = np.isin(np.arange(len(state)), silent[::every])
    claimed = np.flatnonzero((state == "Claimed") & (group != ""))
    block = np.arange(len(claimed)) * BLOCKS // len(claimed)
    hidden[claimed[block % 10 == 5]] = True
    events = mapped.events.assign(
        claimed_by=("event", np.where(state == "Claimed", group, "").astype(str)),
        denied_by=("event", np.where(state == "Denied", group, "").astype(str)),
        part=("event", np.where(hidden, "hidden", "kept")),
    )
    return mapped, at.read_events(at.to_frame(events))


def scored(model: at.Model, events: xr.Dataset, mask: bool, settings: dict[str, int]) -> xr.Dataset:
    """The hidden attacks' probabilities and scores. The other fold, the labels that were kept, is not used."""
    result = at.holdout(
        model,
        events,
        seed=1,
        blocks="part",
        folds=2,
        mask_evidence=mask,
        workers=0,
        progress=True,
        **settings,
    )
    return result.isel(event=result["span"].values[result["fold"].values] == "hidden")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--by", nargs="*", default=[], help="columns that claims depend on")
    parser.add_argument("--identification", action="store_true", help="with the law of who gets a label")
    parser.add_argument("--countries", nargs="+", choices=COUNTRIES, default=list(COUNTRIES))
    for name, value in (("draws", 300), ("tune", 400), ("chains", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    settings = {name: getattr(options, name) for name in ("draws", "tune", "chains")}
    found: dict[str, dict[str, dict[str, float]]] = {}
    for country, every in product(options.countries, SHOWN):
        mapped, events = attacks(options.data, country, every)
        plain = default_model(mapped)
        laws = [at.Claim(by=options.by), *([at.Identification()] if options.identification else [])]
        full = at.Model(plain.actors, plain.activity, laws, closed=True)
        results = {
            "activity": scored(plain, events, False, settings),
            "hidden": scored(full, events, True, settings),
            "evidence": scored(full, events, False, settings),
        }
        state = events["state"].sel(event=results["evidence"]["event"]).values
        name = f"{country}, {SHOWN[every]}"
        found[name] = {said: row(results, state == own) for own, said in SAYS.items()}
        print(name)
        print(pd.DataFrame(found[name]).T.round(3).to_string(), flush=True)
        options.json.write_text(json.dumps(found, indent=1))


def row(results: dict[str, xr.Dataset], own: np.ndarray) -> dict[str, float]:
    """Scores of the attacks of one state, and the nats between evidence and none with their standard error."""
    line: dict[str, float] = {"attacks": float(own.sum())}
    if not own.any():
        return line
    for name, result in results.items():
        some = result.isel(event=own)
        line[name] = float(some["log_score"].mean())
        line[f"{name}, calibration error"] = float(calibration_error(some["probability"], some["truth"]))
    gain = (results["hidden"]["log_score"] - results["evidence"]["log_score"]).values[own]
    line["nats"] = float(gain.mean())
    if len(gain) > 1:
        line["s.e."] = float(gain.std(ddof=1) / np.sqrt(len(gain)))
    return line


if __name__ == "__main__":
    main()

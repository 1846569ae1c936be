"""Does the law of claims help on real attacks that were not claimed? RAND's incidents in four countries.

    python benchmarks/real_claims.py --json OUT [--data rand_claims_1968_2009.csv.gz] [--countries Israel Spain]

RAND names a perpetrator for many attacks in whose description nobody claims anything. These names do not come from a
claim, so they can be hidden, in blocks of time, and asked for. Whatever is claimed, by whomever, stays to be seen, in
the hidden block too. The treatments differ in what they make of it:

    claims as labels  whoever claimed it did it; no law of claims
    no claims         a claimed attack is one of which nothing is known
    conditional       `Claim()`: claimed and unclaimed attacks each have a mix of actors; who claims is evidence
    full              `Claim(silence="full")`: that nobody claims is evidence too
    full, shifted     the same, propensities shifting with the weapon, the place and the number killed

Scores are log scores of the hidden attacks in nats (less is better); differences have standard errors by attack.
Scores of treatments that are in OUT already are kept. A sentence and nothing else where the data are not there.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import attribution as at

DATA = Path(__file__).parents[2] / "shared" / "data" / "rand_claims_1968_2009.csv.gz"
COUNTRIES = ("Israel", "Spain", "France", "West Bank/Gaza")
FEWEST = 15
"""Attacks named without a claim that give an actor a name of its own; the others are `Other`."""
SMALL = 8
"""Attacks that give a city a name of its own."""
LEAST = 1e-4
"""Probabilities below are scored as this: 200 draws cannot tell less."""
SHORTENED = {
    "Hamas (Islamic Resistance Movement)": "Hamas",
    "Palestine Islamic Jihad (PIJ)": "Islamic Jihad",
    "al-Fatah": "Fatah",
    "Popular Front for the Liberation of Palestine (PFL": "Popular Front for the Liberation of Palestine",
    "Democratic Front for the Liberation of Palestine (": "Democratic Front for the Liberation of Palestine",
    "Basque Fatherland and Freedom (ETA)": "ETA",
    "First of October Antifascist Resistance Group (GRA": "GRAPO",
    "First of October Antifascist Resistance Group (GR": "GRAPO",
}
"""Spellings cut off at fifty characters."""
LABELS, NONE = "claims as labels", "no claims"
LAWS: dict[str, dict[str, Any] | None] = {
    LABELS: None,
    NONE: None,
    "conditional": {"silence": "conditional"},
    "full": {"silence": "full"},
    "full, shifted": {"silence": "full", "by": ("method", "area"), "slope": ("killed",)},
}


def attacks(data: Path, country: str) -> pd.DataFrame:
    """The country's attacks in order of time: `actor`, empty where unknown, and whether it is `claimed`."""
    raw = pd.read_csv(data, dtype=str, keep_default_na=False)
    raw = raw[raw["country"] == country].sort_values("date", kind="stable").reset_index(drop=True)
    name = raw["perpetrator"].replace(SHORTENED)
    known = ~name.str.contains("Unknown", case=False) & (name != "")
    claimed = known & (raw["claim_words"] == "claimed")
    often = name[known & ~claimed].value_counts()
    listed = name.isin(often[often >= FEWEST].index)
    common = raw["city"].map(raw["city"].value_counts()) >= SMALL
    return pd.DataFrame(
        {
            "event_id": raw["event_id"],
            "date": raw["date"],
            "area": raw["city"].where(common, "(small)"),
            "method": raw["weapon"],
            "killed": pd.to_numeric(raw["fatalities"]).fillna(0).astype(int),
            "actor": name.where(listed, "Other").where(known, ""),
            "claimed": claimed,
        }
    )


def score(table: pd.DataFrame, law: str, blocks: int, settings: dict[str, int]) -> list[float]:
    """Log score of each attack named without a claim, its block of time hidden."""
    actors = sorted(set(table["actor"]) - {""})
    activity = [at.Baseline(), at.Location(), at.Timing(), at.Timing(by="area"), at.Category("method")]
    activity.append(at.Covariate("killed", log=True))
    actor, claimed = table["actor"].to_numpy(), table["claimed"].to_numpy()
    firm = (actor != "") & ~claimed
    tested = np.flatnonzero(firm)
    block = np.arange(len(tested)) * blocks // len(tested)
    label = np.where(firm | (law == LABELS), actor, "")
    own = LAWS[law]
    beside = {} if own is None else {"claimed_by": np.where(claimed, actor, "")}
    model = at.Model(actors, activity, [] if own is None else [at.Claim(**own)], closed=True)
    found = np.empty(len(tested))
    for number in range(blocks):
        hidden = tested[block == number]
        seen = label.copy()
        seen[hidden] = ""
        events = at.read_events(table.drop(columns=["actor", "claimed"]).assign(perpetrator=seen, **beside))
        posterior = at.fit(model, events, seed=number, **settings)
        chance = posterior["attribution"]["mean"].sel(actor=actors).values[hidden]
        place = [actors.index(name) for name in actor[hidden]]
        found[block == number] = -np.log(np.clip(chance[np.arange(len(hidden)), place], LEAST, 1))
    return [round(float(value), 4) for value in found]


def lethal(table: pd.DataFrame) -> str:
    """How many of the unclaimed attacks killed anybody: those nobody named, and those that were named."""
    silent = table[~table["claimed"]]
    parts = [silent[(silent["actor"] != "") == named] for named in (False, True)]
    unnamed, named = (f"{(part['killed'] > 0).mean():.3f} of {len(part)}" for part in parts)
    return f"unclaimed attacks that killed: {unnamed} that nobody named, {named} that were named"


def compared(scores: dict[str, list[float]]) -> pd.DataFrame:
    """Mean log score of each treatment, and its difference to the two that have no law, with standard errors."""
    values = {name: np.array(own) for name, own in scores.items()}
    rows = {}
    for name, own in values.items():
        row: dict[str, float] = {"attacks": len(own), "log score": own.mean()}
        for other in (LABELS, NONE):
            if other in values:
                gap = own - values[other]
                row |= {f"- {other}": gap.mean(), f"s.e. ({other})": gap.std() / len(gap) ** 0.5}
        rows[name] = row
    return pd.DataFrame(rows).T


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--countries", nargs="+", default=list(COUNTRIES))
    parser.add_argument("--laws", nargs="+", choices=list(LAWS), default=list(LAWS))
    parser.add_argument("--blocks", type=int, default=4)
    for name, value in (("draws", 200), ("tune", 300), ("chains", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    if not options.data.exists():
        sys.exit(f"Nothing was measured: the incidents are not at {options.data.name}; give --data.")
    settings = {name: getattr(options, name) for name in ("draws", "tune", "chains")}
    kept = json.loads(options.json.read_text()) if options.json.exists() else {}
    for country in options.countries:
        table, scores = attacks(options.data, country), kept.setdefault(country, {})
        for law in options.laws:
            if law not in scores:
                scores[law] = score(table, law, options.blocks, settings)
                options.json.write_text(json.dumps(kept))
                print(country, law, round(float(np.mean(scores[law])), 4), flush=True)
        print(f"{country}: {lethal(table)}\n{compared(scores).round(3).to_string()}", flush=True)


if __name__ == "__main__":
    main()

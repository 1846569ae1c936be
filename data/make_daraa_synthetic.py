"""Write the synthetic Daraa tables: about 2,000 simulated events whose margins agree with `daraa_published.csv`.

Nobody in them exists and nothing in them happened. Settings (when, where, what kind of target) are drawn to the
published totals; who did it, who claims it and what monitors say is drawn by the library's own simulator, as it was in
version 0.1.0: its law of sources is another now, so that the tables were not drawn from the law that is fitted to them.
With version 0.1.0 installed, run it from anywhere:

    python data/make_daraa_synthetic.py
"""

from pathlib import Path

import numpy as np
import pandas as pd

import attribution as at

HERE = Path(__file__).parent
SEED = 2022

ACTORS = ("IS", "regime security", "Iran-backed cells", "local factions", "criminal")
RANKS = ("civilian", "local official", "rank and file", "officer or commander", "senior figure")

# start, end, operations, killed, injured; of the killed so many of one affiliation. The totals of 2020, 2021, 2022 and
# of July 2018 to September 2021 are published; how they split over the other spans, and 2023, are assumptions.
SPANS = (
    ("2018-07-01", "2019-12-31", 300, 173, 110, None),
    ("2020-01-01", "2020-10-31", 340, 222, 85, None),
    ("2020-11-01", "2020-11-30", 36, 24, 9, ("ex-opposition fighter", 18)),
    ("2020-12-01", "2020-12-31", 33, 23, 8, None),
    ("2021-01-01", "2021-09-30", 375, 243, 100, None),
    ("2021-10-01", "2021-10-31", 44, 28, 12, None),
    ("2021-11-01", "2021-11-30", 45, 30, 12, ("ex-opposition fighter", 9)),
    ("2021-12-01", "2021-12-31", 44, 28, 11, None),
    ("2022-01-01", "2022-12-31", 388, 313, 120, ("civilian", 222)),
    ("2023-01-01", "2023-12-31", 395, 300, 120, None),
)
AREAS = {"west": 0.62, "east": 0.295, "city": 0.08, "north": 0.005}
METHODS = {"direct fire": 401 / 508, "explosive device": 56 / 508, "grenade": 20 / 508, "other": 31 / 508}
CENTRES = {"west": (32.78, 35.95), "east": (32.72, 36.28), "city": (32.62, 36.10), "north": (33.05, 36.10)}
PLACES = {"west": 12, "east": 9, "city": 4, "north": 2}
AFFILIATIONS = ("civilian", "ex-opposition fighter", "army or security", "other armed")
RANKS_OF = {
    "civilian": (0.82, 0.18, 0.0, 0.0, 0.0),
    "ex-opposition fighter": (0.0, 0.0, 0.72, 0.22, 0.06),
    "army or security": (0.0, 0.0, 0.70, 0.26, 0.04),
    "other armed": (0.0, 0.0, 0.85, 0.12, 0.03),
}
SILENCE = ("2022-08-06", "2023-04-05")
BUNDLE = {
    "claimant": "IS",
    "start": "2022-07-01",
    "end": "2023-01-31",
    "area": "",
    "count": 34,
    "kind": "operations",
}

# source and kind: how often it speaks, how often it is right
VOICES = {
    "monitor A | accusation": (0.60, 0.80),
    "monitor B | accusation": (0.02, 0.85),
    "monitor C | accusation": (0.25, 0.75),
    "state media | accusation": (0.12, 0.55),
    "IS channel | denial": (0.02, 0.80),
    "detention video | confession": (0.04, 0.70),
}
PROPENSITY = {
    "IS": 0.42,
    "regime security": 0.002,
    "Iran-backed cells": 0.004,
    "local factions": 0.03,
    "criminal": 0.002,
}
FALSE_CLAIM = {
    "IS": 0.02,
    "regime security": 0.001,
    "Iran-backed cells": 0.002,
    "local factions": 0.004,
    "criminal": 0.0005,
}
BASELINE = {
    "IS": 0.5,
    "regime security": 0.3,
    "Iran-backed cells": 0.3,
    "local factions": 0.3,
    "criminal": -0.5,
    "unlisted": -0.9,
}


def model() -> at.Model:
    """The model the world is drawn from."""
    return at.Model(
        actors=ACTORS,
        activity=[
            at.Baseline(),
            at.TargetRank(),
            at.Location(),
            at.Timing(),
            at.Category("target_affiliation"),
        ],
        evidence=[at.Claim(), at.Statements(voices=tuple(VOICES))],
    )


def settings(rng: np.random.Generator) -> pd.DataFrame:
    """Events without actors: dates, areas, methods, targets and casualties to the published totals."""
    table = pd.concat([span(rng, *row) for row in SPANS], ignore_index=True).sort_values(
        "date", ignore_index=True
    )
    year = table["date"].str[:4]
    table["area"], table["method"] = "", ""
    for rows in table.groupby(year).indices.values():
        table.loc[rows, "area"] = quota(rng, len(rows), AREAS)
        table.loc[rows, "method"] = quota(rng, len(rows), METHODS)
    number = np.array([rng.integers(1, PLACES[area] + 1) for area in table["area"]])
    table["place"] = [f"{area} {n:02d}" for area, n in zip(table["area"], number, strict=True)]
    sites = {f"{area} {n:02d}": site(rng, area) for area in PLACES for n in range(1, PLACES[area] + 1)}
    table["latitude"], table["longitude"] = zip(*(sites[place] for place in table["place"]), strict=True)
    table["location_precision"] = "place"
    table["target_rank"] = [rng.choice(RANKS, p=RANKS_OF[kind]) for kind in table["target_affiliation"]]
    return coarsen(table, rng)


def span(
    rng: np.random.Generator,
    start: str,
    end: str,
    operations: int,
    killed: int,
    injured: int,
    quota_killed: tuple[str, int] | None,
) -> pd.DataFrame:
    """Events of one span of time."""
    days = pd.date_range(start, end)
    date = np.sort(rng.choice(days, operations))
    deaths = np.zeros(operations, dtype=int)
    deaths[rng.choice(operations, killed, replace=False)] = 1
    wounds = np.zeros(operations, dtype=int)
    np.add.at(wounds, rng.choice(operations, injured), 1)
    affiliation = np.array([rng.choice(AFFILIATIONS, p=mix(day)) for day in date], dtype=object)
    if quota_killed is not None:
        label, count = quota_killed
        dead = rng.permutation(np.flatnonzero(deaths))
        others = [kind for kind in AFFILIATIONS if kind != label]
        affiliation[dead[:count]] = label
        affiliation[dead[count:]] = rng.choice(others, len(dead) - count, p=[0.5, 0.35, 0.15])
    text = pd.Series(pd.to_datetime(date)).dt.strftime("%Y-%m-%d")
    return pd.DataFrame(
        {"date": text, "target_affiliation": affiliation, "killed": deaths, "injured": wounds}
    )


def mix(day: np.datetime64) -> list[float]:
    """Affiliations of targets on a day: former opposition fighters give way to civilians."""
    when = (pd.Timestamp(day) - pd.Timestamp("2020-11-15")).days / 365
    fighters = float(np.interp(when, [0, 1, 2], [0.72, 0.32, 0.15]))
    civilians = float(np.interp(when, [0, 1, 2], [0.10, 0.40, 0.66]))
    rest = 1 - fighters - civilians
    return [civilians, fighters, 0.75 * rest, 0.25 * rest]


def quota(rng: np.random.Generator, count: int, shares: dict[str, float]) -> np.ndarray:
    """``count`` labels in the stated shares, as exactly as whole numbers allow, in random order."""
    exact = np.array(list(shares.values())) * count
    whole = np.floor(exact).astype(int)
    whole[np.argsort(whole - exact)[: count - whole.sum()]] += 1
    return rng.permutation(np.repeat(list(shares), whole))


def site(rng: np.random.Generator, area: str) -> tuple[float, float]:
    """Coordinates of an invented place."""
    latitude, longitude = CENTRES[area]
    return round(latitude + rng.normal(0, 0.06), 2), round(longitude + rng.normal(0, 0.06), 2)


def coarsen(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Some dates known to the month, some ranks and places missing, some labels known or half known."""
    count = len(table)
    monthly = rng.random(count) < 0.04
    table["date"] = np.where(monthly, table["date"].str[:7], table["date"])
    table["date_precision"] = np.where(monthly, "month", "day")
    table.loc[rng.random(count) < 0.06, "target_rank"] = ""
    unplaced = rng.random(count) < 0.05
    table.loc[unplaced, ["place", "location_precision"]] = ["", "area"]
    table.loc[unplaced, ["latitude", "longitude"]] = np.nan
    draw = rng.random(count)
    table["perpetrator"] = np.where(draw < 0.10, "IS", "")
    table["candidates"] = np.where((draw >= 0.10) & (draw < 0.14), "regime security|Iran-backed cells", "")
    table["event_id"] = [f"syn-{i + 1:04d}" for i in range(count)]
    return table


def log_odds(probability: list[float]) -> np.ndarray:
    """Log-odds of probabilities."""
    p = np.array(probability)
    return np.log(p / (1 - p))


def raw_accuracy(voices: list[str], accuracy: np.ndarray) -> np.ndarray:
    """Raw values at which voices have these log-odds of being right, at a standard deviation of 1 between them.

    `Statements` puts the mean of the voices of a kind at 1.5 plus the root of one more than their number times the
    mean of their raw values.
    """
    kinds = np.array([voice.rpartition(" | ")[2] for voice in voices])
    raw = accuracy.copy()
    for kind in set(kinds):
        own = kinds == kind
        raw[own] += (accuracy[own].mean() - 1.5) / np.sqrt(own.sum() + 1) - accuracy[own].mean()
    return raw


def parameters() -> dict[str, object]:
    """Values that are set; every other parameter is drawn from its prior."""
    voices = sorted(VOICES)
    speak, accuracy = (log_odds([VOICES[voice][i] for voice in voices]) for i in (0, 1))
    baseline = np.array(list(BASELINE.values()))
    return {
        "baseline_effect": baseline - baseline.mean(),
        "target_rank_sd": 0.8, "location_area_sd": 0.6, "location_place_sd": 0.4, "location_distance_sd": 0.5,
        "timing_sd": 0.8, "category_target_affiliation_sd": 0.8,
        "claim_propensity": log_odds([PROPENSITY[a] for a in ACTORS]),
        "claim_rank_sd": 0.3, "claim_time_sd": 0.3, "claim_false": np.log([FALSE_CLAIM[a] for a in ACTORS]),
        "statements_speak": speak, "statements_selective_sd": 0.3,
        "statements_accuracy_sd": 1.0, "statements_accuracy_raw": raw_accuracy(voices, accuracy),
    }  # fmt: skip


def main() -> None:
    """Draw the world and write its tables."""
    rng = np.random.default_rng(SEED)
    events = at.read_events(settings(rng), ranks=RANKS, actors=ACTORS)
    world = at.simulate(model(), events, seed=SEED, parameters=parameters())
    table, statements = at.to_frame(world), at.to_frame(world, "statements")
    truth = table.pop("true_actor")
    day = table["date"].astype(str).str[:10]
    silent = (table["claimed_by"] == "IS") & (day >= SILENCE[0]) & (day <= SILENCE[1])
    table.loc[silent, "claimed_by"] = ""
    dated = (table["claimed_by"] != "") & (table["date_precision"] == "day")
    delay = pd.to_timedelta(rng.geometric(0.5, len(table)) - 1, "D")
    said = (
        (pd.to_datetime(table["date"]) + delay).clip(upper=pd.Timestamp("2023-12-31")).dt.strftime("%Y-%m-%d")
    )
    table["claim_date"] = said.where(dated, "")
    table = table.astype({"killed": int, "injured": int}).assign(observed_until="2023-12-31", synthetic="yes")
    write(table, "daraa_synthetic.csv")
    write(statements.assign(synthetic="yes"), "daraa_synthetic_statements.csv")
    write(pd.DataFrame([BUNDLE | {"synthetic": "yes"}]), "daraa_synthetic_bundles.csv")
    hidden = pd.DataFrame({"event_id": table["event_id"], "true_actor": truth, "synthetic": "yes"})
    write(hidden, "daraa_synthetic_truth.csv")


def write(table: pd.DataFrame, name: str) -> None:
    """One table beside this file."""
    table.to_csv(HERE / name, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()

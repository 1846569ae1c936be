"""pandera (lazy validation) against plain pandas and against `read_events`, on 200,000 events.

Run: `python benchmarks/validation_library.py` in an environment that also has pandera (`pip install pandera`); it is
not a dependency. Each import is timed in a fresh process, each validation as the best of three.

The same 17 rules for both: unique ids, ISO dates, ranges of coordinates and counts, choices, actors, labels without
surrounding blanks, and two between columns (a claim has a claimant and is not before the event). `read_events` does
more: its other rules, parsing of numbers and dates, the dataset, the hash.
"""

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from attribution import DataError, read_events

ACTORS = ["IS", "regime security", "local factions", "criminal", ""]
PRECISIONS = ["exact", "place", "area", ""]
SEED = 2022


def events(size: int, bad: int) -> pd.DataFrame:
    """Synthetic events, ``bad`` of them with a latitude of 95, an unknown actor and a claim before the event."""
    rng = np.random.default_rng(SEED)
    days = np.datetime64("2018-01-01") + rng.integers(0, 1500, size).astype("timedelta64[D]")
    frame = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in range(size)],
            "date": days.astype(str),
            "area": rng.choice(["Tafas", "Jasim", "Inkhil"], size),
            "latitude": rng.uniform(32.4, 33.2, size).round(4),
            "longitude": rng.uniform(35.8, 36.7, size).round(4),
            "location_precision": rng.choice(PRECISIONS, size),
            "target_rank": rng.choice(["1 civilian", "2 fighter", "3 commander"], size),
            "method": rng.choice(["shooting", "IED"], size),
            "killed": rng.integers(0, 4, size),
            "injured": rng.integers(0, 4, size),
            "perpetrator": rng.choice(ACTORS, size),
            "claimed_by": rng.choice(["IS", ""], size),
        }
    )
    frame["claim_date"] = frame["date"].where(frame["claimed_by"] == "IS", "")
    broken = rng.choice(size, bad, replace=False)
    frame.loc[broken, ["latitude", "perpetrator"]] = [95.0, "ISS"]
    frame.loc[broken, ["claimed_by", "claim_date"]] = ["IS", "2017-12-31"]
    return frame


def by_pandas(frame: pd.DataFrame) -> pd.DataFrame:
    """Every broken rule, one row a cell."""
    rules = [
        ("event_id", frame["event_id"].duplicated(), "unique"),
        ("date", ~frame["date"].str.fullmatch(r"\d{4}-\d{2}-\d{2}"), "ISO"),
        *((column, ~frame[column].between(-limit, limit), "range") for column, limit in LIMITS.items()),
        *((column, frame[column] < 0, "not negative") for column in ("killed", "injured")),
        *((column, ~frame[column].isin(choices), "choice") for column, choices in CHOICES.items()),
        *((column, frame[column] != frame[column].str.strip(), "no blanks") for column in LABELS),
        *((column, ~rule(frame), "between columns") for column, rule in BETWEEN.items()),
    ]
    found = [
        pd.DataFrame(
            {"row": np.flatnonzero(bad) + 1, "column": column, "value": frame[column][bad], "rule": rule}
        )
        for column, bad, rule in rules
        if bad.any()
    ]
    return pd.concat(found) if found else pd.DataFrame()


LIMITS = {"latitude": 90, "longitude": 180}
CHOICES = {"location_precision": PRECISIONS, "perpetrator": ACTORS, "claimed_by": ["IS", ""]}
BETWEEN = {
    "claimed_by": lambda frame: (frame["claim_date"] == "") | (frame["claimed_by"] != ""),
    "claim_date": lambda frame: (frame["claim_date"] == "") | (frame["claim_date"] >= frame["date"]),
}
LABELS = ["event_id", "area", "target_rank", "method", "perpetrator", "claimed_by"]


def by_pandera() -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The same rules as a pandera schema, checked lazily."""
    import pandera.pandas as pa

    def column(name: str) -> pa.Column:
        checks = []
        if name in LIMITS:
            checks.append(pa.Check.in_range(-LIMITS[name], LIMITS[name]))
        if name in ("killed", "injured"):
            checks.append(pa.Check.ge(0))
        if name in CHOICES:
            checks.append(pa.Check.isin(CHOICES[name]))
        if name in LABELS:
            checks.append(pa.Check(lambda values: values == values.str.strip(), name="no blanks"))
        if name == "date":
            checks.append(pa.Check.str_matches(r"^\d{4}-\d{2}-\d{2}$"))
        return pa.Column(checks=checks, unique=name == "event_id")

    between = [pa.Check(rule, name=f"between columns: {name}") for name, rule in BETWEEN.items()]
    schema = pa.DataFrameSchema({name: column(name) for name in events(1, 0).columns}, checks=between)

    def validate(frame: pd.DataFrame) -> pd.DataFrame:
        try:
            schema.validate(frame, lazy=True)
        except pa.errors.SchemaErrors as error:
            return error.failure_cases
        return pd.DataFrame()

    return validate


def by_read_events(frame: pd.DataFrame) -> pd.DataFrame:
    """All rules of the library, conversion and hash."""
    try:
        read_events(frame, actors=[actor for actor in ACTORS if actor])
    except DataError as error:
        return error.problems
    return pd.DataFrame()


def import_seconds(module: str) -> float:
    """Seconds that an import adds to an interpreter that has pandas: the best of three processes."""
    code = f"import pandas, time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    return min(float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(3))


def seconds(validate: Callable[[pd.DataFrame], pd.DataFrame], frame: pd.DataFrame) -> tuple[float, int]:
    """Seconds, the best of three, and the number of problems found."""
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        found = len(validate(frame))
        best = min(best, time.perf_counter() - start)
    return best, found


def main() -> None:
    """Print the table."""
    lines = [f"import pandera.pandas on top of pandas: {import_seconds('pandera.pandas'):.2f} s"]
    validators = {"plain pandas": by_pandas, "pandera, lazy": by_pandera(), "read_events": by_read_events}
    for bad in (0, 500, 20_000, 200_000):
        frame = events(200_000, bad)
        for name, validate in validators.items():
            took, found = seconds(validate, frame)
            lines.append(f"{bad:7,} bad rows   {name:14} {took:6.2f} s   {found:9,} problems reported")
    print("\n".join(lines))


if __name__ == "__main__":
    main()

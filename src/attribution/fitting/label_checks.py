"""Checks of how labels came about: several from one investigation, or only where something is recorded.

Both look at which killings are labelled and not at whose label it is, and neither needs the fit.
"""

from __future__ import annotations

import json

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import hypergeom

from attribution.arrays import Array
from attribution.compute.random_numbers import Stream
from attribution.errors import Check
from attribution.events.candidates import from_claims, incidents
from attribution.fitting.check_records import at_least

Flags = NDArray[np.bool_]
Index = NDArray[np.int64]
NEAR = np.timedelta64(7, "D")
"""Killings of one area are near each other that are at most so far apart in time."""
DEALT, CHANCE = 199, 0.01
"""How often labels are dealt anew, and how rarely as many may be near each other by chance."""
FEWEST = 10
"""Labels below which nothing is said of how they came about."""
SELDOM, EMPTY = 0.5, 0.05
"""How seldom killings with an empty cell may be labelled, beside others, where they are this part of the open ones."""


def found_labels(posterior: xr.DataTree) -> list[Check]:
    """Whether labels stand together, and whether they exist where a column is empty; none where there are too few."""
    events = posterior["constant_data"].to_dataset()
    if "perpetrator" not in events:
        return []
    known = (events["perpetrator"].values.astype(str) != "") & ~from_claims(events)
    if known.sum() < FEWEST or known.all():
        return []
    return [
        *together(events, known, posterior.attrs["seed"]),
        *withheld(events, known, json.loads(posterior.attrs["model"])["activity"]),
    ]


def together(events: xr.Dataset, known: Flags, seed: int) -> list[Check]:
    """Whether labelled killings are near each other more often than labels dealt within area, year and kind would be.

    The join count of Knox (1964), doi:10.2307/2985220, of labelled pairs: one investigation that explains a campaign
    labels all of it. Killings of one incident count once; days that are not known exactly are left out.
    """
    _, first = incidents(events)
    exact = events["date_precision"].values.astype(str) == "day" if "date_precision" in events else True
    chosen = np.zeros(len(known), dtype=bool)
    chosen[first] = True
    chosen &= exact
    day, label = events["date"].values[chosen].astype("datetime64[D]"), known[chosen]
    if label.sum() < FEWEST or label.all():
        return []
    area = codes(events["area"].values[chosen] if "area" in events else np.zeros(len(day)))
    kind = events.attrs.get("kind_column", "")
    strata = [area, codes(day.astype("datetime64[Y]"))]
    strata += [codes(events[kind].values[chosen])] if kind in events else []
    order = np.lexsort((day, area))
    rank = (area * 2_000_000 + (day - day.min()).astype(np.int64))[order]
    last = np.searchsorted(rank, rank + NEAR.astype(np.int64), side="right")
    joined = codes(strata)[order]
    recorded = pairs(label[order], last)
    rng = np.random.default_rng([seed, Stream.LABELS])
    dealt = [pairs(deal(label[order], joined, rng), last) for _ in range(DEALT)]
    chance = (1 + sum(count >= recorded for count in dealt)) / (DEALT + 1)
    return [
        at_least(
            "labels one by one",
            float(chance),
            CHANCE,
            f"{recorded} pairs of labelled killings lie within {NEAR.astype(int)} days of each other in one area, "
            f"{np.mean(dealt):.0f} would by chance: chance of as many",
            "Labels seem to come several at a time, as when one arrest explains a campaign: they are fewer "
            "observations than they look, and intervals are too narrow. Give the killings that one investigation "
            "explained one `incident`: together they count as one.",
        )
    ]


def codes(values: Array | list[Index]) -> Index:
    """Whole numbers from 0 for distinct values, or distinct rows of several columns."""
    table = np.stack(values, axis=1) if isinstance(values, list) else np.asarray(values)
    code: Index = np.unique(table, axis=0, return_inverse=True)[1]
    return code.reshape(-1)


def pairs(label: Flags, last: Index) -> int:
    """Pairs of labelled events, each with the ones after it up to the end of its window."""
    before = np.concatenate([[0], np.cumsum(label)])
    return int((before[last] - before[1:])[label].sum())


def deal(label: Flags, strata: Index, rng: np.random.Generator) -> Flags:
    """As many labels in each stratum, on others of its events."""
    order = np.lexsort((rng.random(len(label)), strata))
    dealt = np.empty_like(label)
    dealt[order] = label[np.argsort(strata, kind="stable")]
    return dealt


def withheld(events: xr.Dataset, known: Flags, activity: list[dict[str, str]]) -> list[Check]:
    """Whether killings whose cell is empty are labelled too, in each column that the activity rests on."""
    columns = {"TargetRank": "target_rank", "Location": "area"}
    used = {str(part.get("column", columns.get(part["component"], ""))) for part in activity}
    rate, least = np.inf, ""
    for column in sorted(used & set(map(str, events.data_vars))):
        empty = empty_cells(events[column].values)
        if (empty & ~known).sum() < EMPTY * (~known).sum() or not empty.any() or empty.all():
            continue
        total, labelled, both = len(known), int(known.sum()), int((empty & known).sum())
        own = float(both / empty.sum() / (known[~empty].mean() or np.nan))
        if hypergeom.cdf(both, total, labelled, int(empty.sum())) < CHANCE and own < rate:
            rate, least = own, column
    if not least:
        return []
    return [
        at_least(
            "labels where a cell is empty",
            rate,
            SELDOM,
            f"Killings without {least} are labelled, as a part of how often the others are",
            f"What an empty {least} says of who did it cannot be learnt: the fit takes it for saying nothing, and "
            f"shares are wrong where cells are empty for one actor's killings more than for another's. Label some of "
            f"them, or leave them out (select) and publish shares of the killings whose {least} is recorded.",
        )
    ]


def empty_cells(values: NDArray[np.generic]) -> Flags:
    """Cells in which nothing stands."""
    return np.isnan(values) if values.dtype.kind == "f" else values.astype(str) == ""

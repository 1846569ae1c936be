"""`match_events`: which records of two lists are of one killing (Fellegi and Sunter 1969)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.special import expit, logit

from attribution.arrays import Array
from attribution.errors import AttributionError, nearest
from attribution.events.candidates import check_events
from attribution.events.matching.agreement import (
    LENGTHS,
    LEVELS,
    MISSING,
    SAME,
    Index,
    compare,
    distances,
    near_pairs,
    window_gaps,
)

PRIOR = {4: (0.80, 0.12, 0.06, 0.02), 3: (0.85, 0.11, 0.04), 2: (0.9, 0.1)}
"""What two records of one killing look like before any list is seen: probabilities of the levels, best first."""
INSIDE = 0.95
"""How often the day of a killing lies inside the window that another list gives it, before any list is seen."""
WEIGHT = 20.0
"""Pairs that the prior counts for."""
REFERENCE = 200
"""Least number of pairs that are surely different killings, from which chance agreement is learnt."""


def match_events(
    first: xr.Dataset,
    second: xr.Dataset,
    *,
    days: int = 3,
    threshold: float = 0.5,
    review: float = 0.05,
    also: Sequence[str] = (),
) -> pd.DataFrame:
    """Pairs of records of two lists that may be of one killing, each with its probability.

    Pairs no more than ``days`` apart are compared by date, place, number killed and target rank. Agreement by chance is
    learnt from pairs a little further apart, which are different killings; what records of one killing look like,
    and how many there are, by expectation and maximisation; fields count as independent given match or not. Each record
    is matched at most once, so that the sum of the log odds is largest. Who did it is never compared: that is what the
    lists are to be witnesses of.

    Parameters
    ----------
    first, second
        The lists, as `read_events` or another reader returns them. No list may hold a killing twice.
    days
        Most days between two records of one killing.
    threshold
        Least probability of a match.
    review
        Least probability of a pair that is listed.
    also
        Further columns of text both lists have, compared as same or different (`method`, `target_affiliation`).

    Returns
    -------
    pandas.DataFrame
        One row a pair, most probable first: `first` and `second` (event ids), `probability`, `matched`, the level of
        agreement of each field (empty where it cannot be compared) and `distance_km`. For a person to review: change
        `matched` and give the table to `combine`. `attrs` holds what was learnt.

    Raises
    ------
    AttributionError
        Settings that cannot be used, or a column that a list does not have.

    Examples
    --------
    >>> import attribution as at
    >>> one = pd.DataFrame({"event_id": ["a", "b"], "date": ["2021-03-17", "2021-03-18"], "area": ["Tafas", "Nawa"]})
    >>> other = pd.DataFrame({"event_id": ["x", "y"], "date": ["2021-03-17", "2021-03-25"], "area": ["طفس", "نوى"]})
    >>> pairs = at.match_events(at.read_events(one), at.read_events(other))
    >>> pairs[["first", "second"]].values.tolist()
    [['a', 'x']]

    References
    ----------
    Fellegi, I. P. and Sunter, A. B. (1969). A theory for record linkage. Journal of the American Statistical
    Association 64, 1183-1210. doi:10.1080/01621459.1969.10501049
    """
    check(first, second, days, threshold, review, also)
    pairs = near_pairs(first, second, -1, days)
    levels = compare(first, second, pairs, also)
    chance = chance_agreement(first, second, days, also)
    prior = standard_prior(levels)
    if "window" in levels:
        prior["window"], chance["window"] = window_agreement(
            levels["window"], window_gaps(first, second, pairs)[1], days
        )
    agreement, prevalence = learn(levels, chance, min(first.sizes["event"], second.sizes["event"]), prior)
    log_odds = weights(levels, agreement, chance) + logit(prevalence)
    matched = one_to_one(pairs, log_odds - logit(threshold))
    shown = {
        "first": first["event"].values[pairs[0]],
        "second": second["event"].values[pairs[1]],
        "probability": expit(log_odds),
        "matched": matched,
    }
    words = {name: np.array([*LEVELS.get(name, SAME), ""])[level] for name, level in levels.items()}
    table = pd.DataFrame(shown | words | {"distance_km": distances(first, second, pairs)})
    table = table[(table["probability"] >= review) | table["matched"]]
    table = table.sort_values("probability", ascending=False, kind="stable", ignore_index=True)
    table.attrs = {
        "prevalence": float(prevalence),
        "match": {name: list(map(float, values)) for name, values in agreement.items()},
        "chance": {name: list(map(float, values)) for name, values in chance.items()},
    }
    return table


def check(
    first: xr.Dataset, second: xr.Dataset, days: int, threshold: float, review: float, also: Sequence[str]
) -> None:
    """Raise `AttributionError` for what cannot be matched."""
    for events in (first, second):
        check_events(events)
        for column in also:
            if column not in events:
                known = [str(name) for name in events.data_vars]
                raise AttributionError(
                    f"match_events(also=...): no column {column!r}.{nearest(column, known)}"
                )
    if not (isinstance(days, int) and days >= 0):
        raise AttributionError(f"match_events(days={days!r}): give a whole number, 0 or more.")
    for name, value in (("threshold", threshold), ("review", review)):
        if not 0 < value < 1:
            raise AttributionError(f"match_events({name}={value!r}): give a probability between 0 and 1.")


def chance_agreement(
    first: xr.Dataset, second: xr.Dataset, days: int, also: Sequence[str]
) -> dict[str, Array]:
    """How often two different killings agree: from pairs a little further apart, or from all where those are few.

    The date is not learnt from them: different killings fall on any day within reach alike.
    """
    pairs = near_pairs(first, second, days, 10 * days + 10)
    if len(pairs[0]) < REFERENCE:
        pairs = near_pairs(first, second, -1, 10**6)
    levels = compare(first, second, pairs, also)
    found = {name: shares(name, level, np.ones(len(level)), prior=1.0) for name, level in levels.items()}
    spread = np.array([1, 2, 4, max(2 * (days - 3), 0)][: len(LEVELS["date"])], dtype=float)
    spread[1:] *= np.array([days >= 1, days >= 2, days > 3])
    found["date"] = (spread + 1e-3) / (spread + 1e-3).sum()
    return found


def shares(name: str, level: Array, weight: Array, prior: float) -> Array:
    """Shares of the levels among the pairs that can be compared, a little of every level added."""
    count = len(LEVELS.get(name, SAME))
    own = level != MISSING
    total = np.bincount(level[own], weight[own], minlength=count) + prior / count
    return np.asarray(total / total.sum())


def standard_prior(levels: dict[str, Array]) -> dict[str, Array]:
    """What two records of one killing look like before any list is seen, field by field."""
    return {name: np.array(PRIOR[len(LEVELS.get(name, SAME))]) for name in levels}


def window_agreement(level: Array, length: Array, days: int) -> tuple[Array, Array]:
    """How often a day lies inside a window: of two records of one killing, and of two killings by chance.

    Of killings that are within reach of a window of n days at all, n in n + 2 ``days`` fall inside it.
    """
    own = level != MISSING
    sort = np.searchsorted(LENGTHS, length[own], side="left")
    share = np.bincount(sort, minlength=len(LENGTHS) + 1) + 1e-3
    chance = length[own] / (length[own] + 2.0 * days)
    inside = np.bincount(sort, chance, minlength=len(LENGTHS) + 1) + 5e-4
    share, inside = share / share.sum(), inside / share.sum()
    return np.append(INSIDE * share, 1 - INSIDE), np.append(inside, max(1 - inside.sum(), 1e-3))


def learn(
    levels: dict[str, Array], chance: dict[str, Array], most: int, prior: dict[str, Array] | None = None
) -> tuple[dict[str, Array], float]:
    """What records of one killing look like, and the share of such pairs: expectation and maximisation."""
    pairs = len(next(iter(levels.values())))
    prior = standard_prior(levels) if prior is None else prior
    agreement = dict(prior)
    prevalence = 0.5 * most / max(pairs, most)
    for _ in range(200):
        belief = expit(weights(levels, agreement, chance) + logit(prevalence))
        agreement = {name: updated(prior[name], level, belief) for name, level in levels.items()}
        before, prevalence = prevalence, float((belief.sum() + 0.5) / (pairs + 1))
        prevalence = min(prevalence, most / max(pairs, most), 0.999)
        if abs(prevalence - before) < 1e-9:
            break
    return agreement, prevalence


def updated(prior: Array, level: Array, belief: Array) -> Array:
    """Shares of the levels among the matches, the prior counting for a few of them."""
    own = level != MISSING
    total = np.bincount(level[own], belief[own], minlength=len(prior)) + WEIGHT * prior
    return np.asarray(total / total.sum())


def weights(levels: dict[str, Array], agreement: dict[str, Array], chance: dict[str, Array]) -> Array:
    """Log Bayes factor of each pair for being one killing."""
    total = np.zeros(len(next(iter(levels.values()))))
    for name, level in levels.items():
        factor = np.append(np.log(agreement[name] / chance[name]), 0.0)
        total += factor[level]
    return total


def one_to_one(pairs: tuple[Index, Index], gain: Array) -> Array:
    """The pairs of positive gain, each record in one at most, with the largest sum."""
    matched = np.zeros(len(gain), dtype=bool)
    good = np.flatnonzero(gain > 0)
    if not len(good):
        return matched
    rows, columns = pairs[0][good], pairs[1][good]
    size = int(rows.max()) + 1
    graph = coo_matrix(
        (np.ones(len(good)), (rows, size + columns)), shape=(size + int(columns.max()) + 1,) * 2
    )
    part = connected_components(graph, directed=False)[1][rows]
    order = np.argsort(part, kind="stable")
    for own in np.split(order, np.flatnonzero(np.diff(part[order])) + 1):
        row, i = np.unique(rows[own], return_inverse=True)
        column, j = np.unique(columns[own], return_inverse=True)
        table, at = np.zeros((len(row), len(column))), np.full((len(row), len(column)), -1)
        table[i, j], at[i, j] = gain[good[own]], good[own]
        chosen = at[linear_sum_assignment(table, maximize=True)]
        matched[chosen[chosen >= 0]] = True
    return matched

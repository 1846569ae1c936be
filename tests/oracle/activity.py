"""Activity terms: log-odds of each actor for one event."""

# ruff: noqa: ARG001  (all terms take the same arguments, and so do all laws)

import itertools
import math

import numpy as np

from oracle.bases import distance, distance_basis, walk_basis, weighted_walk_basis
from oracle.world import MISSING, STEPS, coordinates, dates, months


def baseline(term, world, event, p):
    return p["baseline_effect"]


def category(term, world, event, p):
    name = f"category_{term['column']}"
    values = sorted({other[term["column"]] or MISSING for other in world.events})
    return level_effect(p, name, values, event[term["column"]] or MISSING)


def level_effect(p, name, levels, value):
    """sd times the raw effect of a level; nothing where the level was not fitted."""
    raw = p[f"{name}_raw"]
    return p[f"{name}_sd"] * raw[levels.index(value)] if value in levels else np.zeros(raw.shape[-1])


def covariate(term, world, event, p):
    def number(other):
        return math.log(1 + float(other[term["column"]])) if term["log"] else float(other[term["column"]])

    name = f"covariate_{term['column']}"
    slope, missing = p[f"{name}_raw"]
    if event[term["column"]] == "":
        return p[f"{name}_sd"] * missing
    known = np.array([number(other) for other in world.events if other[term["column"]] != ""])
    spread = math.sqrt(np.mean((known - known.mean()) ** 2)) or 1.0
    return p[f"{name}_sd"] * slope * (number(event) - known.mean()) / spread


def rank_basis(world, event):
    """Basis functions of the target's rank; a missing rank has one of its own if any was missing in the fit."""
    basis = walk_basis(len(world.ranks), 30)
    row = basis[world.ranks.index(event["target_rank"])] if event["target_rank"] else np.zeros(basis.shape[1])
    if any(other["target_rank"] == "" for other in world.events):
        row = np.append(row, 1.0 if event["target_rank"] == "" else 0.0)
    return row


def target_rank(term, world, event, p):
    return combine(p["target_rank_sd"], rank_basis(world, event), p["target_rank_raw"])


def combine(sd, basis, raw):
    """sd times the sum over basis functions, for each actor."""
    return np.array([sd * sum(b * u for b, u in zip(basis, column, strict=True)) for column in raw.T])


def time_weight(world, period=None):
    """Length of a period in months, the first period, and how much each matters: half its events, half its time."""
    first = min(months(other)[0] for other in world.events)
    last = max(months(other)[1] for other in world.events)
    coarse = float(np.median([months(other)[1] - months(other)[0] + 1 for other in world.events]))
    steps = [step for step in STEPS.values() if step >= coarse and last // step - first // step + 1 <= 400]
    step = STEPS[period] if period else (steps[0] if steps else 12)
    count = last // step - first // step + 1
    weight = [1 / (2 * count)] * count
    labels = [other.get("incident") or other["event_id"] for other in world.events]
    for other, label in zip(world.events, labels, strict=True):
        own = 1 / (labels.count(label) * len(set(labels)))  # killings of one incident count as one
        weight[sum(months(other)) // 2 // step - first // step] += own / 2
    return step, first // step, weight


def time_basis(world, event, rank, period=None):
    """Basis functions of the event's time: their average over the periods it may have happened in."""
    step, start, weight = time_weight(world, period)
    basis = weighted_walk_basis(weight, rank)
    inside = [min(max(month // step - start, 0), len(basis) - 1) for month in range(*plus(months(event)))]
    return np.mean([basis[i] for i in sorted(set(inside))], axis=0)


def plus(pair):
    return pair[0], pair[1] + 1


def timing(term, world, event, p):
    by, rank = term["by"], term["rank"]
    basis = time_basis(world, event, rank or (40 if by is None else 8), term["period"])
    if by is None:
        return combine(p["timing_sd"], basis, p["timing_raw"])
    groups = sorted({other[by] for other in world.events} - {""})
    if event[by] not in groups:
        return np.zeros(len(world.actors))
    return combine(p[f"timing_{by}_sd"], basis, p[f"timing_{by}_raw"][groups.index(event[by])])


def location(term, world, event, p):
    total = level_effect(
        p, "location_area", sorted({e["area"] or MISSING for e in world.events}), event["area"] or MISSING
    )
    places = sorted({(e["area"], e["place"]) for e in world.events if e["place"]})
    if len(places) > len({area for area, _ in places}):
        labels = [f"{area} / {place}" for area, place in places]
        total = total + level_effect(
            p, "location_place", labels, f"{event['area']} / {event['place']}" if event["place"] else ""
        )
    knots = sorted({coordinates(e) for e in world.events} - {None})
    if term["distance_sd"] > 0 and len(knots) > 1 and coordinates(event):
        furthest = max(distance(a, b) for a, b in itertools.combinations(knots, 2))
        basis = distance_basis(coordinates(event), knots, term["length_km"] or furthest / 4)
        total = total + combine(p["location_distance_sd"], basis, p["location_distance_raw"])
    return total


def active_period(term, world, event, p):
    """Nothing, or never; dates are compared as text, an open or imprecise end by what sorts before or after all."""
    first, last = dates(event)
    found = np.zeros(len(world.actors))
    for k, actor in enumerate(world.actors):
        start, end = dict(term["spans"]).get(actor, (None, None))
        if last < (start or "") or first > (end or "") + "~":
            found[k] = -1e30
    return found


TERMS = {
    "ActivePeriod": active_period,
    "Baseline": baseline,
    "Category": category,
    "Covariate": covariate,
    "Location": location,
    "TargetRank": target_rank,
    "Timing": timing,
}

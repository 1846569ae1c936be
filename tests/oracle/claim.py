"""Claims: the probability of one outcome given one actor."""

import itertools
import math
from datetime import date
from functools import cache

import numpy as np
from scipy.special import expit

from oracle.activity import rank_basis, time_basis
from oracle.world import MISSING, UNLISTED, as_number, days_of


def claim_shift(p, name, basis, k):
    """Shift of claimant k: sd times the sum over basis functions of what all share and what is its own."""
    raw = p[f"{name}_raw"][:, k]
    common = p.get(f"{name}_common", np.zeros(len(raw)))
    return p[f"{name}_sd"] * sum(b * (m + v) for b, m, v in zip(basis, common, raw, strict=True))


def slope_basis(world, event, column):
    """The standardised number and whether it is missing."""
    found = [as_number(world, other, column) for other in world.events]
    known = np.array([value for value in found if value is not None])
    spread = math.sqrt(np.mean((known - known.mean()) ** 2)) or 1.0
    value = as_number(world, event, column)
    return [0.0, 1.0] if value is None else [(value - known.mean()) / spread, 0.0]


def one_hot(world, event, column):
    values = sorted({other[column] or MISSING for other in world.events})
    return [float(value == (event[column] or MISSING)) for value in values]


def share_inside(event, span):
    """Share of the event's days that lie in a window."""
    if span.get("area") and span["area"] != event["area"]:
        return 0.0
    days = days_of(event)
    return sum(span["start"] <= day.isoformat() <= span["end"] for day in days) / len(days)


def any_claim(law, world, event, p):
    """Probability that somebody claims the event, by the end of observation, whoever did it."""
    logit = p["claim_any"]
    if "claim_rank_sd" in p:
        logit += p["claim_rank_sd"] * np.dot(rank_basis(world, event), p["claim_rank_raw"])
    if "claim_time_sd" in p:
        logit += p["claim_time_sd"] * np.dot(time_basis(world, event, 8), p["claim_time_raw"])
    for column in law["by"]:
        name = f"claim_by_{column}"
        logit += p[f"{name}_sd"] * np.dot(one_hot(world, event, column), p[f"{name}_raw"])
    for column in law["slope"]:
        name = f"claim_slope_{column}"
        logit += p[f"{name}_sd"] * np.dot(slope_basis(world, event, column), p[f"{name}_raw"])
    names = sorted({span["name"] for span in world.contexts})
    for span in world.contexts:
        logit += p["claim_context_mean"][names.index(span["name"])] * share_inside(event, span)
    if not any(other.get("observed_until") for other in world.events):
        return expit(logit)
    typical = {"claim_delay": [p["claim_delay_mean"]], "claim_delay_shape": p["claim_delay_shape"]}
    return expit(logit) * claim_by(law, world, event, typical, 0)


def all_claims(law, world, event, p, actor):
    """Probability of what all claimants did, if `actor` did it."""
    chance = math.prod(
        claim(law, world, event, p, j, claim_outcome(event, j), actor) for j in world.claimants
    )
    if law["silence"] == "full":
        return chance
    return chance * somebody_factor(law, world, event, p, actor, any_claim(law, world, event, p))


def somebody_factor(law, world, event, p, actor, somebody):
    """What it changes that somebody claims with a stated probability; all patterns of claimants are summed."""
    flag = flag_chance(law, world, event, p, actor)
    return (somebody if event["claimed_by"] else 1 - somebody) / flag


def flag_chance(law, world, event, p, actor):
    """Probability that somebody claims, or that nobody does, as it was, if `actor` did it; all patterns are summed."""
    seen = [claim_seen(law, world, event, p, j, actor) for j in world.claimants]
    patterns = itertools.product((False, True), repeat=len(seen))
    mass = [math.prod(c if yes else 1 - c for c, yes in zip(seen, own, strict=True)) for own in patterns]
    return sum(mass[1:]) if event["claimed_by"] else mass[0]


def any_prior_mean(p):
    """Log-odds that somebody claims a killing by an actor drawn evenly, shifts aside."""
    own, false = expit(p["claim_propensity"]), expit(p["claim_false"])
    nobody = np.mean(
        [(1 - own[k]) * math.prod(1 - f for j, f in enumerate(false) if j != k) for k in range(len(own))]
    )
    return math.log((1 - nobody) / nobody)


def claim_seen(law, world, event, p, j, actor):
    """Probability that claimant `j`, independent of the others, has claimed by the end of observation."""
    comes = expit(claim_odds(law, world, event, p, j, actor))
    late = any(other.get("observed_until") for other in world.events)
    return comes * claim_by(law, world, event, p, world.claimants.index(j)) if late else comes


def claim_odds(law, world, event, p, j, actor):
    """Log-odds that claimant `j` comes to claim the event if `actor` did it."""
    k = world.claimants.index(j)
    logit = p["claim_false"][k]
    if j == actor:
        logit = p["claim_propensity"][k]
    if j == actor and law["silence"] == "full":
        if "claim_rank_sd" in p:
            logit += claim_shift(p, "claim_rank", rank_basis(world, event), k)
        if "claim_time_sd" in p:
            logit += claim_shift(p, "claim_time", time_basis(world, event, 8), k)
        for column in law["by"]:
            logit += claim_shift(p, f"claim_by_{column}", one_hot(world, event, column), k)
        for column in law["slope"]:
            logit += claim_shift(p, f"claim_slope_{column}", slope_basis(world, event, column), k)
    if j != actor:
        for column in law["false_slope"]:
            logit += np.dot(p[f"claim_false_{column}"], slope_basis(world, event, column))
    names = sorted({span["name"] for span in world.contexts})
    for span in world.contexts:
        logit += p["claim_context"][names.index(span["name"])][k] * share_inside(event, span)
    return logit


def delay_chances(law, world, p, k):
    """Probability that claimant `k` claims so many days after the killing, from none to the longest."""
    said = [e for e in world.events if e.get("claim_date")]
    late = [(date.fromisoformat(e["claim_date"]) - days_of(e)[0]).days for e in said]
    longest = law["longest_delay"] or max([365, *late])
    scale = math.exp(p["claim_delay"][k])
    return delays(scale, math.exp(p["claim_delay_shape"]), longest)


@cache
def delays(scale, shape, longest):
    """Probability of each delay from none to the longest."""
    later = [1.0 / (1.0 + (t / scale) ** shape) for t in range(longest + 2)]
    whole = [before - after for before, after in itertools.pairwise(later)]
    return [mass / sum(whole) for mass in whole]


def claim_by(law, world, event, p, k, day=None):
    """Probability that a claim of claimant `k` comes on a day, or by the end of observation, by summing over days."""
    killed, chance = days_of(event), delay_chances(law, world, p, k)
    if day is not None:
        delay = [(date.fromisoformat(day) - each).days for each in killed]
        return np.mean([chance[t] if 0 <= t < len(chance) else 0.0 for t in delay])
    if not event.get("observed_until"):
        return 1.0
    watched = [(date.fromisoformat(event["observed_until"]) - each).days for each in killed]
    return np.mean([sum(chance[: days + 1]) if days >= 0 else 0.0 for days in watched])


def claim(law, world, event, p, j, outcome, actor):
    """Probability that `j` is `silent`, `denies`, `claims`, or claims on a day (its date), if `actor` did it."""
    k = world.claimants.index(j)
    late = any(other.get("observed_until") for other in world.events)
    comes = expit(claim_odds(law, world, event, p, j, actor))
    if outcome not in ("silent", "denies"):
        day = None if outcome == "claims" else outcome
        return comes * claim_by(law, world, event, p, k, day) if late else comes
    quiet = 1 - (comes * claim_by(law, world, event, p, k) if late else comes)
    if "denied_by" not in world.events[0]:
        return quiet
    if j == UNLISTED:
        return 0.0 if outcome == "denies" else quiet
    denies = expit(p["claim_denial"][k] + (p["claim_denial_own"] if j == actor else 0.0))
    return quiet * (denies if outcome == "denies" else 1 - denies)


def claim_outcome(event, j):
    """What a claimant did, as the table says it."""
    if j in event["claimed_by"].split("|"):
        return (event.get("observed_until") is not None and event.get("claim_date")) or "claims"
    return "denies" if j in event.get("denied_by", "").split("|") else "silent"

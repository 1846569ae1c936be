"""Counts of many events at once, by enumeration."""

import itertools
import math
from datetime import date

from scipy.special import expit
from scipy.stats import poisson

from oracle.claim import share_inside
from oracle.likelihood import labelled


def bundle_law(world):
    return next(law for law in world.model["evidence"] if law["component"] == "Bundles")


def bundles_used(world):
    kinds = bundle_law(world)["kinds"]
    return [bundle for bundle in world.bundles if not kinds or bundle["kind"] in kinds]


def bundler(world, bundle):
    used = {other["claimant"] for other in bundles_used(world)}
    return [actor for actor in world.actors if actor in used].index(bundle["claimant"])


def bundle_options(world, event, p, actor):
    """What an event by `actor` may count towards, each with its probability: a bundle's position, or None."""
    found = []
    for b, bundle in enumerate(bundles_used(world)):
        singly = bundle["claimant"] in event["claimed_by"].split("|")
        if bundle["claimant"] == actor and (bundle_law(world)["singly_claimed"] or not singly):
            counted = expit(p["bundles_counted"][bundler(world, bundle)])
            found.append((counted * share_inside(event, bundle), b))
    return [(1 - sum(chance for chance, _ in found), None), *found]


def bundle_probability(world, p, actors):
    """Probability of all counts, given who did each event: a sum over what every event may count towards."""
    total = 0.0
    options = [bundle_options(world, event, p, k) for event, k in zip(world.events, actors, strict=True)]
    for choice in itertools.product(*options):
        chance = math.prod(probability for probability, _ in choice)
        for b, bundle in enumerate(bundles_used(world)):
            days = (date.fromisoformat(bundle["end"]) - date.fromisoformat(bundle["start"])).days + 1
            rate = math.exp(p["bundles_over"][bundler(world, bundle)]) * days / 30
            chance *= poisson.pmf(int(bundle["count"]) - sum(b == own for _, own in choice), rate)
        total += chance
    return total


def with_bundles(world, p):
    """Probability of each assignment of actors to all events together with everything observed."""
    own, found = labelled(world, p), {}
    for assignment in itertools.product(range(len(world.actors)), repeat=len(world.events)):
        chance = math.prod(own[e, k] for e, k in enumerate(assignment))
        if chance:
            found[assignment] = chance * bundle_probability(world, p, [world.actors[k] for k in assignment])
    return found

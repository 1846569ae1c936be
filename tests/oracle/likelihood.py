"""Tables, likelihood and attribution; every assignment enumerated."""

import itertools
import math

import numpy as np
from scipy.special import softmax

from oracle.activity import TERMS
from oracle.claim import all_claims, flag_chance
from oracle.identification import identification, word
from oracle.scene import checkpoint, scene
from oracle.sponsorship import sponsors_probability
from oracle.statements import statements_probability
from oracle.world import candidates


def law_probability(law, world, event, p, actor, statements):
    """Probability of all that one law says about one event if `actor` did it."""
    if law["component"] == "Claim":
        return all_claims(law, world, event, p, actor)
    if law["component"] == "Scene":
        return scene(law, world, event, p, actor)
    if law["component"] == "Checkpoint":
        return checkpoint(law, event, p, actor)
    if law["component"] == "Sponsorship":
        return sponsors_probability(law, world, event, p, actor, statements)
    if law["component"] == "Identification":
        return identification(law, world, event, p, word(law, world, event), actor)
    return statements_probability(law, world, event, p, actor, statements)


def name_of(component):
    names = {"ActivePeriod": "active_period", "TargetRank": "target_rank"}
    names |= {"Category": f"category_{component.get('column')}"}
    names |= {"Covariate": f"covariate_{component.get('column')}"}
    if component["component"] == "Timing" and component["by"]:
        return f"timing_{component['by']}"
    return names.get(component["component"], component["component"].lower())


def tables(world, p, events=None, statements=None):
    """Log-odds or log probability of each component for each event, ``(event, actor)``, by its name."""
    events = world.events if events is None else events
    statements = world.statements if statements is None else statements
    found = {}
    for term in world.model["activity"]:
        found[name_of(term)] = np.stack([TERMS[term["component"]](term, world, e, p) for e in events])
    for law in conditional(world):
        flags = [[flag_chance(law, world, e, p, k) for k in world.actors] for e in events]
        found["claim_mix"] = np.log(flags)
    for law in [law for law in world.model["evidence"] if law["component"] != "Bundles"]:
        chance = [[law_probability(law, world, e, p, k, statements) for k in world.actors] for e in events]
        with np.errstate(divide="ignore"):  # what a known sponsor rules out
            found[name_of(law)] = np.log(chance)
    return found


def conditional(world):
    """The law of claims, where claimed and unclaimed killings each have their own mix of actors."""
    laws = [law for law in world.model["evidence"] if law["component"] == "Claim"]
    return [law for law in laws if law["silence"] != "full"]


def joint(world, p):
    """P(actor and what was observed) of each event, label aside, ``(event, actor)``."""
    found, active = tables(world, p), mix(world, p)
    laws = [name_of(law) for law in world.model["evidence"] if name_of(law) in found]
    return active * np.exp(sum((found[name] for name in laws), np.zeros_like(active)))


def mix(world, p):
    """P(actor) of each event by its setting, and by whether anybody claims it where that is a setting."""
    found = tables(world, p)
    terms = [*map(name_of, world.model["activity"]), *["claim_mix"] * len(conditional(world))]
    return softmax(sum(found[name] for name in terms), axis=1)


def labelled(world, p):
    """The same, zero for actors who are not candidates."""
    mask = [[actor in candidates(world, event) for actor in world.actors] for event in world.events]
    return joint(world, p) * np.array(mask)


def log_likelihood(world, p):
    """Log marginal likelihood of each event, ``(event,)``."""
    return np.log(labelled(world, p).sum(axis=1))


def weight(world, event):
    """One over the number of events of the same incident; nothing for an event that only its claim records."""
    if event.get("only_claimed"):
        return 0.0
    if not event["incident"]:
        return 1.0
    return 1 / sum(other["incident"] == event["incident"] for other in world.events)


def attribution(world, p):
    """Probability that each actor did each event, by Bayes' rule, ``(event, actor)``."""
    together = labelled(world, p)
    return together / together.sum(axis=1, keepdims=True)


def enumerated_likelihood(world, p):
    """Likelihood as a sum over every assignment of an actor to every event."""
    together = joint(world, p)
    allowed = [candidates(world, event) for event in world.events]
    total = 0.0
    for assignment in itertools.product(range(len(world.actors)), repeat=len(world.events)):
        if all(world.actors[k] in may for k, may in zip(assignment, allowed, strict=True)):
            total += math.prod(together[e, k] for e, k in enumerate(assignment))
    return total

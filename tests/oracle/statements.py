"""Statements: the probability of what one voice said given one actor."""

import math

import numpy as np
from scipy.special import expit

from oracle.world import UNLISTED, days_of


def voices(law, world):
    """Source and kind of those who speak, and of those said to watch in silence."""
    silent = [tuple(voice.split(" | ")) for voice in law["voices"]]
    speak = [(s["source"], s["kind"]) for s in world.statements if s.get("role") != "sponsor"]
    return sorted({*silent, *speak})


def watch(world, event, source):
    """Probability that a source watched when and where an event happened: one where no coverage of it is stated."""
    rows = [row for row in world.coverage if row["source"] == source]
    if not rows:
        return 1.0
    known = [e["area"] for e in world.events if e["area"]]
    areas = {event["area"]: 1.0} if event["area"] else {a: known.count(a) / len(known) for a in known}
    total, days = 0.0, days_of(event)
    for area, weight in areas.items():
        for day in days:
            seen = any(
                row["start"] <= day.isoformat() <= row["end"] and row["area"] in ("", area) for row in rows
            )
            total += weight * seen / len(days)
    return total


def statement(law, world, event, p, voice, outcome, actor, holder="", origin=None, original=None):
    """Probability that the voice names `outcome` (`""`: nobody) if `actor` did it.

    `holder` holds the prisoner that confesses; `origin` is what the statement said that this one repeats (None: it
    states none), `original` what the source said that this one copies ("" or None: nothing).
    """
    v, k = voices(law, world).index(voice), world.actors.index(actor)
    speaks = expit(
        p["statements_speak"][v] + p["statements_selective_sd"] * p["statements_selective_raw"][v, k]
    )
    names = {j: named(law, world, p, voice, j, actor, holder) for j in world.actors}
    if origin:  # a stated repeat has spoken
        c = expit(p["statements_repeat"])
        return c * (outcome == origin) + (1 - c) * names.get(outcome, 0.0)
    alone = speaks * names[outcome] if outcome else 1 - speaks
    claimant = event.get("claimed_by", "")
    if "statements_echo" in p and voice in reporters(law, world) and claimant in world.actors:
        c = expit(p["statements_echo"][reporters(law, world).index(voice)])
        alone = c * (outcome == claimant) + (1 - c) * alone
    if original and origin is None:
        c = expit(p["statements_copy"][copiers(law, world).index(voice)])
        alone = c * (outcome == original) + (1 - c) * alone
    q = watch(world, event, voice[0]) if world.coverage else 1.0
    return q * alone + (1 - q) * (outcome == "")


def named(law, world, p, voice, outcome, actor, holder):
    """Probability that the voice names `outcome` if it speaks and `actor` did it."""
    source, denies = voice[0], voice[1] == "denial"
    v = voices(law, world).index(voice)
    ally, delta, kappa = dict(law["allegiance"]).get(source), 0.0, 0.0
    if ally:
        i = [name for name, _ in law["allegiance"]].index(source)
        delta = (
            p["statements_allegiance_mean"]
            + p["statements_allegiance_sd"] * p["statements_allegiance_raw"][i]
        )
    if holder:
        i = world.actors.index(holder)
        kappa = p["statements_coercion_mean"] + p["statements_coercion_sd"] * p["statements_coercion_raw"][i]
    knows = accuracy(law, p, "statements", [kind for _, kind in voices(law, world)], v)
    knows -= kappa + (delta if ally == actor else 0.0)
    if actor == UNLISTED and not denies:
        knows = p["statements_knows_unlisted"][namers(law, world).index(voice)]
    knows = expit(knows)
    guess = habit(law, world, p, voice, ally, -delta if denies else delta, holder, kappa)
    if not denies:
        return knows * (outcome == actor) + (1 - knows) * guess[outcome]
    spared = 0.0 if outcome == actor else guess[outcome] / sum(guess[j] for j in guess if j != actor)
    return knows * spared + (1 - knows) * guess[outcome]


def habit(law, world, p, voice, ally, delta, holder, kappa):
    """Probability of each actor that a voice names which does not know."""
    v, (_, how) = voices(law, world).index(voice), voice
    kind = sorted({kind for _, kind in voices(law, world)}).index(how)
    weight, listed = {}, [name for name in world.actors if name != UNLISTED]
    for j, name in enumerate(listed):
        own = 0.0
        if len(listed) > 1:  # else there is nobody else to name
            own = p["statements_blame"][kind][j] + p["statements_habit_sd"] * p["statements_habit_raw"][v][j]
        weight[name] = math.exp(own - (delta if name == ally else 0.0) - (kappa if name == holder else 0.0))
    says = 0.0
    if UNLISTED in world.actors:
        says = -9.0 if how == "denial" else p["statements_says_unlisted"][namers(law, world).index(voice)]
        says = expit(says)
    total = sum(weight.values())
    found = {name: (1 - says) * own / total for name, own in weight.items()}
    return found | ({UNLISTED: says} if UNLISTED in world.actors else {})


def namers(law, world):
    """Voices that may name somebody unlisted."""
    return [voice for voice in voices(law, world) if voice[1] != "denial"]


def reporters(law, world):
    """Voices that may repeat a claim."""
    return [voice for voice in voices(law, world) if voice[1] in ("accusation", "finding")]


def accuracy(law, p, name, kinds, v):
    """Log-odds that voice `v` is right: normal around a mean of its kind, which is normal too.

    The mean of the voices of a kind is one coordinate (the sum of their raw values over the root of their number, a
    standard normal), their departures from it the others.
    """
    sd, raw = p[f"{name}_accuracy_sd"], p[f"{name}_accuracy_raw"]
    own = [z for z, kind in zip(raw, kinds, strict=True) if kind == kinds[v]]
    spread = math.sqrt(law["accuracy_mean_sd"] ** 2 + sd**2 / len(own))
    middle = law["accuracy_mean"] + spread * sum(own) / math.sqrt(len(own))
    return middle + sd * (raw[v] - sum(own) / len(own))


def raw_accuracy(log_odds, kinds, sd, mean=1.0, mean_sd=0.5):
    """Raw values at which the voices, of these kinds, are right with these log-odds: the inverse of `accuracy`."""
    raw = np.empty(len(kinds))
    for kind in set(kinds):
        own = [v for v, other in enumerate(kinds) if other == kind]
        middle = sum(log_odds[v] for v in own) / len(own)
        shift = (middle - mean) / math.sqrt(len(own) * mean_sd**2 + sd**2)
        for v in own:
            raw[v] = (log_odds[v] - middle) / sd + shift
    return raw


def copiers(law, world):
    """Voices that copy: those of a copying source in a kind in which its original speaks."""
    there, copies = voices(law, world), dict(law["copies"])
    return [(source, kind) for source, kind in there if (copies.get(source), kind) in there]


def origin_of(said, statement):
    """The statement that this one repeats: of the same kind, or else the only one of its sort."""
    by = [
        s
        for s in said
        if s["source"] == statement["origin"] and (s["kind"] == "denial") == (statement["kind"] == "denial")
    ]
    return next((s for s in by if s["kind"] == statement["kind"]), by[0])


def statements_probability(law, world, event, p, actor, statements):
    """Probability of all that the voices said of one event if `actor` did it: summed over whose work it looks like."""
    if not law["lookalikes"]:
        return statements_given(law, world, event, p, actor, statements)
    chance = looks_like(world, p, actor)
    return sum(
        chance[seen] * statements_given(law, world, event, p, seen, statements) for seen in world.actors
    )


def looks_like(world, p, actor):
    """Probability of whose work a killing by an actor looks like, by name."""
    raw, sd = p["statements_lookalike_raw"][world.actors.index(actor)], p["statements_lookalike_sd"]
    weight = {
        name: 1.0 if name == actor else math.exp(p["statements_lookalike_mean"] + sd * raw[k])
        for k, name in enumerate(world.actors)
    }
    return {name: own / sum(weight.values()) for name, own in weight.items()}


def statements_given(law, world, event, p, actor, statements):
    """Probability of all that the voices said of one event that looks like the work of `actor`."""
    said = [s for s in statements if s["event_id"] == event["event_id"] and s.get("role") != "sponsor"]
    product = 1.0
    for voice in voices(law, world):
        own = [s for s in said if (s["source"], s["kind"]) == voice]
        words = own[0] if own else {"actor": ""}
        origin = origin_of(said, words)["actor"] if words.get("origin") else None
        first = (dict(law["copies"]).get(voice[0]), voice[1])
        original = [s["actor"] for s in said if (s["source"], s["kind"]) == first]
        product *= statement(
            law, world, event, p, voice, words["actor"], actor, words.get("held_by"), origin, *original
        )
    return product

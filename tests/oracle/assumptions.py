"""Likelihoods under other assumptions."""

from oracle.claim import claim, flag_chance
from oracle.likelihood import conditional, labelled, mix, name_of
from oracle.statements import statement, voices
from oracle.world import World, candidates


def assumed(world, p, kind, about, value):
    """P(actor and what was observed, label included) of each event under another assumption, ``(event, actor)``.

    `claims`: of killings whose perpetrator is open, the odds that `about` claims its own are `value` times as high.
    `identification`: among open killings the odds of `about` are `value` times what they are elsewhere.
    `component`, `source`: left out.
    """
    if kind == "component":
        rest = {
            side: [c for c in world.model[side] if name_of(c) != about] for side in ("activity", "evidence")
        }
        return labelled(World(world.model | rest, world.events, world.statements, world.ranks), p)
    found, active = labelled(world, p), mix(world, p)
    for e, event in enumerate(world.events):
        if len(candidates(world, event)) == 1 and kind != "source":
            continue
        moved = [factor(world, p, event, actor, kind, about, value) for actor in world.actors]
        found[e] *= moved
        if kind == "identification" or (kind == "claims" and conditional(world)):
            found[e] /= active[e] @ moved
    return found


def factor(world, p, event, actor, kind, about, value):
    """What the assumption multiplies the probability of one event given one actor by."""
    if kind == "source":
        law = next(law for law in world.model["evidence"] if law["component"] == "Statements")
        heard = 1.0
        for voice in voices(law, world):
            if voice[0] == about:
                said = [
                    s["actor"]
                    for s in world.statements
                    if (s["source"], s["kind"]) == voice and s["event_id"] == event["event_id"]
                ]
                heard *= statement(law, world, event, p, voice, said[0] if said else "", actor)
        return 1 / heard
    if actor != about:
        return 1.0
    if kind == "identification":
        return value
    law = next(law for law in world.model["evidence"] if law["component"] == "Claim")
    own = law["silence"] == "full"
    if own:
        silent = 1 - claim(law, world, event, p, about, "claims", actor)
    else:
        flag = flag_chance(law, world, event, p, actor)
        silent = 1 - flag if event["claimed_by"] else flag
    odds = value * (1 - silent) / silent
    moved = 1 / (1 + odds)
    claimed = about in event["claimed_by"].split("|") if own else event["claimed_by"]
    return (1 - moved) / (1 - silent) if claimed else moved / silent

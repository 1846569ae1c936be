"""What was seen of the killers, and passing unhindered, given one actor."""

import math

from scipy.special import expit, softmax


def scene(law, world, event, p, actor):
    """Probability of what was seen if `actor` did it: over whose signature was shown, one for all columns."""
    total = 0.0
    weight = {j: math.exp(w) for j, w in zip(world.actors, p["scene_target"], strict=True)}
    staging = expit(p["scene_staging"][world.actors.index(actor)])
    for d, shown in enumerate(world.actors):
        chance = 1 - staging
        if shown != actor:
            chance = staging * weight[shown] / sum(weight[j] for j in world.actors if j != actor)
        for column in law["columns_seen"]:
            empty = "(empty)" if law["empty_is_a_value"] else ""
            levels = sorted({other[column] for other in world.events} - {""}) + [empty] * bool(empty)
            seen = event[column] or empty
            if seen:
                logits = p[f"scene_{column}_base"] + p[f"scene_{column}_sd"] * p[f"scene_{column}_raw"][:, d]
                chance *= softmax(logits)[levels.index(seen)]
        total += chance
    return total


def checkpoint(law, event, p, actor):
    """Probability of having passed unhindered, or not, at the post there was."""
    holder, passed = event[law["holder"]], event[law["unhindered"]]
    if not passed:
        return 1.0
    friend = actor == holder or actor in dict(law["allies"]).get(holder, ())
    chance = expit(p["checkpoint_other"] + p["checkpoint_own"] * friend)
    return chance if passed == "yes" else 1 - chance

"""Whether anybody was identified, given one actor."""

from scipy.special import expit

from oracle.world import MISSING, candidates


def identification(law, world, event, p, outcome, actor):
    """Probability that the event is `outcome`: "identified", "partly" or "not", if `actor` did it."""
    bloc = [dict(law["blocs"]).get(name, name) for name in world.actors]
    k, stages = list(dict.fromkeys(bloc)).index(bloc[world.actors.index(actor)]), []
    for stage in range(len(p["identification_mean"])):
        logit = p["identification_mean"][stage]
        if stage == 0 and actor in dict(law["offset"]):
            logit += dict(law["offset"])[actor]
        else:
            logit += p["identification_sd"][stage] * p["identification_raw"][stage, k]
        for column in law["by"]:
            levels = sorted({other[column] or MISSING for other in world.events})
            if (event[column] or MISSING) in levels:
                raw = p[f"identification_{column}_raw"][stage, levels.index(event[column] or MISSING)]
                logit += p[f"identification_{column}_sd"][stage] * raw
        stages.append(expit(logit))
    if outcome == "identified":
        return stages[0]
    partly = stages[1] if len(stages) > 1 else 0.0
    return (1 - stages[0]) * (partly if outcome == "partly" else 1 - partly)


def word(law, world, event):
    """Whether an event is identified, by its label or by the column that says it."""
    if law["column"]:
        return event[law["column"]]
    left = len(candidates(world, event))
    return "identified" if left == 1 else "partly" if left < len(world.actors) else "not"

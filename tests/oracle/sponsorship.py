"""Who ordered or paid, given who did it."""

import numpy as np
from scipy.special import expit

from oracle.statements import accuracy, watch
from oracle.world import UNLISTED


def sponsor_pairs(law, world):
    """Executor, sponsor and number of every link, executors in the model's order; `none` comes first."""
    given = {executor: dict(pairs) for executor, pairs in law["links"]}
    everybody = sorted({s for pairs in given.values() for s in pairs} - {"none"})
    given.setdefault(UNLISTED, dict.fromkeys(["none", *everybody], 1.0))
    return [(k, s, number) for k in world.actors for s, number in given[k].items() if number]


def sponsor_labels(law, world):
    return ["none", *sorted({s for _, s, _ in sponsor_pairs(law, world)} - {"none"})]


def sponsor_chance(law, world, p, executor, sponsor):
    """P(sponsor | executor): the weights of the executor's links, in proportion."""
    own = {
        s: w
        for (k, s, _), w in zip(sponsor_pairs(law, world), p["sponsorship_weight"], strict=True)
        if k == executor
    }
    return own.get(sponsor, 0.0) / sum(own.values())


def sponsor_voices(law, world):
    silent = [tuple(voice.split(" | ")) for voice in law["voices"]]
    return sorted(
        {*silent, *((s["source"], s["kind"]) for s in world.statements if s.get("role") == "sponsor")}
    )


def sponsor_statement(law, world, p, voice, outcome, sponsor):
    """Probability that the voice names `outcome` (`""`: nobody) as the sponsor if it was `sponsor`."""
    heard, labels = sponsor_voices(law, world), sponsor_labels(law, world)
    v, i, kinds = heard.index(voice), labels.index(sponsor), [kind for _, kind in heard]
    speaks = expit(
        p["sponsorship_speak"][v] + p["sponsorship_selective_sd"] * p["sponsorship_selective_raw"][v, i]
    )
    if outcome == "":
        return 1 - speaks
    itself = expit(accuracy(law, p, "sponsorship", kinds, v))
    itself = 1 - itself if voice[1] == "denial" else itself
    if outcome == sponsor:
        return speaks * itself
    weight = dict(
        zip(labels, np.exp(p["sponsorship_blame"][sorted(set(kinds)).index(voice[1])]), strict=True)
    )
    return speaks * (1 - itself) * weight[outcome] / sum(w for s, w in weight.items() if s != sponsor)


def sponsors_probability(law, world, event, p, actor, statements):
    """Probability of all that is known and said of the sponsor if `actor` did it: a sum over sponsors."""
    return sum(sponsor_joint(law, world, event, p, actor, statements).values())


def sponsor_joint(law, world, event, p, actor, statements):
    """Probability of each sponsor and of all that is known and said of it, if `actor` did it."""
    said = [s for s in statements if s["event_id"] == event["event_id"] and s.get("role") == "sponsor"]
    found = {}
    for sponsor in sponsor_labels(law, world):
        found[sponsor] = sponsor_chance(law, world, p, actor, sponsor)
        found[sponsor] *= event.get("sponsor", "") in ("", sponsor)
        for voice in sponsor_voices(law, world):
            names = [s["actor"] for s in said if (s["source"], s["kind"]) == voice]
            own = sponsor_statement(law, world, p, voice, names[0] if names else "", sponsor)
            q = watch(world, event, voice[0]) if world.coverage else 1.0
            found[sponsor] *= q * own + (1 - q) * (not names)
    return found

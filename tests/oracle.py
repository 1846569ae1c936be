"""The model a second time, apart from the library: loops, NumPy and SciPy, and nothing of ours.

Written from the formulas in the components' docstrings. It takes the model as the dictionary of its JSON
specification, events and statements as lists of dictionaries of text (as a CSV file would give them), and parameters
as a dictionary of arrays by full name. Slow on purpose: one event, one actor, one outcome at a time, nothing merged.
"""

# ruff: noqa: ARG001  (all terms take the same arguments, and so do all laws)

import itertools
import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import scipy.linalg
from scipy.special import expit, softmax
from scipy.stats import gamma, halfnorm, multivariate_normal, norm, poisson

UNLISTED = "unlisted"
MISSING = "(missing)"
STEPS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


@dataclass(frozen=True)
class World:
    """A model and what it was fitted to; `ranks` is the order of the target ranks."""

    model: dict
    events: list
    statements: list = ()
    ranks: list = ()
    contexts: list = ()
    bundles: list = ()

    @property
    def actors(self):
        return [*self.model["actors"], *([] if self.model["closed"] else [UNLISTED])]

    @property
    def claimants(self):
        return [actor for actor in self.actors if actor != UNLISTED]


# ---- bases


def walk_covariance(n):
    """Covariance of a random walk minus its own mean, scaled to an average variance of one."""
    covariance = np.empty((n, n))
    for i, j in itertools.product(range(n), repeat=2):
        covariance[i, j] = min(i, j)  # both share the steps up to the earlier of them
    centred = covariance - covariance.mean(axis=0) - covariance.mean(axis=1)[:, None] + covariance.mean()
    return centred / np.trace(centred) * n


def walk_basis(n, rank):
    """Principal components of that covariance: cosines, whose variances are in closed form.

    The covariance is the pseudo-inverse of the path graph's Laplacian, with eigenvalues 2 - 2 cos(pi k / n).
    """
    basis = np.zeros((n, max(n - 1, 0)))
    variance = np.array([1 / (2 - 2 * math.cos(math.pi * k / n)) for k in range(1, n)])
    for k, i in itertools.product(range(1, n), range(n)):
        cosine = math.sqrt(2 / n) * math.cos(math.pi * k * (i + 0.5) / n)
        basis[i, k - 1] = cosine * math.sqrt(variance[k - 1] * n / variance.sum())
    return basis[:, :rank]


def weighted_walk_covariance(weight):
    """Covariance of a random walk minus its own weighted mean, scaled to a weighted average variance of one."""
    n, total = len(weight), sum(weight)
    walk = [[min(i, j) for j in range(n)] for i in range(n)]
    mean = [sum(w * walk[i][j] for j, w in enumerate(weight)) / total for i in range(n)]
    grand = sum(w * m for w, m in zip(weight, mean, strict=True)) / total
    centred = np.array([[walk[i][j] - mean[i] - mean[j] + grand for j in range(n)] for i in range(n)])
    return centred / sum(w * centred[i, i] / total for i, w in enumerate(weight))


def weighted_walk_basis(weight, rank):
    """Functions that follow that walk best on weighted average, as the modes of a string with masses.

    The walk's precision is the Laplacian L of the path graph, so that they solve L f = masses f / variance, and the
    constant, whose variance is infinite, is left out.
    """
    n, mass = len(weight), np.array(weight) / sum(weight)
    laplacian = np.zeros((n, n))
    for i in range(n - 1):
        laplacian[i : i + 2, i : i + 2] += [[1, -1], [-1, 1]]
    stiffness, modes = scipy.linalg.eigh(laplacian, np.diag(mass))
    variance = 1 / stiffness[1:]
    basis = modes[:, 1:] * np.sqrt(variance / variance.sum())
    return (basis * np.where(basis[0] < 0, -1, 1))[:, :rank]


def distance(here, there):
    """Great-circle distance in km by the angle between two vectors from the centre of a sphere of 6371 km."""
    vectors = []
    for latitude, longitude in (here, there):
        a, b = math.radians(latitude), math.radians(longitude)
        vectors.append(np.array([math.cos(a) * math.cos(b), math.cos(a) * math.sin(b), math.sin(a)]))
    return 6371.0 * math.atan2(np.linalg.norm(np.cross(*vectors)), float(np.dot(*vectors)))


def matern_covariance(points, others, length):
    """Matérn 3/2."""
    covariance = np.empty((len(points), len(others)))
    for i, j in itertools.product(range(len(points)), range(len(others))):
        scaled = math.sqrt(3) * distance(points[i], others[j]) / length
        covariance[i, j] = (1 + scaled) * math.exp(-scaled)
    return covariance


def distance_weights(knots, length):
    """Weights of the Nyström basis: the components that hold 99 % of the variance at the knots, at most 20.

    Scaled to an average variance of one at the knots, whatever was cut; each function is positive at the first knot.
    """
    values, vectors = np.linalg.eigh(matern_covariance(knots, knots, length))
    order = np.argsort(values)[::-1]
    kept, held = [], 0.0
    for i in order[:20]:
        kept.append(i)
        held += values[i]
        if held >= 0.99 * values.sum():
            break
    scale = math.sqrt(len(knots) / sum(values[i] for i in kept))
    return np.stack(
        [scale * math.copysign(1, vectors[0, i]) * vectors[:, i] / math.sqrt(values[i]) for i in kept], axis=1
    )


def distance_basis(point, knots, length):
    return (matern_covariance([point], knots, length) @ distance_weights(knots, length))[0]


# ---- activity terms: log-odds of each actor for one event


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


def months(event):
    """First and last month the event may have happened in, counted from year 0."""
    year, month = int(event["date"][:4]), int(event["date"][5:7] or 1)
    written = {4: "year", 7: "month", 10: "day"}[len(event["date"])]
    precision = event["date_precision"] or written
    if precision == "year":
        return year * 12, year * 12 + 11
    return year * 12 + month - 1, year * 12 + month - 1


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


def coordinates(event):
    if event["latitude"] == "" or event["location_precision"] == "area":
        return None
    return float(event["latitude"]), float(event["longitude"])


def dates(event):
    """First and last day the event may have happened on, as text."""
    first, last = months(event)
    precision = event["date_precision"] or {4: "year", 7: "month", 10: "day"}[len(event["date"])]
    if precision == "day":
        return event["date"], event.get("date_last") or event["date"]
    return f"{first // 12:04}-{first % 12 + 1:02}-01", f"{last // 12:04}-{last % 12 + 1:02}-31"


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

# ---- evidence laws: probability of one outcome given one actor


def claim_shift(p, name, basis, k):
    """Shift of claimant k: sd times the sum over basis functions of what all share and what is its own."""
    raw = p[f"{name}_raw"][:, k]
    common = p.get(f"{name}_common", np.zeros(len(raw)))
    return p[f"{name}_sd"] * sum(b * (m + v) for b, m, v in zip(basis, common, raw, strict=True))


def as_number(world, event, column):
    """A number of an event as claims see it: counts as logs, a rank as its position; None where missing."""
    if event[column] == "":
        return None
    if column == "target_rank":
        return float(world.ranks.index(event[column]))
    return math.log(1 + float(event[column])) if column in ("killed", "injured") else float(event[column])


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


def days_of(event):
    """Every day on which the event may have happened."""
    first, last = months(event)
    precision = event.get("date_precision") or {4: "year", 7: "month", 10: "day"}[len(event["date"])]
    if precision == "day":
        return [date.fromisoformat(event["date"])]
    end = date(last // 12 + (last % 12 == 11), (last + 1) % 12 + 1, 1)
    return [date(first // 12, first % 12 + 1, 1) + timedelta(i) for i in range(400)][
        : (end - date(first // 12, first % 12 + 1, 1)).days
    ]


def share_inside(event, span):
    """Share of the event's days that lie in a window."""
    if span.get("area") and span["area"] != event["area"]:
        return 0.0
    days = days_of(event)
    return sum(span["start"] <= day.isoformat() <= span["end"] for day in days) / len(days)


def claim_odds(law, world, event, p, j, actor):
    """Log-odds that claimant `j` comes to claim the event if `actor` did it."""
    k = world.claimants.index(j)
    logit = p["claim_false"][k]
    if j == actor:
        logit = p["claim_propensity"][k]
        if "claim_rank_sd" in p:
            logit += claim_shift(p, "claim_rank", rank_basis(world, event), k)
        if "claim_time_sd" in p:
            logit += claim_shift(p, "claim_time", time_basis(world, event, 8), k)
        for column in law["by"]:
            logit += claim_shift(p, f"claim_by_{column}", one_hot(world, event, column), k)
        for column in law["slope"]:
            logit += claim_shift(p, f"claim_slope_{column}", slope_basis(world, event, column), k)
    else:
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
    denies = expit(p["claim_denial"][k] + (p["claim_denial_own"] if j == actor else 0.0))
    return quiet * (denies if outcome == "denies" else 1 - denies)


def claim_outcome(event, j):
    """What a claimant did, as the table says it."""
    if j in event["claimed_by"].split("|"):
        return (event.get("observed_until") is not None and event.get("claim_date")) or "claims"
    return "denies" if j in event.get("denied_by", "").split("|") else "silent"


def voices(law, world):
    """Source and kind of those who speak, and of those said to watch in silence."""
    silent = [tuple(voice.split(" | ")) for voice in law["voices"]]
    speak = [(s["source"], s["kind"]) for s in world.statements if s.get("role") != "sponsor"]
    return sorted({*silent, *speak})


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
    if original and origin is None:
        c = expit(p["statements_copy"][copiers(law, world).index(voice)])
        return c * (outcome == original) + (1 - c) * alone
    return alone


def named(law, world, p, voice, outcome, actor, holder):
    """Probability that the voice names `outcome` if it speaks and `actor` did it."""
    v, (source, how) = voices(law, world).index(voice), voice
    kind = sorted({kind for _, kind in voices(law, world)}).index(how)
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
    right = accuracy(law, p, "statements", [kind for _, kind in voices(law, world)], v)
    if how == "denial":  # right is to name another; an ally is denied more
        right, delta = -right, -delta
    itself = expit(right - kappa - (delta if ally == actor else 0.0))
    if outcome == actor:
        return itself
    weight = {}
    for j, b in zip(world.actors, p["statements_blame"][kind], strict=True):
        weight[j] = math.exp(b - (delta if j == ally else 0.0) - (kappa if j == holder else 0.0))
    return (1 - itself) * weight[outcome] / sum(weight[j] for j in world.actors if j != actor)


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


def raw_accuracy(log_odds, kinds, sd, mean=1.5, mean_sd=1.0):
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
    """Probability of all that the voices said of one event if `actor` did it."""
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
            found[sponsor] *= sponsor_statement(law, world, p, voice, names[0] if names else "", sponsor)
    return found


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


def law_probability(law, world, event, p, actor, statements):
    """Probability of all that one law says about one event if `actor` did it."""
    if law["component"] == "Claim":
        done = [claim(law, world, event, p, j, claim_outcome(event, j), actor) for j in world.claimants]
        return math.prod(done)
    if law["component"] == "Scene":
        return scene(law, world, event, p, actor)
    if law["component"] == "Checkpoint":
        return checkpoint(law, event, p, actor)
    if law["component"] == "Sponsorship":
        return sponsors_probability(law, world, event, p, actor, statements)
    if law["component"] == "Identification":
        return identification(law, world, event, p, word(law, world, event), actor)
    return statements_probability(law, world, event, p, actor, statements)


# ---- tables, likelihood, attribution


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
    for law in [law for law in world.model["evidence"] if law["component"] != "Bundles"]:
        chance = [[law_probability(law, world, e, p, k, statements) for k in world.actors] for e in events]
        with np.errstate(divide="ignore"):  # what a known sponsor rules out
            found[name_of(law)] = np.log(chance)
    return found


def candidates(world, event):
    named = event["perpetrator"] or event["candidates"]
    return named.split("|") if named else world.actors


def joint(world, p):
    """P(actor and what was observed) of each event, label aside, ``(event, actor)``."""
    found = tables(world, p)
    log_odds = sum(found[name_of(term)] for term in world.model["activity"])
    laws = [name_of(law) for law in world.model["evidence"] if name_of(law) in found]
    evidence = sum((found[name] for name in laws), np.zeros_like(log_odds))
    return softmax(log_odds, axis=1) * np.exp(evidence)


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


# ---- bundles: counts of many events


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


def bundles_prior(law, p):
    total = normal(p["bundles_counted"], law["counted_mean"], law["counted_sd"])
    return total + normal(p["bundles_over"], law["over_mean"], law["over_sd"])


# ---- priors, on the scale a sampler moves on


def normal(x, mean=0.0, sd=1.0):
    return norm.logpdf(x, mean, sd).sum()


def half_normal(x, scale):
    """Density of x as the size of a number of either sign, a constant left out."""
    return halfnorm.logpdf(x, scale=scale)


def log_half_normal(x, scale):
    """Density of log(x): that of x, times x."""
    return halfnorm.logpdf(x, scale=scale) + math.log(x)


def zero_sum(x, sd, axes):
    """Density on the plane where the last `axes` axes sum to zero: that of normals minus their means."""
    covariance = np.ones((1, 1))
    for size in x.shape[x.ndim - axes :]:
        covariance = np.kron(covariance, np.eye(size) - 1 / size)
    rows = x.reshape(-1, len(covariance))
    plane = multivariate_normal(cov=sd**2 * covariance, allow_singular=True)
    return sum(plane.logpdf(row) for row in rows)


def log_prior(component, p, world):
    """Log density of one component's parameters."""
    kind, name = component["component"], name_of(component)
    if kind == "Baseline":
        return zero_sum(p["baseline_effect"], component["sd"], 1)
    if kind == "Claim":
        return claim_prior(component, p, world)
    if kind == "Bundles":
        return bundles_prior(component, p)
    if kind == "Statements":
        return statements_prior(component, p)
    if kind == "Identification":
        return identification_prior(component, p)
    if kind == "Sponsorship":
        return sponsorship_prior(component, p)
    if kind == "Scene":
        return scene_prior(component, p)
    if kind == "Checkpoint":
        other = normal(p["checkpoint_other"], component["other_mean"], component["other_sd"])
        return other + normal(p["checkpoint_own"], component["own_mean"], component["own_sd"])
    if kind == "Location":
        return sum(
            scaled_prior(p, f"location_{part}", component[f"{part}_sd"], part != "distance")
            for part in ("area", "place", "distance")
            if f"location_{part}_sd" in p
        )
    return scaled_prior(p, name, component["sd"], kind == "Category")


def scaled_prior(p, name, sd, unordered):
    raw = p[f"{name}_raw"]
    return half_normal(p[f"{name}_sd"], sd) + zero_sum(raw, 1.0, 2 if unordered and len(raw) > 1 else 1)


def claims_of(world, actor):
    """Number of events that an actor claims."""
    return sum(actor in event.get("claimed_by", "").split("|") for event in world.events)


def stretch(sd, count):
    """How much of an effect there is in one unit of its coordinate: precisions add up, data's and the prior's."""
    error = max(0.1, 2 / math.sqrt(1 + count))
    return (sd**-2 + error**-2) ** -0.5


def claim_prior(law, p, world):
    total = normal(p["claim_mean"], law["propensity_mean"], law["propensity_mean_sd"])
    total += half_normal(p["claim_sd"], law["propensity_sd"])
    total += normal(p["claim_propensity"], p["claim_mean"], p["claim_sd"])
    total += sum(math.log(stretch(p["claim_sd"], claims_of(world, actor))) for actor in world.claimants)
    total += normal(p["claim_false_mean"], law["false_mean"], law["false_mean_sd"])
    total += normal(p["claim_false"], p["claim_false_mean"], law["false_sd"])
    parts = [("rank", "rank_sd"), ("time", "time_sd")]
    parts += [(f"by_{column}", "by_sd") for column in law["by"]]
    parts += [(f"slope_{column}", "slope_sd") for column in law["slope"]]
    for part, sd in parts:
        if f"claim_{part}_sd" in p:
            total += half_normal(p[f"claim_{part}_sd"], law[sd]) + normal(p[f"claim_{part}_raw"])
            total += normal(p.get(f"claim_{part}_common", np.empty(0)))
    for column in law["false_slope"]:
        total += normal(p[f"claim_false_{column}"], 0.0, law["false_slope_sd"])
    if "claim_context" in p:
        total += normal(p["claim_context_mean"], 0.0, law["context_mean_sd"])
        total += normal(p["claim_context"], p["claim_context_mean"][:, None], law["context_sd"])
    if "claim_denial" in p:
        total += normal(p["claim_denial"], law["denial_mean"], law["denial_sd"])
        total += normal(p["claim_denial_own"], law["denial_own_mean"], law["denial_own_sd"])
    if "claim_delay_mean" in p:
        total += normal(p["claim_delay_mean"], law["delay_mean"], law["delay_mean_sd"])
        total += normal(p["claim_delay"], p["claim_delay_mean"], law["delay_sd"])
        total += normal(p["claim_delay_shape"], law["delay_shape_mean"], law["delay_shape_sd"])
    return total


def statements_prior(law, p):
    total = normal(p["statements_speak"], 0.0, law["speak_sd"])
    total += half_normal(p["statements_selective_sd"], law["selective_sd"])
    total += zero_sum(p["statements_selective_raw"], 1.0, 1)
    total += half_normal(p["statements_accuracy_sd"], law["accuracy_sd"]) + normal(
        p["statements_accuracy_raw"]
    )
    for part in ("allegiance", "coercion"):
        if f"statements_{part}_sd" in p:
            total += normal(p[f"statements_{part}_mean"], law[f"{part}_mean"], law[f"{part}_mean_sd"])
            total += half_normal(p[f"statements_{part}_sd"], law[f"{part}_sd"]) + normal(
                p[f"statements_{part}_raw"]
            )
    for part in ("copy", "repeat"):
        if f"statements_{part}" in p:
            total += normal(p[f"statements_{part}"], law[f"{part}_mean"], law[f"{part}_sd"])
    return total + zero_sum(p["statements_blame"], law["blame_sd"], 1)


def identification_prior(law, p):
    total = normal(p["identification_mean"], law["mean"], law["mean_sd"]) + normal(p["identification_raw"])
    total += sum(log_half_normal(sd, law["actor_sd"]) for sd in p["identification_sd"])
    for column in law["by"]:
        total += sum(log_half_normal(sd, law["by_sd"]) for sd in p[f"identification_{column}_sd"])
        total += normal(p[f"identification_{column}_raw"])
    return total


def sponsorship_prior(law, p):
    """Weights are gammas of scale one; `unlisted` has one for each sponsor unless it is stated."""
    number = [n for _, pairs in law["links"] for _, n in pairs if n]
    number += [1.0] * (len(p["sponsorship_weight"]) - len(number))
    total = sum(
        gamma.logpdf(w, n) + math.log(w) for w, n in zip(p["sponsorship_weight"], number, strict=True)
    )
    if "sponsorship_speak" not in p:
        return total
    total += normal(p["sponsorship_speak"], 0.0, law["speak_sd"])
    total += half_normal(p["sponsorship_selective_sd"], law["selective_sd"])
    total += zero_sum(p["sponsorship_selective_raw"], 1.0, 1)
    total += half_normal(p["sponsorship_accuracy_sd"], law["accuracy_sd"]) + normal(
        p["sponsorship_accuracy_raw"]
    )
    return total + zero_sum(p["sponsorship_blame"], law["blame_sd"], 1)


def scene_prior(law, p):
    total = normal(p["scene_staging"], law["staging_mean"], law["staging_sd"])
    total += zero_sum(p["scene_target"], law["target_sd"], 1)
    for column in law["columns_seen"]:
        total += zero_sum(p[f"scene_{column}_base"], law["base_sd"], 1)
        total += half_normal(p[f"scene_{column}_sd"], law["sd"]) + zero_sum(p[f"scene_{column}_raw"], 1.0, 2)
    return total


def log_posterior(world, p):
    """Log density of parameters and data, on the unconstrained scale."""
    components = [*world.model["activity"], *world.model["evidence"]]
    components = [component for component in components if component["component"] != "ActivePeriod"]
    likelihood = zip(world.events, log_likelihood(world, p), strict=True)
    return sum(log_prior(component, p, world) for component in components) + sum(
        weight(world, event) * value for event, value in likelihood
    )


# ---- other assumptions


def assumed(world, p, kind, about, value):
    """P(actor and what was observed, label included) of each event under another assumption, ``(event, actor)``.

    `claims`: of killings whose perpetrator is open, the odds that `about` claims its own are `value` times as high.
    `identification`: killings by `about` stay open `value` times as often. `component`, `source`: left out.
    """
    if kind == "component":
        rest = {
            side: [c for c in world.model[side] if name_of(c) != about] for side in ("activity", "evidence")
        }
        return labelled(World(world.model | rest, world.events, world.statements, world.ranks), p)
    found = labelled(world, p)
    for e, event in enumerate(world.events):
        for k, actor in enumerate(world.actors):
            if len(candidates(world, event)) == 1 and kind != "source":
                continue
            found[e, k] *= factor(world, p, event, actor, kind, about, value)
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
    silent = 1 - claim(law, world, event, p, about, "claims", actor)
    odds = value * (1 - silent) / silent
    moved = 1 / (1 + odds)
    return (1 - moved) / (1 - silent) if about in event["claimed_by"].split("|") else moved / silent


# ---- outcomes around killings: dense matrices, one day, one killing, one window at a time


def moving_average_thrice(days, sd):
    """The kernel of the baseline as a matrix: a moving average of an odd number of days, three times."""
    half = round((np.sqrt(4 * sd**2 + 1) - 1) / 2)
    near = np.abs(np.subtract.outer(np.arange(days), np.arange(days))) <= half
    return np.linalg.matrix_power(near / (2 * half + 1), 3)


def outcome_means(outcomes, area, day, chance, log_ratio, windows, sd):
    """Expected outcomes by area and day, and the design: d log mean / d log ratio ``(area, day, window, group)``."""
    kernel = moving_average_thrice(outcomes.shape[1], sd)
    ratio = np.ones(outcomes.shape)
    slope = np.zeros((*outcomes.shape, *log_ratio.shape))
    for e in range(len(area)):
        for w, (first, last) in enumerate(windows):
            parts = chance[e] * np.exp(log_ratio[w])
            for t in range(outcomes.shape[1]):
                if first <= t - day[e] <= last:
                    ratio[area[e], t] *= parts.sum()
                    slope[area[e], t, w] += parts / parts.sum()
    mean = ratio * (outcomes @ kernel) / (ratio @ kernel)
    return mean, ratio, slope


def outcome_scores(outcomes, mean, slope):
    """Sum over areas and days of the residual times the design, ``(window, group)``."""
    return np.einsum("at,atwg->wg", outcomes - mean, slope)


def outcome_curvature(mean, ratio, slope, sd):
    """How scores fall with the log ratios if means are right, and their variance if counts are Poisson: dense."""
    kernel = moving_average_thrice(mean.shape[1], sd)
    flat = slope.reshape(*mean.shape, -1)
    base = ratio @ kernel
    # d mean / d log ratio: the design, less what the baseline gives way.
    moved = flat - np.einsum("st,as,asj->atj", kernel, ratio, flat) / base[..., None]
    # The score is a sum over outcomes y_s of weights: own design, less that of the days whose baseline y_s is part of.
    weight = flat - np.einsum("st,at,atj->asj", kernel, ratio / base, flat)
    return np.einsum("at,ati,atj->ij", mean, flat, moved), np.einsum("at,ati,atj->ij", mean, weight, weight)

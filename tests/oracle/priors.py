"""Log density of the priors, on the scale a sampler moves on."""

import math

import numpy as np
from scipy.stats import gamma, halfnorm, multivariate_normal, norm

from oracle.claim import any_prior_mean
from oracle.likelihood import log_likelihood, name_of, weight


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
    if law["silence"] != "full":
        total += normal(p["claim_any"], any_prior_mean(p), law["any_sd"])
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
    for part in ("allegiance", "coercion", "lookalike"):
        if f"statements_{part}_sd" in p:
            total += normal(p[f"statements_{part}_mean"], law[f"{part}_mean"], law[f"{part}_mean_sd"])
            total += half_normal(p[f"statements_{part}_sd"], law[f"{part}_sd"]) + normal(
                p[f"statements_{part}_raw"]
            )
    for part in ("copy", "repeat"):
        if f"statements_{part}" in p:
            total += normal(p[f"statements_{part}"], law[f"{part}_mean"], law[f"{part}_sd"])
    if "statements_blame" in p:
        total += half_normal(p["statements_habit_sd"], law["habit_sd"])
        total += zero_sum(p["statements_habit_raw"], 1.0, 1)
        total += zero_sum(p["statements_blame"], law["blame_sd"], 1)
    if "statements_knows_unlisted" in p:
        total += normal(p["statements_unlisted_mean"], law["unlisted_mean"], law["unlisted_mean_sd"])
        total += normal(p["statements_knows_unlisted"], p["statements_unlisted_mean"], law["unlisted_sd"])
    for part, prior in (("says_unlisted", "unlisted_habit"), ("echo", "echo")):
        if f"statements_{part}" in p:
            total += normal(p[f"statements_{part}"], law[f"{prior}_mean"], law[f"{prior}_sd"])
    return total


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


def bundles_prior(law, p):
    total = normal(p["bundles_counted"], law["counted_mean"], law["counted_sd"])
    return total + normal(p["bundles_over"], law["over_mean"], law["over_sd"])

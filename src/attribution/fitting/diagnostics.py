"""`diagnose`: can this fit be cited? Each answer is a record with a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import arviz as az
import numpy as np
import xarray as xr

from attribution.errors import AttributionError, Check

R_HAT, ESS, BFMI, CONTRACTION, SURPRISE = 1.01, 400.0, 0.3, 0.1, 0.01
"""Thresholds: Vehtari et al. 2021 (doi:10.1214/20-BA1221) for the first two, Betancourt 2016 for E-BFMI."""

ASKED = 0.4
"""Width of a share's interval beyond which it says little: 20 percentage points to either side."""

GROUPS = ("posterior", "sample_stats", "attribution", "prior_predictive", "posterior_predictive")

MUTE = {"Claim", "Bundles", "Identification"}
"""Laws from which nothing is learnt of who did a killing that nobody claimed and nobody solved."""

LONGER = "Fit again with more draws: fit(..., draws=2000, tune=2000)."
GEOMETRY = "Fit again with fit(..., target_accept=0.95), or give the widest component a narrower prior."


def diagnose(posterior: xr.DataTree | xr.Dataset) -> list[Check]:
    """Checks of a posterior: convergence, sampler, contraction, predictive checks.

    Parameters
    ----------
    posterior
        What `fit` returns; or what `loo` or `sbc` returns, whose checks came with it.

    Returns
    -------
    list of Check
        Name, passed, value, threshold, a sentence, and what to do where it fails. A statistic that is missing or not a
        number fails.

    Raises
    ------
    AttributionError
        Something other than the result of a fit.

    Examples
    --------
    >>> checks = diagnose(posterior)  # doctest: +SKIP
    >>> [check.name for check in checks if not check.passed]  # doctest: +SKIP
    []
    """
    if isinstance(posterior, xr.Dataset):
        return from_json(posterior)
    missing = [group for group in GROUPS if group not in posterior.children]
    if missing:
        raise AttributionError(
            f"diagnose() needs what fit() returns; this lacks the groups {', '.join(missing)}."
        )
    return [
        *completeness(posterior),
        *convergence(posterior),
        *sampler(posterior),
        *contraction(posterior),
        *width(posterior),
        *silence(posterior),
        *predictive(posterior),
    ]


def completeness(posterior: xr.DataTree) -> list[Check]:
    """A check that fails where the run was stopped; none where it was finished."""
    if "interrupted" not in posterior.attrs:
        return []
    note = json.loads(posterior.attrs["interrupted"])
    asked, left = note["chains"] * note["draws"], note["kept"][0] * note["kept"][1]
    sentence = f"The run was stopped: {left} of {asked} draws are kept, of {note['kept'][0]} chains."
    return [Check("run finished", False, left, asked, sentence, "Fit again and let it finish.")]


def convergence(posterior: xr.DataTree) -> list[Check]:
    """R-hat and effective sample sizes of parameters, shares and attributions."""
    checks = []
    for label, summary in (
        ("parameters", convergence_of(posterior["posterior"].to_dataset())),
        ("shares", convergence_of(share_draws(posterior).to_dataset(name="share"))),
        ("attributions", attribution_convergence(posterior)),
    ):
        r_hat, bulk, tail = summary
        checks += [
            at_most(f"R-hat of {label}", r_hat, R_HAT, f"The chains agree on the {label}", LONGER),
            at_least(
                f"bulk ESS of {label}", bulk, ESS, f"Enough independent draws for means of {label}", LONGER
            ),
            at_least(
                f"tail ESS of {label}",
                tail,
                ESS,
                f"Enough independent draws for intervals of {label}",
                LONGER,
            ),
        ]
    return checks


def convergence_of(draws: xr.Dataset) -> tuple[float, float, float]:
    """Worst R-hat, bulk ESS and tail ESS over all variables; NaN where one cannot be computed."""
    kept = xr.Dataset({name: values for name, values in draws.items() if values.size})
    if not kept.data_vars:
        return 1.0, np.inf, np.inf

    def worst(values: Any, pick: Callable[[Any], Any]) -> float:
        return float(pick([pick(values[name].values) for name in kept.data_vars]))

    with np.errstate(invalid="ignore", divide="ignore"):
        return (
            worst(az.rhat(kept), np.max),
            worst(az.ess(kept, method="bulk"), np.min),
            worst(az.ess(kept, method="tail"), np.min),
        )


def attribution_convergence(posterior: xr.DataTree) -> tuple[float, float, float]:
    """Worst R-hat and ESS over events that are open, each by its most probable actor; of a very large table, some."""
    group = posterior["attribution"].to_dataset()
    if any(name not in group for name in ("r_hat", "ess_bulk", "ess_tail")):
        return np.nan, np.nan, np.nan
    open_ = ~np.isnan(group["r_hat"].values) | (np.ptp(group["quantile"].values, axis=0).max(axis=-1) > 1e-6)
    if "checked" in group:
        open_ &= group["checked"].values
    if not open_.any():
        return 1.0, np.inf, np.inf
    r_hat, bulk, tail = (group[name].values[open_] for name in ("r_hat", "ess_bulk", "ess_tail"))
    return float(np.max(r_hat)), float(np.min(bulk)), float(np.min(tail))


def share_draws(posterior: xr.DataTree) -> xr.DataArray:
    """Share of documented killings of each actor that varies, draw by draw, ``(chain, draw, actor)``."""
    group = posterior["attribution"].to_dataset()
    actor, names = group["perpetrator"], group["actor"].values
    share = np.apply_along_axis(np.bincount, -1, actor.values, minlength=len(names)) / actor.sizes["event"]
    varies = np.ptp(share, axis=(0, 1)) > 0
    return xr.DataArray(share[..., varies], dims=("chain", "draw", "actor"), coords={"actor": names[varies]})


def sampler(posterior: xr.DataTree) -> list[Check]:
    """Divergences, E-BFMI and saturated tree depth."""
    stats = posterior["sample_stats"].to_dataset()

    def total(name: str) -> float:
        return float(stats[name].sum()) if name in stats else np.nan

    bfmi = float(np.min(az.bfmi(posterior)["energy"].values)) if "energy" in stats else np.nan
    return [
        at_most("divergences", total("diverging"), 0.0, "No trajectory left the posterior's bulk", GEOMETRY),
        at_least("E-BFMI", bfmi, BFMI, "The sampler moves freely between energy levels", GEOMETRY),
        at_most("tree depth", total("reached_max_treedepth"), 0.0, "No trajectory was cut short", GEOMETRY),
    ]


def contraction(posterior: xr.DataTree) -> list[Check]:
    """How much narrower the shares became than the prior had them."""
    prior = posterior["prior_predictive"].to_dataset()["share"]
    shares = share_draws(posterior)
    if not shares.sizes["actor"]:
        return [
            Check("contraction of shares", True, 1.0, CONTRACTION, "Every killing's perpetrator is known.")
        ]
    before = prior.sel(actor=shares["actor"]).var("sample").values
    after = shares.var(("chain", "draw")).values
    least = 1 - after / before
    actor = str(shares["actor"].values[int(np.argmin(least))])
    return [
        at_least(
            "contraction of shares",
            float(least.min()),
            CONTRACTION,
            f"The data narrow every actor's share; least that of {actor!r}",
            "The share of this actor is the prior's more than the data's: say so, or add labels or evidence on it.",
        )
    ]


def width(posterior: xr.DataTree) -> list[Check]:
    """What the data can carry: how wide the widest interval of a share is, against what a reader would ask.

    If the model is true, the width that is found is on average the width to be expected of data like these. Of few
    killings the labels themselves say little of who else did such killings: to the width of the draws is added that of
    as many draws from shares as there are killings, so that a handful of labels is no certainty.
    """
    group = posterior["attribution"].to_dataset()
    draws = group["perpetrator"].values.reshape(-1, group.sizes["event"])
    counted = np.apply_along_axis(np.bincount, -1, draws, minlength=group.sizes["actor"])
    shares = counted / group.sizes["event"]
    own = np.ptp(np.quantile(shares, [0.055, 0.945], axis=0), axis=0)
    mean = shares.mean(axis=0)
    chance = 3.2 * np.sqrt(mean * (1 - mean) / group.sizes["event"])
    found = np.hypot(own, chance)
    widest = str(group["actor"].values[int(np.argmax(found))])
    return [
        at_most(
            "width of shares",
            float(found.max()),
            ASKED,
            f"The data can carry a share: widest 89 % interval, chance of so few killings included, of {widest!r}",
            "So few killings or labels do not say whose share is large: say so, add labels or evidence, or ask less.",
        )
    ]


def silence(posterior: xr.DataTree) -> list[Check]:
    """A check that fails where every known killing is claimed by who did it: then silence means what the prior says.

    None without claims, without known killings by claimants, and with a law that may tell of killings nobody claimed.
    """
    laws = {law["component"] for law in json.loads(posterior.attrs["model"])["evidence"]}
    if "Claim" not in laws or laws - MUTE:
        return []
    events = posterior["constant_data"].to_dataset()
    known = [str(name) for name in events["perpetrator"].values]
    claims = [str(label).split("|") for label in events["claimed_by"].values]
    claimants = {name for names in claims for name in names}
    own = [name in names for name, names in zip(known, claims, strict=True) if name and name in claimants]
    if not own:
        return []
    return [
        at_least(
            "killings known without a claim",
            float(len(own) - sum(own)),
            1.0,
            f"Killings by claimants are known that they did not claim, of {len(own)} known",
            "How often a claimant is silent is the prior's word here, and so are shares of killings nobody claimed: "
            "label some by another source, add Statements, or leave Claim out and say so.",
        )
    ]


def predictive(posterior: xr.DataTree) -> list[Check]:
    """How surprising the recorded counts are to the fitted model, and to the prior."""
    checks = []
    for group, label, remedy in (
        (
            "posterior_predictive",
            "posterior",
            "Add the term that is missing: Category, Timing(by='area'), or a law.",
        ),
        ("prior_predictive", "prior", "The prior all but rules out what was recorded: widen it."),
    ):
        records = posterior[group].to_dataset()
        for statistic in records["statistic"].values:
            chosen = records.sel(statistic=statistic)
            replicated = chosen["replicated"].values
            p = (
                float(np.mean(replicated >= chosen["recorded"].item()))
                if np.isfinite(replicated).all()
                else np.nan
            )
            sentence = f"The {label} reproduces {statistic}: share of replicates at least as far off"
            checks.append(at_least(f"{label} predictive: {statistic}", p, SURPRISE, sentence, remedy))
    return checks


def at_most(name: str, value: float, threshold: float, sentence: str, remedy: str) -> Check:
    """A check that the value is at most the threshold; NaN fails."""
    return record(name, bool(value <= threshold), value, threshold, sentence, "at most", remedy)


def at_least(name: str, value: float, threshold: float, sentence: str, remedy: str) -> Check:
    """A check that the value is at least the threshold; NaN fails."""
    return record(name, bool(value >= threshold), value, threshold, sentence, "at least", remedy)


def record(
    name: str, passed: bool, value: float, threshold: float, claim: str, bound: str, remedy: str
) -> Check:
    """A check with its sentence."""
    shown = "cannot be computed" if np.isnan(value) else f"{value:.4g}"
    sentence = f"{claim} ({shown}, should be {bound} {threshold:g})."
    if not passed:
        sentence = f"NOT SHOWN: {sentence[0].lower()}{sentence[1:]}"
    return Check(name, passed, value, threshold, sentence, "" if passed else remedy)


def to_json(checks: list[Check]) -> str:
    """Checks as JSON; a value that is not a finite number is null."""

    def plain(check: Check) -> dict[str, Any]:
        return asdict(check) | {"value": check.value if np.isfinite(check.value) else None}

    return json.dumps([plain(check) for check in checks], allow_nan=False)


def from_json(result: xr.Dataset) -> list[Check]:
    """The checks that a result carries; AttributionError where it carries none."""
    if "checks" not in result.attrs:
        raise AttributionError(
            "diagnose() needs what fit(), loo() or sbc() returns; this dataset holds no checks."
        )
    plain = json.loads(result.attrs["checks"])
    return [
        Check(**check | {"value": np.nan if check["value"] is None else check["value"]}) for check in plain
    ]


def failed(posterior: xr.DataTree | xr.Dataset) -> list[str]:
    """Names of the checks that failed when the model was fitted."""
    return [check["name"] for check in json.loads(posterior.attrs["checks"]) if not check["passed"]]

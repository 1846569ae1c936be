"""`diagnose`: can this fit be cited? Each answer is a record with a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import arviz as az
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from attribution.components.evidence.claim import unrecorded
from attribution.errors import AttributionError, Check
from attribution.events.candidates import from_claims
from attribution.events.schema import LABEL_BASES
from attribution.fitting.check_records import Checks, at_least, at_most
from attribution.fitting.label_checks import found_labels
from attribution.fitting.source_checks import claim_checks, label_checks, source_checks
from attribution.fitting.width_check import width

UNTIED = 0.05
"""Share of the open events that may be of a kind of which none is labelled."""
R_HAT, ESS, BFMI, CONTRACTION, SURPRISE = 1.01, 400.0, 0.3, 0.1, 0.01
"""Thresholds: Vehtari et al. 2021 (doi:10.1214/20-BA1221) for the first two, Betancourt 2016 for E-BFMI."""

GROUPS = (
    *("posterior", "sample_stats", "attribution"),
    *("prior_predictive", "posterior_predictive", "observed_data"),
)

APART, FEW = 0.2, 20
"""How unlike unclaimed killings that were named and that were not may be, and how many of each are compared."""

LONGER = "Fit again with more draws: fit(..., draws=2000, tune=2000)."
GEOMETRY = "Fit again with fit(..., target_accept=0.95), or give the widest component a narrower prior."


def diagnose(posterior: xr.DataTree | xr.Dataset) -> Checks:
    """Checks of a posterior: convergence, sampler, contraction, predictive checks.

    Parameters
    ----------
    posterior
        What `fit` returns; or what `loo` or `sbc` returns, whose checks came with it.

    Returns
    -------
    list of Check
        Name, passed, value, threshold, a sentence, and what to do where it fails. A statistic that is missing or not a
        number fails. A notebook shows the list as a table, those that failed first.

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
        return Checks(from_json(posterior))
    missing = [group for group in GROUPS if group not in posterior.children]
    if missing:
        raise AttributionError(
            f"diagnose() needs what fit() returns; this lacks the groups {', '.join(missing)}."
        )
    return Checks(
        [
            *completeness(posterior),
            *convergence(posterior),
            *sampler(posterior),
            *contraction(posterior),
            *width(posterior),
            *labels(posterior),
            *label_checks(posterior),
            *found_labels(posterior),
            *claim_checks(posterior),
            *source_checks(posterior),
            *silence(posterior),
            *unlabelled_kinds(posterior),
            *predictive(posterior),
        ]
    )


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
    """How much narrower the shares became than the prior had them; none where its draws were left out."""
    prior = posterior["prior_predictive"].to_dataset()["share"]
    if prior.sizes["chain"] * prior.sizes["draw"] < 2:
        return []
    shares = share_draws(posterior)
    if not shares.sizes["actor"]:
        return [
            Check("contraction of shares", True, 1.0, CONTRACTION, "Every killing's perpetrator is known.")
        ]
    before = prior.sel(actor=shares["actor"]).var(("chain", "draw")).values
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


def labels(posterior: xr.DataTree) -> list[Check]:
    """How many labels rest on what; none where the events do not say."""
    events = posterior["constant_data"].to_dataset()
    if "label_basis" not in events:
        return []
    kinds = label_kinds(events)
    total = sum(kinds.values())
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count)
    twice = claim_law(posterior) is not None
    use = "those of claims enter as evidence, not as labels" if twice else "no law of claims is in the model"
    sentence = f"Labels by what they rest on: {listed or 'none'}; {use}."
    return [Check("labels that rest on no claim", True, float(total - kinds["claim"]), 0.0, sentence)]


def label_kinds(events: xr.Dataset) -> dict[str, int]:
    """Number of labels that rest on each basis, and of those that do not say."""
    basis = events["label_basis"].values.astype(str)
    some = np.zeros(len(basis), dtype=bool)
    for column in ("perpetrator", "candidates"):
        some |= events[column].values.astype(str) != "" if column in events else False
    found = {kind: int((some & (basis == kind)).sum()) for kind in LABEL_BASES}
    return found | {"not said": int((some & (basis == "")).sum())}


def claim_law(posterior: xr.DataTree) -> dict[str, Any] | None:
    """The specification of the law of claims; None where the model has none."""
    laws = json.loads(posterior.attrs["model"])["evidence"]
    return next((law for law in laws if law["component"] == "Claim"), None)


def silence(posterior: xr.DataTree) -> list[Check]:
    """Where silence is evidence: whether it was learnt from killings known without a claim, and is alike elsewhere.

    None without claims, and where silence is no evidence. The first needs known killings by claimants, the second some
    unclaimed killings that are known and some that are not.
    """
    law = claim_law(posterior)
    if law is None or law.get("silence", "full") != "full":
        return []
    events = posterior["constant_data"].to_dataset()
    looked = ~unrecorded(events)
    apart = from_claims(events)
    known = [str(name) for name in np.where(apart, "", events["perpetrator"].values)]
    claims = [str(label).split("|") for label in events["claimed_by"].values]
    claimants = {name for names in claims for name in names}
    pairs = zip(known, claims, looked, strict=True)
    own = [name in names for name, names, seen in pairs if seen and name and name in claimants]
    checks = named_and_unnamed(posterior, known, looked & (events["claimed_by"].values == ""))
    if not own:
        return checks
    return [
        at_least(
            "killings known without a claim",
            float(len(own) - sum(own)),
            1.0,
            f"Killings by claimants are known that they did not claim, of {len(own)} known",
            "How often a claimant is silent is the prior's word here, and so are shares of killings nobody claimed: "
            "use Claim(silence='conditional'), or label some by another source.",
        ),
        *checks,
    ]


def named_and_unnamed(posterior: xr.DataTree, known: list[str], silent: NDArray[np.bool_]) -> list[Check]:
    """Half the sum over actors of how far shares of unclaimed killings differ between known ones and open ones."""
    group = posterior["attribution"].to_dataset()
    name = np.array(known, dtype=object)
    named, open_ = silent & (name != ""), silent & (name == "")
    if min(named.sum(), open_.sum()) < FEW:
        return []
    shares = np.array([(name[named] == actor).mean() for actor in group["actor"].values])
    distance = float(np.abs(group["mean"].values[open_].mean(axis=0) - shares).sum() / 2)
    return [
        at_most(
            "unclaimed killings, known and open",
            distance,
            APART,
            f"Unclaimed killings that are open are given to the actors as the {named.sum()} known ones are",
            "Silence may be drawing open killings to actors that seldom claim: use Claim(silence='conditional'), and "
            "compare.",
        )
    ]


def unlabelled_kinds(posterior: xr.DataTree) -> list[Check]:
    """A check that fails where many open events are of a kind of which no event is labelled.

    Kinds are those that a reader of another format names (`attrs["kind_column"]`: types of violence), events of two
    armed sides apart, and then the values of the columns of `Category` too. None for tables of one's own, which are of
    killings by design, and where nothing is labelled at all.
    """
    events = posterior["constant_data"].to_dataset()
    activity = json.loads(posterior.attrs["model"])["activity"]
    own = {part["column"] for part in activity if part["component"] == "Category"}
    columns = sorted((own | {events.attrs.get("kind_column", "")}) & set(map(str, events.data_vars)))
    who = events["perpetrator"].values if "perpetrator" in events else np.full(events.sizes["event"], "")
    known = np.array([name != "" for name in who], dtype=bool)
    if events.attrs.get("kind_column") not in columns or known.all() or not known.any():
        return []
    untied, named = np.zeros(len(known), dtype=bool), []
    for column in columns:
        kind = kinds_of(events, column)
        lone = sorted(set(kind[~known]) - set(kind[known]))
        untied |= ~known & np.isin(kind, lone)
        named += [f"{label!r} ({int((~known & (kind == label)).sum())} events, {column})" for label in lone]
    shown = ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")
    return [
        at_most(
            "labels among events of each kind",
            float(untied.sum() / (~known).sum()),
            UNTIED,
            f"No label among events of {shown or 'no kind'}: their share of the open events",
            "Who did these is carried over from events of other kinds: leave them out (two_sided='leave out' of the "
            "readers), label some of each kind, or publish shares without them.",
        )
    ]


def kinds_of(events: xr.Dataset, column: str) -> NDArray[np.object_]:
    """Kind of each event by a column; by that of a reader, events of several sides apart."""
    kind = [str(value) for value in events[column].values]
    if column == events.attrs.get("kind_column") and "candidates" in events:
        sides = [", several sides" if "|" in str(cell) else "" for cell in events["candidates"].values]
        kind = [label + several for label, several in zip(kind, sides, strict=True)]
    return np.array(kind, dtype=object)


def predictive(posterior: xr.DataTree) -> list[Check]:
    """How surprising the recorded counts are to the fitted model, and to the prior."""
    checks = []
    after, before = (posterior[f"{name}_predictive"].to_dataset() for name in ("posterior", "prior"))
    for label, worlds, record, remedy in (
        (
            "posterior",
            after["discrepancy"],
            posterior["observed_data"].to_dataset()["discrepancy"],
            "Add the term that is missing: Category, Timing(by='area'), or a law.",
        ),
        (
            "prior",
            before["prior_discrepancy"],
            before["recorded"],
            "The prior all but rules out what was recorded: widen it.",
        ),
    ):
        for statistic in record["statistic"].values if worlds.size else ():
            replicated = worlds.sel(statistic=statistic).values
            known = np.isfinite(replicated).all()
            p = float(np.mean(replicated >= record.sel(statistic=statistic).item())) if known else np.nan
            sentence = f"The {label} reproduces {statistic}: share of replicates at least as far off"
            checks.append(at_least(f"{label} predictive: {statistic}", p, SURPRISE, sentence, remedy))
    return checks


def to_json(checks: list[Check]) -> str:
    """Checks as JSON; a value that is not a finite number is null."""

    def plain(check: Check) -> dict[str, Any]:
        return asdict(check) | {"value": check.value if np.isfinite(check.value) else None}

    return json.dumps([plain(check) for check in checks], allow_nan=False)


def from_json(result: xr.DataTree | xr.Dataset) -> list[Check]:
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

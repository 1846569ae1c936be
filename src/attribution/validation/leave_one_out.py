"""`loo`: leave one incident out, by importance sampling; `compare`: models side by side with paired differences."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from attribution.errors import AttributionError
from attribution.fitting.check_records import at_most
from attribution.fitting.diagnostics import to_json as checks_json
from attribution.fitting.scoring import at_scored
from attribution.validation.scorecard import ALL, standard_error

REFIT = "Trust holdout() instead, which refits; or look at the incidents with a large pareto_k: they decide the fit."


def loo(posterior: xr.DataTree) -> xr.Dataset:
    r"""Leave-one-out log predictive density of labels and evidence, by Pareto-smoothed importance sampling.

    What is left out is an incident: its events together are one observation of the likelihood, the
    sum of theirs by their weights. Where there is no `incident`, that is each event. Events with
    neither a label nor evidence say nothing and are not counted: `az.loo` gives the same. Leaving out one killing of a
    series is an easier test than leaving out its months: use `holdout` for the question whether
    killings of another time can be attributed.

    Parameters
    ----------
    posterior
        What `fit` returns.

    Returns
    -------
    xarray.Dataset
        `elpd_each[incident]` (nats, higher is better) and `pareto_k[incident]`, labelled by the
        first event of each incident; `elpd`, `se`, `p` (effective number of parameters).
        Attributes: `model`, `data_hash`, and `checks`, which `diagnose` reads: the share of
        incidents whose k exceeds what the number of draws allows.

    Raises
    ------
    AttributionError
        Not the result of a fit, no event says anything, or the model has a law of many events at
        once (`Bundles`).

    References
    ----------
    Vehtari, A., Gelman, A. and Gabry, J. (2017). Practical Bayesian model evaluation using
    leave-one-out cross-validation and WAIC. Statistics and Computing 27, 1413-1432.
    doi:10.1007/s11222-016-9696-4

    Vehtari, A., Simpson, D., Gelman, A., Yao, Y. and Gabry, J. (2024). Pareto smoothed importance
    sampling. Journal of Machine Learning Research 25(72), 1-58. doi:10.48550/arXiv.1507.02646

    Examples
    --------
    >>> result = loo(posterior)  # doctest: +SKIP
    >>> result["elpd"].item(), diagnose(result)[0].passed  # doctest: +SKIP
    """
    told = posterior.children.get("log_likelihood")
    if told is None or "incidents" not in told or "posterior" not in posterior.children:
        raise AttributionError("loo() needs what fit() returns; this has no pointwise log likelihood.")
    tied = [str(name) for name in posterior["log_likelihood"].data_vars if name != "incidents"]
    if tied:
        raise AttributionError(
            f"loo() takes events one by one, and {', '.join(tied)} ties the attributions of many together. Fit without "
            f"it to compare the rest."
        )
    pointwise = posterior["log_likelihood"].to_dataset()["incidents"].astype(np.float64)
    if not pointwise.sizes["incident"]:
        raise AttributionError("loo(): no event has a label or evidence, so there is nothing to predict.")
    tree = xr.DataTree.from_dict(
        {
            "posterior": at_scored(posterior, "log_likelihood"),
            "log_likelihood": xr.Dataset({"incidents": pointwise}),
        }
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Estimated shape parameter of Pareto")
        found = az.loo(tree, pointwise=True)
    bad = float((~(np.asarray(found.pareto_k) <= found.good_k)).mean())  # a k that is NaN is not trusted
    sentence = f"Share of incidents whose importance weights cannot be trusted (k above {found.good_k:.2f})"
    check = at_most("Pareto k", bad, 0.0, sentence, REFIT)
    result = xr.Dataset(
        {
            "elpd_each": ("incident", np.asarray(found.elpd_i)),
            "pareto_k": ("incident", np.asarray(found.pareto_k)),
            "elpd": float(found.elpd),
            "se": float(found.se),
            "p": float(found.p),
        },
        coords={"incident": pointwise["incident"].values},
    )
    result.attrs = {
        "model": posterior.attrs["model"],
        "data_hash": posterior.attrs["data_hash"],
        "checks": checks_json([check]),
    }
    return result


def compare(results: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Models side by side, best first, each against the best with the standard error of the paired difference.

    Parameters
    ----------
    results
        By name of the model: results of `holdout` on the same folds, or of `loo` on the same data.

    Returns
    -------
    pandas.DataFrame
        One row a model. For `holdout`: `model`, `log_score` (nats an event, lower is better), `se`,
        `difference` (from the best), `difference_se`, `calibration_error`, `calibration_low`,
        `calibration_high`, `top_1`, `top_3`, `brier`, `events`. For `loo`: `model`, `elpd` (nats
        altogether, higher is better), `se`, `difference`, `difference_se`, `p`, `largest_k`,
        `incidents`. Standard errors take the events of an incident together; they hold over events
        like these in times like these, not for another country or war.

    Raises
    ------
    AttributionError
        Fewer than two results, of both kinds, or on different events, labels, folds or data.

    Examples
    --------
    >>> compare({"default": one, "without timing": other})  # doctest: +SKIP
    """
    if len(results) < 2:
        raise AttributionError(
            "compare() takes two results or more, by name: compare({'default': one, 'other': two})."
        )
    kinds = {kind_of(name, result) for name, result in results.items()}
    if len(kinds) > 1:
        raise AttributionError("compare() takes results of holdout() or of loo(), not both at once.")
    if kinds == {"holdout"}:
        same(results, ("event", "truth", "fold"))
        return compared(
            results, {name: own["log_score"].values for name, own in results.items()}, holdout_row
        )
    same(results, ("incident",))
    same_laws(results)
    return compared(results, {name: -own["elpd_each"].values for name, own in results.items()}, loo_row)


def kind_of(name: str, result: xr.Dataset) -> str:
    """`holdout` or `loo`."""
    for kind, variable in (("holdout", "log_score"), ("loo", "elpd_each")):
        if variable in result:
            return kind
    raise AttributionError(f"compare(): {name!r} is a result neither of holdout() nor of loo().")


def same(results: Mapping[str, xr.Dataset], variables: tuple[str, ...]) -> None:
    """Raise `AttributionError` unless the results agree in the data and in some variables."""
    (first, one), *others = results.items()
    for name, other in others:
        differing = [v for v in variables if not np.array_equal(one[v].values, other[v].values)]
        if one.attrs.get("data_hash") != other.attrs.get("data_hash"):
            differing.insert(0, "data")
        if differing:
            raise AttributionError(
                f"compare(): {first!r} and {name!r} differ in {', '.join(differing)}. Give both the same events, "
                f"blocks, folds and seed."
            )


def same_laws(results: Mapping[str, xr.Dataset]) -> None:
    """Raise `AttributionError` where models predict different things: labels only, or claims too."""
    laws = {
        name: sorted(law["component"] for law in json.loads(result.attrs["model"])["evidence"])
        for name, result in results.items()
    }
    if len({tuple(own) for own in laws.values()}) > 1:
        said = "; ".join(f"{name!r} predicts {', '.join(['labels', *own])}" for name, own in laws.items())
        raise AttributionError(
            f"compare(): loo of different observations cannot be compared: {said}. Use holdout()."
        )


def compared(
    results: Mapping[str, xr.Dataset],
    loss: Mapping[str, NDArray[np.float64]],
    row: Callable[..., dict[str, object]],
) -> pd.DataFrame:
    """The table; ``loss`` has one number an observation, lower is better."""
    order = sorted(loss, key=lambda name: float(loss[name].sum()))
    best = loss[order[0]]
    return pd.DataFrame([{"model": name} | row(results[name], loss[name] - best) for name in order])


def holdout_row(result: xr.Dataset, difference: NDArray[np.float64]) -> dict[str, object]:
    """Figures of a hold-out, and of its log scores against the best."""
    cluster = result["incident"].values if "incident" in result else result["event"].values
    summary = result["summary"].sel(group=ALL).to_series()
    others = ("calibration_error", "calibration_low", "calibration_high", "top_1", "top_3", "brier")
    return {
        "log_score": summary["log_score"],
        "se": summary["log_score_se"],
        "difference": float(difference.mean()),
        "difference_se": standard_error(difference, cluster),
        **{measure: summary[measure] for measure in others},
        "events": int(summary["events"]),
    }


def loo_row(result: xr.Dataset, difference: NDArray[np.float64]) -> dict[str, object]:
    """Figures of a leave-one-out, and of its losses against the best."""
    count = len(difference)
    return {
        "elpd": float(result["elpd"]),
        "se": float(result["se"]),
        "difference": -float(difference.sum()),
        "difference_se": standard_error(difference, np.arange(count)) * count,
        "p": float(result["p"]),
        "largest_k": float(result["pareto_k"].max()),
        "incidents": count,
    }

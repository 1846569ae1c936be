"""Every score of a set of probabilities in one dataset: event by event, overall and per actor."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from attribution.scores import brier, calibration_error, calibration_interval, log_score, top_k

ALL = "(all)"
"""Label of the scores over all events, beside those of each actor."""

MEASURES = (
    *("events", "log_score", "log_score_se", "brier", "top_1", "top_3"),
    *("calibration_error", "calibration_low", "calibration_high"),
)
RESAMPLES = 500


def scorecard(
    probability: xr.DataArray, truth: xr.DataArray, *, seed: int, cluster: ArrayLike | None = None
) -> xr.Dataset:
    """Scores of probabilities that were given without knowing the label.

    Parameters
    ----------
    probability
        Probability of each actor, ``(event, actor)``.
    truth
        The actor who did it by the label, ``(event,)``.
    seed
        Seed of the bootstrap of the calibration error.
    cluster
        Label of the incident of each event, ``(event,)``, for standard errors; None where events
        are independent.

    Returns
    -------
    xarray.Dataset
        Per event `log_score` (nats), `brier`, `top_1`, `top_3`; and `summary[measure, group]`,
        group `(all)` or an actor. Over all events: means, the standard error of the log score, the
        calibration error of the most probable actor with its 90 % bootstrap interval. For an actor:
        means over the events it did, and the calibration error of "this actor or another" over all
        events. Measures of an actor without events are NaN.

    Raises
    ------
    ValueError
        Probabilities that do not sum to one, or labels that are no actors; see
        `attribution.scores`.

    Examples
    --------
    >>> chance = xr.DataArray([[0.5, 0.5], [0.75, 0.25]], dims=("event", "actor"), coords={"actor": ["IS", "army"]})
    >>> card = scorecard(chance, xr.DataArray(["IS", "army"], dims="event"), seed=1)
    >>> float(card["summary"].sel(measure="log_score", group="(all)").round(3))
    1.04
    """
    chance = probability.transpose("event", "actor")
    each = xr.Dataset(
        {
            "log_score": log_score(chance, truth),
            "brier": brier(chance, truth),
            "top_1": top_k(chance, truth, 1),
            "top_3": top_k(chance, truth, 3),
        }
    )
    clusters = np.arange(chance.sizes["event"]) if cluster is None else np.asarray(cluster)
    groups = [str(actor) for actor in chance["actor"].values]
    rows = [summary(each, clusters, errors(chance, truth, seed))]
    for actor in groups:
        own = np.flatnonzero(truth.values == actor)
        rows.append(summary(each.isel(event=own), clusters[own], errors(*alone(chance, truth, actor), seed)))
    each["summary"] = (("measure", "group"), np.array(rows, dtype=float).T)
    return each.assign_coords(measure=list(MEASURES), group=[ALL, *groups])


def alone(chance: xr.DataArray, truth: xr.DataArray, actor: str) -> tuple[xr.DataArray, xr.DataArray]:
    """The forecast "this actor, or another"."""
    own = chance.sel(actor=actor).values
    pair = xr.DataArray(
        np.stack([own, 1 - own], axis=1), dims=("event", "actor"), coords={"actor": ["it", "another"]}
    )
    return pair, xr.DataArray(np.where(truth.values == actor, "it", "another"), dims="event")


def errors(chance: xr.DataArray, truth: xr.DataArray, seed: int) -> tuple[float, float, float]:
    """Calibration error and its interval: of the top actor, and for a forecast of one actor of that actor."""
    kind = "classwise" if list(chance["actor"].values) == ["it", "another"] else "top"
    low, high = calibration_interval(chance, truth, kind=kind, seed=seed, resamples=RESAMPLES)  # type: ignore[arg-type]
    return calibration_error(chance, truth, kind=kind), low, high  # type: ignore[arg-type]


def summary(each: xr.Dataset, cluster: NDArray[np.generic], error: tuple[float, float, float]) -> list[float]:
    """The measures of some events."""
    count = each.sizes["event"]
    if not count:
        return [0.0, *[np.nan] * 5, *error]
    means = [float(each[name].mean()) for name in ("log_score", "brier", "top_1", "top_3")]
    spread = standard_error(each["log_score"].values, cluster)
    return [count, means[0], spread, *means[1:], *error]


def standard_error(values: NDArray[np.float64], cluster: NDArray[np.generic]) -> float:
    """Standard error of a mean of values that are independent between clusters; NaN with fewer than two clusters."""
    labels, code = np.unique(cluster, return_inverse=True)
    if len(labels) < 2:
        return np.nan
    total = np.bincount(code, values - values.mean())
    return float(np.sqrt((total**2).sum() * len(labels) / (len(labels) - 1)) / len(values))

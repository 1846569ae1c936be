"""`benefit`: what follows killings and claims, by who is behind them."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from attribution.compute.random_numbers import Stream
from attribution.errors import AttributionError
from attribution.events.text_table import Source
from attribution.outcomes.cases import (
    CLAIM,
    KILLING,
    case_of,
    groups_of,
    has_draws,
    killing_areas,
    killing_days,
    outcomes_by_day,
    span,
    told,
)
from attribution.outcomes.rate_ratios import described
from attribution.outcomes.reading import read_outcomes
from attribution.outcomes.response import Course, Law
from attribution.results.summaries import verdict

WINDOWS = ("before", "same day", "after")
COMPARISONS = (*WINDOWS, "after against before")

MEANING = (
    "Descriptive: what was recorded around documented killings, against days nearby and against placebos. "
    "Benefit is not authorship: that an actor gained from a killing does not say that it did it, and that outcomes "
    "follow does not say that the killing caused them. The attributions are those of the fit; outcomes did not go into "
    "them."
)


def benefit(
    posterior: xr.DataTree,
    outcomes: Source,
    *,
    around: str = KILLING,
    by_claim: bool = True,
    before: int = 14,
    after: int = 14,
    smooth: float = 20.0,
    block: int = 90,
    period: tuple[str, str] | None = None,
    area: str = "area",
    prior_sd: float = 1.0,
    placebos: int = 999,
    draws: int = 100,
    seed: int = 0,
    encoding: str = "utf-8",
) -> xr.Dataset:
    r"""Outcomes before and after killings, by who is behind them.

    Asked is whether one actor benefits from another's activity; answered is what was recorded
    around it. Each kind of outcome (threats to storm, troop movements, arrests, settlements) is
    counted by area and day. Around a killing its rate may be multiplied, by a ratio of its own for
    each actor who may have done it, claimed or not (`outcomes/response.py`):

    .. math::
        \lambda_a(t) = b_a(t) \prod_{e, w : t - d_e \in w} \sum_g p_{eg}\, \rho_{wg},
        \qquad \log \rho_{wg} \sim N(0, \sigma^2)

    The baseline :math:`b_a` is smooth in each area, so that an escalation which brings more
    killings and more outcomes is no response unless it is about as short as the windows. Every
    posterior draw has its own probabilities :math:`p_{eg}` of who did each killing, and the
    outcomes do not change them (a cut, Plummer 2015). Two placebos say where the result stands:
    killings moved to other days of the same weeks, and outcomes exchanged between areas.

    Parameters
    ----------
    posterior
        What `fit` or `attribute` returns.
    outcomes
        Path or DataFrame, one row an outcome: `date` (a day), `area` (where the killings have
        areas) and `kind`.
    around
        `"killing"`: days are counted from the killing. `"claim"`: from the claim of it, for
        killings with a `claim_date`; these are then split by whether the actor behind the killing
        is the one that claimed it.
    by_claim
        Whether claimed killings have ratios of their own, or claims by the actor itself. A killing
        is of the claimed ones if it was claimed by the end of its day; one that was claimed later
        is of the unclaimed ones, since the claim may have waited for an outcome. Every claim needs
        its `claim_date`.
    before, after
        Length of the windows, days. The day itself is a window of its own: what came first on it is
        not known.
    smooth
        Standard deviation, days, of the kernel of the baseline. What is slower is baseline.
    block
        Days within which killings are moved in the placebo in time.
    period
        First and last day on which outcomes were recorded in all areas. By default from the first
        killing or outcome to the last: give it wherever records of outcomes begin later or end
        earlier.
    area
        Column of the events that areas of outcomes are named by: `"area"` or `"place"`.
    prior_sd
        Prior standard deviation of the log rate ratios. With 1 they lie between 0.14 and 7 with 95
        % probability.
    placebos
        Number of placebos of either sort; exchanges of few areas are fewer.
    draws
        Posterior draws used.
    seed
        Seed of placebos and draws.
    encoding
        Of a CSV file.

    Returns
    -------
    xarray.Dataset
        Dimensions `kind`, `actor`, `claimed`, `comparison` (before, same day, after: each against
        the baseline; after against before) and `window` (the first three). Variables:

        * `rate_ratio`, `rate_ratio_low`, `rate_ratio_high`: geometric mean and 95 % interval, which
          holds the uncertainty of who did it, of the baseline and of the counts, widened by how
          much more these scatter than Poisson counts;
        * `excess` with `_low`, `_high`: outcomes in the window of one killing beyond those expected
          without it;
        * `p_time`, `p_space`: share of the placebos in which the group's statistic is at least as
          large, one-sided: near 0 more outcomes than in placebos, near 1 fewer; `p_time_any`,
          `p_space_any`: how often any group's is, which allows for having looked at all;
        * `rate` with `_low`, `_high`: outcomes a day recorded in the windows, over drawn
          perpetrators; `expected_rate`: the same without the killing;
        * `killings` with `_low`, `_high`: documented killings of the group that are counted, over
          drawn perpetrators;
        * `outcomes`, `dispersion`, `exchanges`: by kind, their number, their scatter and the
          placebos in space.

        NaN where no draw gives the group a killing. Attributes say what it means, the settings, and
        how many killings are not counted and why.

    Raises
    ------
    DataError
        Every problem of the table of outcomes.
    AttributionError
        Settings that cannot be, no killing with a day and an area, or a split by claims that have
        no date.
    FitError
        Windows that overlap so much that ratios cannot be found.

    References
    ----------
    Plummer 2015, Cuts in Bayesian graphical models, doi:10.1007/s11222-014-9503-z.

    Examples
    --------
    >>> found = benefit(posterior, "outcomes.csv", period=("2019-01-01", "2022-12-31"))  # doctest: +SKIP
    >>> found["rate_ratio"].sel(kind="threat to storm", comparison="after").to_pandas()  # doctest: +SKIP
    """
    settings = {"before": before, "after": after, "smooth": smooth, "block": block, "prior_sd": prior_sd}
    check_settings(posterior, around, settings | {"placebos": placebos, "draws": draws})
    law = Law(((-before, -1), (0, 0), (1, after)), smooth, prior_sd)
    where, limits = killing_areas(posterior, area), span(period)
    areas = np.unique(where[where != ""]) if (where != "").any() else np.array([""])
    table = read_outcomes(outcomes, [str(name) for name in areas if name], limits, encoding)
    day, left = killing_days(posterior, around, where)
    if limits is None:
        every = np.concatenate([day[~np.isnat(day)], table["date"].to_numpy().astype("datetime64[D]")])
        limits = every.min(), every.max()
    first, last = limits
    outside = (day < first) | (day > last)
    left["outside the period"] = int(outside.sum())
    kept = np.flatnonzero(~np.isnat(day) & ~outside)
    if not len(kept):
        raise AttributionError(f"benefit(around={around!r}): no killing counts: {told(left)}.")
    course = Course(np.searchsorted(areas, where[kept]), (day[kept] - first).astype(np.int64))
    case = case_of(posterior, course, kept, around, by_claim, draws)
    counts = outcomes_by_day(table, areas, first, int((last - first).astype(np.int64)) + 1)
    found = [
        described(count, case, law, block, placebos, np.random.default_rng([seed, Stream.PLACEBOS, i]))
        for i, count in enumerate(counts.values())
    ]
    names = [str(name) for name in posterior["attribution"].to_dataset()["actor"].values]
    result = labelled(found, list(counts), names, groups_of(around, by_claim))
    result.attrs = settings | {
        "around": around,
        "period": f"{first} to {last}",
        "area_column": area,
        "counted": len(kept),
        "not_counted": told(left),
        "of": "documented killings",
        "meaning": MEANING,
        "checks": verdict(posterior),
        "data_hash": posterior.attrs["data_hash"],
        "seed": seed,
        "draws": len(case.drawn),
        "attributions": "draw by draw" if has_draws(posterior) else "posterior means",
    }
    return result


def check_settings(posterior: xr.DataTree, around: str, settings: dict[str, float]) -> None:
    """Raise for what cannot be computed with."""
    if "attribution" not in posterior.children or "constant_data" not in posterior.children:
        raise AttributionError("benefit() needs what fit() or attribute() returns.")
    if around not in (KILLING, CLAIM):
        raise AttributionError(f"benefit(around={around!r}): choose {KILLING!r} or {CLAIM!r}.")
    for name, least in (("before", 1), ("after", 1), ("block", 1), ("placebos", 1), ("draws", 1)):
        if settings[name] < least or settings[name] != int(settings[name]):
            raise AttributionError(f"benefit({name}={settings[name]}): give a whole number, {least} or more.")
    if not 0 < settings["prior_sd"] < np.inf:
        raise AttributionError(f"benefit(prior_sd={settings['prior_sd']}) must be a positive number.")
    longest = max(settings["before"], settings["after"])
    if not longest <= settings["smooth"] < np.inf:
        raise AttributionError(
            f"benefit(smooth={settings['smooth']}) must be at least the longer window, {longest:g} days: a quicker "
            "baseline would follow the response. Shorten the windows, or smooth more."
        )
    if settings["block"] < 2 * (settings["before"] + settings["after"]):
        raise AttributionError(
            f"benefit(block={settings['block']}) must be at least twice both windows together: a killing must be "
            "able to move out of them."
        )


def labelled(
    found: list[dict[str, Any]], kinds: list[str], names: list[str], claimed: list[str]
) -> xr.Dataset:
    """All kinds in one dataset."""
    groups = ("actor", "claimed")
    middle = {len(COMPARISONS): "comparison", len(WINDOWS): "window"}
    variables: dict[str, Any] = {}
    for name, first in found[0].items():
        values = np.array([each[name] for each in found])
        if name.startswith("killings"):  # the same for every kind
            variables[name] = (groups, first.reshape(len(names), -1))
        elif values.ndim == 1:
            variables[name] = ("kind", values)
        else:
            dims = ("kind", middle[values.shape[1]], *groups)
            variables[name] = (dims, values.reshape(*values.shape[:-1], len(names), -1))
    coords = {"kind": kinds, "actor": names, "claimed": claimed}
    coords |= {"comparison": list(COMPARISONS), "window": list(WINDOWS)}
    return xr.Dataset(variables, coords=coords).transpose("kind", *groups, ...)

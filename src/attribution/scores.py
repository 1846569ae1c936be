"""Scores of attribution probabilities against known perpetrators.

Every function takes `probability`, the probability of each actor for each event, and `truth`, the label of
the actor who did it. They measure a *forecast*: give them only events whose label the model did not see.
"""

import difflib
from typing import Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

__all__ = [
    "brier",
    "calibration",
    "calibration_error",
    "calibration_interval",
    "log_score",
    "top_k",
]

_SUM_TOLERANCE = 1e-6

Kind = Literal["top", "classwise"]


def log_score(probability: xr.DataArray, truth: xr.DataArray) -> xr.DataArray:
    r"""Logarithmic score of each event, in nats; lower is better.

    .. math:: s_e = -\log p_{e, z_e}

    where :math:`z_e` is the actor who did it. Zero for certainty in the right actor, `log(K)` for an even
    guess among K actors, infinite where the right actor was given probability zero.

    Parameters
    ----------
    probability : xr.DataArray
        Dims `event`, `actor` in any order, with labels on `actor`; sums to one over `actor`. Further dims
        (`chain`, `draw`) ride along.
    truth : xr.DataArray
        Dim `event`: the label of the actor who did it, among the labels of `probability`.

    Returns
    -------
    xr.DataArray
        Dim `event` and any further dims of `probability`.

    Raises
    ------
    ValueError
        If dims or labels do not match, a probability lies outside [0, 1], or the sum over `actor` is not one
        within 1e-6.

    References
    ----------
    Good, I. J. (1952). Rational decisions. Journal of the Royal Statistical Society B 14, 107-114.
    doi:10.1111/j.2517-6161.1952.tb00104.x

    Examples
    --------
    >>> import xarray as xr
    >>> probability = xr.DataArray(
    ...     [[0.5, 0.5], [0.75, 0.25]], dims=("event", "actor"), coords={"actor": ["IS", "criminal"]}
    ... )
    >>> truth = xr.DataArray(["IS", "criminal"], dims="event")
    >>> log_score(probability, truth).round(3).values.tolist()
    [0.693, 1.386]
    """
    probability, hit = _checked(probability, truth)
    with np.errstate(divide="ignore"):  # probability zero scores infinity
        log_given: xr.DataArray = xr.apply_ufunc(np.log, _of_truth(probability, hit).clip(0, 1))
    return (0 - log_given).rename("log_score")


def brier(probability: xr.DataArray, truth: xr.DataArray) -> xr.DataArray:
    r"""Brier score of each event over all actors, between 0 and 2; lower is better.

    .. math:: s_e = \sum_k \left( p_{e,k} - [z_e = k] \right)^2

    This is Brier's own definition, summed over the actors; with two actors it is twice the score often
    quoted for a yes-or-no forecast.

    Parameters
    ----------
    probability : xr.DataArray
        Dims `event`, `actor`, as for `log_score`. Further dims ride along.
    truth : xr.DataArray
        Dim `event`: the label of the actor who did it.

    Returns
    -------
    xr.DataArray
        Dim `event` and any further dims of `probability`.

    Raises
    ------
    ValueError
        As `log_score`.

    References
    ----------
    Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. Monthly Weather Review
    78, 1-3. doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2

    Examples
    --------
    >>> import xarray as xr
    >>> probability = xr.DataArray(
    ...     [[0.5, 0.5], [0.75, 0.25]], dims=("event", "actor"), coords={"actor": ["IS", "criminal"]}
    ... )
    >>> truth = xr.DataArray(["IS", "criminal"], dims="event")
    >>> brier(probability, truth).values.tolist()
    [0.5, 1.125]
    """
    probability, hit = _checked(probability, truth)
    score: xr.DataArray = ((probability - hit) ** 2).sum("actor")
    return score.rename("brier")


def top_k(probability: xr.DataArray, truth: xr.DataArray, k: int) -> xr.DataArray:
    """Whether the actor who did it is among the `k` most probable: 1 or 0, a fraction where actors tie.

    With `g` actors strictly more probable than the right one and `t` exactly as probable (itself included),
    the value is `clip((k - g) / t, 0, 1)`: the probability of a hit if ties are broken at random. An even
    guess among K actors therefore scores `k / K` whatever the order of the actors.

    Parameters
    ----------
    probability : xr.DataArray
        Dims `event`, `actor`, as for `log_score`. Further dims ride along.
    truth : xr.DataArray
        Dim `event`: the label of the actor who did it.
    k : int
        Length of the list of suspects, at least 1.

    Returns
    -------
    xr.DataArray
        Dim `event` and any further dims of `probability`; its mean is the accuracy.

    Raises
    ------
    ValueError
        As `log_score`, or if `k` is below 1.

    Examples
    --------
    >>> import xarray as xr
    >>> probability = xr.DataArray(
    ...     [[0.5, 0.3, 0.2], [0.4, 0.4, 0.2]],
    ...     dims=("event", "actor"),
    ...     coords={"actor": ["IS", "criminal", "unlisted"]},
    ... )
    >>> truth = xr.DataArray(["criminal", "IS"], dims="event")
    >>> top_k(probability, truth, k=1).values.tolist()
    [0.0, 0.5]
    >>> top_k(probability, truth, k=2).values.tolist()
    [1.0, 1.0]
    """
    if k < 1:
        raise ValueError(f"k is the length of the list of suspects and must be at least 1, not {k}")
    probability, hit = _checked(probability, truth)
    given = _of_truth(probability, hit)
    ahead = (probability > given).sum("actor")
    tied = (probability == given).sum("actor")
    return ((k - ahead) / tied).clip(0, 1).rename("top_k")


def calibration(probability: xr.DataArray, truth: xr.DataArray, bins: int = 10) -> xr.Dataset:
    """Reliability table over all pairs of event and actor.

    Every pair is one yes-or-no forecast, "this actor did this one". Pairs are sorted by probability into
    bins of equal width, closed below and open above (the last closed). A calibrated forecast is right as
    often as it says: `observed` agrees with `predicted` within the error that `count` allows. The pairs of
    one event are not independent: read `count` as an upper bound of the sample size.

    Parameters
    ----------
    probability : xr.DataArray
        Dims `event`, `actor` and no others, as for `log_score`.
    truth : xr.DataArray
        Dim `event`: the label of the actor who did it.
    bins : int, default 10
        Number of bins of equal width over [0, 1].

    Returns
    -------
    xr.Dataset
        Dim `bin`, labelled by its middle, with coordinates `lower` and `upper`; variables `predicted` (mean
        probability), `observed` (frequency of being right), both NaN where a bin is empty, and `count`.

    Raises
    ------
    ValueError
        As `log_score`, or if `bins` is below 1, there are no events, or there are further dims.

    References
    ----------
    DeGroot, M. H. and Fienberg, S. E. (1983). The comparison and evaluation of forecasters. The Statistician
    32, 12-22. doi:10.2307/2987588

    Examples
    --------
    >>> import xarray as xr
    >>> probability = xr.DataArray(
    ...     [[0.8, 0.2], [0.8, 0.2]], dims=("event", "actor"), coords={"actor": ["IS", "criminal"]}
    ... )
    >>> truth = xr.DataArray(["IS", "criminal"], dims="event")
    >>> table = calibration(probability, truth, bins=2)
    >>> table["predicted"].values.tolist(), table["observed"].values.tolist(), table["count"].values.tolist()
    ([0.2, 0.8], [0.5, 0.5], [2, 2])
    """
    values, hits, _ = _event_by_actor(probability, truth, bins)
    cell = _bin_of(values, bins).ravel()
    count = np.bincount(cell, minlength=bins)
    size = np.where(count > 0, count, np.nan)
    edges = np.linspace(0, 1, bins + 1)
    return xr.Dataset(
        {
            "predicted": ("bin", np.bincount(cell, values.ravel(), bins) / size),
            "observed": ("bin", np.bincount(cell, hits.ravel(), bins) / size),
            "count": ("bin", count),
        },
        coords={
            "bin": (edges[:-1] + edges[1:]) / 2,
            "lower": ("bin", edges[:-1]),
            "upper": ("bin", edges[1:]),
        },
    )


def calibration_error(
    probability: xr.DataArray, truth: xr.DataArray, bins: int = 10, kind: Kind = "top"
) -> float:
    r"""Expected calibration error, between 0 and 1; lower is better.

    `kind="top"` (the usual ECE): how far the confidence in the *most probable* actor is from the frequency
    of its being right. Events are sorted by that confidence into bins :math:`B_b` of equal width, closed
    below and open above (the last closed):

    .. math:: \sum_b \frac{|B_b|}{n} \left| \overline{\mathrm{right}}(B_b) - \overline{p}(B_b) \right|

    `kind="classwise"`: the same sum for each actor alone (its probability in every event, against whether it
    did it), averaged over the actors. With many actors most probabilities lie near zero, so it is
    much smaller than the top-label error: never compare one kind with the other.

    Parameters
    ----------
    probability : xr.DataArray
        Dims `event`, `actor` and no others, as for `log_score`.
    truth : xr.DataArray
        Dim `event`: the label of the actor who did it.
    bins : int, default 10
        Number of bins of equal width over [0, 1].
    kind : {"top", "classwise"}, default "top"
        Which definition.

    Returns
    -------
    float
        The error; where the most probable actors tie, a hit counts as in `top_k`.

    Raises
    ------
    ValueError
        As `calibration`, or if `kind` is unknown.

    Notes
    -----
    An absolute value of noise is not zero: a perfectly calibrated forecast has a positive expected error,
    of the order of `sqrt(bins / n)`, and n events in more bins show a larger one. Give n and `bins` with it.

    References
    ----------
    Naeini, M. P., Cooper, G. and Hauskrecht, M. (2015). Obtaining well calibrated probabilities using
    Bayesian binning. AAAI 29. doi:10.1609/aaai.v29i1.9602

    Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017). On calibration of modern neural networks.
    ICML, PMLR 70, 1321-1330. doi:10.48550/arXiv.1706.04599

    Kull, M. et al. (2019). Beyond temperature scaling (classwise). NeurIPS 32. doi:10.48550/arXiv.1910.12656

    Examples
    --------
    >>> import xarray as xr
    >>> probability = xr.DataArray(
    ...     [[0.8, 0.2], [0.8, 0.2]], dims=("event", "actor"), coords={"actor": ["IS", "criminal"]}
    ... )
    >>> truth = xr.DataArray(["IS", "criminal"], dims="event")
    >>> round(calibration_error(probability, truth), 3)
    0.3
    """
    gaps = _gaps(probability, truth, bins, kind)
    return float(np.abs(gaps.mean(axis=0)).sum())


def calibration_interval(
    probability: xr.DataArray,
    truth: xr.DataArray,
    bins: int = 10,
    kind: Kind = "top",
    *,
    seed: int,
    level: float = 0.9,
    resamples: int = 1000,
) -> tuple[float, float]:
    """Bootstrap interval of `calibration_error`, resampling events.

    Percentiles of the error of `resamples` tables of n events drawn with replacement. Resampling adds noise
    to an error that noise only inflates (see the notes of `calibration_error`), so the interval lies
    somewhat high. Its upper end is the safe one to cite.

    Parameters
    ----------
    probability : xr.DataArray
        Dims `event`, `actor` and no others, as for `log_score`.
    truth : xr.DataArray
        Dim `event`: the label of the actor who did it.
    bins : int, default 10
        Number of bins of equal width over [0, 1].
    kind : {"top", "classwise"}, default "top"
        Definition of the error, see `calibration_error`.
    seed : int
        Seed of the resampling.
    level : float, default 0.9
        Mass of the interval, between 0 and 1, cut equally at both ends.
    resamples : int, default 1000
        Number of resampled tables.

    Returns
    -------
    tuple of float
        Lower and upper end.

    Raises
    ------
    ValueError
        As `calibration_error`, or if `level` is not between 0 and 1 or `resamples` is below 1.

    References
    ----------
    Efron, B. (1979). Bootstrap methods: another look at the jackknife. Annals of Statistics 7, 1-26.
    doi:10.1214/aos/1176344552

    Examples
    --------
    >>> import xarray as xr
    >>> probability = xr.DataArray(
    ...     [[0.8, 0.2]] * 10, dims=("event", "actor"), coords={"actor": ["IS", "criminal"]}
    ... )
    >>> truth = xr.DataArray(["IS"] * 8 + ["criminal"] * 2, dims="event")
    >>> lower, upper = calibration_interval(probability, truth, seed=1)
    >>> bool(0 <= lower < upper < 0.4)
    True
    """
    if not 0 < level < 1:
        raise ValueError(f"level is the mass of the interval and must lie between 0 and 1, not {level}")
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, not {resamples}")
    gaps = _gaps(probability, truth, bins, kind)
    n = len(gaps)
    rng = np.random.default_rng(seed)
    even = np.full(n, 1 / n)
    # One matrix-vector product a resample: the matrix of all weights (resamples x events) need not fit.
    errors = [np.abs(rng.multinomial(n, even) @ gaps).sum() / n for _ in range(resamples)]
    lower, upper = np.quantile(errors, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)


def _gaps(probability: xr.DataArray, truth: xr.DataArray, bins: int, kind: str) -> npt.NDArray[np.float64]:
    """Signed gap (right minus probability) of each event in each cell, shape (event, cell).

    The calibration error of any set of events is the sum over cells of the absolute mean gap. Cells are bins;
    for `classwise` pairs of actor and bin, whose gaps are divided by the number of actors.
    """
    values, hits, first = _event_by_actor(probability, truth, bins)
    if kind == "top":
        confidence = values.max(axis=1, keepdims=True)
        return _spread(confidence, first[:, None] - confidence, bins)
    if kind == "classwise":
        return _spread(values, (hits - values) / values.shape[1], bins)
    raise ValueError(f"kind must be 'top' or 'classwise', not {kind!r}")


def _spread(
    values: npt.NDArray[np.float64], gaps: npt.NDArray[np.float64], bins: int
) -> npt.NDArray[np.float64]:
    """Gaps of shape (event, column) moved to the cell (column, bin) of their value: shape (event, cell)."""
    cells = np.zeros((*values.shape, bins))
    np.put_along_axis(cells, _bin_of(values, bins)[..., None], gaps[..., None], axis=-1)
    return cells.reshape(len(values), -1)


def _bin_of(values: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.intp]:
    """Index of the bin of equal width, closed below, that holds each value; the last bin holds 1."""
    return np.clip(np.floor(values * bins), 0, bins - 1).astype(np.intp)


def _event_by_actor(
    probability: xr.DataArray, truth: xr.DataArray, bins: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Probabilities and hits of shape (event, actor), and the `top_k` hit of each event for k = 1."""
    if bins < 1:
        raise ValueError(f"bins must be at least 1, not {bins}")
    extra = [str(dim) for dim in probability.dims if dim not in ("event", "actor")]
    if extra:
        raise ValueError(
            f"calibration takes one probability per event and actor; average over {', '.join(extra)} first"
        )
    first = top_k(probability, truth, 1)
    probability, hit = _checked(probability, truth)
    if probability.sizes["event"] == 0:
        raise ValueError("there are no events to calibrate against")
    order = ("event", "actor")
    return (
        probability.transpose(*order).values.astype(np.float64),
        hit.transpose(*order).values.astype(np.float64),
        first.values.astype(np.float64),
    )


def _of_truth(probability: xr.DataArray, hit: xr.DataArray) -> xr.DataArray:
    """Probability given to the actor who did it."""
    return probability.where(hit, 0).sum("actor")


def _checked(probability: xr.DataArray, truth: xr.DataArray) -> tuple[xr.DataArray, xr.DataArray]:
    """`probability`, and whether each actor is the one who did it (dims `event`, `actor`); or ValueError."""
    missing = [dim for dim in ("event", "actor") if dim not in probability.dims]
    if missing or "actor" not in probability.coords:
        raise ValueError(
            "probability needs the dims 'event' and 'actor', with labels on 'actor'; it has the dims "
            f"{probability.dims} and the coordinates {tuple(probability.coords)}"
        )
    if truth.dims != ("event",):
        raise ValueError(f"truth needs the one dim 'event', it has {truth.dims}")
    _check_events(probability, truth)
    _check_labels(probability, truth)
    _check_probability(probability)
    return probability, (truth.drop_vars(truth.coords) == probability["actor"])


def _check_events(probability: xr.DataArray, truth: xr.DataArray) -> None:
    """Raise where the events of both are not the same, in the same order."""
    if probability.sizes["event"] != truth.sizes["event"]:
        raise ValueError(
            f"probability has {probability.sizes['event']} events and truth {truth.sizes['event']}"
        )
    both = "event" in probability.coords and "event" in truth.coords
    if both and not np.array_equal(probability["event"].values, truth["event"].values):
        raise ValueError(
            "probability and truth name different events, or in another order; select first: "
            "probability.sel(event=truth['event'])"
        )


def _check_labels(probability: xr.DataArray, truth: xr.DataArray) -> None:
    """Raise where an actor is listed twice, or list every label of `truth` that is no actor."""
    actors = [str(actor) for actor in probability["actor"].values]
    if len(set(actors)) < len(actors):
        raise ValueError(f"the actors of probability are not distinct: {', '.join(actors)}")
    unknown = sorted({str(label) for label in truth.values} - set(actors))
    if unknown:
        said = [f"{label!r}{_nearest(label, actors)}" for label in unknown]
        raise ValueError(
            f"truth names what is not among the actors: {'; '.join(said)}. Actors: {', '.join(actors)}"
        )


def _nearest(label: str, known: list[str]) -> str:
    """A question that proposes the nearest known name, or nothing."""
    match = difflib.get_close_matches(label, known, n=1)
    return f" (did you mean {match[0]!r}?)" if match else ""


def _check_probability(probability: xr.DataArray) -> None:
    """Raise where a value is NaN or outside [0, 1], or the values of an event do not sum to one."""
    # A NaN fails both comparisons, so it is counted among the bad ones.
    proper = (probability >= -_SUM_TOLERANCE) & (probability <= 1 + _SUM_TOLERANCE)
    whole = abs(probability.sum("actor", skipna=False) - 1) <= _SUM_TOLERANCE
    bad = ~(proper.all("actor") & whole)
    if bad.any():
        others = [dim for dim in bad.dims if dim != "event"]
        rows = np.flatnonzero(bad.any(others).values)
        names = probability["event"].values[rows] if "event" in probability.coords else rows
        shown = ", ".join(str(name) for name in names[:10]) + (", ..." if len(rows) > 10 else "")
        raise ValueError(
            f"probabilities must lie in [0, 1] and sum to one over the actors within {_SUM_TOLERANCE}; "
            f"{len(rows)} events do not: {shown}"
        )

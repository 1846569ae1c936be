"""The delay from a killing to its claim: a log-logistic law of whole days, with what is still to come summed out.

    P(T > t) = (S(t) - S(L)) / (1 - S(L)),   S(t) = 1 / (1 + ((t + 1) / scale) ** shape),   t = 0, 1, ... L days

(Bennett 1983, doi:10.2307/2347295), cut at L, the longest delay. Half of the claims come within about the scale, and
some months later. Log S is exact in both tails, and every other probability here is a difference of such. Whoever has
been silent for L days is silent for good: such events are alike, whenever they happened, and share a cell.

A killing on an unknown day of a window of n days, each as likely, is summed over the days:
with D its day and u the last day on which a claim would have been recorded,

    P(claimed by u) = 1/n sum_D P(T <= u - D),      P(claimed on day c) = 1/n sum_D P(T = c - D)
"""

from __future__ import annotations

import numpy as np
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray

from attribution.arrays import Array, Arrays
from attribution.components.base import Tensor, Tensors
from attribution.events.windows import window

FOREVER = -1
"""Days observed where no claim can be still to come: `observed_until` is empty, or long after the killing."""

FAR = 1_000_000
"""Days after which no claim comes, whatever the longest delay."""

LEAST = -700.0
"""Log probability that stands for none where a sum has other terms: its gradient is finite."""


def delay_keys(events: xr.Dataset, longest: int) -> Arrays:
    """Days from the first day of each event's window to the end of observation, and days in the window."""
    first, last = window(events)
    days = (last - first).astype(np.int64) + 1
    until = observed_days(events)
    until = np.where(until - days + 1 >= longest, FOREVER, until)
    summed = (until != FOREVER) | (claim_day(events) >= 0)
    return {"until": until, "days": np.where(summed, days, 1)}


def delay_rows(keys: Arrays) -> Arrays:
    """The days, and the distinct ends of observation, each computed once.

    Of coarse dates, which have a sum to take, also the days of each.
    The last horizon has one day and is of no event: repeated to fill up an array (`design.pad`), it changes nothing.
    """
    both = np.stack([keys["until"], keys["days"]], axis=1)
    horizons, own = np.unique(both, axis=0, return_inverse=True)
    horizons = np.vstack([horizons, [FAR, 1]])
    coarse = (horizons[:, 1] > 1) & (horizons[:, 0] != FOREVER)
    spans = [
        np.arange(max(until - days + 1, 0), until + 1) if summed else np.array([], dtype=np.int64)
        for (until, days), summed in zip(horizons, coarse, strict=True)
    ]
    spans[-1] = np.array([FAR])
    return {
        "days": keys["days"],
        "horizon": own.reshape(-1),
        "horizon_until": horizons[:, 0],
        "horizon_days": np.where(coarse, horizons[:, 1], 1),
        "day": np.concatenate(spans),
        "day_horizon": np.repeat(np.arange(len(spans)), [len(span) for span in spans]),
    }


def dated(outcome: Array, days: Array, first: int) -> Arrays:
    """The claims of known day among outcomes ``(row, claimant)``: where they are, who claims, and which day.

    An outcome of ``first`` is a claim on day zero. The last one is no claim: it is put behind the last place.
    """
    row, claimant = np.nonzero(outcome >= first)
    return {
        "dated": np.append(row * outcome.shape[1] + claimant, -1),
        "dated_claimant": np.append(claimant, 0),
        "dated_day": np.append(outcome[row, claimant] - first, 0),
        "dated_days": np.append(days[row], 1),
    }


def observed_days(events: xr.Dataset) -> NDArray[np.int64]:
    """Days from the first day of each event's window to `observed_until`; `FOREVER` where that is empty."""
    if "observed_until" not in events:
        return np.full(events.sizes["event"], FOREVER)
    seen = events["observed_until"].values.astype("datetime64[D]")
    return np.where(np.isnat(seen), FOREVER, (seen - window(events)[0]).astype(np.int64))


def claim_day(events: xr.Dataset) -> NDArray[np.int64]:
    """Days from the first day of each event's window to `claim_date`; -1 where there is none."""
    if "claim_date" not in events:
        return np.full(events.sizes["event"], -1)
    said = events["claim_date"].values.astype("datetime64[D]")
    return np.where(np.isnat(said), -1, (said - window(events)[0]).astype(np.int64))


def log_survival(scale: Tensor, shape: Tensor, day: Tensor) -> Tensor:
    """Log of S; ``scale`` and ``shape`` are logarithms."""
    return -pt.softplus(pt.exp(shape) * (pt.log(day + 1.0) - scale))


def log_by_horizon(scale: Tensor, shape: Tensor, longest: int, setting: Tensors) -> tuple[Tensor, Tensor]:
    """Log probabilities that a claim by an actor who claims is still to come, and that it has come.

    ``scale`` ``(claimant,)``; the result ``(row, claimant)``.
    """
    until, days = setting["horizon_until"][:, None], setting["horizon_days"][:, None]
    to_come, come = log_sides(scale, shape, longest, pt.maximum(until, 0))
    each = log_sides(scale, shape, longest, setting["day"][:, None])
    nothing = pt.zeros((days.shape[0], scale.shape[0]))
    late, early, counted = (
        nothing[setting["day_horizon"]].inc(pt.exp(side)) for side in (*each, pt.zeros_like(each[0]))
    )
    late = pt.maximum(late + days - counted, np.exp(LEAST))  # and the days after the end of observation
    early = pt.switch(days > 1, early, 1.0)
    to_come = pt.switch(days > 1, pt.log(late) - pt.log(days), to_come)
    come = pt.switch(days > 1, pt.log(early) - pt.log(days), come)
    forever, own = pt.eq(until, FOREVER), setting["horizon"]
    return pt.switch(forever, -np.inf, to_come)[own], pt.switch(forever, 0.0, come)[own]


def log_sides(scale: Tensor, shape: Tensor, longest: int, day: Tensor) -> tuple[Tensor, Tensor]:
    """Log probabilities of a delay of more than ``day`` days, and of at most so many."""
    end = log_survival(scale, shape, np.asarray(longest))
    here = log_survival(scale, shape, pt.minimum(day, longest))
    over = day >= longest
    more = pt.switch(over, LEAST, here + pt.log1mexp(pt.switch(over, -1.0, end - here)))
    whole = pt.log1mexp(end)
    return more - whole, pt.log1mexp(here) - whole


def log_on_day(scale: Tensor, shape: Tensor, longest: int, days: Tensor, day: Tensor) -> Tensor:
    """Log probability that the claim comes ``day`` days after the window's first day."""
    earliest = pt.maximum(day - days + 1, 0)
    before = pt.switch(pt.eq(earliest, 0), 0.0, log_survival(scale, shape, pt.maximum(earliest - 1, 0)))
    after = log_survival(scale, shape, pt.minimum(day, longest))
    whole = pt.log1mexp(log_survival(scale, shape, np.asarray(longest)))
    return before + pt.log1mexp(after - before) - pt.log(days) - whole


def drawn_day(survival: Array, until: int, days: int, rng: np.random.Generator) -> int:
    """A day of claim after the window's first day, of a claim that came by ``until``.

    ``survival[t]`` is the probability of a delay of more than t days.
    """
    padded = np.concatenate([np.ones(days), survival[: until + 1]])
    weight = padded[:-days] - padded[days:]
    return int(rng.choice(until + 1, p=weight / weight.sum()))

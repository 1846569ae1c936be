"""The delay from a killing to its claim: a discrete Weibull, with what is still to come and coarse dates summed out.

    P(T > t) = exp(-((t + 1) / scale) ** shape),   t = 0, 1, 2, ... days

(Nakagawa and Osaki 1975, doi:10.1109/TR.1975.5214915). Its log survival is one power of the day, exact in both tails,
and every other probability here is a difference of such powers; with a shape below one most claims come at once and
some months later.

A killing on an unknown day of a window of n days, each as likely, is summed over the days:
with D its day and u the last day on which a claim would have been recorded,

    P(claimed by u) = 1/n sum_D P(T <= u - D),      P(claimed on day c) = 1/n sum_D P(T = c - D)
"""

from __future__ import annotations

import numpy as np
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray

from attribution.component import Array, Arrays, Tensor, Tensors
from attribution.events import window

FOREVER = -1
"""Days observed where `observed_until` is empty: whoever was to claim has done so."""


def delay_keys(events: xr.Dataset) -> Arrays:
    """Days from the first day of each event's window to the end of observation, and days in the window."""
    first, last = window(events)
    days = (last - first).astype(np.int64) + 1
    if "observed_until" not in events:
        return {"until": np.full(len(first), FOREVER), "days": days}
    seen = events["observed_until"].values.astype("datetime64[D]")
    until = np.where(np.isnat(seen), FOREVER, (seen - first).astype(np.int64))
    return {"until": until, "days": days}


def delay_rows(keys: Arrays) -> Arrays:
    """The keys, and the days over which coarse dates are summed."""
    coarse = keys["days"] > 1
    return {
        "until": keys["until"],
        "days": keys["days"],
        "day": np.arange(keys["until"][coarse].max(initial=FOREVER) + 1),
    }


def claim_day(events: xr.Dataset) -> NDArray[np.int64]:
    """Days from the first day of each event's window to `claim_date`; -1 where there is none."""
    if "claim_date" not in events:
        return np.full(events.sizes["event"], -1)
    said = events["claim_date"].values.astype("datetime64[D]")
    return np.where(np.isnat(said), -1, (said - window(events)[0]).astype(np.int64))


def log_survival(scale: Tensor, shape: Tensor, day: Tensor) -> Tensor:
    """Log probability of a delay of more than ``day`` days; ``scale`` and ``shape`` are logarithms."""
    return -pt.exp(pt.exp(shape) * (pt.log(day + 1.0) - scale))


def log_by_horizon(scale: Tensor, shape: Tensor, setting: Tensors, channel: Tensor) -> tuple[Tensor, Tensor]:
    """Log probabilities that a claim by an actor who claims is still to come, and that it has come, ``(cell,)``."""
    until, days = setting["until"], setting["days"]
    known = pt.maximum(until, 0)
    to_come = log_survival(scale[channel], shape, known)
    survival = log_survival(scale, shape, setting["day"][:, None])
    start = pt.zeros_like(scale)[None, :]
    late, early = (
        pt.concatenate([start, pt.cumsum(chance, axis=0)])
        for chance in (pt.exp(survival), -pt.expm1(survival))
    )
    end = pt.minimum(known + 1, setting["day"].shape[0])
    begin = pt.maximum(end - days, 0)
    after = pt.maximum(days - known - 1, 0)  # days of the window after the end of observation
    exact, forever = pt.eq(days, 1), pt.eq(until, FOREVER)

    def log_share(total: Tensor) -> Tensor:
        """Log of a sum over the window's days; where no sum is needed nothing may overflow either."""
        return pt.log(pt.switch(exact | forever, 1.0, total) / days)

    coarse_to_come = log_share(late[end, channel] - late[begin, channel] + after)
    coarse_come = log_share(early[end, channel] - early[begin, channel])
    come = pt.switch(exact, pt.log1mexp(to_come), coarse_come)
    to_come = pt.switch(exact, to_come, coarse_to_come)
    return pt.switch(forever, -np.inf, to_come), pt.switch(forever, 0.0, come)


def log_on_day(scale: Tensor, shape: Tensor, days: Tensor, day: Tensor) -> Tensor:
    """Log probability that the claim comes ``day`` days after the window's first day, scale and day ``(cell,)``."""
    earliest = pt.maximum(day - days + 1, 0)
    before = pt.switch(pt.eq(earliest, 0), 0.0, log_survival(scale, shape, pt.maximum(earliest - 1, 0)))
    return before + pt.log1mexp(log_survival(scale, shape, day) - before) - pt.log(days)


def drawn_day(survival: Array, until: int, days: int, rng: np.random.Generator) -> int:
    """A day of claim after the window's first day, of a claim that came by ``until``.

    ``survival[t]`` is the probability of a delay of more than t days.
    """
    padded = np.concatenate([np.ones(days), survival[: until + 1]])
    weight = padded[:-days] - padded[days:]
    return int(rng.choice(until + 1, p=weight / weight.sum()))

"""How many of many events count: exact distributions of counts, and the events given the counts.

Event e counts towards count b with probability t[e, b], towards none with the rest; it counts once. The numbers of
events that count, one for each b, have the distribution that is found by adding one event after another to the grid of
all numbers up to the largest asked for. With one count it is the Poisson binomial distribution (Hong 2013,
doi:10.1016/j.csda.2012.10.006). All is done in logarithms, so that nothing underflows, and nothing is approximated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytensor
import pytensor.tensor as pt
from numpy.typing import NDArray

from attribution.arrays import Floats
from attribution.components.base import Tensor

LEAST = -1e6
"""Log probability that stands for none; finite, so that gradients are."""


@dataclass(frozen=True)
class Grid:
    """All numbers from zero to the largest of each count, in one flat axis ``point``; ``largest`` ``(count,)``."""

    largest: tuple[int, ...]

    @property
    def points(self) -> NDArray[np.int64]:
        """The numbers at each point, ``(count, point)``."""
        return np.indices([most + 1 for most in self.largest]).reshape(len(self.largest), -1)

    @property
    def size(self) -> int:
        """How many points."""
        return int(np.prod([most + 1 for most in self.largest]))

    @property
    def strides(self) -> list[int]:
        """Distance between points whose number of each count differs by one."""
        sizes = [most + 1 for most in self.largest]
        return [int(np.prod(sizes[b + 1 :])) for b in range(len(sizes))]

    @property
    def edges(self) -> Floats:
        """`LEAST` at points where a count is zero, which no event that counts leads to, ``(count, point)``."""
        return np.where(self.points == 0, LEAST, 0.0)


def log_counts(log_none: Tensor, log_counted: Tensor, events: int, groups: int, grid: Grid) -> Tensor:
    """Log probability of the numbers at each point of the grid, ``(group, point)``.

    Groups are independent of each other; ``log_none`` ``(event, group)``, ``log_counted`` ``(event, group, count)``.
    """
    start = np.full((groups, grid.size), LEAST)
    start[:, 0] = 0.0
    if not events:
        return pt.as_tensor(start)

    def add(none: Tensor, counted: Tensor, state: Tensor) -> Tensor:
        total = state + none[:, None]
        for b, (stride, edge) in enumerate(zip(grid.strides, grid.edges, strict=True)):
            one_more = pt.concatenate([np.full((groups, stride), LEAST), state[:, :-stride]], axis=1) + edge
            total = total + pt.softplus(one_more + counted[:, b, None] - total)
        return total

    steps = pytensor.scan(
        add,
        sequences=[log_none, log_counted],
        outputs_info=[pt.as_tensor(start)],
        n_steps=events,
        return_updates=False,
    )
    return steps[-1]


def condition(
    log_none: Floats, log_counted: Floats, log_weight: Floats, grid: Grid, rng: np.random.Generator
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Events given what was observed of their counts, by passing forward and backward over them.

    Parameters
    ----------
    log_none
        ``(sample, event)``.
    log_counted
        ``(sample, event, count)``.
    log_weight
        Log probability of what was observed given the numbers at each point, ``(sample, point)``.
    grid
        The numbers.
    rng
        Source of the joint draws.

    Returns
    -------
    tuple
        Log probability of what was observed given that the event does not count, or counts towards each,
        relative to the whole, ``(sample, event, 1 + count)``; log probability of the whole, ``(sample,)``; a joint draw
        of what the events count towards, 0 for none, ``(sample, event)``.
    """
    samples, events = log_none.shape
    forward = [np.full((samples, grid.size), LEAST)]
    forward[0][:, 0] = 0.0
    for e in range(events):
        forward.append(reduce(options(forward[-1], log_none[:, e], log_counted[:, e], grid)))
    backward = log_weight
    whole = logsumexp(forward[-1] + backward)
    message = np.empty((samples, events, 1 + len(grid.largest)))
    drawn = np.empty((samples, events), dtype=np.int64)
    row = np.arange(samples)
    point = pick(forward[-1] + backward, rng)
    for e in reversed(range(events)):
        none, counted = log_none[:, e], log_counted[:, e]
        ahead = [backward, *(left(backward, b, grid) for b in range(len(grid.largest)))]
        message[:, e] = np.stack([logsumexp(forward[e] + after) for after in ahead], axis=1) - whole[:, None]
        came = [way[row, point] for way in options(forward[e], none, counted, grid)]
        drawn[:, e] = pick(np.stack(came, axis=1), rng)
        point = point - np.array([0, *grid.strides])[drawn[:, e]]
        backward = reduce(
            [after + own[:, None] for after, own in zip(ahead, [none, *counted.T], strict=True)]
        )
    return message, whole, drawn


def options(state: Floats, none: Floats, counted: Floats, grid: Grid) -> list[Floats]:
    """Log probability of each point reached by an event that does not count, and by one that counts towards each."""
    ways = [state + none[:, None]]
    for b, (stride, edge) in enumerate(zip(grid.strides, grid.edges, strict=True)):
        one_less = np.concatenate([np.full((len(state), stride), LEAST), state[:, :-stride]], axis=1)
        ways.append(one_less + edge + counted[:, b, None])
    return ways


def left(state: Floats, b: int, grid: Grid) -> Floats:
    """The state at the point where count ``b`` is one more."""
    stride, top = grid.strides[b], np.where(grid.points[b] == grid.largest[b], LEAST, 0.0)
    return np.asarray(np.concatenate([state[:, stride:], np.full((len(state), stride), LEAST)], axis=1) + top)


def reduce(ways: Sequence[Floats]) -> Floats:
    """Log of the sum of probabilities."""
    return np.asarray(np.logaddexp.reduce(ways, axis=0))


def logsumexp(values: Floats) -> Floats:
    """Log of the sum over points."""
    most = values.max(axis=1)
    return np.asarray(most + np.log(np.exp(values - most[:, None]).sum(axis=1)))


def pick(log_weight: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """One draw along the last axis in proportion to the weights."""
    gumbel = rng.gumbel(size=log_weight.shape)
    return np.asarray((log_weight + gumbel).argmax(axis=1))

"""`worth_investigating`: which open killings, if it were established who did them, would narrow a share most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from attribution.arrays import Array, Floats
from attribution.compute.random_numbers import Stream, pick
from attribution.errors import AttributionError, nearest
from attribution.events.candidates import incident_weights
from attribution.results.following import followed

Index = NDArray[np.int64]
DRAWS, FUTURES, LOOKED_AT = 4000, 100, 200
"""Draws that a set is chosen at, outcomes it is imagined with, and killings it is chosen from, at most."""
BATCH = 4_000_000
"""Entries of the probabilities that are looked at in one go."""


@dataclass(frozen=True)
class Question:
    """A share, or the difference of two, over some of the events, at posterior draws.

    Attributes
    ----------
    chance
        Probability of each actor, ``(draw, event, actor)``.
    counts
        What an event adds if an actor did it, ``(actor,)``: 1 for the actor asked about, -1 for the other of a pair.
    inside
        Part of the whole that an event is, ``(event,)``: one over their number, or 0 for events not asked about.
    weight
        How much a label of an event counts, ``(event,)``: 1, or one over the events of its incident.
    """

    chance: NDArray[np.float32]
    counts: Floats
    inside: Floats
    weight: Floats

    def moments(self, events: Index | slice) -> tuple[Floats, Floats]:
        """What some events add on average at each draw, and how that varies over who did them, ``(draw, event)``."""
        chance, inside = self.chance[:, events].astype(float), self.inside[events]
        mean = chance @ self.counts
        return mean * inside, (chance @ self.counts**2 - mean**2) * inside**2

    def whole(self) -> tuple[Floats, Floats]:
        """The same of all events together, ``(draw,)``."""
        total = np.zeros((2, len(self.chance)))
        for events in pieces(self.chance):
            total += np.stack([moment.sum(axis=1) for moment in self.moments(events)])
        return total[0], total[1]


def worth_investigating(
    posterior: xr.DataTree,
    *,
    about: str | tuple[str, str],
    count: int = 10,
    where: Mapping[str, str] | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Open killings whose perpetrator, were it established, would narrow a share most, as a set.

    The share is of documented killings. For each open killing the expected variance of the share is taken over who it
    may turn out to be, from the draws of the fit and without another fit: a draw counts as much as it made that outcome
    probable. The first is the one that narrows the share most by itself, each further one the one that narrows it most
    beside those above it, so that two killings that would teach the same are not both chosen.

    Parameters
    ----------
    posterior
        What `fit` returns.
    about
        The actor whose share is asked about, or two actors: the difference of their shares.
    count
        How many killings.
    where
        A column of the events and a value: the share among those only, as ``{"area": "Nawa"}``. A killing
        elsewhere may still teach something of it.
    seed
        Seed of the outcomes a set is imagined with.

    Returns
    -------
    pandas.DataFrame
        A row a killing, in the order of choice: `event`; `alone`, the part of the share's variance that this killing
        removes by itself on average; `together`, what it and those above it remove; `sd`, the standard deviation of the
        share that is left then, on average (root of the mean variance; now it is in ``attrs["sd"]``); `ess`, the
        median number of draws that an imagined set of outcomes rests on: where it is below 50, what the row says of the
        set is rough; and for each actor `if <actor>`, the share if this killing alone turns out to be that actor's, NaN
        where it is no candidate. ``attrs`` hold `about`, `where`, `now` (the share) and `sd`.

    Raises
    ------
    AttributionError
        An actor or a column there is not, no open killing, a posterior without the probabilities of each draw.

    Notes
    -----
    The expectation is over the model's own draws: it is right if the model is. It says what would teach most of this
    share, not which killing matters, nor whether an investigation can succeed or is safe.
    That somebody was identified may itself say who did it (`Identification`): this is left out.

    Examples
    --------
    >>> worth_investigating(posterior, about="IS", count=10)  # doctest: +SKIP

    References
    ----------
    Lindley, D. V. (1956). On a measure of the information provided by an experiment. Annals of Mathematical
    Statistics 27, 986-1005. doi:10.1214/aoms/1177728069
    """
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise AttributionError(f"worth_investigating(count={count!r}): a whole number from 1.")
    group = followed(posterior)["attribution"].to_dataset()
    events = posterior["constant_data"].to_dataset()
    asked, open_ = question_of(group, events, about, where)
    mean, spread = asked.whole()
    variance = mean.var() + spread.mean()
    if not len(open_) or variance <= 0:
        raise AttributionError("worth_investigating(): nothing that is open bears on this share.")
    gain = np.concatenate(
        [variance - expected(asked, part, mean, spread) for part in cut(open_, asked.chance)]
    )
    best = open_[np.argsort(-gain, kind="stable")[: max(LOOKED_AT, count)]]
    chosen, left, ess = one_by_one(asked, best, count, seed)
    position = {int(event): at for at, event in enumerate(open_)}
    table = pd.DataFrame(
        {
            "event": group["event"].values[chosen],
            "alone": [gain[position[event]] / variance for event in chosen],
            "together": 1 - left,
            "sd": np.sqrt(variance * left),
            "ess": ess,
        }
    )
    outcome = outcomes(asked, np.array(chosen), mean)
    for k, actor in enumerate(group["actor"].values.astype(str)):
        table[f"if {actor}"] = outcome[:, k]
    table.attrs |= {"about": about, "where": dict(where or {})}
    table.attrs |= {"now": float(mean.mean()), "sd": float(np.sqrt(variance))}
    return table


def question_of(
    group: xr.Dataset, events: xr.Dataset, about: str | tuple[str, str], where: Mapping[str, str] | None
) -> tuple[Question, Index]:
    """The question in numbers, and the events that are open."""
    if "probability" not in group:
        raise AttributionError(
            "worth_investigating() needs the probabilities of each draw, which are not kept for so many events: fit "
            "a part of them (select)."
        )
    actors = group["actor"].values.astype(str).tolist()
    pair = (about,) if isinstance(about, str) else tuple(about)
    if not 1 <= len(pair) <= 2 or len({*pair}) != len(pair):
        raise AttributionError(f"worth_investigating(about={about!r}): an actor, or two different ones.")
    for name in pair:
        if name not in actors:
            raise AttributionError(
                f"worth_investigating(): there is no actor {name!r}.{nearest(name, actors)} There are "
                f"{', '.join(actors)}."
            )
    counts = np.zeros(len(actors))
    counts[[actors.index(name) for name in pair]] = (1.0, -1.0)[: len(pair)]
    chosen = np.ones(events.sizes["event"], dtype=bool)
    for column, value in (where or {}).items():
        if column not in events or events[column].dims != ("event",):
            known = [str(name) for name in events.data_vars if events[name].dims == ("event",)]
            raise AttributionError(
                f"worth_investigating(where=...): the events have no column {column!r}.{nearest(column, known)}"
            )
        chosen &= events[column].values.astype(str) == str(value)
    if not chosen.any():
        raise AttributionError(f"worth_investigating(where={where!r}): no event is so.")
    values = group["probability"].values
    chance = values.reshape(-1, *values.shape[2:])
    open_ = np.flatnonzero(~group["known"].values & (group["candidate"].values.sum(axis=1) > 1))
    return Question(chance, counts, chosen / chosen.sum(), incident_weights(events)), open_


def expected(
    asked: Question, events: Index, mean: Floats, spread: Floats, futures: Floats | None = None
) -> Floats:
    """Mean variance of the share if it were known who did each of some events, ``(event,)``, or of each future.

    Parameters
    ----------
    events
        Which events, one at a time.
    mean, spread
        Mean and variance of the share at each draw, ``(draw,)``, over the events whose perpetrator is not yet imagined.
    futures
        Weights of the draws, ``(future, draw)``, each row adding up to one; None for draws that weigh alike.
    """
    weights = np.full((1, len(mean)), 1 / len(mean)) if futures is None else futures
    own, varies = asked.moments(events)
    others, within = mean[:, None] - own, spread[:, None] - varies
    chance = asked.chance[:, events].astype(float)
    told = chance ** asked.weight[events][:, None]
    total = np.zeros((len(weights), len(events)))
    for k in range(chance.shape[2]):
        seen = told[:, :, k]
        mass = np.maximum(weights @ seen, 1e-300)
        first, second = (weights @ (seen * moment) / mass for moment in (others, others**2 + within))
        total += (weights @ chance[:, :, k]) * (second - first**2)
    return total[0] if futures is None else total.mean(axis=0)


def one_by_one(asked: Question, best: Index, count: int, seed: int) -> tuple[list[int], Floats, Floats]:
    """Events chosen in turn, the part of the variance that is left after each, and the draws it rests on."""
    rng = np.random.default_rng([seed, Stream.INVESTIGATION])
    thin = np.unique(np.linspace(0, len(asked.chance) - 1, DRAWS).round().astype(int))
    asked = replace(asked, chance=asked.chance[thin])
    mean, spread = asked.whole()
    now = mean.var() + spread.mean()
    truth = np.linspace(0, len(thin) - 1, FUTURES).round().astype(int)
    futures = np.full((FUTURES, len(thin)), 1 / len(thin))
    chosen: list[int] = []
    left: list[float] = []
    ess: list[float] = []
    remaining = best
    while len(chosen) < min(count, len(best)):
        parts = list(cut(remaining, asked.chance))
        variance = np.concatenate([expected(asked, part, mean, spread, futures) for part in parts])
        event = int(remaining[variance.argmin()])
        chosen.append(event)
        left.append(max(0.0, float(variance.min() / now)))  # rounding, where nothing is left
        remaining = remaining[remaining != event]
        own, varies = asked.moments(np.array([event]))
        mean, spread = mean - own[:, 0], spread - varies[:, 0]
        happened = pick(asked.chance[truth, event], rng.random(FUTURES))
        futures *= asked.chance[:, event, happened].T.astype(float) ** asked.weight[event]
        futures /= futures.sum(axis=1, keepdims=True)
        ess.append(float(np.median(1 / (futures**2).sum(axis=1))))
    return chosen, np.array(left), np.array(ess)


def outcomes(asked: Question, events: Index, mean: Floats) -> Floats:
    """The share if an event turns out to be an actor's, ``(event, actor)``; NaN for one that cannot have done it."""
    own, _ = asked.moments(events)
    chance = asked.chance[:, events].astype(float)
    told = chance ** asked.weight[events][:, None]
    mass = told.sum(axis=0)
    others = np.einsum("de,dek->ek", mean[:, None] - own, told)
    share: Floats = np.divide(others, mass, out=np.full(mass.shape, np.nan), where=mass > 0)
    share += asked.counts * asked.inside[events][:, None]
    return share


def pieces(chance: Array) -> Iterator[slice]:
    """Events a few at a time, so that what is computed of them fits into memory."""
    step = max(1, BATCH // (chance.shape[0] * chance.shape[2]))
    return (slice(start, start + step) for start in range(0, chance.shape[1], step))


def cut(events: Index, chance: Array) -> Iterator[Index]:
    """Some events, a few at a time."""
    step = max(1, BATCH // (chance.shape[0] * chance.shape[2]))
    return (events[start : start + step] for start in range(0, len(events), step))

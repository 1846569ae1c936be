"""Whether what the model holds steady is: an unlisted actor as active early as late, a source right here as there.

Both are tests of residuals that have mean zero under the model, event by event, wherever and whenever the event is: of
their cumulative sum in time, or of their sums by setting (generalised fluctuation tests; Zeileis and Hornik 2007,
doi:10.1111/j.1467-9574.2007.00371.x), by permutation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import logsumexp

from attribution.arrays import Array, Floats
from attribution.components.base import EvidenceLaw
from attribution.components.evidence.statement_voices import DENIAL
from attribution.components.evidence.statements import Statements
from attribution.compute.random_numbers import Stream
from attribution.events.candidates import incidents
from attribution.events.schema import UNLISTED
from attribution.events.windows import window
from attribution.fitting.agreement import Naming, named_by
from attribution.model.actors import normalised
from attribution.model.design import Design
from attribution.model.tables import Draws, table_draws
from attribution.model.worlds import law_of, laws

DRAWS, AT_MOST, STATEMENTS_MOST = 100, 5000, 1000
"""Draws of the parameters that are looked at, most events, and most statements of a voice."""
SPOKEN, PERIODS = 20, 4
"""Statements below which nothing is said of a voice, and in how many periods its statements are parted."""
FIRST, MANY = 200, 400
"""Orders drawn to see whether a test is near its threshold, and, if it is, drawn for each test that is made."""

Statistic = Callable[[Floats], float]


def steadiness(
    design: Design, events: xr.Dataset, draws: Draws, probability: Floats | None, seed: int
) -> xr.Dataset:
    r"""Chances of changes as large as those in the record, were the model's actors and voices as steady as it says.

    With :math:`r_{ek}` the probability of actor `k` by all that is known of an event and :math:`\pi_{ek}` by activity
    alone, :math:`r_{eu} - \pi_{eu}` of the unlisted actor `u` is the derivative of the event's log likelihood by how
    active `u` is. Its cumulative sum in time falls below zero and rises again where `u` appears. Of each residual the
    root is taken, with its sign, so that a few labels do not decide alone; an incident counts once.

    Of a voice that names `j`, :math:`r_{ej} - \sum_k r^{-v}_{ek} P_v(k \mid k)` is how likely it was right beside how
    likely it should have been, with :math:`r^{-v}` by all but what this voice named. Its sums are taken by area and by
    period.

    Parameters
    ----------
    design
        The model laid over the events.
    events
        As `read_events` returns them.
    draws
        Posterior draws at which the events were scored, first axis `sample`.
    probability
        Probability of each actor at these draws, ``(sample, event, actor)``; None where it was not kept.
    seed
        Seed of the orders that are drawn.

    Returns
    -------
    xarray.Dataset
        `appeared_chance` and `appeared_from`, the day from which the unlisted actor is more active than before, in an
        open model. By `voice_setting`: `steady_chance`, and the settings in which the voice is right most and least
        often, `steady_most`, `steady_least`.
    """
    if probability is None:
        return xr.Dataset()
    chosen = np.linspace(0, len(probability) - 1, DRAWS).astype(int)
    own = {name: drawn[chosen] for name, drawn in draws.items()}
    rng = np.random.default_rng([seed, Stream.STEADINESS])
    return xr.merge(
        [
            appearance(design, events, own, probability[chosen], rng),
            voices_by_setting(design, events, own, probability[chosen], rng),
        ]
    )


def appearance(
    design: Design, events: xr.Dataset, draws: Draws, probability: Floats, rng: np.random.Generator
) -> xr.Dataset:
    """Whether the unlisted actor is more active late than early; empty in a closed model."""
    if design.actors[-1] != UNLISTED:
        return xr.Dataset()
    unit, first = incidents(events)
    residual = probability[..., -1].mean(axis=0) - by_activity(design, draws)[..., -1].mean(axis=0)
    residual = np.bincount(unit, residual) / np.bincount(unit)
    day = window(events)[0][first]
    order = np.argsort(day, kind="stable")
    order = spread(order, AT_MOST)
    series = np.sign(residual[order]) * np.sqrt(np.abs(residual[order]))
    if len(series) < SPOKEN or not np.ptp(series):
        return xr.Dataset()
    found = {
        "appeared_chance": chance_of(risen, series, 1, rng),
        "appeared_from": str(day[order][int(fall(series).argmax()) + 1]),
    }
    return xr.Dataset({name: ((), np.asarray(value)) for name, value in found.items()})


def spread(position: Array, most: int) -> Array:
    """All positions, or as many as there may be, evenly spaced."""
    return np.asarray(position[np.linspace(0, len(position) - 1, min(len(position), most)).astype(int)])


def by_activity(design: Design, draws: Draws) -> Floats:
    """Probability of each actor by the activity terms alone, ``(sample, event, actor)``."""
    terms = [p for p, part in enumerate(design.parts) if not isinstance(part.component, EvidenceLaw)]
    alone = replace(design, parts=tuple(design.parts[p] for p in terms))
    values = table_draws(alone, draws, [0, Stream.STEADINESS])
    total = np.zeros((len(values[0]), len(design.index), len(design.actors)))
    for p, table in zip(terms, values, strict=True):
        total += table[:, design.index[:, p]]
    return normalised(total)[0][:, design.cell]


def fall(series: Floats) -> Floats:
    """How far the cumulative sum of departures from the mean has fallen after each but the last, ``(event - 1,)``."""
    return np.asarray(-np.cumsum(series - series.mean())[:-1])


def risen(series: Floats) -> float:
    """The deepest fall of the cumulative sum: the series is larger late than early."""
    return float(fall(series).max())


def voices_by_setting(
    design: Design, events: xr.Dataset, draws: Draws, probability: Floats, rng: np.random.Generator
) -> xr.Dataset:
    """Whether each voice that speaks often is right as often in each area and period; empty without such voices.

    Of an incident one statement of a voice counts: that on its first event.
    """
    part = next((own for own in laws(design) if isinstance(own.component, Statements)), None)
    if part is None:
        return xr.Dataset()
    naming, unit = named_by(design, part, events, draws), incidents(events)[0]
    probability = naming.apparent(probability)
    voices = [str(label) for label in law_of(part).channels(part.levels)]
    tests = []
    for v, label in enumerate(voices):
        event = spread(np.unique(unit[naming.said[:, v] >= 0], return_index=True)[1], STATEMENTS_MOST)
        event = np.flatnonzero(naming.said[:, v] >= 0)[event]
        if len(event) < SPOKEN or label.endswith(f"| {DENIAL}"):
            continue
        residual = rightness(naming, event, v, probability[:, event])
        for name, setting in settings(events, event).items():
            if len(set(setting)) > 1 and np.ptp(residual):
                tests.append((f"{label}, by {name}", residual, setting))
    rows = [(label, *unsteady(residual, at, len(tests), rng)) for label, residual, at in tests]
    if not rows:
        return xr.Dataset()
    names = ("steady_chance", "steady_most", "steady_least")
    values = {name: ("voice_setting", np.array([row[1 + i] for row in rows])) for i, name in enumerate(names)}
    return xr.Dataset(values, coords={"voice_setting": np.array([row[0] for row in rows])})


def settings(events: xr.Dataset, event: Array) -> dict[str, NDArray[np.str_]]:
    """The area and the period of some events, by name; periods hold as many of these events each."""
    day = window(events)[0][event]
    place = np.empty(len(event), dtype=np.int64)
    place[np.argsort(day, kind="stable")] = np.arange(len(event)) * PERIODS // len(event)
    start = np.array([day[place == period].min() for period in range(PERIODS)]).astype(str)
    found = {"period": np.array([f"the period from {label}" for label in start])[place]}
    if "area" in events:
        area = events["area"].values[event].astype(str)
        found["area"] = np.where(area == "", "no known area", area)
    return found


def rightness(naming: Naming, event: Array, voice: int, chance: Floats) -> Floats:
    """How likely a voice named who it was, less how likely it should have, ``(event,)``, at the mean of the draws.

    ``chance`` is the probability of each actor by all that is known, ``(sample, event, actor)``.
    """
    law, place = naming.given(event, voice), np.arange(len(event))
    named = naming.said[event, voice]
    with np.errstate(divide="ignore"):  # an actor who is no candidate
        rest = np.log(chance.astype(float)) - law[:, place, named]
    rest = np.exp(rest - logsumexp(rest, axis=-1, keepdims=True))
    should = (rest * np.exp(np.diagonal(law, axis1=2, axis2=3))).sum(axis=-1)
    return np.asarray((chance[:, place, named] - should).mean(axis=0))


def unsteady(
    residual: Floats, setting: NDArray[np.str_], tests: int, rng: np.random.Generator
) -> tuple[float, str, str]:
    """Chance of sums by setting as unlike as these, and where the residuals are largest and smallest."""
    labels, code = np.unique(setting, return_inverse=True)
    size = np.bincount(code)

    def apart(values: Floats) -> float:
        return float((np.bincount(code, values) ** 2 / size).sum())

    centred = residual - residual.mean()
    mean = np.bincount(code, centred) / size
    return chance_of(apart, centred, tests, rng), str(labels[mean.argmax()]), str(labels[mean.argmin()])


def chance_of(statistic: Statistic, values: Floats, tests: int, rng: np.random.Generator) -> float:
    """Share of random orders of the values whose statistic is as large; more are drawn where it is small.

    ``tests`` is the number of tests that are made: the chance times this number can then be told from its threshold.
    """
    recorded, larger, drawn = statistic(values) - 1e-12, 0, 0
    for number in (FIRST, MANY * tests - FIRST):
        larger += sum(statistic(rng.permutation(values)) >= recorded for _ in range(number))
        drawn += number
        if larger > FIRST / 20:
            break
    return (1 + larger) / (1 + drawn)

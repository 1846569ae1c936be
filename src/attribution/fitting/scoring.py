"""Attribution of events at draws of the parameters: probabilities, draws of the actor, contributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from arviz_stats.base.array import array_stats
from numpy.typing import NDArray

from attribution.arrays import Array, Floats
from attribution.components.base import NEVER
from attribution.compute.random_numbers import Stream
from attribution.events.candidates import incidents
from attribution.model.actors import (
    AT_ONCE,
    Index,
    attribute_cells,
    chunks,
    drawn_actors,
    log_odds,
    normalised,
)
from attribution.model.design import Coupling, Design, weights
from attribution.model.tables import Draws, table_draws

QUANTILES = (0.025, 0.055, 0.1, 0.25, 0.5, 0.75, 0.9, 0.945, 0.975)
"""Quantiles of an event's probabilities over the draws that are kept: intervals of 50, 80, 89 and 95 %."""

SCORE_MOST, SCORE_LEAST = 100_000_000, 500
"""Most draws of an actor, of all events, and the fewest for each event and chain: beyond, fewer draws are scored."""
LIKELIHOOD_MOST, LIKELIHOOD_LEAST = 50_000_000, 25
"""The same for the log likelihood, four times as large, of which fewer draws do."""

CHECKED = 5_000
"""Cells whose R-hat and effective sample size are computed where events are scored at fewer draws than there are."""
KEEP_MOST = 75_000_000
"""Most probabilities kept draw by draw; beyond, mean and quantiles are the summary that stays."""


@dataclass
class Scored:
    """What scoring fills in, chunk by chunk; the arrays are written in place.

    Attributes
    ----------
    mean, quantile
        Of the probabilities over the draws, ``(event, actor)`` and ``(quantile, event, actor)``.
    actor
        Who did each event at each draw, positions ``(sample, event)``.
    log_likelihood
        ``(sample, event)``, at the draws that keep it.
    label_chance
        Probability of the stated candidates, had they not been stated, ``(event,)``.
    convergence
        R-hat, bulk and tail effective sample size, ``(3, event)``.
    checked
        Events whose `convergence` was computed beforehand, ``(event,)``; None where it is entered with the rest.
    probability
        Probabilities ``(sample, event, actor)``; None where they are too many to keep.
    """

    mean: Floats
    quantile: NDArray[np.float32]
    actor: NDArray[np.int8] | NDArray[np.int16]
    log_likelihood: NDArray[np.float32]
    label_chance: Floats
    convergence: Floats
    checked: NDArray[np.bool_] | None
    probability: NDArray[np.float32] | None


def empty(
    count: int, actors: int, samples: int, said: int, some: tuple[Floats, NDArray[np.bool_]] | None
) -> Scored:
    """Room for the scores of some events; ``some`` holds convergence that was computed beforehand, and of which."""
    convergence, checked = (np.empty((3, count)), None) if some is None else some
    kept = samples * count * actors <= KEEP_MOST
    return Scored(
        mean=np.empty((count, actors)),
        quantile=np.empty((len(QUANTILES), count, actors), dtype=np.float32),
        actor=np.empty((samples, count), dtype=np.int8 if actors < 128 else np.int16),
        log_likelihood=np.empty((said, count), dtype=np.float32),
        label_chance=np.full(count, np.nan),
        convergence=convergence,
        checked=checked,
        probability=np.empty((samples, count, actors), dtype=np.float32) if kept else None,
    )


def score(
    design: Design, events: xr.Dataset, draws: Draws, chains: int, seed: int
) -> tuple[xr.Dataset, xr.Dataset]:
    """Attribution and pointwise log likelihood of each event at each draw.

    Parameters
    ----------
    design
        The model laid over the events.
    events
        The events, for their labels.
    draws
        Posterior draws, first axis `sample`: chains one after the other.
    chains
        Number of chains.
    seed
        Seed of the draws of the actor and of effects outside what was fitted.

    Returns
    -------
    tuple of xarray.Dataset
        The groups `attribution` and `log_likelihood` of a posterior.
    """
    rng = np.random.default_rng([seed, Stream.SCORING])
    count, actors = len(design.cell), len(design.actors)
    length = len(next(iter(draws.values()))) // chains
    kept = evenly_spaced(length, max(SCORE_LEAST, SCORE_MOST // (chains * count)))
    told = evenly_spaced(len(kept), max(LIKELIHOOD_LEAST, LIKELIHOOD_MOST // (chains * count)))
    chosen, said = of_chains(kept, length, chains), of_chains(told, len(kept), chains)
    every, draws = draws, {name: drawn[chosen] for name, drawn in draws.items()}
    values = table_draws(design, draws, [seed, Stream.SCORING])
    samples = len(values[0])
    some = some_convergence(design, every, chains, seed) if len(kept) < length else None
    found = empty(count, actors, samples, len(said), some)
    for cells, own in chunks(design, samples):
        found.label_chance[own] = label_chance(design, values, cells)[design.cell[own] - cells.start]
        chance, likelihood = attribute_cells(design, values, cells)
        local = design.cell[own] - cells.start
        enter(found, chance, own, local, chains)
        found.log_likelihood[:, own] = likelihood[said][:, local]
        found.actor[:, own] = drawn_actors(chance, local, [seed, Stream.SCORING], own)
    pointwise = {}
    added = {}
    for coupling in design.couplings:
        name = coupling.component.name
        added[name], total = score_members(found, design, coupling, values, draws, chains, rng)
        pointwise[name] = stack(total[said], chains)
    settle(found, design)
    event = events["event"].values
    group = labelled(found, design, *contributions(design, values, added), chains, event)
    log_likelihood = by_incident(stack(found.log_likelihood, chains, "event"), events).assign(pointwise)
    if len(kept) < length:
        group = group.assign_coords(draw=kept)
    if len(told) < length:
        log_likelihood = log_likelihood.assign_coords(draw=kept[told])
    return group, log_likelihood


SILENT = 1e-6
"""A log likelihood that never exceeds this says nothing, beyond rounding."""


def by_incident(pointwise: xr.Variable, events: xr.Dataset) -> xr.Dataset:
    """`incidents[chain, draw, incident]`: log likelihood of each incident that says anything, by its first event.

    The events of an incident are one observation of the likelihood: the sum of theirs by their
    weights. Those with neither a label nor evidence have the log likelihood 0 whatever the
    parameters.
    """
    unit, first = incidents(events)
    values = pointwise.values.astype(np.float64) * weights(events)
    order = np.argsort(unit, kind="stable")
    total = np.add.reduceat(values[..., order], np.searchsorted(unit[order], np.arange(len(first))), axis=-1)
    says = np.abs(total).max(axis=(0, 1)) > SILENT
    return xr.Dataset(
        {"incidents": (("chain", "draw", "incident"), total[..., says].astype(np.float32))},
        coords={"incident": events["event"].values[first[says]]},
    )


def of_chains(some: Index, length: int, chains: int) -> Index:
    """Positions of some draws of each chain, where the chains stand one after the other."""
    return np.asarray((length * np.arange(chains)[:, None] + some).reshape(-1))


def evenly_spaced(length: int, room: int) -> Index:
    """All of a number of draws, or as many as there is room for, evenly spaced."""
    return np.arange(length) if length <= room else np.linspace(0, length - 1, room).round().astype(np.int64)


def at_scored(posterior: xr.DataTree, group: str = "attribution") -> xr.Dataset:
    """Draws of the parameters at which a group was scored; see `score`."""
    return posterior["posterior"].to_dataset().isel(draw=posterior[group].to_dataset()["draw"].values)


def enter(found: Scored, chance: Floats, own: Index, local: Index, chains: int) -> None:
    """Enter probabilities for the events ``own``, each in place ``local`` of those given."""
    found.mean[own] = chance.mean(axis=0)[local]
    found.quantile[:, own] = np.quantile(chance, QUANTILES, axis=0)[:, local]
    if found.checked is None:
        found.convergence[:, own] = top_convergence(chance, chains)[:, local]
    if found.probability is not None:
        found.probability[:, own] = chance[:, local]


def some_convergence(
    design: Design, draws: Draws, chains: int, seed: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """R-hat, bulk and tail effective sample size ``(3, event)`` of some cells at all draws, and of which events.

    At a few hundred draws each, the largest R-hat of so many events is above its threshold by
    chance alone.
    """
    values = table_draws(design, draws, [seed, Stream.SCORING])
    cells = np.unique(np.linspace(0, len(design.index) - 1, CHECKED).round().astype(np.int64))
    step = max(1, AT_ONCE // (len(values[0]) * len(design.actors)))
    batches = [cells[first : first + step] for first in range(0, len(cells), step)]
    own = [top_convergence(attribute_cells(design, values, batch)[0], chains) for batch in batches]
    place = np.full(len(design.index), -1)
    place[cells] = np.arange(len(cells))
    checked = place[design.cell] >= 0
    found = np.full((3, len(design.cell)), np.nan)
    found[:, checked] = np.concatenate(own, axis=1)[:, place[design.cell[checked]]]
    return found, checked


def score_members(
    found: Scored,
    design: Design,
    coupling: Coupling,
    values: Sequence[Array],
    draws: Draws,
    chains: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Enter what a coupling law makes of its members; its mean nats ``(event, actor)`` and its log likelihood."""
    member, samples = coupling.member, len(values[0])
    chance = np.empty((samples, len(member), len(design.actors)))
    total, nats = np.empty(samples), np.zeros((len(design.cell), len(design.actors)))
    step = max(1, 2_000_000 // (len(design.actors) * max(len(member), 1)))
    own = {name: drawn[:samples] for name, drawn in coupling.parameters(draws).items()}
    for first in range(0, samples, step):
        part = slice(first, min(first + step, samples))
        before, _ = attribute_cells(design, [table[part] for table in values], design.cell[member])
        parameters = {name: drawn[part] for name, drawn in own.items()}
        factor, total[part], actor = coupling.component.condition(parameters, before, coupling.ties, rng)
        chance[part] = before * factor
        found.actor[part, member] = actor
        nats[member] += np.log(np.maximum(factor, np.finfo(float).tiny)).sum(axis=0) / samples
    if len(member):
        enter(found, chance, member, np.arange(len(member)), chains)
        if found.checked is not None:
            found.checked[member], found.convergence[:, member] = False, np.nan
    return nats, total


def settle(found: Scored, design: Design) -> None:
    """A known perpetrator is certain, whatever rounding says."""
    known = design.candidates.sum(axis=1) == 1
    found.mean[known] = design.candidates[known]
    found.quantile[:, known] = design.candidates[known]
    found.actor[:, known] = design.candidates[known].argmax(axis=1)
    if found.probability is not None:
        found.probability[:, known] = design.candidates[known]


def labelled(
    found: Scored,
    design: Design,
    components: Sequence[str],
    nats: NDArray[np.float32],
    chains: int,
    event: Array,
) -> xr.Dataset:
    """The group `attribution`."""
    group = xr.Dataset(
        {
            "mean": (("event", "actor"), found.mean),
            "quantile": (("quantile_level", "event", "actor"), found.quantile),
            "perpetrator": stack(found.actor, chains, "event"),
            "known": ("event", design.candidates.sum(axis=1) == 1),
            "candidate": (("event", "actor"), design.candidates),
            "label_chance": ("event", found.label_chance.astype(np.float32)),
            "contribution": (("component", "event", "actor"), nats),
            "r_hat": ("event", found.convergence[0]),
            "ess_bulk": ("event", found.convergence[1]),
            "ess_tail": ("event", found.convergence[2]),
        },
        coords={
            "event": event,
            "actor": list(design.actors),
            "quantile_level": list(QUANTILES),
            "component": list(components),
        },
    )
    if found.probability is not None:
        group["probability"] = stack(found.probability, chains, "event", "actor")
    if found.checked is not None:
        group["checked"] = ("event", found.checked)
    return group


def stack(array: Array, chains: int, *dims: str) -> xr.Variable:
    """A variable ``(chain, draw, ...)`` from an array whose first axis is chains one after the other."""
    return xr.Variable(
        ("chain", "draw", *dims), array.reshape(chains, len(array) // chains, *array.shape[1:])
    )


def contributions(
    design: Design, values: Sequence[NDArray[np.float32]], added: dict[str, Floats]
) -> tuple[list[str], NDArray[np.float32]]:
    """Components, and the mean nats each adds to each actor's log-odds against the average candidate.

    Parameters
    ----------
    design
        The model laid over the events.
    values
        Tables of its parts at all draws.
    added
        Mean nats ``(event, actor)`` of what is not in tables, by component.
    """
    names = [*(part.component.name for part in design.parts), *added]
    found = np.empty((len(names), *design.candidates.shape), dtype=np.float32)
    for own, part, table in zip(found, design.parts, values, strict=False):
        own[:] = centred(design, table.mean(axis=0, dtype=np.float64)[part.index])
    for own, nats in zip(found[len(design.parts) :], added.values(), strict=True):
        own[:] = centred(design, nats)
    return names, found


def centred(design: Design, nats: Floats) -> Floats:
    """Nats ``(event, actor)`` against the average candidate; NaN for actors who are none.

    Minus infinity for a candidate that what was observed rules out; the average is that of the
    others.
    """
    possible = design.candidates & (nats > NEVER / 2)
    centre = np.where(possible, nats, 0.0).sum(axis=1, keepdims=True) / possible.sum(axis=1, keepdims=True)
    against = np.where(possible, nats - centre, -np.inf)
    return np.where(design.candidates, against, np.nan)


def top_convergence(chance: Floats, chains: int) -> Floats:
    """R-hat, bulk and tail effective sample size of each cell's most probable actor; NaN where nothing varies."""
    found = np.full((3, chance.shape[1]), np.nan)
    top = chance.mean(axis=0).argmax(axis=-1)
    series = np.take_along_axis(chance, top[None, :, None], axis=-1)[..., 0]
    open_ = np.flatnonzero(np.ptp(series, axis=0) > 1e-6)
    if len(open_) and series.shape[0] >= 4 * chains:
        stacked = series[:, open_].reshape(chains, -1, len(open_))
        array: Any = array_stats
        found[0, open_] = array.rhat(stacked, chain_axis=0, draw_axis=1)
        found[1, open_] = array.ess(stacked, chain_axis=0, draw_axis=1, method="bulk")
        found[2, open_] = array.ess(stacked, chain_axis=0, draw_axis=1, method="tail", prob=(0.05, 0.95))
    return found


def label_chance(design: Design, values: Sequence[Array], cells: slice) -> Floats:
    """Mean probability of the candidates of each cell, had they not been stated, ``(cell,)``; NaN where all are."""
    allowed = design.allowed[cells]
    found, stated = np.full(len(allowed), np.nan), np.flatnonzero(~allowed.all(axis=1))
    if len(stated):
        activity, evidence = log_odds(design, values, np.arange(cells.start, cells.stop)[stated])
        chance = normalised(activity + evidence)[0]
        found[stated] = (chance * allowed[stated]).sum(axis=-1).mean(axis=0)
    return found

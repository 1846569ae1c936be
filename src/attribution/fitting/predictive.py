"""Predictive checks: what the model would have recorded, beside what was."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from attribution.arrays import Array
from attribution.components.base import UNOBSERVED, EvidenceLaw, Levels
from attribution.compute.random_numbers import Stream
from attribution.events.windows import window
from attribution.fitting.scoring import stack
from attribution.model.design import Design
from attribution.model.tables import Draws, batches
from attribution.model.worlds import World, identified, law_of, laws, worlds


def replicate(
    design: Design, events: xr.Dataset, draws: Draws, seed: int, chains: int = 1, size: int = 50
) -> xr.Dataset:
    r"""Discrepancy of recorded counts from those of replicated worlds.

    For each kind of record (known perpetrators, outcomes of each law) and each grouping of the
    events (rank, area, year), events are counted by group and outcome; the discrepancy is
    :math:`\sum (n - m)^2 / (m + 1/2)` with :math:`m` the mean count of the replicates (Gelman, Meng
    and Stern 1996, a chi-square discrepancy).

    Parameters
    ----------
    design
        The model laid over the events.
    events
        As `read_events` returns them.
    draws
        Draws of the parameters, first axis `sample`: chains one after the other.
    seed
        Seed of what is drawn.
    chains
        Number of chains.
    size
        Most worlds at once.

    Returns
    -------
    xarray.Dataset
        `recorded[statistic]` and `replicated[chain, draw, statistic]`, and
        `share[chain, draw, actor]`: the share of killings of each actor in each replicate.
    """
    simulator = worlds(design, events)
    rng = np.random.default_rng([seed, Stream.REPLICATES])
    samples, groups = len(next(iter(draws.values()))), groupings(events)
    kinds = records(design, events)
    counts: dict[tuple[str, str], list[Array]] = {(kind, group): [] for kind in kinds for group in groups}
    share: list[Array] = []
    step = min(size, samples, max(1, AT_ONCE // len(design.cell)))
    for batch in batches(draws, step):
        for world in simulator(batch, rng)[: samples - len(share)]:
            share.append(np.bincount(world.actor, minlength=len(design.actors)) / len(design.cell))
            for kind, (_, replicated) in kinds.items():
                flags = replicated(world)
                for group, code in groups.items():
                    counts[kind, group].append(count(code, flags))
    names = [f"{kind} by {group}" for kind, group in counts]
    found = []
    for (kind, group), own in counts.items():
        mean, recorded = np.mean(own, axis=0), count(groups[group], kinds[kind][0])
        found.append([discrepancy(values, mean) for values in (recorded, *own)])
    table = np.array(found, dtype=float).reshape(len(names), 1 + samples)
    return xr.Dataset(
        {
            "recorded": ("statistic", table[:, 0]),
            "replicated": stack(table[:, 1:].T, chains, "statistic"),
            "share": stack(np.array(share), chains, "actor"),
        },
        coords={"statistic": np.array(names, dtype=str), "actor": list(design.actors)},
    )


AT_ONCE = 1_000_000
"""Most events of all worlds in memory at once."""


Record = tuple[Array, Callable[[World], Array]]
"""Flags or numbers ``(event, outcome)`` as recorded, and what gives the same of a replicated world."""


Counted = Callable[[Array], Array]
"""From outcomes ``(event, channel)`` to what is counted of them; nothing where nobody looked."""


def records(design: Design, events: xr.Dataset) -> dict[str, Record]:
    """What is counted, by kind; kinds with no record are left out."""
    kinds: dict[str, Record] = {}
    known = design.candidates.sum(axis=1) == 1
    if known.any():
        one_hot = np.eye(len(design.actors))
        outcomes = [law_of(part).observed(events, part.levels) for part in laws(design)]
        shown = known | ~identified(design, outcomes)  # else the label is there and withheld

        def labelled(world: World) -> Array:
            told: Array = identified(design, world.outcomes) & shown
            return np.asarray(one_hot[world.actor] * told[:, None])

        kinds["known perpetrators"] = one_hot[design.candidates.argmax(axis=1)] * known[:, None], labelled
    for position, part in enumerate(laws(design)):
        law, levels = law_of(part), part.levels
        observed = law.observed(events, levels)
        seen = (observed != UNOBSERVED).any(axis=1, keepdims=True)

        def counted(
            outcome: Array, law: EvidenceLaw = law, levels: Levels = levels, seen: Array = seen
        ) -> Array:
            return np.asarray(law.counted(outcome, levels) * seen)

        def replicated(world: World, position: int = position, counted: Counted = counted) -> Array:
            return counted(world.outcomes[position])

        kinds[part.component.name] = counted(observed), replicated
    return kinds


def groupings(events: xr.Dataset) -> dict[str, Array]:
    """Codes of the groups the events are counted by."""
    groups = {}
    for label, column in (("rank", "target_rank"), ("area", "area")):
        if column in events:
            groups[label] = np.unique(events[column].values, return_inverse=True)[1]
    groups["year"] = np.unique(window(events)[0].astype("datetime64[Y]"), return_inverse=True)[1]
    return groups


def count(code: Array, flags: Array) -> Array:
    """Sum of the flags in each group, ``(group, outcome)``."""
    size = int(code.max()) + 1
    return np.stack([np.bincount(code, column, size) for column in np.asarray(flags, dtype=float).T], axis=1)


def discrepancy(counts: Array, mean: Array) -> float:
    """Chi-square discrepancy of counts from their expectation."""
    return float(((counts - mean) ** 2 / (mean + 0.5)).sum())

"""Predictive checks: what the model would have recorded, beside what was."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from attribution.component import Array
from attribution.design import Design
from attribution.events import window
from attribution.simulation import World, identified, law_of, laws, worlds
from attribution.tables import Draws, batches


def replicate(design: Design, events: xr.Dataset, draws: Draws, seed: int, size: int = 50) -> xr.Dataset:
    r"""Discrepancy of recorded counts from those of replicated worlds.

    For each kind of record (known perpetrators, outcomes of each law) and each grouping of the events (rank, area,
    year), events are counted by group and outcome; the discrepancy is :math:`\sum (n - m)^2 / (m + 1/2)` with
    :math:`m` the mean count of the replicates (Gelman, Meng and Stern 1996, a chi-square discrepancy).

    Returns
    -------
    xarray.Dataset
        `recorded[statistic]` and `replicated[statistic, sample]`, and `share[sample, actor]`: the share of killings of
        each actor in each replicate.
    """
    simulator = worlds(design, events)
    rng = np.random.default_rng([seed, 3])
    samples = len(next(iter(draws.values())))
    found: list[World] = [
        world for batch in batches(draws, min(size, samples)) for world in simulator(batch, rng)
    ]
    found = found[:samples]
    groups = groupings(events)
    recorded, replicated = {}, {}
    for kind, (seen, worlds_seen) in records(design, events, found).items():
        for group, code in groups.items():
            counts = count(code, seen)
            replicates = np.stack([count(code, values) for values in worlds_seen])
            mean = replicates.mean(axis=0)
            name = f"{kind} by {group}"
            recorded[name] = discrepancy(counts, mean)
            replicated[name] = [discrepancy(replica, mean) for replica in replicates]
    names = list(recorded)
    share = np.stack([np.bincount(world.actor, minlength=len(design.actors)) for world in found]) / len(
        design.cell
    )
    return xr.Dataset(
        {
            "recorded": ("statistic", np.array([recorded[name] for name in names], dtype=float)),
            "replicated": (
                ("statistic", "sample"),
                np.array([replicated[name] for name in names]).reshape(len(names), len(found)),
            ),
            "share": (("sample", "actor"), share),
        },
        coords={"statistic": np.array(names, dtype=str), "actor": list(design.actors)},
    )


def records(
    design: Design, events: xr.Dataset, found: list[World]
) -> Mapping[str, tuple[Array, list[Array]]]:
    """One-hot records ``(event, outcome)`` as made and as replicated, by kind; kinds with no record are left out."""
    kinds: dict[str, tuple[Array, list[Array]]] = {}
    known = design.candidates.sum(axis=1) == 1
    if known.any():
        one_hot = np.eye(len(design.actors)) * 1.0
        truth = one_hot[design.candidates.argmax(axis=1)] * known[:, None]
        observed = [law_of(part).observed(events, part.levels) for part in laws(design)]
        shown = known | ~identified(design, observed)  # else the label is there and withheld
        labelled = [
            one_hot[world.actor] * (identified(design, world.outcomes) & shown)[:, None] for world in found
        ]
        kinds["known perpetrators"] = truth, labelled
    for position, part in enumerate(laws(design)):
        width = len(law_of(part).outcomes(part.levels))

        def flags(outcome: Array, width: int = width) -> Array:
            return np.eye(width)[outcome].sum(axis=1)[:, 1:]

        seen = law_of(part).observed(events, part.levels)
        kinds[part.component.name] = flags(seen), [flags(world.outcomes[position]) for world in found]
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
    total = np.zeros((int(code.max()) + 1, flags.shape[1]))
    np.add.at(total, code, flags)
    return total


def discrepancy(counts: Array, mean: Array) -> float:
    """Chi-square discrepancy of counts from their expectation."""
    return float(((counts - mean) ** 2 / (mean + 0.5)).sum())

"""A design in which the odds of one actor can be moved, as data: it is compiled once for all such assumptions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from attribution.components.base import ActivityTerm, EvidenceLaw, Levels, Readiness, distinct
from attribution.components.mix import Mix
from attribution.components.shifts import SHIFT, MixShift, OpenShift, SilenceShift
from attribution.model.design import Design, Part, merge
from attribution.model.worlds import cells, law_of

IDENTIFICATION = "identification"
"""Kind of the assumption that killings by one actor are likelier than others to stay open."""
KIND = "shift_kind"
"""Of the levels of a part that shifts: the kind of assumption it is."""
OPEN = "shift_open"
"""Of the same: which of its rows are of open events."""


def shiftable(design: Design, events: xr.Dataset) -> Design:
    """The design with a part for each kind of shift, all of which shift nothing yet."""
    open_ = design.candidates.sum(axis=1) > 1
    terms = [part for part in design.parts if isinstance(part.component, ActivityTerm)]
    laws = [part for part in design.parts if isinstance(part.component, EvidenceLaw)]
    more_terms = [open_shift(design, open_)]
    more_laws = []
    for part in laws:
        law = law_of(part)
        ready = law.readiness(events, part.levels)
        if ready is None:
            continue
        if law.conditional:
            mix = next(own for own in terms if own.component == Mix(law))
            more_terms.append(mix_shift(mix, open_, ready.kind))
        else:
            more_laws.append(silence_shift(part, events, open_, ready))
    parts = (*terms, *more_terms, *laws, *more_laws)
    return merge(design.actors, parts, design.couplings, design.candidates, design.event_weight)


def shifted(design: Design, kind: str, position: int, shift: float) -> Design:
    """A `shiftable` design in which the log-odds of one actor are moved; nothing else of it differs."""

    def moved(part: Part) -> Part:
        if part.levels.data.get(KIND) != kind:
            return part
        values = np.zeros_like(part.rows[SHIFT])
        values[part.levels.data[OPEN], position] = shift
        return replace(part, rows={**part.rows, SHIFT: values})

    return replace(design, parts=tuple(map(moved, design.parts)))


def moving(design: Design) -> tuple[str, ...]:
    """Names of the data that another shift, or another power of the likelihood, replaces."""
    parts = (part for part in design.parts if KIND in part.levels.data)
    return ("weight", *(f"{part.component.name}_rows_{SHIFT}" for part in parts))


def kinds(design: Design) -> tuple[str, ...]:
    """Kinds of shift that a `shiftable` design knows."""
    return tuple(part.levels.data[KIND] for part in design.parts if KIND in part.levels.data)


def open_shift(design: Design, open_: NDArray[np.bool_]) -> Part:
    """Of two rows, one of the events that are established and one of those that are open."""
    levels = Levels(design.actors, data={KIND: IDENTIFICATION, OPEN: np.array([False, True])})
    rows = {SHIFT: np.zeros((2, len(design.actors)))}
    return Part(OpenShift(), levels, {OPEN: np.arange(2)}, rows, open_.astype(np.int64))


def mix_shift(mix: Part, open_: NDArray[np.bool_], kind: str) -> Part:
    """Of the rows of the mix; events that are established pick one where nobody looked."""
    own = mix.component
    assert isinstance(own, Mix)
    index = np.where(open_, mix.index, own.awaited(mix.index, None))
    count = len(mix.keys["state"])
    shift = np.zeros((count, len(mix.levels.actors)))
    levels = replace(mix.levels, data={**mix.levels.data, KIND: kind, OPEN: np.ones(count, dtype=bool)})
    return Part(MixShift(own.law), levels, mix.keys, {**mix.rows, SHIFT: shift}, index)


def silence_shift(part: Part, events: xr.Dataset, open_: NDArray[np.bool_], ready: Readiness) -> Part:
    """Of each pattern of settings, of who is silent, and of whether it is open."""
    law, inside = law_of(part), cells(part, events)
    picked = np.arange(inside.sizes[0]) * inside.sizes[1] * inside.sizes[2] + ready.outcome
    setting = {key: values[picked] for key, values in inside.rows.items()}
    looked = (law.observed(events, part.levels) != -1).any(axis=1)
    channels = range(inside.cell.shape[1])
    seen = {f"at@{c}": inside.cell[:, c] for c in channels}
    seen |= {f"silent@{c}": ready.silent[:, c].astype(np.int64) for c in channels}
    keys, index = distinct(seen | {OPEN: open_ & looked}, len(open_))
    at, silent = (np.stack([keys[f"{key}@{c}"] for c in channels], axis=1) for key in ("at", "silent"))
    levels = replace(part.levels, data={**part.levels.data, KIND: ready.kind, OPEN: keys[OPEN].astype(bool)})
    shift = np.zeros((len(keys[OPEN]), len(levels.actors)))
    rows = {**setting, "at": at, "silent": silent, SHIFT: shift}
    return Part(SilenceShift(law), levels, {"outcome@0": np.where(keys[OPEN], 0, -1)}, rows, index)

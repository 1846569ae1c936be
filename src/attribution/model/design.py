"""`Design`: a model laid over events: the rows each event picks, who may have done it, what is the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from attribution.arrays import Array, Arrays
from attribution.components.base import Component, CouplingLaw, Levels, Tensors
from attribution.events.candidates import candidate_mask, check_events, from_claims, incident_weights
from attribution.model.specification import Model

CLAIM = "claim"
"""Name of the law for which a claim is evidence."""


@dataclass(frozen=True)
class Part:
    """One component laid over the events.

    Attributes
    ----------
    component
        The activity term or evidence law.
    levels
        What its parameters are indexed by.
    keys
        The distinct things it looks at, first axis ``row``.
    rows
        The arrays its table is computed from.
    index
        The row of each event, ``(event,)``.
    """

    component: Component
    levels: Levels
    keys: Arrays
    rows: Arrays
    index: NDArray[np.int64]


@dataclass(frozen=True)
class Coupling:
    """A coupling law laid over the events.

    Attributes
    ----------
    component
        The law.
    levels
        What its parameters are indexed by.
    member
        Positions of the events it bears on, ``(member,)``.
    ties
        What its methods need to know of them.
    """

    component: CouplingLaw
    levels: Levels
    member: NDArray[np.int64]
    ties: dict[str, Any]

    def parameters(self, draws: Mapping[str, Array]) -> dict[str, Array]:
        """Draws of its parameters, by short name."""
        prefix = f"{self.component.name}_"
        return {
            name.removeprefix(prefix): values for name, values in draws.items() if name.startswith(prefix)
        }


@dataclass(frozen=True)
class Design:
    """A model laid over events.

    Attributes
    ----------
    actors
        Actors, in the order of every table's columns.
    parts
        The components: activity terms, then evidence laws.
    couplings
        The laws that tie events together.
    candidates
        Who may have done it, ``(event, actor)``.
    index
        Row of each distinct cell in each component's table, ``(cell, component)``.
    allowed
        Candidates of each distinct cell, ``(cell, actor)``.
    weight
        Sum of the weights of the events in each cell, ``(cell,)``.
    event_weight
        Weight of each event in the likelihood, ``(event,)``; see `weights`.
    cell
        The cell of each event, ``(event,)``.
    """

    actors: tuple[str, ...]
    parts: tuple[Part, ...]
    couplings: tuple[Coupling, ...]
    candidates: NDArray[np.bool_]
    index: NDArray[np.int64]
    allowed: NDArray[np.bool_]
    weight: NDArray[np.float64]
    event_weight: NDArray[np.float64]
    cell: NDArray[np.int64]

    @property
    def laid(self) -> tuple[Part | Coupling, ...]:
        """All components as they are laid over the events."""
        return (*self.parts, *self.couplings)

    @property
    def coords(self) -> dict[str, Any]:
        """Labels of the dimensions of the parameters."""
        coords: dict[str, Any] = {"actor": list(self.actors)}
        for part in self.laid:
            coords |= {dim: list(labels) for dim, labels in part.levels.coords.items()}
        return coords


def lay(model: Model, events: xr.Dataset, levels: Mapping[str, Levels] | None = None) -> Design:
    """Lay a model over events; with ``levels``, those of an earlier design, over events that were not fitted."""
    check_events(events)
    events = without_claimed_labels(model, events)
    for component in model.components:
        component.require(events, fitted=levels is not None)
    parts: list[Part] = []
    couplings: list[Coupling] = []
    for component in model.components:
        own = (
            component.levels(events, model.names)
            if levels is None
            else component.continued(levels[component.name], events)
        )
        if isinstance(component, CouplingLaw):
            couplings.append(Coupling(component, own, *component.tie(events, own)))
        else:
            rows, index, keys = component.arrange(events, own)
            parts.append(Part(component, own, keys, rows, index))
    labels = candidate_mask(events, model.names)
    return merge(model.names, tuple(parts), tuple(couplings), labels, weights(events))


def without_claimed_labels(model: Model, events: xr.Dataset) -> xr.Dataset:
    """The events without labels that rest on a claim, where claims are evidence: a claim must not count twice."""
    own = from_claims(events)
    if not own.any() or CLAIM not in [component.name for component in model.components]:
        return events
    columns = [name for name in ("perpetrator", "candidates") if name in events]
    return events.assign({name: ("event", np.where(own, "", events[name].values)) for name in columns})


def weights(events: xr.Dataset) -> NDArray[np.float64]:
    """Weight of each event in the likelihood: one over the number of events of its incident, ``(event,)``.

    Killings of one incident share nearly always their perpetrator and their setting: they are one observation of who
    acts there and then, not many. A killing that only its claim records (`only_claimed`) weighs nothing: it is in the
    table because it was claimed, and would teach that killings are claimed.
    """
    weight = incident_weights(events)
    if "only_claimed" in events:
        weight[events["only_claimed"].values == "yes"] = 0.0
    return weight


def merge(
    actors: tuple[str, ...],
    parts: tuple[Part, ...],
    couplings: tuple[Coupling, ...],
    candidates: NDArray[np.bool_],
    weight: NDArray[np.float64],
) -> Design:
    """Merge events that pick the same rows and have the same candidates into weighted cells."""
    index = np.stack([part.index for part in parts], axis=1)
    first, cell = distinct_rows([*index.T, *candidates.T])
    return Design(
        actors,
        parts,
        couplings,
        candidates,
        index[first],
        candidates[first],
        np.bincount(cell, weight, minlength=len(first)),
        weight,
        cell,
    )


def distinct_rows(columns: Sequence[Array]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First row of each distinct one, in the order of their values, and which of these each row is.

    The columns hold whole numbers from 0 on. It is `numpy.unique` along an axis, many times faster.
    """
    code, size = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        width = int(column.max()) + 1
        if size * width > 2**62:
            values, code = np.unique(code, return_inverse=True)
            size = len(values)
        code, size = code * width + column, size * width
    _, first, row = np.unique(code, return_index=True, return_inverse=True)
    return first, row


def parameters_of(parts: Sequence[Part | Coupling]) -> list[Tensors]:
    """Parameters of each part, declared in the PyMC model at hand.

    A part that borrows has those of the lender; it declares them where the lender is not among the parts.
    """
    own: dict[str, Tensors] = {}
    for part in sorted(parts, key=lambda part: part.component.borrows != ""):
        name = part.component.borrows or part.component.name
        if name not in own:
            own[name] = part.component.parameters(part.levels)
    return [own[part.component.borrows or part.component.name] for part in parts]


def levels_of(design: Design) -> dict[str, Levels]:
    """Levels of each component, by its name."""
    return {part.component.name: part.levels for part in design.laid}

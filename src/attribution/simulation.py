"""`simulate`: actors and observations drawn from the same terms and laws that a fit uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax

from attribution.component import Array, EvidenceLaw, Tensor, Tensors, distinct
from attribution.design import Design, Part, lay
from attribution.errors import ModelError, nearest
from attribution.events import check_events, data_hash
from attribution.model import Model
from attribution.prior import prior_draws
from attribution.tables import Draws, Floats, evaluator

World = tuple[NDArray[np.int64], list[NDArray[np.int64]]]
"""The actor of each event, and for each law the outcomes ``(event, channel)``."""


def simulate(
    model: Model, events: xr.Dataset, *, seed: int, parameters: Mapping[str, ArrayLike] | None = None
) -> xr.Dataset:
    """Events like the given ones, their actors and observations drawn from the model.

    Settings (date, place, rank, ...) are kept. Who did it is drawn from the activity terms, and what is observed
    (claims, statements) from the evidence laws. An event whose perpetrator was known gets its new actor as label; one
    known to lie among some candidates gets those or all the others, whichever hold the new actor; others stay open.

    Parameters
    ----------
    model
        The model to draw from.
    events
        The settings, as `read_events` returns them. Columns that the laws fill may be absent.
    seed
        Seed of every draw.
    parameters
        Values of parameters by full name (`"claim_mean"`); the others are drawn from their prior given these.

    Returns
    -------
    xarray.Dataset
        What `read_events` returns, with the drawn actor of each event as `true_actor`.

    Raises
    ------
    ModelError
        A parameter the model does not have, or of another shape.

    Examples
    --------
    >>> import pandas as pd, attribution as at
    >>> events = at.read_events(pd.DataFrame({"event_id": ["a", "b"], "date": ["2021-01-02", "2021-02-03"]}))
    >>> at.simulate(at.Model(["IS"]), events, seed=1)["true_actor"].dims
    ('event',)
    """
    check_events(events)
    if "claimed_by" not in events:
        events = events.assign(claimed_by=("event", np.full(events.sizes["event"], "")))
    design = lay(model, events)
    draws = prior_draws(design, 1, seed, checked(design, parameters or {}))
    world = worlds(design, events)(draws, np.random.default_rng([seed, 1]))[0]
    events = recorded(design, events, world)
    events.attrs["data_hash"] = data_hash(events)
    return events


def recorded(design: Design, events: xr.Dataset, world: World) -> xr.Dataset:
    """The events as they would be recorded in a world: its observations, and labels that are true of its actors."""
    actor, outcomes = world
    for part, outcome in zip(laws(design), outcomes, strict=True):
        events = law_of(part).emit(events, outcome, part.levels)
    return relabel(events, design, actor)


def checked(design: Design, parameters: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    """The given parameters as arrays, each with the shape the model has for it."""
    with pm.Model(coords=design.coords) as model:
        for part in design.parts:
            part.component.parameters(part.levels)
    sizes = {dim: len(labels) for dim, labels in design.coords.items()}
    names = [variable.name for variable in model.free_RVs]
    given = {}
    for name, value in parameters.items():
        if name not in names:
            raise ModelError(
                f"The model has no parameter {name!r}.{nearest(name, names)} It has {', '.join(names)}."
            )
        shape = tuple(sizes[dim] for dim in model.named_vars_to_dims.get(name, ()))
        given[name] = np.asarray(value, dtype=float)
        if given[name].shape != shape:
            raise ModelError(f"Parameter {name!r} has shape {shape}, not {given[name].shape}.")
    return given


def laws(design: Design) -> list[Part]:
    """The parts that are evidence laws."""
    return [part for part in design.parts if isinstance(part.component, EvidenceLaw)]


def law_of(part: Part) -> EvidenceLaw:
    """The law of a part that is one."""
    assert isinstance(part.component, EvidenceLaw)
    return part.component


def worlds(design: Design, events: xr.Dataset) -> Callable[[Draws, np.random.Generator], list[World]]:
    """Compile the simulator: from draws of the parameters to a world for each."""
    settings = [
        distinct(part.component.keys(events, part.levels), events.sizes["event"]) for part in laws(design)
    ]

    def express(parameters: Sequence[Tensors]) -> list[Tensor]:
        own = {id(part): values for part, values in zip(design.parts, parameters, strict=True)}
        terms = [part for part in design.parts if part not in laws(design)]
        tables = [
            part.component.table(
                own[id(part)], {k: pt.as_tensor(v) for k, v in part.rows.items()}, part.levels
            )
            for part in terms
        ]
        grids = [
            grid(part, keys, own[id(part)]) for part, (keys, _) in zip(laws(design), settings, strict=True)
        ]
        return tables + grids

    evaluate = evaluator(design, express)
    terms = len(design.parts) - len(settings)
    index = np.stack([part.index for part in design.parts[:terms]], axis=1)

    def draw(draws: Draws, rng: np.random.Generator) -> list[World]:
        values = evaluate(draws)
        return [one([value[sample] for value in values], rng) for sample in range(len(values[0]))]

    def one(values: Sequence[Floats], rng: np.random.Generator) -> World:
        log_odds = sum(table[index[:, i]] for i, table in enumerate(values[:terms]))
        actor = categorical(softmax(log_odds, axis=-1), rng)
        outcomes = []
        for law, (_, setting) in zip(values[terms:], settings, strict=True):
            outcomes.append(categorical(np.exp(law[setting, :, :, actor]), rng))
        return actor, outcomes

    return draw


def grid(part: Part, keys: Mapping[str, Array], parameters: Tensors) -> Tensor:
    """Log probability of every outcome, ``(setting, channel, outcome, actor)``."""
    component, levels = law_of(part), part.levels
    sizes = [len(next(iter(keys.values()))) if keys else 1]
    sizes += [len(component.channels(levels)), len(component.outcomes(levels))]
    setting, channel, outcome = (axis.reshape(-1) for axis in np.indices(sizes))
    rows = component.rows({key: values[setting] for key, values in keys.items()}, levels)
    tensors = {key: pt.as_tensor(values) for key, values in rows.items()}
    law = component.law(parameters, tensors, pt.as_tensor(channel), pt.as_tensor(outcome), levels)
    return law.reshape((*sizes, len(levels.actors)))


def categorical(probability: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """One draw from each distribution along the last axis."""
    cumulative = probability.cumsum(axis=-1)
    uniform = rng.random(probability.shape[:-1])[..., None] * cumulative[..., -1:]
    return np.asarray((cumulative <= uniform).sum(axis=-1).clip(max=probability.shape[-1] - 1))


def relabel(events: xr.Dataset, design: Design, actor: NDArray[np.int64]) -> xr.Dataset:
    """The events with labels that are true of the drawn actors."""
    names = np.array(design.actors)
    count = design.candidates.sum(axis=1)
    inside = design.candidates[np.arange(len(actor)), actor]
    allowed = np.where(inside[:, None], design.candidates, ~design.candidates)
    partial = (count > 1) & (count < len(names))
    known = np.where((count == 1) | (partial & (allowed.sum(axis=1) == 1)), names[actor], "")
    candidates = [
        "|".join(names[row]) if p and not k else "" for row, p, k in zip(allowed, partial, known, strict=True)
    ]
    return events.assign(
        perpetrator=("event", known),
        candidates=("event", np.array(candidates, dtype=str)),
        true_actor=("event", names[actor]),
    )

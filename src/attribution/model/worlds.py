"""Worlds: actors and what is observed because of them, drawn cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from scipy.special import softmax

from attribution.arrays import Array, Arrays, Floats
from attribution.components.base import EvidenceLaw, Tensor, Tensors, distinct, heard
from attribution.components.evidence.identification import Identification
from attribution.components.mix import Mix, unknown
from attribution.compute.random_numbers import categorical, pick
from attribution.events.candidates import incidents
from attribution.model.design import Design, Part
from attribution.model.tables import Draws, evaluator

TOLD = "told"
"""What a channel hears of another law, in a law's context."""
AT_ONCE = 100_000
"""Most events whose observations are drawn in one go; nothing that is drawn depends on it."""


@dataclass(frozen=True)
class World:
    """What one draw of the parameters made.

    Attributes
    ----------
    actor
        Who did each event, ``(event,)``.
    latents
        For each law what it is given: the actor, or a latent of its own, ``(event,)``.
    outcomes
        For each law what is observed, ``(event, channel)``.
    supplements
        What laws need to draw what their outcomes leave open, by position among the laws; see `EvidenceLaw.supplement`.
    """

    actor: NDArray[np.int64]
    latents: list[NDArray[np.int64]]
    outcomes: list[NDArray[np.int64]]
    supplements: dict[int, Floats]


@dataclass(frozen=True)
class Cells:
    """All that may be observed under a law: each distinct cell, having heard each outcome, with each outcome.

    Attributes
    ----------
    rows
        The law's arguments, first axis cell, outcome heard and outcome, flattened.
    sizes
        Number of cells, of outcomes that may be heard, of outcomes.
    cell
        The cell of each event and channel, ``(event, channel)``.
    parents
        The channel each channel hears, ``(event, channel)``, or None.
    told
        Of how many things each cell may hear one of another law that is drawn before; the cells of each follow each
        other. 1 where the law hears none.
    setting
        The distinct settings, for what ties the channels of an event (`EvidenceLaw.together`).
    place
        The setting of each event, ``(event,)``.
    """

    rows: Arrays
    sizes: tuple[int, int, int]
    cell: NDArray[np.int64]
    parents: Array | None
    told: int
    setting: Arrays
    place: NDArray[np.int64]


def recorded(design: Design, events: xr.Dataset, world: World, rng: np.random.Generator) -> xr.Dataset:
    """The events as they would be recorded in a world: its observations, and labels that are true of its actors.

    ``rng`` draws what the outcomes leave open.
    """
    events = relabel(events, design, world.actor)
    for position, (part, latent, outcome) in enumerate(
        zip(laws(design), world.latents, world.outcomes, strict=True)
    ):
        law = law_of(part)
        events = law.emit(events, outcome, part.levels)
        if position in world.supplements:
            events = law.detail(events, outcome, world.supplements[position], rng)
        if law.latent != "actor":
            names = np.array(part.levels.coords[law.latent])
            events = events.assign({f"true_{law.latent}": ("event", names[latent])})
    return events


def laws(design: Design) -> list[Part]:
    """The parts that are evidence laws."""
    return [part for part in design.parts if isinstance(part.component, EvidenceLaw)]


def identified(design: Design, outcomes: Sequence[Array]) -> NDArray[np.bool_]:
    """Events whose perpetrator is known, from the outcomes of each law: as `Identification` has it, else by label."""
    for part, outcome in zip(laws(design), outcomes, strict=True):
        if isinstance(part.component, Identification):
            return np.asarray(outcome[:, 0] == 1)
    return np.asarray(design.candidates.sum(axis=1) == 1)


def law_of(part: Part) -> EvidenceLaw:
    """The law of a part that is one."""
    assert isinstance(part.component, EvidenceLaw)
    return part.component


def worlds(design: Design, events: xr.Dataset) -> Callable[[Draws, np.random.Generator], list[World]]:
    """Compile the simulator: from draws of the parameters to a world for each."""
    drawn = [part.component.name for part in laws(design)]
    possible = [cells(part, events, drawn) for part in laws(design)]
    order = sorted(range(len(possible)), key=lambda position: possible[position].told > 1)
    terms = [part for part in design.parts if part not in laws(design)]
    supplied: list[int] = []

    def express(parameters: Sequence[Tensors]) -> list[Tensor]:
        own = {id(part): values for part, values in zip(design.parts, parameters, strict=True)}
        tables = [
            part.component.table(
                own[id(part)], {k: pt.as_tensor(v) for k, v in part.rows.items()}, part.levels
            )
            for part in terms
        ]
        for part, inside in zip(laws(design), possible, strict=True):
            given = own[id(part)]
            some = log_some_speaks(part, inside, given)
            tables += [link(part, given), grid(part, inside, given), pt.zeros(0) if some is None else some]
        more = [law_of(part).supplement(own[id(part)], part.levels, events) for part in laws(design)]
        supplied.extend(position for position, tensor in enumerate(more) if tensor is not None)
        return tables + [tensor for tensor in more if tensor is not None]

    evaluate = evaluator(design, express)
    incident, first = incidents(events)

    def draw(draws: Draws, rng: np.random.Generator) -> list[World]:
        values = evaluate(draws)
        return [one([value[sample] for value in values], rng) for sample in range(len(values[0]))]

    def one(values: Sequence[Floats], rng: np.random.Generator) -> World:
        some = [np.exp(values[len(terms) + 3 * position + 2]) for position in range(len(possible))]
        spoken = {
            drawn[position]: rng.random(len(first))[incident] < chance[possible[position].place]
            for position, chance in enumerate(some)
            if chance.size
        }
        rows = [drawn_rows(part, spoken) for part in terms]
        log_odds = sum(table[row] for table, row in zip(values, rows, strict=False))
        actor = pick(softmax(log_odds, axis=-1), rng.random(len(first))[incident])
        more = values[len(terms) + 3 * len(possible) :]
        latents, outcomes = [actor] * len(order), [np.empty((0, 0), dtype=np.int64)] * len(order)
        for position in order:
            part, inside = laws(design)[position], possible[position]
            if inside.told > 1:
                other = drawn.index(law_of(part).hears)
                said = law_of(laws(design)[other]).told(outcomes[other], laws(design)[other].levels)
                inside = replace(inside, cell=inside.cell * inside.told + said[:, None])
            chance, law = (np.exp(values[len(terms) + 3 * position + i]) for i in range(2))
            own = law_of(part).latent != "actor"
            latent = categorical(chance[actor], rng) if own else actor
            latents[position] = latent
            if drawn[position] in spoken:
                outcomes[position] = tied(law_of(part), law, spoken[drawn[position]], inside, latent, rng)
            else:
                outcomes[position] = observations(law, inside, latent, rng)
        return World(actor, latents, outcomes, dict(zip(supplied, more, strict=True)))

    return draw


def drawn_rows(part: Part, spoken: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.int64]:
    """The row of each event in a term's table; of a mix, by what was drawn, unless nobody looks at the event."""
    if not isinstance(part.component, Mix):
        return part.index
    row = part.component.awaited(part.index, spoken[part.component.borrows])
    return np.where(unknown(part.index), part.index, row)


def cells(part: Part, events: xr.Dataset, drawn: Sequence[str] = ()) -> Cells:
    """What may be observed of the events under a law; ``drawn`` names the laws whose records are drawn too."""
    law, levels = law_of(part), part.levels
    count, channels = events.sizes["event"], len(law.channels(levels))
    setting, context = law.keys(events, levels), law.context(events, levels)
    flat = {key: np.repeat(values, channels, axis=0) for key, values in setting.items()}
    flat["channel"] = np.tile(np.arange(channels), count)
    told = 1 + len(levels.actors) if law.hears in drawn and TOLD in context else 1
    flat |= {key: values.reshape(-1) for key, values in context.items() if told == 1 or key != TOLD}
    keys, cell = distinct(flat, count * channels)
    if told > 1:
        size = len(keys["channel"])
        keys = {key: np.repeat(values, told, axis=0) for key, values in keys.items()}
        keys[TOLD] = np.tile(np.arange(told), size)
    parents, outcomes = law.parents(events, levels), len(law.outcomes(levels))
    sizes = (len(keys["channel"]), 1 if parents is None else outcomes, outcomes)
    row, hear, outcome = (axis.reshape(-1) for axis in np.indices(sizes))
    rows = law.rows({key: keys[key][row] for key in setting}, levels)
    rows |= {key: keys[key][row] for key in ("channel", *context)} | {"outcome": outcome}
    rows |= {} if parents is None else {"heard": hear}
    alone, place = distinct(setting, count)
    return Cells(rows, sizes, cell.reshape(count, channels), parents, told, law.rows(alone, levels), place)


def link(part: Part, parameters: Tensors) -> Tensor:
    """Log probability of a law's own latent given the actor, ``(actor, latent)``; zeros where it has none."""
    law = law_of(part)
    return pt.zeros((1, 1)) if law.latent == "actor" else law.link(parameters, part.levels)


def grid(part: Part, inside: Cells, parameters: Tensors) -> Tensor:
    """Log probability of every outcome, ``(cell, heard, outcome, latent)``."""
    law, levels = law_of(part), part.levels
    rows = {key: pt.as_tensor(values) for key, values in inside.rows.items()}
    channel, outcome = rows.pop("channel"), rows.pop("outcome")
    found = law.law(parameters, rows, channel, outcome, levels)
    return found.reshape((*inside.sizes, -1))


def log_some_speaks(part: Part, inside: Cells, parameters: Tensors) -> Tensor | None:
    """Log probability that some channel of each setting speaks, ``(setting,)``; None where channels are apart."""
    setting = {key: pt.as_tensor(values) for key, values in inside.setting.items()}
    return law_of(part).together(parameters, setting, part.levels)


def tied(
    part: EvidenceLaw,
    law: Floats,
    spoken: NDArray[np.bool_],
    inside: Cells,
    latent: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """A draw of what is observed where the channels of an event are tied, ``(event, channel)``."""
    outcome = np.empty(inside.cell.shape, dtype=np.int64)
    for first in range(0, len(outcome), AT_ONCE):
        own = slice(first, first + AT_ONCE)
        chance = law[inside.cell[own], 0, :, latent[own, None]]
        outcome[own] = part.draw_together(chance, spoken[own], rng)
    return outcome


def observations(
    law: Floats, inside: Cells, latent: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """A draw of what is observed, ``(event, channel)``.

    Each channel has one uniform number: drawing all channels again with what they now hear settles a channel once those
    it hears are settled, so that all are after as many rounds as the longest chain of channels has links.
    """
    uniform, outcome = rng.random(inside.cell.shape), np.empty(inside.cell.shape, dtype=np.int64)
    for first in range(0, len(outcome), AT_ONCE):
        own = slice(first, first + AT_ONCE)
        parents = None if inside.parents is None else inside.parents[own]
        outcome[own] = settled(law, inside.cell[own], parents, latent[own, None], uniform[own])
    return outcome


def settled(
    law: Floats,
    cell: NDArray[np.int64],
    parents: Array | None,
    latent: NDArray[np.int64],
    uniform: Floats,
) -> NDArray[np.int64]:
    """Outcomes of some events by their uniform numbers, all ``(event, channel)``."""
    outcome = pick(law[cell, 0, :, latent], uniform)
    while parents is not None:
        again = pick(law[cell, heard(outcome, parents), :, latent], uniform)
        if (again == outcome).all():
            break
        outcome = again
    return outcome


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
    if "label_basis" in events:
        some = np.where((known != "") | (np.array(candidates) != ""), events["label_basis"].values, "")
        events = events.assign(label_basis=("event", some))
    return events.assign(
        perpetrator=("event", known),
        candidates=("event", np.array(candidates, dtype=str)),
        true_actor=("event", names[actor]),
    )

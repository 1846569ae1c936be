"""How often sources name the same actor, beside how often they would if each spoke for itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from attribution.arrays import Array, Floats
from attribution.components.base import Tensor, Tensors, heard
from attribution.components.evidence.statement_voices import DENIAL
from attribution.components.evidence.statements import Statements
from attribution.compute.random_numbers import Stream, pick
from attribution.model.design import Design, Part
from attribution.model.tables import Draws, evaluated, evaluator
from attribution.model.worlds import cells, grid, law_of, laws

DRAWS, TIMES = 100, 50
"""Draws of the parameters that are looked at, and what is drawn at each."""
TOGETHER, AT_MOST = 10, 500
"""Least number of events on which both voices of a pair speak, and most of them that are looked at."""


@dataclass(frozen=True)
class Naming:
    """What voices that speak name, by the law and in the record.

    Attributes
    ----------
    log_law
        Log probability of each name given that the voice speaks, ``(sample, cell, heard, name, actor)``.
    cell, heard, said
        Of each event and voice its cell, what it hears, and whom it names (-1: silent), ``(event, voice)``.
    parents
        The voice that each hears, -1 for none, ``(event, voice)``.
    link, record
        Where voices speak of whose work a killing looks like: log probability of that given who did it,
        ``(sample, actor, apparent)``, and of the record of each event given it, ``(sample, event, apparent)``. Above,
        ``actor`` is then the apparent one.
    """

    log_law: Floats
    cell: Array
    heard: Array
    said: Array
    parents: Array
    link: Floats | None = None
    record: Floats | None = None

    def apparent(self, chance: Floats) -> Floats:
        """Probability of whose work each event looks like, from that of who did it, ``(sample, event, actor)``."""
        if self.link is None or self.record is None:
            return chance
        found = np.empty_like(chance, dtype=float)
        for sample, (link, record) in enumerate(zip(self.link, self.record, strict=True)):
            looks = softmax(link[None] + record[:, None, :], axis=-1)
            found[sample] = np.einsum("ek,eka->ea", chance[sample], looks)
        return found

    def looks(self, actor: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Whose work events look like that these actors did, drawn, ``(sample, event)``."""
        if self.link is None:
            return np.broadcast_to(actor, (len(self.log_law), len(actor)))
        chance = np.exp(self.link)[:, actor]
        return pick(chance, rng.random(chance.shape[:2]))

    def given(self, event: Array, voice: int) -> Floats:
        """Log probability of each name on some events, ``(sample, event, name, actor)``, by what the voice heard."""
        return self.log_law[:, self.cell[event, voice], self.heard[event, voice]]

    def same(self, event: Array, one: int, other: int) -> Floats:
        """Log probability that two voices both name each actor, ``(sample, event, name, actor)``."""
        first, second = self.given(event, one), self.given(event, other)
        for copier, listens in (
            (one, self.parents[event, one] == other),
            (other, self.parents[event, other] == one),
        ):
            if listens.any():  # what it hears is then what the other names
                own = self.log_law[:, self.cell[event, copier], 1:].diagonal(axis1=2, axis2=3)
                own = np.moveaxis(own, -1, 2)[:, listens]
                (second if copier == other else first)[:, listens] = own
        return first + second


def agreement(
    design: Design, events: xr.Dataset, draws: Draws, probability: Floats | None, seed: int
) -> xr.Dataset:
    r"""Names that sources share, beside those they would share if each spoke for itself.

    Of every pair of voices of two sources (denials apart) and every event on which both speak, who did it is known as
    far as all else says: the probabilities :math:`r_k` of the fit without whom these two named. That both name `j`
    counts :math:`1 - r_j`, as a surprise; under the law it has the probability
    :math:`\sum_k r_k P_v(j \mid k) P_w(j \mid k)`. The sum over the events is held against sums drawn from that law, at
    the draws of the parameters. Where who did it is known, what counts is that both name the same wrong actor; these
    are counted over all pairs together too.

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
        Seed of what is drawn.

    Returns
    -------
    xarray.Dataset
        `agreed`, `agreed_expected`, `agreed_chance` by `pair`: on how many events both name the same, on how many they
        would, and the share of drawn sums that are as large. `same_wrong`, `same_wrong_expected`, `same_wrong_chance`:
        pairs of voices that name the same wrong actor on an event whose perpetrator is known, where any is. Empty
        without the law.
    """
    part = next((own for own in laws(design) if isinstance(own.component, Statements)), None)
    if part is None or probability is None:
        return xr.Dataset()
    chosen = np.linspace(0, len(probability) - 1, DRAWS).astype(int)
    naming = named_by(design, part, events, {name: drawn[chosen] for name, drawn in draws.items()})
    voices = law_of(part).channels(part.levels)
    pairs = [pair for pair in combinations(range(len(voices)), 2) if comparable(voices, *pair)]
    rng = np.random.default_rng([seed, Stream.AGREEMENT])
    looks = naming.apparent(probability[chosen])
    rows = []
    for one, other in pairs:
        both = np.flatnonzero((naming.said[:, [one, other]] >= 0).all(axis=1))
        if len(both) >= TOGETHER:
            some = both[np.linspace(0, len(both) - 1, min(len(both), AT_MOST)).astype(int)]
            own = of_pair(naming, some, one, other, looks[:, some], rng)
            rows.append((f"{voices[one]} & {voices[other]}", *own))
    names = ("agreed", "agreed_expected", "agreed_chance")
    values = {name: ("pair", np.array([row[i + 1] for row in rows])) for i, name in enumerate(names)}
    found = xr.Dataset(values, coords={"pair": np.array([row[0] for row in rows], dtype=str)})
    known = np.flatnonzero(design.candidates.sum(axis=1) == 1)
    if not rows or not len(known):
        return found
    actor = design.candidates[known].argmax(axis=1)
    total = same_wrong(naming, known[-AT_MOST:], actor[-AT_MOST:], pairs, rng)
    return found.assign(
        dict(zip(("same_wrong", "same_wrong_expected", "same_wrong_chance"), total, strict=True))
    )


def comparable(voices: Sequence[str], one: int, other: int) -> bool:
    """Whether two voices are of two sources and neither denies."""
    (source, kind), (second, way) = (voices[v].rpartition(" | ")[::2] for v in (one, other))
    return bool(source != second and DENIAL not in (kind, way))


def named_by(design: Design, part: Part, events: xr.Dataset, draws: Draws) -> Naming:
    """What voices name given that they speak, by the law and in the record; who watched does not matter then."""
    between = link_and_record(design, part, draws) if law_of(part).latent != "actor" else []
    part = replace(part, levels=replace(part.levels, data={**part.levels.data, "coverage": None}))
    events = events.drop_dims("coverage", errors="ignore")
    inside = cells(part, events)
    evaluate = evaluator(replace(design, parts=(part,)), lambda own: [grid(part, inside, own[0])])
    law = evaluated(evaluate, draws, int(np.prod(inside.sizes)) * len(design.actors))[0].astype(float)
    spoken = law[:, :, :, 1:]
    observed = law_of(part).observed(events, part.levels)
    parents = np.full_like(observed, -1) if inside.parents is None else inside.parents
    return Naming(
        spoken - logsumexp(spoken, axis=3, keepdims=True),
        inside.cell,
        heard(observed, parents),
        observed - 1,
        parents,
        *between,
    )


def link_and_record(design: Design, part: Part, draws: Draws) -> list[Floats]:
    """Whose work a killing looks like given who did it, and the record of each event given that; see `Naming`."""
    law, rows = law_of(part), {key: pt.as_tensor(values) for key, values in part.rows.items()}

    def express(own: Sequence[Tensors]) -> list[Tensor]:
        return [law.link(own[0], part.levels), law.given(own[0], rows, part.levels)]

    link, record = evaluator(replace(design, parts=(part,)), express)(draws)
    return [link, record[:, part.index]]


def of_pair(
    naming: Naming, event: Array, one: int, other: int, chance: Floats, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Of two voices the events on which they agree, the expected number, and the chance of a sum as surprising.

    ``chance`` is the probability of each actor by all that is known, ``(sample, event, actor)``.
    """
    said, place = naming.said[event], np.arange(len(event))
    spoke = (
        naming.given(event, one)[:, place, said[:, one]]
        + naming.given(event, other)[:, place, said[:, other]]
    )
    with np.errstate(divide="ignore"):  # an actor who is no candidate
        rest = np.log(chance.astype(float)) - spoke
    rest = np.exp(rest - logsumexp(rest, axis=-1, keepdims=True))
    law = np.einsum("sek,sejk->sej", rest, np.exp(naming.same(event, one, other)))
    agree = said[:, one] == said[:, other]
    surprise = 1 - rest
    recorded = (surprise[:, place, said[:, one]] * agree).sum(axis=1)
    larger = [drawn_surprise(law, surprise, rng) >= recorded - 1e-9 for _ in range(TIMES)]
    return float(agree.sum()), float(law.sum(axis=(1, 2)).mean()), float(np.mean(larger))


def drawn_surprise(law: Floats, surprise: Floats, rng: np.random.Generator) -> Floats:
    """Sum of the surprise of names that both voices drew, ``(sample,)``; arguments ``(sample, event, name)``."""
    below = (rng.random(law.shape[:2])[..., None] > law.cumsum(axis=-1)).sum(axis=-1)
    longer = np.concatenate([surprise, np.zeros_like(surprise[..., :1])], axis=-1)  # they do not agree
    return np.asarray(np.take_along_axis(longer, below[..., None], axis=-1)[..., 0].sum(axis=1))


def same_wrong(
    naming: Naming,
    event: Array,
    actor: NDArray[np.int64],
    pairs: list[tuple[int, int]],
    rng: np.random.Generator,
) -> tuple[float, float, float]:
    """Pairs of voices that name the same wrong actor on events whose perpetrator is known: number, expected, chance."""
    recorded = float(wrong_pairs(naming.said[event], actor, pairs))
    drawn = np.array(
        [wrong_pairs(names_drawn(naming, event, actor, rng), actor, pairs) for _ in range(TIMES)]
    )
    return recorded, float(drawn.mean()), float((drawn >= recorded).mean())


def names_drawn(
    naming: Naming, event: Array, actor: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Names drawn for the voices that speak, -1 for silence, ``(sample, event, voice)``, by what each hears."""
    said, parents = naming.said[event], naming.parents[event]
    samples, looks = np.arange(len(naming.log_law))[:, None], naming.looks(actor, rng)
    uniform = rng.random((len(samples), *said.shape))
    names = np.broadcast_to(said, uniform.shape)
    for _ in range(said.shape[1]):  # as many rounds as the longest chain of voices that hear each other
        told = np.take_along_axis(names, np.broadcast_to(np.maximum(parents, 0), names.shape), axis=-1)
        told = np.where(parents >= 0, 1 + told, 0)
        again = [
            pick(
                np.exp(naming.log_law[samples, naming.cell[event, v], told[..., v], :, looks]),
                uniform[..., v],
            )
            for v in range(said.shape[1])
        ]
        before, names = names, np.where(said >= 0, np.stack(again, axis=-1), -1)
        if (before == names).all():
            break
    return names


def wrong_pairs(said: Array, actor: Array, pairs: list[tuple[int, int]]) -> Array:
    """Number of pairs of voices that name the same wrong actor; names ``(..., event, voice)``, -1 for silence."""
    total = np.zeros(said.shape[:-2], dtype=np.int64)
    for one, other in pairs:
        named = said[..., one]
        total += ((named == said[..., other]) & (named >= 0) & (named != actor)).sum(axis=-1)
    return total

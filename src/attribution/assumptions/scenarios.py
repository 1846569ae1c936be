"""What a fit's draws say under another assumption: its tables added again, its draws weighted anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from attribution.arrays import Floats
from attribution.assumptions.reweighting import weights_of
from attribution.components.base import UNOBSERVED, ActivityTerm, EvidenceLaw, Tensor, Tensors
from attribution.compute.random_numbers import Stream
from attribution.errors import AttributionError
from attribution.events.schema import UNLISTED
from attribution.fitting.sampling import stacked
from attribution.model.actors import attribute_cells, chunks, drawn_actors
from attribution.model.design import Design, Part
from attribution.model.prior import log_prior
from attribution.model.specification import refuse_couplings
from attribution.model.tables import Draws, evaluator, in_batches, table_draws
from attribution.model.worlds import cells as cells_of
from attribution.model.worlds import grid, law_of
from attribution.results.fitted import fit_of

SHOWN, CONDITIONAL, FAILED = "re-weighted", "at the fit's parameters", "not shown"
"""How a row came about. Where weights cannot be trusted, shifts keep the fit's parameters; the rest is not shown."""
REFIT, UNSETTLED = "refit", "refit, not converged"
"""How it came about where it was fitted again; the second with divergences or an R-hat that `diagnose` would fail."""

Tilt = Callable[[slice], Floats]
"""What is added to the log joint of some cells, ``(sample or 1, cell, actor)``."""


@dataclass(frozen=True)
class Ground:
    """A fit laid open.

    Attributes
    ----------
    design
        The model laid over the fitted events.
    events
        The fitted events.
    draws
        Posterior draws used, first axis `sample`, chains one after the other.
    values
        Each component's table at them, ``(sample, row, actor)``.
    chains
        Number of chains.
    seed
        Seed of the draws of the actor: the same numbers under every assumption.
    """

    design: Design
    events: xr.Dataset
    draws: Draws
    values: Sequence[NDArray[np.float32]]
    chains: int
    seed: int

    @cached_property
    def log_prior(self) -> Floats:
        """Log prior density at the draws, ``(sample,)``."""
        return log_prior(self.design, self.draws)


@dataclass(frozen=True)
class Scenario:
    """Draws under one assumption.

    Attributes
    ----------
    kind, about, value
        The assumption: what sort, of which actor or component, how far.
    actor
        Who did each event, positions ``(sample, event)``.
    weight
        Weight of each draw, summing to one, ``(sample,)``.
    pareto_k
        Pareto k of the weights; NaN where none are needed.
    method
        How the draws came about.
    """

    kind: str
    about: str
    value: float
    actor: NDArray[np.int16]
    weight: Floats
    pareto_k: float
    method: str


@dataclass(frozen=True)
class Rescored:
    """Draws of the actor ``(sample, event)``, log likelihood ``(sample,)`` and expected shares ``(sample, actor)``."""

    actor: NDArray[np.int16]
    log_likelihood: Floats
    share: Floats


@dataclass(frozen=True)
class Readied:
    """A `Readiness` at the draws.

    Attributes
    ----------
    kind
        The sort of assumption.
    log_chance
        Log probability that each actor has done it, of what it did, ``(sample, cell, channel)``.
    silent
        Whether it has not, ``(cell, channel)``.
    conditional
        Whether the law is.
    """

    kind: str
    log_chance: Floats
    silent: NDArray[np.bool_]
    conditional: bool


def open_up(posterior: xr.DataTree, draws: int, seed: int) -> Ground:
    """The fit's model, events, and tables at some ``draws`` spread evenly over its chains."""
    if "posterior" not in posterior.children:
        raise AttributionError(
            "Assumptions are changed on what fit() returns; this holds events scored afterwards."
        )
    fit = fit_of(posterior)
    refuse_couplings(fit.model, "sensitivity")
    return laid_open(fit.design, fit.events, posterior["posterior"].to_dataset(), draws, seed)


def laid_open(design: Design, events: xr.Dataset, parameters: xr.Dataset, draws: int, seed: int) -> Ground:
    """A model laid over events, with tables at some ``draws`` of its parameters spread evenly over the chains."""
    each = min(max(draws // parameters.sizes["chain"], 1), parameters.sizes["draw"])
    chosen = np.linspace(0, parameters.sizes["draw"] - 1, each).astype(int)
    own = stacked(parameters.isel(draw=chosen))
    values = table_draws(design, own, [seed, Stream.REWEIGHTED_TABLES])
    return Ground(design, events, own, values, parameters.sizes["chain"], seed)


def rescored(ground: Ground, values: Sequence[NDArray[np.float32]]) -> Rescored:
    """Attribution of every event from other tables."""
    return rescored_each(ground, values, [None])[0]


def rescored_each(
    ground: Ground, values: Sequence[NDArray[np.float32]], tilts: Sequence[Tilt | None]
) -> list[Rescored]:
    """Attribution of every event with something added to the log joint, or nothing: one for each of the tilts."""
    design, samples = ground.design, len(values[0])
    found = [
        Rescored(
            np.empty((samples, len(design.cell)), dtype=np.int16),
            np.zeros(samples),
            np.zeros((samples, len(design.actors))),
        )
        for _ in tilts
    ]
    events_in = np.bincount(design.cell, minlength=len(design.index))
    for cells, own in chunks(design, samples):
        as_fitted, likelihood = attribute_cells(design, values, cells)
        for entry, tilt in zip(found, tilts, strict=True):
            chance, marginal = as_fitted, likelihood
            if tilt is not None:
                chance, gained = tilted(as_fitted, tilt(cells))
                marginal = likelihood + gained
            entry.log_likelihood[:] += marginal @ design.weight[cells]
            entry.share[:] += np.einsum("sck,c->sk", chance, events_in[cells]) / len(design.cell)
            local = design.cell[own] - cells.start
            entry.actor[:, own] = drawn_actors(chance, local, [ground.seed, Stream.REWEIGHTED_ACTORS], own)
    return found


def tilted(chance: Floats, added: Floats) -> tuple[Floats, Floats]:
    """Probabilities with something added to their logarithms, and what the log marginal gains by it."""
    highest = added.max(axis=-1, keepdims=True)
    joint = chance * np.exp(added - highest)
    total = joint.sum(axis=-1, keepdims=True)
    return joint / total, (np.log(total) + highest)[..., 0]


def scenario(
    ground: Ground, base: Rescored, kind: str, about: str, value: float, found: Rescored, conditional: bool
) -> Scenario:
    """The scenario of an assumption, its draws weighted by what it changes in the likelihood."""
    weight, k, good = weights_of(found.log_likelihood - base.log_likelihood, ground.chains)
    if good:
        return Scenario(kind, about, value, found.actor, weight, k, SHOWN)
    even = np.full(len(weight), 1 / len(weight))
    return Scenario(kind, about, value, found.actor, even, k, CONDITIONAL if conditional else FAILED)


def shifts(ground: Ground, base: Rescored, factors: Sequence[float]) -> Iterator[Scenario]:
    """Killings not missing at random: each actor's odds of claiming, and of staying unidentified, moved."""
    brought = list(readied(ground))
    established = bool((ground.design.candidates.sum(axis=1) == 1).any())
    moved = [(factor, float(np.log(factor))) for factor in factors]
    for position, name in enumerate(ground.design.actors):
        named: list[tuple[str, float, Tilt]] = []
        for own in brought if name != UNLISTED else ():  # nobody acts in its name, and it cannot
            named += [(own.kind, by, readiness_tilt(ground, own, position, shift)) for by, shift in moved]
        for by, shift in moved if established else ():
            named.append(("identification", by, label_tilt(ground, position, shift)))
        results = rescored_each(ground, ground.values, [tilt for _, _, tilt in named])
        for (kind, by, _), found in zip(named, results, strict=True):
            yield scenario(ground, base, kind, name, by, found, conditional=True)


def label_tilt(ground: Ground, position: int, shift: float) -> Tilt:
    """Odds of this actor among the killings that stay open, beside those established, moved by ``shift`` in logarithms.

    That many are open says nothing of who is active, so that the mix of the open ones is a mix again.
    """
    open_ = ground.design.allowed.sum(axis=1) > 1

    def tilt(cells: slice) -> Floats:
        mix = activity_of(ground, cells)
        added = np.zeros_like(mix)
        added[:, open_[cells], position] = shift
        return added - np.log((mix * np.exp(added)).sum(axis=-1, keepdims=True))

    return tilt


def readiness_tilt(ground: Ground, own: Readied, position: int, shift: float) -> Tilt:
    """Odds that this actor's open killings are claimed, or the like, moved by ``shift`` in logarithms.

    By itself, or by somebody where the law is `conditional`.
    With u the probability of silence, ``logit u' = logit u - shift``: a silent event gains ``log u'/u``, a claimed one
    ``log (1-u')/(1-u)``, so that the law still sums to one. Events whose perpetrator is known keep the fitted law.
    Of a `conditional` law this moves the mix of actors, and how often anybody speaks stays as it was.
    """
    open_ = ground.design.allowed.sum(axis=1) > 1
    chance = np.exp(own.log_chance[..., position])
    common = np.log(chance + (1 - chance) * np.exp(-shift))

    def tilt(cells: slice) -> Floats:
        added = np.zeros((len(chance), len(open_[cells]), len(ground.design.actors)))
        gained = np.where(own.silent[cells, position], -shift, 0.0) - common[:, cells]
        added[..., position] = np.where(open_[cells], gained, 0.0)
        if own.conditional:
            mix = activity_of(ground, cells)
            added -= np.log((mix * np.exp(added)).sum(axis=-1, keepdims=True))
        return added

    return tilt


def activity_of(ground: Ground, cells: slice) -> Floats:
    """Probability of each actor by the activity terms alone, ``(sample, cell, actor)``."""
    terms = [part for part in ground.design.parts if isinstance(part.component, ActivityTerm)]
    rows = ground.design.index[cells]
    log_odds = sum(ground.values[i][:, rows[:, i]].astype(float) for i in range(len(terms)))
    return np.asarray(softmax(log_odds, axis=-1))


def readied(ground: Ground) -> Iterator[Readied]:
    """What actors may be readier to do, of every law that says there is something."""
    design = ground.design
    first = np.unique(design.cell, return_index=True)[1]
    for position, part in enumerate(design.parts):
        law = part.component
        if isinstance(law, EvidenceLaw) and (own := law.readiness(ground.events, part.levels)):
            log_chance = log_readiness(ground, position, part, own.outcome, first)
            unseen = (law.observed(ground.events, part.levels)[first] == UNOBSERVED).all(axis=1)
            log_chance[:, unseen] = -np.inf  # silent for certain, whatever the odds: nobody looked
            yield Readied(own.kind, log_chance, own.silent[first], law.conditional)


def log_readiness(
    ground: Ground, position: int, part: Part, outcome: int, first: NDArray[np.int64]
) -> Floats:
    """Log probability that each actor has done it, of what it did, ``(sample, cell, channel)``.

    Of a `conditional` law: that somebody has done it of what each actor did. ``first`` is an event of each cell.
    """
    inside = cells_of(part, ground.events)
    own = np.arange(inside.cell.shape[1])  # each actor has its channel, in the order of the actors

    def express(parameters: Sequence[Tensors]) -> list[Tensor]:
        if not law_of(part).conditional:
            return [grid(part, inside, parameters[position])[inside.cell[first], 0, outcome, own]]
        setting = {key: pt.as_tensor(values) for key, values in inside.setting.items()}
        some, _ = law_of(part).log_speaks(parameters[position], setting, part.levels)
        return [some[inside.place[first]]]

    return at_draws(ground, express)[0]


def at_draws(ground: Ground, express: Callable[[Sequence[Tensors]], list[Tensor]]) -> list[Floats]:
    """Expressions of the parameters at the draws, a batch at a time."""
    return in_batches(evaluator(ground.design, express), ground.draws, 200)


def components(ground: Ground, base: Rescored) -> Iterator[Scenario]:
    """Each component left out: its table is zero, and so is that of its mix."""
    owners = [part.component.borrows or part.component.name for part in ground.design.parts]
    for name in dict.fromkeys(
        part.component.name for part in ground.design.parts if not part.component.borrows
    ):
        values = [
            np.zeros_like(table) if owner == name else table
            for owner, table in zip(owners, ground.values, strict=True)
        ]
        yield scenario(ground, base, "component", name, np.nan, rescored(ground, values), conditional=False)


def sources(ground: Ground, base: Rescored) -> Iterator[Scenario]:
    """Each source left out of the laws that hear several: what it says, and that it is silent."""
    for position, part in enumerate(ground.design.parts):
        for source, rest in without_source(ground, position, part):
            values = list(ground.values)
            values[position] = rest
            yield scenario(ground, base, "source", source, np.nan, rescored(ground, values), False)


def without_source(ground: Ground, position: int, part: Part) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """For each source a law hears, the law's table from the other sources' channels alone."""
    law = part.component
    # A law that changes how its table is made of its channels cannot be taken apart into them.
    if not isinstance(law, EvidenceLaw) or type(law).table is not EvidenceLaw.table:
        return
    source = np.array([label.rpartition(" | ")[0] or label for label in law.channels(part.levels)])
    if len(set(source)) < 2:
        return

    def express(parameters: Sequence[Tensors]) -> list[Tensor]:
        rows = {key: pt.as_tensor(values) for key, values in part.rows.items()}
        found = [law.cells(parameters[position], rows, part.levels)]
        return found if law.latent == "actor" else [*found, law.link(parameters[position], part.levels)]

    found, *link = at_draws(ground, express)
    for name in sorted(set(source)):
        rest = sum_of(found, part.rows["cell"][:, source != name])
        yield name, given_actor(rest, link[0]) if link else rest


def given_actor(latent: NDArray[np.float32], link: Floats) -> NDArray[np.float32]:
    """Log probability given the actor, ``(sample, pattern, actor)``, from that given a law's own latent."""
    each = [logsumexp(own[:, None, :] + to[None], axis=-1) for own, to in zip(latent, link, strict=True)]
    return np.stack(each).astype(np.float32)


def sum_of(cells: Floats, kept: NDArray[np.int64]) -> NDArray[np.float32]:
    """Sum over channels of the cells each pattern keeps, ``(sample, pattern, actor)``."""
    total = np.zeros((len(cells), len(kept), cells.shape[-1]), dtype=np.float32)
    for channel in range(kept.shape[1]):
        total += cells[:, kept[:, channel]]
    return total


def powers(ground: Ground, base: Rescored, alphas: Sequence[float]) -> Iterator[Scenario]:
    """The prior, and the likelihood, raised to powers."""
    parts = {"prior": ground.log_prior, "likelihood": base.log_likelihood}
    for kind, density in parts.items():
        for alpha in alphas:
            weight, k, good = weights_of((alpha - 1) * density, ground.chains)
            yield Scenario(kind, "", alpha, base.actor, weight, k, SHOWN if good else FAILED)

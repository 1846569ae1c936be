"""`Bundles`: a claim of many killings at once, "34 operations in seven months", without saying which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.special import expit, gammaln

from attribution.arrays import Array, Floats
from attribution.components.base import CouplingLaw, Levels, Tensor, Tensors
from attribution.components.effects import log_yes
from attribution.components.evidence.bundle_counts import LEAST, Grid, condition, log_counts
from attribution.compute.random_numbers import categorical
from attribution.errors import ModelError, nearest
from attribution.events.windows import Windows, inside, overlapping, windows

MONTH = 30.0
"""Days that the rate of over-claiming is for."""

MOST_POINTS = 20_000
"""Most points of the grid of counts of bundles that share events."""


@dataclass(frozen=True)
class Group:
    """Bundles that share events, and the events that may be in them.

    Attributes
    ----------
    bundle
        Positions of the bundles, ``(bundle,)``.
    member
        Positions of their events among all members, ``(event,)``.
    share
        Share of each event's days in each bundle's window, ``(event, bundle)``.
    """

    bundle: NDArray[np.int64]
    member: NDArray[np.int64]
    share: Floats


@dataclass(frozen=True)
class Bundles(CouplingLaw):
    r"""A number of killings claimed for an actor, a time and an area, without saying which killings.

    Of the killings by claimant `j` in the window of its bundle, each is counted with a probability :math:`\rho_j`
    (what is left out is under-claimed); to these come claims of killings that others did or nobody recorded:

    .. math::
        n = \sum_{e} c_e + o, \quad c_e \mid z_e = j \sim \mathrm{Bernoulli}(\rho_j\, g_e), \quad
        o \sim \mathrm{Poisson}(\omega_j\, d / 30)

    with :math:`d` the days of the window and :math:`g_e` the share of the event's days inside it. Given the
    attributions the number counted is Poisson-binomial; it is computed exactly, and so are the attributions given the
    number, which depend on each other. Bundles of several claimants over the same events are computed together.
    A killing that the claimant claimed singly is not in its bundle, unless ``singly_claimed`` says so.
    Events of one incident enter one by one, whatever they weigh in the rest of the likelihood.

    Parameters
    ----------
    kinds
        Kinds of bundles that count what the event table holds (`"operations"`); others are not used. By default all.
    singly_claimed
        Whether a bundle also counts killings that the claimant claimed singly.
    counted_mean, counted_sd
        Normal prior of :math:`\operatorname{logit} \rho_j`: by default 38 % to 97 %, typically 82 %.
    over_mean, over_sd
        Normal prior of :math:`\log \omega_j`, over-claims in 30 days: by default 0.07 to 3.5, typically 0.5.

    Examples
    --------
    >>> Bundles(kinds=["operations"]).kinds
    ('operations',)
    """

    kinds: Sequence[str] = ()
    singly_claimed: bool = False
    counted_mean: float = 1.5
    counted_sd: float = 1.0
    over_mean: float = -0.7
    over_sd: float = 1.0

    def __post_init__(self) -> None:
        """Kinds are a tuple."""
        object.__setattr__(self, "kinds", (self.kinds,) if isinstance(self.kinds, str) else tuple(self.kinds))

    @property
    def name(self) -> str:
        """The component's name."""
        return "bundles"

    @property
    def columns(self) -> tuple[str, ...]:
        """The table of bundles."""
        return ("bundle_claimant", "bundle_start", "bundle_end", "bundle_count")

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """The claimants that have bundles."""
        claimants = set(map(str, self._windows(events)[0].label))
        unknown = sorted(claimants - set(actors))
        if unknown:
            raise ModelError(
                f"Bundles by actors the model does not have (add them to the actors, or correct them): "
                f"{'; '.join(repr(name) + '.' + nearest(name, actors) for name in unknown)}"
            )
        return Levels(actors, {"bundler": [actor for actor in actors if actor in claimants]})

    def tie(self, events: xr.Dataset, levels: Levels) -> tuple[NDArray[np.int64], dict[str, Any]]:
        """The events that may be in a bundle, and the groups of bundles that share events."""
        spans, count = self._windows(events)
        bundler = levels.coords["bundler"]
        unknown = sorted(set(map(str, spans.label)) - set(bundler))
        if unknown:
            raise ModelError(
                f"Bundles by {', '.join(unknown)}, and the fit had none by them. Fit again with these bundles."
            )
        self._apart(spans)
        share = inside(events, spans)
        if not self.singly_claimed and "claimed_by" in events:
            share[claims(events, spans.label)] = 0.0
        member = np.flatnonzero(share.any(axis=1))
        actor = np.array([levels.actors.index(str(name)) for name in spans.label], dtype=np.int64)
        own = np.array([list(bundler).index(str(name)) for name in spans.label], dtype=np.int64)
        days = (spans.end - spans.start).astype(np.int64) + 1
        groups = [self._group(share[member], bundle, count) for bundle in connected(share > 0)]
        ties = {"groups": groups, "count": count, "actor": actor, "bundler": own, "days": days}
        return member, ties | {"actors": len(levels.actors)}

    def parameters(self, levels: Levels) -> Tensors:
        """`bundles_counted[bundler]` and `bundles_over[bundler]`."""
        dims = ("bundler",)
        return {
            "counted": pm.Normal("bundles_counted", self.counted_mean, self.counted_sd, dims=dims),
            "over": pm.Normal("bundles_over", self.over_mean, self.over_sd, dims=dims),
        }

    def log_likelihood(self, parameters: Tensors, log_chance: Tensor, ties: dict[str, Any]) -> Tensor:
        """Log probability of the counts, given each member's own attribution ``(member, actor)``."""
        total = pt.zeros(())
        by_size: dict[int, list[Group]] = {}
        for group in ties["groups"]:
            by_size.setdefault(len(group.bundle), []).append(group)
        for groups in by_size.values():
            total = total + self._log_likelihood(parameters, log_chance, groups, ties)
        return total

    def condition(
        self, parameters: dict[str, Floats], chance: Floats, ties: dict[str, Any], rng: np.random.Generator
    ) -> tuple[Floats, Floats, NDArray[np.int64]]:
        """What the counts make of the members' own attributions, at draws of the parameters.

        Returns the factor by which the counts multiply each probability, ``(sample, member, actor)``; the log
        probability of the counts, ``(sample,)``; and a joint draw of the actors, ``(sample, member)``.
        """
        factor, total = np.ones_like(chance), np.zeros(len(chance))
        actor = categorical(chance, rng)
        for group in ties["groups"]:
            own = chance[:, group.member]
            bundler, who = ties["bundler"][group.bundle], ties["actor"][group.bundle]
            counts = group.share * expit(parameters["counted"])[:, None, bundler]
            left_out = np.ones_like(own)
            for b, k in enumerate(who):
                left_out[:, :, k] -= counts[:, :, b]
            with np.errstate(divide="ignore"):
                log_none = np.log((own * left_out).sum(axis=2))
                log_counted = np.maximum(np.log(own[:, :, who] * counts), LEAST)
            grid = Grid(tuple(int(n) for n in ties["count"][group.bundle]))
            log_rate = parameters["over"][:, bundler] + np.log(ties["days"][group.bundle] / MONTH)
            weight = log_over(log_rate, np.exp(log_rate), ties["count"][group.bundle], grid)
            message, whole, drawn = condition(log_none, log_counted, weight, grid, rng)
            message = np.exp(message)
            ratio = left_out * message[:, :, :1]
            for b, k in enumerate(who):
                ratio[:, :, k] += counts[:, :, b] * message[:, :, 1 + b]
            factor[:, group.member] = ratio
            total += whole
            uncounted = categorical(own * left_out, rng)
            actor[:, group.member] = np.where(drawn == 0, uncounted, who[np.maximum(drawn - 1, 0)])
        return factor, total, actor

    def emit(
        self,
        events: xr.Dataset,
        actor: NDArray[np.int64],
        parameters: dict[str, Floats],
        levels: Levels,
        rng: np.random.Generator,
    ) -> xr.Dataset:
        """The events with `bundle_count` drawn, given who did each; bundles of other kinds keep theirs."""
        member, ties = self.tie(events, levels)
        count = rng.poisson(np.exp(parameters["over"][ties["bundler"]]) * ties["days"] / MONTH)
        for group in ties["groups"]:
            own = actor[member[group.member]][:, None] == ties["actor"][group.bundle]
            chance = own * group.share * expit(parameters["counted"])[ties["bundler"][group.bundle]]
            padded = np.concatenate([chance, 1 - chance.sum(axis=1, keepdims=True)], axis=1)
            drawn = categorical(padded, rng)
            count[group.bundle] += np.bincount(drawn, minlength=padded.shape[1])[:-1]
        values = events["bundle_count"].values.copy()
        values[self._used(events)] = count
        return events.assign(bundle_count=("bundle", values))

    def _used(self, events: xr.Dataset) -> Array:
        """Which of the bundles are of the kinds asked for."""
        number = events.sizes.get("bundle", 0)
        if not self.kinds or not number:
            return np.ones(number, dtype=bool)
        kind = events["bundle_kind"].values if "bundle_kind" in events else np.full(number, "")
        if not np.isin(self.kinds, kind).all():
            found = ", ".join(sorted({repr(str(value)) for value in kind}))
            raise ModelError(
                f"Bundles(kinds={self.kinds!r}) names a kind that no bundle has; there are {found}."
            )
        return np.isin(kind, self.kinds)

    def _windows(self, events: xr.Dataset) -> tuple[Windows, NDArray[np.int64]]:
        spans = windows(events, "bundle", "claimant")
        if not len(spans.label):
            return spans, np.empty(0, dtype=np.int64)
        used = self._used(events)
        chosen = Windows(spans.label[used], spans.start[used], spans.end[used], spans.area[used])
        return chosen, events["bundle_count"].values[used].astype(np.int64)

    def _apart(self, spans: Windows) -> None:
        """Refuse bundles of one claimant that overlap: a killing in both would be counted in both."""
        again = overlapping(spans.label, spans.start, spans.end, spans.area)
        if again.any():
            i = int(np.argmax(again))
            raise ModelError(
                f"Two bundles of {str(spans.label[i])!r} overlap in time and area; one of them runs from "
                f"{spans.start[i]} to {spans.end[i]}{f' in {spans.area[i]!r}' if spans.area[i] else ''}. "
                f"Which killings are in both is not known: keep one, name its kind (Bundles(kinds=[...])), or merge "
                f"them."
            )

    def _group(self, share: Floats, bundle: NDArray[np.int64], count: NDArray[np.int64]) -> Group:
        points = Grid(tuple(int(n) for n in count[bundle])).size
        if points > MOST_POINTS:
            raise ModelError(
                f"{len(bundle)} bundles share events and must be computed together, which takes {points:,} "
                f"combinations of their counts; at most {MOST_POINTS:,} can be. Leave out the least telling "
                f"(Bundles(kinds=[...])), state areas or shorter windows so that they share no events, or merge "
                f"bundles of one claimant."
            )
        own = np.flatnonzero(share[:, bundle].any(axis=1))
        return Group(bundle, own, share[np.ix_(own, bundle)])

    def _log_likelihood(
        self, parameters: Tensors, log_chance: Tensor, groups: Sequence[Group], ties: dict[str, Any]
    ) -> Tensor:
        """The same for groups with equally many bundles, side by side; the shorter ones end with events of no count."""
        most = np.max([ties["count"][group.bundle] for group in groups], axis=0)
        grid = Grid(tuple(int(n) for n in most))
        events = max(len(group.member) for group in groups)
        none, counted, weight = [], [], []
        for group in groups:
            bundler, who = ties["bundler"][group.bundle], ties["actor"][group.bundle]
            log_odds, own = parameters["counted"][bundler], log_chance[group.member]
            of_actor = np.eye(ties["actors"])[who]
            left_out = 1 - group.share @ of_actor + (group.share * pt.sigmoid(-log_odds)) @ of_actor
            log_share = np.log(group.share, where=group.share > 0, out=np.full(group.share.shape, LEAST))
            log_counted = pt.maximum(own[:, who] + log_share + log_yes(log_odds), LEAST)
            more = events - len(group.member)
            none.append(pt.concatenate([pt.logsumexp(own + pt.log(left_out), axis=1), np.zeros(more)]))
            counted.append(pt.concatenate([log_counted, np.full((more, len(who)), LEAST)]))
            log_rate = parameters["over"][bundler] + np.log(ties["days"][group.bundle] / MONTH)
            weight.append(log_over(log_rate, pt.exp(log_rate), ties["count"][group.bundle], grid))
        log_number = log_counts(pt.stack(none, axis=1), pt.stack(counted, axis=1), events, len(groups), grid)
        return pt.logsumexp(log_number + pt.stack(weight), axis=1).sum()


def log_over(log_rate: Any, rate: Any, count: NDArray[np.int64], grid: Grid) -> Any:
    """Log probability of the claims that no event explains, at each point of the grid; rates ``(..., bundle)``."""
    over = count[:, None] - grid.points
    possible = np.where(over < 0, LEAST, 0.0) - gammaln(np.maximum(over, 0) + 1.0)
    return (log_rate[..., None] * np.maximum(over, 0) - rate[..., None] + possible).sum(axis=-2)


def connected(shared: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Bundles in groups that share no event with another group; ``shared`` ``(event, bundle)``."""
    both = shared.astype(np.int64)
    _, label = connected_components(both.T @ both, directed=False)
    return [np.flatnonzero(label == group) for group in range(int(label.max(initial=-1)) + 1)]


def claims(events: xr.Dataset, claimant: Array) -> NDArray[np.bool_]:
    """Whether each claimant claimed each event singly, ``(event, claimant)``."""
    named = [str(label).split("|") for label in events["claimed_by"].values]
    return np.array([[str(name) in names for name in claimant] for names in named], dtype=bool)

"""What a component of the model is: an activity term, an evidence law or a coupling law.

Data pass through a component in one direction, and each step is a method that a component overrides::

    levels(events)          what the parameters are indexed by, learnt once from the fitted events
    keys(events, levels)    per event, what the component looks at, as integers or numbers
    rows(keys, levels)      the same for the distinct keys, as arrays the table is computed from
    parameters(levels)      the priors, in a PyMC model context
    table(...)              log-odds (activity) or log probabilities (evidence), one row a distinct key

Everything else (merging of identical events, evidence for all actors, simulation, contributions in nats, scoring of
new events) is derived once, from these, for all components.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray

from attribution.arrays import Array, Arrays
from attribution.components.unseen import Unseen
from attribution.errors import ModelError
from attribution.events.schema import is_beside

Tensor = Any
"""A PyTensor variable; PyTensor is not typed."""
Tensors = Mapping[str, Tensor]

UNOBSERVED = -1
"""Outcome of a channel that nobody looked at. Unlike silence it says nothing; its log probability is zero."""

NEVER = -1e30
"""Log probability of what cannot happen; unlike minus infinity it leaves every gradient finite."""


@dataclass(frozen=True)
class Levels:
    """What a component's parameters are indexed by.

    Attributes
    ----------
    actors
        The actors of the model, `unlisted` last unless the model is closed.
    coords
        Labels of the dimensions of the parameters, by dimension name.
    data
        Anything else the component needs to turn events into rows.
    drawn
        Full names of parameters that are longer along their first axis than they were fitted, with the labels of what
        is to be drawn there: a path that goes on after the fit.
    """

    actors: tuple[str, ...]
    coords: Mapping[str, Sequence[str]] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    drawn: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Readiness:
    """What actors may be readier to do of their own killings, or less ready, than was fitted: claim them, say.

    Attributes
    ----------
    kind
        What this assumption is called in tables of `sensitivity`.
    outcome
        The outcome they are ready for, a position; actors have a channel each, in the order of the model.
    silent
        Whether each actor has not done it, ``(event, channel)``; whether none has, where `EvidenceLaw.together` ties
        the channels.
    """

    kind: str
    outcome: int
    silent: NDArray[np.bool_]


KINDS: dict[str, type[Component]] = {}
"""Every class of components that was imported, by the name under which a specification is kept."""

OURS = "attribution.components."


class Component:
    """Shared by activity terms and evidence laws; every method but `table` has a default.

    A subclass registers itself when it is defined, so that a saved model can be read back wherever it is imported.
    """

    def __init_subclass__(cls, kept: bool = True, **settings: Any) -> None:
        """Register the class; that of the library by its name, one from elsewhere by its module too.

        One that no specification keeps, because a law brings it, says ``kept=False``.
        """
        super().__init_subclass__(**settings)
        if cls.__module__ != __name__ and kept:
            KINDS[cls.kind()] = cls

    @classmethod
    def kind(cls) -> str:
        """Name under which a specification keeps this class of components."""
        return cls.__name__ if cls.__module__.startswith(OURS) else f"{cls.__module__}.{cls.__qualname__}"

    @property
    def name(self) -> str:
        """Prefix of the component's parameters and its label in contributions."""
        raise NotImplementedError

    @property
    def optional(self) -> tuple[str, ...]:
        """Scales that may be zero, which leaves their part out."""
        return ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the event table the component cannot do without."""
        return ()

    @property
    def borrows(self) -> str:
        """Name of the component whose parameters it is computed from, where they are not its own; else empty."""
        return ""

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns it reads where they are there, besides `columns`."""
        return ()

    @classmethod
    def earlier(cls) -> Mapping[str, Any]:
        """Fields that specifications kept by earlier versions lack, and what they were then."""
        return {}

    @property
    def fitted(self) -> bool:
        """Whether it has parameters; a model needs an activity term that has."""
        return True

    def without_source(self, source: str) -> Self:
        """The same component, told of nothing that a source may say."""
        return self

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """Index the parameters by what occurs in the fitted events."""
        return Levels(actors)

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Per event, the integers or numbers the component looks at: each array has first axis `event`."""
        return {}

    def rows(self, keys: Arrays, levels: Levels) -> Arrays:
        """Arrays the table is computed from, first axis the distinct keys."""
        return keys

    def continued(self, levels: Levels, events: xr.Dataset) -> Levels:
        """The fitted levels, longer where new events need draws inside `table` of what was not fitted."""
        return levels

    def parameters(self, levels: Levels) -> Tensors:
        """Declare the priors in the PyMC model at hand; returns the variables by their short name."""
        raise NotImplementedError

    def scales(self, parameters: Collection[str]) -> dict[str, str]:
        """Which of its ``parameters`` are multiplied by a scale, and by which, all by full name.

        Their priors say no more than that effects are alike. By default `X_common` and `X_raw` are multiplied by
        `X_sd`; of several with one scale the last is what it is sampled with.
        """
        return {
            name: f"{name.removesuffix(end)}_sd"
            for end in ("_common", "_raw")
            for name in parameters
            if name.endswith(end)
        }

    def arrange(self, events: xr.Dataset, levels: Levels) -> tuple[Arrays, Array, Arrays]:
        """Distinct rows of the events, the row of each event, and the distinct keys."""
        keys, index = distinct(self.keys(events, levels), events.sizes["event"])
        return self.rows(keys, levels), index, keys

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """Log-odds (activity) or log probability of what was observed (evidence), ``(row, actor)``."""
        raise NotImplementedError

    def require(self, events: xr.Dataset, fitted: bool = False) -> None:
        """Raise `ModelError` where the events lack what the component needs.

        Once a model is ``fitted``, new events need no table beside them where nobody made one.
        """
        wanted = [column for column in self.columns if not (fitted and is_beside(column))]
        missing = [column for column in wanted if column not in events]
        if missing:
            raise ModelError(
                f"{type(self).__name__}() needs column {', '.join(map(repr, missing))}, which the event table does "
                f"not have. Add the column, or take the component out of the model. Columns there are: "
                f"{', '.join(map(str, events.data_vars))}."
            )


class ActivityTerm(Component):
    """Who acts there, then, against such a target: a table of log-odds over actors."""

    def unseen(self, keys: Arrays, levels: Levels) -> dict[str, Unseen]:
        """Draws that stand for what was not fitted, by the short name of the sd parameter that they are scaled with.

        An unseen area has its whole effect still to be drawn, once for all its events.
        """
        return {}

    def novelty(self, keys: Arrays, levels: Levels) -> dict[str, Array]:
        """How far each row lies outside what was fitted, as multiples of sd parameters; zero for rows of the fit."""
        return {short: drawn.far for short, drawn in self.unseen(keys, levels).items()}


class EvidenceLaw(Component):
    """What is observed because of who did it: a probability law, written once, in `law`.

    An event has one outcome in each of the law's channels (a claim has one channel, statements have one per source
    and kind). Channels are independent given the actor, but for two things a law may add:

    * a channel may hear another (`parents`): a source that repeats another;
    * the law may bear on something that depends on the actor instead of the actor (`latent`): who paid, whose
      uniform was worn. `law` is then given that, `link` says how it depends on the actor, and it is summed over.
    """

    @property
    def latent(self) -> str:
        """Dimension of what `law` is given: the actor, or a latent of its own that `link` ties to the actor."""
        return "actor"

    def channels(self, levels: Levels) -> Sequence[str]:
        """Labels of the channels."""
        return (self.name,)

    def outcomes(self, levels: Levels) -> Sequence[str]:
        """Labels of the outcomes a channel can have; the first is 'nothing observed'."""
        raise NotImplementedError

    def observed(self, events: xr.Dataset, levels: Levels) -> Array:
        """Outcome of each event in each channel, integers ``(event, channel)``."""
        raise NotImplementedError

    def context(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """What else each channel looks at and who did it does not decide, numbers ``(event, channel)`` each."""
        return {}

    def parents(self, events: xr.Dataset, levels: Levels) -> Array | None:
        """Channel that each channel hears, ``(event, channel)``, -1 for none; None where no channel hears any.

        Its outcome is given to `law` as ``heard``. No channel may hear itself, directly or by way of others.
        """
        return None

    @property
    def hears(self) -> str:
        """Name of another law whose record the channels may repeat; empty for most laws.

        What an event's record tells stands in `context` under the key ``told``, by `told` of that law.
        """
        return ""

    def told(self, outcome: Array, levels: Levels) -> NDArray[np.int64]:
        """What other laws hear of this law's outcomes ``(event, channel)``: 1 + position of an actor, 0 for nothing."""
        raise NotImplementedError

    def readiness(self, events: xr.Dataset, levels: Levels) -> Readiness | None:
        """What `sensitivity` is to vary of this law besides leaving it out; None for most laws."""
        return None

    def link(self, parameters: Tensors, levels: Levels) -> Tensor:
        """Log probability of the law's own latent given the actor, ``(actor, latent)``."""
        raise NotImplementedError

    def law(
        self, parameters: Tensors, setting: Tensors, channel: Tensor, outcome: Tensor, levels: Levels
    ) -> Tensor:
        """Log probability of ``outcome`` in ``channel`` and ``setting`` given each actor, ``(cell, actor)``."""
        raise NotImplementedError

    def arrange(self, events: xr.Dataset, levels: Levels) -> tuple[Arrays, Array, Arrays]:
        """Distinct patterns of setting and outcomes; the law is computed once for each distinct cell of them."""
        setting, observed = self.keys(events, levels), self.observed(events, levels)
        beside = self.context(events, levels) | {"outcome": observed}
        parents = self.parents(events, levels)
        if parents is not None:
            beside["heard"] = heard(observed, parents)
        split = {
            f"{key}@{channel}": values[:, channel]
            for key, values in beside.items()
            for channel in range(observed.shape[1])
        }
        keys, index = distinct(setting | split, events.sizes["event"])
        return self.patterns(keys, levels), index, keys

    def patterns(self, keys: Arrays, levels: Levels) -> Arrays:
        """Rows of some patterns: the distinct cells of setting, channel and outcome, and the cells of each pattern."""
        setting = [key for key in keys if "@" not in key]
        beside = [key.removesuffix("@0") for key in keys if key.endswith("@0")]
        channels = sum(key.startswith("outcome@") for key in keys)
        count = len(keys["outcome@0"])
        flat = {key: np.repeat(keys[key], channels, axis=0) for key in setting}
        flat["channel"] = np.tile(np.arange(channels), count)
        for key in beside:
            flat[key] = np.stack([keys[f"{key}@{channel}"] for channel in range(channels)], axis=1).reshape(
                -1
            )
        cells, cell = distinct(flat, count * channels)
        rows = self.rows({key: cells[key] for key in setting}, levels)
        rows |= {key: cells[key] for key in ("channel", *beside)}
        return rows | {"cell": cell.reshape(count, channels)}

    def with_unobserved(self, keys: Arrays, levels: Levels) -> tuple[Arrays, Arrays]:
        """Rows and keys with one more pattern at the end, on which nobody looked: a row of zeros in the table."""
        longer = {
            key: np.concatenate(
                [own, np.full_like(own[:1], UNOBSERVED) if key.startswith("outcome@") else own[:1]]
            )
            for key, own in keys.items()
        }
        return self.patterns(longer, levels), longer

    def cells(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """Log probability of each distinct cell given the actor or the law's own latent, ``(cell, latent)``."""
        setting = {key: rows[key] for key in rows if key not in ("channel", "outcome", "cell")}
        outcome = rows["outcome"]
        law = self.law(parameters, setting, rows["channel"], pt.maximum(outcome, 0), levels)
        return pt.switch(pt.eq(outcome, UNOBSERVED)[:, None], 0.0, law)

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """Log probability of each pattern, summed over its channels, ``(pattern, actor)``."""
        given = self.given(parameters, rows, levels)
        if self.latent == "actor":
            return given
        return pt.logsumexp(self.link(parameters, levels) + given[:, None, :], axis=-1)

    def given(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """Log probability of each pattern given the law's own latent, ``(pattern, latent)``."""
        return self.cells(parameters, rows, levels)[rows["cell"]].sum(axis=1)

    def summands(self, parameters: Tensors, rows: Tensors, levels: Levels) -> tuple[Tensor, Tensor]:
        """The same as the kernel takes it: a table, and for each pattern the rows of it that are summed."""
        if self.latent == "actor":
            return self.cells(parameters, rows, levels), rows["cell"]
        table = self.table(parameters, rows, levels)
        return table, pt.arange(rows["cell"].shape[0])[:, None]

    def counted(self, outcome: Array, levels: Levels) -> Array:
        """What predictive checks count: flags or numbers ``(event, record)`` of outcomes ``(event, channel)``."""
        return np.asarray(np.eye(len(self.outcomes(levels)))[outcome].sum(axis=1)[:, 1:])

    def emit(self, events: xr.Dataset, outcome: Array, levels: Levels) -> xr.Dataset:
        """The events with this law's columns replaced by the outcomes, integers ``(event, channel)``."""
        raise NotImplementedError

    @property
    def conditional(self) -> bool:
        """Whether what the channels say is evidence given that some speaks, or that none does; false for most laws.

        Whether some does is then drawn before who did it, by `together`, and each has a `Mix` of actors of its own.
        """
        return False

    def together(self, parameters: Tensors, setting: Tensors, levels: Levels) -> Tensor | None:
        """Log probability that some channel speaks, whoever did it, ``(row,)``; None where not `conditional`."""
        return None

    def log_speaks(self, parameters: Tensors, setting: Tensors, levels: Levels) -> tuple[Tensor, Tensor]:
        """Log probabilities that some channel speaks, and that none does, given each actor, ``(row, actor)`` each."""
        raise NotImplementedError

    def speaking(self, levels: Levels) -> Levels:
        """Levels of what `log_speaks` looks at."""
        return levels

    def spoken(self, events: xr.Dataset, levels: Levels) -> NDArray[np.int64]:
        """Whether some channel spoke, 1 or 0, and -1 where nobody looked, ``(event,)``."""
        raise NotImplementedError

    def draw_together(self, chance: Array, spoken: Array, rng: np.random.Generator) -> NDArray[np.int64]:
        """Outcomes ``(event, channel)`` of a `conditional` law, given whether some channel spoke.

        ``chance`` is what `law` gives each, ``(event, channel, outcome)``; ``spoken`` is bool ``(event,)``.
        """
        raise NotImplementedError

    def supplement(self, parameters: Tensors, levels: Levels, events: xr.Dataset) -> Tensor | None:
        """What a simulation needs besides the outcomes' probabilities; None for most laws."""
        return None

    def detail(
        self, events: xr.Dataset, outcome: Array, supplement: Array, rng: np.random.Generator
    ) -> xr.Dataset:
        """The events with what the outcomes leave open drawn from the supplement, such as the day of a claim."""
        raise NotImplementedError


class CouplingLaw(Component):
    """What is observed of many events at once, such as a number of killings claimed: it ties their actors together.

    It knows each member's own attribution, given everything observed of that event alone, and multiplies the likelihood
    by the probability of what it observed. Afterwards it says what that makes of the members' attributions.
    """

    def tie(self, events: xr.Dataset, levels: Levels) -> tuple[NDArray[np.int64], dict[str, Any]]:
        """Positions of the events it bears on, the members, and whatever the other methods need, as `ties`."""
        raise NotImplementedError

    def log_likelihood(self, parameters: Tensors, log_chance: Tensor, ties: dict[str, Any]) -> Tensor:
        """Log probability of what was observed, given the log of each member's own attribution ``(member, actor)``."""
        raise NotImplementedError

    def condition(
        self, parameters: dict[str, Array], chance: Array, ties: dict[str, Any], rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        """What was observed of the members, at draws of the parameters (first axis `sample`).

        Returns the factor on each member's own attribution ``(sample, member, actor)``, the log probability of what was
        observed ``(sample,)``, and a joint draw of the members' actors ``(sample, member)``.
        """
        raise NotImplementedError

    def emit(
        self,
        events: xr.Dataset,
        actor: NDArray[np.int64],
        parameters: dict[str, Array],
        levels: Levels,
        rng: np.random.Generator,
    ) -> xr.Dataset:
        """The events with what this law observes drawn, given the actor of each and one value of each parameter."""
        raise NotImplementedError


def heard(observed: Array, parents: Array) -> Array:
    """Outcome of the channel each channel hears, 0 (nothing) where it hears none, ``(event, channel)``."""
    return np.where(parents >= 0, np.take_along_axis(observed, np.maximum(parents, 0), axis=1), 0)


def distinct(keys: Arrays, count: int) -> tuple[Arrays, NDArray[np.int64]]:
    """The distinct rows of some equally long arrays, and which of them each of the ``count`` rows is."""
    if not keys:
        return {}, np.zeros(count, dtype=np.int64)
    columns = [np.unique(values, return_inverse=True)[1] for values in keys.values()]
    code = np.zeros(count, dtype=np.int64)
    for column in columns:
        code = np.unique(code * (int(column.max(initial=0)) + 1) + column, return_inverse=True)[1]
    _, first, index = np.unique(code, return_index=True, return_inverse=True)
    return {key: values[first] for key, values in keys.items()}, index

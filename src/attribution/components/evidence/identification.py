"""`Identification`: whether anybody was identified depends on who did it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from attribution.arrays import Array, Arrays
from attribution.components.base import EvidenceLaw, Levels, Tensor, Tensors
from attribution.components.effects import log_no, log_yes, pooled_rows
from attribution.errors import ModelError, nearest
from attribution.events.candidates import candidate_mask
from attribution.events.coding import MISSING, codes, texts

WORDS = ("not", "identified", "partly")
STAGE, BLOC = "identification_stage", "identification_bloc"


@dataclass(frozen=True)
class Identification(EvidenceLaw):
    r"""Whether the perpetrator was identified, given who did it.

    An event is *identified* where the label leaves one candidate, *partly* where it leaves some, else *not*:

    .. math::
        P(\text{identified} \mid k) &= r_k(x), \qquad
        P(\text{partly} \mid k) = (1 - r_k(x))\, t_k(x) \\
        \operatorname{logit} r_k(x) &= \mu_1 + \sigma_1 u_{1k} + \beta_1(x), \qquad
        \operatorname{logit} t_k(x) = \mu_2 + \sigma_2 u_{2k} + \beta_2(x)

    with :math:`u` standard normal, one for each actor or each of the ``blocs``, and :math:`\beta` a pooled effect of
    each value of the columns in ``by``, the same for all actors. Where nothing is partly known, :math:`t` is left out.
    Which set of candidates a partly known event has is taken to say no more than that the perpetrator is in it.

    Without this law a label is taken to be as likely whoever did it. With it, an actor whose killings are seldom
    identified has more of those that nobody was identified for. What tells :math:`r_k` apart from how much `k` kills is
    that the terms of activity move with the setting and :math:`r_k` does not: see `docs/components/identification.md`.
    Where that is not believed, give ``offset``: a fit for each of several values is the honest report.

    Parameters
    ----------
    by
        Columns whose values shift identification alike for all actors, read as text.
    blocs
        By actor the name of the bloc whose members are identified alike: within it labels are taken to be missing at
        random, between blocs the rates are learnt. An actor without a bloc is one by itself.
    offset
        By actor, its log-odds of being identified against :math:`\mu_1`, fixed instead of learnt.
    column
        A column that says `identified`, `partly` or `not`, where labels do not: a label that is known to be there and
        is withheld, as in a hold-out. Empty: the labels say it.
    mean, mean_sd
        Normal prior of both :math:`\mu`, log-odds.
    actor_sd
        Scale of the half-normal priors of both :math:`\sigma`, between actors.
    by_sd
        Scale of the half-normal prior of the standard deviation of each column's effects.

    Raises
    ------
    ModelError
        An offset for no actor of the model, a column with other words, events partly known where none was in the fit.

    References
    ----------
    Heitjan and Rubin (1991), doi:10.1214/aos/1176348396; Little and Rubin (2019), chapter 15,
    doi:10.1002/9781119482260.

    Examples
    --------
    >>> Identification(by=["area"], offset={"regime security": -1.4}).offset
    (('regime security', -1.4),)
    """

    by: Sequence[str] = ()
    blocs: Mapping[str, str] | Sequence[tuple[str, str]] = ()
    offset: Mapping[str, float] | Sequence[tuple[str, float]] = ()
    column: str = ""
    mean: float = 0.0
    mean_sd: float = 1.5
    actor_sd: float = 0.7
    by_sd: float = 0.5

    def __post_init__(self) -> None:
        """Keep the columns and the offsets as values."""
        object.__setattr__(self, "by", (self.by,) if isinstance(self.by, str) else tuple(self.by))
        pairs = tuple((actor, float(value)) for actor, value in dict(self.offset).items())
        wrong = [actor for actor, value in pairs if not math.isfinite(value)]
        if wrong:
            raise ModelError(f"Identification(offset=...) must be finite log-odds: see {', '.join(wrong)}.")
        object.__setattr__(self, "offset", pairs)
        object.__setattr__(self, "blocs", tuple(dict(self.blocs).items()))

    @property
    def name(self) -> str:
        """The component's name."""
        return "identification"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in `by`, and the one that says what was identified."""
        return (*self.by, *([self.column] if self.column else []))

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """The actors whose identification is learnt, the values of the columns, the sets of candidates that occur."""
        for argument in ("offset", "blocs"):
            unknown = [actor for actor in dict(getattr(self, argument)) if actor not in actors]
            if unknown:
                hints = " ".join(f"{name!r} is none.{nearest(name, actors)}" for name in unknown)
                raise ModelError(
                    f"Identification({argument}=...) must name actors of the model: {', '.join(actors)}. {hints}"
                )
        bloc = [dict(self.blocs).get(actor, actor) for actor in actors]
        mask = candidate_mask(events, actors)
        some = (mask.sum(axis=1) > 1) & ~mask.all(axis=1)
        words = WORDS if (self._outcome(events, actors) == 2).any() else WORDS[:2]
        coords = {STAGE: list(words[1:]), BLOC: list(dict.fromkeys(bloc))}
        for column in self.by:
            coords[f"{self.name}_{column}"] = sorted(set(values(events, column)))
        sets, position = np.unique(mask[some], axis=0), codes(np.array(bloc), coords[BLOC])
        return Levels(actors, coords, {"words": words, "sets": sets, "bloc": position})

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Position of each column's value, -1 where it was not fitted."""
        return {
            column: codes(values(events, column), levels.coords[f"{self.name}_{column}"])
            for column in self.by
        }

    def outcomes(self, levels: Levels) -> Sequence[str]:
        """Not identified, identified, and partly where that occurs."""
        return tuple(levels.data["words"])

    def observed(self, events: xr.Dataset, levels: Levels) -> Array:
        """What the labels, or the column, say."""
        outcome = self._outcome(events, levels.actors)
        late = (outcome == 2) & (len(levels.data["words"]) == 2)
        if late.any():
            raise ModelError(
                "These events are partly identified and none of the fit was, so how likely that is was not learnt: "
                f"{', '.join(map(str, events['event'].values[late]))}. Fit again with them, or empty `candidates`."
            )
        return outcome[:, None]

    def _outcome(self, events: xr.Dataset, actors: Sequence[str]) -> Array:
        if not self.column:
            count = candidate_mask(events, actors).sum(axis=1)
            return np.select([count == 1, count < len(actors)], [1, 2], 0)
        outcome = codes(texts(events[self.column].values), WORDS)
        bad = outcome < 0
        if bad.any():
            listed = "; ".join(
                f"event {str(event)!r}: {str(value)!r}"
                for event, value in zip(
                    events["event"].values[bad], events[self.column].values[bad], strict=True
                )
            )
            raise ModelError(
                f"Identification(column={self.column!r}): say one of {', '.join(WORDS)} of every event: {listed}"
            )
        return outcome

    def parameters(self, levels: Levels) -> Tensors:
        """`identification_mean`, `_sd`, `_raw` of each stage, and the effects of the columns."""
        variables = {"mean": pm.Normal("identification_mean", self.mean, self.mean_sd, dims=(STAGE,))}
        variables["sd"], variables["raw"] = pooled_rows(self.name, self.actor_sd, (STAGE, BLOC))
        for column in self.by:
            dim = f"{self.name}_{column}"
            sd, raw = pooled_rows(dim, self.by_sd, (STAGE, dim))
            variables[column] = sd[:, None] * raw
        return variables

    def law(
        self, parameters: Tensors, setting: Tensors, channel: Tensor, outcome: Tensor, levels: Levels
    ) -> Tensor:
        """Log probability of having been identified, partly or not, ``(cell, actor)``."""
        offset = dict(self.offset)
        fixed = np.array([actor in offset for actor in levels.actors])
        value = np.array([offset.get(actor, 0.0) for actor in levels.actors])
        own = parameters["sd"][:, None] * parameters["raw"][:, levels.data["bloc"]]
        own = pt.concatenate([pt.switch(fixed, value, own[0])[None, :], own[1:]])
        log_odds = (parameters["mean"][:, None] + own)[:, None, :] + pt.zeros((1, outcome.shape[0], 1))
        for column in self.by:
            effect = pt.concatenate([parameters[column], pt.zeros_like(parameters[column][:, :1])], axis=1)
            log_odds = log_odds + effect[:, setting[column]][:, :, None]
        identified, word = log_yes(log_odds[0]), outcome[:, None]
        missed = log_no(log_odds[0])
        if len(levels.data["words"]) == 2:
            return pt.switch(pt.eq(word, 1), identified, missed)
        partly = missed + pt.switch(pt.eq(word, 2), log_yes(log_odds[1]), log_no(log_odds[1]))
        return pt.switch(pt.eq(word, 1), identified, partly)

    def emit(self, events: xr.Dataset, outcome: Array, levels: Levels) -> xr.Dataset:
        """The events with the labels that follow; a partly known event has a recorded set that holds its actor."""
        names, truth, word = np.array(levels.actors), events["true_actor"].values, outcome[:, 0]
        candidates = [
            "|".join(names[among(levels.data["sets"], e, list(names).index(truth[e]))])
            if word[e] == 2
            else ""
            for e in range(len(word))
        ]
        labelled = events.assign(
            perpetrator=("event", np.where(word == 1, truth, "")),
            candidates=("event", np.array(candidates, dtype=str)),
        )
        return labelled.assign({self.column: ("event", np.array(WORDS)[word])}) if self.column else labelled


def values(events: xr.Dataset, column: str) -> Array:
    """Values of a column as text, the empty ones named."""
    return np.array([value or MISSING for value in texts(events[column].values)])


def among(sets: Array, start: int, actor: int) -> Array:
    """The first set, from one on and round, that holds the actor; all but the first set where none does."""
    order = np.roll(np.arange(len(sets)), -(start % len(sets)))
    return next((sets[i] for i in order if sets[i, actor]), ~sets[0])

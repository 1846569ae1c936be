"""`Claim`: who claims a killing, truly or falsely, soon or late, who denies it, and who stays silent."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray

from attribution.arrays import Array, Arrays
from attribution.components.base import NEVER, UNOBSERVED, EvidenceLaw, Levels, Readiness, Tensor, Tensors
from attribution.components.effects import half_normal, log_no, log_yes, pooled
from attribution.components.evidence.claim_delay import (
    FOREVER,
    claim_day,
    dated,
    delay_keys,
    delay_rows,
    drawn_day,
    log_by_horizon,
    log_on_day,
    log_sides,
    observed_days,
)
from attribution.components.evidence.claim_given import (
    drawn_outcomes,
    log_nobody,
    log_not,
    log_odds_of_any,
    log_somebody,
)
from attribution.components.evidence.claim_path import path_continued
from attribution.components.evidence.claim_shifts import (
    Shift,
    category_shift,
    number,
    rank_shift,
    slope_shift,
    time_shift,
)
from attribution.errors import ModelError, nearest
from attribution.events.coding import codes
from attribution.events.schema import UNLISTED
from attribution.events.windows import Windows, inside, window, windows

SILENCE = ("conditional", "full")
"""What silence may be worth."""
SILENT, CLAIMS, DENIES, DATED = 0, 1, 2, 3
"""Outcomes of a claimant; from `DATED` on, a claim on a known day: that many days after the event's first day."""


@dataclass(frozen=True)
class Claim(EvidenceLaw):
    r"""Whether each actor claims a killing, denies it or stays silent, given who did it.

    Claimant `j` comes to claim with a propensity of its own if it did it, and with a small one if another did,
    independently of other claimants. With ``silence="full"`` that is all, :math:`P_k(o)`:

    .. math::
        P(j \text{ claims} \mid k = j) &= \operatorname{logit}^{-1}(x_{ej}) \\
        P(j \text{ claims} \mid k \neq j) &= \operatorname{logit}^{-1}(y_{ej}) \\
        x_{ej} &= p_j + \sum_s \sigma_s \sum_b B_{s,b}(e)\, (m_{s,b} + v_{s,b,j}) + \sum_c g_{ec}\, w_{cj} \\
        y_{ej} &= f_j + \sum_s B_s(e)\, h_s + \sum_c g_{ec}\, w_{cj}

    With ``silence="conditional"``, the default, this is conditional on whether anybody claims. How often somebody does
    says nothing of who is active; claimed and unclaimed killings each have a mix of actors of their own, and among
    the claimed ones who claims is evidence:

    .. math::
        P(s_e = 1) &= q_e = \operatorname{logit}^{-1}(a + \sum_s \sigma_s \sum_b B_{s,b}(e) v_{s,b}
            + \sum_c g_{ec}\, \bar w_c) \\
        P(k \mid s_e) &\propto \pi_{ek} P_k(s_e), \qquad
        P(o \mid k, s_e) = P_k(o) / P_k(s_e)

    :math:`\pi_{ek}` are the activity terms, :math:`P_k(s_e)` the probability that somebody claims or that nobody does,
    and :math:`a` is near what it would be of the average actor. A killing that nobody claims and of which nothing is
    known then adds nothing to the likelihood. Shifts move only :math:`q`, so that
    :math:`x_{ej} = p_j + \sum_c g_{ec} w_{cj}`, and `unlisted` stands for others who claim: a claim by somebody who is
    not an actor of the model names it.

    Shifts :math:`s` are on rank and time (walks as those of `TargetRank` and `Timing`, without :math:`m`) and on the
    columns of ``by`` and ``slope``; :math:`g_{ec}` is the share of the event's days inside context :math:`c`.
    Where the events state `observed_until`, the claim comes after a delay :math:`T_j` of days, log-logistic and cut
    at the longest delay, and only claims that came by then are seen (`claim_delay.py`):

    .. math::
        P(\text{claims on day } t) &= \pi P(T_j = t), \quad
        P(\text{no claim by } u) = 1 - \pi P(T_j \leq u), \quad
        P(T_j > t) \approx \frac{1}{1 + ((t + 1) / \lambda_j)^\kappa}

    Where the events have a column `denied_by`, an actor that has not claimed denies with log-odds
    :math:`d_j` a killing by another, and :math:`d_j + d_0` its own.
    With ``silence="full"`` `unlisted` cannot claim by name. No unclaimed event may be left out of the table.
    A claim that names several actors is one claim of each; its `claim_date` must be empty.
    Where `claims_recorded` is `no`, nobody looked whether there was a claim: the event says nothing here.

    Parameters
    ----------
    silence
        `"conditional"`: claimed and unclaimed killings each have their own mix of actors, learnt from what else is
        said of them. `"full"`: that a killing is claimed by nobody is evidence of who is active where and when, as
        each actor's propensity shifts; for tables whose labels do not come from claims, and propensities that are
        stable. See "What a claim is worth" in the documentation.
    by
        Columns whose every value shifts the propensity (`"target_affiliation"`, `"method"`), read as text.
    slope
        Columns of numbers that shift it (`"killed"`), or `"target_rank"`, as its position in the order.
        `killed` and `injured` enter as ``log(1 + number)``.
    false_slope
        Columns of numbers that shift the log-odds of a false claim, alike for all claimants.
    propensity_mean, propensity_mean_sd
        Normal prior of :math:`\mu`, the log-odds that the average actor claims what it did. The default allows for
        1 % to 81 % of the killings.
    propensity_sd
        Scale of the half-normal prior of :math:`\sigma`; :math:`p_j \sim \mathrm{Normal}(\mu, \sigma)`.
    any_sd
        With ``silence="conditional"``: standard deviation of :math:`a` about the log-odds that somebody claims a
        killing by an actor drawn evenly.
    rank_sd, time_sd, by_sd, slope_sd
        Scales of the half-normal priors of :math:`\sigma_s`; 0 leaves the shift with rank or time out. The shift with
        rank needs `target_rank` and its order, and is absent without them.
    context_mean_sd, context_sd
        :math:`w_{cj} \sim \mathrm{Normal}(\bar w_c, \mathtt{context\_sd})`,
        :math:`\bar w_c \sim \mathrm{Normal}(0, \mathtt{context\_mean\_sd})`; ``context_mean_sd=0`` leaves contexts out.
    false_mean, false_mean_sd, false_sd
        :math:`f_j \sim \mathrm{Normal}(\bar f, \mathtt{false\_sd})`, log-odds of a false claim; the first two are the
        mean and standard deviation of :math:`\bar f`. The default puts a false claim at 0.2 % to 12 % of the killings
        by others, and about 2 % typically.
    false_slope_sd
        Standard deviation of :math:`h_s`, for one standard deviation of the number.
    denial_mean, denial_sd, denial_own_mean, denial_own_sd
        Means and standard deviations of :math:`d_j` and of :math:`d_0`, the same for all actors.
    delay_mean, delay_mean_sd, delay_sd
        :math:`\log \lambda_j \sim \mathrm{Normal}(\bar\lambda, \mathtt{delay\_sd})`, of days: mean and standard
        deviation of :math:`\bar\lambda`, and of the actors about it.
    delay_shape_mean, delay_shape_sd
        Normal prior of :math:`\log \kappa`.
    longest_delay
        Days after which no claim comes any more. By default a year, or the longest delay of the fitted claims.

    Examples
    --------
    >>> Claim(by=("target_affiliation", "method"), slope=("killed",)).name
    'claim'
    """

    by: Sequence[str] = ()
    slope: Sequence[str] = ()
    false_slope: Sequence[str] = ()
    silence: str = "conditional"
    propensity_mean: float = -1.5
    propensity_mean_sd: float = 1.5
    propensity_sd: float = 1.5
    any_sd: float = 0.5
    rank_sd: float = 0.5
    time_sd: float = 0.5
    by_sd: float = 0.5
    slope_sd: float = 0.5
    context_mean_sd: float = 1.0
    context_sd: float = 0.5
    false_mean: float = -4.0
    false_mean_sd: float = 0.8
    false_sd: float = 0.6
    false_slope_sd: float = 0.5
    denial_mean: float = -3.0
    denial_sd: float = 1.0
    denial_own_mean: float = -1.0
    denial_own_sd: float = 1.0
    delay_mean: float = 1.0
    delay_mean_sd: float = 1.5
    delay_sd: float = 0.5
    delay_shape_mean: float = 0.0
    delay_shape_sd: float = 0.4
    longest_delay: int | None = None

    def __post_init__(self) -> None:
        """Columns are tuples of distinct names."""
        for field in ("by", "slope", "false_slope"):
            value = getattr(self, field)
            names = (value,) if isinstance(value, str) else tuple(value)
            if len(set(names)) < len(names):
                raise ModelError(f"Claim({field}={names!r}) names a column twice; name it once.")
            object.__setattr__(self, field, names)
        if self.silence not in SILENCE:
            listed = " or ".join(map(repr, SILENCE))
            raise ModelError(
                f"Claim(silence={self.silence!r}) must be {listed}.{nearest(str(self.silence), SILENCE)}"
            )
        longest = self.longest_delay
        if longest is not None and not (isinstance(longest, int) and longest > 0):
            raise ModelError(f"Claim(longest_delay={longest!r}) must be a whole number of days, 1 or more.")

    @property
    def name(self) -> str:
        """The component's name."""
        return "claim"

    @classmethod
    def earlier(cls) -> Mapping[str, Any]:
        """Silence was evidence where a specification does not say."""
        return {"silence": "full"}

    @property
    def optional(self) -> tuple[str, ...]:
        """The shifts with rank, time and contexts can be left out."""
        return ("rank_sd", "time_sd", "context_mean_sd")

    @property
    def columns(self) -> tuple[str, ...]:
        """`claimed_by`, and the columns the log-odds shift with."""
        return tuple(dict.fromkeys(("claimed_by", *self.by, *self.slope, *self.false_slope)))

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """The actors that can claim, the shifts, the contexts, and which parts the columns bring."""
        shifts = [(shift, shift.levels(events, actors)) for shift in self._shifts(events)]
        false = [(shift, shift.levels(events, actors)) for shift in map(self._false, self.false_slope)]
        spans = windows(events, "context", "name")
        named_ones = [actor for actor in actors if actor != UNLISTED]
        coords: dict[str, Sequence[str]] = {"claimant": named_ones if self.full else list(actors)}
        for shift, inner in (*shifts, *false):
            coords[f"claim_{shift.label}_basis"] = shift.names(inner)
        if self.context_mean_sd > 0 and len(spans.label):
            coords["context"] = sorted(set(map(str, spans.label)))
        observed = "observed_until" in events and not np.isnat(events["observed_until"].values).all()
        data = {"shifts": shifts, "false": false, "spans": spans}
        data |= {"delay": observed, "longest": self._longest(events), "denial": "denied_by" in events}
        claimed = named(events, "claimed_by", coords["claimant"])
        data |= {"claims": claimed.sum(axis=0), "guess": self._guess(claimed.any(axis=1))}
        return Levels(actors, coords, data)

    def continued(self, levels: Levels, events: xr.Dataset) -> Levels:
        """The path over periods goes on as far as the events reach."""
        return path_continued(levels, events)

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """What the shifts look at, shares of the contexts, and how long each event was observed."""
        found: Arrays = {}
        for shift, inner in (*levels.data["shifts"], *levels.data["false"]):
            own = shift.keys(events, inner)
            found |= {f"{shift.label}/{key}": value for key, value in own.items()}
        if "context" in levels.coords:
            share = self._contexts(events, levels)
            found |= {f"context/{i}": share[:, i] for i in range(share.shape[1])}
        return found | (delay_keys(events, levels.data["longest"]) if levels.data["delay"] else {})

    def rows(self, keys: Arrays, levels: Levels) -> Arrays:
        """The basis of each shift, the shares of the contexts, and the days."""
        rows: Arrays = {}
        for shift, inner in (*levels.data["shifts"], *levels.data["false"]):
            prefix = f"{shift.label}/"
            own = {key.removeprefix(prefix): value for key, value in keys.items() if key.startswith(prefix)}
            rows[shift.label] = shift.basis(own, inner)
        if "context" in levels.coords:
            shares = [keys[f"context/{i}"] for i in range(len(levels.coords["context"]))]
            rows["context"] = np.stack(shares, axis=1)
        return rows | (delay_rows(keys) if levels.data["delay"] else {})

    def channels(self, levels: Levels) -> Sequence[str]:
        """The actors that can claim."""
        return levels.coords["claimant"]

    def outcomes(self, levels: Levels) -> Sequence[str]:
        """Silence, a claim, and a denial where there is a column for it."""
        return ("silent", "claims", "denies")[: 3 if levels.data["denial"] else 2]

    def observed(self, events: xr.Dataset, levels: Levels) -> Array:
        """What each claimant did on each event; a claim on a known day is `DATED` and the days until then."""
        claimants = levels.coords["claimant"]
        claimed = named(events, "claimed_by", claimants)
        outcome = np.where(claimed, CLAIMS, SILENT)
        if levels.data["delay"]:
            day = self._claim_day(events, levels)
            outcome = np.where(claimed & (day >= 0)[:, None], DATED + day[:, None], outcome)
        if "denied_by" in events:
            denied = named(events, "denied_by", claimants)
            if denied.any() and not levels.data["denial"]:
                raise ModelError(
                    "These events have denials (denied_by) and the fitted events had no such column, so nothing was "
                    "learnt of denials. Fit again with the column, or leave it out here."
                )
            outcome = np.where(denied, DENIES, outcome)
        return np.where(unrecorded(events)[:, None], UNOBSERVED, outcome)

    def counted(self, outcome: Array, levels: Levels) -> Array:
        """Claims, then denials, by claimant."""
        flags = [claims(outcome)]
        return np.concatenate([*flags, *([outcome == DENIES] if levels.data["denial"] else [])], axis=1)

    def parameters(self, levels: Levels) -> Tensors:
        """See the formula; parts that the events do not bring have no parameters."""
        dims = ("claimant",)
        mean = pm.Normal("claim_mean", self.propensity_mean, self.propensity_mean_sd)
        sd, guess = half_normal("claim_sd", self.propensity_sd), levels.data["guess"]
        own = pooled("claim_propensity", mean, sd, guess, levels.data["claims"], dims=dims)
        false_mean = pm.Normal("claim_false_mean", self.false_mean, self.false_mean_sd)
        false = pm.Normal("claim_false", false_mean, self.false_sd, dims=dims)
        variables = {"propensity": own, "false": false}
        if self.conditional:
            variables["any"] = pm.Normal("claim_any", log_odds_of_any(own, false), self.any_sd)
        for shift, _ in levels.data["shifts"]:
            variables |= shift.parameters()
        for shift, _ in levels.data["false"]:
            name = f"claim_{shift.label}"
            variables[shift.label] = pm.Normal(name, 0.0, self.false_slope_sd, dims=(f"{name}_basis",))
        if "context" in levels.coords:
            shared = pm.Normal("claim_context_mean", 0.0, self.context_mean_sd, dims=("context",))
            variables["context"] = pm.Normal(
                "claim_context", shared[:, None], self.context_sd, dims=("context", "claimant")
            )
            variables["context_mean"] = shared
        if levels.data["denial"]:
            variables["denial"] = pm.Normal("claim_denial", self.denial_mean, self.denial_sd, dims=dims)
            variables["denial_own"] = pm.Normal("claim_denial_own", self.denial_own_mean, self.denial_own_sd)
        if levels.data["delay"]:
            delay_mean = pm.Normal("claim_delay_mean", self.delay_mean, self.delay_mean_sd)
            variables["delay_mean"] = delay_mean
            variables["delay"] = pm.Normal("claim_delay", delay_mean, self.delay_sd, dims=dims)
            variables["shape"] = pm.Normal("claim_delay_shape", self.delay_shape_mean, self.delay_shape_sd)
        return variables

    def patterns(self, keys: Arrays, levels: Levels) -> Arrays:
        """Rows of some patterns of setting and outcomes; all claimants of a pattern are computed together."""
        outcomes = [key for key in keys if key.startswith("outcome@")]
        rows = self.rows({key: values for key, values in keys.items() if key not in outcomes}, levels)
        outcome = np.stack([keys[key] for key in outcomes], axis=1)
        dates = dated(outcome, rows["days"], DATED) if levels.data["delay"] else {}
        return rows | {"outcome": outcome, "claimed": claims(outcome).any(axis=1)} | dates

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """Log probability of what all claimants did, ``(pattern, actor)``."""
        done = self._log_probability(parameters, rows, rows["outcome"], levels)
        seen = pt.neq(rows["outcome"], UNOBSERVED)
        own, other = (pt.switch(seen, values, 0.0) for values in done)
        each = by_actor(own, other)
        if self.full:
            unlisted = [other.sum(axis=1, keepdims=True)] * (
                len(levels.actors) - len(levels.coords["claimant"])
            )
            return pt.concatenate([each, *unlisted], axis=1)
        somebody, nobody = self.log_speaks(parameters, rows, levels)
        yes, no = self._log_any(parameters, rows, levels)
        some = pt.switch(rows["claimed"][:, None], yes - somebody, no - nobody)
        watched = pt.max(pt.cast(seen, "float64"), axis=1) > 0  # native code knows no reduction of truths
        return each + pt.switch(watched[:, None], some, 0.0)

    def summands(self, parameters: Tensors, rows: Tensors, levels: Levels) -> tuple[Tensor, Tensor]:
        """The table, each pattern being one row of it."""
        return self.table(parameters, rows, levels), pt.arange(rows["outcome"].shape[0])[:, None]

    def law(
        self, parameters: Tensors, setting: Tensors, channel: Tensor, outcome: Tensor, levels: Levels
    ) -> Tensor:
        """Log probability of what one claimant did, ``(cell, actor)``, independently of the others."""
        done = self._log_probability(parameters, setting, outcome[:, None], levels)
        own, other = (values[pt.arange(channel.shape[0]), channel][:, None] for values in done)
        return pt.switch(pt.eq(channel[:, None], np.arange(len(levels.actors))[None, :]), own, other)

    @property
    def conditional(self) -> bool:
        """Whether claims are evidence given that somebody claims, or that nobody does."""
        return not self.full

    def together(self, parameters: Tensors, setting: Tensors, levels: Levels) -> Tensor | None:
        """Log probability that somebody claims, ``(row,)``; None with ``silence="full"``."""
        return self._log_any(parameters, setting, levels)[0][:, 0] if self.conditional else None

    def log_speaks(self, parameters: Tensors, setting: Tensors, levels: Levels) -> tuple[Tensor, Tensor]:
        """Log probabilities that somebody claims, and that nobody does, given each actor, ``(row, actor)`` each."""
        claimed, quiet = self._log_claims(parameters, setting, levels)
        return log_somebody(claimed, quiet), log_nobody(quiet)

    def speaking(self, levels: Levels) -> Levels:
        """Without the shifts, which move only how often somebody claims whoever did it."""
        return replace(levels, data=dict(levels.data) | {"shifts": []})

    def spoken(self, events: xr.Dataset, levels: Levels) -> NDArray[np.int64]:
        """Whether somebody claimed, -1 where claims were not recorded, ``(event,)``."""
        claimed = named(events, "claimed_by", levels.coords["claimant"]).any(axis=1)
        return np.where(unrecorded(events), UNOBSERVED, claimed).astype(np.int64)

    def draw_together(self, chance: Array, spoken: Array, rng: np.random.Generator) -> NDArray[np.int64]:
        """Silence, claim or denial of each claimant, given whether anybody claims."""
        return drawn_outcomes(chance, spoken, CLAIMS, rng)

    def habits(self, parameters: Tensors, setting: Tensors, levels: Levels) -> tuple[Tensor, Tensor]:
        """Probability that each claimant comes to claim its own killing, and another's, ``(row, claimant)``.

        By default given that somebody claims, and averaged over who the other is.
        """
        own, other = self.log_odds(parameters, setting, levels)
        if self.full:
            return pt.sigmoid(own), pt.sigmoid(other)
        some = log_somebody((log_yes(own), log_yes(other)), (log_no(own), log_no(other)))
        weight = pt.exp(-some)
        others = max(len(levels.actors) - 1, 1)
        false = pt.sigmoid(other) * (weight.sum(axis=1, keepdims=True) - weight) / others
        return pt.exp(log_yes(own) - some), false

    def log_odds(self, parameters: Tensors, setting: Tensors, levels: Levels) -> tuple[Tensor, Tensor]:
        """Log-odds that each claimant comes to claim its own killing, and another's, ``(row, claimant)``."""
        other = parameters["false"][None, :]
        own = parameters["propensity"][None, :]
        for shift, _ in levels.data["shifts"] if self.full else ():
            own = own + shift.table(parameters, setting[shift.label])
        for shift, _ in levels.data["false"]:
            other = other + (setting[shift.label] @ parameters[shift.label])[:, None]
        inside = setting["context"] @ parameters["context"] if "context" in setting else 0.0
        return own + inside, other + inside

    def told(self, outcome: Array, levels: Levels) -> NDArray[np.int64]:
        """Who claimed, where just one actor did."""
        claimed = (outcome == CLAIMS) | (outcome >= DATED)
        position = np.array([levels.actors.index(name) for name in levels.coords["claimant"]])
        alone = claimed.sum(axis=1) == 1
        return np.where(alone, 1 + position[claimed.argmax(axis=1)], 0)

    def readiness(self, events: xr.Dataset, levels: Levels) -> Readiness:
        """Odds of claiming; silent is whoever has not claimed, denial or not."""
        claimed = claims(self.observed(events, levels))
        some = claimed if self.full else np.broadcast_to(claimed.any(axis=1, keepdims=True), claimed.shape)
        return Readiness("claims", CLAIMS, ~some)

    def emit(self, events: xr.Dataset, outcome: Array, levels: Levels) -> xr.Dataset:
        """The events with `claimed_by`, and `denied_by` where the model has denials; no claim has a date yet.

        Where claims were not recorded they are not.
        """
        outcome = np.where(unrecorded(events)[:, None], UNOBSERVED, outcome)
        labels = np.array(levels.coords["claimant"])
        columns = {"claimed_by": joined(outcome == CLAIMS, labels)}
        if levels.data["denial"]:
            columns["denied_by"] = joined(outcome == DENIES, labels)
        if "only_claimed" in events:
            columns["only_claimed"] = np.where(columns["claimed_by"] == "", "", events["only_claimed"].values)
        kept = events.drop_vars(["claim_date", "denied_by"], errors="ignore")
        return kept.assign({name: ("event", values) for name, values in columns.items()})

    def supplement(self, parameters: Tensors, levels: Levels, events: xr.Dataset) -> Tensor | None:
        """Probability of a delay of more than t days, ``(day, claimant)``, as far as claims may come."""
        if not levels.data["delay"]:
            return None
        day = np.arange(min(observed_days(events).max(), levels.data["longest"]) + 1)[:, None]
        later, _ = log_sides(parameters["delay"], parameters["shape"], levels.data["longest"], day)
        return pt.exp(later)

    def detail(
        self, events: xr.Dataset, outcome: Array, supplement: Array, rng: np.random.Generator
    ) -> xr.Dataset:
        """The events with a `claim_date` for every single claim on an event whose `observed_until` is stated."""
        until, claimed = observed_days(events), outcome == CLAIMS
        dates = np.full(len(claimed), np.datetime64("NaT", "us"))
        first, last = window(events)
        single = (claimed.sum(axis=1) == 1) & ~unrecorded(events)
        for event in np.flatnonzero(single & (until != FOREVER)):
            days = int((last[event] - first[event]).astype(np.int64)) + 1
            day = np.minimum(np.arange(until[event] + 1), len(supplement) - 1)
            survival = supplement[day, int(claimed[event].argmax())]
            dates[event] = first[event] + np.timedelta64(
                drawn_day(survival, int(until[event]), days, rng), "D"
            )
        return events.assign(claim_date=("event", dates))

    def _shifts(self, events: xr.Dataset) -> tuple[Shift, ...]:
        ranks = "target_rank" in events and json.loads(events.attrs.get("ranks", "[]"))
        own = (
            *((rank_shift(self.rank_sd),) if self.rank_sd > 0 and ranks else ()),
            *((time_shift(self.time_sd),) if self.time_sd > 0 else ()),
            *(category_shift(column, self.by_sd) for column in self.by),
            *(slope_shift(column, self.slope_sd) for column in self.slope),
        )
        return own if self.full else tuple(replace(shift, alike=True) for shift in own)

    @property
    def full(self) -> bool:
        """Whether the silence of each actor is evidence."""
        return self.silence == "full"

    def _false(self, column: str) -> Shift:
        return Shift(f"false_{column}", number(column), self.false_slope_sd)

    def _guess(self, claimed: Array) -> float:
        """Log-odds of a claim, by whomever: what all propensities are near if they are alike."""
        count = int(claimed.sum())
        return math.log(count / (len(claimed) - count + 1)) if count else self.propensity_mean

    def _longest(self, events: xr.Dataset) -> int:
        """The longest delay: what is stated, or the longest of the fitted claims, and at least a year."""
        return self.longest_delay or max(365, int(claim_day(events).max(initial=0)))

    def _claim_day(self, events: xr.Dataset, levels: Levels) -> Array:
        """Days until the claim; refused where even the last day of the event's window is too long before."""
        first, last = window(events)
        day, longest = claim_day(events), levels.data["longest"]
        late = day - (last - first).astype(np.int64) > longest
        if late.any():
            listed = ", ".join(repr(str(event)) for event in events["event"].values[late])
            raise ModelError(
                f"Claims that come more than {longest} days after the event, the longest delay of this model: events "
                f"{listed}. Fit with Claim(longest_delay=...) of as many days as that, or correct the dates."
            )
        return day

    def _contexts(self, events: xr.Dataset, levels: Levels) -> Array:
        """Share of each event's days in each context: by the events' own windows, or else the fitted ones."""
        names = levels.coords["context"]
        own: Windows = windows(events, "context", "name")
        spans = own if len(own.label) else levels.data["spans"]
        code = codes(spans.label, names)
        if (code < 0).any():
            unknown = str(spans.label[code < 0][0])
            raise ModelError(
                f"Context {unknown!r} was not in the fit, so nothing was learnt of it.{nearest(unknown, names)} "
                f"Fit again with it, or leave it out. Contexts of the fit: {', '.join(names)}."
            )
        share = np.zeros((events.sizes["event"], len(names)))
        np.add.at(share.T, code, inside(events, spans).T)
        return share

    def _log_claims(
        self, parameters: Tensors, setting: Tensors, levels: Levels
    ) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Log probabilities that a claim was seen, and that none was, by the own and by the other's killings.

        Each ``(row, claimant)``.
        """
        own, other = self.log_odds(parameters, setting, levels)
        if not levels.data["delay"]:
            return (log_yes(own), log_yes(other)), (log_no(own), log_no(other))
        scale, shape, longest = parameters["delay"], parameters["shape"], levels.data["longest"]
        _, come = log_by_horizon(scale, shape, longest, setting)
        seen = log_yes(own) + come, log_yes(other) + come
        return seen, (log_not(seen[0]), log_not(seen[1]))

    def _log_any(self, parameters: Tensors, setting: Tensors, levels: Levels) -> tuple[Tensor, Tensor]:
        """Log probabilities that a claim by somebody was seen, and that none was, whoever did it, ``(row, 1)``."""
        odds = parameters["any"][None, None]
        for shift, _ in levels.data["shifts"]:
            odds = odds + shift.table(parameters, setting[shift.label])
        if "context" in setting:
            odds = odds + (setting["context"] @ parameters["context_mean"])[:, None]
        if not levels.data["delay"]:
            return log_yes(odds), log_no(odds)
        scale, shape, longest = parameters["delay_mean"][None], parameters["shape"], levels.data["longest"]
        to_come, come = log_by_horizon(scale, shape, longest, setting)
        return log_yes(odds) + come, log_no(odds) + pt.softplus(odds + to_come)

    def _log_probability(
        self, parameters: Tensors, setting: Tensors, outcome: Tensor, levels: Levels
    ) -> list[Tensor]:
        """Log probability of the outcomes if the claimant did it, and if another did, ``(row, claimant)`` each."""
        late = levels.data["delay"]
        if late:
            to_come, when = self._log_when(parameters, setting, outcome, levels)
        found = []
        for log_odds, lie in zip(self.log_odds(parameters, setting, levels), (True, False), strict=True):
            claims = log_yes(log_odds) + (when if late else 0.0)
            silent = log_no(log_odds) + (pt.softplus(log_odds + to_come) if late else 0.0)
            if levels.data["denial"]:
                mute = [NEVER if name == UNLISTED else 0.0 for name in levels.coords["claimant"]]
                deny = parameters["denial"] + (parameters["denial_own"] if lie else 0.0) + np.array(mute)
                silent = silent + pt.switch(pt.eq(outcome, DENIES), log_yes(deny), log_no(deny))
            found.append(pt.switch(pt.eq(outcome, SILENT) | pt.eq(outcome, DENIES), silent, claims))
        return found

    def _log_when(
        self, parameters: Tensors, setting: Tensors, outcome: Tensor, levels: Levels
    ) -> tuple[Tensor, Tensor]:
        """Log probabilities that a claim is still to come, and that it came when it did, ``(row, claimant)``."""
        scale, shape, longest = parameters["delay"], parameters["shape"], levels.data["longest"]
        to_come, come = log_by_horizon(scale, shape, longest, setting)
        if "dated" not in setting:
            day = pt.maximum(outcome - DATED, 0)
            on_day = log_on_day(scale, shape, longest, setting["days"][:, None], day)
            return to_come, pt.switch(outcome >= DATED, on_day, come)
        claimant = scale[setting["dated_claimant"]]
        on_day = log_on_day(claimant, shape, longest, setting["dated_days"], setting["dated_day"])
        places = pt.concatenate([come.ravel(), pt.zeros(1)])
        return to_come, places[setting["dated"]].set(on_day)[:-1].reshape(come.shape)


def named(events: xr.Dataset, column: str, claimants: Sequence[str]) -> Array:
    """Which of the claimants a column names, bool ``(event, claimant)``."""
    labels, code = np.unique(events[column].values, return_inverse=True)
    parts = [[name for name in str(label).split("|") if name] for label in labels]
    unknown = np.array([not set(names) <= set(claimants) for names in parts], dtype=bool)[code]
    if unknown.any():
        listed = "; ".join(
            f"event {str(event)!r}: {column} {str(value)!r}.{nearest(str(value), claimants)}"
            for event, value in zip(
                events["event"].values[unknown], events[column].values[unknown], strict=True
            )
        )
        raise ModelError(
            f"Claims or denials by actors the model does not have (add them to the actors, or correct them): {listed}"
        )
    return np.array([[name in names for name in claimants] for names in parts], dtype=bool)[code]


def unrecorded(events: xr.Dataset) -> NDArray[np.bool_]:
    """Events of which the table does not say whether anybody claimed them: nobody looked, which is not silence."""
    if "claims_recorded" not in events:
        return np.zeros(events.sizes["event"], dtype=bool)
    return np.asarray(events["claims_recorded"].values == "no")


def claims(outcome: Array) -> NDArray[np.bool_]:
    """Which outcomes are claims."""
    return np.asarray((outcome == CLAIMS) | (outcome >= DATED))


def by_actor(own: Tensor, other: Tensor) -> Tensor:
    """Sum over claimants given each of them, from ``(row, claimant)`` if it did it and if another did."""
    return other.sum(axis=1, keepdims=True) - other + own


def joined(flags: Array, labels: Array) -> Array:
    """Names of the flagged actors of each event, separated by `|`."""
    patterns, code = np.unique(flags, axis=0, return_inverse=True)
    return np.array(["|".join(labels[row]) for row in patterns], dtype=str)[code.reshape(-1)]

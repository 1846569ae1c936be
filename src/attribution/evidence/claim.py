"""`Claim`: who claims a killing, truly or falsely, and who stays silent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from attribution.activity.target_rank import TargetRank
from attribution.activity.timing import Timing
from attribution.component import Array, Arrays, EvidenceLaw, Levels, Tensor, Tensors, codes
from attribution.errors import ModelError, nearest
from attribution.evidence.probability import log_no, log_yes
from attribution.rules import UNLISTED

PARTS = {"rank": TargetRank(), "time": Timing(rank=8)}


@dataclass(frozen=True)
class Claim(EvidenceLaw):
    r"""Whether a killing is claimed, by whom, given who did it.

    The perpetrator claims with a propensity of its own. Where it does not, another actor may claim falsely:

    .. math::
        P(\text{claimed by } k \mid k) &= \pi_k \\
        P(\text{claimed by } j \mid k) &= (1 - \pi_k)\, \frac{e^{f_j}}{1 + \sum_{i \ne k} e^{f_i}}, \quad j \ne k \\
        P(\text{unclaimed} \mid k) &= (1 - \pi_k)\, \frac{1}{1 + \sum_{i \ne k} e^{f_i}}

    .. math::
        \operatorname{logit} \pi_k = p_k + \sigma_r \sum_b B_{r(e), b}\, v_{b, k}
                                     + \sigma_t \sum_b C_{t(e), b}\, w_{b, k}

    with :math:`p_k \sim \mathrm{Normal}(\mu, \sigma)`, :math:`v, w` standard normal, :math:`B` and
    :math:`C` the random-walk bases of `TargetRank` and `Timing`.
    `unlisted` cannot claim by name: its propensity is zero. Silence is an outcome, so no unclaimed event
    may be left out.

    Parameters
    ----------
    propensity_mean, propensity_mean_sd
        Normal prior of :math:`\mu`, the log-odds that the average actor claims what it did. The default allows
        the average actor to claim from 1 % to 81 % of its killings.
    propensity_sd
        Scale of the half-normal prior of :math:`\sigma`, between actors.
    rank_sd, time_sd
        Scales of the half-normal priors of :math:`\sigma_r` and :math:`\sigma_t`; 0 leaves the shift
        out. The shift with rank needs
        `target_rank` and its order, and is absent without them.
    false_mean, false_sd
        Normal prior of :math:`f_j`, the log-odds of a false claim by `j` against silence, for a killing by another who
        does not claim it. The default puts a false claim at 0.2 % to 12 % of such killings, and about 2 % typically.

    Examples
    --------
    >>> Claim(time_sd=0).name
    'claim'
    """

    propensity_mean: float = -1.5
    propensity_mean_sd: float = 1.5
    propensity_sd: float = 1.5
    rank_sd: float = 0.5
    time_sd: float = 0.5
    false_mean: float = -4.0
    false_sd: float = 1.0

    @property
    def name(self) -> str:
        """The component's name."""
        return "claim"

    @property
    def optional(self) -> tuple[str, ...]:
        """The shifts with rank and time can be left out."""
        return ("rank_sd", "time_sd")

    @property
    def columns(self) -> tuple[str, ...]:
        """`claimed_by`."""
        return ("claimed_by",)

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """The actors that can claim, and the bases over rank and time."""
        parts = {}
        if self.rank_sd > 0 and "target_rank" in events and json.loads(events.attrs.get("ranks", "[]")):
            parts["rank"] = PARTS["rank"].levels(events, actors)
        if self.time_sd > 0:
            parts["time"] = PARTS["time"].levels(events, actors)
        coords = {"claimant": [actor for actor in actors if actor != UNLISTED]}
        for part, levels in parts.items():
            coords[f"claim_{part}_basis"] = list(next(iter(levels.coords.values())))
        return Levels(actors, coords, parts)

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Rank and periods, where propensity shifts with them."""
        found: Arrays = {}
        for part, inner in levels.data.items():
            found |= {f"{part}_{key}": value for key, value in PARTS[part].keys(events, inner).items()}
        return found

    def rows(self, keys: Arrays, levels: Levels) -> Arrays:
        """The bases at the rank and the periods."""
        rows = {}
        for part, inner in levels.data.items():
            own = {
                key.removeprefix(f"{part}_"): value
                for key, value in keys.items()
                if key.startswith(f"{part}_")
            }
            rows[part] = PARTS[part].rows(own, inner)["basis"]
        return rows

    def outcomes(self, levels: Levels) -> Sequence[str]:
        """Unclaimed, then a claim by each actor that can claim."""
        return ("unclaimed", *levels.coords["claimant"])

    def observed(self, events: xr.Dataset, levels: Levels) -> Array:
        """The outcome of each event."""
        claimants = levels.coords["claimant"]
        values = events["claimed_by"].values
        outcome = 1 + codes(values, claimants)
        outside = (outcome == 0) & (values != "")
        if outside.any():
            listed = "; ".join(
                f"event {str(event)!r}: claimed_by {str(value)!r}.{nearest(str(value), claimants)}"
                for event, value in zip(events["event"].values[outside], values[outside], strict=True)
            )
            raise ModelError(
                f"Claims by actors the model does not have (add them to the actors, or correct them): {listed}"
            )
        return outcome[:, None]

    def parameters(self, levels: Levels) -> Tensors:
        """`claim_mean`, `claim_sd`, `claim_propensity[claimant]`, the shifts, and `claim_false[claimant]`."""
        mean = pm.Normal("claim_mean", self.propensity_mean, self.propensity_mean_sd)
        sd = pm.HalfNormal("claim_sd", self.propensity_sd)
        variables = {
            "propensity": pm.Normal("claim_propensity", mean, sd, dims=("claimant",)),
            "false": pm.Normal("claim_false", self.false_mean, self.false_sd, dims=("claimant",)),
        }
        for part, sd in (("rank", self.rank_sd), ("time", self.time_sd)):
            if part in levels.data:
                variables[f"{part}_sd"] = pm.HalfNormal(f"claim_{part}_sd", sd)
                variables[f"{part}_raw"] = pm.Normal(
                    f"claim_{part}_raw", dims=(f"claim_{part}_basis", "claimant")
                )
        return variables

    def law(
        self, parameters: Tensors, setting: Tensors, channel: Tensor, outcome: Tensor, levels: Levels
    ) -> Tensor:
        """Log probability of the claim, ``(cell, actor)``."""
        propensity = parameters["propensity"] + pt.zeros((outcome.shape[0], 1))
        for part in setting:
            propensity = propensity + parameters[f"{part}_sd"] * (setting[part] @ parameters[f"{part}_raw"])
        false = parameters["false"]
        true_claim, silence, odds = log_yes(propensity), log_no(propensity), pt.exp(false)
        can_claim = np.eye(len(levels.coords["claimant"]), len(levels.actors))
        true_claim, silence, others = (
            true_claim @ can_claim,
            silence @ can_claim,
            odds.sum() - odds @ can_claim,
        )
        unclaimed = silence - pt.log1p(others)[None, :]
        claimant = outcome[:, None] - 1
        by_another = unclaimed + false[pt.maximum(claimant, 0)]
        own = pt.eq(claimant, np.arange(len(levels.actors))[None, :])
        return pt.switch(outcome[:, None] > 0, pt.switch(own, true_claim, by_another), unclaimed)

    def emit(self, events: xr.Dataset, outcome: Array, levels: Levels) -> xr.Dataset:
        """The events with `claimed_by` set; `claim_date`, of which the law says nothing, is left out."""
        labels = np.array(["", *levels.coords["claimant"]])
        return events.drop_vars("claim_date", errors="ignore").assign(
            claimed_by=("event", labels[outcome[:, 0]])
        )

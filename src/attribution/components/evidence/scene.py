"""`Scene`: what was seen of the killers, which another actor may have staged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from attribution.arrays import Array, Arrays
from attribution.components.base import NEVER, EvidenceLaw, Levels, Tensor, Tensors
from attribution.components.effects import log_no, log_yes, pooled_effect
from attribution.errors import ModelError, nearest
from attribution.events.coding import codes, texts


@dataclass(frozen=True)
class Scene(EvidenceLaw):
    r"""What was observed of the killers: slogans, uniforms, vehicle, weapon, in columns the user names.

    Each actor has a signature, a distribution over the values of each column. The killers show the signature of an
    actor `d`: their own, or with a staging probability that of another:

    .. math::
        P(d = k \mid k) &= 1 - \tau_k, \qquad
        P(d = j \mid k) = \tau_k \frac{e^{w_j}}{\sum_{i \ne k} e^{w_i}}, \quad j \ne k \\
        P(\text{seen} \mid k) &= \sum_d P(d \mid k) \prod_c q_{cd}(y_c), \qquad
        q_{cd}(y) = \operatorname{softmax}_y (b_{cy} + \sigma_c u_{cyd})

    with :math:`b_c \sim \mathrm{ZeroSumNormal}(\mathtt{base\_sd})` over the values,
    :math:`u_c \sim \mathrm{ZeroSumNormal}(1)` over values and actors, :math:`w \sim \mathrm{ZeroSumNormal}(1)` over
    the actors and :math:`\operatorname{logit} \tau_k` normal. One staging holds for all columns of an event: who wears
    another's uniform also shouts its slogan. Columns are independent given the signature shown.

    An empty cell says nothing: that something was seen is taken to be as likely whoever did it. Where that is wrong
    (killers whom nobody survives to describe), ``empty_is_a_value=True`` makes it a value of its own.

    Parameters
    ----------
    columns_seen
        Columns of the event table, read as text.
    empty_is_a_value
        Whether an empty cell is evidence.
    base_sd
        Standard deviation of :math:`b`: how unequal the values are overall.
    sd
        Scale of the half-normal priors of :math:`\sigma_c`: how much actors differ.
    staging_mean, staging_sd
        Normal prior of :math:`\operatorname{logit} \tau_k`. The default puts staging at 0.7 % to 26 %, typically 5 %.
    target_sd
        Standard deviation of :math:`w`: how unequally actors are imitated.

    Raises
    ------
    ModelError
        A column without two values, or a value that was not in the fit.

    Examples
    --------
    >>> Scene(["slogan", "uniform"]).columns
    ('slogan', 'uniform')
    """

    columns_seen: Sequence[str]
    empty_is_a_value: bool = False
    base_sd: float = 1.5
    sd: float = 1.0
    staging_mean: float = -3.0
    staging_sd: float = 1.0
    target_sd: float = 1.0

    def __post_init__(self) -> None:
        """Keep the columns as a tuple."""
        columns = (self.columns_seen,) if isinstance(self.columns_seen, str) else tuple(self.columns_seen)
        if not columns or len(set(columns)) < len(columns):
            raise ModelError(f"Scene({list(columns)}) takes columns of the event table, each once.")
        object.__setattr__(self, "columns_seen", columns)

    @property
    def name(self) -> str:
        """The component's name."""
        return "scene"

    @property
    def latent(self) -> str:
        """The actor whose signature is shown."""
        return "scene_shown"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(self.columns_seen)

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """The values of each column."""
        coords: dict[str, Sequence[str]] = {"scene_shown": list(actors)}
        for column in self.columns:
            empty = ["(empty)"] if self.empty_is_a_value else []
            found = sorted({str(value) for value in texts(events[column].values)} - {""}) + empty
            if len(found) < 2:
                raise ModelError(
                    f"Scene() needs two values of column {column!r} to tell actors apart; the events have "
                    f"{', '.join(map(repr, found)) or 'none'}. Leave the column out."
                )
            coords[f"scene_{column}"] = found
        return Levels(actors, coords)

    def channels(self, levels: Levels) -> Sequence[str]:
        """The columns."""
        return self.columns

    def outcomes(self, levels: Levels) -> Sequence[str]:
        """Nothing seen, then every value of every column."""
        return ("nothing", *(f"{c}: {v}" for c in self.columns for v in levels.coords[f"scene_{c}"]))

    def observed(self, events: xr.Dataset, levels: Levels) -> Array:
        """The value seen in each column."""
        found = np.zeros((events.sizes["event"], len(self.columns)), dtype=np.int64)
        problems = []
        for c, column in enumerate(self.columns):
            known = levels.coords[f"scene_{column}"]
            text = texts(events[column].values)
            text = np.where((text == "") & self.empty_is_a_value, "(empty)", text)
            code = codes(text, known)
            problems += [
                f"event {str(event)!r}: {column} {str(value)!r}.{nearest(str(value), known)}"
                for event, value in zip(events["event"].values, text, strict=True)
                if value != "" and value not in known
            ]
            found[:, c] = np.where(code >= 0, code + 1 + self._first(c, levels), 0)
        if problems:
            raise ModelError(
                "Scene() knows nothing of values that were not in the fit (correct them, leave them empty, or fit "
                f"again with these events): {'; '.join(problems)}"
            )
        return found

    def context(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Whether anything was seen in each column, which is taken to be as likely whoever did it."""
        return {"seen": (self.observed(events, levels) > 0).astype(np.int64)}

    def _first(self, channel: int, levels: Levels) -> int:
        """Number of values of the columns before one."""
        return sum(len(levels.coords[f"scene_{column}"]) for column in self.columns[:channel])

    def parameters(self, levels: Levels) -> Tensors:
        """`scene_staging[actor]`, `scene_target[actor]`; of each column `_base`, `_sd`, `_raw`."""
        variables = {
            "staging": pm.Normal("scene_staging", self.staging_mean, self.staging_sd, dims=("actor",)),
            "target": pm.ZeroSumNormal("scene_target", self.target_sd, dims=("actor",)),
        }
        for column in self.columns:
            name = f"scene_{column}"
            base = pm.ZeroSumNormal(f"{name}_base", self.base_sd, dims=(name,))
            variables[column] = base[:, None] + pooled_effect(name, self.sd, (name, "actor"), zero_sum=2)
        return variables

    def link(self, parameters: Tensors, levels: Levels) -> Tensor:
        """Log probability of each signature given who did it, ``(actor, shown)``."""
        size = len(levels.actors)
        own = np.eye(size, dtype=bool)
        target = pt.switch(own, -np.inf, 0.0) + parameters["target"][None, :]
        others = pt.logsumexp(target, axis=1, keepdims=True)
        staged = log_yes(parameters["staging"])[:, None] + parameters["target"][None, :] - others
        return pt.switch(own, log_no(parameters["staging"])[:, None], staged)

    def law(
        self, parameters: Tensors, setting: Tensors, channel: Tensor, outcome: Tensor, levels: Levels
    ) -> Tensor:
        """Log probability of what was seen given each signature, ``(cell, shown)``."""
        nothing = pt.zeros((1, len(levels.actors)))
        logs = [pt.special.log_softmax(parameters[column], axis=0) for column in self.columns]
        column = np.repeat(
            np.arange(-1, len(logs)), [1, *(len(levels.coords[f"scene_{c}"]) for c in self.columns)]
        )
        value = pt.concatenate([nothing, *logs])[outcome]
        mine = pt.eq(pt.as_tensor(column)[outcome], pt.switch(setting["seen"] > 0, channel, -1))
        return pt.switch(mine[:, None], value, NEVER)

    def emit(self, events: xr.Dataset, outcome: Array, levels: Levels) -> xr.Dataset:
        """The events with what was seen, empty where nothing was."""
        labels = [value for column in self.columns for value in levels.coords[f"scene_{column}"]]
        names = np.array(["", *labels])
        names = np.where(names == "(empty)", "", names) if self.empty_is_a_value else names
        return events.assign(
            {column: ("event", names[outcome[:, c]]) for c, column in enumerate(self.columns)}
        )

"""`Checkpoint`: killers who pass unhindered where somebody controls the road."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from attribution.arrays import Array, Arrays
from attribution.components.base import NEVER, EvidenceLaw, Levels, Tensor, Tensors
from attribution.components.effects import log_no, log_yes
from attribution.errors import ModelError, nearest
from attribution.events.coding import codes, texts

WORDS = ("", "no", "yes")


@dataclass(frozen=True)
class Checkpoint(EvidenceLaw):
    r"""Whether the killers passed unhindered near a post, given who did it and whose post it was.

    .. math::
        \operatorname{logit} P(\text{unhindered} \mid k, h) = x + y\,[k = h \text{ or } k \text{ is an ally of } h]

    with :math:`x` and :math:`y` normal: everybody may slip through, the holder and its allies are let through. The law
    concerns who passed, not whose uniform was worn (`Scene`). Where there was no post, or nothing is recorded, it says
    nothing: that it was recorded is taken to be as likely whoever did it.

    Parameters
    ----------
    holder
        Column with who held the post: an actor of the model, or somebody with allies among them; empty: no post.
    unhindered
        Column with `yes`, `no` or nothing.
    allies
        By holder the actors it lets through besides itself.
    other_mean, other_sd
        Normal prior of :math:`x`, log-odds that others pass unhindered; the default 27 %, and 5 % to 72 % (95 %).
    own_mean, own_sd
        Normal prior of :math:`y`; the default multiplies the odds by 4.5, and by 0.6 to 32 (95 %).

    Raises
    ------
    ModelError
        Another word than `yes` and `no`, a passage without a post, a holder that is no actor and has no allies,
        an ally that is no actor.

    Examples
    --------
    >>> Checkpoint(allies={"army": ["local militia"]}).name
    'checkpoint'
    """

    holder: str = "checkpoint_held_by"
    unhindered: str = "unhindered"
    allies: Mapping[str, Sequence[str]] | Sequence[tuple[str, Sequence[str]]] = ()
    other_mean: float = -1.0
    other_sd: float = 1.0
    own_mean: float = 1.5
    own_sd: float = 1.0

    def __post_init__(self) -> None:
        """Keep the allies as values."""
        pairs = dict(self.allies).items()
        allies = tuple((h, (a,) if isinstance(a, str) else tuple(a)) for h, a in pairs)
        object.__setattr__(self, "allies", allies)

    @property
    def name(self) -> str:
        """The component's name."""
        return "checkpoint"

    @property
    def columns(self) -> tuple[str, ...]:
        """Who held the post, and whether the killers passed unhindered."""
        return (self.holder, self.unhindered)

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """The holders, and whom each lets through."""
        allies = dict(self.allies)
        unknown = sorted({ally for own in allies.values() for ally in own} - set(actors))
        if unknown:
            hints = " ".join(f"{name!r} is none.{nearest(name, actors)}" for name in unknown)
            raise ModelError(
                f"Checkpoint(allies=...) must be actors of the model: {', '.join(actors)}. {hints}"
            )
        holders = [*actors, *(holder for holder in allies if holder not in actors)]
        friend = [
            [actor == holder or actor in allies.get(holder, ()) for actor in actors] for holder in holders
        ]
        return Levels(actors, {}, {"holders": holders, "friend": np.array(friend, dtype=float)})

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Who held the post, and whether a passage was recorded."""
        holder, passed = (texts(events[column].values) for column in self.columns)
        known = levels.data["holders"]
        code = codes(holder, known)
        problems = [
            f"event {str(event)!r}: {problem}"
            for event, problem in zip(
                events["event"].values, map(self._problem, holder, passed, code), strict=True
            )
            if problem
        ]
        problems = [
            text + nearest(text.split("'")[-2], known) if "holder" in text else text for text in problems
        ]
        if problems:
            raise ModelError(f"Checkpoint() cannot use these events; correct them: {'; '.join(problems)}")
        recorded = (passed != "") & (holder != "")
        return {"recorded": recorded.astype(np.int64), "holder": np.where(recorded, code, 0)}

    def _problem(self, holder: str, passed: str, code: int) -> str:
        if passed not in WORDS:
            return f"{self.unhindered} is 'yes', 'no' or empty, not {str(passed)!r}."
        if passed and not holder:
            return f"{self.unhindered} needs {self.holder}."
        return f"no actor and no ally is the holder {str(holder)!r}." if holder and code < 0 else ""

    def outcomes(self, levels: Levels) -> Sequence[str]:
        """Nothing recorded, hindered, unhindered."""
        return ("nothing", "hindered", "unhindered")

    def observed(self, events: xr.Dataset, levels: Levels) -> Array:
        """What was recorded."""
        outcome = codes(texts(events[self.unhindered].values), WORDS)
        return (outcome * self.keys(events, levels)["recorded"])[:, None]

    def parameters(self, levels: Levels) -> Tensors:
        """`checkpoint_other` and `checkpoint_own`."""
        return {
            "other": pm.Normal("checkpoint_other", self.other_mean, self.other_sd),
            "own": pm.Normal("checkpoint_own", self.own_mean, self.own_sd),
        }

    def law(
        self, parameters: Tensors, setting: Tensors, channel: Tensor, outcome: Tensor, levels: Levels
    ) -> Tensor:
        """Log probability of having passed unhindered or not, ``(cell, actor)``."""
        friend = pt.as_tensor(levels.data["friend"])[setting["holder"]]
        log_odds = parameters["other"] + parameters["own"] * friend
        recorded, word = setting["recorded"][:, None] > 0, outcome[:, None]
        passed = pt.switch(pt.eq(word, 2), log_yes(log_odds), log_no(log_odds))
        return pt.switch(pt.eq(recorded, word > 0), pt.switch(recorded, passed, 0.0), NEVER)

    def emit(self, events: xr.Dataset, outcome: Array, levels: Levels) -> xr.Dataset:
        """The events with whether the killers passed unhindered, where that was recorded."""
        return events.assign({self.unhindered: ("event", np.array(WORDS)[outcome[:, 0]])})

"""Odds of one actor that `sensitivity` moves: that its killings stay open, or that they are claimed.

Parts of a model that shift nothing until their rows say so, so that a fit under another assumption is a fit of the
same compiled model to other data.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytensor.tensor as pt

from attribution.components.base import ActivityTerm, EvidenceLaw, Levels, Tensor, Tensors
from attribution.components.mix import NOBODY, UNKNOWN, Mix

SHIFT = "shift"
"""Rows that say by how much the log-odds of each actor are moved, ``(row, actor)``."""


@dataclass(frozen=True)
class OpenShift(ActivityTerm, kept=False):
    r"""Who did the killings that stayed open, beside who did those that were established.

    .. math:: P(k \mid \text{open}) \propto \pi_{ek} e^{s_k}
    """

    @property
    def name(self) -> str:
        """What it shifts."""
        return "open_shift"

    @property
    def fitted(self) -> bool:
        """Shifts are stated."""
        return False

    def parameters(self, levels: Levels) -> Tensors:
        """None."""
        return {}

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """The shifts."""
        return rows[SHIFT]


@dataclass(frozen=True)
class MixShift(Mix, kept=False):
    r"""The mix of a law whose actors are readier to speak than was fitted, as far as it differs from the mix.

    With :math:`u` the probability that nobody speaks given an actor, :math:`\operatorname{logit} u' =
    \operatorname{logit} u - s`.
    """

    @property
    def name(self) -> str:
        """The law's name, and that this shifts its mix."""
        return f"{self.law.name}_mix_shift"

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """Logarithm of the ratio of what is likely with the shift and without, ``(row, actor)``."""
        some, none = self.law.log_speaks(parameters, rows, levels)
        state = rows["state"][:, None]
        moved = log_moved(some, none, rows[SHIFT], pt.eq(state, NOBODY))
        return pt.switch(pt.eq(state, UNKNOWN), 0.0, moved)


@dataclass(frozen=True)
class SilenceShift(EvidenceLaw, kept=False):
    """A law each of whose actors has a channel and is readier to speak in it than was fitted.

    It is the logarithm of the ratio of what is likely with the shift and without.

    Parameters
    ----------
    of
        The law.
    """

    of: EvidenceLaw

    @property
    def name(self) -> str:
        """The law's name, and that this shifts it."""
        return f"{self.of.name}_shift"

    @property
    def borrows(self) -> str:
        """The parameters of the law."""
        return self.of.name

    def parameters(self, levels: Levels) -> Tensors:
        """Not its own: see `borrows`."""
        return self.of.parameters(levels)

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """Of each pattern of settings and silence, ``(pattern, actor)``."""
        own = ("channel", "outcome", "at", "silent", SHIFT)
        setting = {key: rows[key] for key in rows if key not in own}
        chance = self.of.law(parameters, setting, rows["channel"], rows["outcome"], levels)
        columns = []
        for k in range(len(levels.actors)):
            if k >= len(self.of.channels(levels)):
                columns.append(pt.zeros_like(rows[SHIFT][:, k]))
                continue
            some = chance[:, k][rows["at"][:, k]]
            none = pt.log1mexp(pt.minimum(some, -1e-300))
            columns.append(log_moved(some, none, rows[SHIFT][:, k], pt.eq(rows["silent"][:, k], 1)))
        return pt.stack(columns, axis=1)

    def summands(self, parameters: Tensors, rows: Tensors, levels: Levels) -> tuple[Tensor, Tensor]:
        """The table, each pattern being one row of it."""
        return self.table(parameters, rows, levels), pt.arange(rows["at"].shape[0])[:, None]


def log_moved(some: Tensor, none: Tensor, shift: Tensor, silent: Tensor) -> Tensor:
    """Logarithm of how much likelier what was seen becomes, where the log-odds of speaking are moved by a shift.

    ``some`` and ``none`` are the log probabilities to speak, and not to; ``silent`` is what was seen.
    """
    common = some + pt.softplus(none - shift - some)
    return pt.switch(silent, -shift, 0.0) - common

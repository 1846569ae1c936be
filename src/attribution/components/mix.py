"""`Mix`: who acts where a law's channels speak, and who where none does; the part of such a law that is activity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray

from attribution.arrays import Array, Arrays
from attribution.components.base import ActivityTerm, EvidenceLaw, Levels, Tensor, Tensors, distinct

NOBODY, SOMEBODY, UNKNOWN = 0, 1, 2
"""Whether a channel of the law speaks. Of each setting there is a row of each, in this order."""
STATES = 3


@dataclass(frozen=True)
class Mix(ActivityTerm, kept=False):
    r"""Who acts where somebody claims, or speaks, and who where nobody does: actors weighed by how likely they make it.

    A law that is `conditional` has two steps. Whether anybody speaks has a probability :math:`q_e` that does not depend
    on who did it, and so says nothing about who is active. Given that, actors are weighed by how readily they would
    have made it so,

    .. math:: P(k \mid s_e) \propto \pi_{ek} P(s_e \mid k)

    and what was said is evidence with :math:`P(o \mid k, s_e)`. Its parameters are the law's. Where nobody looked,
    actors are those of the other terms, :math:`\pi_{ek}`.

    Parameters
    ----------
    law
        The law, whose `conditional` is true.
    """

    law: EvidenceLaw

    @property
    def name(self) -> str:
        """The law's name, and that this is its mix."""
        return f"{self.law.name}_mix"

    @property
    def borrows(self) -> str:
        """The parameters of the law."""
        return self.law.name

    def require(self, events: xr.Dataset, fitted: bool = False) -> None:
        """As the law."""
        self.law.require(events, fitted)

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """Those of the law, as far as whether it speaks depends on them."""
        return self.law.speaking(self.law.levels(events, actors))

    def arrange(self, events: xr.Dataset, levels: Levels) -> tuple[Arrays, NDArray[np.int64], Arrays]:
        """Of each distinct setting a row where nobody speaks, one where somebody does, and one where nobody looked."""
        setting, place = distinct(self.law.keys(events, levels), events.sizes["event"])
        settings = int(place.max(initial=0)) + 1
        keys = {key: np.repeat(values, STATES, axis=0) for key, values in setting.items()}
        keys["state"] = np.tile(np.arange(STATES), settings)
        index = self.awaited(STATES * place, self.law.spoken(events, levels))
        return self.rows(keys, levels), index, keys

    def rows(self, keys: Arrays, levels: Levels) -> Arrays:
        """The law's rows, and the state."""
        setting = {key: values for key, values in keys.items() if key != "state"}
        return self.law.rows(setting, levels) | {"state": keys["state"]}

    def parameters(self, levels: Levels) -> Tensors:
        """Not its own: see `borrows`."""
        return self.law.parameters(levels)

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """Log probability of the state given each actor, ``(row, actor)``; zero where nobody looked."""
        some, none = self.law.log_speaks(parameters, rows, levels)
        state = rows["state"][:, None]
        return pt.switch(pt.eq(state, SOMEBODY), some, pt.switch(pt.eq(state, NOBODY), none, 0.0))

    def awaited(self, index: NDArray[np.int64], spoken: Array | None) -> NDArray[np.int64]:
        """Rows of the events' settings where somebody spoke or nobody did, ``(event,)``, -1 or None for unknown."""
        if spoken is None:
            return np.asarray(index // STATES * STATES + UNKNOWN)
        return np.asarray(index // STATES * STATES + np.where(spoken < 0, UNKNOWN, spoken))


def unknown(index: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Rows of a mix in which nobody looked."""
    return np.asarray(index % STATES == UNKNOWN)


def mixes(laws: Any) -> tuple[Mix, ...]:
    """The mixes of those laws that have one."""
    return tuple(Mix(law) for law in laws if isinstance(law, EvidenceLaw) and law.conditional)

"""`TargetRank`: the effect of the target's rank, neighbouring ranks pooled."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import xarray as xr

from attribution.arrays import Arrays
from attribution.components.base import ActivityTerm, Levels, Tensor, Tensors
from attribution.components.basis import walk_basis
from attribution.components.effects import scale, smooth_effect
from attribution.components.unseen import Unseen, unseen
from attribution.errors import ModelError
from attribution.events.coding import codes


@dataclass(frozen=True)
class TargetRank(ActivityTerm):
    r"""The effect of the target's rank; a random walk over the ordered ranks pools neighbours.

    .. math:: \eta[e, k] = \sigma \sum_b B_{r(e), b}\, u_{b, k}, \quad u \sim \mathrm{ZeroSumNormal}(1), \quad
              \sigma \sim \mathrm{HalfNormal}(\mathtt{sd})

    :math:`B` is the basis of a centred random walk (`components/basis.py`) with one more column, an effect
    of its own, for a rank that is missing. The order is the events' (`read_events(ranks=...)`).

    Parameters
    ----------
    sd
        Scale of the prior of the effect's standard deviation over ranks, in log-odds.

    Examples
    --------
    >>> TargetRank().name
    'target_rank'
    """

    sd: float = 0.5

    @property
    def name(self) -> str:
        """The component's name."""
        return "target_rank"

    @property
    def columns(self) -> tuple[str, ...]:
        """`target_rank`."""
        return ("target_rank",)

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """The stated order and the basis over it."""
        ranks = json.loads(events.attrs.get("ranks", "[]"))
        values = events["target_rank"].values
        if not ranks:
            found = ", ".join(repr(str(v)) for v in sorted(set(values) - {""}))
            raise ModelError(
                f"TargetRank() needs the order of the ranks, lowest first: read_events(..., ranks=[...]). "
                f"The values found are {found}. Without an order, use Category('target_rank')."
            )
        basis = walk_basis(len(ranks))
        if (values == "").any():
            basis = np.pad(basis, ((0, 1), (0, 1)))
            basis[-1, -1] = 1.0
        labels = [str(i + 1) for i in range(basis.shape[1])]
        return Levels(actors, coords={f"{self.name}_basis": labels}, data={"ranks": ranks, "basis": basis})

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Position of the rank in the order; -1, the basis's last row, where it is missing."""
        ranks, values = levels.data["ranks"], events["target_rank"].values
        code = codes(values, ranks)
        unknown = sorted({str(value) for value in values[(code < 0) & (values != "")]})
        if unknown:
            raise ModelError(
                f"target_rank has {', '.join(map(repr, unknown))}, outside the order {', '.join(ranks)}."
            )
        return {"rank": code}

    def rows(self, keys: Arrays, levels: Levels) -> Arrays:
        """The basis at each rank."""
        ranks, basis = levels.data["ranks"], levels.data["basis"]
        padded = np.vstack(
            [basis[: len(ranks)], basis[len(ranks) :] if len(basis) > len(ranks) else 0 * basis[:1]]
        )
        return {"basis": padded[keys["rank"]]}

    def parameters(self, levels: Levels) -> Tensors:
        """`target_rank_sd` and `target_rank_raw[basis, actor]`."""
        return {"sd": scale(self.name, self.sd), "raw": smooth_effect(self.name, (f"{self.name}_basis",))}

    def table(self, parameters: Tensors, rows: Tensors, levels: Levels) -> Tensor:
        """A row a rank."""
        return parameters["sd"] * (rows["basis"] @ parameters["raw"])

    def unseen(self, keys: Arrays, levels: Levels) -> dict[str, Unseen]:
        """A rank that is missing, where none was in the fit, has its whole effect still to be drawn."""
        fitted = len(levels.data["basis"]) > len(levels.data["ranks"])
        return {"sd": unseen((keys["rank"] < 0) & (not fitted), keys["rank"])}

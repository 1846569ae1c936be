"""Which counts of labels are shown: known, partly known and open killings, by actor, over all tables of a report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from attribution.results.privacy import covered, hidden

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Released:
    """What of the labels may be shown.

    Known killings of each actor, partly known and open ones add up to all killings, a number that is shown: they are
    one table, of which known killings together are a subtotal.

    Attributes
    ----------
    known
        Of each actor, whether the number of killings known to be its own is shown.
    total
        Whether the number of all known killings is.
    partly, open
        Whether the numbers of partly known and of open killings are.
    bounds
        Of each actor, whether the bounds that assume nothing are: the lower is the number of its known killings, and
        the upper one more than that by those that may be its own.
    """

    known: Flags
    total: bool
    partly: bool
    open: bool
    bounds: Flags


def released(candidate: Flags, smallest: int) -> Released:
    """What may be shown of the labels of some killings.

    Parameters
    ----------
    candidate
        Whether an actor may have done a killing by its label, ``(event, actor)``.
    smallest
        Counts below are not shown.
    """
    number = candidate.sum(axis=1)
    open_, known = number == candidate.shape[1], candidate[number == 1].sum(axis=0)
    partly = ~open_ & (number > 1)
    counts = np.array([*known, partly.sum(), open_.sum()])
    out = hidden(counts, smallest)
    own, rest = out[:-2] | hidden(known, smallest), out[-2:]
    total = covered(known[own], smallest) and covered(counts[-2:][rest], smallest)
    among = candidate[partly].sum(axis=0)
    small = (among > 0) & (among < smallest)
    return Released(~own, total, not rest[0], not rest[1], ~(own | small | rest.any()))


def of_posterior(posterior: xr.DataTree, smallest: int) -> Released:
    """The same for the events of a posterior."""
    return released(posterior["attribution"].to_dataset()["candidate"].values, smallest)

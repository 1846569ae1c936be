"""`simulate`: actors and observations drawn from the same terms and laws that a fit uses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pymc as pm
import xarray as xr
from numpy.typing import ArrayLike

from attribution.arrays import Floats
from attribution.compute.random_numbers import Stream
from attribution.errors import ModelError, nearest
from attribution.events.candidates import check_events
from attribution.events.provenance import data_hash
from attribution.model.design import Design, lay, parameters_of
from attribution.model.prior import prior_draws
from attribution.model.specification import Model
from attribution.model.worlds import recorded, worlds


def simulate(
    model: Model, events: xr.Dataset, *, seed: int, parameters: Mapping[str, ArrayLike] | None = None
) -> xr.Dataset:
    """Events like the given ones, their actors and observations drawn from the model.

    Settings (date, place, rank, ...) are kept. Who did it is drawn from the activity terms, and what is observed
    (claims, statements) from the evidence laws. An event whose perpetrator was known gets its new actor as label; one
    known to lie among some candidates gets those or all the others, whichever hold the new actor; others stay open.
    Killings of one incident share their actor where they share their setting.
    With `Identification` in the model that law says which events have a label.

    Parameters
    ----------
    model
        The model to draw from.
    events
        The settings, as `read_events` returns them. Columns that the laws fill may be absent.
    seed
        Seed of every draw.
    parameters
        Values of parameters by full name (`"claim_mean"`); the others are drawn from their prior given these.

    Returns
    -------
    xarray.Dataset
        What `read_events` returns, with the drawn actor of each event as `true_actor`.

    Raises
    ------
    ModelError
        A parameter the model does not have, or of another shape.

    Examples
    --------
    >>> import pandas as pd, attribution as at
    >>> events = at.read_events(pd.DataFrame({"event_id": ["a", "b"], "date": ["2021-01-02", "2021-02-03"]}))
    >>> at.simulate(at.Model(["IS"]), events, seed=1)["true_actor"].dims
    ('event',)
    """
    check_events(events)
    if "claimed_by" not in events:
        events = events.assign(claimed_by=("event", np.full(events.sizes["event"], "")))
    design = lay(model, events)
    draws = prior_draws(design, 1, seed, given_arrays(design, parameters or {}))
    rng = np.random.default_rng([seed, Stream.SIMULATION])
    world = worlds(design, events)(draws, rng)[0]
    events = recorded(design, events, world, rng)
    for coupling in design.couplings:
        own = {short: values[0] for short, values in coupling.parameters(draws).items()}
        events = coupling.component.emit(events, world.actor, own, coupling.levels, rng)
    events.attrs["data_hash"] = data_hash(events)
    return events


def given_arrays(design: Design, parameters: Mapping[str, ArrayLike]) -> dict[str, Floats]:
    """The given parameters as arrays, each with the shape the model has for it."""
    with pm.Model(coords=design.coords) as model:
        parameters_of(design.laid)
    sizes = {dim: len(labels) for dim, labels in design.coords.items()}
    names = [variable.name for variable in model.free_RVs]
    given = {}
    for name, value in parameters.items():
        if name not in names:
            raise ModelError(
                f"The model has no parameter {name!r}.{nearest(name, names)} It has {', '.join(names)}."
            )
        shape = tuple(sizes[dim] for dim in model.named_vars_to_dims.get(name, ()))
        given[name] = np.asarray(value, dtype=float)
        if given[name].shape != shape:
            raise ModelError(f"Parameter {name!r} has shape {shape}, not {given[name].shape}.")
    return given

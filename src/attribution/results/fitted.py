"""A posterior opened: the model, the events it was fitted to, and the one laid over the other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version

import pymc as pm
import xarray as xr

from attribution.errors import AttributionError
from attribution.events.provenance import column_hashes
from attribution.fitting.sampling import stacked
from attribution.model.design import Design, lay
from attribution.model.specification import Model, from_json
from attribution.model.tables import Draws


@dataclass(frozen=True)
class Fitted:
    """What a posterior holds of a fit.

    Attributes
    ----------
    model
        Actors and components.
    events
        The events it was fitted to, as far as the posterior keeps them.
    design
        The model laid over them.
    parameters
        The group `posterior`.
    """

    model: Model
    events: xr.Dataset
    design: Design
    parameters: xr.Dataset

    @cached_property
    def draws(self) -> Draws:
        """Draws of the parameters by name, chains one after the other, first axis `sample`."""
        return stacked(self.parameters)

    @property
    def chains(self) -> int:
        """Number of chains."""
        return int(self.parameters.sizes["chain"])


def fit_of(posterior: xr.DataTree) -> Fitted:
    """The fit that a posterior holds.

    Raises
    ------
    AttributionError
        It lacks a group or the model; or events were left out of it, or moved, since the fit:
        parameters are indexed by what occurs in all fitted events, so that effects would be given
        to the wrong areas, periods or sources. Or a component has other parameters than were
        drawn: the version that fitted it had another law.
    ModelError
        It has a component whose class was not imported.
    """
    lacking = [group for group in ("posterior", "constant_data") if group not in posterior.children]
    lacking += [] if "model" in posterior.attrs else ["the model"]
    if lacking:
        raise AttributionError(f"This is not what fit() returns; it lacks {', '.join(lacking)}.")
    events, parameters = posterior["constant_data"].to_dataset(), posterior["posterior"].to_dataset()
    check_whole(posterior, events)
    model = from_json(posterior.attrs["model"])
    design = lay(model, events)
    check_law(parameters, design, versions_of(posterior))
    check_labels(parameters, design)
    return Fitted(model, events, design, parameters)


def check_whole(posterior: xr.DataTree, events: xr.Dataset) -> None:
    """Raise `AttributionError` where the events are not all that were fitted, in their order."""
    fitted = json.loads(posterior.attrs.get("provenance", "{}")).get("columns", {}).get("event")
    if fitted is not None and column_hashes(events[["event"]])["event"] != fitted:
        raise AttributionError(
            f"The posterior's events are not those that were fitted: it holds {events.sizes['event']}, and some were "
            f"left out or moved after the fit. What depends on the parameters needs all of them: call this on what "
            f"fit() returned, and select from the result (attributions(), attribute(), shares(by=...))."
        )


def versions_of(posterior: xr.DataTree) -> str:
    """Version of the library that fitted a posterior; empty where it does not say."""
    return str(json.loads(posterior.attrs.get("versions", "{}")).get("attribution-bayes", ""))


def check_law(parameters: xr.Dataset, design: Design, fitted: str) -> None:
    """Raise `AttributionError` where a component has other parameters than those that were drawn, all at once.

    A law that changed between versions has, and so has a posterior that somebody took variables from.
    """
    found = []
    for part in design.laid:
        with pm.Model(coords=design.coords) as model:
            part.component.parameters(part.levels)
        dims = {variable.name: model.named_vars_to_dims.get(variable.name, ()) for variable in model.free_RVs}
        other = [name for name, own in dims.items() if not has(parameters, name, tuple(own))]
        if other:
            found.append(f"{type(part.component).__name__} ({', '.join(other)})")
    if found:
        by = f" by version {fitted}" if fitted else ""
        raise AttributionError(
            f"This posterior was fitted{by} with another law, or parameters were left out of it: it lacks, or has over "
            f"other dimensions, those of {'; '.join(found)}. Its tables can be read (shares, attributions); what needs "
            f"the parameters, such as attribute() or sensitivity(), needs a new fit with version "
            f"{version('attribution-bayes')}, or that version of the library."
        )


def has(parameters: xr.Dataset, name: str, dims: tuple[str, ...]) -> bool:
    """Whether a parameter was drawn, over these dimensions; a component of one's own may leave them unnamed."""
    return name in parameters and (not dims or parameters[name].dims[2:] == dims)


def check_labels(parameters: xr.Dataset, design: Design) -> None:
    """Raise `AttributionError` where the parameters' labels are not those of the model over these events."""
    for dim, labels in design.coords.items():
        if dim in parameters.coords and [str(x) for x in parameters[dim].values] != [str(x) for x in labels]:
            kept = ", ".join(map(str, parameters[dim].values[:5]))
            raise AttributionError(
                f"Labels of {dim!r} in the posterior ({kept}, ...) are not those of the fit ({', '.join(labels[:5])}, "
                f"...): part of the parameters was left out or moved. Call this on what fit() returned."
            )

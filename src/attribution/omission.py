"""A fit without a component or without a source, where re-weighting the first fit fails."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import xarray as xr

from attribution.fitting import fit
from attribution.model import Model, from_json
from attribution.scenario import REFIT, Ground, Scenario


def refitted(posterior: xr.DataTree, ground: Ground, own: Scenario) -> Scenario:
    """The scenario from a fit of its own, with the first fit's seed and numbers of draws and chains.

    Where no activity term would be left to fit, the scenario stays as it was.
    """
    model = from_json(posterior.attrs["model"])
    left = without_component(model, own.about) if own.kind == "component" else model
    events = ground.events
    if own.kind == "source":
        left, events = without_source(model, events, own.about)
    if left is None:
        return own
    sizes = posterior["posterior"].sizes
    again = fit(left, events, seed=int(posterior.attrs["seed"]), draws=sizes["draw"], chains=sizes["chain"])
    actor = (
        again["attribution"]
        .to_dataset()["perpetrator"]
        .values.reshape(-1, events.sizes["event"])
        .astype(np.int16)
    )
    even = np.full(len(actor), 1 / len(actor))
    return Scenario(own.kind, own.about, own.value, actor, even, own.pareto_k, REFIT)


def without_component(model: Model, name: str) -> Model | None:
    """The model without a component; None where no activity term would be left."""
    activity = [term for term in model.activity if term.name != name]
    evidence = [law for law in model.evidence if law.name != name]
    return dataclasses.replace(model, activity=activity, evidence=evidence) if activity else None


def without_source(model: Model, events: xr.Dataset, source: str) -> tuple[Model, xr.Dataset]:
    """Model and events without what a source said, and without the voices of it that a law was told of."""
    kept = events["statement_source"].values != source
    evidence = [deaf(law, source) for law in model.evidence]
    return dataclasses.replace(model, evidence=evidence), events.isel(statement=kept)


def deaf(law: Any, source: str) -> Any:
    """The law without the stated voices of a source."""
    voices = getattr(law, "voices", ())
    kept = tuple(label for label in voices if label.rpartition(" | ")[0] != source)
    return dataclasses.replace(law, voices=kept) if kept != voices else law

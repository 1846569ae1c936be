"""The model under another assumption, fitted again: without a component or a source, or with other prior scales."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from numbers import Real
from typing import Any

import xarray as xr

from attribution.assumptions.scenarios import Ground, Rescored, Scenario, laid_open, rescored
from attribution.assumptions.settling import CHAINS, settled
from attribution.fitting.backends import compile_design
from attribution.fitting.sampling import sample, settings_of
from attribution.model.design import lay
from attribution.model.specification import Model, any_fitted, from_json

ROUNDS = ((500, 250), (1000, 1000))
"""Iterations of adaptation and draws of each chain; the second where the first did not settle."""
SCALES = "scales"
"""Kind of the assumption that all prior scales are multiplied."""


def refitted(posterior: xr.DataTree, ground: Ground, own: Scenario) -> Scenario:
    """The scenario from a fit of its own, with the first fit's seed, longer where a short one does not settle.

    Where no activity term would be left to fit, the scenario stays as it was.
    """
    found = alternative(from_json(posterior.attrs["model"]), ground.events, own)
    if found is None:
        return own
    model, events = found
    asked, seed = settings_of(posterior), int(posterior.attrs["seed"])
    design = lay(model, events)
    sampler = compile_design(design, asked.backend)

    def run(tune: int, draws: int) -> tuple[xr.DataTree, Rescored]:
        trace = sample(sampler, replace(asked, tune=tune, draws=draws, chains=CHAINS), seed)
        again = laid_open(design, events, trace["posterior"].to_dataset(), CHAINS * draws, ground.seed)
        return trace, rescored(again, again.values)

    return settled(own, ROUNDS, run)


def alternative(model: Model, events: xr.Dataset, own: Scenario) -> tuple[Model, xr.Dataset] | None:
    """Model and events under an assumption; None where there is nothing to fit."""
    if own.kind == "source":
        return without_source(model, events, own.about)
    left = rescaled(model, own.value) if own.kind == SCALES else without_component(model, own.about)
    return None if left is None else (left, events)


def without_component(model: Model, name: str) -> Model | None:
    """The model without a component; None where no activity term would be left."""
    activity = [term for term in model.activity if term.name != name]
    evidence = [law for law in model.evidence if law.name != name]
    return replace(model, activity=activity, evidence=evidence) if any_fitted(activity) else None


def without_source(model: Model, events: xr.Dataset, source: str) -> tuple[Model, xr.Dataset]:
    """Model and events without what a source said, and without the voices of it that a law was told of."""
    kept = events["statement_source"].values != source
    evidence = [law.without_source(source) for law in model.evidence]
    return replace(model, evidence=evidence), events.isel(statement=kept)


def rescaled(model: Model, factor: float) -> Model:
    """The model with every standard deviation of its priors multiplied."""

    def wider(component: Any) -> Any:
        scales = {
            field.name: factor * getattr(component, field.name)
            for field in dataclasses.fields(component)
            if field.name.endswith("sd") and isinstance(getattr(component, field.name), Real)
        }
        return replace(component, **scales)

    return replace(model, activity=[*map(wider, model.activity)], evidence=[*map(wider, model.evidence)])

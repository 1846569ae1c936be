"""Settings of the sampler, and its draws and statistics under one set of names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import nutpie
import xarray as xr

from attribution.errors import AttributionError, FitError
from attribution.fitting.backends import BACKENDS, name_of
from attribution.fitting.interruption import watched
from attribution.model.tables import Draws

ADAPTATIONS = ("diag", "low_rank")
TUNE = 1000
"""Draws spent on adaptation unless others are asked for."""

STATISTICS = {
    "depth": "tree_depth",
    "maxdepth_reached": "reached_max_treedepth",
    "mean_tree_accept": "acceptance_rate",
    "logp": "lp",
    "step_size": "step_size",
    "n_steps": "n_steps",
    "diverging": "diverging",
    "energy": "energy",
}
"""Names of nutpie's statistics, and those ArviZ and this library know them by."""


@dataclass(frozen=True)
class Settings:
    """How a sampler is run; the fields are those of `fit`."""

    draws: int
    tune: int
    chains: int
    target_accept: float = 0.8
    backend: str = "native"
    adaptation: str = "diag"


def sample(
    compiled: Any,
    settings: Settings,
    seed: int,
    progress: bool = False,
    cores: int | None = None,
    folder: Path | None = None,
    coordinates: bool = False,
) -> xr.DataTree:
    """Draws of a compiled model: nutpie's groups `posterior` and `sample_stats`; kept in a folder as they come.

    With ``coordinates`` the latter holds the draws in the sampler's coordinates too, `unconstrained_draw`.
    """
    running = nutpie.sample(
        compiled,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        cores=cores,
        seed=seed,
        target_accept=settings.target_accept,
        adaptation=settings.adaptation,
        progress_bar=progress,
        blocking=folder is None,
        store_unconstrained=coordinates,
    )
    attrs = {"backend": name_of(compiled)}
    trace: xr.DataTree = running if folder is None else watched(running, folder, attrs)
    trace.attrs |= attrs
    return trace


def check_settings(settings: Settings, seed: int) -> None:
    """Raise `FitError` for settings that cannot be sampled with."""
    for name, value, least in (
        ("draws", settings.draws, 4),
        ("tune", settings.tune, 1),
        ("chains", settings.chains, 1),
    ):
        check_whole(f"fit({name}={value!r})", value, least, FitError)
    check_seed("fit", seed, FitError)
    rate = settings.target_accept
    if isinstance(rate, bool) or not isinstance(rate, Real):
        raise FitError(f"fit(target_accept={rate!r}): give a rate between 0 and 1, such as 0.8.")
    if not 0 < settings.target_accept < 1:
        raise FitError(f"fit(target_accept={settings.target_accept}): give a rate between 0 and 1.")
    for name, given, known in (
        ("backend", settings.backend, BACKENDS),
        ("adaptation", settings.adaptation, ADAPTATIONS),
    ):
        if given not in known:
            raise FitError(f"fit({name}={given!r}): choose {', '.join(map(repr, known))}.")


MOST_SEED = 2**63 - 1


def check_whole(what: str, value: object, least: int, error: type[AttributionError]) -> None:
    """Raise an error for what is no whole number, or too small."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise error(f"{what}: give a whole number of at least {least}, such as {max(least, 100)}.")
    if int(value) < least:
        raise error(f"{what}: give at least {least}.")


def check_seed(verb: str, seed: object, error: type[AttributionError] = AttributionError) -> None:
    """Raise an error for what is no seed."""
    what = f"{verb}(seed={seed!r})"
    if isinstance(seed, bool) or not isinstance(seed, Integral):
        why = "nothing is random that cannot be repeated"
        raise error(f"{what}: give a whole number from 0 on, such as seed=1; {why}.")
    if int(seed) < 0:
        raise error(f"{what}: give at least 0.")
    if int(seed) > MOST_SEED:
        raise error(f"{what}: give at most {MOST_SEED}.")


def stacked(parameters: xr.Dataset) -> Draws:
    """Draws by name, chains one after the other, first axis `sample`."""
    return {
        str(name): np.asarray(values.values).reshape(values.shape[0] * values.shape[1], *values.shape[2:])
        for name, values in parameters.items()
    }


def statistics(trace: xr.DataTree) -> xr.Dataset:
    """Sampler statistics under the names ArviZ knows."""
    stats = trace["sample_stats"].to_dataset()
    kept = {old: new for old, new in STATISTICS.items() if old in stats}
    return stats[list(kept)].rename({old: new for old, new in kept.items() if old != new})


def settings_of(posterior: xr.DataTree) -> Settings:
    """The settings a posterior was sampled with; of one saved before they were kept, the defaults."""
    kept = json.loads(posterior.attrs.get("settings", "{}"))
    sizes = posterior["posterior"].sizes
    return Settings(**{"draws": sizes["draw"], "tune": TUNE, "chains": sizes["chain"]} | kept)

"""Every assumption that can be varied: which there are for a model, and which of them were asked for."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from attribution.assumptions.refitted import SCALES, refitted
from attribution.assumptions.scenarios import (
    FAILED,
    Ground,
    Rescored,
    Scenario,
    components,
    open_up,
    powers,
    rescored,
    shifts,
    sources,
)
from attribution.assumptions.shifted_fits import again, doubtful, silent_kinds, warmed
from attribution.errors import AttributionError, nearest
from attribution.results.phrases import phrase

FACTORS = (0.25, 4.0)
POWERS = (0.8, 1.25)
WIDTHS = (0.5, 2.0)
"""By how much all prior scales are multiplied."""
NONE, DOUBTFUL, ALL = "none", "doubtful", "all"
REFITS = (NONE, DOUBTFUL, ALL)
"""What is fitted again: nothing, moved odds and powers of the likelihood that are doubtful, whatever can be."""
EXACT, AS_FITTED = "exact", "as fitted"


@dataclass(frozen=True)
class Examined:
    """A fit under every assumption that was asked for.

    Attributes
    ----------
    ground
        The fit laid open.
    base
        What it says as it is.
    scenarios
        The fit, then every assumption.
    """

    ground: Ground
    base: Rescored
    scenarios: tuple[Scenario, ...]


def examined(
    posterior: xr.DataTree,
    factors: Sequence[float],
    powers: Sequence[float],
    refit: str,
    draws: int,
    seed: int,
) -> Examined:
    """A fit under every assumption; of the last one asked about it is remembered, as several verbs ask the same."""
    asked = (state_of(posterior), tuple(factors), tuple(powers), refit, draws, seed)
    for held, before, found in LAST:
        if held() is posterior and before == asked:
            return found
    ground = open_up(posterior, draws, seed)
    base = rescored(ground, ground.values)
    made = Examined(ground, base, tuple(scenarios(posterior, ground, base, factors, powers, refit)))
    LAST[:] = [(weakref.ref(posterior, lambda _: LAST.clear()), asked, made)]
    return made


LAST: list[tuple[weakref.ref[xr.DataTree], Any, Examined]] = []
"""The last one asked about, gone with its posterior."""


def state_of(posterior: xr.DataTree) -> tuple[str, ...]:
    """What tells a posterior from itself after somebody changed it in place: its stamps, and where its draws lie."""
    groups = [group for name, group in posterior.children.items() if name == "posterior"]
    places = [str(id(values.variable._data)) for group in groups for values in group.data_vars.values()]
    return (posterior.attrs.get("model", ""), posterior.attrs.get("data_hash", ""), *places)


def scenarios(
    posterior: xr.DataTree,
    ground: Ground,
    base: Rescored,
    factors: Sequence[float],
    alphas: Sequence[float],
    refit: str,
) -> Iterator[Scenario]:
    """The fit, then every assumption, by draws weighted anew or by a fit of its own."""
    yield fit_scenario(base)
    every, warm, evident = refit == ALL, None, silent_kinds(ground)
    for own in (*shifts(ground, base, factors), *powers(ground, base, alphas)):
        if refit == NONE or own.kind == "prior" or not (every or doubtful(own, evident)):
            yield own
        else:
            warm = warm or warmed(posterior, ground)
            yield again(warm, own)
    for own in (*components(ground, base), *sources(ground, base)):
        yield refitted(posterior, ground, own) if every else own
    for factor in WIDTHS if every else ():
        yield refitted(posterior, ground, dataclasses.replace(fit_scenario(base), kind=SCALES, value=factor))


def fit_scenario(base: Rescored) -> Scenario:
    """The fit itself, recomputed from its draws."""
    even = np.full(len(base.actor), 1 / len(base.actor))
    return Scenario("fit", "", np.nan, base.actor, even, np.nan, AS_FITTED)


def assumption_in_words(
    kind: str, about: str, value: float, language: str = "en"
) -> tuple[str, str, float, str]:
    """An assumption and the words for it."""
    key = f"bound_{value:.0f}" if kind == "bound" else kind
    return kind, about, value, phrase("assumption", key, language, about=about, value=f"{value:g}")


def unexamined(table: pd.DataFrame) -> list[tuple[str, str, float]]:
    """Kind, subject and value of each assumption of a table of `sensitivity` for which there is no share, once each."""
    gone = table.loc[table["method"] == FAILED, ["kind", "about", "value"]].drop_duplicates()
    return list(gone.itertuples(index=False, name=None))


def check_given(factors: Sequence[float], powers: Sequence[float], refit: str, interval: float = 0.5) -> None:
    """Raise `AttributionError` for what cannot be assumed."""
    if refit not in REFITS:
        listed = ", ".join(map(repr, REFITS))
        raise AttributionError(f"refit={refit!r}: choose {listed}.{nearest(str(refit), REFITS)}")
    for name, given in (("factors", factors), ("powers", powers)):
        bad = [value for value in given if not 0 < value < np.inf]
        if bad:
            raise AttributionError(f"{name}={tuple(given)}: {bad[0]} is not a positive number.")
    if not 0 < interval < 1:
        raise AttributionError(f"interval={interval} must lie between 0 and 1.")

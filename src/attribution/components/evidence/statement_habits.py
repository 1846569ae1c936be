"""Habits of voices: whom a source names that does not know who it was, and what it can say of an unlisted actor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from attribution.arrays import Array
from attribution.components.base import Levels, Tensor, Tensors
from attribution.components.effects import log_no, log_yes, pooled_effect
from attribution.components.evidence.statement_voices import DENIAL, Scales, voice_speech
from attribution.events.coding import codes
from attribution.events.schema import UNLISTED

CONFESSION = "confession"


class HabitScales(Scales, Protocol):
    """The hyperparameters of habits, besides those of voices."""

    @property
    def habit_sd(self) -> float: ...  # noqa: D102
    @property
    def unlisted_mean(self) -> float: ...  # noqa: D102
    @property
    def unlisted_mean_sd(self) -> float: ...  # noqa: D102
    @property
    def unlisted_sd(self) -> float: ...  # noqa: D102
    @property
    def unlisted_habit_mean(self) -> float: ...  # noqa: D102
    @property
    def unlisted_habit_sd(self) -> float: ...  # noqa: D102
    @property
    def echo_mean(self) -> float: ...  # noqa: D102
    @property
    def echo_sd(self) -> float: ...  # noqa: D102


def habit_coords(voices: Sequence[str], actors: Sequence[str], claims: bool) -> dict[str, list[str]]:
    """Labels of the named actors, of the voices that can name somebody unlisted, and of those that may echo a claim."""
    kind = [label.rpartition(" | ")[2] for label in voices]
    found = {"named": [name for name in actors if name != UNLISTED]}
    namer = [label for label, own in zip(voices, kind, strict=True) if own != DENIAL]
    if UNLISTED in actors and namer:
        found["namer"] = namer
    reporter = [v for v, own in zip(voices, kind, strict=True) if own not in (DENIAL, CONFESSION)]
    if claims and reporter:
        found["reporter"] = reporter
    return found


def habit_parameters(name: str, scales: HabitScales, levels: Levels) -> Tensors:
    """How often voices speak and know, whom they name otherwise, and whether they echo claims; see `Statements`."""
    found = dict(voice_speech(name, scales, levels.data["kind"], "voice", "actor"))
    found["habit"] = pt.zeros((len(levels.coords["voice"]), len(levels.coords["named"])))
    if len(levels.coords["named"]) > 1:  # else there is nobody else to name
        usual = pm.ZeroSumNormal(f"{name}_blame", scales.blame_sd, dims=("kind", "named"))
        own = pooled_effect(f"{name}_habit", scales.habit_sd, ("voice", "named"), zero_sum=1)
        found["habit"] = usual[levels.data["kind"]] + own
    if "namer" in levels.coords:
        word = pm.Normal(f"{name}_unlisted_mean", scales.unlisted_mean, scales.unlisted_mean_sd)
        found["knows_unlisted"] = pm.Normal(
            f"{name}_knows_unlisted", word, scales.unlisted_sd, dims=("namer",)
        )
        found["says_unlisted"] = pm.Normal(
            f"{name}_says_unlisted", scales.unlisted_habit_mean, scales.unlisted_habit_sd, dims=("namer",)
        )
    if "reporter" in levels.coords:
        found["echo"] = pm.Normal(f"{name}_echo", scales.echo_mean, scales.echo_sd, dims=("reporter",))
    return found


def place_of(labels: Sequence[str], voices: Sequence[str]) -> Array:
    """Position of each voice among some of the voices, -1 where it is none of them."""
    return np.array([list(labels).index(v) if v in labels else -1 for v in voices], dtype=np.int64)


def claimed(events: xr.Dataset, actors: Sequence[str]) -> Array:
    """Who claimed each event, 1 + position, where just one known actor did, else 0, ``(event,)``."""
    if "claimed_by" not in events:
        return np.zeros(events.sizes["event"], dtype=np.int64)
    return 1 + codes(events["claimed_by"].values, list(actors))


RARELY = -9.0
"""Log-odds that a voice that denies names the unlisted actor: nobody does."""


def with_unlisted(knows: Tensor, log_habit: Tensor, p: Tensors, levels: Levels) -> tuple[Tensor, Tensor]:
    """Log-odds of knowing and log habits with the unlisted actor as the last, ``(voice, ..., actor)``.

    ``knows`` holds log-odds for all actors, ``log_habit`` log probabilities over the named ones.
    """
    if len(levels.coords["named"]) == len(levels.actors):
        return knows, log_habit
    place = place_of(levels.coords.get("namer", ()), levels.coords["voice"])
    says, known = pt.zeros(len(place)) + RARELY, knows[..., -1]
    if "says_unlisted" in p:
        says = pt.switch(place >= 0, p["says_unlisted"][np.maximum(place, 0)], RARELY)
        own = p["knows_unlisted"][np.maximum(place, 0)][:, None] + pt.zeros_like(known)
        known = pt.switch((place >= 0)[:, None], own, known)
    says = says[:, None] + pt.zeros_like(log_habit[..., 0])
    habit = pt.concatenate([log_no(says)[..., None] + log_habit, log_yes(says)[..., None]], axis=-1)
    return pt.concatenate([knows[..., :-1], known[..., None]], axis=-1), habit


def naming_by_habit(
    knows: Tensor, habit: Tensor, row: Sequence[Tensor], named: Tensor, denies: Tensor | None
) -> Tensor:
    """Log probability that a voice that speaks names ``named``, ``(cell, actor)``.

    ``knows`` holds log-odds of knowing who it was and ``habit`` log probabilities of whom it names otherwise, both
    ``(..., actor)``; ``row`` picks the row of each cell; ``denies`` says which cells are denials, None: none is.
    """
    size, at = habit.shape[-1], tuple(row)
    own = pt.eq(named[:, None], pt.arange(size)[None, :])
    guess = log_no(knows)[at] + habit[(*at, named)][:, None]
    found = pt.switch(own, pt.logaddexp(log_yes(knows)[at], guess), guess)
    if denies is None:
        return found
    apart = pt.switch(pt.eye(size, dtype="bool"), -np.inf, 0.0)
    others = pt.logsumexp(habit[..., None, :] + apart, axis=-1)
    spared = log_yes(knows)[at] + habit[(*at, named)][:, None] - others[at]
    return pt.switch(denies[:, None], pt.switch(own, guess, pt.logaddexp(spared, guess)), found)

"""Voices: sources speaking in one way, what they said of each event, and the law of what they name.

Shared by the laws that read statements: `Statements`, about who did it, and `Sponsorship`, about who ordered or paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from attribution.arrays import Array, Arrays
from attribution.components.base import NEVER, Levels, Tensor, Tensors
from attribution.components.effects import log_no, log_yes, raw_effect, scale
from attribution.errors import ModelError, nearest
from attribution.events.coding import codes
from attribution.events.coverage import coverage_of, watched
from attribution.events.schema import STATEMENT_KINDS, STATEMENT_ROLES

DENIAL = "denial"
COLUMNS = ("statement_event", "statement_source", "statement_kind", "statement_actor")
COVERAGE = ("coverage_source", "coverage_start", "coverage_end", "coverage_area")


class Scales(Protocol):
    """The hyperparameters of voices."""

    @property
    def speak_sd(self) -> float: ...  # noqa: D102
    @property
    def selective_sd(self) -> float: ...  # noqa: D102
    @property
    def accuracy_mean(self) -> float: ...  # noqa: D102
    @property
    def accuracy_mean_sd(self) -> float: ...  # noqa: D102
    @property
    def accuracy_sd(self) -> float: ...  # noqa: D102
    @property
    def blame_sd(self) -> float: ...  # noqa: D102


def check_voices(voices: Sequence[str] | str, law: str) -> tuple[str, ...]:
    """Voices as a tuple; raises `ModelError` where one is not a source and a kind."""
    labels = (voices,) if isinstance(voices, str) else voices
    if not isinstance(labels, Sequence):
        raise ModelError(f"{law}(voices={voices!r}) takes a list of 'source | kind'.")
    wrong = [label for label in labels if not is_voice(label)]
    if wrong:
        raise ModelError(
            f"{law}(voices=...): {', '.join(map(repr, wrong))} is not 'source | kind' with a kind of "
            f"{', '.join(STATEMENT_KINDS)}."
        )
    return tuple(labels)


def without_source(voices: Sequence[str], source: str) -> tuple[str, ...]:
    """The voices of other sources."""
    return tuple(label for label in voices if label.rpartition(" | ")[0] != source)


def is_voice(label: object) -> bool:
    """Whether a label is a source and a kind."""
    source, bar, kind = label.rpartition(" | ") if isinstance(label, str) else ("", "", "")
    return bool(source.strip() and bar) and kind in STATEMENT_KINDS


def statements_on(events: xr.Dataset, role: str) -> Arrays:
    """The statements on a role: columns by short name, the `voice`, and the `row` of the event (-1: not there)."""
    size = events.sizes.get("statement", 0)
    names = ("event", "source", "kind", "actor", "origin", "held_by", "role")
    empty = np.full(size, "", dtype=str)
    held = {n: events[f"statement_{n}"].values if f"statement_{n}" in events else empty for n in names}
    mine = np.where(held["role"] == "", STATEMENT_ROLES[0], held["role"]) == role
    found = {name: values[mine] for name, values in held.items()}
    pairs = zip(found["source"], found["kind"], strict=True)
    found["voice"] = np.array([f"{source} | {kind}" for source, kind in pairs], dtype=str)
    found["row"] = pd.Index(events["event"].values).get_indexer(pd.Index(found["event"]))
    return found


def kinds_of(voices: Sequence[str]) -> tuple[list[str], Array]:
    """The kinds that occur, and the kind of each voice."""
    own = [label.rpartition(" | ")[2] for label in voices]
    kinds = sorted(set(own))
    return kinds, codes(np.array(own, dtype=str), kinds)


def spoken(events: xr.Dataset, said: Arrays, voices: Sequence[str], names: Sequence[str], whom: str) -> Array:
    """What each voice said on each event, 0 for silence, ``(event, voice)``; other events' statements do not count."""
    column, name = codes(said["voice"], voices), codes(said["actor"], names)
    bad = (column < 0) | (name < 0)
    if bad.any():
        listed = "; ".join(
            f"event {str(event)!r}: {str(label)!r} names {str(value)!r}.{nearest(str(value), names)}"
            for event, label, value in zip(
                said["event"][bad], said["voice"][bad], said["actor"][bad], strict=True
            )
        )
        raise ModelError(
            f"Statements that name {whom} the model does not have, or by sources and kinds that were not in the "
            f"fit (correct them, add the {whom}, or fit again with these sources): {listed}"
        )
    outcome = np.zeros((events.sizes["event"], len(voices)), dtype=np.int64)
    here = said["row"] >= 0
    outcome[said["row"][here], column[here]] = 1 + name[here]
    return outcome


def attention(events: xr.Dataset, voices: Sequence[str], levels: Levels) -> Arrays:
    """How likely each voice watched each event, ``{"watched": (event, voice)}``; nothing where there is no coverage.

    By the coverage beside the events, or else that of the fit.
    """
    coverage = coverage_of(events) or levels.data.get("coverage")
    if coverage is None:
        return {}
    return {"watched": watched(events, [label.rpartition(" | ")[0] for label in voices], coverage)}


HARDLY = 1e-30
"""Probability of watching what is not watched: small enough that nobody speaks, and logarithms keep their digits."""


def seen_in_part(own: Tensor, spoke: Tensor, share: Tensor) -> Tensor:
    """Log probability of what a voice says, ``(cell, latent)``, which watches with a probability and else is silent.

    ``own`` is the same if it watches, ``spoke`` ``(cell, 1)`` whether it speaks, ``share`` ``(cell,)`` how likely it
    watches. Where it does not, silence has probability one for everybody: it is no evidence.
    """
    share = share[:, None]
    part = share < 1
    watching = own + pt.log(pt.maximum(share, HARDLY))
    away = pt.switch(part, pt.log1p(-pt.switch(part, share, 0.0)), NEVER)
    return pt.switch(spoke, watching, pt.logaddexp(watching, away))


def marks(said: Arrays, column: Array, values: Array, shape: tuple[int, int]) -> Array:
    """A value of each statement where its voice speaks on its event, 0 elsewhere, ``(event, voice)``."""
    found = np.zeros(shape, dtype=np.int64)
    here = said["row"] >= 0
    found[said["row"][here], column[here]] = values[here]
    return found


def retold(
    events: xr.Dataset,
    outcome: Array,
    voices: Sequence[str],
    names: Sequence[str],
    role: str,
    beside: Mapping[str, Array],
) -> xr.Dataset:
    """The events with the statements on a role replaced by those the voices made; they bear no date.

    ``beside`` holds further columns of the statements, text ``(event, voice)``.
    """
    event, channel = np.nonzero(outcome)
    labels = [label.rpartition(" | ")[::2] for label in voices]
    new = {
        "event": events["event"].values[event],
        "source": np.array([labels[c][0] for c in channel], dtype=str),
        "kind": np.array([labels[c][1] for c in channel], dtype=str),
        "actor": np.array(names, dtype=str)[outcome[event, channel] - 1],
        "date": np.full(len(event), np.datetime64("NaT", "us")),
        **{key: values[event, channel] for key, values in beside.items()},
    }
    if role != STATEMENT_ROLES[0] or "statement_role" in events:
        new["role"] = np.full(len(event), role)
    frames = [pd.DataFrame(new)]
    if "statement_event" in events:
        of_them = {n: v.values for n, v in events.data_vars.items() if v.dims == ("statement",)}
        old = pd.DataFrame({str(n).removeprefix("statement_"): values for n, values in of_them.items()})
        roles = old.get("role", pd.Series("", index=old.index)).replace("", STATEMENT_ROLES[0])
        kept = old.loc[(roles != role).to_numpy()].assign(date=np.datetime64("NaT", "us"))
        frames = [kept.filter(items=RETOLD), *frames] if len(kept) else frames
    table = pd.concat(frames, ignore_index=True)
    columns = {f"statement_{c}": (table[c] if c == "date" else table[c].fillna("")).to_numpy() for c in table}
    typed = {n: v if v.dtype.kind == "M" else v.astype(str) for n, v in columns.items()}
    coordinate = np.array([str(i + 1) for i in range(len(table))], dtype=str)
    return (
        events.drop_dims("statement", errors="ignore")
        .assign({name: ("statement", values) for name, values in typed.items()})
        .assign_coords(statement=coordinate)
    )


RETOLD = ("event", "source", "kind", "actor", "date", "origin", "held_by", "role")
"""Columns of statements that are kept beside simulated ones; a rider says nothing about a simulated statement."""


def voice_parameters(name: str, scales: Scales, kind: Array, dims: Sequence[str]) -> Tensors:
    """How often voices speak, how often they are right, and whom wrong statements fall on.

    ``kind`` is that of each voice, ``dims`` the names of voice, kind and latent.
    """
    voice, kinds, latent = dims
    blame = pm.ZeroSumNormal(f"{name}_blame", scales.blame_sd, dims=(kinds, latent))
    return {**voice_speech(name, scales, kind, voice, latent), "blame": blame}


def voice_speech(name: str, scales: Scales, kind: Array, voice: str, latent: str) -> Tensors:
    r"""How often voices speak, and how often they are right.

    ``kind`` is that of each voice; ``voice`` and ``latent`` are names of dimensions. The accuracy of a voice is
    :math:`m_h + \sigma_a z_v`; the mean of its kind is integrated out, since data tell a kind's mean and its voices'
    departures from it apart only where it has many. Of the standard normal :math:`z`, their mean over a kind of
    :math:`n` voices takes the part of the mean, with the variance :math:`\mathtt{mean\_sd}^2 + \sigma_a^2 / n`, and
    their departures from it the rest: the same prior in fewer, less dependent coordinates.
    """
    speak = pm.Normal(f"{name}_speak", 0.0, scales.speak_sd, dims=(voice,))
    sd, raw = scale(f"{name}_accuracy", scales.accuracy_sd), raw_effect(f"{name}_accuracy", (voice,))
    member = np.eye(int(kind.max()) + 1)[kind]
    count = member.sum(axis=0)
    centre = (member / count).T @ raw
    mean = scales.accuracy_mean + pt.sqrt(count * scales.accuracy_mean_sd**2 + sd**2) * centre
    return {
        "speak": speak,
        "selective_sd": scale(f"{name}_selective", scales.selective_sd),
        "selective_raw": raw_effect(f"{name}_selective", (voice, latent), zero_sum=1),
        "accuracy": pm.Deterministic(
            f"{name}_accuracy", mean[kind] + sd * (raw - centre[kind]), dims=(voice,)
        ),
    }


def speaking(parameters: Tensors) -> Tensor:
    """Log-odds that a voice speaks, ``(voice, latent)``."""
    return parameters["speak"][:, None] + parameters["selective_sd"] * parameters["selective_raw"]


def signs(kind: Array, kinds: Sequence[str]) -> Array:
    """Of each voice: 1 where being right is to name who it was, -1 (denials) where it is to name another."""
    return np.where(np.array(kinds)[kind] == DENIAL, -1.0, 1.0)


def naming(accuracy: Tensor, blame: Tensor, row: Sequence[Tensor], named: Tensor) -> Tensor:
    """Log probability that a voice that speaks names ``named``, ``(cell, latent)``.

    ``accuracy`` holds log-odds of naming whom it was and ``blame`` the log weights of the others, both
    ``(..., latent)``; ``row`` picks the row of each cell.
    """
    size = blame.shape[-1]
    apart = pt.switch(pt.eye(size, dtype="bool"), -np.inf, 0.0)
    others = pt.logsumexp(blame[..., None, :] + apart, axis=-1)
    own = pt.eq(named[:, None], pt.arange(size)[None, :])
    at = tuple(row)
    wrong = log_no(accuracy)[at] + blame[(*at, named)][:, None] - others[at]
    return pt.switch(own, log_yes(accuracy)[at], wrong)

"""`Statements`: what sources say, how often they speak, how often they are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from attribution.component import Array, EvidenceLaw, Levels, Tensor, Tensors, codes
from attribution.errors import ModelError, nearest
from attribution.evidence.probability import log_no, log_yes
from attribution.rules import STATEMENT_KINDS

DENIAL = "denial"


@dataclass(frozen=True)
class Statements(EvidenceLaw):
    r"""What sources say about who did it, and that they say nothing.

    A voice is a source speaking in one way: the accusations of a monitor, the denials of a party. Voice `v` speaks
    on an event with a probability that may depend on the perpetrator, and then names an actor:

    .. math::
        P(\text{silent} \mid k) &= 1 - s_{vk}, \qquad
            \operatorname{logit} s_{vk} = x_v + \sigma_d y_{vk} \\
        P(\text{names } k \mid k) &= s_{vk}\, a_v, \qquad
            \operatorname{logit} a_v = m_{\text{kind}(v)} + \sigma_a z_v \\
        P(\text{names } j \mid k) &= s_{vk}\, (1 - a_v)\, \frac{e^{b_{hj}}}{\sum_{i \ne k} e^{b_{hi}}}, \quad j \ne k

    with :math:`x \sim \mathrm{Normal}(0, \mathtt{speak\_sd})`, :math:`y \sim \mathrm{ZeroSumNormal}(1)`
    over the actors, :math:`z` standard normal,
    and :math:`b \sim \mathrm{ZeroSumNormal}(\mathtt{blame\_sd})` for each kind :math:`h`: the actors that wrong
    statements fall on. A denial is right when it names an actor that did *not* do it: :math:`a_v` and
    :math:`1 - a_v` change places.
    Voices are independent given the perpetrator: sources that copy each other must be entered as one source.

    Parameters
    ----------
    voices
        Voices that watch these events besides those that speak, as `"source | kind"`: that they never
        spoke is evidence.
    speak_sd
        Standard deviation of the normal prior of :math:`x`, around even odds. Not pooled: every event says how often a
        voice speaks.
    selective_sd
        Scale of the half-normal prior of :math:`\sigma_d`: how much speaking depends on who did it.
    accuracy_mean, accuracy_mean_sd
        Normal prior of :math:`m`, log-odds that a statement of this kind is right. The default puts the average voice
        between 38 % and 97 %, typically 82 %.
    accuracy_sd
        Scale of the half-normal prior of :math:`\sigma_a`, between voices of a kind.
    blame_sd
        Standard deviation of :math:`b`.

    Examples
    --------
    >>> Statements(accuracy_mean=2.0).name
    'statements'
    """

    voices: Sequence[str] = ()
    speak_sd: float = 1.5
    selective_sd: float = 0.5
    accuracy_mean: float = 1.5
    accuracy_mean_sd: float = 1.0
    accuracy_sd: float = 0.7
    blame_sd: float = 1.0

    def __post_init__(self) -> None:
        """Refuse voices that are not a source and a kind."""
        voices = (self.voices,) if isinstance(self.voices, str) else self.voices
        if not isinstance(voices, Sequence):
            raise ModelError(f"Statements(voices={voices!r}) takes a list of 'source | kind'.")
        object.__setattr__(self, "voices", tuple(voices))
        wrong = [label for label in voices if not is_voice(label)]
        if wrong:
            raise ModelError(
                f"Statements(voices=...): {', '.join(map(repr, wrong))} is not 'source | kind' with a kind of "
                f"{', '.join(STATEMENT_KINDS)}."
            )

    @property
    def name(self) -> str:
        """The component's name."""
        return "statements"

    @property
    def columns(self) -> tuple[str, ...]:
        """The table of statements, unless the voices are stated."""
        return (
            ()
            if self.voices
            else ("statement_event", "statement_source", "statement_kind", "statement_actor")
        )

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """The voices and the kinds."""
        voices = sorted({*map(str, voice(events)), *self.voices})
        kinds = sorted({label.rpartition(" | ")[2] for label in voices})
        kind = codes(np.array([label.rpartition(" | ")[2] for label in voices]), kinds)
        return Levels(
            actors,
            {"voice": voices, "kind": kinds},
            {"kind": kind, "denial": np.array(kinds)[kind] == DENIAL},
        )

    def channels(self, levels: Levels) -> Sequence[str]:
        """The voices."""
        return levels.coords["voice"]

    def outcomes(self, levels: Levels) -> Sequence[str]:
        """Silence, then each actor that may be named."""
        return ("silent", *levels.actors)

    def observed(self, events: xr.Dataset, levels: Levels) -> Array:
        """What each voice said on each event; statements on other events do not count."""
        outcome = np.zeros((events.sizes["event"], len(levels.coords["voice"])), dtype=np.int64)
        if "statement_event" not in events:
            return outcome
        row = pd.Index(events["event"].values).get_indexer(pd.Index(events["statement_event"].values))
        column = codes(voice(events), levels.coords["voice"])
        actor = codes(events["statement_actor"].values, levels.actors)
        bad = (column < 0) | (actor < 0)
        if bad.any():
            listed = "; ".join(
                f"event {str(event)!r}: {str(label)!r} names {str(name)!r}.{nearest(str(name), levels.actors)}"
                for event, label, name in zip(
                    events["statement_event"].values[bad],
                    voice(events)[bad],
                    events["statement_actor"].values[bad],
                    strict=True,
                )
            )
            raise ModelError(
                f"Statements that name actors the model does not have, or by sources and kinds that were not in the "
                f"fit (correct them, add the actors, or fit again with these sources): {listed}"
            )
        here = row >= 0
        outcome[row[here], column[here]] = 1 + actor[here]
        return outcome

    def parameters(self, levels: Levels) -> Tensors:
        """Speaking, accuracy and blame; see the formula."""
        return {
            "speak": pm.Normal("statements_speak", 0.0, self.speak_sd, dims=("voice",)),
            "selective_sd": pm.HalfNormal("statements_selective_sd", self.selective_sd),
            "selective_raw": pm.ZeroSumNormal("statements_selective_raw", dims=("voice", "actor")),
            "accuracy_mean": pm.Normal(
                "statements_accuracy_mean", self.accuracy_mean, self.accuracy_mean_sd, dims=("kind",)
            ),
            "accuracy_sd": pm.HalfNormal("statements_accuracy_sd", self.accuracy_sd),
            "accuracy_raw": pm.Normal("statements_accuracy_raw", dims=("voice",)),
            "blame": pm.ZeroSumNormal("statements_blame", self.blame_sd, dims=("kind", "actor")),
        }

    def law(
        self, parameters: Tensors, setting: Tensors, channel: Tensor, outcome: Tensor, levels: Levels
    ) -> Tensor:
        """Log probability of what the voice said, ``(cell, actor)``."""
        p, kind, sign = parameters, levels.data["kind"], np.where(levels.data["denial"], -1.0, 1.0)
        speak = p["speak"][:, None] + p["selective_sd"] * p["selective_raw"]
        accuracy = sign * (p["accuracy_mean"][kind] + p["accuracy_sd"] * p["accuracy_raw"])
        blame = p["blame"]
        apart = np.where(np.eye(len(levels.actors), dtype=bool), -np.inf, 0.0)
        others = pt.logsumexp(blame[:, None, :] + apart, axis=-1)
        named, own_kind = pt.maximum(outcome - 1, 0), pt.as_tensor(kind)[channel]
        own = pt.eq(named[:, None], np.arange(len(levels.actors))[None, :])
        of_another = log_no(accuracy)[channel][:, None] + blame[own_kind, named][:, None] - others[own_kind]
        naming = pt.switch(own, log_yes(accuracy)[channel][:, None], of_another)
        silent, speaks = log_no(speak)[channel], log_yes(speak)[channel]
        return pt.switch(outcome[:, None] > 0, speaks + naming, silent)

    def emit(self, events: xr.Dataset, outcome: Array, levels: Levels) -> xr.Dataset:
        """The events with the statements the voices made; they bear no date."""
        event, channel = np.nonzero(outcome)
        labels = [label.rpartition(" | ")[::2] for label in levels.coords["voice"]]
        columns = {
            "statement_event": events["event"].values[event],
            "statement_source": np.array([labels[c][0] for c in channel], dtype=str),
            "statement_kind": np.array([labels[c][1] for c in channel], dtype=str),
            "statement_actor": np.array(levels.actors)[outcome[event, channel] - 1],
            "statement_date": np.full(len(event), np.datetime64("NaT", "us")),
        }
        kept = events.drop_dims("statement", errors="ignore")
        coordinate = np.array([str(i + 1) for i in range(len(event))], dtype=str)
        return kept.assign({key: ("statement", value) for key, value in columns.items()}).assign_coords(
            statement=coordinate
        )


def is_voice(label: object) -> bool:
    """Whether a label is a source and a kind."""
    source, bar, kind = label.rpartition(" | ") if isinstance(label, str) else ("", "", "")
    return bool(source.strip() and bar) and kind in STATEMENT_KINDS


def voice(events: xr.Dataset) -> Array:
    """Source and kind of each statement, as one label."""
    if "statement_event" not in events:
        return np.empty(0, dtype=str)
    return np.array(
        [
            f"{s} | {k}"
            for s, k in zip(events["statement_source"].values, events["statement_kind"].values, strict=True)
        ],
        dtype=str,
    )

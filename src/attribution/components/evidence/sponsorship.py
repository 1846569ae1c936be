"""`Sponsorship`: who ordered or paid, beside who did it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from attribution.arrays import Array, Arrays
from attribution.components.base import NEVER, EvidenceLaw, Levels, Tensor, Tensors
from attribution.components.effects import log_no, log_yes
from attribution.components.evidence.statement_voices import (
    COLUMNS,
    COVERAGE,
    attention,
    check_voices,
    kinds_of,
    naming,
    retold,
    seen_in_part,
    signs,
    speaking,
    spoken,
    statements_on,
    voice_parameters,
    without_source,
)
from attribution.errors import ModelError, nearest
from attribution.events.candidates import candidate_mask
from attribution.events.coding import codes
from attribution.events.coverage import coverage_of
from attribution.events.schema import UNLISTED

ROLE, NONE = "sponsor", "none"
DIMS = ("sponsor_voice", "sponsor_kind", "sponsor")
Links = Mapping[str, Mapping[str, float]] | Sequence[tuple[str, Sequence[tuple[str, float]]]]


@dataclass(frozen=True)
class Sponsorship(EvidenceLaw):
    r"""Who ordered or paid for a killing, given who carried it out.

    The actor of the model is the executor. Its sponsor `s` is a second latent, summed over exactly:

    .. math::
        P(s \mid k) = \lambda_{ks}, \quad \lambda_k \sim \mathrm{Dirichlet}(c_k), \qquad
        P(\text{said of the sponsor} \mid k) = \sum_s \lambda_{ks} \prod_v P_v(\text{said} \mid s)

    where :math:`c_k` are the numbers in ``links`` and :math:`\lambda_{ks} = 0` for a pair that is not there. Evidence
    on the sponsor is what sources say of it (statements with `sponsor` in their column `role`, each voice with the
    law of `Statements`) and the column `sponsor` where it is known. Both bear on the executor too: a killing ordered
    by a state is unlikely to be the work of a group that never works for it.

    Parameters
    ----------
    links
        By executor the sponsors it may work for, each with its number in the Dirichlet prior: as many killings as the
        prior is worth. `none`, its own account, is always among them, with 1 unless stated; with 0 it is not. ``{}``
        says that the executor has no sponsor. An `unlisted` executor not stated may work for any, each with 1.
    voices
        Voices that watch for sponsors besides those that speak of them, as `"source | kind"`.
    speak_sd, accuracy_mean, accuracy_mean_sd, accuracy_sd, blame_sd
        As in `Statements`, of what is said of sponsors.
    selective_sd
        As there; larger, since most sources are silent where there is no sponsor.

    Raises
    ------
    ModelError
        An executor without links, links of no actor of the model, a sponsor that nobody is linked to, a known
        sponsor of an executor that is not linked to it.

    Notes
    -----
    The weights are sampled as independent gammas, of which only the proportions enter: exactly the Dirichlet.

    Examples
    --------
    >>> Sponsorship({"cell A": {"a state": 2.0}, "IS": {}}).links
    (('cell A', (('none', 1.0), ('a state', 2.0))), ('IS', (('none', 1.0),)))
    """

    links: Links
    voices: Sequence[str] = ()
    speak_sd: float = 1.5
    selective_sd: float = 1.0
    accuracy_mean: float = 1.5
    accuracy_mean_sd: float = 1.0
    accuracy_sd: float = 0.7
    blame_sd: float = 1.0

    def __post_init__(self) -> None:
        """Keep links as values; refuse numbers that are no concentration."""
        object.__setattr__(self, "voices", check_voices(self.voices, "Sponsorship"))
        given: Any = self.links
        links = {}
        for executor, sponsors in dict(given).items():
            numbers = {NONE: 1.0} | {sponsor: float(number) for sponsor, number in dict(sponsors).items()}
            wrong = [s for s, n in numbers.items() if not (0 < n < math.inf or (s == NONE and n == 0))]
            if wrong:
                raise ModelError(
                    f"Sponsorship(links=...): of {executor!r}, {', '.join(map(repr, wrong))} needs a positive number."
                )
            links[executor] = tuple(numbers.items())
            if not any(numbers.values()):
                raise ModelError(
                    f"Sponsorship(links=...): {executor!r} acts neither for itself nor for others."
                )
        object.__setattr__(self, "links", tuple(links.items()))
        if not self._sponsors():
            raise ModelError(
                "Sponsorship(links=...) names no sponsor; take it out of the model, or link some."
            )

    def _sponsors(self) -> list[str]:
        """Every sponsor somebody is linked to, `none` apart."""
        links: dict[str, Any] = dict(self.links)
        return sorted({sponsor for own in links.values() for sponsor, _ in own} - {NONE})

    @property
    def name(self) -> str:
        """The component's name."""
        return "sponsorship"

    @property
    def latent(self) -> str:
        """The sponsor."""
        return "sponsor"

    @property
    def reads(self) -> tuple[str, ...]:
        """The known sponsor and the statements."""
        return (*COLUMNS, "statement_role", "sponsor", *COVERAGE)

    def without_source(self, source: str) -> Self:
        """The law without the stated voices of a source."""
        return replace(self, voices=without_source(self.voices, source))

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """The sponsors, the links, and the voices that speak of sponsors."""
        sponsors = [NONE, *self._sponsors()]
        links: dict[str, Any] = dict(self.links)
        check_executors(links, actors)
        links = {UNLISTED: tuple((sponsor, 1.0) for sponsor in sponsors)} | links
        voices = sorted({*map(str, statements_on(events, ROLE)["voice"]), *self.voices})
        kinds, kind = kinds_of(voices)
        position = np.full((len(actors), len(sponsors)), -1, dtype=np.int64)
        labels: list[str] = []
        concentration: list[float] = []
        for k, executor in enumerate(actors):
            for sponsor, number in ((s, n) for s, n in links[executor] if n > 0):
                position[k, sponsors.index(sponsor)] = len(labels)
                labels.append(f"{executor} < {sponsor}")
                concentration.append(number)
        coords = {"sponsor": sponsors, "sponsorship_link": labels}
        coords |= {"sponsor_voice": voices, "sponsor_kind": kinds} if voices else {}
        data = {"kind": kind, "position": position, "concentration": concentration}
        return Levels(actors, coords, data | {"coverage": coverage_of(events)})

    def channels(self, levels: Levels) -> Sequence[str]:
        """The known sponsor, then the voices."""
        return ("sponsor", *levels.coords.get("sponsor_voice", ()))

    def outcomes(self, levels: Levels) -> Sequence[str]:
        """Nothing, then each sponsor."""
        return ("nothing", *levels.coords["sponsor"])

    def observed(self, events: xr.Dataset, levels: Levels) -> Array:
        """The known sponsor and what each voice said."""
        sponsors = levels.coords["sponsor"]
        known = self._known(events)
        label = 1 + codes(known, sponsors)
        check_known_sponsors(events, known, label, levels)
        voices = levels.coords.get("sponsor_voice", ())
        said = spoken(events, statements_on(events, ROLE), voices, sponsors, "sponsors")
        return np.concatenate([label[:, None], said], axis=1)

    def context(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Whether the sponsor is known, which is taken to be as likely whoever it is, and who watched."""
        known = np.zeros((events.sizes["event"], len(self.channels(levels))), dtype=np.int64)
        known[:, 0] = self._known(events) != ""
        seen = attention(events, levels.coords.get("sponsor_voice", ()), levels)
        return {"known": known} | {
            key: np.concatenate([np.ones((len(known), 1)), share], axis=1) for key, share in seen.items()
        }

    def _known(self, events: xr.Dataset) -> Array:
        return (
            events["sponsor"].values if "sponsor" in events else np.full(events.sizes["event"], "", dtype=str)
        )

    def parameters(self, levels: Levels) -> Tensors:
        """`sponsorship_weight[sponsorship_link]`, and the voices' as in `Statements`."""
        concentration = np.array(levels.data["concentration"])
        weight = pm.Gamma("sponsorship_weight", concentration, 1.0, dims=("sponsorship_link",))
        if "sponsor_voice" not in levels.coords:
            return {"weight": weight}
        return {"weight": weight} | dict(voice_parameters(self.name, self, levels.data["kind"], DIMS))

    def link(self, parameters: Tensors, levels: Levels) -> Tensor:
        """Log probability of each sponsor given the executor, ``(actor, sponsor)``."""
        position = levels.data["position"]
        weight = pt.log(parameters["weight"])[np.maximum(position, 0)]
        weight = pt.switch(position >= 0, weight, NEVER)
        return weight - pt.logsumexp(weight, axis=1, keepdims=True)

    def law(
        self, parameters: Tensors, setting: Tensors, channel: Tensor, outcome: Tensor, levels: Levels
    ) -> Tensor:
        """Log probability of what is known or said given each sponsor, ``(cell, sponsor)``."""
        named = pt.maximum(outcome - 1, 0)
        own = pt.eq(named[:, None], np.arange(len(levels.coords["sponsor"]))[None, :])
        known, spoke = setting["known"][:, None] > 0, outcome[:, None] > 0
        label = pt.switch(pt.eq(known, spoke) & (own | ~spoke), 0.0, NEVER)
        if "speak" not in parameters:
            return label
        kind, voice = levels.data["kind"], pt.maximum(channel - 1, 0)
        sign = signs(kind, levels.coords["sponsor_kind"])
        blame = parameters["blame"][kind]
        accuracy = (sign * parameters["accuracy"])[:, None] + pt.zeros_like(blame)
        speak = speaking(parameters)
        says = log_yes(speak)[voice] + naming(accuracy, blame, (voice,), named)
        own = pt.switch(spoke, says, log_no(speak)[voice])
        if "watched" in setting:
            own = seen_in_part(own, spoke, setting["watched"])
        return pt.switch(channel[:, None] > 0, own, label)

    def emit(self, events: xr.Dataset, outcome: Array, levels: Levels) -> xr.Dataset:
        """The events with what is said of sponsors, and with the new sponsor where one was known."""
        sponsors = levels.coords["sponsor"]
        if "sponsor" in events:
            events = events.assign(sponsor=("event", np.array(["", *sponsors])[outcome[:, 0]]))
        if "sponsor_voice" not in levels.coords:
            return events
        return retold(events, outcome[:, 1:], levels.coords["sponsor_voice"], sponsors, ROLE, {})


def check_executors(links: Mapping[str, Any], actors: Sequence[str]) -> None:
    """Raise `ModelError` unless the links are those of the model's actors, `unlisted` at will."""
    unknown = [executor for executor in links if executor not in actors]
    lacking = [actor for actor in actors if actor not in links and actor != UNLISTED]
    if unknown or lacking:
        hints = [f"{name!r} is no actor of the model.{nearest(name, actors)}" for name in unknown]
        hints += [f"{name!r} has no links: give it its sponsors, or {{}} if it has none." for name in lacking]
        raise ModelError(f"Sponsorship(links=...) must link every actor of the model. {' '.join(hints)}")


def check_known_sponsors(events: xr.Dataset, known: Array, label: Array, levels: Levels) -> None:
    """Raise `ModelError` for known sponsors that nobody, or no candidate of the event, is linked to."""
    sponsors, linked = levels.coords["sponsor"], levels.data["position"] >= 0
    strange = (label == 0) & (known != "")
    may = (candidate_mask(events, levels.actors) & linked[:, label - 1].T).any(axis=1)
    apart = (label > 0) & ~may
    listed = [
        f"event {str(event)!r}: sponsor {str(name)!r} is not linked to any executor.{nearest(str(name), sponsors)}"
        for event, name in zip(events["event"].values[strange], known[strange], strict=True)
    ]
    listed += [
        f"event {str(event)!r}: none of its candidates is linked to sponsor {str(name)!r}."
        for event, name in zip(events["event"].values[apart], known[apart], strict=True)
    ]
    if listed:
        raise ModelError(
            f"Sponsors that contradict Sponsorship(links=...); correct one of them: {' '.join(listed)}"
        )

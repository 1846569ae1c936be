"""`Statements`: what sources say, how often they speak, how often they are right, and whom they repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import xarray as xr

from attribution.arrays import Array, Arrays
from attribution.components.base import NEVER, EvidenceLaw, Levels, Tensor, Tensors, heard
from attribution.components.effects import log_no, log_yes, pooled_effect
from attribution.components.evidence.statement_habits import (
    CONFESSION,
    claimed,
    habit_coords,
    habit_parameters,
    naming_by_habit,
    place_of,
    with_unlisted,
)
from attribution.components.evidence.statement_ties import (
    Pairs,
    check_copies,
    check_holders,
    check_order,
    originals,
    pairs_of,
    sides,
)
from attribution.components.evidence.statement_voices import (
    COLUMNS,
    COVERAGE,
    attention,
    check_voices,
    kinds_of,
    marks,
    retold,
    seen_in_part,
    signs,
    speaking,
    spoken,
    statements_on,
    without_source,
)
from attribution.errors import ModelError
from attribution.events.coding import codes
from attribution.events.coverage import coverage_of
from attribution.events.repeats import repeated

ROLE = "executor"


@dataclass(frozen=True)
class Statements(EvidenceLaw):
    r"""What sources say about who did it, and that they say nothing.

    A voice is a source speaking in one way: the accusations of a monitor, the denials of a party. Voice `v` speaks
    on an event with a probability that may depend on the perpetrator. It then either knows who did it and names that
    actor, or names somebody from a habit of its own:

    .. math::
        P(\text{silent} \mid k) &= 1 - s_{vk}, \qquad
            \operatorname{logit} s_{vk} = x_v + \sigma_d y_{vk} \\
        P(\text{names } j \mid k) &= s_{vk} ( c_{vk} [j = k] + (1 - c_{vk})\, \xi_{vj} ), \qquad
            \operatorname{logit} c_{vk} = m_{\text{kind}(v)} + \sigma_a z_v - \delta_v [k = S_v] - \kappa_h \\
        \xi_{vj} &= (1 - w_v)\, \frac{e^{B_{vj}}}{\sum_i e^{B_{vi}}}, \qquad
            B_{vj} = b_{\text{kind}(v), j} + \sigma_h h_{vj} - \delta_v [j = S_v] - \kappa_h [j = h]

    with :math:`x \sim \mathrm{Normal}(0, \mathtt{speak\_sd})`, :math:`y \sim \mathrm{ZeroSumNormal}(1)` over the
    actors, :math:`z` standard normal, :math:`b \sim \mathrm{ZeroSumNormal}(\mathtt{blame\_sd})` for each kind and
    :math:`h \sim \mathrm{ZeroSumNormal}(1)` for each voice, over the named actors. A denial that knows spares the
    perpetrator, and names another by habit: :math:`c\, \xi_{vj} / (1 - \xi_{vk})` for :math:`j \ne k`.

    *Somebody unlisted.* A source puts a name only to whom it knows. Where `unlisted` did it, :math:`c` has log-odds of
    its own, :math:`u_v`, and what the voice says else is its habit; that it says "unlisted" without knowing has the
    probability :math:`w_v`. Both are near zero unless the statements say otherwise, so that a source which never says
    "unlisted" does not rule `unlisted` out.

    *Echo.* Where just one actor claimed the event, a voice that accuses or finds repeats the claim with probability
    :math:`r_v`, and else speaks for itself.

    *Allegiance.* A source that sides with actor :math:`S_v` names it less, by :math:`\delta_v` in log-odds where it
    did it and in the weight of wrong statements where it did not. *Coercion.* A confession made in the hands of `h`
    (column `held_by` of the statements) is wrong more often, by :math:`\kappa_h` in log-odds, and then names `h` less.

    *Copying.* A voice that hears what another said (`heard`, an actor `g`) says the same with probability `c`, and else
    speaks for itself: :math:`P(o \mid k, g) = c\,[o = g] + (1 - c)\, P(o \mid k)`. It hears an original named in
    ``copies`` whenever that speaks (`c` one parameter a copying voice), and the statement named in the column `origin`
    of its own statement (`c` one parameter for all such repeats; the voice then is known to have spoken). Where `c`
    is one, a copy says nothing more than its original.

    *Coverage.* Where a source watches with probability `q` (table `coverage` of `read_events`: the share of the days
    that the event's date allows on which it does), it says `o` with probability :math:`q\, P(o \mid k)` and is silent
    with :math:`1 - q + q\, P(\text{silent} \mid k)`: outside its coverage silence is no evidence. A statement with an
    origin is known to have been made.

    *Lookalikes.* Killings by one actor may look like another's to every source: with ``lookalikes`` sources speak of
    whose work it looks like, :math:`a`, in place of `k`, and what they say is summed over it,

    .. math::
        P(a \mid k) \propto [a = k] + [a \neq k]\, e^{l_{ka}}, \qquad
            l_{ka} = \bar l + \sigma_l t_{ka}, \quad t_{ka} \sim \mathrm{Normal}(0, 1)

    Where two sources agree they may then agree on a mistake. Only labels tell whose killings look like whose.

    Parameters
    ----------
    voices
        Voices that watch these events besides those that speak, as `"source | kind"`: that they never
        spoke is evidence.
    allegiance
        The actor that a source sides with, by source.
    copies
        The source that a source may copy, by the copying source; each copies in every kind in which both speak.
    echoes
        Whether sources may repeat claims; there is nothing to hear where no event of the fit has a claim.
    lookalikes
        Whether sources may all take one actor's killings for another's.
    speak_sd
        Standard deviation of the normal prior of :math:`x`, around even odds. Not pooled: every event says how often a
        voice speaks.
    selective_sd
        Scale of the half-normal prior of :math:`\sigma_d`: how much speaking depends on who did it.
    accuracy_mean, accuracy_mean_sd
        Normal prior of :math:`m`, log-odds that a voice of this kind knows who did it. The default has the average
        voice know in 51 % to 88 % of what it says, typically in 73 %: where nobody is identified, that all
        sources guess and one actor did nearly everything explains what they say about as well.
    accuracy_sd
        Scale of the half-normal prior of :math:`\sigma_a`, between voices of a kind.
    blame_sd
        Standard deviation of :math:`b`.
    habit_sd
        Scale of the half-normal prior of :math:`\sigma_h`: how much voices of a kind differ in whom they name without
        knowing.
    unlisted_mean, unlisted_mean_sd, unlisted_sd
        :math:`u_v \sim \mathrm{Normal}(\bar u, \mathtt{unlisted\_sd})`; the first two are the mean and standard
        deviation of :math:`\bar u`. Pooled, since a table in which nobody says "unlisted" may have no word for it:
        that ten sources never say it speaks little more against `unlisted` than that two do not.
    unlisted_habit_mean, unlisted_habit_sd
        Normal prior of the log-odds of :math:`w`.
    echo_mean, echo_sd
        Normal prior of the log-odds of :math:`r`: typically 12 %, 0.3 % to 87 %.
    allegiance_mean, allegiance_mean_sd, allegiance_sd
        :math:`\delta_v` is normal around a mean with a normal prior, its standard deviation half-normal. The default
        has a partisan source name its ally about 2.7 times less: 11 times less to 1.5 times more (95 %).
    coercion_mean, coercion_mean_sd, coercion_sd
        The same for :math:`\kappa_h`, pooled over the holders.
    copy_mean, copy_sd
        Normal prior of the log-odds of `c` for a voice in ``copies``.
    repeat_mean, repeat_sd
        Normal prior of the log-odds of `c` where an origin is stated; the default typically takes 88 % of such
        statements for repetition and nothing else.
    lookalike_mean, lookalike_mean_sd, lookalike_sd
        :math:`\bar l` is normal with the first two, :math:`\sigma_l` half-normal: of the killings by one
        actor typically 3 % look like those of one other, and the scale lets a third do so.

    Raises
    ------
    ModelError
        Sources that copy themselves or each other in a circle, that are not in the events, or side with no actor of
        the model; statements that name what the model does not have.

    References
    ----------
    Hovy, Berg-Kirkpatrick, Vaswani and Hovy (2013), NAACL-HLT, 1120-1130 (aclanthology.org/N13-1132): annotators that
    know or follow a habit. Passonneau and Carpenter (2014), doi:10.1162/tacl_a_00185, and Dawid and Skene (1979),
    doi:10.2307/2346806: full tables of errors. Qu, Tan and Kutner (1996), doi:10.2307/2533043: tests that err together
    because of what they see. Dong, Berti-Equille and
    Srivastava (2009), doi:10.14778/1687627.1687690: sources that copy at a rate, and truth apart from copies.

    Examples
    --------
    >>> Statements(allegiance={"state media": "regime"}, copies={"paper": "monitor"}).copies
    (('paper', 'monitor'),)
    """

    voices: Sequence[str] = ()
    allegiance: Pairs = ()
    copies: Pairs = ()
    echoes: bool = True
    lookalikes: bool = False
    speak_sd: float = 1.5
    selective_sd: float = 0.5
    accuracy_mean: float = 1.0
    accuracy_mean_sd: float = 0.5
    accuracy_sd: float = 0.7
    blame_sd: float = 1.0
    habit_sd: float = 1.0
    unlisted_mean: float = -4.0
    unlisted_mean_sd: float = 3.0
    unlisted_sd: float = 1.0
    unlisted_habit_mean: float = -5.0
    unlisted_habit_sd: float = 2.0
    echo_mean: float = -2.0
    echo_sd: float = 2.0
    allegiance_mean: float = 1.0
    allegiance_mean_sd: float = 0.5
    allegiance_sd: float = 0.5
    coercion_mean: float = 1.0
    coercion_mean_sd: float = 0.5
    coercion_sd: float = 0.5
    copy_mean: float = 0.0
    copy_sd: float = 1.5
    repeat_mean: float = 2.0
    repeat_sd: float = 1.0
    lookalike_mean: float = -3.5
    lookalike_mean_sd: float = 1.0
    lookalike_sd: float = 1.5

    def __post_init__(self) -> None:
        """Refuse voices that are not a source and a kind, and copies in a circle."""
        object.__setattr__(self, "voices", check_voices(self.voices, "Statements"))
        for field in ("allegiance", "copies"):
            object.__setattr__(self, field, pairs_of(getattr(self, field), f"Statements({field}=...)"))
        check_copies(dict(self.copies))

    @property
    def name(self) -> str:
        """The component's name."""
        return "statements"

    @property
    def latent(self) -> str:
        """Who did it, or with ``lookalikes`` whose work it looks like to every source."""
        return "apparent" if self.lookalikes else "actor"

    @property
    def columns(self) -> tuple[str, ...]:
        """The table of statements, unless the voices are stated."""
        return () if self.voices else COLUMNS

    @property
    def reads(self) -> tuple[str, ...]:
        """What a statement repeats, who held a prisoner, and whom the statement is about."""
        return (*COLUMNS, "statement_origin", "statement_held_by", "statement_role", *COVERAGE)

    @property
    def hears(self) -> str:
        """Claims, which a source may repeat."""
        return "claim"

    def without_source(self, source: str) -> Self:
        """The law without the stated voices of a source."""
        return replace(self, voices=without_source(self.voices, source))

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """The voices, the kinds, and who sides with whom, copies whom, holds prisoners."""
        said = statements_on(events, ROLE)
        voices = sorted({*map(str, said["voice"]), *self.voices})
        if not voices:
            raise ModelError(
                "Statements() found no statement about an executor. Take it out of the model, or name the voices."
            )
        kinds, kind = kinds_of(voices)
        claims = claimed(events, actors) if self.echoes else None
        coords = {"voice": voices, "kind": kinds}
        coords |= habit_coords(voices, actors, claims is not None and bool(claims.any()))
        parent = originals(dict(self.copies), voices)
        copies = parent >= 0
        data = {"kind": kind, "parent": parent, "repeats": bool((said["origin"] != "").any())}
        data |= {"sign": signs(kind, kinds), "coverage": coverage_of(events)}
        data["copier"] = np.where(copies, np.cumsum(copies) - 1, -1)
        if copies.any():
            coords["copier"] = [voices[v] for v in np.flatnonzero(copies)]
        if self.allegiance:
            coords["ally"] = list(dict(self.allegiance))
            data["ally"], data["side"] = sides(dict(self.allegiance), voices, actors)
        if (said["held_by"] != "").any():
            coords["holder"] = list(actors)
        if self.lookalikes:
            coords["apparent"] = list(actors)
        return Levels(actors, coords, data)

    def channels(self, levels: Levels) -> Sequence[str]:
        """The voices."""
        return levels.coords["voice"]

    def outcomes(self, levels: Levels) -> Sequence[str]:
        """Silence, then each actor that may be named."""
        return ("silent", *levels.actors)

    def observed(self, events: xr.Dataset, levels: Levels) -> Array:
        """What each voice said on each event; statements on other events do not count."""
        return spoken(events, statements_on(events, ROLE), levels.coords["voice"], levels.actors, "actors")

    def context(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Who held the prisoner that confessed (0: nobody known), which statements are stated repeats, who watched."""
        said = statements_on(events, ROLE)
        shape, column = self._shape(events, levels), codes(said["voice"], levels.coords["voice"])
        check_holders(said, levels.coords.get("holder", ()), levels.actors)
        found = {}
        if "holder" in levels.coords:
            found["holder"] = marks(said, column, 1 + codes(said["held_by"], levels.actors), shape)
        if levels.data["repeats"]:
            found["repeat"] = marks(said, column, (said["origin"] != "").astype(np.int64), shape)
        if "reporter" in levels.coords:
            found["told"] = np.repeat(claimed(events, levels.actors)[:, None], shape[1], axis=1)
        return found | attention(events, levels.coords["voice"], levels)

    def parents(self, events: xr.Dataset, levels: Levels) -> Array | None:
        """The voice each voice hears: that of the stated origin, else the one it is said to copy."""
        said = statements_on(events, ROLE)
        if (said["origin"] != "").any() and not levels.data["repeats"]:
            raise ModelError(
                "These statements state an origin, and none did in the fit: how much such a repeat says was not "
                "learnt. Fit again with these statements, or leave the origins empty."
            )
        if not (levels.data["repeats"] or (levels.data["parent"] >= 0).any()):
            return None
        found = np.tile(levels.data["parent"], (events.sizes["event"], 1))
        origin = repeated(*(said[key] for key in ("event", "source", "kind", "role", "origin")))
        column = codes(said["voice"], levels.coords["voice"])
        stated = np.flatnonzero((origin >= 0) & (said["row"] >= 0))
        found[said["row"][stated], column[stated]] = column[origin[stated]]
        check_order(found, events, levels.coords["voice"])
        return found

    def parameters(self, levels: Levels) -> Tensors:
        """Speaking, knowing and habits; allegiance, coercion and copying where there is any; see the formula."""
        variables = dict(habit_parameters(self.name, self, levels))
        for part, dim in (("allegiance", "ally"), ("coercion", "holder")):
            if dim in levels.coords:
                mean, mean_sd, sd = (getattr(self, f"{part}_{end}") for end in ("mean", "mean_sd", "sd"))
                centre = pm.Normal(f"statements_{part}_mean", mean, mean_sd)
                variables[part] = centre + pooled_effect(f"statements_{part}", sd, (dim,))
        if "copier" in levels.coords:
            variables["copy"] = pm.Normal("statements_copy", self.copy_mean, self.copy_sd, dims=("copier",))
        if levels.data["repeats"]:
            variables["repeat"] = pm.Normal("statements_repeat", self.repeat_mean, self.repeat_sd)
        if self.lookalikes:
            mean = pm.Normal("statements_lookalike_mean", self.lookalike_mean, self.lookalike_mean_sd)
            own = pooled_effect("statements_lookalike", self.lookalike_sd, ("actor", "apparent"))
            variables["lookalike"] = mean + own
        return variables

    def link(self, parameters: Tensors, levels: Levels) -> Tensor:
        """Log probability of whose work a killing looks like given who did it, ``(actor, apparent)``."""
        own = np.eye(len(levels.actors), dtype=bool)
        return pt.special.log_softmax(pt.switch(own, 0.0, parameters["lookalike"]), axis=1)

    def law(
        self, parameters: Tensors, setting: Tensors, channel: Tensor, outcome: Tensor, levels: Levels
    ) -> Tensor:
        """Log probability of what the voice said, ``(cell, actor)``."""
        knows, habit = self._opinions(parameters, levels)
        row = (channel, setting["holder"] if "holder" in setting else pt.zeros_like(channel))
        denial = levels.data["sign"] < 0
        denies = pt.as_tensor(denial)[channel] if denial.any() else None
        named = naming_by_habit(knows, habit, row, pt.maximum(outcome - 1, 0), denies)
        speak, spoke = speaking(parameters), outcome[:, None] > 0
        own = pt.switch(spoke, log_yes(speak)[channel] + named, log_no(speak)[channel])
        if "told" in setting and "echo" in parameters:
            own = self._echoed(own, parameters, setting, channel, outcome, levels)
        if "heard" not in setting:
            return seen_in_part(own, spoke, setting["watched"]) if "watched" in setting else own
        listens, same = setting["heard"] > 0, pt.eq(outcome, setting["heard"])
        if "copy" in parameters:
            copier = pt.as_tensor(levels.data["copier"])[channel]
            copied = mixed(parameters["copy"][pt.maximum(copier, 0)], same, own)
            own = pt.switch((listens & (copier >= 0))[:, None], copied, own)
        if "watched" in setting:
            own = seen_in_part(own, spoke, setting["watched"])
        if "repeat" in parameters:
            told = mixed(pt.zeros_like(channel) + parameters["repeat"], same, pt.switch(spoke, named, NEVER))
            own = pt.switch((listens & (setting["repeat"] > 0))[:, None], told, own)
        return own

    def _echoed(
        self, own: Tensor, p: Tensors, setting: Tensors, channel: Tensor, outcome: Tensor, levels: Levels
    ) -> Tensor:
        """The law of a voice that may repeat a claim it heard."""
        place = pt.as_tensor(place_of(levels.coords["reporter"], levels.coords["voice"]))[channel]
        same = pt.eq(outcome, setting["told"])
        told = mixed(p["echo"][pt.maximum(place, 0)], same, own)
        return pt.switch(((setting["told"] > 0) & (place >= 0))[:, None], told, own)

    def _opinions(self, p: Tensors, levels: Levels) -> tuple[Tensor, Tensor]:
        """Log-odds of knowing, and log habits, ``(voice, holder, actor)``; holder 0: nobody's."""
        kind, sign, count = levels.data["kind"], levels.data["sign"], len(levels.coords["named"])
        knows = p["accuracy"][:, None, None] + pt.zeros((1, 1, len(levels.actors)))
        weight = p["habit"][:, None, :]
        if "allegiance" in p:
            shift = levels.data["side"] * p["allegiance"][levels.data["ally"]][:, None]
            knows = knows - shift[:, None, :]
            weight = weight - (sign[:, None] * shift)[:, None, :count]
        if "coercion" in p:
            held = np.eye(len(levels.actors) + 1, count, k=-1)  # row 0: no holder
            pressure = pt.concatenate([pt.zeros(1), p["coercion"]])[None, :, None]
            pressure = pressure * (np.array(levels.coords["kind"])[kind] == CONFESSION)[:, None, None]
            knows, weight = knows - pressure, weight - pressure * held[None]
        return with_unlisted(knows, pt.special.log_softmax(weight, axis=-1), p, levels)

    def emit(self, events: xr.Dataset, outcome: Array, levels: Levels) -> xr.Dataset:
        """The events with the statements the voices made; they bear no date."""
        beside: Arrays = {}
        context, parents = self.context(events, levels), self.parents(events, levels)
        if "holder" in context:
            beside["held_by"] = np.array(["", *levels.actors])[context["holder"]]
        if "repeat" in context and parents is not None:
            told = (context["repeat"] > 0) & (heard(outcome, parents) > 0)
            sources = np.array([label.rpartition(" | ")[0] for label in levels.coords["voice"]])
            beside["origin"] = np.where(told, sources[parents], "")
        return retold(events, outcome, levels.coords["voice"], levels.actors, ROLE, beside)

    def _shape(self, events: xr.Dataset, levels: Levels) -> tuple[int, int]:
        return events.sizes["event"], len(levels.coords["voice"])


def mixed(rate: Tensor, same: Tensor, own: Tensor) -> Tensor:
    """Log probability of an outcome that is copied at a rate (log-odds, ``(cell,)``) and else made on one's own."""
    alone = log_no(rate)[:, None] + own
    return pt.switch(same[:, None], pt.logaddexp(log_yes(rate)[:, None], alone), alone)

"""Ties of sources: whom they copy, with whom they side, who holds the prisoner that confesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from attribution.arrays import Array, Arrays
from attribution.errors import ModelError, nearest
from attribution.events.repeats import in_circle

Pairs = Mapping[str, str] | Sequence[tuple[str, str]]
"""Names by name; kept as pairs, so that a component can be compared and hashed."""


def pairs_of(value: Pairs, argument: str) -> tuple[tuple[str, str], ...]:
    """Pairs of names as a tuple; raises `ModelError` where they are none, or a first name repeats."""
    items = tuple(value.items()) if isinstance(value, Mapping) else tuple(value)
    good = [isinstance(pair, list | tuple) and len(pair) == 2 for pair in items]
    if not all(good) or not all(isinstance(name, str) and name for pair in items for name in pair):
        raise ModelError(f"{argument} takes names by name, as {{'a': 'b'}}, not {value!r}.")
    first = [pair[0] for pair in items]
    twice = sorted({name for name in first if first.count(name) > 1})
    if twice:
        raise ModelError(f"{argument} has {', '.join(map(repr, twice))} twice; keep one of each.")
    return tuple((one, other) for one, other in items)


def check_copies(copies: Mapping[str, str]) -> None:
    """Raise `ModelError` where sources copy each other in a circle."""
    sources = sorted({*copies, *copies.values()})
    parent = np.array(
        [sources.index(copies[source]) if source in copies else -1 for source in sources], dtype=int
    )
    circle = [source for source, within in zip(sources, in_circle(parent), strict=True) if within]
    if circle:
        raise ModelError(
            f"Statements(copies=...): {', '.join(map(repr, circle))} copy in a circle. Say who is first, and let the "
            "others copy it."
        )


def originals(copies: Mapping[str, str], voices: Sequence[str]) -> Array:
    """The voice each voice copies, -1 for none; raises `ModelError` where a pair has no kind in common."""
    parent = np.full(len(voices), -1, dtype=np.int64)
    split = [label.rpartition(" | ")[::2] for label in voices]
    check_sources("copies", [*copies, *copies.values()], voices)
    for copier, original in copies.items():
        both = [v for v, (source, kind) in enumerate(split) if source == copier and (original, kind) in split]
        if not both:
            raise ModelError(
                f"Statements(copies=...): {copier!r} never speaks in a kind in which {original!r} does, so it copies "
                "nothing. Take the pair out, or state the origin of each statement (column origin)."
            )
        for v in both:
            parent[v] = split.index((original, split[v][1]))
    return parent


def sides(allegiance: Mapping[str, str], voices: Sequence[str], actors: Sequence[str]) -> tuple[Array, Array]:
    """Position of each voice's source among the partisans, 0 where it is none, and its ally, ``(voice, actor)``."""
    check_sources("allegiance", list(allegiance), voices)
    unknown = [actor for actor in allegiance.values() if actor not in actors]
    if unknown:
        hints = " ".join(f"{name!r} is none.{nearest(name, actors)}" for name in unknown)
        raise ModelError(
            f"Statements(allegiance=...) must give actors of the model: {', '.join(actors)}. {hints}"
        )
    partisans, source = list(allegiance), [label.rpartition(" | ")[0] for label in voices]
    position = np.array([partisans.index(name) if name in allegiance else 0 for name in source])
    ally = np.array([[allegiance.get(name) == actor for actor in actors] for name in source], dtype=float)
    return position, ally


def check_sources(argument: str, names: Sequence[str], voices: Sequence[str]) -> None:
    """Raise `ModelError` for names that are no source of the events."""
    known = sorted({label.rpartition(" | ")[0] for label in voices})
    unknown = sorted({name for name in names if name not in known})
    if unknown:
        hints = " ".join(f"{name!r} is none.{nearest(name, known)}" for name in unknown)
        raise ModelError(
            f"Statements({argument}=...) must name sources of the events: {', '.join(known)}. {hints} Correct it, or "
            "name its voices in voices=[...]."
        )


def check_holders(said: Arrays, holders: Sequence[str], actors: Sequence[str]) -> None:
    """Raise `ModelError` for confessions in the hands of nobody the fit knows; none known: the fit had no holder."""
    bad = np.array([str(name) not in ("", *holders) for name in said["held_by"]], dtype=bool)
    if bad.any():
        listed = "; ".join(
            f"event {str(event)!r}: held_by {str(name)!r}.{nearest(str(name), actors)}"
            for event, name in zip(said["event"][bad], said["held_by"][bad], strict=True)
        )
        raise ModelError(
            "Confessions held by actors the model does not have, or with a holder where the fit had none (correct "
            f"them, add the actors, or fit again with these statements): {listed}"
        )


def check_order(parents: Array, events: xr.Dataset, voices: Sequence[str]) -> None:
    """Raise `ModelError` for events on which voices hear each other in a circle."""
    first = np.arange(len(parents))[:, None] * parents.shape[1]
    circle = in_circle(np.where(parents >= 0, parents + first, -1).reshape(-1)).reshape(parents.shape)
    if circle.any():
        listed = "; ".join(
            f"event {str(event)!r}: {', '.join(np.array(voices)[within])}"
            for event, within in zip(events["event"].values, circle, strict=True)
            if within.any()
        )
        raise ModelError(
            "Sources repeat each other in a circle: one states as its origin a source that copies it. Correct "
            f"copies={{...}} or the origins: {listed}"
        )

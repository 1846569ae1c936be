"""Who is said to have done it, in formats that code the sides of an event: a label, candidates, or a statement."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np

from attribution.arrays import Array
from attribution.errors import DataError, nearest, problem_table
from attribution.events.formats.conversion import Conversion
from attribution.events.formats.several import suspect
from attribution.events.text_table import factorized

Attribution = Literal["label", "statement"]
TwoSided = Literal["candidates", "leave out"]
_ZERO = re.compile(r"0+(\.0*)?")
FINDING = "finding"
ACCUSATION = "accusation"


def check_choice(argument: str, value: str, choices: Sequence[str]) -> None:
    """Raise `DataError` for an argument that is not one of the choices."""
    if value not in choices:
        fix = f"Choose one of {', '.join(map(repr, choices))}.{nearest(str(value), choices)}"
        problem = ("events", 0, "", argument, str(value), f"`{argument}` is not one there is.", fix)
        raise DataError(problem_table([problem]))


def attribute_sides(
    conversion: Conversion,
    source: str,
    attribution: Attribution,
    doer: Array,
    sides: Sequence[Array],
    either: Array,
) -> None:
    """`perpetrator` and `candidates`, or findings of the source.

    Parameters
    ----------
    conversion
        The table.
    source
        Name of the data set, as the source of its findings.
    attribution
        What its coding counts as.
    doer
        The side that did it, empty where nobody knows; several that may have are separated by ``|``.
    sides
        The sides of each event, likewise.
    either
        The events that either side may have done.
    """
    doer, kept = suspected(conversion, source, doer), conversion.kept()
    alone = np.array(["|" not in name for name in doer], dtype=bool)
    if attribution == "statement":
        known = np.where(alone, doer, "")
        conversion.state(known != "", source, FINDING, known)
        why = f"What {source} codes enters as its finding, not as known."
        conversion.decide(
            "note", "(sides)", "who did it", f"finding of {source}", int(((known != "") & kept).sum()), why
        )
        why = "One of several: no finding, since a finding names one."
        conversion.decide("note", "(sides)", "several actors", "no finding", int((~alone & kept).sum()), why)
        return
    both = np.array([union(pair) for pair in zip(*sides, strict=True)], dtype=object)
    known = np.all([side != "" for side in sides], axis=0)
    named = np.where(either & known, both, doer)
    single = np.array(["|" not in label for label in named], dtype=bool)
    conversion.columns["perpetrator"] = np.where(single, named, "")
    conversion.columns["candidates"] = np.where(single, "", named)
    why = "The coding does not say which of the sides did it."
    conversion.decide(
        "note", "(sides)", "two armed sides", "candidates", int((either & known & ~single & kept).sum()), why
    )
    why = "A label is the coders' attribution, not a verdict; attribution='statement' enters it as their finding."
    conversion.decide(
        "note", "(sides)", "who did it", "perpetrator", int(((doer != "") & alone & kept).sum()), why
    )


def union(pair: Sequence[str]) -> str:
    """The actors of several cells, each once."""
    return "|".join(sorted({name for cell in pair for name in cell.split("|")} - {""}))


def suspected(conversion: Conversion, source: str, doer: Array) -> Array:
    """Who did it, without those who are only suspected: these are accusations by the source."""
    codes, labels = factorized(doer)
    doubtful = np.array([*("" if "|" in cell else suspect(cell) for cell in labels), ""], dtype=object)[codes]
    conversion.state(doubtful != "", source, ACCUSATION, doubtful)
    why = f"Suspected is not known: an accusation by {source}."
    return conversion.recode("(sides)", doer, np.where(doubtful != "", "", doer), why)


def leave_two_sided(conversion: Conversion, choice: TwoSided, rows: Array, column: str) -> None:
    """Leave events of two armed sides out, or say that they are there."""
    why = "Two armed sides: nobody recorded who killed whom; two_sided='candidates' keeps them."
    if choice == "leave out":
        conversion.leave_out(rows, column, "two armed sides", why)


def without_dead(conversion: Conversion, column: str, made: str, fatal: bool) -> None:
    """Leave events out in which the format counts nobody dead; with ``fatal`` false, say how many there are."""
    dead = conversion.columns[made]
    none = np.array([_ZERO.fullmatch(cell) is not None for cell in dead], dtype=bool)
    if fatal:
        conversion.leave_out(
            none, column, "0", "Nobody was killed: no killing; fatal=False keeps such events."
        )
    else:
        why = "Nobody was killed, yet the event is kept and counted as a killing; fatal=True leaves such events out."
        conversion.decide("note", column, "0", "kept", int(none.sum()), why)

"""Who is said to have done it, in formats that code the sides of an event: a label, candidates, or a statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from attribution.arrays import Array
from attribution.errors import DataError, nearest, problem_table
from attribution.events.formats.conversion import Conversion

Attribution = Literal["label", "statement"]
FINDING = "finding"


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
        The side that did it, empty where nobody knows.
    sides
        The sides of each event.
    either
        The events that either side may have done.
    """
    if attribution == "statement":
        conversion.state(doer != "", source, FINDING, doer)
        why = f"What {source} codes enters as its finding, not as known."
        conversion.decide(
            "note", "(sides)", "who did it", f"finding of {source}", int((doer != "").sum()), why
        )
        return
    both = np.array(["|".join(sorted(set(pair) - {""})) for pair in zip(*sides, strict=True)], dtype=object)
    known = np.all([side != "" for side in sides], axis=0)
    single = np.array(["|" not in label for label in both])
    conversion.columns["perpetrator"] = np.where(either & known & single, both, doer)
    conversion.columns["candidates"] = np.where(either & known & ~single, both, "")
    why = "The coding does not say which of the sides did it."
    conversion.decide(
        "note", "(sides)", "two armed sides", "candidates", int((either & known & ~single).sum()), why
    )
    why = "A label is the coders' attribution, not a verdict; attribution='statement' enters it as their finding."
    conversion.decide("note", "(sides)", "who did it", "perpetrator", int((doer != "").sum()), why)

"""Records of checks: a value held against a threshold, with its sentence."""

from __future__ import annotations

import numpy as np

from attribution.errors import Check


def at_most(name: str, value: float, threshold: float, sentence: str, remedy: str) -> Check:
    """A check that the value is at most the threshold; NaN fails."""
    return record(name, bool(value <= threshold), value, threshold, sentence, "at most", remedy)


def at_least(name: str, value: float, threshold: float, sentence: str, remedy: str) -> Check:
    """A check that the value is at least the threshold; NaN fails."""
    return record(name, bool(value >= threshold), value, threshold, sentence, "at least", remedy)


def record(
    name: str, passed: bool, value: float, threshold: float, claim: str, bound: str, remedy: str
) -> Check:
    """A check with its sentence."""
    shown = "cannot be computed" if np.isnan(value) else f"{value:.4g}"
    sentence = f"{claim} ({shown}, should be {bound} {threshold:g})."
    if not passed:
        sentence = f"NOT SHOWN: {sentence[0].lower()}{sentence[1:]}"
    return Check(name, passed, value, threshold, sentence, "" if passed else remedy)

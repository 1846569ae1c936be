"""Records of checks: a value held against a threshold, with its sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from attribution.errors import Check


class Checks(list[Check]):
    """A list of checks; a notebook shows it as a table, those that failed first."""

    def _repr_html_(self) -> str:
        """The table; text of the data is escaped."""
        order = sorted(self, key=lambda check: check.passed is True)
        rows = [
            (check.name, "passed" if check.passed else "FAILED", check.sentence, check.remedy)
            for check in order
        ]
        table = pd.DataFrame(rows, columns=["check", "", "what was found", "what to do"])
        failed = sum(check.passed is not True for check in self)
        with pd.option_context("display.max_colwidth", None):
            shown: str = table.to_html(index=False, escape=True, border=0)
        return f"<p>{len(self) - failed} of {len(self)} checks passed</p>{shown}"


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

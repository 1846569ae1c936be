"""What every section of a report needs: the posterior, the language, the citation line, what privacy hides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from attribution.model.specification import Model, from_json
from attribution.reporting.blocks import Own
from attribution.results.phrases import phrase
from attribution.results.privacy import Privacy, hidden
from attribution.results.words import percent


@dataclass(frozen=True)
class Telling:
    """A posterior about to be reported.

    Attributes
    ----------
    posterior
        What `fit` returned.
    language, scale, interval
        Of the words and intervals.
    privacy
        What of small groups, places and dates is shown.
    question, script
        The analyst's own texts; empty where not given.
    sensitivity
        What `sensitivity` returned, or None.
    comparisons
        What `compare_actors` returned, by the pair of actors.
    """

    posterior: xr.DataTree
    language: str
    scale: str
    interval: float
    privacy: Privacy
    question: str
    script: str
    sensitivity: pd.DataFrame | None
    comparisons: dict[tuple[str, str], pd.DataFrame]

    @property
    def model(self) -> Model:
        """The model that was fitted."""
        return from_json(self.posterior.attrs["model"])

    def say(self, key: str, **values: object) -> str:
        """A phrase of the report."""
        return phrase("report", key, self.language, **values)

    def headed(self, key: str, **values: object) -> str:
        """A phrase of the report that begins a line."""
        text = self.say(key, **values)
        return text[:1].upper() + text[1:]

    def own(self, text: str) -> Own:
        """An item that the analyst has to write."""
        return Own(self.say("own"), text)

    def percent(self, share: float) -> str:
        """A share in per cent, never 0 or 100."""
        return percent(share, self.language)

    def range(self, low: float, high: float) -> str:
        """An interval in per cent."""
        return f"{self.percent(low)} \N{EN DASH} {self.percent(high)}"

    @property
    def checks(self) -> list[dict[str, object]]:
        """Checks made when the model was fitted."""
        found: list[dict[str, object]] = json.loads(self.posterior.attrs["checks"])
        return found

    @property
    def failed(self) -> list[dict[str, object]]:
        """Those that did not pass."""
        return [check for check in self.checks if not check["passed"]]

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the packages that made the posterior."""
        found: dict[str, str] = json.loads(self.posterior.attrs["versions"])
        return found

    @property
    def citation(self) -> str:
        """What stands behind every number: data, seed, version, checks."""
        count, failed = len(self.checks), len(self.failed)
        verdict = (
            self.say("not_passed", failed=failed, count=count) if failed else self.say("passed", count=count)
        )
        return self.say(
            "citation",
            hash=self.posterior.attrs["data_hash"][:12],
            seed=self.posterior.attrs["seed"],
            version=self.versions.get("attribution-bayes", "?"),
            checks=verdict,
        )

    def number(self, actor: str, row: pd.Series[float], group: str = "") -> str:
        """A share as a sentence with its citation."""
        where = f"{group} · " if group else ""
        sentence = self.say(
            "number",
            actor=actor,
            share=self.percent(row["share"]),
            events=f"{int(row['events']):,}",
            interval=f"{100 * self.interval:.0f}",
            low=self.percent(row["low"]),
            high=self.percent(row["high"]),
        )
        return f"{where}{sentence} {self.citation}"

    @property
    def labels(self) -> tuple[int, int, int]:
        """Numbers of events whose perpetrator is known, known to lie among some, and open."""
        candidate = self.posterior["attribution"].to_dataset()["candidate"].values
        count = candidate.sum(axis=1)
        known, open_ = int((count == 1).sum()), int((count == candidate.shape[1]).sum())
        return known, len(count) - known - open_, open_

    @cached_property
    def masked(self) -> NDArray[np.bool_]:
        """Of which actors the number of known killings is not shown: of all where that of all together is not."""
        group = self.posterior["attribution"].to_dataset()
        own = group["candidate"].values[group["known"].values].sum(axis=0)
        small = hidden(own, self.privacy.smallest)
        return small | bool(hidden(self.labels, self.privacy.smallest)[0])

    @property
    def told_labels(self) -> tuple[str, str, str]:
        """The numbers of `labels` as text, those that must not be shown masked."""
        small = hidden(self.labels, self.privacy.smallest)
        known, partly, open_ = (
            self.say("masked") if masked else f"{number:,}"
            for masked, number in zip(small, self.labels, strict=True)
        )
        return known, partly, open_

    @property
    def moved(self) -> pd.DataFrame | None:
        """The sensitivity table as far as it is shown.

        The rows that assume nothing are counts of known killings over all: they are left out where any of those is
        masked.
        """
        if self.sensitivity is None or not self.masked.any():
            return self.sensitivity
        return self.sensitivity[self.sensitivity["kind"] != "bound"]

    @property
    def sources(self) -> int:
        """Number of sources that made a statement."""
        events = self.posterior["constant_data"].to_dataset()
        return len(np.unique(events["statement_source"].values)) if "statement_source" in events else 0

    @property
    def shift(self) -> float | None:
        """Largest change of a share that the sensitivity table shows, bounds aside; None without one."""
        if self.sensitivity is None:
            return None
        moved = self.sensitivity.loc[self.sensitivity["kind"] != "bound", "change"].abs()
        return float(np.nan_to_num(moved.max()))

    @property
    def unshown(self) -> int:
        """Assumptions of the sensitivity table for which there is no share."""
        if self.sensitivity is None:
            return 0
        gaps = self.sensitivity[self.sensitivity["share"].isna()]
        return len(gaps[["kind", "about", "value"]].drop_duplicates())


def shown(values: Sequence[object]) -> list[str]:
    """Cells of a table as text."""
    return ["" if value is None else str(value) for value in values]

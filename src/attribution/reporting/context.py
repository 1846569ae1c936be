"""What every section of a report needs: the posterior, the language, the citation line, what privacy hides."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from attribution.assumptions.catalogue import unexamined
from attribution.model.specification import Model, from_json
from attribution.reporting.blocks import Own
from attribution.results.archive_privacy import checks_shown
from attribution.results.attributions import shares
from attribution.results.phrases import phrase
from attribution.results.privacy import Privacy
from attribution.results.ranges import with_ranges
from attribution.results.released import Released, of_posterior
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
    stated
        Who made the report and from what, by name (`authorship.STATED`); what was not given is empty or absent.
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
    stated: dict[str, str] = field(default_factory=dict)

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
        """Checks made when the model was fitted, without days and areas that are not shown."""
        found: list[dict[str, object]] = json.loads(checks_shown(self.posterior, self.privacy))
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

    @property
    def released(self) -> Released:
        """Which counts of labels are shown."""
        return of_posterior(self.posterior, self.privacy.smallest)

    @property
    def overall(self) -> pd.DataFrame:
        """Shares of all events with their ranges under other assumptions and under none."""
        table = shares(self.posterior, interval=self.interval)
        return with_ranges(table, self.posterior, self.sensitivity)

    @property
    def moved(self) -> pd.DataFrame | None:
        """The table of sensitivity without the bounds that would give hidden counts of labels away."""
        if self.sensitivity is None:
            return None
        names = self.posterior["attribution"].to_dataset()["actor"].values
        lost = [str(name) for name, may in zip(names, self.released.bounds, strict=True) if not may]
        table = self.sensitivity
        kept: pd.DataFrame = table[~((table["kind"] == "bound") & table["actor"].isin(lost))]
        return kept

    @property
    def sources(self) -> int:
        """Sources that said something of their own: not only what others had said."""
        held = self.posterior["constant_data"].to_dataset()
        if "statement_source" not in held:
            return 0
        own = np.ones(held.sizes["statement"], dtype=bool)
        if "statement_origin" in held:
            own = held["statement_origin"].values == ""
        return len({str(name) for name in held["statement_source"].values[own]})

    def count(self, number: int, may: bool = True) -> str:
        """A number of killings, where it may be shown."""
        return f"{number:,}" if may else self.say("masked")

    @property
    def shift(self) -> float | None:
        """Largest change of a share that the sensitivity table shows, bounds aside; None where none was examined."""
        if self.sensitivity is None:
            return None
        moved = self.sensitivity.loc[~self.sensitivity["kind"].isin(["fit", "bound"]), "change"].abs()
        return float(moved.max()) if moved.notna().any() else None

    @property
    def unshown(self) -> int:
        """Assumptions of the sensitivity table for which there is no share."""
        return 0 if self.sensitivity is None else len(unexamined(self.sensitivity))


def cells_as_text(values: Sequence[object]) -> list[str]:
    """Cells of a table as text."""
    return ["" if value is None else str(value) for value in values]

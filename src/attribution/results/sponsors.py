"""Who carried out and who ordered, together: both margins and the joint, from a posterior with `Sponsorship`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytensor.tensor as pt
import xarray as xr
from numpy.typing import NDArray

from attribution.components.base import Tensor, Tensors
from attribution.components.evidence.sponsorship import Sponsorship
from attribution.compute.random_numbers import Stream, categorical
from attribution.errors import AttributionError
from attribution.fitting.sampling import stacked
from attribution.fitting.scoring import at_scored
from attribution.model.design import Design, Part
from attribution.model.tables import batches, evaluator
from attribution.results.fitted import fit_of
from attribution.results.summaries import column_values, verdict

ALL = "(all)"


def sponsors(
    posterior: xr.DataTree, *, by: str | Sequence[str] | None = None, interval: float = 0.89, seed: int = 0
) -> pd.DataFrame:
    """Share of documented killings of each executor and sponsor, jointly and by itself.

    Each posterior draw says who carried out each killing; its sponsor is drawn given that and given
    what is known or said of the sponsor. Of killings claimed by IS, ``by="claimed_by"`` says how
    probable each sponsor is.

    Parameters
    ----------
    posterior
        What `fit` returns for a model with `Sponsorship`.
    by
        A column of the events, `"year"`, `"event"` (then `share` is a probability, without an
        interval), several of these, or None for all events together.
    interval
        Probability content of the equal-tailed intervals.
    seed
        Seed of the draws of the sponsors.

    Returns
    -------
    pandas.DataFrame
        One row a group, executor and sponsor linked to it: the group's columns, `executor`,
        `sponsor`, `share` of the group's killings with `low` and `high`, `given_executor` (of that
        executor's killings in the group, the share of this sponsor, with `given_low`, `given_high`;
        empty where the draws give it no killing), `events`, `of`, `checks`. Rows with the executor
        `(all)` are the sponsors' margin; the executors' is `shares`, and the sum of an executor's
        rows. A sponsor is `none` where the executor acted on its own account.

    Raises
    ------
    AttributionError
        A posterior without `Sponsorship`, or a column it does not hold.

    Examples
    --------
    >>> sponsors(posterior, by="claimed_by")  # doctest: +SKIP
    """
    if not 0 < interval < 1:
        raise AttributionError(f"interval={interval} must lie between 0 and 1.")
    design, part = sponsorship_of(posterior)
    executor, sponsor = paired(posterior, design, part, seed)
    columns = [] if by is None else [by] if isinstance(by, str) else list(by)
    clash = [column for column in columns if column in ("executor", "sponsor")]
    if clash:
        raise AttributionError(
            f"by={', '.join(clash)}: the table has a column of that name. Copy it to another."
        )
    labels = pd.DataFrame(
        {"all": ""} | {c: group_values(posterior, c) for c in columns}, index=range(executor.shape[1])
    )
    rows: list[tuple[Any, ...]] = []
    groups: dict[Any, Any] = labels.groupby(["all", *columns], sort=True, dropna=False).indices
    for key, members in groups.items():
        found = pairs(executor[:, members], sponsor[:, members], part)
        rows += [(*key[1:], *row, len(members)) for row in summaries(found, part, interval, len(members))]
    ends = ["share", "low", "high", "given_executor", "given_low", "given_high", "events"]
    table = pd.DataFrame(rows, columns=[*columns, "executor", "sponsor", *ends])
    return table.assign(of="documented killings", checks=verdict(posterior))


def sponsorship_of(posterior: xr.DataTree) -> tuple[Design, Part]:
    """The model laid over the fitted events, and the law of sponsors in it."""
    if "posterior" not in posterior.children or "model" not in posterior.attrs:
        raise AttributionError("sponsors() needs what fit() returns.")
    design = fit_of(posterior).design
    mine = next((part for part in design.parts if isinstance(part.component, Sponsorship)), None)
    if mine is None:
        raise AttributionError("The model has no Sponsorship(links=...), so nothing is known of sponsors.")
    return design, mine


def paired(
    posterior: xr.DataTree, design: Design, part: Part, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Executor and sponsor of each killing at each posterior draw, ``(sample, event)`` each."""
    drawn = stacked(at_scored(posterior))
    executor = posterior["attribution"].to_dataset()["perpetrator"].values.astype(np.int64)
    executor = executor.reshape(-1, executor.shape[-1])
    rng, samples, size = np.random.default_rng([seed, Stream.SPONSORS]), len(executor), min(len(executor), 50)

    def express(parameters: Sequence[Tensors]) -> list[Tensor]:
        component, own = part.component, parameters[design.parts.index(part)]
        assert isinstance(component, Sponsorship)
        rows = {key: pt.as_tensor(value) for key, value in part.rows.items()}
        said = component.given(own, rows, part.levels)
        return [pt.special.softmax(component.link(own, part.levels) + said[:, None, :], axis=-1)]

    evaluate = evaluator(design, express)
    found = np.empty_like(executor)
    for start, batch in zip(range(0, samples, size), batches(drawn, size), strict=True):
        chance = evaluate(batch)[0][: samples - start]
        stop = start + len(chance)
        at = np.arange(len(chance))[:, None]
        found[start:stop] = categorical(chance[at, part.index[None, :], executor[start:stop]], rng)
    return executor, found


def pairs(executor: NDArray[np.int64], sponsor: NDArray[np.int64], part: Part) -> NDArray[np.float64]:
    """Number of killings of each executor and sponsor, ``(sample, actor, sponsor)``."""
    shape = part.levels.data["position"].shape
    code = executor * shape[1] + sponsor
    counts = [np.bincount(row, minlength=shape[0] * shape[1]) for row in code]
    return np.array(counts, dtype=float).reshape(-1, *shape)


def summaries(count: NDArray[np.float64], part: Part, interval: float, events: int) -> list[tuple[Any, ...]]:
    """Rows of the table for one group."""
    tails = [(1 - interval) / 2, (1 + interval) / 2]
    names, labels = part.levels.actors, part.levels.coords["sponsor"]

    def spread(values: NDArray[np.float64]) -> tuple[float, float, float]:
        low, high = np.quantile(values, tails) if len(values) and events > 1 else (np.nan, np.nan)
        return float(values.mean()) if len(values) else np.nan, float(low), float(high)

    rows: list[tuple[Any, ...]] = []
    for k, executor in enumerate(names):
        whole = count[:, k].sum(axis=-1)
        for s in np.flatnonzero(part.levels.data["position"][k] >= 0):
            given = count[whole > 0, k, s] / whole[whole > 0]
            rows.append((executor, labels[int(s)], *spread(count[:, k, s] / events), *spread(given)))
    for position, label in enumerate(labels):
        margin = spread(count[:, :, position].sum(axis=1) / events)
        rows.append((ALL, label, *margin, *margin))
    return rows


def group_values(posterior: xr.DataTree, column: str) -> Any:
    """Values of a column of the events, their year, or their ids."""
    if column == "event":
        return posterior["attribution"].to_dataset()["event"].values
    return column_values(posterior, column)

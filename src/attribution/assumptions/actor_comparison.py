"""`compare_actors`: whether one actor did more than another, under every assumption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from attribution.assumptions.catalogue import (
    DOUBTFUL,
    EXACT,
    FACTORS,
    POWERS,
    assumption_in_words,
    check_given,
    examined,
)
from attribution.assumptions.scenarios import FAILED, Scenario
from attribution.errors import AttributionError, nearest
from attribution.results.summaries import column_values, verdict
from attribution.results.words import likelihood


def compare_actors(
    posterior: xr.DataTree,
    a: str,
    b: str,
    *,
    by: str | None = None,
    factors: Sequence[float] = FACTORS,
    powers: Sequence[float] = POWERS,
    refit: str = DOUBTFUL,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Probability that one actor did more of the documented killings than another, under each assumption.

    Rank claims flip easily: cite one only with the whole table.

    Parameters
    ----------
    posterior
        What `fit` returns.
    a, b
        The two actors.
    by
        A column of the events or `"year"`: a comparison in each of its groups.
    factors, powers, refit, draws, seed
        As for `sensitivity`.

    Returns
    -------
    pandas.DataFrame
        One row a group and assumption: the group's column, `kind`, `about`, `value`, `assumption`,
        `more` (probability that `a` did more), `fewer` (that `b` did more; the rest is a tie),
        `words` (for `more`), `pareto_k`, `method`, `events`, `of` and `checks`. Rows of kind
        `bound` say whether `a` did more if every open killing fell to it (1) or to `b` (0), as far
        as labels allow.

    Raises
    ------
    AttributionError
        An actor or a column that is not there, the same actor twice, or what `sensitivity` refuses.

    Examples
    --------
    >>> compare_actors(posterior, "IS", "criminal", by="area")  # doctest: +SKIP
    """
    check_given(factors, powers, refit)
    first, second = positions(posterior, a, b)
    found = examined(posterior, factors, powers, refit, draws, seed)
    ground = found.ground
    groups = events_by_group(posterior, by, len(ground.design.cell))
    rows = []
    for own in found.scenarios:
        said = assumption_in_words(own.kind, own.about, own.value)
        for label, members in groups.items():
            more, fewer = outdoes(own, members, first, second)
            words = "" if np.isnan(more) else likelihood(more, more)
            rows.append((label, *said, more, fewer, words, own.pareto_k, own.method, len(members)))
    for label, members in groups.items():
        for value in (0.0, 1.0):
            more, fewer = outdoes_at_bound(ground.design.candidates[members], first, second, bool(value))
            said = assumption_in_words("bound", a, value)
            rows.append((label, *said, more, fewer, "", np.nan, EXACT, len(members)))
    columns = [
        *("group", "kind", "about", "value", "assumption", "more", "fewer", "words", "pareto_k", "method"),
        "events",
    ]
    table = pd.DataFrame(rows, columns=columns).assign(of="documented killings", checks=verdict(posterior))
    return table.drop(columns="group") if by is None else table.rename(columns={"group": by})


def outdoes(own: Scenario, members: Any, first: int, second: int) -> tuple[float, float]:
    """Probability that the first actor did more of these killings than the second, and that it did fewer."""
    if own.method == FAILED:
        return np.nan, np.nan
    margin = (own.actor[:, members] == first).sum(axis=1) - (own.actor[:, members] == second).sum(axis=1)
    more, fewer = (min(float(own.weight[which].sum()), 1.0) for which in (margin > 0, margin < 0))
    return more, fewer  # weights may sum to a little over one


def outdoes_at_bound(candidates: Any, first: int, second: int, favoured: bool) -> tuple[float, float]:
    """The same if all open killings fell to the first actor (or to the second), as far as labels allow."""
    winner, loser = (first, second) if favoured else (second, first)
    margin = candidates[:, winner].sum() - (candidates[:, loser] & (candidates.sum(axis=1) == 1)).sum()
    margin = margin if favoured else -margin
    return float(margin > 0), float(margin < 0)


def positions(posterior: xr.DataTree, a: str, b: str) -> tuple[int, int]:
    """Positions of two different actors."""
    names: list[str] = posterior["attribution"].to_dataset()["actor"].values.tolist()
    for name in (a, b):
        if name not in names:
            raise AttributionError(
                f"The model has no actor {name!r}.{nearest(name, names)} It has {', '.join(names)}."
            )
    if a == b:
        raise AttributionError(f"compare_actors({a!r}, {b!r}): name two different actors.")
    return names.index(a), names.index(b)


def events_by_group(posterior: xr.DataTree, by: str | None, count: int) -> dict[Any, Any]:
    """Positions of the events of each group."""
    if by is None:
        return {"": np.arange(count)}
    return dict(pd.Series(np.arange(count)).groupby(column_values(posterior, by)).indices)

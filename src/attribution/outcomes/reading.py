"""The rules that a table of dated outcomes is held against: threats, troop movements, arrests, settlements."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

import numpy as np
import pandas as pd

from attribution.arrays import Array
from attribution.errors import DataError, nearest, problem_table
from attribution.events.checks import check_filled, check_header, check_labels, read_days
from attribution.events.text_table import Source, TextTable, open_table

OUTCOME_COLUMNS = ("date", "area", "kind")
"""Columns of the table of outcomes; others are not read."""


def read_outcomes(
    source: Source, areas: Sequence[str], period: tuple[np.datetime64, np.datetime64] | None, encoding: str
) -> pd.DataFrame:
    """Outcomes of a table, every rule held against them.

    Parameters
    ----------
    source
        Path or DataFrame with the columns `date` (a day), `area` and `kind`.
    areas
        The areas of the killings; none where the killings have no areas, and then outcomes have
        none either.
    period
        First and last day on which outcomes were recorded, or None.
    encoding
        Of CSV files.

    Returns
    -------
    pandas.DataFrame
        Columns `date` (datetime64[D] in microseconds), `area` and `kind`, one row an outcome, in
        order. Equal rows are outcomes of their own.

    Raises
    ------
    DataError
        With every problem.
    """
    table = open_table("outcomes", source, encoding)
    day = _days(table, areas, period) if table.rows else np.empty(0, dtype="datetime64[D]")
    if table.problems:
        raise DataError(problem_table(sorted(table.problems, key=itemgetter(0, 1))))
    return pd.DataFrame({"date": day, "area": table.text("area"), "kind": table.text("kind")})


def _days(
    table: TextTable, areas: Sequence[str], period: tuple[np.datetime64, np.datetime64] | None
) -> Array:
    """The day of each outcome, and every problem of the table reported."""
    required = OUTCOME_COLUMNS if len(areas) else ("date", "kind")
    check_header(table, OUTCOME_COLUMNS, required)
    check_labels(table, ("area", "kind"))
    check_filled(table, required, "an outcome")
    day = read_days(table, "date")
    lost = table.each("area", lambda label: label not in {"", *areas})
    rule = "area must be an area in which killings are documented: elsewhere there is no before and after."
    fix = "Correct it, or take the row out."
    table.reject(lost, "area", rule, lambda label: f"{fix}{nearest(label, areas)}")
    if period is not None:
        outside = (day < period[0]) | (day > period[1])
        rule = f"An outcome must lie in the period, {period[0]} to {period[1]}."
        table.reject(outside, "date", rule, "Widen the period, or take the row out.")
    return day

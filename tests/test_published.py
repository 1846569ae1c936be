"""The published aggregates for Daraa: one fact a row, and no fact against another of the same source."""

from pathlib import Path

import pandas as pd
import pytest

PATH = Path(__file__).parents[1] / "data" / "daraa_published.csv"
COLUMNS = [
    "fact_id",
    "source",
    "period_start",
    "period_end",
    "area",
    "measure",
    "category",
    "value",
    "unit",
    "note",
]
SOURCES = {"Daraa Martyrs Documentation Office", "Horan Free League", "ETANA", "Islamic State claims"}
AREAS = {"Daraa", "Daraa west", "Daraa east", "Daraa city"}
UNITS = {"operations", "people", "attempts", "assassinations", "attacks", "events", "months", "percent"}


@pytest.fixture(scope="module")
def facts():
    return pd.read_csv(PATH, keep_default_na=False)


@pytest.fixture(scope="module")
def value(facts):
    return facts.set_index("fact_id")["value"]


def test_schema(facts):
    assert list(facts.columns) == COLUMNS
    assert facts["fact_id"].is_unique
    assert facts["fact_id"].str.fullmatch(r"[a-z0-9_]+").all()
    assert not facts.drop(columns=["period_start", "period_end", "note"]).eq("").to_numpy().any()
    assert not facts.duplicated([c for c in COLUMNS if c not in ("fact_id", "value", "note")]).any()
    assert set(facts["source"]) == SOURCES
    assert set(facts["area"]) == AREAS
    assert set(facts["unit"]) == UNITS
    assert not facts.map(lambda cell: isinstance(cell, str) and cell != cell.strip()).to_numpy().any()


def test_values(facts):
    assert (facts["value"] >= 0).all()
    percent = facts["unit"] == "percent"
    assert facts.loc[percent, "value"].le(100).all()
    assert (facts.loc[~percent, "value"] % 1 == 0).all()


def test_periods(facts):
    dated = facts[facts["period_start"] != ""]
    start = pd.to_datetime(dated["period_start"], format="%Y-%m-%d")
    end = pd.to_datetime(dated["period_end"], format="%Y-%m-%d")
    assert (start <= end).all()
    assert start.min() >= pd.Timestamp("2018-07-01")
    undated = facts[facts["period_start"] == ""]
    assert (undated["period_end"] == "").all()
    assert undated["note"].str.contains("not dated").all()


def test_parts_do_not_exceed_their_whole(value):
    methods = value.filter(regex="^dmdo_2021_method_")
    assert len(methods) == 3
    assert methods.sum() <= value["dmdo_2021_operations"]
    areas = value.filter(regex="^dmdo_2021_area_")
    assert len(areas) == 3
    assert 99 <= areas.sum() <= 100  # published rounded
    for part, whole in [
        ("dmdo_2020_11_killed_ex_opposition", "dmdo_2020_11_killed"),
        ("dmdo_2021_11_killed_ex_opposition", "dmdo_2021_11_killed"),
        ("dmdo_2020_11_killed", "dmdo_2020_killed"),
        ("dmdo_2021_11_killed", "dmdo_2021_killed"),
        ("dmdo_2020_operations", "dmdo_2018_2021_attempts"),
        ("dmdo_2020_killed", "dmdo_2018_2021_killed"),
        ("hfl_2022_killed_civilian", "hfl_2022_killed"),
        ("is_2019_claimed_assassinations", "is_2019_claimed_attacks"),
    ]:
        assert value[part] <= value[whole], f"{part} exceeds {whole}"


def test_data_sheet_describes_every_column():
    sheet = (PATH.parent / "README.md").read_text(encoding="utf-8")
    assert PATH.name in sheet
    assert [column for column in COLUMNS if f"`{column}`" not in sheet] == []

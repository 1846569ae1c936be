"""CSV files that a spreadsheet cannot run, and never half of one."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.results.csv_table import STARTS, neutral

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1",
    "=HYPERLINK(0)",
    "\uff1d1+1",
    "-2+3+cmd|' /C calc'!A0",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_formulas_are_neutralised(tmp_path, formula):
    frame = pd.DataFrame({"actor": [formula, "IS"], formula: ["a", "b"], "share": [-0.5, 0.5]})
    at.to_csv(frame, tmp_path / "x.csv")
    back = pd.read_csv(tmp_path / "x.csv", dtype=str, keep_default_na=False)
    assert back.columns[1].startswith("'")
    assert back["actor"][0].startswith("'")
    assert back["share"].tolist() == ["-0.5", "0.5"]
    assert frame["actor"][0] == formula, "the caller's table is unchanged"


@pytest.mark.parametrize("text", ["a\r=1", "a\n=1", "a\r\n=1"])
def test_a_line_break_begins_no_cell(tmp_path, text):
    """A break inside a text is quoted: else what follows it would stand at the beginning of a row."""
    at.to_csv(pd.DataFrame({"actor": [text]}), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes() == f'actor\r\n"{text}"\r\n'.encode()


def test_categories_and_duplicate_columns(tmp_path):
    frame = pd.DataFrame([["=1", "=2"]], columns=["a", "a"]).astype("category")
    at.to_csv(frame, tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == "a,a\n'=1,'=2\n"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=8))
def test_no_cell_starts_a_formula(text):
    assert not str(neutral(text)).lstrip(" ").startswith(STARTS)
    assert str(neutral(text)).removeprefix("'") == text.removeprefix("'")


def test_a_failure_leaves_what_was_there(tmp_path, monkeypatch):
    (tmp_path / "x.csv").write_text("before")

    def full(_, path, **options):
        assert options["index"] is False
        path.write_text("half")
        raise OSError("No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match="No space"):
        at.to_csv(pd.DataFrame({"a": [1]}), tmp_path / "x.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]
    assert (tmp_path / "x.csv").read_text() == "before"


def test_other_names_and_things(tmp_path):
    with pytest.raises(at.AttributionError, match=r"'\.csv'"):
        at.to_csv(pd.DataFrame(), tmp_path / "x.xlsx")
    with pytest.raises(at.AttributionError, match="not list"):
        at.to_csv([1], tmp_path / "x.csv")

"""Contexts, bundles, competing claims and denials as tables: every rule and every message."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from test_reading import only, problems

import attribution as at
from attribution.events.coverage import coverage_of, watched
from attribution.events.windows import inside, windows


def table(**columns):
    good = {
        "event_id": ["e1", "e2", "e3"],
        "date": ["2021-03-17", "2021-04", "2021"],
        "area": ["Nawa", "Jasim", ""],
    }
    return pd.DataFrame(good | columns, dtype=str)


def contexts(**columns):
    good = {
        "name": ["siege", "siege", "truce"],
        "start": ["2021-03-01", "2021-03-01", "2021-04-11"],
        "end": ["2021-03-31", "2021-06-30", "2021-12-31"],
        "area": ["Nawa", "Jasim", ""],
    }
    return pd.DataFrame(good | columns, dtype=str)


def bundles(**columns):
    good = {
        "claimant": ["IS", "IS"],
        "start": ["2021-01-01", "2021-04-01"],
        "end": ["2021-03-31", "2021-12-31"],
        "area": ["Nawa", ""],
        "count": ["34", "0"],
        "kind": ["operations", ""],
    }
    return pd.DataFrame(good | columns, dtype=str)


def test_values_and_types():
    events = at.read_events(
        table(), contexts=contexts(source=["a", "b", "c"]), bundles=bundles(), actors=["IS"]
    )
    assert dict(events.sizes) == {"event": 3, "context": 3, "bundle": 2}
    assert events["context_name"].values.tolist() == ["siege", "siege", "truce"]
    assert events["context_start"].dtype == events["bundle_end"].dtype == np.dtype("datetime64[us]")
    assert events["bundle_count"].values.tolist() == [34.0, 0.0]
    assert events["bundle_kind"].values.tolist() == ["operations", ""]
    assert events["context"].values.tolist() == ["1", "2", "3"]
    assert events["context_source"].values.tolist() == ["a", "b", "c"]


def test_tables_come_back(tmp_path):
    for frame, name in ((contexts(), "contexts"), (bundles(), "bundles")):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    events = at.read_events(table(), contexts=tmp_path / "contexts.csv", bundles=tmp_path / "bundles.csv")
    frames = {name: at.to_frame(events, name) for name in ("contexts", "bundles")}
    assert sorted(frames["bundles"].columns) == sorted(bundles().columns)
    xr.testing.assert_identical(at.read_events(at.to_frame(events), **frames), events)
    assert events.attrs["data_hash"] != at.read_events(table()).attrs["data_hash"]


def test_a_table_without_areas_is_everywhere():
    events = at.read_events(table(), contexts=contexts().drop(columns="area").iloc[1:])
    assert events["context_area"].values.tolist() == ["", ""]


def test_share_of_a_coarse_date():
    events = at.read_events(table(), contexts=contexts())
    share = inside(events, windows(events, "context", "name"))
    expected = [[1, 0, 0], [0, 1, 20 / 30], [0, 0, 265 / 365]]
    np.testing.assert_allclose(share, expected)


@pytest.mark.parametrize(
    ("changes", "column", "rows", "rule"),
    [
        ({"end": ["2021-02-01", "2021-06-30", "2021-12-31"]}, "end", [1], "must not end before it starts"),
        ({"area": ["Nawaa", "Jasim", ""]}, "area", [1], "must be an area of the event table"),
        ({"area": ["Nawa", "Nawa", ""]}, "start", [2], "must not overlap"),
        ({"area": ["Nawa", "", ""]}, "start", [2], "must not overlap"),
        ({"name": ["siege", "", "truce"]}, "name", [2], "must not be empty"),
        ({"start": ["2021-03", "2021-03-01", ""]}, "start", [1, 3], None),
        ({"name": ["siege", "a|b", "truce"]}, "name", [2], "must not hold '|'"),
    ],
)
def test_contexts_that_cannot_be(changes, column, rows, rule):
    found = problems(table(), contexts=contexts(**changes))
    assert found["table"].eq("contexts").all()
    assert found["row"].tolist() == rows
    assert found["column"].eq(column).all()
    assert rule is None or rule in found["rule"].iloc[0]


def test_windows_of_different_names_may_overlap():
    at.read_events(table(), contexts=contexts(name=["siege", "storm", "truce"], area=["Nawa", "Nawa", ""]))


def test_an_area_spelt_otherwise_is_suggested():
    assert "Did you mean 'Nawa'" in only(table(), contexts=contexts(area=["Nava", "Jasim", ""]))["fix"]


@pytest.mark.parametrize(
    ("changes", "column", "rule"),
    [
        ({"count": ["34", "-1"]}, "count", "whole number, 0 or more"),
        ({"count": ["34", "2.5"]}, "count", "whole number, 0 or more"),
        ({"count": ["34", ""]}, "count", "must not be empty"),
        ({"claimant": ["IS", "unlisted"]}, "claimant", "must not be 'unlisted'"),
        ({"claimant": ["IS", "ISS"]}, "claimant", "must name only"),
        ({"claimant": ["IS", ""]}, "claimant", "must not be empty"),
        ({"end": ["2021-03-31", "2021-01-01"]}, "end", "must not end before it starts"),
    ],
)
def test_bundles_that_cannot_be(changes, column, rule):
    problem = only(table(), bundles=bundles(**changes), actors=["IS"])
    assert problem["table"] == "bundles"
    assert problem["row"] == 2
    assert problem["column"] == column
    assert rule in problem["rule"]


@pytest.mark.parametrize("name", ["contexts", "bundles"])
def test_a_column_that_is_missing(name):
    frame = {"contexts": contexts, "bundles": bundles}[name]().drop(columns="start")
    assert only(table(), **{name: frame})["rule"] == "A required column is missing."


def test_all_tables_report_at_once():
    found = problems(
        table(killed=["-1", "", ""]), contexts=contexts(area="X"), bundles=bundles(count="x"), actors=["IS"]
    )
    assert found["table"].tolist() == ["bundles"] * 2 + ["contexts"] * 4 + ["events"]


@pytest.mark.parametrize("column", ["context", "bundle_x", "context_area"])
def test_names_of_these_tables_are_not_for_events(column):
    assert only(table(**{column: "1"}))["rule"] == "The library cannot use this column name."


# ---- what sources cover


def words(**columns):
    good = {
        "event_id": ["e1", "e2", "e3"],
        "source": ["monitor", "monitor", "paper"],
        "kind": "accusation",
        "actor": "IS",
    }
    return pd.DataFrame(good | columns, dtype=str)


def coverage(**columns):
    good = {
        "source": ["monitor", "monitor", "paper"],
        "start": ["2021-03-01", "2021-04-01", "2021-04-11"],
        "end": ["2021-03-31", "2021-06-30", "2021-12-31"],
        "area": ["Nawa", "", ""],
    }
    return pd.DataFrame(good | columns, dtype=str)


def test_coverage_comes_in_and_back(tmp_path):
    coverage().to_csv(tmp_path / "coverage.csv", index=False)
    events = at.read_events(table(), statements=words(), coverage=tmp_path / "coverage.csv")
    assert events["coverage_source"].values.tolist() == ["monitor", "monitor", "paper"]
    assert events["coverage_end"].dtype == np.dtype("datetime64[us]")
    frames = {name: at.to_frame(events, name) for name in ("statements", "coverage")}
    xr.testing.assert_identical(at.read_events(at.to_frame(events), **frames), events)
    assert events.attrs["data_hash"] != at.read_events(table(), statements=words()).attrs["data_hash"]
    assert at.select(events, ["e1"]).sizes["coverage"] == 3


def test_where_sources_watch():
    events = at.read_events(table(), statements=words(), coverage=coverage())
    share = watched(events, ["monitor", "paper", "radio"], coverage_of(events))
    year = (31 * 0.5 + 91) / 365  # the last event has no area, and half of the others are in Nawa
    np.testing.assert_allclose(share, [[1, 0, 1], [1, 20 / 30, 1], [year, 265 / 365, 1]])
    assert coverage_of(at.read_events(table())) is None


@pytest.mark.parametrize(
    ("changes", "column", "rows", "rule"),
    [
        ({"end": ["2021-02-01", "2021-06-30", "2021-12-31"]}, "end", [1], "must not end before it starts"),
        ({"area": ["Nawaa", "", ""]}, "area", [1], "must be an area of the event table"),
        ({"start": ["2021-03-01", "2021-03-31", "2021-04-11"]}, "start", [2], "must not overlap"),
        ({"source": ["monitr", "monitor", "paper"]}, "source", [1], "must be a source of the statements"),
        ({"source": ["", "monitor", "paper"]}, "source", [1], "must not be empty"),
        ({"start": ["2021-03", "2021-04-01", ""]}, "start", [1, 3], None),
    ],
)
def test_coverage_that_cannot_be(changes, column, rows, rule):
    found = problems(table(), statements=words(), coverage=coverage(**changes))
    found = found[found["table"] == "coverage"]
    assert found["row"].tolist() == rows
    assert found["column"].eq(column).all()
    assert rule is None or rule in found["rule"].iloc[0]


def test_sources_spelt_otherwise_are_suggested():
    found = problems(table(), statements=words(), coverage=coverage(source=["monitr", "monitor", "paper"]))
    assert "Did you mean 'monitor'" in found[found["table"] == "coverage"]["fix"].iloc[0]


def test_coverage_without_statements_is_of_nobody():
    found = problems(table(), coverage=coverage())
    assert found["rule"].tolist() == ["source must be a source of the statements."] * 3


def test_statements_outside_the_coverage_are_listed_with_everything_else():
    found = problems(
        table(area=["Jasim", "Jasim", ""], killed=["-1", "", ""]),
        statements=words(event_id=["e1", "e2", "e2"], kind=["accusation", "accusation", "word"]),
        coverage=coverage(start=["2021-03-18", "2021-04-01", "2021-05-01"], area=""),
    )
    rule = "A statement must be about an event that its source covers."
    outside = found[found["rule"] == rule]
    assert outside["table"].eq("statements").all()
    assert outside["row"].tolist() == [1, 3]
    assert outside["event_id"].tolist() == ["e1", "e2"]
    assert outside["column"].eq("source").all()
    said = ["monitor (event of 2021-03-17 in Jasim)", "paper (event of 2021-04 in Jasim)"]
    assert outside["value"].tolist() == said
    assert "2021-03-18 to 2021-03-31; 2021-04-01 to 2021-06-30" in outside["fix"].iloc[0]
    assert found["rule"].str.contains("kind must be one of").sum() == 1
    assert found["rule"].str.contains("whole number").sum() == 1


def test_an_event_that_may_lie_inside_may_be_spoken_of():
    at.read_events(table(area=["", "Nawa", ""]), statements=words(), coverage=coverage())
    late = ["2021-03-20", "2021-04-01", "2021-04-11"]
    assert only(table(), statements=words(), coverage=coverage(start=late, area=""))["row"] == 1


def test_dates_that_are_none_do_not_hide_the_coverage():
    dates, starts = ["x", "2021-04", "2021"], ["2021-03-01", "", "2021-12-01"]
    found = problems(table(date=dates), statements=words(), coverage=coverage(start=starts, area="X"))
    assert {*found["table"]} == {"events", "coverage"}
    assert found["rule"].str.contains("area must be").sum() == 3


# ---- competing claims, denials, events that only a claim records


def test_several_may_claim_and_deny():
    events = at.read_events(
        table(claimed_by=["A|B", "", "A"], denied_by=["C", "A|B", "B"], only_claimed=["", "", "yes"])
    )
    assert events["denied_by"].values.tolist() == ["C", "A|B", "B"]


@pytest.mark.parametrize(
    ("columns", "column", "rule"),
    [
        ({"claimed_by": ["A||B", "", ""]}, "claimed_by", "separated by single '|'"),
        ({"claimed_by": ["A|A", "", ""]}, "claimed_by", "must name an actor once"),
        ({"denied_by": ["A|A", "", ""]}, "denied_by", "must name an actor once"),
        ({"denied_by": ["unlisted", "", ""]}, "denied_by", "must not name 'unlisted'"),
        ({"claimed_by": ["A|B", "", ""], "denied_by": ["C|B", "", ""]}, "denied_by", "both claim and deny"),
        ({"only_claimed": ["yes", "", ""]}, "only_claimed", "must have a claimant"),
        (
            {"claimed_by": ["A", "", ""], "only_claimed": ["no", "", ""]},
            "only_claimed",
            "must be one of 'yes'",
        ),
        (
            {"claimed_by": ["A|B", "", ""], "claim_date": ["2021-03-18", "", ""]},
            "claim_date",
            "must be empty",
        ),
        ({"claimed_by": ["A| B", "", ""]}, "claimed_by", "blank"),
    ],
)
def test_claims_that_cannot_be(columns, column, rule):
    problem = only(table(**columns))
    assert problem["column"] == column
    assert rule in problem["rule"]


def test_a_denial_is_entered_once():
    said = pd.DataFrame(
        [("e1", "A", "denial", "A"), ("e1", "A", "denial", "B"), ("e2", "A", "denial", "A")],
        columns=["event_id", "source", "kind", "actor"],
    ).iloc[[0, 2]]
    problem = only(table(denied_by=["A", "", ""]), statements=said)
    assert (problem["table"], problem["row"], problem["column"]) == ("statements", 1, "source")
    assert "must be entered once" in problem["rule"]
    at.read_events(table(denied_by=["", "B", ""]), statements=said)

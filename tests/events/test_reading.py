"""The event table: every rule, every message, and that nothing changes silently."""

import dataclasses
import difflib
import gzip
import json
import pickle

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.errors import (
    PROBLEM_COLUMNS,
    AttributionError,
    Check,
    DataError,
    FitError,
    ModelError,
    nearest,
)
from attribution.events import checks
from attribution.events.candidates import candidate_mask
from attribution.events.provenance import data_hash
from attribution.events.reading import read_events, to_frame
from attribution.events.windows import window

DATES = ["date", "claim_date", "observed_until", "statement_date"]
HASH = "a508c90ae6e9b3905d08d67c3904750ec12a1f8483ac20e3cf9a5cc4c4cfd743"
ACTORS = ["IS", "regime security", "local factions"]


def table(**columns):
    """Three good events, with columns replaced or added."""
    good = {
        "event_id": ["e1", "e2", "e3"],
        "date": ["2021-03-17", "2021-04", "2021"],
        "area": ["Tafas", "Jasim", "Jasim"],
        "place": ["", "Inkhil", ""],
        "latitude": ["32.73", "", ""],
        "longitude": ["36.06", "", ""],
        "location_precision": ["exact", "place", "area"],
        "target_rank": ["1 civilian", "3 commander", ""],
        "killed": ["1", "2", ""],
        "perpetrator": ["IS", "", ""],
        "candidates": ["IS|local factions", "IS|regime security", ""],
        "claimed_by": ["IS", "", ""],
        "claim_date": ["2021-03-18", "", ""],
        "observed_until": ["2022-01-01", "2022-01-01", ""],
        "weapon_note": ["pistol", "", "rifle"],
        "population": ["1200", "", "3e3"],
    }
    return pd.DataFrame(good | columns, dtype=str)


def said(**columns):
    good = {
        "event_id": ["e1", "e2"],
        "source": ["SOHR", "SOHR"],
        "kind": ["accusation", "denial"],
        "actor": ["IS", "IS"],
        "date": ["2021-03-18", ""],
    }
    return pd.DataFrame(good | columns, dtype=str)


def problems(source, **arguments):
    with pytest.raises(DataError) as caught:
        read_events(source, **arguments)
    found = caught.value.problems
    assert tuple(found.columns) == PROBLEM_COLUMNS
    for problem in found.itertuples():
        assert problem.rule in str(caught.value)
        assert str(problem.fix) in str(caught.value)
        assert problem.rule.endswith(".")
    return found


def only(source, **arguments):
    found = problems(source, **arguments)
    assert len(found) == 1, found.to_string()
    return found.iloc[0]


def test_values_types_and_missing():
    events = read_events(table(), statements=said(), actors=ACTORS)
    assert dict(events.sizes) == {"event": 3, "statement": 2}
    assert events["event"].values.tolist() == ["e1", "e2", "e3"]
    assert events["date"].values.astype("datetime64[D]").astype(str).tolist() == [
        "2021-03-17",
        "2021-04-01",
        "2021-01-01",
    ]
    assert events["date_precision"].values.tolist() == ["day", "month", "year"]
    assert events["killed"].dtype == np.float64
    np.testing.assert_array_equal(events["killed"], [1, 2, np.nan])
    np.testing.assert_array_equal(events["population"], [1200, np.nan, 3000])
    assert events["weapon_note"].values.tolist() == ["pistol", "", "rifle"]
    assert events["area"].dtype.kind == "U"
    assert events["date"].dtype == np.dtype("datetime64[us]")
    assert np.isnat(events["claim_date"].values).tolist() == [False, True, True]
    assert events["statement_event"].values.tolist() == ["e1", "e2"]
    assert events["statement"].values.tolist() == ["1", "2"]
    assert np.isnat(events["statement_date"].values).tolist() == [False, True]
    assert "injured" not in events
    assert "event_id" not in events.variables
    assert events.attrs["source"] == events.attrs["statements_source"] == "DataFrame"


def test_without_statements_no_statement_variables():
    events = read_events(table())
    assert not [name for name in events.variables if str(name).startswith("statement")]
    assert events.attrs["statements_source"] == ""


def test_statement_date_may_be_absent():
    assert np.isnat(read_events(table(), statements=said().drop(columns="date"))["statement_date"]).all()


def test_netcdf_round_trip(tmp_path):
    frame = table(
        date=["1800-01-01", "2200-12-31", "2021"], claim_date=["", "", ""], claimed_by="", observed_until=""
    )
    events = read_events(frame.assign(area=["درعا", "", ""], place=""), statements=said())
    events.to_netcdf(tmp_path / "events.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "events.nc", engine="h5netcdf") as stored:
        back = stored.load()
    xr.testing.assert_identical(back, events)
    assert {name for name in events.variables if back[name].dtype != events[name].dtype} == set(DATES)
    assert data_hash(back) == events.attrs["data_hash"]


def test_same_hash_whatever_the_source(tmp_path):
    frame = table().assign(
        killed=[1, 2, None], date=["2021-03-17", "2021-04-02", "2021-05-03"], latitude=None
    )
    frame = frame.assign(longitude=None, flag=[True, False, True], code=[7, 8, 9])
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "b.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    frame.to_csv(tmp_path / "c.csv.gz", index=False)
    frame.to_csv(tmp_path / "d.csv", index=False, encoding="utf-16")
    frame.to_parquet(tmp_path / "e.parquet")
    frame.assign(date=pd.to_datetime(frame["date"])).to_parquet(tmp_path / "f.parquet")
    sources = [
        read_events(frame),
        read_events(frame[frame.columns[::-1]]),
        read_events(frame.assign(date=pd.to_datetime(frame["date"]))),
        read_events(frame.assign(date=pd.to_datetime(frame["date"]).dt.date)),
        read_events(frame.astype({"area": "category", "killed": "Int64"})),
        read_events(frame.set_axis([5, 5, 5])),
        read_events(tmp_path / "d.csv", encoding="utf-16"),
        *(read_events(tmp_path / name) for name in ("a.csv", "b.csv", "c.csv.gz", "e.parquet", "f.parquet")),
        read_events(str(tmp_path / "a.csv")),
    ]
    assert len({events.attrs["data_hash"] for events in sources}) == 1
    assert len(sources[0].attrs["data_hash"]) == 64
    assert sources[-1].attrs["source"] == "a.csv"


def test_hash_is_stable_across_releases():
    frame = pd.DataFrame({"event_id": ["e1"], "date": ["2021-03"], "killed": ["2"]})
    assert read_events(frame).attrs["data_hash"] == HASH


@pytest.mark.parametrize(
    "changed",
    [
        {"table": table(killed=["1", "3", ""])},
        {"table": table(weapon_note=["pistol", "", "rifle "])},
        {"table": table().iloc[::-1]},
        {"table": table(), "statements": said()},
        {"table": table(), "ranks": ["3 commander", "1 civilian"]},
        {"table": table().rename(columns={"weapon_note": "note"})},
    ],
)
def test_hash_depends_on_content(changed):
    assert read_events(**changed).attrs["data_hash"] != read_events(table()).attrs["data_hash"]


def test_hash_ignores_how_numbers_are_held():
    events = read_events(table(killed=["1", "2", "0"]))
    assert data_hash(events.assign(killed=events["killed"].astype(int))) == events.attrs["data_hash"]


def test_frame_round_trip():
    events = read_events(table(), statements=said(url=["a", "b"]))
    frame, statements = to_frame(events), to_frame(events, "statements")
    assert frame.columns.tolist() == [*table().columns, "date_precision"]
    assert sorted(statements.columns) == ["actor", "date", "event_id", "kind", "source", "url"]
    again = read_events(frame, statements=statements)
    xr.testing.assert_identical(again, events)


def test_frame_round_trip_through_csv(tmp_path):
    events = read_events(table(), statements=said())
    to_frame(events).to_csv(tmp_path / "x.csv", index=False)
    to_frame(events, "statements").to_csv(tmp_path / "x_statements.csv", index=False)
    again = read_events(tmp_path / "x.csv")
    assert again.attrs["data_hash"] == events.attrs["data_hash"]
    assert again.attrs["statements_source"] == "x_statements.csv"


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".v2.csv", ".CSV"])
def test_statements_beside_the_table(tmp_path, suffix):
    write = (lambda data: gzip.compress(data)) if suffix.endswith("gz") else bytes
    (tmp_path / f"x{suffix}").write_bytes(write(table().to_csv(index=False).encode()))
    assert read_events(tmp_path / f"x{suffix}").attrs["statements_source"] == ""
    beside = f"x{suffix}".replace(".csv", "_statements.csv").replace(".CSV", "_statements.CSV")
    (tmp_path / beside).write_bytes(write(said().to_csv(index=False).encode()))
    assert read_events(tmp_path / f"x{suffix}").attrs["statements_source"] == beside


def test_the_callers_frame_is_unchanged():
    frame, statements = table().assign(killed=[1, 2, None]), said()
    copies = frame.copy(deep=True), statements.copy(deep=True)
    read_events(frame, statements=statements, actors=ACTORS)
    with pytest.raises(DataError):
        read_events(frame, statements=statements, actors=["no"])
    pd.testing.assert_frame_equal(frame, copies[0])
    pd.testing.assert_frame_equal(statements, copies[1])


# Dates


def test_a_coarser_precision_moves_the_date_to_the_start_of_its_window():
    frame = table(date=["2021-03-17"] * 3, date_precision=["", "month", "year"], claim_date="", claimed_by="")
    events = read_events(frame)
    assert events["date_precision"].values.tolist() == ["day", "month", "year"]
    assert events["date"].values.astype("datetime64[D]").astype(str).tolist() == [
        "2021-03-17",
        "2021-03-01",
        "2021-01-01",
    ]


def test_window():
    first, last = window(
        read_events(table(date=["2020-02-29", "2020-02", "2021"], claim_date="", claimed_by=""))
    )
    assert first.dtype == last.dtype == np.dtype("datetime64[D]")
    assert first.astype(str).tolist() == ["2020-02-29", "2020-02-01", "2021-01-01"]
    assert last.astype(str).tolist() == ["2020-02-29", "2020-02-29", "2021-12-31"]


def test_window_of_a_range():
    first, last = window(read_events(table(date_last=["2021-04-02", "", ""])))
    assert first.astype(str).tolist() == ["2021-03-17", "2021-04-01", "2021-01-01"]
    assert last.astype(str).tolist() == ["2021-04-02", "2021-04-30", "2021-12-31"]


@pytest.mark.parametrize(
    "date",
    [
        "17/03/2021",
        "2021-02-30",
        "2021-13",
        "21-03-17",
        "2021-3-1",
        "NaT",
        "now",
        "2021-03-17 12:00",
        "٢٠٢١",
        "2021-W1",
    ],
)
def test_dates_that_are_none(date):
    found = only(table(date=["2021-03-17", date, "2021"]))
    assert (found.row, found.event_id, found.column, found.value) == (2, "e2", "date", date)
    assert found.rule == "date must be a day of the calendar, written YYYY-MM-DD, YYYY-MM or YYYY."


@pytest.mark.parametrize("column", ["claim_date", "observed_until"])
def test_other_dates_are_days(column):
    found = only(table(**{column: ["2022-01", "", ""]}))
    assert found.rule == f"{column} must be a day of the calendar, written YYYY-MM-DD."


@pytest.mark.parametrize("date", ["1799-12-31", "2201", "0000"])
def test_dates_outside_the_range(date):
    found = only(pd.DataFrame({"event_id": ["e1"], "date": [date]}))
    assert found.rule == "date must lie in the years 1800 to 2200."


def test_a_date_with_a_time_of_day_is_not_cut():
    frame = pd.DataFrame(
        {"event_id": ["a", "b"], "date": pd.to_datetime(["2021-03-17 12:00", "2021-03-18 00:00"])}
    )
    assert only(frame).event_id == "a"


def test_an_event_has_at_least_a_year():
    assert only(table(date=["2021-03-17", "", "2021"])).rule == "date must not be empty."


def test_a_precision_finer_than_the_date():
    found = problems(table(date_precision=["day", "day", "month"]))
    assert found["event_id"].tolist() == ["e2", "e3"]
    assert found["value"].tolist() == ["day (date 2021-04)", "month (date 2021)"]
    assert set(found["rule"]) == {"date_precision must not be finer than the date is written."}


# One rule, one row


RULES = [
    ({"event_id": ["e1", "", "e3"]}, "event_id must not be empty."),
    ({"latitude": ["91", "", ""]}, "latitude must be a number from -90 to 90."),
    ({"longitude": ["-180.5", "", ""]}, "longitude must be a number from -180 to 180."),
    ({"latitude": ["32,7", "", ""]}, "latitude must be a number from -90 to 90."),
    ({"latitude": ["٣٢", "", ""]}, "latitude must be a number from -90 to 90."),
    ({"latitude": ["nan", "", ""]}, "latitude must be a number from -90 to 90."),
    ({"latitude": ["", "", ""]}, "longitude must come with latitude."),
    ({"longitude": ["", "", ""]}, "latitude must come with longitude."),
    ({"latitude": ["0.0", "", ""], "longitude": ["0", "", ""]}, "Coordinates (0, 0) are impossible."),
    (
        {"location_precision": ["exakt", "", ""]},
        "location_precision must be one of 'exact', 'place', 'area'.",
    ),
    ({"area": ["Tafas", "", ""]}, "A place must have an area."),
    ({"killed": ["-1", "", ""]}, "killed must be a whole number, 0 or more."),
    ({"killed": ["1.5", "", ""]}, "killed must be a whole number, 0 or more."),
    ({"killed": ["1e999", "", ""]}, "killed must be a whole number, 0 or more."),
    ({"injured": ["some", "", ""]}, "injured must be a whole number, 0 or more."),
    ({"date_precision": ["days", "", ""]}, "date_precision must be one of 'day', 'month', 'year'."),
    ({"perpetrator": ["regime security", "", ""]}, "perpetrator must be among the candidates."),
    ({"candidates": ["IS||x", "", ""]}, "candidates must be actors separated by single '|'."),
    ({"candidates": ["IS|", "", ""]}, "candidates must be actors separated by single '|'."),
    ({"candidates": ["IS|x|IS", "", ""]}, "candidates must name an actor once."),
    ({"candidates": ["IS| x", "", ""]}, "candidates must not begin or end with a blank."),
    ({"denied_by": ["unlisted", "", ""]}, "denied_by must not name 'unlisted': a denial has a name."),
    ({"claims_recorded": ["maybe", "", ""]}, "claims_recorded must be one of 'yes', 'no'."),
    (
        {"claims_recorded": ["no", "", ""], "claimed_by": ["IS", "", ""]},
        "claimed_by must be empty where claims were not recorded.",
    ),
    (
        {"claims_recorded": ["", "no", ""], "denied_by": ["", "IS", ""]},
        "denied_by must be empty where claims were not recorded.",
    ),
    (
        {"label_basis": ["hearsay", "", ""], "perpetrator": ["IS", "", ""]},
        "label_basis must be one of 'independent', 'claim', 'source', 'compiler'.",
    ),
    (
        {"label_basis": ["source", "", ""], "perpetrator": "", "candidates": ""},
        "label_basis must come with a label.",
    ),
    (
        {"label_basis": ["", "claim", ""], "perpetrator": ["", "IS", ""]},
        "A label that rests on a claim must be a perpetrator who claims.",
    ),
    ({"claimed_by": ["", "", ""]}, "claim_date must come with claimed_by."),
    ({"claim_date": ["2021-03-16", "", ""]}, "claim_date must not be before the event."),
    ({"claim_date": ["2022-01-02", "", ""]}, "claim_date must not be after observed_until."),
    ({"observed_until": ["", "2021-03-31", ""]}, "observed_until must not be before the event."),
    ({"date_last": ["2021-03-16", "", ""]}, "date_last must not be before date."),
    ({"date_last": ["", "2021-05-03", ""]}, "date_last must come with a date of precision 'day'."),
    ({"date_last": ["2201-01-01", "", ""]}, "date_last must lie in the years 1800 to 2200."),
    ({"area": ["Tafas ", "Jasim", ""]}, "area must not begin or end with a blank."),
    ({"area": ["\u00a0Tafas", "Jasim", ""]}, "area must not begin or end with a blank."),
    ({"area": ["Ta\nfas", "Jasim", ""]}, "area must not hold invisible characters."),
    ({"area": ["Ta\x00fas", "Jasim", ""]}, "area must not hold invisible characters."),
    ({"area": ["Tafas\u200e", "Jasim", ""]}, "area must not hold invisible characters."),
    ({"area": ["Tafa\ufffd", "Jasim", ""]}, "area must not hold invisible characters."),
    ({"method": ["IED|shooting", "", ""]}, "method must not hold '|'."),
    ({"weapon_note": ["a\0", "", ""]}, "A cell must not hold the NUL character."),
]


@pytest.mark.parametrize(("columns", "rule"), RULES)
def test_each_rule_names_its_row(columns, rule):
    found = only(table(**columns))
    assert found.rule == rule
    assert found.table == "events"
    assert found.row in (1, 2)
    assert found.fix


def test_good_tables_at_the_edge_of_the_rules():
    frame = table(
        date=["2021-03-17", "2021-04", "2021"],
        claimed_by="IS",
        claim_date=["2021-03-17", "2021-04-01", "2021-01-01"],
        observed_until=["2021-03-17", "2021-04-01", "2021-01-01"],
        killed=["0", "1.0", "1e2"],
        latitude=["-90", "90.", "+0"],
        longitude=["180", "-180", ".5"],
        perpetrator=["IS", "", "unlisted"],
    )
    assert read_events(frame, actors=ACTORS).sizes["event"] == 3


def test_duplicate_ids_name_the_first_row():
    found = problems(table(event_id=["e1", "e1", "e1"]))
    assert found["row"].tolist() == [2, 3]
    assert set(found["fix"]) == {"Row 1 has it: rename or remove."}


def test_a_claim_before_the_killing_shows_both_dates():
    found = only(table(claim_date=["2021-03-16", "", ""]))
    assert found.value == "2021-03-16 (date 2021-03-17)"


def test_choices_suggest_the_nearest():
    assert only(table(location_precision=["exakt", "", ""])).fix == "Correct it. Did you mean 'exact'?"


def test_ranks_outside_the_stated_order():
    found = only(table(), ranks=["1 civilian", "3 comander"])
    assert (found.event_id, found.column, found.value) == ("e2", "target_rank", "3 commander")
    assert found.fix == "Correct it. Did you mean '3 comander'?"


@pytest.mark.parametrize("names", [["a", "a"], ["a", ""], ["a "]])
@pytest.mark.parametrize("argument", ["ranks", "actors"])
def test_names_given_as_arguments(argument, names):
    rule = f"`{argument}` must be distinct names without surrounding blanks."
    assert rule in problems(table(), **{argument: names})["rule"].tolist()


@pytest.mark.parametrize(
    ("ranks", "order"),
    [
        (["10 c", "2 b", "1 a"], ["1 a", "2 b", "10 c"]),
        (["1 a", "", "1 a"], ["1 a"]),
        (["1 a", "1 b", ""], []),
        (["1 a", "b", ""], []),
        (["", "", ""], []),
    ],
)
def test_order_of_ranks_by_their_numbers(ranks, order):
    assert json.loads(read_events(table(target_rank=ranks)).attrs["ranks"]) == order


def test_stated_order_of_ranks_is_kept():
    order = ["3 commander", "1 civilian", "never seen"]
    assert json.loads(read_events(table(), ranks=order).attrs["ranks"]) == order


@pytest.mark.parametrize("column", ["perpetrator", "candidates", "claimed_by"])
def test_actors_outside_the_list(column):
    frame = table(perpetrator="", candidates="", claimed_by="", claim_date="").assign(
        **{column: ["", "local faction", ""]}
    )
    found = only(frame, actors=ACTORS)
    assert (found.row, found.column, found.value) == (2, column, "local faction")
    assert "Did you mean 'local factions'?" in found.fix


def test_every_unknown_candidate_is_named():
    found = only(table(candidates=["", "ISS|regime|IS", ""]), actors=ACTORS)
    assert "'ISS' is not one of them. Did you mean 'IS'?" in found.fix
    assert "'regime' is not one of them." in found.fix


# Columns


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Event ID", "event_id"),
        ("id", "event_id"),
        ("DATE", "date"),
        ("target-rank", "target_rank"),
        ("perpetrater", "perpetrator"),
        ("claim by", "claimed_by"),
        ("Lat", "latitude"),
        ("longtitude", "longitude"),
        ("candidate", "candidates"),
    ],
)
def test_unknown_spelling_of_a_column(wrong, right):
    found = problems(table().rename(columns={right: wrong}))
    spelling = found[found["rule"] == "Unknown column spelling."].iloc[0]
    assert (spelling.row, spelling.column) == (0, wrong)
    assert f"Rename it '{right}'" in spelling.fix


def test_a_near_miss_of_a_column_that_is_there_rides_along():
    assert read_events(table(killed_2=["1", "x", ""]))["killed_2"].values.tolist() == ["1", "x", ""]


@pytest.mark.parametrize(
    "column",
    ["victim", "Victim_Name", "name", "names", "victims_name", "Victim's name", "full name", "اسم الضحية"],
)
def test_no_victims_names(column):
    found = only(table(**{column: ["a person", "", ""]}))
    assert found.rule == "Victims' names must not enter the library."
    assert "a person" not in found.to_string()


@pytest.mark.parametrize("column", ["event", "statement", "statement_date", "", ".", "a/b", " x", "x\n"])
def test_column_names_that_cannot_be_used(column):
    assert only(table().assign(**{column: "1"})).rule == "The library cannot use this column name."


@pytest.mark.parametrize("column", ["event_id", "date"])
def test_required_columns(column):
    found = problems(table().drop(columns=column), statements=said())
    assert found.iloc[0][["column", "rule"]].tolist() == [column, "A required column is missing."]


def test_duplicate_column_names(tmp_path):
    frame = pd.concat([table(), table()[["area"]]], axis=1)
    frame.to_csv(tmp_path / "x.csv", index=False)
    for source in (frame, tmp_path / "x.csv"):
        found = only(source)
        assert (found.column, found.rule) == ("area", "A column name may occur once.")


def test_lists_in_cells():
    assert (
        only(table().assign(candidates=[["IS"], [], []])).rule == "A cell must hold one text, number or date."
    )


# Files


FILES = [
    (b"", "The file is empty."),
    (b"\n\n", "The file is empty."),
    (b"event_id,date\n", "The table has no rows."),
    (b"event_id;date\ne1;2021\n", "Cells must be separated by commas."),
    (b"event_id,date\ne1,2021,x\n", "A row must have 2 cells, as the header has."),
    (b"event_id,date\ne1\n", "A row must have 2 cells, as the header has."),
    (b'event_id,date\ne1,"2021\n', "The file is not CSV from line 2 on: unexpected end of data."),
]


@pytest.mark.parametrize(("content", "rule"), FILES)
def test_broken_files(tmp_path, content, rule):
    (tmp_path / "x.csv").write_bytes(content)
    assert only(tmp_path / "x.csv").rule == rule


def test_an_empty_frame():
    assert only(pd.DataFrame()).rule == "The table has no rows."
    assert only(table().iloc[:0]).rule == "The table has no rows."


def test_other_kinds_of_file(tmp_path):
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    assert only(tmp_path / "x.xlsx").rule == "x.xlsx is not a .csv, .csv.gz or .parquet file."
    (tmp_path / "x.csv.gz").write_bytes(b"no gzip")
    assert only(tmp_path / "x.csv.gz").rule.startswith("x.csv.gz cannot be read")
    (tmp_path / "x.parquet").write_bytes(b"no parquet")
    assert only(tmp_path / "x.parquet").rule.startswith("x.parquet cannot be read")
    with pytest.raises(FileNotFoundError):
        read_events(tmp_path / "absent.csv")


def test_mixed_encodings_name_every_line(tmp_path):
    lines = ["event_id,date,area", "e1,2021,Tafás", "e2,2021,Jasím", "e3,2021,Daraa", "e4,2021,Inkhíl"]
    encoded = [line.encode("latin-1" if i in (2, 4) else "utf-8") for i, line in enumerate(lines)]
    (tmp_path / "x.csv").write_bytes(b"\n".join(encoded))
    found = problems(tmp_path / "x.csv")
    assert found["row"].tolist() == [2, 4]
    assert found["value"].tolist() == [
        "line 3: byte 0xed at position 12",
        "line 5: byte 0xed at position 13",
    ]
    assert "Pass encoding=" in found["fix"][0]
    (tmp_path / "y.csv").write_bytes("\n".join(lines).encode("latin-1"))
    assert read_events(tmp_path / "y.csv", encoding="latin-1")["area"].values.tolist()[0] == "Tafás"


def test_na_is_a_label_and_blank_lines_are_no_rows(tmp_path):
    (tmp_path / "x.csv").write_text("event_id,date,area\n\nNA,2021,None\n\nnull,2021,NA\n\n")
    events = read_events(tmp_path / "x.csv")
    assert events["event"].values.tolist() == ["NA", "null"]
    assert events["area"].values.tolist() == ["None", "NA"]


# Statements


STATEMENTS = [
    ({"event_id": ["e1", "e9"]}, "event_id", "A statement must be about an event of the event table."),
    (
        {"kind": ["acusation", "denial"]},
        "kind",
        "kind must be one of 'accusation', 'denial', 'confession', 'finding'.",
    ),
    ({"source": ["", "SOHR"]}, "source", "source of a statement must not be empty."),
    ({"actor": ["IS", ""]}, "actor", "actor of a statement must not be empty."),
    ({"date": ["2021-03-16", ""]}, "date", "A statement must not be dated before its event."),
    ({"date": ["2021-03", ""]}, "date", "date must be a day of the calendar, written YYYY-MM-DD."),
    ({"source": ["SOHR ", "SOHR"]}, "source", "source must not begin or end with a blank."),
    ({"event_id": "e1", "kind": "denial"}, "source", "A statement must be listed once."),
    (
        {"event_id": "e1", "kind": "denial", "actor": ["IS", "local factions"]},
        "source",
        "A source must make at most one statement of a kind about an event.",
    ),
    ({"victim_name": ["x", ""]}, "victim_name", "Victims' names must not enter the library."),
    ({"event": ["x", ""]}, "event", "The library cannot use this column name."),
]


@pytest.mark.parametrize(("columns", "column", "rule"), STATEMENTS)
def test_each_rule_of_statements(columns, column, rule):
    found = only(table(), statements=said(**columns))
    assert (found.table, found.column, found.rule) == ("statements", column, rule)


def test_actors_of_statements():
    assert only(table(), statements=said(actor=["IS", "Iz"]), actors=ACTORS).value == "Iz"
    assert (
        read_events(table(), statements=said(actor=["IS", "unlisted"]), actors=ACTORS).sizes["statement"] == 2
    )


def test_required_columns_of_statements():
    found = problems(table(), statements=said().drop(columns=["source", "kind"]))
    assert found["column"].tolist() == ["source", "kind"]


def test_both_tables_in_one_error():
    found = problems(table(killed=["-1", "x", ""]), statements=said(kind="rumour"))
    assert found["table"].tolist() == ["events", "events", "statements", "statements"]
    broken = problems(pd.DataFrame(), statements=said(kind="rumour"))
    assert broken["table"].tolist() == ["events", "statements", "statements"]


# Errors


def test_all_of_many_bad_rows_are_reported():
    size, bad = 100_000, np.arange(0, 100_000, 200)
    frame = pd.DataFrame({"event_id": [f"e{i}" for i in range(size)], "date": "2021-03-17", "killed": 1})
    frame.loc[bad, "killed"] = -1
    with pytest.raises(DataError) as caught:
        read_events(frame)
    assert caught.value.problems["row"].tolist() == (bad + 1).tolist()
    text = str(caught.value)
    assert text.startswith("500 problems (row 1 is the first row below the header).\nkilled must be")
    assert all(f"row {row + 1}, event 'e{row}': killed = '-1'" in text for row in bad)


def test_a_message_ends_after_a_thousand_problems():
    frame = pd.DataFrame({"event_id": [f"e{i}" for i in range(1500)], "date": "x"})
    with pytest.raises(DataError, match=r"500 more: all are in `\.problems`") as caught:
        read_events(frame)
    assert str(caught.value).count("\n") == 1002


def test_the_message_groups_by_rule():
    with pytest.raises(DataError) as caught:
        read_events(table(killed=["-1", "", "x"], location_precision=["exakt", "plaice", ""]))
    assert str(caught.value) == (
        "4 problems (row 1 is the first row below the header).\n"
        "location_precision must be one of 'exact', 'place', 'area'.\n"
        "  events row 1, event 'e1': location_precision = 'exakt'. Correct it. Did you mean 'exact'?\n"
        "  events row 2, event 'e2': location_precision = 'plaice'. Correct it. Did you mean 'place'?\n"
        "killed must be a whole number, 0 or more. Correct it, or leave it empty if unknown.\n"
        "  events row 1, event 'e1': killed = '-1'\n"
        "  events row 3, event 'e3': killed = 'x'"
    )


def test_errors_are_one_tree_and_survive_a_process_boundary():
    assert all(issubclass(error, AttributionError) for error in (DataError, ModelError, FitError))
    with pytest.raises(AttributionError) as caught:
        read_events(table(killed=["-1", "", ""]))
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_nearest():
    assert nearest("is", ["IS", "local"]) == " Did you mean 'IS'?"
    assert nearest("zzz", ["IS"]) == nearest("zzz", []) == ""


def test_a_check_is_a_record():
    check = Check("R-hat", None, 1.0, 1.01, "Not decided.")
    assert check.remedy == ""
    with pytest.raises(dataclasses.FrozenInstanceError):
        check.passed = True


# Candidates


def test_candidate_mask():
    mask = candidate_mask(read_events(table()), [*ACTORS, "unlisted"])
    assert mask.dtype == bool
    assert mask.tolist() == [
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, True],
    ]


def test_candidate_mask_without_labels():
    assert (
        candidate_mask(read_events(table()[["event_id", "date"]]), ["a", "b"]).tolist() == [[True, True]] * 3
    )


def test_candidate_mask_names_every_actor_it_does_not_know():
    with pytest.raises(ModelError) as caught:
        candidate_mask(read_events(table(perpetrator=["IS", "", "unlisted"])), ["ISS", "local factions"])
    text = str(caught.value)
    assert "'IS': 2 events, first row 1, event 'e1': perpetrator. Did you mean 'ISS'?" in text
    assert "'unlisted': one event, row 3, event 'e3': perpetrator." in text
    assert "'regime security': one event, row 2, event 'e2': candidates." in text
    assert "harmonise(" in text


# Any table: rows out are rows in, or an error


CELL = st.one_of(
    st.none(), st.text(max_size=8), st.integers(-3, 3), st.floats(), st.dates(), st.sampled_from(ACTORS)
)
DATE = st.one_of(st.dates().map(str), st.sampled_from(["2021", "2021-03", "", "x"]))


@settings(max_examples=60, deadline=None)
@given(
    ids=st.lists(st.text("ab1", max_size=3), max_size=5, unique=True),
    data=st.data(),
    columns=st.lists(
        st.sampled_from([*table().columns[2:], "injured", "method", "extra"]), max_size=4, unique=True
    ),
)
def test_rows_out_are_rows_in_or_an_error(ids, data, columns):
    drawn = {"event_id": ids, "date": [data.draw(DATE) for _ in ids]}
    drawn |= {column: [data.draw(CELL) for _ in ids] for column in columns}
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in drawn.items()})
    try:
        events = read_events(frame)
    except DataError as error:
        text, found = str(error), len(error.problems)
        events = None
    if events is None:
        assert found
        assert text.startswith(f"{found} problem")
    else:
        assert events["event"].values.tolist() == ids
        assert set(events.variables) == {"event", "date_precision", *drawn} - {"event_id"}
        again = to_frame(events).assign(date=lambda f: f["date"].dt.date)
        assert read_events(again).attrs["data_hash"] == events.attrs["data_hash"]


def test_a_wide_header_is_read_in_proportion_to_its_width(monkeypatch):
    """Each column is compared with the known names in full only where it resembles one."""
    compared = []
    plain = difflib.SequenceMatcher.ratio
    monkeypatch.setattr(difflib.SequenceMatcher, "ratio", lambda own: compared.append(1) or plain(own))
    checks._near.cache_clear()
    names = {f"measure {i}": ["1"] for i in range(600)}
    events = read_events(pd.DataFrame({"event_id": ["e1"], "date": ["2021"]} | names))
    assert len(events.data_vars) == 602
    assert len(compared) < 60

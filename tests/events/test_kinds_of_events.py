"""What an event is: no killing without dead, no label for events of another kind; parts of a table; names to edit."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import attribution as at
from attribution.events.matching.names import place_name
from attribution.fitting.diagnostics import unlabelled_kinds

ACLED = [
    "event_id_cnty",
    "event_date",
    "time_precision",
    "event_type",
    "actor1",
    "inter1",
    "actor2",
    "inter2",
]
ACLED += ["location", "admin1", "latitude", "longitude", "geo_precision", "fatalities"]
UCDP = ["id", "type_of_violence", "side_a", "side_b", "date_start", "date_end", "date_prec", "best"]
UCDP += ["where_coordinates", "where_prec", "adm_1", "latitude", "longitude"]


def acled(*rows):
    """Events of ACLED from id, type, actors, dead; where the second actor is Civilians they are a target."""
    made = []
    for name, kind, one, other, dead in rows:
        codes = ["2", "7" if other == "Civilians" else "1"]
        who = [one, codes[0], other, codes[1]]
        made.append([name, "2020-05-09", "1", kind, *who, "Town", "North", "1.5", "2.5", "1", dead])
    return pd.DataFrame(made, columns=ACLED)


def ucdp(*rows):
    made = [
        [name, kind, "G", other, "2020-05-09", "2020-05-09", "1", dead, "Town", "1", "North", "1.5", "2.5"]
        for name, kind, other, dead in rows
    ]
    return pd.DataFrame(made, columns=UCDP)


KILLED = acled(
    ("X1", "Protests", "Police", "Civilians", "0"),
    ("X2", "Violence", "G", "Civilians", "1"),
    ("X3", "Violence", "G", "Civilians", ""),
)


def test_events_without_dead_are_left_out_counted_and_warned_about():
    with pytest.warns(UserWarning, match=r"1 of 3 rows are left out.*\n.*fatal=False"):
        events = at.read_acled(KILLED)
    assert events["event"].values.tolist() == ["X2", "X3"], "where the number is not known they stay"
    said = at.decisions(events)
    assert said[said["kind"] == "row"]["count"].tolist() == [1]
    who = said[(said["kind"] == "note") & (said["made"] == "perpetrator")]
    assert who["count"].tolist() == [2], "labels of events that are in"
    kept = at.read_acled(KILLED, fatal=False)
    assert kept.sizes["event"] == 3
    assert "yet the event is kept" in " ".join(at.decisions(kept)["why"])


def test_events_without_dead_in_the_other_formats():
    with pytest.warns(UserWarning, match="1 of 2 rows"):
        assert (
            at.read_ucdp_ged(ucdp(("1", "3", "Civilians", "0"), ("2", "3", "Civilians", "4"))).sizes["event"]
            == 1
        )
    columns = ["eventid", "iyear", "imonth", "iday", "gname", "nkill"]
    frame = pd.DataFrame(
        [["1", "2020", "5", "9", "G", "0"], ["2", "2020", "5", "9", "G", "1"]], columns=columns
    )
    with pytest.warns(UserWarning, match="1 of 2 rows"):
        assert at.read_gtd(frame).sizes["event"] == 1
    with pytest.raises(at.DataError, match="No row is left"):
        at.read_gtd(frame[:1])
    mapping = {"event_id": "eventid", "date": ("iyear", "imonth", "iday"), "killed": "nkill"}
    assert at.read_table(frame, mapping).sizes["event"] == 2, (
        "a list of killings may say 0 where it does not know"
    )
    with pytest.warns(UserWarning, match="1 of 2 rows"):
        assert at.read_table(frame, mapping, fatal=True).sizes["event"] == 1


def test_a_number_of_dead_that_is_none_is_not_nobody():
    frame = acled(("X1", "Violence", "G", "Civilians", "many"))
    with pytest.raises(at.DataError, match="killed must be a whole number"):
        at.read_acled(frame)


BATTLES = acled(
    ("X1", "Violence", "G", "Civilians", "1"),
    ("X2", "Battles", "G", "Army", "1"),
    ("X3", "Battles", "Army", "G", "2"),
)


@pytest.mark.parametrize(
    ("reader", "frame"),
    [
        (at.read_acled, BATTLES),
        (at.read_ucdp_ged, ucdp(("1", "3", "C", "1"), ("2", "1", "H", "1"), ("3", "2", "I", "1"))),
    ],
)
def test_events_of_two_armed_sides_stay_or_are_left_out(reader, frame):
    events = reader(frame)
    assert [("|" in cell) for cell in events["candidates"].values] == [False, True, True]
    with pytest.warns(UserWarning, match="2 of 3 rows are left out"):
        events = reader(frame, two_sided="leave out")
    assert events.sizes["event"] == 1
    with pytest.raises(at.DataError, match="`two_sided` is not one there is"):
        reader(frame, two_sided="drop")


def held(events, columns=()):
    """What `diagnose` looks at, of a posterior that was never sampled."""
    activity = [{"component": "Category", "column": column} for column in columns]
    tree = xr.DataTree.from_dict({"constant_data": events})
    tree.attrs["model"] = json.dumps({"activity": activity, "evidence": []})
    return tree


def test_a_kind_of_event_that_no_label_speaks_of_is_said():
    (check,) = unlabelled_kinds(held(at.read_acled(BATTLES)))
    assert check.name == "labels among events of each kind"
    assert not check.passed
    assert "'Battles, several sides' (2 events, acled_event_type)" in check.sentence
    assert "two_sided='leave out'" in check.remedy
    assert dataclasses.asdict(check)["value"] == 1.0


def test_a_kind_of_event_with_labels_passes():
    frame = acled(
        ("X1", "Violence", "G", "Civilians", "1"), ("X2", "Violence", "Unidentified Group", "Civilians", "1")
    )
    (check,) = unlabelled_kinds(held(at.read_acled(frame)))
    assert check.passed


def test_any_category_of_the_model_is_a_kind():
    frame = pd.DataFrame({"event_id": list("abc"), "date": "2021", "perpetrator": ["G", "", ""]})
    events = at.read_events(frame.assign(method=["shot", "bomb", "bomb"], kind="x"))
    assert unlabelled_kinds(held(events, ["method"])) == [], "a table of killings by design"
    events.attrs["kind_column"] = "kind"
    assert unlabelled_kinds(held(events))[0].passed
    (check,) = unlabelled_kinds(held(events, ["method"]))
    assert not check.passed
    assert (
        unlabelled_kinds(
            held(at.read_events(frame.assign(perpetrator=""))),
        )
        == []
    )


# ---- two lists


def test_words_for_kinds_of_place_are_no_part_of_a_name():
    for one, other in (
        *(("Spartak village", "Spartak"), ("Donetsk oblast", "Donetsk"), ("Daraa Governorate", "Daraa")),
        *(
            ("Municipio de Tumaco", "Tumaco"),
            ("محافظة درعا", "درعا"),
            ("с. Крутое", "с. Крутое"),
            ("село Крутое", "Крутое"),
        ),
    ):
        assert place_name(one).casefold() == place_name(other).casefold()
    assert place_name("Old City") != place_name("New City")


def lists(one, other):
    columns = [
        "event_id",
        "date",
        "date_last",
        "area",
        "place",
        "latitude",
        "longitude",
        "location_precision",
        "killed",
    ]
    return (at.read_events(pd.DataFrame(rows, columns=columns)) for rows in (one, other))


FAR = [
    [f"f{i}", f"2020-0{1 + i % 6}-1{i % 9}", "", f"Far{i}", f"Away{i}", 40 + i, 40.0, "place", 3]
    for i in range(8)
]
OFF = [
    [f"g{i}", f"2020-0{1 + i % 6}-1{i % 9}", "", f"Off{i}", f"Else{i}", 60 + i, 10.0, "place", 5]
    for i in range(8)
]


MISSED = {
    "a word for the kind of place": (
        ["2020-05-01", "", "Donetsk", "Spartak", 48.079, 37.7635, "area", 1],
        ["2020-05-01", "", "Donetsk oblast", "Spartak village", 48.0805, 37.7686, "place", 1],
    ),
    "a day inside a window": (
        ["2020-05-07", "", "Donetsk", "Sakhan", 47.1272, 37.8601, "area", 1],
        ["2020-05-07", "2020-05-08", "Donetsk oblast", "Sakhan village", 47.1285, 37.8606, "place", 1],
    ),
    "no name, coordinates of an area": (
        ["2020-05-07", "", "X", "", 47.1, 37.8, "area", 1],
        ["2020-05-05", "2020-05-08", "X", "Sakhan", 47.12, 37.86, "place", 1],
    ),
    "another level of administration": (
        ["2020-05-07", "", "Izra", "Nawa", 32.9, 36.0, "area", 2],
        ["2020-05-07", "", "Daraa Governorate", "Nawa town", 32.91, 36.01, "place", 2],
    ),
}


@pytest.mark.parametrize(("one", "other"), MISSED.values(), ids=MISSED.keys())
def test_pairs_that_were_missed(one, other):
    first, second = lists([["a", *one], *FAR], [["b", *other], *OFF])
    pairs = at.match_events(first, second)
    assert pairs[pairs["matched"]][["first", "second"]].values.tolist() == [["a", "b"]]


def test_a_long_window_says_less_than_a_short_one():
    day = ["2020-05-07", "", "X", "Town", 1.0, 1.0, "place", 1]
    found = []
    for last in ("2020-05-08", "2020-05-14", "2020-06-30"):
        first, second = lists([["a", *day], *FAR], [["b", "2020-05-06", last, *day[2:]], *OFF])
        found.append(at.match_events(first, second, review=1e-9)["probability"].max())
    assert found[0] > found[1] > found[2]


def test_coordinates_of_an_area_never_speak_against():
    first, second = lists(
        [["a", "2020-05-07", "", "X", "Town", 1.0, 1.0, "area", 1], *FAR],
        [["b", "2020-05-07", "", "X", "Town", 2.0, 2.0, "place", 1], *OFF],
    )
    assert at.match_events(first, second)["matched"].any()


# ---- a part of the events, and names to edit


def told():
    rows = [("X1", "Violence", "G", "Civilians", "1"), ("X2", "Violence", "H", "Civilians", "2")]
    return at.read_acled(acled(*rows), attribution="statement")


def test_select_takes_the_statements_along():
    events = told()
    part = at.select(events, events["killed"] > 1)
    assert part["event"].values.tolist() == ["X2"]
    assert part["statement_event"].values.tolist() == ["X2"]
    assert part.attrs["data_hash"] == at.data_hash(part) != events.attrs["data_hash"]
    assert at.harmonise(part, {}, column="actor", rest="keep")["statement_actor"].values.tolist() == ["H"]
    assert at.decisions(part).iloc[-1][["kind", "count", "why"]].tolist() == ["row", 1, "Not selected."]
    again = at.read_events(at.to_frame(part), statements=at.to_frame(part, "statements"))
    assert again["statement_event"].values.tolist() == ["X2"]
    assert at.select(events, ["X2", "X1"])["event"].values.tolist() == ["X1", "X2"], (
        "in the order of the table"
    )


def test_select_without_statements_left_and_what_it_refuses():
    frame = pd.DataFrame({"event_id": ["a", "b"], "date": "2021"})
    said = pd.DataFrame([["a", "s", "finding", "G"]], columns=["event_id", "source", "kind", "actor"])
    events = at.read_events(frame, statements=said)
    part = at.select(events, ["b"])
    assert "statement" not in part.dims
    for wrong in (["c"], [True], np.zeros(2, dtype=bool)):
        with pytest.raises(at.DataError):
            at.select(events, wrong)


def test_read_crosswalk_harmonise_is_three_calls(tmp_path):
    events = told()
    path = tmp_path / "names.csv"
    table = at.crosswalk(events, path)
    assert table["from"].tolist() == table["to"].tolist() == ["G", "H"]
    assert table["first"].tolist() == ["2020-05-09"] * 2
    same = at.harmonise(events, path, column="actor")
    assert same["statement_actor"].values.tolist() == ["G", "H"], (
        "as it is written, every name stays what it is"
    )
    edited = path.read_text(encoding="utf-8-sig").replace('"H","H"', '"H","=Army"').replace(",", ";")
    path.write_text(edited, encoding="cp1252")
    assert at.harmonise(events, path, column="actor")["statement_actor"].values.tolist() == ["G", "=Army"]
    with pytest.raises(at.AttributionError, match="there already"):
        at.crosswalk(events, path)


def test_a_crosswalk_suggests_and_runs_nothing(tmp_path):
    pytest.importorskip("rapidfuzz", reason="the extra harmonise is not installed")
    rows = {"event_id": list("abcd"), "date": ["2020", "2021", "2022", "2023"], "area": "x"}
    events = at.read_events(pd.DataFrame(rows | {"perpetrator": ["Daesh", "Daesh", "Da'esh", "=cmd"]}))
    table = at.crosswalk(events, tmp_path / "x.csv").set_index("from")
    assert table.loc["Da'esh", "suggestion"] == "Daesh"
    assert table.loc["Daesh", ["first", "last"]].tolist() == ["2020-01-01", "2021-01-01"]
    assert '"\'=cmd"' in (tmp_path / "x.csv").read_text(encoding="utf-8-sig")
    assert at.harmonise(events, tmp_path / "x.csv", column="actor")["perpetrator"].values[-1] == "=cmd"
    assert at.crosswalk(events, known=["Daesh (IS)"], column="actor").loc[0, "to"] == "Daesh"
    assert at.crosswalk(events, column="area")["from"].tolist() == ["x"]


def test_an_actor_the_model_does_not_have_is_one_line():
    rows = {"event_id": [f"e{i}" for i in range(900)], "date": "2021"}
    events = at.read_events(pd.DataFrame(rows | {"perpetrator": [f"Militia {i % 7}" for i in range(900)]}))
    with pytest.raises(at.ModelError) as raised:
        at.fit(at.Model(actors=["Army"], activity=[at.Baseline()], evidence=[]), events, seed=1)
    text = str(raised.value)
    assert len(text) < 2000
    assert "'Militia 0': 129 events" in text
    assert "rest='unlisted'" in text

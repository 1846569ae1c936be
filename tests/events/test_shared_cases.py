"""Inputs of people who do this work, kept outside the project: the right value of each, where they are there."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import attribution as at

CASES = Path(__file__).parents[3] / "shared" / "cases" / "readers"
pytestmark = pytest.mark.skipif(not CASES.exists(), reason="../shared/cases/readers is not there")
IDS = {"event_id": "id", "date": "d"}


def days(events):
    return events["date"].values.astype("datetime64[D]").astype(str).tolist()


def text(name):
    return pd.read_csv(CASES / name, dtype=str, keep_default_na=False)


def values(events, name):
    return events[name].values.tolist()


def test_acled_and_or():
    assert values(at.read_acled(CASES / "acled_and_or.csv"), "candidates") == [
        "Group G|Group H",
        "Army|Group G|Group H",
    ]


def test_acled_no_dead():
    with pytest.warns(UserWarning, match="3 of 4 rows are left out"):
        assert at.read_acled(CASES / "acled_no_dead.csv").sizes["event"] == 1


def test_acled_us_dates():
    frame = text("acled_us_dates.csv")
    assert days(at.read_acled(frame)) == ["2020-05-09", "2020-05-07", "2020-05-30"]
    with pytest.raises(at.DataError, match="day_first="):
        at.read_acled(frame[:2], skip=True)


def test_blank_header_columns():
    mapping = IDS | {"perpetrator": "who"}
    assert values(at.read_table(CASES / "blank_header_columns.csv", mapping), "perpetrator") == ["G", "H"]


def test_column_names():
    events = at.read_table(CASES / "column_names.csv", IDS)
    assert "latitude" not in events
    assert "perpetrator" not in events


def test_cp1252_actor():
    events = at.read_acled(CASES / "cp1252_actor.csv")
    assert values(events, "perpetrator") == ["Front of Ja\u2019far", "Café militia"]


def test_date_in_three_columns():
    mapping = {"event_id": "Incident ID", "date": ("Year", "Month", "Day")}
    events = at.read_table(CASES / "date_in_three_columns.csv", mapping)
    assert values(events, "date_precision") == ["year", "month", "day"]
    assert days(events) == ["2016-01-01", "2016-03-01", "2016-03-09"]


def test_dates_refused():
    cells = text("dates_refused.csv")["d"].tolist()
    for cell in cells[:-1]:
        made = days(at.read_table(pd.DataFrame({"id": ["a"], "d": [cell]}), IDS, day_first=False))
        assert made == (["1992-01-15"] if cell == "1/15/92" else ["2022-01-02"])


def test_hxl_row():
    assert values(at.read_ucdp_ged(CASES / "hxl_row.csv"), "killed") == [2.0]


def test_match_suffix():
    ucdp, acled = (
        at.read_ucdp_ged(CASES / "match_suffix.csv"),
        at.read_acled(CASES / "match_suffix_acled.csv"),
    )
    pairs = at.match_events(acled, ucdp)
    assert sorted(pairs[pairs["matched"]][["first", "second"]].values.tolist()) == [["Y1", "7"], ["Y2", "8"]]


def test_model_error_length():
    model = at.Model(actors=["Army"], activity=[at.Baseline()], evidence=[])
    with pytest.raises(at.ModelError, match="harmonise") as raised:
        at.fit(model, at.read_acled(CASES / "model_error_length.csv"), seed=1)
    assert len(str(raised.value)) < 2000


def test_names_in_other_languages():
    events = at.read_table(CASES / "names_in_other_languages.csv", {"event_id": "id", "date": "fecha"})
    assert [name for name in events.data_vars if not str(name).startswith("date")] == []


def test_place_without_area():
    mapping = IDS | {"area": "region", "place": "city"}
    assert values(at.read_table(CASES / "place_without_area.csv", mapping), "area") == ["X"]


def test_r_na():
    frame = text("r_na_acled.csv")
    for made in (frame, frame.replace("NA", "")):
        events = at.read_acled(made, fatal=False)
        assert values(events, "perpetrator") == ["Army", ""]
        assert values(events, "target_affiliation") == ["", ""]
    assert values(at.read_ucdp_ged(CASES / "r_na_other_columns.csv"), "area") == [""]


def test_report_noise():
    said = at.decisions(at.read_ucdp_ged(CASES / "report_noise.csv"))
    recoded = said[said["kind"] == "recoding"]
    assert len(recoded[recoded["column"].isin(["date_start", "date_end"])]) == 2
    assert not (recoded["column"] == "latitude").any()


def test_subset_statements():
    events = at.read_acled(CASES / "subset_statements.csv", attribution="statement", fatal=False)
    part = at.select(events, events["killed"] > 0)
    assert (part.sizes["event"], part.sizes["statement"]) == (1, 1)
    at.harmonise(part, {}, column="actor", rest="keep")


def test_ucdp_headerless():
    events = at.read_ucdp_ged(CASES / "ucdp_headerless.csv")
    assert values(events, "event") == ["7", "8"]
    assert values(events, "perpetrator") == ["G", "G"]


def test_unknown_in_other_words():
    events = at.read_table(CASES / "unknown_in_other_words.csv", IDS | {"perpetrator": "who"})
    assert values(events, "perpetrator") == [""] * 11 + ["Rebels"]


def test_utf16():
    assert values(at.read_acled(CASES / "utf16.csv"), "perpetrator") == ["Group G"]


def test_victims_count():
    mapping = {"date": "FECHA", "area": "DEPTO", "killed": "VICTIMAS"}
    events = at.read_table(CASES / "victims_count.csv", mapping)
    np.testing.assert_array_equal(events["killed"], [4, 3])
    assert "Casualties" in events

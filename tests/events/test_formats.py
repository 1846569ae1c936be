"""Other people's formats: what they code, their known defects, and that no row and no decision is lost."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import attribution as at
from attribution.events.formats.dates import iso
from attribution.events.formats.persons import left_out, may_name_persons
from attribution.events.windows import window

UCDP = Path(__file__).parents[3] / "shared" / "data" / "ucdp_ged_syria_2016_2019.csv.gz"
FIRST = ["kind", "column", "found", "made", "count"]


def acled(**columns):
    """Four events as ACLED has them, with columns replaced or added."""
    good = {
        "event_id_cnty": ["SYR1", "SYR2", "SYR3", "SYR4"],
        "event_date": ["17 March 2021", "02 April 2021", "2021-05-15", "01-Jun-21"],
        "year": "2021",
        "time_precision": ["1", "2", "3", "1"],
        "event_type": ["Violence against civilians", "Battles", "Violence against civilians", "Battles"],
        "sub_event_type": ["Attack", "Armed clash", "Attack", "Armed clash"],
        "actor1": [
            *("Unidentified Armed Group (Syria)", "Islamic State (Syria)", "Civilians (Syria)"),
            "Unidentified Military Forces",
        ],
        "inter1": ["3", "2", "7", "8"],
        "actor2": ["Civilians (Syria)", "Military Forces of Syria", "Islamic State (Syria)", "IS"],
        "inter2": ["7", "1", "2", "2"],
        "country": "Syria",
        "admin1": "Dar'a",
        "admin2": ["Izra'", "Dar'a", "", "Dar'a"],
        "location": ["Tafas", "Dar'a", "Nawa", "Jasim"],
        "latitude": ["32.7355", "32.6189", "32.8892", "32.9917"],
        "longitude": ["36.0663", "36.1021", "36.0386", "36.0622"],
        "geo_precision": ["1", "2", "3", "1"],
        "source": "SOHR",
        "notes": 'On 17 March, a man named X\nwas shot dead, and "others" fled.',
        "fatalities": ["1", "2", "1", "1"],
    }
    return pd.DataFrame(good | columns, dtype=str)


def gtd(**columns):
    """Six events as the GTD has them."""
    good = {
        "eventid": [f"20170100000{i}" for i in range(1, 7)],
        "iyear": "2017",
        "imonth": ["3", "3", "0", "5", "6", "7"],
        "iday": ["17", "0", "0", "1", "2", "3"],
        "approxdate": "",
        "extended": "0",
        "country_txt": "Syria",
        "provstate": ["Daraa", "Daraa", "Unknown", "", "Idlib", "Idlib"],
        "city": ["Tafas", "Unknown", "Unknown", "Nawa", "Idlib", "Idlib"],
        "latitude": ["32.7", "32.6", "", "32.9", "35.9", "-86185896"],
        "longitude": ["36.1", "36.1", "", "36.0", "36.6", "36.6"],
        "specificity": ["1", "4", "5", "3", "2", "1"],
        "vicinity": ["0", "1", "-9", "0", "0", "0"],
        "summary": "03/17/2017: Somebody shot\nthe mayor, by name.",
        "target1": "A person by name",
        "attacktype1_txt": ["Assassination", "Unknown", *["Bombing/Explosion"] * 4],
        "targtype1_txt": ["Police", "Unknown", *["Military"] * 4],
        "gname": ["ISIL", "ISIL", "Unknown", "Group A", "Group A", "Group A"],
        "guncertain1": ["0", "1", "0", "0", "0", "0"],
        "gname2": ["", "", "", "Group B", "", "Group B"],
        "guncertain2": ["", "", "", "0", "", "1"],
        "gname3": "",
        "individual": "0",
        "claimed": ["1", "0", "0", "0", "-9", "1"],
        "claimmode_txt": ["Video", "", "", "", "", "Call (post-incident)"],
        "claim2": ["", "", "", "0", "", "1"],
        "compclaim": ["0", "", "", "", "", "1"],
        "nkill": ["1", "2.5", "", "3", "-99", "2"],
        "nwound": ["0", "", "1", "2", "0", "0"],
    }
    return pd.DataFrame(good | columns, dtype=str)


def ucdp(**columns):
    """Four events as UCDP GED has them."""
    good = {
        "id": ["214797.0", "7", "8", "9"],
        "type_of_violence": ["1", "2", "3", "3.0"],
        "side_a": ["Government of Syria", "IS", "IS", "Unknown"],
        "side_b": ["Syrian insurgents", "SDF", "Civilians", "Civilians"],
        "where_prec": ["1", "3", "6", "2"],
        "where_coordinates": ["Daraa town", "Izra district", "Syria", "Nawa town"],
        "adm_1": ["Daraa Governorate", "Daraa Governorate", "", ""],
        "adm_2": "",
        "latitude": ["32.6", "32.8", "35.0", "32.9"],
        "longitude": ["36.1", "36.2", "38.0", "36.0"],
        "country": "Syria",
        "date_prec": ["1", "2", "5", "4"],
        "date_start": ["2018-03-17", "2018-12-30", "2018-01-01", "2018-02-01 00:00:00.000"],
        "date_end": ["2018-03-17", "2019-01-03", "2018-12-31", "2018-02-28 00:00:00.000"],
        "source_original": "A witness by name",
        "best": ["4.0", "2", "1", "1"],
    }
    return pd.DataFrame(good | columns, dtype=str)


READERS = {"acled": (at.read_acled, acled), "gtd": (at.read_gtd, gtd), "ucdp": (at.read_ucdp_ged, ucdp)}


def texts(events, name):
    return events[name].values.tolist()


def days(values):
    return [str(day)[:10] for day in values]


def recoded(events, column):
    table = at.decisions(events)
    return table[table["column"] == column][FIRST].values.tolist()


def refused(call, *arguments, **settings):
    with pytest.raises(at.DataError) as raised:
        call(*arguments, **settings)
    return raised.value.problems


# ---- ACLED


def test_acled_who_did_it():
    events = at.read_acled(acled())
    assert texts(events, "perpetrator") == ["", "", "Islamic State (Syria)", ""]
    assert texts(events, "candidates") == ["", "Islamic State (Syria)|Military Forces of Syria", "", ""]
    assert texts(events, "target_affiliation") == ["Civilians (Syria)", "", "Civilians (Syria)", ""]
    assert "claimed_by" not in events, "ACLED codes no claims: silence was not observed"
    assert ["recoding", "actor1", "Unidentified Armed Group (Syria)", "", 1] in recoded(events, "actor1")


def test_acled_kinds_of_actors_in_words():
    kinds = {
        "inter1": ["Rebel group"] * 4,
        "inter2": ["Civilians", "State forces", "Protesters", "Rebel group"],
    }
    events = at.read_acled(acled(actor1="IS", actor2=["People", "Army", "People", "HTS"], **kinds))
    assert texts(events, "perpetrator") == ["IS", "", "IS", ""]
    assert texts(events, "candidates") == ["", "Army|IS", "", "HTS|IS"]


def test_acled_windows():
    events = at.read_acled(acled())
    first, last = window(events)
    assert days(first) == ["2021-03-17", "2021-03-30", "2021-05-01", "2021-06-01"]
    assert days(last) == ["2021-03-17", "2021-04-05", "2021-05-31", "2021-06-01"]
    assert texts(events, "acled_event_date")[1] == "02 April 2021"


def test_acled_places():
    events = at.read_acled(acled())
    assert texts(events, "location_precision") == ["place", "area", "area", "place"]
    assert texts(at.read_acled(acled(), area="admin2"), "area") == ["Izra'", "Dar'a", "Syria", "Dar'a"]


def test_a_finding_instead_of_a_label():
    for reader, make, source in ((at.read_acled, acled, "ACLED"), (at.read_ucdp_ged, ucdp, "UCDP")):
        events = reader(make(), attribution="statement")
        assert "perpetrator" not in events
        assert "candidates" not in events
        assert set(texts(events, "statement_source")) == {source}
        assert set(texts(events, "statement_kind")) == {"finding"}
        assert events.sizes["statement"] == 1


# ---- GTD


def test_gtd_dates():
    events = at.read_gtd(gtd())
    assert texts(events, "date_precision") == ["day", "month", "year", "day", "day", "day"]
    assert days(events["date"].values)[:3] == ["2017-03-17", "2017-03-01", "2017-01-01"]
    assert ["recoding", "imonth", "0", "precision 'year'", 1] in recoded(events, "imonth")
    assert ["recoding", "iday", "0", "precision 'month'", 1] in recoded(events, "iday")


def test_gtd_a_claim_is_no_label_and_a_suspicion_is_a_finding():
    events = at.read_gtd(gtd())
    assert texts(events, "claimed_by") == ["ISIL", "", "", "", "", "Group A"]
    assert texts(events, "perpetrator") == ["", "", "", "", "Group A", ""]
    assert texts(events, "candidates") == ["", "", "", "Group A|Group B", "", ""]
    said = at.to_frame(events, "statements")[["event_id", "source", "kind", "actor"]]
    assert sorted(said.values.tolist()) == [
        ["201701000002", "GTD", "finding", "ISIL"],
        ["201701000006", "GTD second group", "finding", "Group B"],
        ["201701000006", "Group B", "confession", "Group B"],
    ]
    assert ["note", "claimed", "-9 or empty", "claims_recorded is no", 1] in recoded(events, "claimed")
    labelled = at.read_gtd(gtd(), label_claimed=True)
    assert texts(labelled, "perpetrator") == ["ISIL", "", "", "", "Group A", "Group A"]


def test_gtd_every_attribution_as_a_finding():
    events = at.read_gtd(gtd(), attribution="statement")
    assert set(texts(events, "perpetrator")) == set(texts(events, "candidates")) == {""}
    assert texts(events, "statement_kind").count("finding") == 5


def test_gtd_without_the_field_of_claims():
    events = at.read_gtd(gtd().drop(columns="claimed"))
    assert "claimed_by" not in events
    assert texts(events, "perpetrator")[0] == "ISIL"


def test_gtd_places_and_numbers():
    events = at.read_gtd(gtd())
    assert texts(events, "area") == ["Daraa", "Daraa", "", "Syria", "Idlib", "Idlib"]
    assert texts(events, "place") == ["Tafas", "", "", "Nawa", "Idlib", "Idlib"]
    assert texts(events, "location_precision") == ["place", "area", "", "area", "area", ""]
    np.testing.assert_array_equal(events["killed"], [1, np.nan, np.nan, 3, np.nan, 2])
    assert recoded(events, "nkill")[1:] == [
        ["recoding", "nkill", "2.5", "", 1],
        ["recoding", "nkill", "-99", "", 1],
    ]


# ---- UCDP


def test_ucdp_sides_and_windows():
    events = at.read_ucdp_ged(ucdp())
    assert texts(events, "event") == ["214797", "7", "8", "9"]
    assert texts(events, "perpetrator") == ["", "", "IS", ""]
    assert texts(events, "candidates") == ["Government of Syria|Syrian insurgents", "IS|SDF", "", ""]
    assert texts(events, "target_affiliation") == ["", "", "Civilians", "Civilians"]
    first, last = window(events)
    assert days(first) == ["2018-03-17", "2018-12-30", "2018-01-01", "2018-02-01"]
    assert days(last) == ["2018-03-17", "2019-01-03", "2018-12-31", "2018-02-28"]
    assert texts(events, "place") == ["Daraa town", "", "", "Nawa town"]
    assert texts(events, "area") == ["Daraa Governorate", "Daraa Governorate", "", "Syria"]


@pytest.mark.skipif(not UCDP.exists(), reason="../shared/data is not there")
def test_ucdp_as_it_was_published():
    events = at.read_ucdp_ged(UCDP, fatal=False)
    raw = pd.read_csv(UCDP)
    table = at.decisions(events)
    assert events.sizes["event"] == len(raw) == 16_566
    assert not (table["kind"] == "row").any()
    assert not (table["made"] == "left out").any()
    np.testing.assert_array_equal(events["killed"], raw["best"])
    np.testing.assert_array_equal(events["latitude"], raw["latitude"])
    first, last = window(events)
    assert days(first) == raw["date_start"].tolist()
    assert days(last) == raw["date_end"].tolist()
    assert (events["perpetrator"].values != "").sum() == (raw["type_of_violence"] == 3).sum() == 482
    assert texts(events, "ucdp_side_a") == raw["side_a"].tolist()
    assert {str(name).removeprefix("ucdp_") for name in events.data_vars} >= set(raw.columns)


# ---- any layout


def spreadsheet(**columns):
    good = {
        "No.": ["1", "2", "3", "4"],
        "التاريخ": ["17/3/2021", "٠٣/٠٤/٢٠٢١", "آذار 2021", "2021"],
        "المنطقة": [" طفس ", "نوى", "", "جاسم"],
        "lat": ["32,7355", "32.889", "", "32.99.17"],
        "lon": ["36,0663", "36.0386", "", "36.0622"],
        "perp": ["IS?", "suspected army", "مجهولون", "local faction"],
        "dead": ["1.0", "2", "", "1"],
        "وصف": "prose",
        "victim name": "never",
        "weapon": ["pistol", "rifle", "rifle", ""],
    }
    return pd.DataFrame(good | columns, dtype=str)


MAPPING = {
    "event_id": "No.",
    "date": "التاريخ",
    "area": "المنطقة",
    "latitude": "lat",
    "longitude": "lon",
    "perpetrator": "perp",
    "killed": "dead",
}


def test_a_spreadsheet_typed_by_hand():
    events = at.read_table(spreadsheet(), MAPPING, source="Horan", keep=["weapon"])
    assert days(events["date"].values) == ["2021-03-17", "2021-04-03", "2021-03-01", "2021-01-01"]
    assert texts(events, "area") == ["طفس", "نوى", "", "جاسم"]
    assert texts(events, "perpetrator") == ["", "", "", "local faction"]
    said = at.to_frame(events, "statements")[["source", "kind", "actor"]].values.tolist()
    assert said == [["Horan", "accusation", "IS"], ["Horan", "accusation", "army"]]
    np.testing.assert_array_equal(events["latitude"], [32.7355, 32.889, np.nan, np.nan])
    assert [column for column in events.data_vars if column in ("weapon", "وصف", "victim name")] == ["weapon"]
    table = at.decisions(events)
    assert table[table["made"] == "left out"]["column"].tolist() == ["وصف", "victim name"]
    assert ["recoding", "lat, lon", "32.99.17, 36.0622", "", 1] in recoded(events, "lat, lon")


def test_free_text_enters_only_when_it_is_asked_for():
    events = at.read_table(spreadsheet(), MAPPING, source="Horan", day_first=True, keep=["وصف"])
    assert texts(events, "وصف") == ["prose"] * 4
    events = at.read_table(spreadsheet(), MAPPING, source="Horan", day_first=True, keep=["victim name"])
    assert "victim name" not in events, "names of persons never do"


def test_a_day_that_may_be_a_month_is_not_guessed():
    frame = spreadsheet(التاريخ=["7/3/2021", "٠٣/٠٤/٢٠٢١", "آذار 2021", "2021"])
    for settings in ({}, {"skip": True}):
        found = refused(at.read_table, frame, MAPPING, source="Horan", **settings)
        assert found["value"].tolist() == ["7/3/2021, ٠٣/٠٤/٢٠٢١"], "as they stand in the file"
        assert "day_first=" in found["fix"][0]


def test_a_suspicion_must_be_somebodys():
    assert (
        refused(at.read_table, spreadsheet(), MAPPING, day_first=True)["rule"][0]
        == "A suspicion must be somebody's."
    )


def test_a_column_of_suspected_actors():
    frame = spreadsheet(perp="").assign(by=["IS", "unknown", "army?", ""])
    events = at.read_table(frame, MAPPING | {"suspected": "by"}, source="Horan", day_first=True)
    assert texts(events, "statement_actor") == ["IS", "army"]


def test_rows_without_ids_are_numbered():
    mapping = {key: value for key, value in MAPPING.items() if key != "event_id"}
    events = at.read_table(spreadsheet(), mapping, source="Horan", day_first=True)
    assert texts(events, "event") == ["row 1", "row 2", "row 3", "row 4"]


@pytest.mark.parametrize(
    ("mapping", "rule"),
    [
        ({"event_id": "No."}, "`mapping` must say which column is the date."),
        ({"date": "date"}, "`mapping` names a column that the file does not have."),
        ({"date": "التاريخ", "where": "lat"}, "`mapping` names a column that the event table does not have."),
        ({"date": "التاريخ", "area": "victim name"}, "Victims' names must not enter the library."),
    ],
)
def test_a_mapping_that_does_not_fit(mapping, rule):
    assert rule in refused(at.read_table, spreadsheet(), mapping)["rule"].tolist()


# ---- defects that the formats are known for


@pytest.mark.parametrize("name", READERS)
def test_latin_1(tmp_path, name):
    reader, make = READERS[name]
    column = {"acled": "location", "gtd": "city", "ucdp": "where_coordinates"}[name]
    place = "San José"
    make(**{column: place}).to_csv(tmp_path / "x.csv", index=False, encoding="latin-1")
    events = reader(tmp_path / "x.csv")
    assert place in texts(events, "place")
    assert ["file", "", "utf-8", "cp1252", 4 if name != "gtd" else 6] in recoded(events, "")
    assert refused(reader, tmp_path / "x.csv", encoding="utf-8")["column"][0] == "(line)"


@pytest.mark.parametrize("name", READERS)
def test_line_breaks_in_cells_and_headers_in_capitals(tmp_path, name):
    reader, make = READERS[name]
    frame = make()
    frame.rename(columns=str.upper).to_csv(tmp_path / "x.csv", index=False)
    events = reader(tmp_path / "x.csv")
    assert events.sizes["event"] == len(frame)
    assert events.attrs["data_hash"] == reader(frame).attrs["data_hash"]


@pytest.mark.parametrize("name", READERS)
def test_rounded_ids(name):
    reader, make = READERS[name]
    key = {"acled": "event_id_cnty", "gtd": "eventid", "ucdp": "id"}[name]
    events = reader(make(**{key: "2.01E+11"}))
    assert texts(events, "event") == [f"row {i + 1}" for i in range(events.sizes["event"])]
    assert ["recoding", key, "2.01E+11", "row 1", 1] in recoded(events, key)
    assert "recoding" not in [kind for kind, *_ in recoded(reader(make()), key)]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    ("latitude", "longitude", "pair"),
    [
        ("32,6189", "36,1021", (32.6189, 36.1021)),
        ("32.618.9", "36.1", None),
        ("326189", "36.1", None),
        ("32.6", "", None),
        ("0", "0.0", None),
        ("N 32.6", "36.1", None),
    ],
)
def test_damaged_coordinates(name, latitude, longitude, pair):
    reader, make = READERS[name]
    events = reader(make(latitude=latitude, longitude=longitude))
    found = (float(events["latitude"][0]), float(events["longitude"][0]))
    np.testing.assert_array_equal(found, (np.nan, np.nan) if pair is None else pair)
    if pair is None:
        assert len(recoded(events, "latitude, longitude")) == events.sizes["event"]
        assert set(texts(events, "location_precision")) == {""}


@pytest.mark.parametrize("name", READERS)
def test_nobody_is_named(name):
    """What the codebooks' free text and targets hold is nowhere in the events, nor in the report."""
    reader, make = READERS[name]
    events = reader(make())
    everything = [str(events[name].values.tolist()) for name in events.variables] + [str(events.attrs)]
    for secret in ("by name", "named X", "the mayor"):
        assert not any(secret in text for text in everything), secret


@pytest.mark.parametrize("name", READERS)
def test_rows_that_cannot_be_events(name):
    reader, make = READERS[name]
    frame = make()
    key = frame.columns[0]
    date = {"acled": "event_date", "gtd": "iday", "ucdp": "date_start"}[name]
    bad = frame.copy()
    bad.loc[1, date] = "99"
    bad.loc[3, key] = bad.loc[0, key]
    found = refused(reader, bad)
    assert set(found["row"]) == {2, 4}
    assert found["fix"].str.contains("skip=True").all()
    with pytest.warns(UserWarning, match=f"2 of {len(bad)} rows are left out"):
        events = reader(bad, skip=True)
    table = at.decisions(events)
    assert table[table["kind"] == "row"]["row"].tolist() == [2, 4]
    assert events.sizes["event"] + 2 == len(bad)
    assert set(texts(events, "event")) <= {str(value).removesuffix(".0") for value in bad[key]}


def test_statements_of_rows_that_are_left_out_go_with_them():
    frame = gtd()
    frame.loc[1, "iday"] = "99"
    with pytest.warns(UserWarning, match="1: date must be a day of the calendar"):
        events = at.read_gtd(frame, skip=True)
    assert "201701000002" not in texts(events, "statement_event")


def test_a_table_of_bad_rows_only():
    assert set(refused(at.read_ucdp_ged, ucdp(date_start="x"), skip=True)["row"]) == {1, 2, 3, 4}


@pytest.mark.parametrize("name", READERS)
def test_a_file_of_another_format(name):
    reader, make = READERS[name]
    other = pd.DataFrame({"a": ["1"]})
    assert set(refused(reader, other)["rule"]) == {"A required column of the format is missing."}
    assert "not one there is" in refused(reader, make(), attribution="verdict")["rule"][0]
    assert "`keep` names" in refused(reader, make(), keep=["nothing"])["rule"][0]


def test_columns_that_differ_in_case_only():
    frame = acled().assign(NOTES="x")
    assert refused(at.read_acled, frame)["rule"].tolist() == ["A column name may occur once."]


@pytest.mark.parametrize("name", READERS)
def test_every_column_is_accounted_for(name):
    reader, make = READERS[name]
    events = reader(make())
    table = at.decisions(events)
    assert set(table[table["kind"] == "column"]["column"]) == set(make().columns)
    kept = {str(column).split("_", 1)[1] for column in events.data_vars if str(column).startswith(f"{name}_")}
    assert kept == set(make().columns) - set(table[table["made"] == "left out"]["column"])
    assert json.loads(events.attrs["decisions"])


def test_the_report_survives_a_file(tmp_path):
    events = at.read_gtd(gtd())
    events.to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "x.nc", engine="h5netcdf") as stored:
        pd.testing.assert_frame_equal(at.decisions(stored), at.decisions(events))


# ---- cells


@pytest.mark.parametrize(
    ("text", "day_first", "made"),
    [
        ("2021-03-17", None, "2021-03-17"),
        ("2021-03-17 00:00:00", None, "2021-03-17"),
        ("17 March 2021", None, "2021-03-17"),
        ("17-Mar-21", None, "2021-03-17"),
        ("3-Dec-99", None, "1999-12-03"),
        ("March 2021", None, "2021-03"),
        ("17 كانون الثاني 2021", None, "2021-01-17"),
        ("17/03/2021", None, "2021-03-17"),
        ("03/17/2021", None, "2021-03-17"),
        ("03/04/2021", True, "2021-04-03"),
        ("03/04/2021", False, "2021-03-04"),
        ("03/04/2021", None, "03/04/2021"),
        ("05/05/2021", None, "2021-05-05"),
        ("00/05/2021", True, "2021-05"),
        ("31/02/2021", True, "2021-02-31"),
        ("44272", None, "44272"),
        ("17 Marsh 2021", None, "17 Marsh 2021"),
        ("٢٠٢١", None, "2021"),
        ("", None, ""),
    ],
)
def test_dates_as_people_write_them(text, day_first, made):
    assert iso(text, day_first) == made


PERSONS = [
    "name",
    "Victim Name",
    "victim_id",
    "full name",
    "الاسم",
    "اسم الضحية",
    "martyr",
    "father",
    "alias",
    "Phone",
]
OTHERS = [
    "group_name",
    "Place name",
    "actor1",
    "victim_count",
    "victim_sex",
    "admin1",
    "target_rank",
    "dyad_name",
]


@pytest.mark.parametrize("column", PERSONS)
def test_columns_that_may_name_persons(column):
    assert may_name_persons(column)


@pytest.mark.parametrize("column", OTHERS)
def test_columns_that_name_none(column):
    assert not may_name_persons(column)


def comes_in(column, cells, **settings):
    return not left_out(column, np.array(cells, dtype=object), **({"prose": False, "keep": False} | settings))


def test_text_comes_in_only_where_it_looks_like_a_category():
    assert not comes_in("column", [f"First{i} Last{i}" for i in range(30)])
    assert comes_in("column", ["Army of the south", "IS"] * 15)
    assert not comes_in("column", [f"A-{i}" for i in range(30)]), "nothing says that these are no names"
    assert comes_in("column", [f"A-{i}" for i in range(30)], keep=True)
    assert not comes_in("column", ["x" * 201] * 30)
    assert not comes_in("Remarks (English)", ["x"] * 30)

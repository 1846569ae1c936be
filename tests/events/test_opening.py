"""Files as people have them: encodings, separators, containers, headers; every one read to the same events."""

import gzip
import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.events.formats.ucdp import STANDARD

MAPPING = {"event_id": "id", "date": "date", "area": "area", "perpetrator": "who", "killed": "dead"}
ROWS = [
    ["201401010001", "2020-05-09", "São José", "Front of Ja\u2019far", "1"],
    ["201401010002", "2020-05-10", "Café", "IS", "2"],
]
FRAME = pd.DataFrame(ROWS, columns=["id", "date", "area", "who", "dead"])
TEXT = FRAME.to_csv(index=False)


def read(path, **settings):
    return at.read_table(path, MAPPING, **settings)


def written(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def same(events):
    assert events["event"].values.tolist() == [row[0] for row in ROWS]
    assert events["area"].values.tolist() == [row[2] for row in ROWS]
    assert events["perpetrator"].values.tolist() == [row[3] for row in ROWS]
    assert events["killed"].values.tolist() == [1.0, 2.0]


def zipped(name, data):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return packed.getvalue()


RECORDS = FRAME.to_dict("records")
FILES = {
    "utf8.csv": TEXT.encode(),
    "marked.csv": TEXT.encode("utf-8-sig"),
    "windows.csv": TEXT.encode("cp1252"),
    "utf16.csv": TEXT.encode("utf-16"),
    "utf16be.csv": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "utf16_unmarked.csv": TEXT.encode("utf-16-le"),
    "tabs.tsv": TEXT.replace(",", "\t").encode(),
    "tabs.txt": TEXT.replace(",", "\t").encode("utf-16"),
    "semicolons.csv": TEXT.replace(",", ";").encode("cp1252"),
    "packed.csv.gz": gzip.compress(TEXT.encode()),
    "packed.zip": zipped("folder/table.csv", TEXT.encode()),
    "packed_tabs.zip": zipped("table.tsv", TEXT.replace(",", "\t").encode()),
    "records.json": json.dumps(RECORDS).encode(),
    "acled.json": json.dumps({"status": 200, "success": True, "count": 2, "data": RECORDS}).encode(),
}


@pytest.mark.parametrize("name", FILES)
def test_one_table_in_many_files(tmp_path, name):
    same(read(written(tmp_path, name, FILES[name])))


def test_a_mac_needs_a_hint(tmp_path):
    path = written(tmp_path, "mac.csv", TEXT.encode("mac_roman"))
    same(read(path, encoding="mac_roman"))


@pytest.mark.parametrize("codec", ["cp1256", "cp1251", "iso8859_7"])
def test_another_script_is_not_taken_for_windows_1252(tmp_path, codec):
    word = {"cp1256": "داعش", "cp1251": "Повстанцы", "iso8859_7": "Ομάδα"}[codec]
    path = written(tmp_path, "x.csv", TEXT.replace("IS", word).encode(codec, errors="ignore"))
    with pytest.raises(at.DataError, match="encoding="):
        read(path)
    assert read(path, encoding=codec)["perpetrator"].values[1] == word


def test_two_encodings_in_a_file_are_refused(tmp_path):
    lines = TEXT.splitlines(keepends=True)
    path = written(tmp_path, "x.csv", (lines[0] + lines[1]).encode() + lines[2].encode("cp1252"))
    with pytest.raises(at.DataError, match="two encodings") as raised:
        read(path)
    assert raised.value.problems["row"].tolist() == [2]


def test_control_characters_are_those_of_windows_1252_and_reported():
    frame = FRAME.assign(who=["Front of Ja\x92far", "IS\x96Army"])
    events = read(frame)
    assert events["perpetrator"].values.tolist() == ["Front of Ja\u2019far", "IS\u2013Army"]
    said = at.decisions(events)
    changed = said[(said["column"] == "who") & (said["kind"] == "recoding")][
        ["found", "made"]
    ].values.tolist()
    assert ["Front of Ja\x92far", "Front of Ja\u2019far"] in changed


def test_blank_ends_are_one_line_and_changes_inside_one_each():
    events = read(FRAME.assign(who=[" IS", "Ar\u200bmy"]))
    said = at.decisions(events)
    assert said[(said["column"] == "who") & (said["kind"] == "recoding")][
        ["found", "made"]
    ].values.tolist() == [
        ["", "tidied"],
        ["Ar\u200bmy", "Ar my"],
    ]


def test_a_workbook(tmp_path):
    openpyxl = pytest.importorskip("openpyxl", reason="the extra excel is not installed")
    book = openpyxl.Workbook()
    book.active.append(list(FRAME.columns))
    for row in ROWS:
        book.active.append([int(row[0]), pd.Timestamp(row[1]).to_pydatetime(), row[2], row[3], float(row[4])])
    book.create_sheet("notes").append(["x"])
    book.save(tmp_path / "x.xlsx")
    events = read(tmp_path / "x.xlsx")
    same(events)
    assert events["date"].values.astype("datetime64[D]").astype(str).tolist() == ["2020-05-09", "2020-05-10"]
    assert "Other sheets are not read: 'notes'." in at.decisions(events)["why"].tolist()


def test_a_workbook_without_the_extra_names_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openpyxl", None)
    with pytest.raises(at.AttributionError, match=r"attribution-bayes\[excel\]"):
        read(written(tmp_path, "x.xlsx", zipped("x.xml", b"x")))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("bomb.csv.gz", gzip.compress(b"0" * (80 << 20)), "200 times"),
        ("bomb.zip", zipped("x.csv", b"0" * (80 << 20)), "200 times"),
        ("bomb.xlsx", zipped("x.xml", b"0" * (80 << 20)), "200 times"),
        ("two.zip", None, "holds 2"),
        ("x.json", b'{"data": [{"id": [1]}]}', "one text or number"),
        ("x.json", b"[1, 2]", "list of records"),
        ("x.json", b"[" * 100_000, "not JSON"),
        ("x.zip", b"PK", "cannot be read"),
        ("x.doc", b"x", "is not a .csv"),
    ],
)
def test_files_that_are_refused(tmp_path, name, data, said):
    if data is None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a.csv", TEXT)
            archive.writestr("b.csv", TEXT)
        data = packed.getvalue()
    with pytest.raises(at.DataError, match=said):
        read(written(tmp_path, name, data))


# ---- headers


def test_columns_without_a_name(tmp_path):
    lines = [f"{line},," for line in TEXT.splitlines()]
    events = read(written(tmp_path, "x.csv", "\n".join(lines).encode()))
    same(events)
    assert at.decisions(events)["found"].str.contains("column 6, no name").any()
    numbered = FRAME.copy()
    numbered.insert(0, "", ["1", "2"])
    assert read(numbered)["column 1"].values.tolist() == [1.0, 2.0]


def test_columns_that_cannot_be_stored_ride_under_another_name():
    frame = FRAME.assign(
        **{"Local/Foreign": ["yes", "no"], "event": "1", "Latitude": "1.5", "statement_x": "2"}
    )
    events = read(frame)
    same(events)
    said = at.decisions(events)
    renamed = said[(said["found"] != "") & (said["kind"] == "column")]
    stored = dict(renamed[["found", "made"]].values.tolist())
    assert stored["Local/Foreign"] == "Local_Foreign"
    for name in ("event", "Latitude", "statement_x"):
        assert stored[name] in events
    assert "latitude" not in events, "what was left unmapped on purpose stays unmapped"


TAGS = ["#event+id", "#date", "#adm1+name", "#group+name", "#affected+killed"]


def test_a_row_of_tags_is_no_event():
    events = read(pd.concat([pd.DataFrame([TAGS], columns=FRAME.columns), FRAME], ignore_index=True))
    same(events)
    assert at.decisions(events)["why"].str.contains("HXL").any()
    bad = pd.DataFrame([TAGS, *ROWS[:1], [*ROWS[1][:4], "x"]], columns=FRAME.columns)
    with pytest.raises(at.DataError) as raised:
        read(bad)
    assert raised.value.problems["row"].tolist() == [3], "rows are counted in the file"


def test_ucdp_without_a_header(tmp_path):
    cells = dict.fromkeys(STANDARD, "") | {
        "id": "7",
        "type_of_violence": "3",
        "side_a": "G",
        "side_b": "Civilians",
    }
    cells |= {"date_start": "2024-01-02", "date_end": "2024-01-02", "date_prec": "1", "best": "2"}
    path = tmp_path / "x.csv"
    pd.DataFrame([cells, cells | {"id": "8"}]).to_csv(path, index=False, header=False)
    events = at.read_ucdp_ged(path)
    assert events["event"].values.tolist() == ["7", "8"]
    assert events["perpetrator"].values.tolist() == ["G", "G"]
    assert at.decisions(events)["why"].str.contains("no header row").any()


def test_the_country_stands_for_an_area_that_is_empty():
    frame = pd.DataFrame(
        {"id": ["1", "2"], "d": "2020", "region": ["", "North"], "city": "Town", "Land": "X"}
    )
    mapping = {"event_id": "id", "date": "d", "area": "region", "place": "city"}
    for given in (mapping, mapping | {"country": "Land"}):
        assert at.read_table(frame, given)["area"].values.tolist() == ["X", "North"]
    with pytest.raises(at.DataError, match="map `country`"):
        at.read_table(frame.drop(columns="Land"), mapping)


# ---- numbers that lost their digits


@pytest.mark.parametrize(
    ("kind", "number", "lost"),
    [
        ("float32", 2**24, True),
        ("float32", 2**24 - 1, False),
        ("float64", 2**53, True),
        ("float64", 201401010001, False),
        ("int64", 2**60, False),
        ("object", 2**24, False),
    ],
)
def test_ids_in_single_precision(kind, number, lost):
    frame = pd.DataFrame({"event_id": pd.Series([number], dtype=kind), "date": ["2014-01-01"]})
    for call in (at.read_events, lambda table: at.read_table(table, {name: name for name in table})):
        if lost:
            with pytest.raises(at.DataError, match="lost its last digits") as raised:
                call(frame)
            assert "as text" in str(raised.value)
        else:
            assert call(frame)["event"].values.tolist() == [str(number)]


def test_ids_in_single_precision_among_objects():
    frame = pd.DataFrame({"event_id": np.array([np.float32(2e11)], dtype=object), "date": ["2014"]})
    with pytest.raises(at.DataError, match="lost its last digits"):
        at.read_events(frame)

"""Spellings of nothing, of several actors and of suspicions: what is meant comes in, whatever it is written like."""

import numpy as np
import pandas as pd
import pytest

import attribution as at
from attribution.events.formats.nothing import Nothing
from attribution.events.formats.several import separated, suspect

MAPPING = {"event_id": "id", "date": "d", "perpetrator": "who"}


def frame(**columns):
    return pd.DataFrame({"id": ["a"], "d": ["2021-03-01"]} | columns, dtype=str)


def read(who, **settings):
    return at.read_table(frame(who=who), MAPPING, **({"source": "monitor"} | settings))


NOBODY = [
    *(
        "NA",
        "N/A",
        "#N/A",
        "n.a.",
        "NULL",
        "None",
        "-",
        "--",
        "\u2014",
        "-9",
        "-99",
        "-99.0",
        "UKN",
        "?",
        "n/k",
    ),
    *(
        "Unknown",
        "Unidentified Armed Group (Syria)",
        "unknown gunmen",
        "armed men (unidentified)",
        "Not claimed",
    ),
    *(
        "Under investigation",
        "not yet known",
        "Desconocido",
        "No identificado",
        "grupo armado no identificado",
    ),
    *(
        "sin información",
        "S/D",
        "Autor desconocido",
        "Inconnu",
        "Hommes armés non identifiés",
        "Non revendiqué",
    ),
    *(
        "Não identificado",
        "Ignoti",
        "Unbekannt",
        "k. A.",
        "Bilinmiyor",
        "Faili meçhul",
        "Неизвестно",
        "не установлено",
    ),
    *("Невідомо", "مجهول", "مسلحون مجهولون", "جهة غير معروفة", "ناشناس", "Tuntematon", "brak danych", "不明"),
]
SOMEBODY = [
    "IS",
    "Nobody's Army",
    "No Name Group",
    "Armed Forces",
    "Group A",
    "National Army",
    "FARC",
    "Nad Ali",
]


@pytest.mark.parametrize("cell", NOBODY)
def test_nobody_is_no_actor(cell):
    events = read(who=[cell])
    assert events["perpetrator"].values.tolist() == [""]
    said = at.decisions(events)
    assert said[said["column"] == "who"]["found"].tolist()[-1] == cell, "and it is said"


@pytest.mark.parametrize("cell", SOMEBODY)
def test_somebody_is_an_actor(cell):
    assert read(who=[cell])["perpetrator"].values.tolist() == [cell]


@pytest.mark.parametrize("cell", ["NA", "N/A", "unknown", "desconocido", "NULL", "n.d.", "inconnu", "\u2013"])
@pytest.mark.parametrize("column", ["killed", "area", "method", "claim_date", "latitude"])
def test_nothing_is_nothing_in_every_column(column, cell):
    mapping = {"event_id": "id", "date": "d", column: "c"} | (
        {"longitude": "c"} if column == "latitude" else {}
    )
    made = at.read_table(frame(c=[cell]), mapping)[column].values[0]
    assert made == "" or np.isnat(made) if not isinstance(made, float) else np.isnan(made)


def test_words_of_the_table_itself():
    assert read(who=["s.q."], unknown=["s.q."])["perpetrator"].values.tolist() == [""]
    mapping = {"event_id": "id", "date": "d", "killed": "k"}
    assert np.isnan(at.read_table(frame(k=["sin reg."]), mapping, missing=["sin reg."])["killed"].values[0])
    assert read(who=["Nadie"], actors=["Nadie"])["perpetrator"].values.tolist() == ["Nadie"], (
        "an actor of that name"
    )


def test_numbers_that_a_program_left_empty_are_numbers():
    events = at.read_table(
        pd.concat([frame(n=["NA"]), frame(id=["b"], n=["3"])]), {"event_id": "id", "date": "d"}
    )
    np.testing.assert_array_equal(events["n"], [np.nan, 3.0])


def test_na_is_no_second_actor():
    columns = ["event_id_cnty", "event_date", "time_precision", "actor1", "inter1", "actor2", "inter2"]
    columns += ["fatalities", "location", "admin1"]
    rows = [
        ["X1", "2020-05-09", "1", "Army", "1", "NA", "NA", "1", "NA", "NA"],
        ["X2", "2020-05-09", "1", "Protesters (X)", "6", "NA", "NA", "1", "Town", "North"],
    ]
    written = pd.DataFrame(rows, columns=columns)
    one, other = at.read_acled(written), at.read_acled(written.replace("NA", ""))
    for name in ("perpetrator", "target_affiliation", "candidates", "area", "place"):
        assert one[name].values.tolist() == other[name].values.tolist()
    assert one["perpetrator"].values.tolist() == ["Army", ""]
    assert one["acled_actor2"].values.tolist() == ["NA", "NA"], "what stood there rides along"


def test_na_in_codes_and_numbers_of_the_gtd():
    columns = ["eventid", "iyear", "imonth", "iday", "gname", "nkill", "specificity"]
    columns += ["latitude", "longitude", "provstate"]
    cells = ["202005090001", "2020", "5", "-9", "G", "NA", "NA", "1.5", "2.5", "NA"]
    events = at.read_gtd(pd.DataFrame([cells], columns=columns))
    assert np.isnan(events["killed"].values[0])
    assert events["date_precision"].values.tolist() == ["month"]
    assert events["area"].values.tolist() == [""]


# ---- several actors in a cell


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        *((text, ["A", "B"]) for text in ("A and/or B", "A, B", "A or B", "A; B", "A / B", "A | B", "A,B")),
        *((text, ["A", "B"]) for text in ("A y/o B", "A et/ou B", "A und/oder B", "A и/или B", "A و/أو B")),
        ("A, B and/or C", ["A", "B", "C"]),
        ("Militia (North, South)", ["Militia (North, South)"]),
        ("Army of A and B", ["Army of A and B"]),
        ("SPLM/A", ["SPLM/A"]),
        ("Army (2000-2024), Police", ["Army (2000-2024)", "Police"]),
    ],
)
def test_a_cell_is_taken_apart(cell, names):
    assert separated(None)(cell) == names


def test_several_perpetrators_are_candidates():
    events = read(who=["A and/or B"])
    assert events["perpetrator"].values.tolist() == [""]
    assert events["candidates"].values.tolist() == ["A|B"]
    assert read(who=["A and/or unknown"]).get("candidates", np.array([""])).item() == "", "all is open"
    assert read(who=["A+B"], separator="+")["candidates"].values.tolist() == ["A|B"]
    assert read(who=["A, B"], separator="")["perpetrator"].values.tolist() == ["A, B"]


def test_several_claimants_compete():
    events = at.read_table(frame(c=["A; B"]), {"event_id": "id", "date": "d", "claimed_by": "c"})
    assert events["claimed_by"].values.tolist() == ["A|B"]


@pytest.mark.parametrize(
    ("flag", "made"), [("yes", "IS"), ("1", "IS"), ("Sí", "IS"), ("no", ""), ("", ""), ("-9", "")]
)
def test_a_flag_of_claims_beside_a_column_of_groups(flag, made):
    mapping = {"event_id": "id", "date": "d", "claimed_by": "group", "claimed": "flag"}
    events = at.read_table(frame(group="IS", flag=flag), mapping)
    assert events["claimed_by"].values.tolist() == [made]
    with pytest.raises(at.DataError, match="not by whom"):
        at.read_table(frame(flag=flag), {"event_id": "id", "date": "d", "claimed": "flag"})


def test_several_on_a_side_of_a_battle():
    columns = [
        "event_id_cnty",
        "event_date",
        "time_precision",
        "actor1",
        "inter1",
        "actor2",
        "inter2",
        "fatalities",
    ]
    row = ["X2", "2020-05-09", "1", "Group G and/or Group H", "2", "Army", "1", "1"]
    events = at.read_acled(pd.DataFrame([row], columns=columns))
    assert events["candidates"].values.tolist() == ["Army|Group G|Group H"]
    one = at.read_acled(
        pd.DataFrame([[*row[:5], "Civilians (X)", "7", "1"]], columns=columns), attribution="statement"
    )
    assert "statement_event" not in one, "a finding names one"


# ---- suspicions


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "allegedly IS",
            "IS (unconfirmed)",
            "IS?",
            "IS (?)",
            "probable IS",
            "IS, allegedly",
            "IS - suspected",
        ),
        *(
            "IS [alleged]",
            "presunto IS",
            "IS (presunto)",
            "présumé IS",
            "mutmaßlich IS",
            "предположительно IS",
        ),
        *(
            "مشتبه IS",
            "IS (غير مؤكد)",
            "believed to be IS",
            "IS (not confirmed)",
            "muhtemelen IS",
            "suposto IS",
        ),
        "unknown (suspected IS)",
    ],
)
def test_a_suspicion_is_an_accusation(cell):
    events = read(who=[cell])
    assert events["perpetrator"].values.tolist() == [""]
    said = at.to_frame(events, "statements")[["source", "kind", "actor"]].values.tolist()
    assert said == [["monitor", "accusation", "IS"]]


@pytest.mark.parametrize("cell", ["IS", "IS (ISIS)", "Al-Shabaab", "Army (X)", "Possible"])
def test_what_is_no_suspicion(cell):
    assert suspect(cell) == ""


def test_every_word_of_a_kind_is_known_to_itself():
    assert Nothing().says("", "actor")
    assert not Nothing().says("NA", "actor") or Nothing().says("na", "actor")


# ---- names that become another by `rest`


def test_harmonise_warns_of_frequent_names_and_of_nobody():
    rows = {"event_id": [f"e{i}" for i in range(9)], "date": "2021"}
    who = ["IS"] * 4 + ["Army"] * 4 + ["Desconocido"]
    events = at.read_events(pd.DataFrame(rows | {"perpetrator": who}))
    with pytest.warns(UserWarning, match=r"'Army' \(4 times\).*'Desconocido'"):
        made = at.harmonise(events, {"IS": "IS"}, column="actor", rest="unlisted")
    assert made["perpetrator"].values.tolist() == ["IS"] * 4 + ["unlisted"] * 5
    at.harmonise(events, {"IS": "IS", "Army": "army", "Desconocido": ""}, column="actor", rest="unlisted")

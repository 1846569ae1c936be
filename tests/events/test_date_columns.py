"""Dates: one order of day and month for a column, from what settles it, or a question; never a guess."""

import pandas as pd
import pytest

import attribution as at
from attribution.events.formats.dates import iso

MAPPING = {"event_id": "id", "date": "d"}


def read(cells, **settings):
    frame = pd.DataFrame({"id": [f"e{i}" for i in range(len(cells))], "d": cells}, dtype=str)
    return at.read_table(frame, MAPPING, **settings)


def days(events):
    return events["date"].values.astype("datetime64[D]").astype(str).tolist()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2022-01-02",
            "2022/01/02",
            "2022.01.02",
            "20220102",
            "2022-1-2",
            "2022-01-02 14:30",
            "2022-01-02T00:00:00Z",
        ),
        *(
            "2022-01-02T10:11:12.123+03:00",
            "2022-01-02 00:00:00.000",
            "January 2, 2022",
            "Jan 2, 2022",
            "2 Jan. 2022",
        ),
        *(
            "2 January 2022",
            "Sunday, 2 January 2022",
            "2nd January 2022",
            "02JAN2022",
            "02-Jan-22",
            "2022 January 2",
        ),
        *("2 de enero de 2022", "2 janvier 2022", "2 de janeiro de 2022", "2 gennaio 2022", "2. Januar 2022"),
        *(
            "2 Ocak 2022",
            "2 stycznia 2022",
            "2 января 2022 г.",
            "2 січня 2022",
            "2 كانون الثاني 2022",
            "2 يناير 2022",
        ),
        *("2 ژانویه 2022", "2022年1月2日", "٢٠٢٢-٠١-٠٢", "2022-01-02 14:30:00 CET"),
    ],
)
def test_one_day_in_many_spellings(text):
    assert iso(text, None) == iso(text, True) == iso(text, False) == "2022-01-02"
    assert days(read([text])) == ["2022-01-02"]


@pytest.mark.parametrize(
    ("cells", "made"),
    [
        (["05/09/2020", "05/07/2020", "05/30/2020"], ["2020-05-09", "2020-05-07", "2020-05-30"]),
        (["05/09/2020", "05/07/2020", "30/05/2020"], ["2020-09-05", "2020-07-05", "2020-05-30"]),
        (["5.9.2020", "31.12.2020", "2020-03-01"], ["2020-09-05", "2020-12-31", "2020-03-01"]),
        (["5/9/2020 0:00", "1/15/2020 13:45"], ["2020-05-09", "2020-01-15"]),
        (["5/9/92", "1/15/92"], ["1992-05-09", "1992-01-15"]),
        (["05/05/2020", "06-06-2020"], ["2020-05-05", "2020-06-06"]),
        (["17/3/2021", "03/17/2021"], ["2021-03-17", "2021-03-17"]),
    ],
)
def test_the_column_settles_the_order(cells, made):
    assert days(read(cells)) == made


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["05/09/2020", "2020-01-01"], "Nothing in the column says"),
        (["5.9.20"], "Nothing in the column says"),
        (["05/09/2020", "30/05/2020", "05/30/2020"], "not of one order: '30/05/2020'"),
        (["20-05-09"], "Nothing in the column says"),
    ],
)
def test_where_nothing_settles_it_the_reader_asks(cells, said, skip):
    with pytest.raises(at.DataError, match=said) as raised:
        read(cells, skip=skip)
    problem = raised.value.problems.iloc[0]
    assert "day_first=True or day_first=False" in problem["fix"]
    assert problem["value"].startswith(cells[0]), "as it stands in the file"


def test_the_answer_is_taken():
    assert days(read(["05/09/2020"], day_first=True)) == ["2020-09-05"]
    assert days(read(["05/09/2020"], day_first=False)) == ["2020-05-09"]


def test_a_cell_against_the_answer_is_refused_as_it_stands():
    with pytest.raises(at.DataError) as raised:
        read(["05/09/2020", "05/30/2020"], day_first=True)
    assert raised.value.problems["value"].tolist() == ["05/30/2020"]
    with pytest.warns(UserWarning, match="1 of 2 rows are left out"):
        assert days(read(["05/09/2020", "05/30/2020"], day_first=True, skip=True)) == ["2020-09-05"]


@pytest.mark.parametrize(
    "cell", ["44563", "31/02/2021", "2021-02-30", "17 Marsh 2021", "tomorrow", "2021-13"]
)
def test_what_is_no_date_is_quoted_as_it_stands(cell):
    with pytest.raises(at.DataError, match="a day of the calendar") as raised:
        read([cell], day_first=True)
    assert raised.value.problems["value"].tolist() == [cell]
    assert "day_first=" in raised.value.problems["fix"][0]


@pytest.mark.parametrize(
    ("columns", "parts", "made", "precision"),
    [
        (("Year", "Month", "Day"), ["2016", "3", "9"], "2016-03-09", "day"),
        (("Year", "Month", "Day"), ["2016", "March", ""], "2016-03-01", "month"),
        (("Year", "Month", "Day"), ["2016", "", "NA"], "2016-01-01", "year"),
        (("Year", "Month", "Day"), ["2016", "0", "0"], "2016-01-01", "year"),
        (("Year", "Month", "Day"), ["2016.0", "3.0", "-99"], "2016-03-01", "month"),
        (("Year", "Month"), ["2016", "enero"], "2016-01-01", "month"),
        (("Year",), ["2016"], "2016-01-01", "year"),
    ],
)
def test_a_date_in_several_columns(columns, parts, made, precision):
    frame = pd.DataFrame([parts], columns=list(columns)).assign(id="a")
    events = at.read_table(frame, {"event_id": "id", "date": columns})
    assert days(events) == [made]
    assert events["date_precision"].values.tolist() == [precision]


def test_several_columns_are_for_a_date_only():
    frame = pd.DataFrame({"id": ["a"], "d": ["2021"], "e": ["x"]})
    with pytest.raises(at.DataError, match="several columns for a date only"):
        at.read_table(frame, {"event_id": "id", "date": "d", "area": ("d", "e")})


def test_the_report_has_one_line_for_a_way_of_writing():
    cells = [f"2020-05-{i:02} 00:00:00.000" for i in range(1, 19)] + ["2020-05-20 12:30"]
    said = at.decisions(read(cells))
    lines = said[(said["column"] == "d") & (said["kind"] == "recoding")]
    assert lines["count"].tolist() == [18, 1]
    assert "The time of day is left out" in lines["why"].iloc[1]


def test_acled_of_an_american_spreadsheet():
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
    rows = [
        [f"X{i}", day, "1", "G", "2", "Civilians (X)", "7", "1"]
        for i, day in enumerate(["05/09/2020", "05/30/2020"])
    ]
    frame = pd.DataFrame(rows, columns=columns)
    assert days(at.read_acled(frame)) == ["2020-05-09", "2020-05-30"]
    with pytest.raises(at.DataError, match="day_first="):
        at.read_acled(frame[:1])
    assert days(at.read_acled(frame[:1], day_first=False)) == ["2020-05-09"]


def test_ucdp_dates_are_of_one_order_each():
    columns = ["id", "type_of_violence", "side_a", "side_b", "date_start", "date_end", "date_prec", "best"]
    rows = [["1", "3", "G", "Civilians", "5/9/2020", "5/13/2020", "2", "1"]]
    events = at.read_ucdp_ged(pd.DataFrame(rows, columns=columns), day_first=False)
    assert days(events) == ["2020-05-09"]

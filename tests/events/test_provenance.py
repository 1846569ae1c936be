"""Is this the table that was fitted, and if not, what differs."""

import json

import numpy as np
import pandas as pd
import pytest

import attribution as at


def found(posterior, events):
    made = at.verify(posterior, events)
    assert not made.same
    assert made.sentence.startswith("This is not the table that was fitted")
    return made.differences[["table", "event", "column", "fitted", "given"]].values.tolist()


def test_the_table_that_was_fitted(posterior, events, tmp_path):
    made = at.verify(posterior, events)
    assert made.same
    assert len(made.differences) == 0
    at.save(posterior, tmp_path / "x.nc")
    assert at.verify(at.load(tmp_path / "x.nc"), events).same


def test_one_cell(posterior, events):
    area = events["area"].values.astype("U20")
    area[3] = "Elsewhere"
    other = events.assign(area=("event", area))
    assert found(posterior, other) == [["events", "e003", "area", str(events["area"].values[3]), "Elsewhere"]]


def test_a_number_and_a_date(posterior, events):
    killed, date = events["killed"].values.copy(), events["date"].values.copy()
    killed[0], date[1] = 99, np.datetime64("2000-01-01")
    rows = found(posterior, events.assign(killed=("event", killed), date=("event", date)))
    assert [row[1:3] for row in rows] == [["e001", "date"], ["e000", "killed"]]
    assert rows[1][4] == "99"


def test_a_column_the_posterior_does_not_keep(posterior, events):
    assert "remark" not in posterior["constant_data"]
    other = events.assign(remark=("event", np.full(events.sizes["event"], "another")))
    assert found(posterior, other) == [["events", "", "remark", "other values", "these values"]]


def test_rows_left_out_added_and_moved(posterior, events):
    rows = found(posterior, events.isel(event=slice(1, None)))
    assert ["events", "e000", "(row)", "there", "left out"] in rows
    moved = events.isel(event=slice(None, None, -1))
    assert ["events", "", "(order)", "another order", "this order"] in found(posterior, moved)
    renamed = events.assign_coords(event=np.where(events["event"] == "e000", "new", events["event"]))
    assert ["events", "new", "(row)", "", "added"] in found(posterior, renamed)


def test_columns_and_statements(posterior, events):
    assert ["events", "", "remark", "there", "left out"] in found(posterior, events.drop_vars("remark"))
    extra = events.assign(more=("event", np.zeros(events.sizes["event"])))
    assert ["events", "", "more", "", "added"] in found(posterior, extra)
    fewer = events.isel(statement=slice(1, None))
    names = ("event", "source", "kind", "actor")
    event, *rest = (str(events[f"statement_{name}"].values[0]) for name in names)
    assert ["statements", event, "(statement)", " | ".join(rest), "left out"] in found(posterior, fewer)


def test_another_order_of_ranks(posterior, events):
    other = events.copy()
    other.attrs["ranks"] = json.dumps(["commander", "fighter", "civilian"])
    was, now = "civilian < fighter < commander", "commander < fighter < civilian"
    assert found(posterior, other) == [["events", "", "(order of ranks)", was, now]]


def test_a_posterior_of_an_older_version(posterior, events):
    del posterior.attrs["provenance"]
    assert at.verify(posterior, events).same
    other = events.assign(remark=("event", np.full(events.sizes["event"], "another")))
    made = at.verify(posterior, other)
    assert not made.same
    assert "values that the posterior does not keep" in made.sentence


def test_where_the_events_came_from(posterior, tmp_path):
    kept = json.loads(posterior.attrs["provenance"])
    assert kept["data_hash"] == posterior.attrs["data_hash"]
    frame = pd.DataFrame({"event_id": ["a"], "date": ["2021"]})
    frame.to_csv(tmp_path / "x.csv", index=False)
    events = at.read_events(tmp_path / "x.csv")
    assert len(events.attrs["source_hash"]) == 64
    (tmp_path / "x.csv").write_text("event_id,date\r\na,2021\r\n")
    again = at.read_events(tmp_path / "x.csv")
    assert again.attrs["source_hash"] != events.attrs["source_hash"]
    assert again.attrs["data_hash"] == events.attrs["data_hash"]


def test_what_is_no_table(posterior):
    with pytest.raises(at.ModelError, match="read_events"):
        at.verify(posterior, pd.DataFrame())

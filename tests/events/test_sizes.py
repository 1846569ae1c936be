"""A small file that asks for much memory is refused with the number, before it is given any."""

import gzip

import pandas as pd
import pytest

import attribution as at
from attribution.events import sizes


def table(**columns):
    return pd.DataFrame({"event_id": ["e1", "e2"], "date": ["2021-03-17", "2021-04"]} | columns)


@pytest.mark.parametrize("column", ["note", "area", "candidates"])
def test_a_long_cell_is_refused_with_the_bytes_it_would_take(monkeypatch, column):
    monkeypatch.setattr(sizes, "TEXT_MOST", 4000)
    with pytest.raises(
        at.DataError, match="this one would take 4,800 bytes, and 4,000 is the most"
    ) as raised:
        at.read_events(table(**{column: ["short", "x" * 600]}))
    found = raised.value.problems.iloc[0]
    assert (found["row"], found["column"], found["value"]) == (2, column, "600 characters")


def test_a_packed_file_is_unpacked_as_far_as_is_allowed(monkeypatch, tmp_path):
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(table().to_csv(index=False).encode()))
    assert at.read_events(path).sizes["event"] == 2
    monkeypatch.setattr(sizes, "UNPACKED_MOST", 20)
    with pytest.raises(
        at.DataError, match=r"x\.csv\.gz cannot be read: its \d+ bytes unpack to more than 20,"
    ):
        at.read_events(path)


def test_a_parquet_file_says_how_large_it_is(monkeypatch, tmp_path):
    path = tmp_path / "x.parquet"
    table().to_parquet(path)
    assert at.read_events(path).sizes["event"] == 2
    monkeypatch.setattr(sizes, "UNPACKED_MOST", 20)
    with pytest.raises(at.DataError, match=r"it declares [0-9]+ bytes, and 20 is the most"):
        at.read_events(path)

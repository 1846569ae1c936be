"""Files nobody meant: the library's own error or a whole table, nothing executed, no row lost."""

import ast
import base64
import csv
import io
import json
import os
import pickle
import warnings
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.model.specification import from_json

CORPUS = sorted(path for path in (Path(__file__).parent / "corpus").iterdir() if path.suffix != ".md")
MAPPING = {"event_id": "event_id", "date": "date"}
READERS = {
    "read_events": at.read_events,
    "read_table": lambda path, **settings: at.read_table(path, MAPPING, **settings),
    "read_acled": at.read_acled,
    "read_gtd": at.read_gtd,
    "read_ucdp_ged": at.read_ucdp_ged,
}
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


FORGIVEN = (
    *("no_header.csv", "arabic_digits.csv", "victims.csv", "huge_number.csv"),
    *("semicolons.csv", "tabs.csv", "utf16.csv"),
)
"""What `read_table` can mend or leave out; other separators and marked encodings, which people have, it reads."""


def outcome(call, *arguments, **options):
    """What came back, and the library's own error if that came instead."""
    try:
        return call(*arguments, **options), None
    except at.DataError as error:
        return None, error


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_bad_files_are_refused(path, reader, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    events, error = outcome(READERS[reader], path)
    assert list(tmp_path.iterdir()) == [], "nothing was executed"
    if events is not None:
        assert reader == "read_table"
        assert path.name in FORGIVEN
    else:
        assert len(error.problems)
        assert str(error)


SAMPLES = ["2021", "2021-03-17", "17/03/2021", "1", "-1", "IS", "IS?", "", "a|b", "\u0663"]
CELLS = st.text(max_size=12) | st.sampled_from(SAMPLES)


@pytest.mark.filterwarnings("ignore:.*rows are left out:UserWarning")
@FEW
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=6))
def test_rows_in_are_rows_out_and_rows_reported(rows):
    """Whatever stands in the cells of a table."""
    frame = pd.DataFrame(rows, columns=["event_id", "date", "perpetrator", "killed"], dtype=object)
    mapping = {name: name for name in frame}
    events, error = outcome(at.read_table, frame, mapping, source="monitor", skip=True)
    if events is None:
        assert set(error.problems["row"]) <= set(range(len(frame) + 1))
    else:
        table = at.decisions(events)
        out = table[table["kind"] == "row"]["row"].tolist()
        assert len(set(out)) == len(out)
        assert events.sizes["event"] + len(out) == len(frame)
        again = at.read_events(at.to_frame(events))
        assert again["event"].values.tolist() == events["event"].values.tolist()


@FEW
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_a_table_is_read_whole_or_refused(rows):
    frame = pd.DataFrame(rows, columns=["event_id", "note"], dtype=object).assign(date="2021")
    events, error = outcome(at.read_events, frame)
    if events is None:
        assert set(error.problems["row"]) <= set(range(len(frame) + 1))
    else:
        assert events["event"].values.tolist() == [row[0] for row in rows]
        assert at.data_hash(events) == at.read_events(at.to_frame(events)).attrs["data_hash"]


@FEW
@given(st.binary(max_size=80))
def test_bytes_that_are_no_table(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(b"event_id,date\n" + data)
    events, _ = outcome(at.read_events, path)
    if events is not None:
        lines = csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True)
        assert events.sizes["event"] == sum(1 for row in lines if row) - 1


# ---- what a file might try to run


class Bomb:
    """Runs a command when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_hostile_netcdf_file_runs_nothing(posterior, tmp_path):
    target, bomb = tmp_path / "x.nc", tmp_path / "executed"
    at.save(posterior, target)
    payload = pickle.dumps(Bomb(bomb))
    with h5py.File(target, "r+") as file:
        file.attrs["model"] = np.void(payload)
        file["posterior"].attrs["pickle"] = np.void(payload)
        file["posterior"].create_dataset("evil", data=np.frombuffer(payload, dtype=np.uint8))
    try:
        loaded = at.load(target)
    except at.AttributionError:
        loaded = None
    assert not bomb.exists()
    if loaded is not None:
        with pytest.raises((at.AttributionError, TypeError, ValueError)):
            from_json(loaded.attrs["model"])
    assert not bomb.exists()
    pickle.loads(payload)
    assert bomb.exists(), "the bomb is one"


RUNNERS = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve", "subprocess", "yaml", "code", "runpy"}
CALLS = {
    "eval",
    "exec",
    "__import__",
    "system",
    "popen",
    "read_pickle",
    "to_pickle",
    "execv",
    "execve",
    "spawnv",
}


def test_nothing_in_the_library_can_run_what_it_reads():
    """No module that runs what a file says is imported anywhere, none is called; no YAML is read at all."""
    root = Path(at.__file__).parent
    found = []
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            called = node.func if isinstance(node, ast.Call) else None
            own = getattr(called, "attr", getattr(called, "id", ""))
            loose = [
                word for word in getattr(node, "keywords", []) if getattr(word, "arg", "") == "allow_pickle"
            ]
            if RUNNERS & {name.split(".")[0] for name in names} or own in CALLS or loose:
                found.append(f"{path.relative_to(root)}: {own or names}")
    assert found == ["compute/kernel.py: exec"], (
        "which defines a function of its own text, made from three counts"
    )


def test_a_hostile_parquet_file_runs_nothing(tmp_path):
    """An extension type whose serialised form is a pickle, as older readers of Arrow loaded by themselves."""
    bomb = tmp_path / "executed"
    named = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickle.dumps(Bomb(bomb)),
    }
    fields = [pa.field("event_id", pa.string()), pa.field("date", pa.string(), metadata=named)]
    table = pa.table([["e1"], ["2021"]], schema=pa.schema(fields))
    pq.write_table(table, tmp_path / "x.parquet")
    written = pq.ParquetFile(tmp_path / "x.parquet").metadata.metadata[b"ARROW:schema"]
    assert b"py_extension_type" in base64.b64decode(written)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        events, _ = outcome(at.read_events, tmp_path / "x.parquet")
    assert not bomb.exists()
    assert events is None or events["event"].values.tolist() == ["e1"]


@pytest.mark.parametrize(
    "kind", ["os.system", "__import__('os').mkdir('x')", "Model", "../../Baseline", "baseline"]
)
def test_a_hostile_specification_builds_nothing(kind):
    text = json.dumps({"actors": ["IS"], "activity": [{"component": kind}], "evidence": [], "closed": False})
    with pytest.raises(at.ModelError, match="does not have"):
        from_json(text)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::UserWarning")
def test_damaged_results_are_refused(posterior, tmp_path):
    """Bytes changed anywhere in a saved file: it loads, or the library says that it cannot."""
    target = tmp_path / "x.nc"
    at.save(posterior, target)
    whole, rng = target.read_bytes(), np.random.default_rng(3)
    refused = 0
    for _ in range(12):
        data = bytearray(whole)
        for place in rng.integers(0, 4000, 3):
            data[place] = rng.integers(256)
        target.write_bytes(bytes(data))
        try:
            at.load(target)
        except at.AttributionError:
            refused += 1
    assert refused


def test_a_result_of_another_version_says_which(posterior, tmp_path):
    old = xr.DataTree.from_dict(
        {name: posterior[name].to_dataset() for name in ("posterior", "sample_stats")}
    )
    old.attrs = {"model": "{}", "versions": json.dumps({"attribution-bayes": "0.0.1"})}
    old.to_netcdf(tmp_path / "old.nc", engine="h5netcdf")
    with pytest.raises(
        at.AttributionError, match=r"lacks attribution, constant_data\. It was saved by version 0\.0\.1"
    ):
        at.load(tmp_path / "old.nc")

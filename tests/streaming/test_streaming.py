"""Tables larger than memory: the results are those in memory, however the table is cut; nothing is done twice."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import xarray as xr

import attribution as at
from attribution.compute import random_numbers as lots
from attribution.fitting.scoring import evenly_spaced
from attribution.model import design
from attribution.model.actors import drawn_actors, tallied
from attribution.streaming import attribute_table as streaming
from attribution.streaming import chunk_scoring as parts
from attribution.streaming import stored_table
from small_world import ACTORS, RANKS, settings

NAMES = [*ACTORS, "unlisted"]
KEPT = 30
MODEL = at.Model(
    ACTORS,
    [
        *(at.Baseline(), at.TargetRank(), at.Location()),
        *(at.Timing(period="half-year"), at.Category("weapon")),
        at.ActivePeriod({"IS": (None, "2024-01")}),
    ],
    [at.Claim(time_sd=0)],
)


def frame(count=130, seed=8):
    """Events of which some lie outside the fit: areas, periods and a category that was not seen there."""
    rng = np.random.default_rng(seed)
    made = settings(count, seed).assign(
        event_id=[f"n{i:04}" for i in range(count)],
        claimed_by=np.where(rng.random(count) < 0.2, "IS", ""),
        weapon=rng.choice(["1", "2.50", "knife"], count, p=[0.5, 0.3, 0.2]),
        incident=np.where(np.arange(count) % 10 < 2, "same", ""),
    )
    made.loc[::9, "area"] = "Inkhil"
    made.loc[5::11, "date"] = "2024-02-03"  # after the period of IS
    made.loc[5::11, ["perpetrator", "candidates"]] = ""
    made.loc[3::17, "weapon"] = "9"
    return made


@pytest.fixture(scope="module")
def fitted():
    """A fit of the model, thinned to the draws that are scored."""
    events = at.read_events(frame(60, 5), ranks=RANKS)
    posterior = at.fit(MODEL, events, seed=1, draws=60, tune=100, chains=2)
    thinned = posterior.copy()
    kept = posterior["posterior"].to_dataset().isel(draw=evenly_spaced(60, KEPT // 2))
    thinned["posterior"] = xr.DataTree(kept)
    return posterior, thinned


@pytest.fixture(scope="module")
def whole_table(fitted):
    """What `attribute` says of the whole table at the same draws."""
    return at.attribute(MODEL, fitted[1], at.read_events(frame(), ranks=RANKS), seed=3)


def stored(folder, kind="parquet"):
    path = folder / f"events.{kind}"
    write = frame().to_parquet if kind == "parquet" else frame().to_csv
    write(path, index=False, **({"row_group_size": 17} if kind == "parquet" else {}))
    return path


def score(fitted, source, target, **asked):
    return at.attribute_table(MODEL, fitted[0], source, target, **{"draws": KEPT, "seed": 3} | asked)


def written(target):
    return pd.read_parquet(target / "parts")


def check_same(target, totals, scored):
    """Events, probabilities, intervals and killings are those of `attribute`, to the last bit that is kept."""
    table, group = written(target), scored["attribution"].to_dataset()
    assert table["event_id"].tolist() == group["event"].values.tolist()
    np.testing.assert_array_equal(table["known"], group["known"])
    quantile = group["quantile"].sel(quantile_level=[0.055, 0.945]).values
    for what, values in (("mean", group["mean"].values), ("low", quantile[0]), ("high", quantile[1])):
        own = table[[f"{what}_{actor}" for actor in NAMES]].to_numpy()
        np.testing.assert_array_equal(own, values.astype(np.float32))
    counts = np.stack([(group["perpetrator"] == k).sum("event") for k in range(len(NAMES))], axis=-1)
    np.testing.assert_array_equal(totals["killings"], counts)
    pd.testing.assert_frame_equal(at.shares(totals), at.shares(scored))


@pytest.mark.parametrize(("chunk", "block"), [(1000, 10**9), (50, 10**9), (23, 30 * 4 * 7), (130, 30 * 4)])
def test_as_in_memory_however_it_is_cut(fitted, whole_table, tmp_path, monkeypatch, chunk, block):
    monkeypatch.setattr(parts, "BLOCK_MOST", block)
    totals = score(fitted, stored(tmp_path), tmp_path / "out", chunk=chunk)
    check_same(tmp_path / "out", totals, whole_table)
    assert len(list((tmp_path / "out/parts").iterdir())) == -(-130 // chunk)
    xr.testing.assert_identical(xr.load_dataset(tmp_path / "out/totals.nc", engine="h5netcdf"), totals)


def test_the_world_has_what_makes_it_hard(whole_table):
    """Something outside the fit in every way, labels of every kind, and a column of numbers and words."""
    group = whole_table["attribution"].to_dataset()
    assert 0 < group["known"].sum() < 130
    assert (group["candidate"].sum("actor") == 2).any()
    assert {"1", "2.50", "knife", "9"} == set(frame()["weapon"])


def test_csv_and_folders_and_processes(fitted, whole_table, tmp_path):
    path = stored(tmp_path, "csv")
    check_same(tmp_path / "a", score(fitted, path, tmp_path / "a", chunk=40), whole_table)
    folder = tmp_path / "many"
    folder.mkdir()
    frame().iloc[:60].to_parquet(folder / "2019.parquet", index=False)
    frame().iloc[60:].to_parquet(folder / "2020.parquet", index=False)
    check_same(tmp_path / "b", score(fitted, folder, tmp_path / "b", chunk=70, workers=1), whole_table)
    check_same(tmp_path / "c", score(fitted, folder, tmp_path / "c", chunk=25), whole_table)


def test_quotes_and_line_breaks_in_csv(tmp_path):
    """A chunk begins where its first row does, whatever stands in the cells before."""
    made = frame().assign(remark='a "quoted"\ncell, with ä')
    made.to_csv(tmp_path / "e.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    table = stored_table.survey(tmp_path / "e.csv", 9, "utf-8")
    ids = [
        block.table.text("event_id")[i]
        for chunk in table.chunks
        for block in stored_table.blocks(chunk, ["event_id", "remark"], 4, "utf-8")
        for i in range(block.table.rows)
    ]
    assert ids == made["event_id"].tolist()
    assert [chunk.rows for chunk in table.chunks] == [9] * 14 + [4]


def test_on_dask(fitted, whole_table, tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        totals = score(fitted, stored(tmp_path), tmp_path / "out", chunk=60, client=client)
    check_same(tmp_path / "out", totals, whole_table)


# ---- broken off


def test_resumed_equals_uninterrupted(fitted, whole_table, tmp_path, monkeypatch):
    source, target, real = stored(tmp_path), tmp_path / "out", streaming.chunk_result
    done = []

    def stopping(prepared, named):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(named[0])
        return real(prepared, named)

    monkeypatch.setattr(streaming, "chunk_result", stopping)
    with pytest.raises(KeyboardInterrupt):
        score(fitted, source, target, chunk=40)
    assert sorted(path.name for path in (target / "parts").iterdir()) == [f"{name}.parquet" for name in done]
    (target / "parts/.part_000002.half.parquet").write_bytes(b"what a killed process leaves")
    again = []
    monkeypatch.setattr(
        streaming, "chunk_result", lambda p, named: (again.append(named[0]), real(p, named))[1]
    )
    check_same(target, score(fitted, source, target, chunk=40), whole_table)
    assert again == ["part_000002", "part_000003"]
    (target / "parts/part_000001.parquet").unlink()
    again.clear()
    check_same(target, score(fitted, source, target, chunk=40), whole_table)
    assert again == ["part_000001"], "a part that was deleted is made again"


def test_a_folder_of_another_run_is_refused(fitted, tmp_path):
    source, target = stored(tmp_path), tmp_path / "out"
    score(fitted, source, target)
    for asked, what in (({"seed": 4}, "seed"), ({"chunk": 7}, "chunk"), ({"draws": 10}, "posterior")):
        with pytest.raises(at.AttributionError, match=f"another run: {what} differ"):
            score(fitted, source, target, **asked)
    frame().iloc[::-1].to_parquet(source, index=False)
    with pytest.raises(at.AttributionError, match="another run: table differ"):
        score(fitted, source, target)


def test_a_part_cut_short_is_found(fitted, tmp_path):
    source, target = stored(tmp_path), tmp_path / "out"
    score(fitted, source, target, chunk=60)
    part = target / "parts/part_000001.parquet"
    pq.write_table(pq.read_table(part).slice(0, 59), part)
    with pytest.raises(at.AttributionError, match=r"part_000001.parquet holds 59 events of 60"):
        score(fitted, source, target, chunk=60)


# ---- what is refused


def test_bad_rows_are_reported_all_at_once_with_file_and_row(fitted, tmp_path):
    made = frame()
    made.loc[[44, 101], "target_rank"] = "general"
    made.loc[120, "claimed_by"] = "ISIS"
    made.to_parquet(tmp_path / "bad.parquet", index=False)
    with pytest.raises(
        at.DataError, match=r"bad.parquet row 121, event 'n0120': claimed_by = 'ISIS'"
    ) as error:
        score(fitted, tmp_path / "bad.parquet", tmp_path / "out", chunk=30)
    found = error.value.problems[["table", "row", "column"]].values.tolist()
    assert found == [
        ["bad.parquet", r, c] for r, c in ((45, "target_rank"), (102, "target_rank"), (121, "claimed_by"))
    ]
    assert {path.name for path in (tmp_path / "out/parts").iterdir()} == {
        "part_000000.parquet",
        "part_000002.parquet",
    }
    with pytest.raises(at.DataError, match="row 45"):
        score(fitted, tmp_path / "bad.parquet", tmp_path / "out", chunk=30)


def test_an_id_that_repeats_across_files(fitted, tmp_path, monkeypatch):
    monkeypatch.setattr(stored_table, "IDS_AT_ONCE", 40)
    folder = tmp_path / "many"
    folder.mkdir()
    frame().to_parquet(folder / "a.parquet", index=False)
    other = frame(20, 9).assign(event_id=[f"o{i}" for i in range(19)] + ["n0003"])
    other.to_parquet(folder / "b.parquet", index=False)
    with pytest.raises(at.DataError, match=r"event_id = 'n0003'") as error:
        score(fitted, folder, tmp_path / "out")
    row = error.value.problems.iloc[0]
    assert (row["table"], row["row"], len(error.value.problems)) == ("b.parquet", 20, 1)
    assert "Row 4 of a.parquet" in row["fix"]
    assert not (tmp_path / "out").exists(), "found before anything is scored"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.rename(columns={"remark": "victim_name"}), "Victims' names must not enter"),
        (lambda f: f.drop(columns="date"), "A required column is missing"),
        (lambda f: f.iloc[:0], "The table has no rows"),
        (lambda f: f.drop(columns="weapon"), "needs column 'weapon'"),
    ],
)
def test_headers(fitted, tmp_path, change, message):
    change(frame()).to_parquet(tmp_path / "e.parquet", index=False)
    with pytest.raises(at.AttributionError, match=message):
        score(fitted, tmp_path / "e.parquet", tmp_path / "out")


def test_files_of_another_kind(fitted, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    frame().to_csv(folder / "a.csv", index=False)
    frame().drop(columns="remark").to_csv(folder / "b.csv", index=False)
    with pytest.raises(at.DataError, match=r"b.csv: remark"):
        score(fitted, folder, tmp_path / "out")
    (folder / "b.csv").write_text("event_id,date\ne1,2021,x\n")
    with pytest.raises(at.DataError, match=r"must have the columns of a\.csv"):
        score(fitted, folder, tmp_path / "out")
    (folder / "b.csv").rename(folder / "readme.txt")
    with pytest.raises(at.AttributionError, match=r"holds readme.txt. Give a .parquet or a .csv"):
        score(fitted, folder, tmp_path / "out")
    (tmp_path / "uneven.csv").write_text("event_id,date\ne1,2021\n\ne2,2021,x\n")
    with pytest.raises(at.DataError, match=r"uneven.csv row 2: \(row\) = '3 cells'"):
        score(fitted, tmp_path / "uneven.csv", tmp_path / "out")


def test_laws_that_look_beyond_a_row(model, posterior, tmp_path):
    """The shared world's model has statements."""
    with pytest.raises(
        at.ModelError, match=r"Statements reads a table beside the events. Score with attribute"
    ):
        at.attribute_table(model, posterior, stored(tmp_path), tmp_path / "out")
    bundled = at.Model(ACTORS, evidence=[at.Claim(), at.Bundles()])
    with pytest.raises(at.ModelError, match="Bundles reads"):
        streaming.refuse_neighbours(bundled, xr.Dataset())
    with pytest.raises(at.ModelError, match="not the model that was fitted"):
        at.attribute_table(bundled, posterior, stored(tmp_path), tmp_path / "out")


def test_a_column_means_what_it_meant_in_the_fit(fitted):
    """`2.50` is text although its block holds numbers only; a number stays one where all cells are empty."""
    text = frame().query("weapon != 'knife'").head(5)
    job = parts.Job(MODEL, fitted[0]["constant_data"].to_dataset(), {}, 0, (0, 1), (), "utf-8", None)
    block = stored_table.Block(None, 0, 0, stored_table.open_table("events", text, "utf-8"))
    assert parts.read_block(job, block)["weapon"].values.tolist() == text["weapon"].tolist()
    numeric = job.fitted.assign(weapon=("event", np.ones(60)))
    for cells, expected in ((["", ""], [np.nan, np.nan]), (["1", "03"], [1, 3])):
        own = text.head(2).assign(weapon=cells)
        block = stored_table.Block(None, 0, 0, stored_table.open_table("events", own, "utf-8"))
        values = parts.read_block(parts.replace(job, fitted=numeric), block)["weapon"].values
        np.testing.assert_array_equal(values, expected)
    block = stored_table.Block(
        None, 0, 0, stored_table.open_table("events", text.assign(weapon="x"), "utf-8")
    )
    with pytest.raises(at.DataError, match="weapon must be a number: it held numbers in the fit"):
        parts.read_block(parts.replace(job, fitted=numeric), block)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"draws": 1}, "draws=1: give at least one for each of 2 chains"),
        ({"chunk": 0}, "chunk=0, seed=3: give a chunk of 1 or more"),
        ({"interval": 0.9}, "interval=0.9 is not kept"),
        ({"encoding": "utf-16"}, "encoding='utf-16' cannot be read in chunks"),
    ],
)
def test_settings_that_make_no_sense(fitted, tmp_path, asked, message):
    with pytest.raises(at.AttributionError, match=message):
        score(fitted, stored(tmp_path, "csv"), tmp_path / "out", **asked)
    assert not (tmp_path / "out").exists()


def test_what_is_no_fit_and_shares_of_groups(whole_table, tmp_path):
    with pytest.raises(at.AttributionError, match="this holds events that were scored"):
        at.attribute_table(MODEL, whole_table, stored(tmp_path), tmp_path / "out")
    totals = xr.Dataset({"killings": ("actor", [1])}, attrs={"checks": "[]"})
    with pytest.raises(at.AttributionError, match="only all events together: by=None"):
        at.shares(totals, by="area")


# ---- memory


def test_no_more_rows_are_alive_than_a_block_holds(fitted, tmp_path, monkeypatch):
    """Rows in memory do not grow with the table or the chunk."""
    monkeypatch.setattr(parts, "BLOCK_MOST", KEPT * len(NAMES) * 10)
    frame().to_parquet(tmp_path / "e.parquet", index=False)
    sizes, real = [], parts.score_block
    monkeypatch.setattr(
        parts, "score_block", lambda p, b, e: (sizes.append(e.sizes["event"]), real(p, b, e))[1]
    )
    score(fitted, tmp_path / "e.parquet", tmp_path / "out", chunk=1000)
    assert max(sizes) == 10
    assert sum(sizes) == 130


# ---- random numbers


def test_the_sequence_is_splitmix64():
    """Its first members from 1234567, as published with the reference implementation."""
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert lots.members(1234567, np.arange(4, dtype=np.uint64)).tolist() == expected


def test_numbers_of_an_event_are_its_own():
    one = lots.uniforms([1, 2], np.arange(100), 50)
    np.testing.assert_array_equal(lots.uniforms([1, 2], np.array([7, 3]), 50), one[[7, 3]])
    assert len(np.unique(one)) == one.size
    assert 0 <= one.min() < 0.01 < 0.99 < one.max() < 1
    assert abs(one.mean() - 0.5) < 4 / np.sqrt(12 * one.size)
    assert not np.isin(lots.uniforms([1, 3], np.arange(100), 50), one).any()


def test_tallies_are_counts_of_the_draws():
    rng = np.random.default_rng(1)
    chance = rng.dirichlet([0.3, 1, 2, 0.1], size=(20, 6))
    chance[:, 2] = [0, 0, 1, 0]
    local, position = rng.integers(0, 6, 40), rng.permutation(40)
    drawn = drawn_actors(chance, local, [5], position)
    expected = np.stack([(drawn == k).sum(axis=1) for k in range(4)], axis=1)
    np.testing.assert_array_equal(tallied(chance.transpose(2, 1, 0), [5], position, local), expected)


def test_draws_have_the_probabilities():
    """Each actor is drawn as often as its probability says, over many events."""
    chance = np.tile(np.array([0.1, 0.6, 0.3])[:, None, None], (1, 1, 50))
    counts = tallied(chance, [9], np.arange(4000), np.zeros(4000, dtype=np.int64)).sum(axis=0) / 200_000
    np.testing.assert_allclose(counts, [0.1, 0.6, 0.3], atol=4 * np.sqrt(0.25 / 200_000))


@pytest.mark.parametrize("widths", [[3, 2, 5], [2**40, 3, 2**30, 2], [1]])
def test_distinct_rows_are_those_of_numpy(widths):
    """Also where the values together do not fit into one integer."""
    rng = np.random.default_rng(2)
    columns = [rng.integers(0, 3, 200) * ((width - 1) // 2) for width in widths]
    first, row = design.distinct_rows(columns)
    table = np.stack(columns, axis=1)
    expected, inverse = np.unique(table, axis=0, return_inverse=True)
    np.testing.assert_array_equal(table[first], expected)
    np.testing.assert_array_equal(row, inverse.reshape(-1))

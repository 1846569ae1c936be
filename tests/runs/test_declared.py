"""What a NetCDF file declares is read before its arrays; a folder's plan and chains are what a run wrote."""

import json

import h5py
import numpy as np
import pytest
import xarray as xr

import attribution as at
from attribution.fitting.interruption import held
from attribution.fitting.kept_chains import check_parameters
from attribution.runs import declared
from attribution.runs.files import read_groups
from attribution.runs.folders import run_folder


def test_an_array_that_was_never_written_is_not_made(tmp_path, monkeypatch):
    """The limit is lowered: the file of the test is harmless."""
    monkeypatch.setattr(declared, "DECLARED_LEAST", 1000)
    monkeypatch.setattr(declared, "PACKED_MOST", 1)
    with h5py.File(tmp_path / "x.nc", "w") as file:
        file.create_dataset("x", shape=(4000,), dtype="f8", chunks=(1000,))
    with pytest.raises(
        at.AttributionError, match=r"1 arrays declare 32,000 bytes, and \d,\d+ is what a file"
    ):
        read_groups(tmp_path / "x.nc")


def test_memory_is_a_limit_too(tmp_path, monkeypatch):
    monkeypatch.setattr(declared, "DECLARED_LEAST", 1000)
    monkeypatch.setattr(declared, "memory", lambda: 2000)
    xr.Dataset({"x": ("y", np.arange(400.0))}).to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    with pytest.raises(at.AttributionError, match=r"declare [\d,]+ bytes, and 2,000 is what the memory"):
        read_groups(tmp_path / "x.nc")


def test_other_files_are_not_read(tmp_path):
    with h5py.File(tmp_path / "own.nc", "w") as file:
        file["x"] = h5py.ExternalLink("other.nc", "/x")
    with pytest.raises(at.AttributionError, match="/x leads to another file"):
        read_groups(tmp_path / "own.nc")


@pytest.mark.parametrize("text", ["[]", "3", "null", '"x"', '{"a": {}}', "NaN", "{", '{"a": null}'])
def test_a_plan_is_texts_by_name(tmp_path, text):
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(at.AttributionError, match=r"plan\.json cannot be read: .*Give an empty directory"):
        run_folder(tmp_path, {"a": "1"})


def test_a_plan_that_is_a_folder_and_a_folder_that_is_a_file(tmp_path):
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(at.AttributionError, match=r"plan\.json cannot be read"):
        run_folder(tmp_path, {"a": "1"})
    (tmp_path / "file").touch()
    with pytest.raises(at.AttributionError, match="is a file"):
        run_folder(tmp_path / "file", {"a": "1"})


def test_a_plan_is_its_owners(tmp_path):
    run_folder(tmp_path / "run", {"a": "1"})
    assert (tmp_path / "run" / "plan.json").stat().st_mode & 0o077 == 0
    assert json.loads((tmp_path / "run" / "plan.json").read_text()) == {"a": "1"}


DRAWS = xr.Dataset({"x": (("chain", "draw"), np.zeros((2, 200)))})
STATISTICS = xr.Dataset({"diverging": (("chain", "draw"), np.zeros((2, 200), dtype=bool))})


def chains(folder, **groups):
    tree = xr.DataTree.from_dict(groups) if groups else xr.DataTree(DRAWS)
    tree.to_netcdf(folder / "chains.nc", engine="h5netcdf")


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ({}, "lacks the groups posterior, sample_stats"),
        ({"posterior": DRAWS}, "lacks the groups sample_stats"),
        ({"posterior": DRAWS, "sample_stats": xr.Dataset()}, "nothing in its group 'sample_stats'"),
        ({"posterior": DRAWS, "sample_stats": STATISTICS.isel(draw=slice(9))}, "9 of 'draw' in 'sample_stats'"),
        ({"posterior": DRAWS.rename(draw="d"), "sample_stats": STATISTICS}, "not numbers by chain and draw"),
        ({"posterior": DRAWS.astype(bool), "sample_stats": STATISTICS}, "'x' as bool"),
    ],
)  # fmt: skip
def test_chains_are_those_of_a_sampler(tmp_path, groups, said):
    chains(tmp_path, **groups)
    with pytest.raises(at.AttributionError, match=rf"chains\.nc .*{said}.*Delete it to run it again"):
        held(tmp_path)


@pytest.mark.parametrize(("shapes", "said"), [({"y": ()}, "another model: x, y"), ({"x": (3,)}, "of shape ")])
def test_chains_of_other_parameters(tmp_path, shapes, said):
    chains(tmp_path, posterior=DRAWS, sample_stats=STATISTICS)
    check_parameters(held(tmp_path), {"x": ()}, tmp_path / "chains.nc")
    with pytest.raises(at.AttributionError, match=said):
        check_parameters(held(tmp_path), shapes, tmp_path / "chains.nc")

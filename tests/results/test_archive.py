"""One file, the same again, and never half of it."""

import errno
import re
import stat
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import attribution as at


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_saved_comes_back(posterior, tmp_path):
    at.save(posterior, tmp_path / "daraa.nc")
    loaded = at.load(tmp_path / "daraa.nc")
    assert left(tmp_path) == ["daraa.nc"]
    assert loaded.attrs == posterior.attrs
    assert list(loaded.children) == list(posterior.children)
    for name, group in posterior.children.items():
        xr.testing.assert_identical(loaded[name].to_dataset().drop_attrs(), group.to_dataset().drop_attrs())
        for variable, values in group.variables.items():
            assert loaded[name][variable].dtype.kind in (values.dtype.kind, "U", "O", "T"), variable
            if values.dtype.kind in "fiub":
                assert loaded[name][variable].dtype == values.dtype, variable
        assert loaded[name].attrs.keys() == group.attrs.keys()
        for key, value in group.attrs.items():
            np.testing.assert_array_equal(loaded[name].attrs[key], value)


def test_every_verb_reads_what_was_loaded(model, posterior, events, tmp_path):
    at.save(posterior, str(tmp_path / "daraa.nc"))
    loaded = at.load(str(tmp_path / "daraa.nc"))
    assert at.attributions(loaded).equals(at.attributions(posterior))
    assert at.shares(loaded, by=["area", "year"]).equals(at.shares(posterior, by=["area", "year"]))
    assert at.contributions(loaded).equals(at.contributions(posterior))
    assert at.diagnose(loaded) == at.diagnose(posterior)
    np.testing.assert_array_equal(
        at.attribute(model, loaded, events)["attribution"]["mean"], posterior["attribution"]["mean"]
    )
    at.save(loaded, tmp_path / "again.nc")
    assert at.load(tmp_path / "again.nc").attrs == posterior.attrs


def test_dates_of_1800_beside_dates_of_2200(posterior, tmp_path):
    days = posterior["constant_data"]["date"].values.copy()
    days[:2] = np.array(["1800-01-01", "2200-12-31"], dtype=days.dtype)
    held = posterior["constant_data"].to_dataset()
    encoding = held["date"].encoding
    held = held.assign(date=("event", days))
    held["date"].encoding = encoding
    posterior["constant_data"] = xr.DataTree(held)
    at.save(posterior, tmp_path / "old.nc")
    np.testing.assert_array_equal(at.load(tmp_path / "old.nc")["constant_data"]["date"].values, days)


def test_the_posterior_in_memory_is_unchanged(posterior, tmp_path):
    before = posterior.copy(deep=True)
    at.save(posterior, tmp_path / "daraa.nc")
    assert posterior.identical(before)


@pytest.mark.parametrize("before", [None, 0o644])
def test_its_owner_alone_may_read_the_file(posterior, tmp_path, before):
    """A posterior holds what was recorded of each killing."""
    target = tmp_path / "daraa.nc"
    if before is not None:
        target.touch(mode=before)
    at.save(posterior, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("there", [True, False])
def test_a_failure_leaves_what_was_there(posterior, tmp_path, monkeypatch, there):
    target = tmp_path / "daraa.nc"
    if there:
        target.write_bytes(b"the last result")

    def write_half(path, content):
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_half)
    with pytest.raises(OSError, match=r"No space left on device: .*/daraa\.nc"):
        at.save(posterior, target)
    assert left(tmp_path) == ["daraa.nc"] * there
    if there:
        assert target.read_bytes() == b"the last result"


def test_a_file_that_is_there_is_replaced(posterior, tmp_path):
    (tmp_path / "daraa.nc").write_bytes(b"the last result")
    at.save(posterior, tmp_path / "daraa.nc")
    assert at.load(tmp_path / "daraa.nc").attrs == posterior.attrs


@pytest.mark.parametrize("name", ["daraa", "daraa.zarr", "daraa.nc.gz", "daraa.pkl"])
def test_a_name_that_is_not_netcdf(posterior, tmp_path, name):
    with pytest.raises(at.AttributionError, match=r"must end in '\.nc'"):
        at.save(posterior, tmp_path / name)
    assert left(tmp_path) == []


def test_what_is_no_posterior_is_not_saved(model, posterior, events, tmp_path):
    """What cannot be loaded again must not be saved."""
    with pytest.raises(at.AttributionError, match="posterior"):
        at.save(at.attribute(model, posterior, events), tmp_path / "scored.nc")
    assert left(tmp_path) == []


def refused(path):
    with pytest.raises(at.AttributionError) as raised:
        at.load(path)
    assert path.name in str(raised.value)
    return str(raised.value)


def test_other_files(posterior, events, tmp_path):
    path = tmp_path / "other.nc"
    assert "cannot be read" in refused(path)
    for content in (
        b"",
        b"event_id,date\ne1,2020\n",
        b"CDF\x01" + bytes(40),
        b"\x89HDF\r\n\x1a\n" + bytes(40),
    ):
        path.write_bytes(content)
        assert "cannot be read" in refused(path)
    events.drop_attrs().to_netcdf(path, engine="h5netcdf")
    assert "not a posterior that attribution saved: it lacks posterior, sample_stats" in refused(path)
    xr.DataTree.from_dict(
        {name: posterior[name].to_dataset() for name in ("posterior", "sample_stats")}
    ).to_netcdf(path, engine="h5netcdf")
    assert "it lacks attribution, constant_data" in refused(path)
    posterior.attrs = {}
    posterior.to_netcdf(path, engine="h5netcdf")
    assert "it lacks the model" in refused(path)


def test_a_file_cut_short(posterior, tmp_path):
    at.save(posterior, tmp_path / "daraa.nc")
    whole = (tmp_path / "daraa.nc").read_bytes()
    (tmp_path / "daraa.nc").write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "daraa.nc")


def test_no_pickle(posterior, tmp_path):
    at.save(posterior, tmp_path / "daraa.nc")
    content = (tmp_path / "daraa.nc").read_bytes()
    assert content.startswith(b"\x89HDF")
    for sign in (b"pickle", b"cnumpy"):
        assert sign not in content
    # a pickle of protocol 4 or 5 opens with its length in eight bytes, of which the upper four are zero
    assert not re.search(rb"\x80[\x04\x05]\x95.{4}\x00{4}", content, re.DOTALL)

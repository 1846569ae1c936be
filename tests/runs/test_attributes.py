"""Attributes that a file cannot hold are named, and a file that cannot be written leaves nothing behind."""

import gc
import sys

import numpy as np
import pytest
import xarray as xr

from attribution.errors import AttributionError
from attribution.runs.files import storable, write_netcdf


@pytest.mark.parametrize("value", [None, {"a": 1}, [1, "a"], [None], [[1]], True, object(), np.array([None])])
def test_an_attribute_that_cannot_be_written_is_named(tmp_path, value):
    inner = xr.Dataset({"x": ("d", [1.0], {"note": value})})
    with pytest.raises(AttributionError, match="'note' of 'x' of 'group'"):
        write_netcdf(xr.DataTree.from_dict({"group": inner}), tmp_path / "x.nc")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", ["text", 1, 2.5, np.int64(3), ["a", "b"], [1, 2], np.arange(3)])
def test_text_and_numbers_are_written(tmp_path, value):
    assert storable(value)
    write_netcdf(xr.Dataset(attrs={"note": value}), tmp_path / "x.nc")


def test_a_folder_that_is_missing_is_one_error(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(sys, "unraisablehook", lambda raised: seen.append(raised.exc_value))
    with pytest.raises(OSError, match="No such file"):
        write_netcdf(xr.Dataset({"x": ("d", np.zeros(10))}), tmp_path / "none" / "x.nc")
    gc.collect()
    assert not seen

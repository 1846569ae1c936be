"""Machine code on disk: what was kept is read, and whatever cannot be read is made again."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest

from attribution.compute.native import cache
from attribution.compute.native.code import MARK, Code, read_code, write

CODE = Code(
    density=b"\x7fELF density",
    expansion=b"\x7fELF expansion",
    start=np.arange(3.0),
    shapes={"a": (), "b": (2,)},
    transformed=["a"],
    dims={"b": ("actor",)},
    names=("weight",),
    data=(np.arange(4), ("log_marginal", 3, 1, 1)),
)


def content(code=CODE):
    file = io.BytesIO()
    write(code, file)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    tmp_path.chmod(0o700)
    monkeypatch.setenv("ATTRIBUTION_CACHE", str(tmp_path))
    return tmp_path


def made():
    """What `cached` gives, and how often it had to make it."""
    calls = []
    found = cache.cached("key", lambda: calls.append(1) or CODE)
    assert found.density == CODE.density
    return len(calls)


def test_what_was_written_is_read():
    again = read_code(io.BytesIO(content()))
    assert (again.density, again.expansion, again.shapes, again.dims) == (
        CODE.density,
        CODE.expansion,
        CODE.shapes,
        CODE.dims,
    )
    assert again.data[1] == CODE.data[1]
    np.testing.assert_array_equal(again.data[0], CODE.data[0])


def test_every_changed_byte_is_seen_before_anything_is_looked_into():
    whole = content()
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 1 << position % 8
        with pytest.raises(ValueError, match="not as it was written"):
            read_code(io.BytesIO(changed))
    for end in (0, 1, len(MARK), len(MARK) + 32, len(whole) // 2, len(whole) - 1):
        with pytest.raises(ValueError, match="not as it was written"):
            read_code(io.BytesIO(whole[:end]))
    with pytest.raises(ValueError, match="not as it was written"):
        read_code(io.BytesIO(whole + b"\0"))


@pytest.mark.usefixtures("folder")
def test_code_is_made_once():
    assert [made(), made()] == [1, 0]


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(file.read_bytes()[:-1] + b"\xff"),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[len(MARK) + 32 :]),
        lambda file: (file.unlink(), file.mkdir()),
    ],
    ids=["a byte", "empty", "of an earlier version", "a folder"],
)
def test_damaged_code_is_made_again(folder, damage):
    made()
    damage(next(folder.glob("*.npz")))
    assert made() == 1


@pytest.mark.parametrize("error", [NotImplementedError, RuntimeError, SyntaxError, TypeError, MemoryError])
@pytest.mark.usefixtures("folder")
def test_whatever_reading_raises_it_is_made_again(monkeypatch, error):
    made()

    def broken(*_):
        raise error

    monkeypatch.setattr(cache, "read_code", broken)
    assert made() == 1


def numba_files(folder, **environment):
    """Files that numba keeps of the kernel in a new process, and the setting it leaves to others."""
    program = (
        "import numpy as np, numba; from attribution.compute.kernel import exponentials; exponentials(np.ones((2, 2)));"
        "print(repr(numba.config.CACHE_DIR))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"ATTRIBUTION_CACHE": str(folder)} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted(path.suffix for path in folder.rglob("*.nb?")), run.stdout.strip()


def test_numba_keeps_its_code_where_ours_is_kept(tmp_path):
    assert numba_files(tmp_path / "c") == ([".nbc", ".nbi"], "''")
    assert (tmp_path / "c").stat().st_mode & 0o077 == 0


def test_numba_keeps_nothing_in_a_folder_others_may_write_to(tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c").chmod(0o777)
    assert numba_files(tmp_path / "c")[0] == []


def test_numba_obeys_its_own_variable_first(tmp_path):
    (tmp_path / "c").mkdir(mode=0o700)
    (tmp_path / "own").mkdir()
    found, setting = numba_files(tmp_path / "c", NUMBA_CACHE_DIR=str(tmp_path / "own"))
    assert found == []
    assert setting == repr(str(tmp_path / "own"))
    assert list((tmp_path / "own").rglob("*.nbi"))

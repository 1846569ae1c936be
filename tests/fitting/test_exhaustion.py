"""Out of disk and out of memory, the real things: the kernel refuses, in a process of its own with a limit set."""

import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from test_interruption import fitted

import attribution as at

resource = pytest.importorskip("resource", reason="limits of a process are Unix's")

START = """
    import resource, sys, warnings
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    folder = Path(sys.argv[2])
    import attribution as at
    from attribution.fitting import interruption
    from test_interruption import FRAME, fitted
    interruption.PAUSE = 0.5
"""


def run(script, folder):
    """What a Python process prints that runs a script."""
    command = [
        sys.executable,
        "-c",
        textwrap.dedent(START) + textwrap.dedent(script),
        Path(__file__).parent,
        folder,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_disk_that_is_full(tmp_path):
    """No file may grow beyond 1,000 bytes: what is computed and what was there stays, nothing is half-written."""
    finished = run(
        """
        posterior = fitted(None)
        at.save(posterior, folder / "old.nc")
        at.report(posterior, folder / "old.html")
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            again = fitted(folder / "run")
            model, settings = at.Model(["IS", "army"]), {"seed": 1, "folds": 2, "draws": 100, "tune": 100, "workers": 0}
            at.holdout(model, at.read_events(FRAME), blocks="random", directory=folder / "folds", **settings)
        for one in found:
            if "could not be written" in str(one.message):
                print("WARNED", one.message)
        assert (again["posterior"]["baseline_effect"] == posterior["posterior"]["baseline_effect"]).all()
        for verb in (
            lambda: at.save(posterior, folder / "old.nc"),
            lambda: at.save(posterior, folder / "new.nc"),
            lambda: at.report(posterior, folder / "old.html"),
            lambda: at.report(posterior, folder / "new.html"),
            lambda: at.to_csv(at.shares(posterior).loc[[0] * 100], folder / "new.csv"),
        ):
            try:
                verb()
            except (OSError, at.AttributionError) as error:
                print("REFUSED", type(error).__name__, error)
        after = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        assert after == before, (sorted(after), sorted(before))
        print("LEFT", sorted(path.name for part in ("run", "folds") for path in (folder / part).iterdir()))
        """,
        tmp_path,
    )
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    warned = [line for line in lines if line.startswith("WARNED")]
    assert ["chains.nc" in line for line in warned] == [True, False, False]
    assert all("The run goes on" in line and "File too large" in line for line in warned)
    assert sum(line.startswith("REFUSED") for line in lines) == 5, lines
    assert lines[-1] == "LEFT ['plan.json', 'plan.json']"


@pytest.mark.slow
def test_memory_that_runs_out(tmp_path):
    """The process gets no more memory while chains grow and dies; the same call takes up what it left."""
    finished = run(
        """
        import threading

        def starve():
            while not (folder / "chains.nc").exists():
                threading.Event().wait(0.1)
            used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (used + 50_000_000, used + 50_000_000))
        threading.Thread(target=starve, daemon=True).start()
        fitted(folder, draws=5_000_000)
        """,
        tmp_path,
    )
    assert finished.returncode != 0
    with pytest.warns(UserWarning, match="The run was stopped"):
        left = fitted(tmp_path, draws=5_000_000)
    assert np.isfinite(left["posterior"]["baseline_effect"].values).all()
    assert at.diagnose(left)[0].name == "run finished"
    assert not at.diagnose(left)[0].passed

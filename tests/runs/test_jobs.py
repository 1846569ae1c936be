"""Jobs in processes and on Dask: the same results, a lost worker costs its job, a broken-off run goes on."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import attribution as at
from attribution.runs.jobs import LIMITS, LOST, Plan, run, single_threaded


def prepare(shared):
    """Leaves a trace, so that a test can count how often it ran."""
    if "trace" in shared:
        with Path(shared["trace"]).open("a") as file:
            file.write("x")
    return shared


def work(shared, job):
    if job == "fail":
        raise ValueError("a bad fold")
    if job == "die" or (job == "die once" and not Path(shared["died"]).exists()):
        Path(shared["died"]).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    value = len(job) if isinstance(job, str) else job
    return xr.Dataset({"value": value * shared["factor"], "pid": os.getpid(), "limit": limit()})


def limit():
    return int(os.environ.get("OMP_NUM_THREADS", "0"))


def plan(jobs=(1, 2, 3), identity="a", **shared):
    named = {f"job_{i}": job for i, job in enumerate(jobs)}
    return Plan("test", prepare, work, {"factor": 10} | shared, named, {"model": identity})


def values(found):
    return {name: int(result["value"]) for name, result in found.items()}


EXPECTED = {"job_0": 10, "job_1": 20, "job_2": 30}


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_the_number_of_workers_changes_nothing(workers, tmp_path):
    trace = tmp_path / "trace"
    found, failures = run(plan(trace=str(trace), identity=f"w{workers}"), workers=workers)
    assert values(found) == EXPECTED
    assert list(found) == list(EXPECTED), "in the order of the plan"
    assert failures == {}
    pids = {int(result["pid"]) for result in found.values()}
    assert (pids == {os.getpid()}) == (workers == 0)
    assert 1 <= len(trace.read_text()) <= max(1, workers), "prepared once a worker"


def test_workers_do_not_crowd_the_cores(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("NPROC", raising=False)
    found, _ = run(plan((1,), identity="limits"), workers=1)
    assert int(found["job_0"]["limit"]) == 1
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "NPROC" not in os.environ
    with single_threaded():
        assert {name: os.environ[name] for name in LIMITS} == LIMITS


@pytest.mark.parametrize("workers", [0, 1])
def test_an_exception_costs_its_job_and_is_reported_with_it(workers):
    found, failures = run(plan((1, "fail", 3)), workers=workers)
    assert values(found) == {"job_0": 10, "job_2": 30}
    assert failures == {"job_1": "ValueError: a bad fold"}


def test_a_killed_worker_is_replaced_and_its_job_done_again(tmp_path):
    found, failures = run(plan((1, "die once", 3), died=str(tmp_path / "died")), workers=2)
    assert values(found) == {"job_0": 10, "job_1": 80, "job_2": 30}
    assert failures == {}


def test_a_job_that_kills_every_worker_costs_itself_only(tmp_path):
    found, failures = run(plan(("die", 2, 3), died=str(tmp_path / "died")), workers=2)
    assert values(found) == {"job_1": 20, "job_2": 30}
    assert LOST in failures["job_0"]


def test_nothing_left_is_an_error():
    with pytest.raises(at.FitError, match=r"every part failed.\n  job_0: ValueError: a bad fold"):
        run(plan(("fail",)), workers=0)


# ---- the folder


def test_a_broken_off_run_goes_on(tmp_path):
    folder = tmp_path / "run"
    first, failures = run(plan((1, "fail", 3)), workers=0, directory=folder)
    assert list(failures) == ["job_1"]
    assert sorted(path.name for path in folder.iterdir()) == ["job_0.nc", "job_2.nc", "plan.json"]
    # Other jobs of the same names show which are read and which are done.
    second, failures = run(plan((5, 2, 6)), workers=0, directory=folder)
    assert failures == {}
    assert values(second) == EXPECTED
    xr.testing.assert_identical(first["job_0"], second["job_0"])


def test_a_folder_of_another_run_is_refused(tmp_path):
    run(plan(), workers=0, directory=tmp_path / "run")
    with pytest.raises(at.AttributionError, match=r"another run: model differ. Give another directory"):
        run(plan(identity="b"), workers=0, directory=tmp_path / "run")


def test_a_broken_file_is_named(tmp_path):
    run(plan(), workers=0, directory=tmp_path)
    (tmp_path / "job_1.nc").write_bytes(b"not netcdf")
    with pytest.raises(at.AttributionError, match=r"job_1.nc cannot be read.*Delete it"):
        run(plan(), workers=0, directory=tmp_path)
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(at.AttributionError, match=r"plan.json cannot be read"):
        run(plan(), workers=0, directory=tmp_path)


def test_the_plan_is_on_disk_as_json(tmp_path):
    run(plan(), workers=0, directory=tmp_path)
    assert json.loads((tmp_path / "plan.json").read_text()) == {"model": "a"}


def test_progress_is_shown_when_asked(capsys):
    run(plan((1, "fail")), workers=0)
    assert capsys.readouterr().err == ""
    run(plan((1, "fail")), workers=0, progress=True)
    assert capsys.readouterr().err.endswith("test: 1 of 2, 1 failed\n")


def test_a_number_of_workers_that_is_none():
    with pytest.raises(at.AttributionError, match="workers=-1"):
        run(plan(), workers=-1)


# ---- Dask


@pytest.mark.slow
def test_dask_does_the_same_and_survives_a_killed_worker(tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        found, failures = run(plan((1, "die once", 3, "fail"), died=str(tmp_path / "died")), client=client)
    assert values(found) == {"job_0": 10, "job_1": 80, "job_2": 30}
    assert failures == {"job_3": "ValueError: a bad fold"}
    assert np.unique([int(result["pid"]) for result in found.values()]).size >= 1

"""Many jobs, each some minutes long: in processes of this machine or on Dask; finished ones wait on disk."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import xarray as xr

from attribution.errors import AttributionError, FitError
from attribution.runs.declared import check_declared
from attribution.runs.files import DAMAGED, keep_netcdf
from attribution.runs.folders import run_folder
from attribution.runs.main_guard import unguarded

LOST = "its worker was lost twice (killed, or out of memory)"

GUARD = (
    "If this is a script, its work must stand under `if __name__ == '__main__':`, because every worker imports the "
    "script; or pass workers=0 to stay in this process."
)


@dataclass(frozen=True)
class Plan:
    """Jobs that share a preparation.

    Attributes
    ----------
    name
        What is being done, for the user.
    prepare
        Function of ``shared``, called once in each worker: compiles what every job needs.
    work
        Function of what ``prepare`` returned and of a job.
    shared
        Specification and data; it travels to the workers.
    jobs
        The jobs by their name, which is also a file name.
    identity
        What makes the results what they are, as text by name: two plans with the same identity are the same.
    """

    name: str
    prepare: Callable[[Any], Any]
    work: Callable[[Any, Any], xr.Dataset]
    shared: Any
    jobs: Mapping[str, Any]
    identity: Mapping[str, str]

    @property
    def key(self) -> str:
        """Hash of the identity."""
        return hashlib.sha256(json.dumps(dict(self.identity), sort_keys=True).encode()).hexdigest()


def run(
    plan: Plan,
    *,
    client: Any = None,
    workers: int | None = None,
    directory: str | os.PathLike[str] | None = None,
    progress: bool = False,
) -> tuple[dict[str, xr.Dataset], dict[str, str]]:
    """Do the jobs of a plan.

    Parameters
    ----------
    plan
        The jobs.
    client
        A `dask.distributed.Client`; None for processes of this machine.
    workers
        Number of local processes; by default one a core. 0 does everything in this process.
    directory
        Folder for finished jobs. A run that was broken off finds them there and does the rest.
    progress
        Whether to count finished jobs on the standard error.

    Returns
    -------
    tuple of dict
        Results by name of the job, in the order of the plan, and what went wrong in those that failed.

    Raises
    ------
    AttributionError
        The folder holds another plan, or no file can be read in it.
    FitError
        Every job failed.
    """
    if workers is not None and workers < 0:
        raise AttributionError(f"workers={workers}: give 0 (this process) or a number of processes.")
    folder = None if directory is None else run_folder(Path(directory), plan.identity)
    found = {} if folder is None else finished(folder, plan)
    failures: dict[str, str] = {}
    pending = {name: job for name, job in plan.jobs.items() if name not in found}
    tell(plan, len(found), failures, progress)
    for name, result in results(plan, pending, client, workers):
        if isinstance(result, str):
            failures[name] = result
        else:
            found[name] = result
            if folder is not None:
                keep_netcdf(result, folder / f"{name}.nc", "this part is")
        tell(plan, len(found), failures, progress)
    if not found and failures:
        listed = "\n".join(f"  {name}: {reason}" for name, reason in failures.items())
        raise FitError(
            f"{plan.name}: every part failed.\n{listed}\n{GUARD if LOST in listed else ''}".rstrip()
        )
    return {name: found[name] for name in plan.jobs if name in found}, failures


def results(
    plan: Plan, pending: Mapping[str, Any], client: Any, workers: int | None
) -> Iterator[tuple[str, xr.Dataset | str]]:
    """Results of the pending jobs as they finish, or why there is none."""
    if not pending:
        return iter(())
    if client is not None:
        return on_dask(plan, pending, client)
    if workers == 0:
        return ((name, attempt(partial(perform, plan, job))) for name, job in pending.items())
    if unguarded():
        raise FitError(f"{plan.name}(workers={workers}) starts processes. {GUARD}")
    return in_processes(plan, pending, workers or cores())


def attempt(job: Callable[[], xr.Dataset]) -> xr.Dataset | str:
    """A job's result, or what it raised."""
    try:
        return job()
    except Exception as error:  # noqa: BLE001 whatever a job raises costs that job only, and is reported with it
        return f"{type(error).__name__}: {error}"


# ---- in the worker

_LOCK = threading.Lock()
_PREPARED: dict[str, Any] = {}
_PLAN: list[Plan] = []


def perform(plan: Plan, job: Any) -> xr.Dataset:
    """Do a job where this is called; what the plan prepares is kept for its next job, one job at a time."""
    with _LOCK:
        if plan.key not in _PREPARED:
            _PREPARED.clear()
            _PREPARED[plan.key] = plan.prepare(plan.shared)
        return plan.work(_PREPARED[plan.key], job)


def install(plan: Plan) -> None:
    """Receive the plan, once in a process."""
    _PLAN[:] = [plan]


def perform_installed(job: Any) -> xr.Dataset:
    """Do a job of the plan that was received."""
    return perform(_PLAN[0], job)


# ---- processes of this machine


def cores() -> int:
    """Cores this process may use."""
    count: Callable[[], int | None] = getattr(os, "process_cpu_count", os.cpu_count)
    return count() or 1


def share_of(workers: int | None) -> int:
    """Cores each of some workers may use, for its chains; None for as many workers as there are cores."""
    return max(1, cores() // (workers or cores()))


class Slot:
    """A place for one process, which is replaced when it dies: the jobs in other places go on."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.pool: ProcessPoolExecutor | None = None

    def perform(self, job: Any) -> xr.Dataset:
        """Do a job in the process; where the process dies, once more in a new one."""
        for _ in range(2):
            if self.pool is None:
                context = multiprocessing.get_context("spawn")
                self.pool = ProcessPoolExecutor(1, context, initializer=install, initargs=(self.plan,))
            try:
                return self.pool.submit(perform_installed, job).result()
            except BrokenProcessPool:
                self.close()
        raise FitError(LOST)

    def close(self) -> None:
        """End the process."""
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)
            self.pool = None


def in_processes(
    plan: Plan, pending: Mapping[str, Any], workers: int
) -> Iterator[tuple[str, xr.Dataset | str]]:
    """Do jobs in as many processes, each with its share of the threads."""
    count = min(workers, len(pending))
    free: queue.SimpleQueue[Slot] = queue.SimpleQueue()
    slots = [Slot(plan) for _ in range(count)]
    for slot in slots:
        free.put(slot)

    def one(job: Any) -> xr.Dataset:
        slot = free.get()
        try:
            return slot.perform(job)
        finally:
            free.put(slot)

    threads = ThreadPoolExecutor(count)
    try:
        with single_threaded():
            futures: dict[Future[xr.Dataset], str] = {
                threads.submit(one, job): name for name, job in pending.items()
            }
            for future in as_completed(futures):
                yield futures[future], attempt(future.result)
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for slot in slots:
            slot.close()


LIMITS = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    **dict.fromkeys(("NUMBA_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"),
    "NPROC": "1",  # the size of XLA's pool of threads
}


@contextmanager
def single_threaded() -> Iterator[None]:
    """Processes that start meanwhile compute with one thread a chain, so that workers do not crowd the cores.

    Libraries read these variables when they are imported, which a worker may do before any code of ours runs there:
    they must be set where it is started. It also makes results independent of the number of workers, since sums are
    added up in one order.
    """
    before = {name: os.environ.get(name) for name in LIMITS}
    os.environ.update(LIMITS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# ---- Dask


def on_dask(plan: Plan, pending: Mapping[str, Any], client: Any) -> Iterator[tuple[str, xr.Dataset | str]]:
    """Do jobs on the workers of a Dask client, which runs those of a lost worker again."""
    import distributed

    completed: Any = distributed.as_completed
    shared = client.submit(
        itself, plan, pure=False
    )  # a task, so that it is made again where its worker is lost
    futures = {client.submit(perform, shared, job, pure=False): name for name, job in pending.items()}
    try:
        for future in completed(futures):
            yield futures[future], attempt(future.result)
    finally:
        client.cancel(list(futures))


def itself(plan: Plan) -> Plan:
    """The plan, as a task."""
    return plan


# ---- the folder


def finished(folder: Path, plan: Plan) -> dict[str, xr.Dataset]:
    """The jobs that are on disk."""
    found = {}
    for name in plan.jobs:
        path = folder / f"{name}.nc"
        if path.exists():
            try:
                check_declared(path)
                with xr.open_dataset(path, engine="h5netcdf") as dataset:
                    found[name] = dataset.load()
            except DAMAGED as error:
                raise AttributionError(
                    f"{path} cannot be read: {error}. Delete it to do it again."
                ) from error
    return found


def tell(plan: Plan, done: int, failures: Mapping[str, str], progress: bool) -> None:
    """Count finished jobs on the standard error."""
    if progress:
        lost = f", {len(failures)} failed" if failures else ""
        end = "\n" if done + len(failures) == len(plan.jobs) else ""
        sys.stderr.write(f"\r{plan.name}: {done} of {len(plan.jobs)}{lost}{end}")
        sys.stderr.flush()

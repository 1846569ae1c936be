"""Events of a table larger than memory, attributed chunk by chunk, from disk to disk."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from attribution.components.base import CouplingLaw
from attribution.errors import PROBLEM_COLUMNS, AttributionError, DataError, ModelError
from attribution.events.schema import COLUMNS
from attribution.fitting.sampling import stacked
from attribution.fitting.scoring import evenly_spaced
from attribution.model.specification import Model, to_json
from attribution.results.attributions import check_fitted
from attribution.results.summaries import ends
from attribution.runs.files import write_netcdf
from attribution.runs.fingerprint import fingerprint
from attribution.runs.folders import run_folder
from attribution.runs.jobs import Plan, run
from attribution.streaming.chunk_scoring import Job, chunk_result, part_path, prepare, rows_written
from attribution.streaming.stored_table import Chunk, StoredTable, survey

PARTS = "parts"


def attribute_table(
    model: Model,
    posterior: xr.DataTree,
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    draws: int = 200,
    seed: int = 0,
    interval: float = 0.89,
    chunk: int = 100_000,
    encoding: str = "utf-8",
    client: Any = None,
    workers: int | None = 0,
    progress: bool = False,
) -> xr.Dataset:
    """Attribution of the events of a table larger than memory, written to disk chunk by chunk.

    Each event gets what `attribute` gives it with the same draws of the parameters, whatever the
    size of the chunks. What is outside the fit is drawn as there. The levels of the fit decide what
    a value means: a column that held text in the fit is text here. Events of one `incident` are
    attributed one by one, as by `attribute`.

    Parameters
    ----------
    model
        The model that was fitted. Laws that tie events together or read statements (`Bundles`,
        `Statements`, `Sponsorship` with statements) are refused: score with `attribute`.
    posterior
        What `fit` returned for it.
    source
        A ``.parquet`` or ``.csv`` file as `read_events` reads it, or a folder of files of one kind
        and one header, taken in the order of their names. Columns that neither the library nor the
        model knows are not read.
    target
        Folder for the results, which all workers can write to. ``parts`` in it gets one Parquet
        file a chunk, with a row for every event in the order of the table: `event_id`, `known` (the
        label says so), and of each actor ``mean_<actor>``, ``low_<actor>``, ``high_<actor>``
        (float32).
    draws
        Draws of the parameters, in all chains together, evenly spaced.
    seed
        Seed of the draws of the actors and of effects outside the fit.
    interval
        Probability content of the equal-tailed intervals: 0.5, 0.8, 0.89 or 0.95.
    chunk
        Most events of a chunk. Memory does not depend on it: a chunk is worked on in blocks.
    encoding
        Of CSV files; one in which a line ends with the byte of a line feed.
    client
        A `dask.distributed.Client`; None for this machine.
    workers
        Number of local processes; None for one a core, 0 for this process alone.
    progress
        Whether to count finished chunks on the standard error. Of these and of `target`:
        `docs/workers.md`.

    Returns
    -------
    xarray.Dataset
        `killings[chain, draw, actor]`, the number of killings of each actor at each draw, and
        `known[actor]`, those known to be its own; attributes `events`, `of`, `model`, `checks`.
        `shares` reads it, and ``totals.nc`` in the folder holds it. A share is of documented
        killings.

    Raises
    ------
    DataError
        Rows that break a rule, all of them, each with its file and its row there; ids that repeat,
        before anything is scored.
    ModelError
        The model is not the one that was fitted, cannot be scored in chunks, or the table lacks
        what it needs.
    AttributionError
        A folder of another run, a table that cannot be read, chunks that failed.

    Examples
    --------
    >>> totals = attribute_table(model, posterior, "events.parquet", "scored")  # doctest: +SKIP
    >>> shares(totals)  # doctest: +SKIP
    >>> pandas.read_parquet("scored/parts", columns=["event_id", "mean_IS"])  # doctest: +SKIP
    """
    check_fitted(model, posterior)
    if chunk < 1 or seed < 0:
        raise AttributionError(f"chunk={chunk}, seed={seed}: give a chunk of 1 or more, a seed of 0 or more.")
    parameters = posterior["posterior"].to_dataset()
    chosen = evenly_spaced(parameters.sizes["draw"], per_chain(draws, parameters.sizes["chain"]))
    fitted = posterior["constant_data"].to_dataset()
    refuse_neighbours(model, fitted)
    table = survey(source, chunk, encoding)
    require(model, table.columns)
    folder = Path(target).resolve()
    job = Job(
        model,
        fitted,
        stacked(parameters.isel(draw=chosen)),
        seed,
        ends(interval),
        tuple(column for column in table.columns if column in {*COLUMNS, *map(str, fitted.data_vars)}),
        encoding,
        folder / PARTS,
    )
    named = {f"part_{number:06}": own for number, own in enumerate(table.chunks)}
    jobs = {name: (name, own) for name, own in named.items()}
    plan = Plan("attribute_table", prepare, chunk_result, job, jobs, identity(job, table, chunk))
    run_folder(folder, plan.identity)
    tidy(folder, named)
    found, failures = run(plan, client=client, workers=workers, directory=folder, progress=progress)
    refuse_bad(folder, found)
    if failures:
        listed = "\n".join(f"  {name}: {reason}" for name, reason in failures.items())
        raise AttributionError(f"Chunks failed; the others are kept, and the same call goes on.\n{listed}")
    check_parts(folder, named)
    totals = joined_chunks(list(found.values()), parameters.sizes["chain"], chosen)
    totals.attrs = {"events": table.rows, "of": "documented killings", "seed": seed}
    totals.attrs |= {key: posterior.attrs[key] for key in ("model", "checks")}
    write_netcdf(totals, folder / "totals.nc")
    return totals


# ---- before


def per_chain(draws: int, chains: int) -> int:
    """Draws of each chain."""
    if draws < chains:
        raise AttributionError(f"draws={draws}: give at least one for each of {chains} chains.")
    return draws // chains


def refuse_neighbours(model: Model, fitted: xr.Dataset) -> None:
    """Raise `ModelError` for laws that look at more than an event's own row."""
    said = "statement_event" in fitted and fitted.sizes["statement"] > 0
    tied = [type(law).__name__ for law in model.evidence if isinstance(law, CouplingLaw)]
    tied += [
        type(law).__name__
        for law in model.evidence
        if said and "statement_event" in (*law.columns, *law.reads)
    ]
    if tied:
        raise ModelError(
            f"attribute_table() looks at each row of one table by itself, and {', '.join(tied)} reads a table beside "
            f"the events. Score with attribute(), in portions that memory holds, or fit a model without it."
        )


def require(model: Model, columns: Sequence[str]) -> None:
    """Raise `ModelError` where the table lacks a column that the model needs."""
    empty = xr.Dataset({column: ("event", np.empty(0)) for column in columns})
    for component in model.components:
        component.require(empty, fitted=True)


def identity(job: Job, table: StoredTable, chunk: int) -> dict[str, str]:
    """What makes the parts what they are."""
    return {
        "model": to_json(job.model),
        "posterior": fingerprint({"draws": dict(job.draws), "fitted": job.fitted.attrs["data_hash"]}),
        "table": table.digest,
        "seed": str(job.seed),
        "interval": str(job.ends),
        "chunk": str(chunk),
        "encoding": job.encoding,
        "version": version("attribution-bayes"),
    }


def tidy(folder: Path, jobs: Mapping[str, Chunk]) -> None:
    """Remove what a broken-off run left half written, and let chunks whose part is gone be done again."""
    (folder / PARTS).mkdir(exist_ok=True)
    for path in (folder / PARTS).glob(".part_*"):
        path.unlink()
    for name in jobs:
        if not part_path(folder / PARTS, name).exists():
            (folder / f"{name}.nc").unlink(missing_ok=True)


# ---- after


def refuse_bad(folder: Path, found: Mapping[str, xr.Dataset]) -> None:
    """Raise `DataError` with every row that breaks a rule; their chunks are not finished."""
    bad = {name: result for name, result in found.items() if "problem" in result.sizes}
    for name in bad:
        (folder / f"{name}.nc").unlink(missing_ok=True)
    if bad:
        rows = [pd.DataFrame({c: own[c].values for c in PROBLEM_COLUMNS}) for own in bad.values()]
        listed = pd.concat(rows, ignore_index=True)
        raise DataError(listed.assign(row=listed["row"].astype(int)).astype(object))


def check_parts(folder: Path, jobs: Mapping[str, Chunk]) -> None:
    """Raise `AttributionError` unless every part holds as many rows as its chunk."""
    for name, chunk in jobs.items():
        path = part_path(folder / PARTS, name)
        held = rows_written(path)
        if held != chunk.rows:
            raise AttributionError(
                f"{path} holds {held:,} events of {chunk.rows:,}. Delete it; the same call does it again."
            )


def joined_chunks(found: Sequence[xr.Dataset], chains: int, chosen: np.ndarray) -> xr.Dataset:
    """Killings of all chunks, by chain and draw."""
    killings = sum(own["killings"].values.astype(np.int64) for own in found)
    known = sum(own["known"].values.astype(np.int64) for own in found)
    actors = found[0]["actor"].values
    shaped = np.asarray(killings).reshape(chains, len(chosen), len(actors))
    return xr.Dataset(
        {"killings": (("chain", "draw", "actor"), shaped), "known": ("actor", known)},
        coords={"draw": chosen, "actor": actors},
    )

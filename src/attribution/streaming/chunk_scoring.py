"""A part of a large result: the rows of a chunk, read as the fit read its own, scored in blocks and written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from attribution.arrays import Array, Floats
from attribution.components.base import Levels
from attribution.compute.random_numbers import Stream
from attribution.errors import PROBLEM_COLUMNS, DataError, ModelError, Problem, problem_table
from attribution.events.checks import number_or_nan
from attribution.events.reading import checked
from attribution.events.schema import COLUMNS
from attribution.model.actors import chance_of_cells, chunks, tallied
from attribution.model.design import Design, lay, levels_of
from attribution.model.specification import Model
from attribution.model.tables import Draws, draw_outside, evaluated, longer_draws, tables
from attribution.model.variants import pad, sizes
from attribution.runs.files import whole_file
from attribution.streaming.stored_table import Block, Chunk, blocks, refuse

BLOCK_MOST = 40_000_000
"""Most entries of a component's table for one block: draws times actors times events, were no two events alike."""
LEAST = 64
"""Rows that a table is padded to at least; beyond, to powers of two, so that few sizes are compiled."""


@dataclass(frozen=True)
class Job:
    """All that the chunks share: the model, what was fitted, draws of the parameters, where parts are written."""

    model: Model
    fitted: xr.Dataset
    draws: Draws
    seed: int
    ends: tuple[float, float]
    columns: tuple[str, ...]
    encoding: str
    parts: Path

    @property
    def samples(self) -> int:
        """Number of draws."""
        return len(next(iter(self.draws.values())))


@dataclass(frozen=True)
class Prepared:
    """A job, the levels of the fit, and evaluators of tables by component and size."""

    job: Job
    levels: dict[str, Levels]
    evaluators: dict[Any, Callable[..., list[Floats]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Scored:
    """Some events: probabilities and their ends ``(3, event, actor)``, and killings by actor ``(sample, actor)``."""

    event: Array
    known: NDArray[np.bool_]
    summary: Floats
    killings: NDArray[np.int64]


def prepare(job: Job) -> Prepared:
    """The levels of the fit."""
    return Prepared(job, levels_of(lay(job.model, job.fitted)))


def chunk_result(prepared: Prepared, named: tuple[str, Chunk]) -> xr.Dataset:
    """Write the part of a chunk; its killings ``(sample, actor)``, or the rows that break a rule."""
    name, chunk = named
    try:
        killings, known = write_part(prepared, chunk, part_path(prepared.job.parts, name))
    except DataError as error:
        said = {column: error.problems[column].astype(str).tolist() for column in PROBLEM_COLUMNS}
        return xr.Dataset({column: ("problem", cells) for column, cells in said.items()})
    counts = {"killings": (("sample", "actor"), killings), "known": ("actor", known)}
    return xr.Dataset(counts, coords={"actor": list(prepared.job.model.names)})


def part_path(parts: Path, name: str) -> Path:
    """File of a chunk's events."""
    return parts / f"{name}.parquet"


def write_part(prepared: Prepared, chunk: Chunk, path: Path) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Score a chunk to a file, whole or not at all; killings ``(sample, actor)`` and known ones ``(actor,)``."""
    import pyarrow.parquet as pq

    job, actors = prepared.job, prepared.job.model.names
    killings = np.zeros((job.samples, len(actors)), dtype=np.int64)
    known = np.zeros(len(actors), dtype=np.int64)
    kind = schema(actors, job.ends)
    with whole_file(path) as temporary, pq.ParquetWriter(temporary, kind, compression="zstd") as writer:
        for scored in scored_blocks(prepared, chunk):
            writer.write_table(arrow_table(scored, kind))
            killings += scored.killings
            known += scored.summary[0][scored.known].sum(axis=0).astype(np.int64)
    return killings, known


def scored_blocks(prepared: Prepared, chunk: Chunk) -> Iterator[Scored]:
    """The blocks of a chunk, scored; `DataError` with all bad rows of the chunk at its end."""
    job = prepared.job
    size = max(1, BLOCK_MOST // (job.samples * len(job.model.names)))
    problems: list[Problem] = []
    for block in blocks(chunk, job.columns, size, job.encoding):
        try:
            events = read_block(job, block)
        except DataError as error:
            problems += block.problems(list(error.problems.itertuples(index=False, name=None)))
            continue
        if not problems:
            yield score_block(prepared, block, events)
    refuse(problems)


def schema(actors: tuple[str, ...], ends: tuple[float, float]) -> Any:
    """Columns of a part."""
    import pyarrow as pa

    numbers = [(f"{what}_{actor}", pa.float32()) for what in ("mean", "low", "high") for actor in actors]
    about = {"of": "documented killings", "interval": f"{ends[1] - ends[0]:.3g}"}
    return pa.schema([("event_id", pa.string()), ("known", pa.bool_()), *numbers], metadata=about)


def arrow_table(scored: Scored, kind: Any) -> Any:
    """Scored events as rows."""
    import pyarrow as pa

    numbers = scored.summary.astype(np.float32).transpose(0, 2, 1).reshape(-1, len(scored.event))
    return pa.Table.from_arrays(
        [pa.array(scored.event.tolist(), pa.string()), pa.array(scored.known), *map(pa.array, numbers)],
        schema=kind,
    )


def rows_written(path: Path) -> int:
    """Rows of a part, as it says itself."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows) if path.exists() else 0


# ---- reading a block as the fit read its table


def read_block(job: Job, block: Block) -> xr.Dataset:
    """Events of a block, every rule held against them; columns mean what they meant in the fit."""
    ranks = job.fitted.attrs.get("ranks", "[]")
    events = checked(block.table, {}, json.loads(ranks) or None, job.model.names)
    table = block.table
    for column in [name for name in table.columns if name in job.fitted and name not in COLUMNS]:
        if job.fitted[column].dtype.kind == "f":
            values = table.each(column, number_or_nan, float)
            rule = f"{column} must be a number: it held numbers in the fit."
            bad = (table.text(column) != "") & np.isnan(values)
            table.reject(bad, column, rule, "Correct it, or leave it empty if unknown.")
        else:
            values = table.text(column).astype("U")
        events[column] = ("event", values)
    if table.problems:
        raise DataError(problem_table(table.problems))
    return events


# ---- scoring a block


def score_block(prepared: Prepared, block: Block, events: xr.Dataset) -> Scored:
    """Attribution of the events of a block."""
    job = prepared.job
    try:
        design = lay(job.model, events, prepared.levels)
    except ModelError as error:
        rows = f"{block.path.name}, rows {block.first + 1} to {block.first + block.table.rows}"
        raise ModelError(f"{rows} (counted from 1 there in what follows): {error}") from error
    values = table_values(prepared, design, longer_draws(design, job.draws, [job.seed, Stream.SCORING]))
    draw_outside(design, job.draws, [job.seed, Stream.SCORING], values)
    known = design.candidates.sum(axis=1) == 1
    summary = np.repeat(design.candidates[None].astype(float), 3, axis=0)
    killings = np.tile(design.candidates[known].sum(axis=0), (job.samples, 1))
    for _, members in chunks(design, job.samples):
        own = members[~known[members]]
        if len(own):
            open_, local = np.unique(design.cell[own], return_inverse=True)
            chance = chance_of_cells(design, values, open_)
            across = np.ascontiguousarray(chance.transpose(2, 1, 0))
            summary[0, own] = chance.mean(axis=0)[local]
            summary[1:, own] = np.quantile(across, job.ends, axis=-1).transpose(0, 2, 1)[:, local]
            killings += tallied(across, [job.seed, Stream.SCORING], block.position + own, local)
    return Scored(events["event"].values, known, summary, killings)


def table_values(prepared: Prepared, design: Design, draws: Draws) -> list[NDArray[np.float32]]:
    """Tables of all parts at all draws, ``(sample, row, actor)``; each size is compiled once."""
    found = []
    for part in design.parts:
        one = replace(design, parts=(part,), couplings=())
        size = {name: max(LEAST, 1 << (count - 1).bit_length()) for name, count in sizes(one).items()}
        padded = pad(one, size)
        key = (part.component.name, *size.values(), *map(len, part.levels.coords.values()))
        if key not in prepared.evaluators:
            prepared.evaluators[key] = tables(padded)
        evaluate = partial(evaluator, prepared.evaluators[key], padded)
        entries = max([1, *(size[name] for name in size if name != "cell")]) * len(design.actors)
        rows = int(part.index.max()) + 1
        found += [table[:, :rows] for table in evaluated(evaluate, draws, entries)]
    return found


def evaluator(evaluate: Callable[..., list[Floats]], padded: Design, draws: Draws) -> list[Floats]:
    """An evaluator at the rows of another design."""
    return evaluate(draws, padded)

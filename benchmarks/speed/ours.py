"""This library, in the speed comparison."""

import sys
import time

START = time.perf_counter()

from pathlib import Path

import nutpie
from common import report, settings
from world import MODEL, RANKS

import attribution as at

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from inside.compiling import compile_design, lay

given = settings()
events = at.read_events(Path(given.folder) / "events.csv", ranks=RANKS)
compiled = compile_design(lay(MODEL, events), given.backend or "native")
ready = time.perf_counter()
trace = nutpie.sample(
    compiled,
    draws=given.draws,
    tune=given.tune,
    chains=given.chains,
    cores=given.chains,
    seed=given.seed,
    progress_bar=False,
    save_warmup=True,
)
end = time.perf_counter()
steps = sum(float(trace[group]["n_steps"].sum()) for group in ("sample_stats", "warmup_sample_stats"))
report(given, START, ready, end, trace["posterior"].to_dataset(), steps)

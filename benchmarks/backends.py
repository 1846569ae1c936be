"""Compile and sampling time of the Daraa model under each backend.

    python benchmarks/backends.py native
    python benchmarks/backends.py jax
    python benchmarks/backends.py numba

One backend a process, because what the first compiles warms the second. Prints seconds and gradients. Native code is
kept on disk: set ATTRIBUTION_CACHE to an empty folder for a cold start.
"""

import sys
import time
from pathlib import Path

import nutpie

import attribution as at

sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))
import daraa

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from inside.compiling import compile_design, lay

DRAWS = TUNE = 300


def main(backend: str) -> None:
    """Compile, sample, print."""
    events = at.read_events(daraa.DATA / "daraa_synthetic.csv", ranks=daraa.RANKS)
    design = lay(daraa.MODEL, events)
    start = time.perf_counter()
    compiled = compile_design(design, backend)
    ready = time.perf_counter()
    trace = nutpie.sample(compiled, draws=DRAWS, tune=TUNE, chains=2, seed=1, progress_bar=False)
    done = time.perf_counter()
    steps = int(trace["sample_stats"]["n_steps"].sum())
    print(
        f"{backend}: compile {ready - start:.1f} s, sample {done - ready:.1f} s, {steps} gradients after tuning"
    )


if __name__ == "__main__":
    main(sys.argv[1])

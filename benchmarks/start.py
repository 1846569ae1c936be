"""Time from starting Python to the first draw of the Daraa example: nothing compiled, and everything.

    python benchmarks/start.py

Three processes: nothing on disk; the kernel of that many actors and components on disk; the model's own code on disk.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPT = """
import time; start = time.perf_counter()
import sys; sys.path[:0] = sys.argv[1:]
import daraa
import attribution as at
events = at.read_events(daraa.DATA / "daraa_synthetic.csv", ranks=daraa.RANKS)
from inside.compiling import compile_design, lay
import nutpie
ready = time.perf_counter()
compiled = compile_design(lay(daraa.MODEL, events), "native")
done = time.perf_counter()
nutpie.sample(compiled, draws=1, tune=1, chains=1, seed=1, progress_bar=False)
end = time.perf_counter()
print(f"import and read {ready - start:.1f} s, compile {done - ready:.1f} s, first draw after {end - start:.1f} s")
"""


def main() -> None:
    """Three starts."""
    with tempfile.TemporaryDirectory() as folder:
        for label, code in (("nothing kept", "one"), ("kernel kept", "two"), ("all kept", "two")):
            kept = {"NUMBA_CACHE_DIR": f"{folder}/numba", "ATTRIBUTION_CACHE": f"{folder}/{code}"}
            done = subprocess.run(
                [sys.executable, "-c", SCRIPT, str(ROOT / "examples"), str(ROOT / "tests")],
                capture_output=True,
                text=True,
                check=True,
                env=os.environ | kept,
            )
            print(f"{label}: {done.stdout.strip()}", flush=True)


if __name__ == "__main__":
    main()

"""Speed against peers on the same posterior, in paired runs on one machine.

    python benchmarks/speed.py --runs 5 --json speed.json

Peers: a PyMC script as a researcher writes it, a careful NumPyro script, Stan through PyStan (in an environment of
Python 3.12 that this script makes, given with --python312). Each run is a process of its own: wall time is from its
first line to its last draw, import and compilation included, with nothing compiled left from before. Ratios are peer
over ours for times to 400 effective draws of every parameter, ours over peer for effective draws a second: above one,
we are faster. `wall_ratio_new` is against our run of a new model where one of as many actors and components has been
compiled on this machine before; `wall_ratio_again` against a second run of the same model on the same table, whose code
is kept on disk.
Runs whose posteriors differ by more than half a standard deviation stop the comparison.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "speed"
WANTED = 400


def main() -> None:
    """Run all, print a line a run, write the ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--peers", nargs="*", default=["pymc", "numpyro", "stan"])
    parser.add_argument(
        "--python312", default="python3.12", help="interpreter to make Stan's environment with"
    )
    given = parser.parse_args()
    sys.path.insert(0, str(HERE))
    from world import write

    kinds = ("ess_per_second_ratio", "wall_ratio", "wall_ratio_new", "wall_ratio_again")
    ratios = {peer: {kind: [] for kind in kinds} for peer in given.peers}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pythons = {"stan": stan_python(folder, given.python312)} if "stan" in given.peers else {}
        for seed in range(1, given.runs + 1):
            write(folder, given.events, seed)
            runs = []
            for dropped in (("numba", "code"), ("code",), ()):
                for own in dropped:
                    shutil.rmtree(folder / own, ignore_errors=True)
                runs.append(once(folder, "ours", seed, sys.executable))
            for peer in given.peers:
                theirs = once(folder, peer, seed, pythons.get(peer, sys.executable))
                check_same(peer, runs[0], theirs)
                found = (rate(runs[0]) / rate(theirs), *(time_to(theirs) / time_to(own) for own in runs))
                for kind, value in zip(kinds, found, strict=True):
                    ratios[peer][kind].append(value)
    for peer, found in ratios.items():
        for key, values in found.items():
            print(peer, key, " ".join(f"{value:.1f}" for value in sorted(values)))
    if given.json:
        given.json.write_text(json.dumps(ratios, indent=1))


def stan_python(folder: Path, python: str) -> str:
    """An environment with PyStan."""
    subprocess.run([python, "-m", "venv", folder / "stan"], check=True)
    own = folder / "stan" / "bin" / "python"
    subprocess.run([own, "-m", "pip", "install", "--quiet", "pystan", "setuptools"], check=True)
    return str(own)


def once(folder: Path, peer: str, seed: int, python: str) -> dict[str, float]:
    """One run of one peer: seconds, smallest bulk effective sample size, gradients."""
    script = HERE / ("ours.py" if peer == "ours" else f"{peer}_script.py")
    out = folder / f"{peer}.json"
    caches = {"NUMBA_CACHE_DIR": str(folder / "numba"), "ATTRIBUTION_CACHE": str(folder / "code")}
    done = subprocess.run(
        [python, script, folder, out, "--seed", str(seed)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | caches,
    )
    if done.returncode:
        raise SystemExit(f"{script.name} failed:\n{done.stderr[-3000:]}")
    found = json.loads(out.read_text())
    if "ess" not in found:
        found |= summary(Path(f"{out}.npz"))
    print(
        f"seed {seed} {peer:8} wall {found['wall']:6.1f} s, sampling {found['sampling']:6.1f} s, "
        f"smallest ESS {found['ess']:6.0f}, gradients {found['gradients']:8.0f}",
        flush=True,
    )
    return found


def summary(path: Path) -> dict[str, float]:
    """Smallest bulk effective sample size, and the claims, of draws ``(chain, draw, ...)`` in a file."""
    import numpy as np
    from arviz_stats.base.array import array_stats
    from common import claims

    with np.load(path) as file:
        least = min(
            float(np.nanmin(array_stats.ess(file[name], chain_axis=0, draw_axis=1, method="bulk")))
            for name in file
        )
        return {"ess": least, "claims": claims(file["propensity"])}


def check_same(peer: str, ours: dict[str, float], theirs: dict[str, float]) -> None:
    """Stop where a peer samples another posterior."""
    pairs = zip(ours["claims"]["mean"], theirs["claims"]["mean"], ours["claims"]["sd"], strict=True)
    worst = max(abs(own - other) / sd for own, other, sd in pairs)
    if worst > 0.5:
        raise SystemExit(f"{peer} has another posterior: claim propensities differ by {worst:.2f} sd")


def rate(run: dict[str, float]) -> float:
    """Effective draws a second of sampling."""
    return run["ess"] / run["sampling"]


def time_to(run: dict[str, float]) -> float:
    """Seconds to so many effective draws of every parameter, with what comes before sampling."""
    return run["wall"] - run["sampling"] + WANTED / rate(run)


if __name__ == "__main__":
    main()

"""A few fits of the benchmark of sources: it runs, resumes, and the right model's intervals are not absurd."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "recovery_sources.py"


def run(out, fits):
    command = [
        sys.executable,
        str(SCRIPT),
        str(out),
        "--fits",
        str(fits),
        "--events",
        "150",
        "--draws",
        "200",
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_benchmark_runs_resumes_and_covers(tmp_path):
    out = tmp_path / "found.json"
    run(out, 1)
    before = json.loads(out.read_text())
    table = run(out, 3)
    records = json.loads(out.read_text())
    assert {key: records[key] for key in before} == before, "what is there is not run again"
    assert len(records) == 3 * len(before)
    assert "ECE" in table
    for kind, least in (("shares", 0.7), ("parameters", 0.8), ("sponsors", 0.6)):
        flags = [flag for r in records.values() for flag in r["right"]["covered"][kind].get("0.95", [])]
        assert sum(flags) / len(flags) >= least, kind

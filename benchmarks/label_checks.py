"""How often the checks of labels fire in worlds of `worlds.py`: without a fit, since they look at events only.

python benchmarks/label_checks.py [REPLICATIONS]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from worlds import RANKS, WORLDS

import attribution as at
from inside.checking import together, withheld

NAMES = (
    "solved_campaigns",
    "solved_campaigns_told",
    "rank_withheld",
    "claimed_under_pressure",
    "control",
    "emerges",
)
ACTIVITY = [{"component": "TargetRank"}, {"component": "Category", "column": "target_affiliation"}]


def fired(name, replications):
    """How often each check failed."""
    failed = [0, 0]
    for seed in range(replications):
        events = at.read_events(WORLDS[name](seed).events, ranks=RANKS)
        known = (events["perpetrator"] != "").values
        for place, checks in enumerate((together(events, known, seed), withheld(events, known, ACTIVITY))):
            failed[place] += sum(not check.passed for check in checks)
    return failed


if __name__ == "__main__":
    for name in NAMES:
        replications = int(sys.argv[1]) if len(sys.argv) > 1 else 60
        several, absent = fired(name, replications)
        print(f"{name}, {replications} worlds: several at a time {several}, where a cell is empty {absent}")

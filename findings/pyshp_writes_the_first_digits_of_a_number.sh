#!/usr/bin/env bash
# pyshp 3.1.6: a number that is wider than its shapefile column is written as its first digits, without a word.
#
# Guess before running: counts of dead that do not fit their column raise, become empty, or are cut with the warning that
# the same release gives for texts (PossibleDataLoss).
# Seen: in a column N of size 3, 12345 is written and read back as 123 and -1000 as -10; in N of size 5 with one decimal
# 123456.7 is 12345.0. No warning of any kind, while the same record's "Deir ez-Zor" in C of size 5 gives PossibleDataLoss.
# A number cut so is wrong by powers of ten and looks like any other. An empty text (None) comes back as the word "None",
# an empty number as None. Event tables go through shapefiles wherever somebody mapped them, and column sizes are chosen
# by hand in this library.
# Fails when that changes. Needs a network for pip; not run in CI.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q pyshp==3.1.6
"$folder/venv/bin/python" - "$folder/events" <<'PY'
import sys
import warnings

import shapefile

rows = [(1, 2.5, "Nawa"), (12345, 123456.7, "Deir ez-Zor"), (-1000, None, None)]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    with shapefile.Writer(sys.argv[1]) as writer:
        writer.field("best", "N", size=3)
        writer.field("mean", "N", size=5, decimal=1)
        writer.field("place", "C", size=5)
        for row in rows:
            writer.point(36.1, 32.6)
            writer.record(*row)
with shapefile.Reader(sys.argv[1]) as reader:
    read = [tuple(record) for record in reader.records()]
told = [str(warning.message) for warning in caught]
print(read)
print(*told, sep="\n")

assert read == [(1, 2.5, "Nawa"), (123, 12345.0, "Deir"), (-10, None, "None")]
assert len(told) >= 1
assert all("Deir" in text for text in told)
PY
echo "as described"

#!/usr/bin/env bash
# recordlinkage 0.16: two killings a month apart are half alike, two killings a day apart are not alike at all.
#
# Guess before running: `Compare().date(...)` is 1 for the same day, falls with the distance in days, and may give a
# part for day and month exchanged (5 June, 6 May), since lists are typed in both orders.
# Seen, defaults: 1 for the same day and 0.5 for day and month exchanged, as guessed. The distance plays no part: 5 June
# and 6 June are 0. But the same day of June and July is 0.5, and so is that of September and October, for any year that
# agrees; no other two months are (`swap_months`, a default of the typing errors it was made for). Of two lists of a year,
# pairs a month apart across these months pass a threshold that true pairs one day apart fail.
# Fails when that changes. Needs a network for pip; not run in CI.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --only-binary :all: recordlinkage==0.16 numpy==2.4.6 pandas==2.3.3 scikit-learn==1.9.1 scipy==1.17.1 jellyfish==1.3.0
"$folder/venv/bin/python" -W ignore::FutureWarning - <<'PY'
import pandas as pd
import recordlinkage


def alike(one, other):
    tables = [pd.DataFrame({"date": pd.to_datetime([day])}) for day in (one, other)]
    comparison = recordlinkage.Compare()
    comparison.date("date", "date", label="date")
    return float(comparison.compute(pd.MultiIndex.from_tuples([(0, 0)]), *tables)["date"].iloc[0])


months = {
    (a, b): alike(f"2021-{a:02}-15", f"2021-{b:02}-15") for a in range(1, 13) for b in range(a + 1, 13)
}
near, exchanged = alike("2021-06-05", "2021-06-06"), alike("2021-06-05", "2021-05-06")
print("a day apart", near, "| day and month exchanged", exchanged)
print("a month or more apart, above 0:", {pair: value for pair, value in months.items() if value})

assert alike("2021-06-05", "2021-06-05") == 1
assert (near, exchanged) == (0, 0.5)
assert {pair: value for pair, value in months.items() if value} == {(6, 7): 0.5, (9, 10): 0.5}
PY
echo "as described"

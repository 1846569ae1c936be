#!/usr/bin/env bash
# dateparser 1.5.0: the month names of Syria, Lebanon, Jordan and Iraq are unknown in Arabic, and August is read as now.
#
# Guess before running: `parse("15 آب 2021")` is 15 August 2021, as monitors in Daraa write it; or None, where the language
# is not recognised. With languages=["ar"] all twelve Levantine months are read, since CLDR has them for Arabic.
# Seen: with languages=["ar"] each of the twelve is None, as if no date stood there (يناير and its like, the names of
# Egypt and the Gulf, are read). They are read only with locales=["ar-SY"] (also ar-LB, ar-JO, ar-IQ). Without a language
# eleven are None, and آب (August) is taken for the Urdu word for "now": day and year are ignored and the result is the
# moment of the call (here RELATIVE_BASE), with period "day" and no warning. A column of dates read so has every killing
# of August on the day somebody ran the script.
# Fails when that changes. Needs a network for pip; not run in CI.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q dateparser==1.5.0 regex==2026.11.19 tzlocal==5.4.5 pytz==2026.6 python-dateutil==4.0.0
"$folder/venv/bin/python" - <<'PY'
from datetime import datetime

from dateparser import parse
from dateparser.date import DateDataParser

MONTHS = (
    "كانون الثاني,شباط,آذار,نيسان,أيار,حزيران,تموز,آب,أيلول,تشرين الأول,تشرين الثاني,كانون الأول"
).split(",")
base = datetime(2000, 1, 2, 3, 4)
cells = [f"15 {month} 2021" for month in MONTHS]
right = [datetime(2021, number, 15) for number in range(1, 13)]

arabic = [parse(cell, languages=["ar"]) for cell in cells]
syria = [parse(cell, locales=["ar-SY"]) for cell in cells]
guessed = [DateDataParser(settings={"RELATIVE_BASE": base}).get_date_data(cell) for cell in cells]
for cell, one, other, found in zip(cells, arabic, syria, guessed):
    print(cell, "| ar:", one, "| ar-SY:", other, "| no language:", found.date_obj, found.locale)

assert parse("15 يناير 2021", languages=["ar"]) == datetime(2021, 1, 15)
assert arabic == [None] * 12
assert syria == right
assert [found.date_obj for found in guessed] == [None] * 7 + [base] + [None] * 4
assert (guessed[7].locale, guessed[7].period) == ("ur", "day")
PY
echo "as described"

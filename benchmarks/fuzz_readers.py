"""Throw damaged tables at every reader: nothing but the library's own error may come out, and no row may be lost.

    python benchmarks/fuzz_readers.py --inputs 100000 --seed 1 [--reader read_gtd]

Half of the inputs are DataFrames with damaged cells, columns and rows; the other half are files of the same with
damaged bytes. An input is lost if any exception but `DataError` is raised, if the rows read are not the rows that came
out and the rows that were reported, or if the secret of a column that may name persons comes out.
"""

import argparse
import csv
import io
import json
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

import attribution as at

SECRET = "Zqx Wvutsrq"
NASTY = [
    *(
        "",
        " ",
        "\t",
        "\n",
        "\r\n",
        "\0",
        "\ufeff",
        "\ufffd",
        "\u202e",
        "0",
        "-0",
        "-1",
        "1.5",
        "1e3",
        "1E+11",
        "nan",
    ),
    *(
        "inf",
        "-inf",
        "NaT",
        "None",
        "null",
        "NA",
        "TRUE",
        "-9",
        "-99",
        "99999999999999999999",
        "1e999",
        "0x10",
    ),
    *("1_000", "٣", "²", "½", "2021", "2021-02-30", "0000-00-00", "9999-12-31", "17/03/2021", "03/04/2021"),
    *(
        "17 March 2021",
        "March 2021",
        "0 May 2021",
        "32,61",
        "32.61.8",
        "-86185896",
        "90.0001",
        "180",
        "|",
        "a|b",
    ),
    *("IS|", "=1+1", "@x", "'", '"', ",", ";", "unlisted", "Unknown", "Unidentified Armed Group", "IS?"),
    *(
        "IS (suspected)",
        "suspected ",
        "مجهول",
        "درعا",
        "e\u0301",
        "ß",
        "İ",
        "😀",
        "x" * 300,
        "\ud800",
        "1;2",
        "[]",
    ),
    *("{}", "../../etc", "%s%n", "day", "month", "year", "exact", "place", "area", "1", "2", "3", "7"),
]
BASES = {
    "read_events": {
        "event_id": ["e1", "e2", "e3"],
        "date": ["2021-03-17", "2021-04", "2021"],
        "date_precision": ["day", "month", "year"],
        "date_last": ["2021-03-19", "", ""],
        "area": "Daraa",
        "place": ["Tafas", "", ""],
        "latitude": ["32.7", "", ""],
        "longitude": ["36.1", "", ""],
        "location_precision": ["exact", "place", "area"],
        "killed": ["1", "2", ""],
        "perpetrator": ["IS", "", ""],
        "candidates": ["", "IS|army", ""],
        "claimed_by": ["", "IS", ""],
        "claim_date": ["", "2021-05-01", ""],
        "weapon": "rifle",
    },
    "read_table": {
        "No.": ["1", "2", "3"],
        "Date": ["17/03/2021", "April 2021", "2021"],
        "Area": "درعا",
        "lat": ["32,7", "32.6", ""],
        "lon": ["36,1", "36.0", ""],
        "Who": ["IS?", "unknown", "army"],
        "Dead": ["1.0", "", "2"],
        "victim name": SECRET,
        "remarks": f"prose about {SECRET}",
        "weapon": "rifle",
    },
    "read_acled": {
        "event_id_cnty": ["SYR1", "SYR2", "SYR3"],
        "event_date": ["17 March 2021", "2021-04-02", "01-Jun-21"],
        "time_precision": ["1", "2", "3"],
        "sub_event_type": "Attack",
        "actor1": ["Unidentified Armed Group (Syria)", "IS", "Civilians (Syria)"],
        "inter1": ["3", "2", "7"],
        "actor2": ["Civilians (Syria)", "Army", "IS"],
        "inter2": ["7", "1", "2"],
        "country": "Syria",
        "admin1": "Dar'a",
        "location": "Tafas",
        "latitude": "32.7",
        "longitude": "36.1",
        "geo_precision": ["1", "2", "3"],
        "notes": f"prose about {SECRET}",
        "fatalities": ["1", "2", "0"],
    },
    "read_gtd": {
        "eventid": ["201701000001", "201701000002", "201701000003"],
        "iyear": "2017",
        "imonth": ["3", "3", "0"],
        "iday": ["17", "0", "0"],
        "country_txt": "Syria",
        "provstate": "Daraa",
        "city": ["Tafas", "Unknown", ""],
        "latitude": ["32.7", "32.6", ""],
        "longitude": ["36.1", "36.1", ""],
        "specificity": ["1", "4", "5"],
        "summary": f"prose about {SECRET}",
        "target1": SECRET,
        "attacktype1_txt": "Assassination",
        "targtype1_txt": "Police",
        "gname": ["ISIL", "ISIL", "Group A"],
        "guncertain1": ["0", "1", "0"],
        "gname2": ["", "", "Group B"],
        "guncertain2": ["", "", "0"],
        "claimed": ["1", "0", "-9"],
        "claim2": ["", "", "1"],
        "nkill": ["1", "2.5", "-99"],
        "nwound": ["0", "", "1"],
    },
    "read_ucdp_ged": {
        "id": ["214797.0", "7", "8"],
        "type_of_violence": ["1", "2", "3"],
        "side_a": ["Government", "IS", "IS"],
        "side_b": ["Insurgents", "SDF", "Civilians"],
        "where_prec": ["1", "3", "6"],
        "where_coordinates": ["Daraa town", "Izra district", "Syria"],
        "adm_1": ["Daraa", "Daraa", ""],
        "latitude": "32.6",
        "longitude": "36.1",
        "country": "Syria",
        "date_prec": ["1", "2", "5"],
        "date_start": ["2018-03-17", "2018-12-30", "2018-01-01"],
        "date_end": ["2018-03-17", "2019-01-03", "2018-12-31"],
        "source_original": f"prose about {SECRET}",
        "best": ["4.0", "2", "1"],
    },
}
NEEDED = {
    "read_events": set(BASES["read_events"]),
    "read_table": {"No.", "Date", "Area", "lat", "lon", "Who", "Dead"},
    "read_acled": {"event_id_cnty", "event_date", "time_precision", "actor1", "actor2", "fatalities"},
    "read_gtd": {"eventid", "iyear", "imonth", "iday", "gname"},
    "read_ucdp_ged": {"id", "type_of_violence", "side_a", "side_b", "date_prec", "date_start", "date_end"},
}
"""Columns every table has before it is damaged; of the others, any may be absent."""
MAPPING = {
    "event_id": "No.",
    "date": "Date",
    "area": "Area",
    "latitude": "lat",
    "longitude": "lon",
    "perpetrator": "Who",
    "killed": "Dead",
}


def read(reader, source, skip):
    if reader == "read_events":
        return at.read_events(source)
    if reader == "read_table":
        return at.read_table(source, MAPPING, source="monitor", skip=skip)
    return getattr(at, reader)(source, skip=skip)


def rows_of_base(base):
    """Header and rows of a base: what is no list stands in every row."""
    columns = [cells if isinstance(cells, list) else [cells] * 3 for cells in base.values()]
    return list(base), [list(row) for row in zip(*columns, strict=True)]


def damaged(header, rows, needed, rng):
    """A table with cells, rows or columns that nobody meant."""
    chosen = [i for i, column in enumerate(header) if column in needed or rng.random() < 0.4]
    header, rows = [header[i] for i in chosen], [[row[i] for i in chosen] for row in rows]
    for _ in range(rng.integers(0, 6)):
        row, column = rows[rng.integers(len(rows))], rng.integers(len(header))
        old, new = row[column], NASTY[rng.integers(len(NASTY))]
        if SECRET not in old:
            place = int(rng.integers(len(old) + 1))
            row[column] = new if rng.random() < 0.7 else old[:place] + new + old[place:]
    kind, place = rng.integers(12), int(rng.integers(len(header)))
    if kind == 0:
        header, rows = header[:place] + header[place + 1 :], [row[:place] + row[place + 1 :] for row in rows]
    elif kind == 1:
        rows = [*rows, list(rows[rng.integers(len(rows))])]
    elif kind == 2:
        if not any(SECRET in row[place] for row in rows):
            names = [*NASTY, header[0], "statement_x", "event", "latitude"]
            header = [*header[:place], names[rng.integers(len(names))], *header[place + 1 :]]
    elif kind == 3:
        rows = rows[: rng.integers(len(rows) + 1)]
    elif kind == 4:
        order = rng.permutation(len(header))
        header, rows = [header[i] for i in order], [[row[i] for i in order] for row in rows]
    return header, rows


def as_csv(header, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode("utf-8", "surrogatepass")


def broken(data, rng):
    """The bytes of a file with some lost, changed, repeated or added."""
    data = bytearray(data)
    for _ in range(rng.integers(0, 4)):
        place, kind = int(rng.integers(len(data) + 1)), rng.integers(5)
        if kind == 0:
            data[place : place + int(rng.integers(1, 20))] = b""
        elif kind == 1 and place < len(data):
            data[place] = int(rng.integers(256))
        elif kind == 2:
            data[place:place] = rng.bytes(int(rng.integers(1, 8)))
        elif kind == 3:
            data[place:place] = [b'"', b",", b"\n", b"\r", b"\0", b";", b"\xef\xbb\xbf", b"\xff\xfe"][
                rng.integers(8)
            ]
        else:
            data[place:] = b"" if rng.random() < 0.3 else data[place:]
    return bytes(data)


def rows_of(data):
    """Rows of a CSV file below its header, counted without the library; None where it is none."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    try:
        return sum(1 for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row) - 1
    except csv.Error:
        return None


def outcome(reader, source, rows, skip, whole):
    """`read`, `refused`, or what went wrong."""
    try:
        events = read(reader, source, skip)
    except at.DataError as error:
        return "refused" if len(error.problems) and str(error) else "an error that says nothing"
    except Exception as error:  # noqa: BLE001
        return f"CRASH {type(error).__name__}: {str(error)[:200]}"
    left_out = sum(
        decision[4] for decision in json.loads(events.attrs.get("decisions", "[]")) if decision[0] == "row"
    )
    if rows != events.sizes["event"] + left_out:
        return f"ROWS LOST: {rows} in, {events.sizes['event']} out, {left_out} reported"
    if whole and (
        SECRET in str(events.attrs)
        or any(SECRET in str(v.values.tolist()) for v in events.variables.values())
    ):
        return "A NAME CAME OUT"
    return "read, rows left out" if left_out else "read"


def fuzz(reader, inputs, seed):
    rng = np.random.default_rng([seed, list(BASES).index(reader)])
    header, rows = rows_of_base(BASES[reader])
    counts, failures = Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        for i in range(inputs):
            names, table = damaged(header, rows, NEEDED[reader], rng)
            skip = bool(rng.random() < 0.5)
            if i % 2:
                data = broken(as_csv(names, table), rng)
                path.unlink(missing_ok=True)  # overwriting makes some file systems wait for the disk
                path.write_bytes(data)
                found = outcome(reader, path, rows_of(data), skip, whole=False)
            else:
                frame = pd.DataFrame(table, columns=pd.Index(names, dtype=object), dtype=object)
                found = outcome(reader, frame, len(frame), skip, whole=True)
            counts[found if found in ("read", "read, rows left out", "refused") else "failed"] += 1
            if counts["failed"] > len(failures):
                failures.append(f"input {i}: {found}")
                print(reader, failures[-1], file=sys.stderr, flush=True)
            if (i + 1) % 10_000 == 0:
                print(f"{reader}: {i + 1:,} inputs", file=sys.stderr, flush=True)
    return counts, failures


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reader", choices=list(BASES), default=None)
    arguments = parser.parse_args()
    failed = 0
    warnings.simplefilter("ignore")  # of rows left out: they are counted here
    for reader in [arguments.reader] if arguments.reader else list(BASES):
        counts, failures = fuzz(reader, arguments.inputs, arguments.seed)
        print(reader, dict(counts), flush=True)
        print(*failures[:20], sep="\n", flush=True)
        failed += len(failures)
    raise SystemExit(1 if failed else 0)

"""One table written in 200 spellings: what comes in equals what was meant, every time."""

import gzip
import io
import zipfile

import numpy as np
import pandas as pd
import pytest

import attribution as at

DAYS = ["2020-05-09", "2020-05-30", "2021-12-01", "2022-01-17", "2020-02-29"]
WHO = ["IS", "", "Army", "IS|Army", "?IS"]
AREA = ["São José", "", "Tafas", "Nawa", "Tafas"]
DEAD = [1, None, 3, 2, 12]
POINT = [(32.7355, 36.0663), None, (32.5, 36.25), (-1.5, 2.125), (32.8, 36.1)]
MONTHS = {
    "en": [
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ],
    "es": [
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ],
    "fr": [
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ],
    "de": [
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ],
}
NOTHING = ["", "NA", "N/A", "NULL", "-", "n.d.", "None", "?", "#N/A", "unknown", "Desconocido", "inconnu"]
DOUBT = [
    "{}?",
    "allegedly {}",
    "{} (unconfirmed)",
    "presunto {}",
    "{} (suspected)",
    "probable {}",
    "{}, allegedly",
]
EITHER = [" and/or ", " or ", "; ", " | ", " y/o ", " et/ou ", " / "]
HEADERS = [
    ("id", "date", "who", "area", "dead", "lat", "lon"),
    ("No.", "Fecha", "Autor", "Depto", "Víctimas", "Y", "X"),
]
DATES = {
    "iso": "%Y-%m-%d",
    "slashes": "%Y/%m/%d",
    "squeezed": "%Y%m%d",
    "day first": "%d/%m/%Y",
    "month first": "%m/%d/%Y",
    "dots": "%d.%m.%Y",
    "with a time": "%Y-%m-%d 00:00:00",
    "American with a time": "%m/%d/%Y 12:00:00 AM",
}


def dates(rng):
    if rng.random() < 0.3:
        names = MONTHS[rng.choice(list(MONTHS))]
        return [f"{int(day[8:])} {names[int(day[5:7]) - 1]} {day[:4]}" for day in DAYS]
    form = DATES[rng.choice(list(DATES))]
    return [pd.Timestamp(day).strftime(form) for day in DAYS]


def who(rng):
    doubt, either = rng.choice(DOUBT), rng.choice(EITHER)
    cells = [name.replace("|", either) for name in WHO]
    return [doubt.format(name[1:]) if name.startswith("?") else name or rng.choice(NOTHING) for name in cells]


def frame(rng):
    """The table in a spelling of each column drawn at random."""
    comma = rng.random() < 0.3
    point = [("NA", "NA") if pair is None else tuple(map(str, pair)) for pair in POINT]
    point = [tuple(cell.replace(".", ",") if comma else cell for cell in pair) for pair in point]
    decimals = rng.choice(["", ".0"])
    columns = [
        [f"20140101000{i}" for i in range(5)],
        dates(rng),
        who(rng),
        [name or rng.choice(NOTHING) for name in AREA],
        [f"{number}{decimals}" if number else rng.choice(NOTHING) for number in DEAD],
        *map(list, zip(*point, strict=True)),
    ]
    pad = rng.choice(["", " ", "\u200b"])
    header = HEADERS[rng.integers(2)]
    return pd.DataFrame(
        {name: [f"{pad}{c}{pad}" for c in cells] for name, cells in zip(header, columns, strict=True)}
    )


def written(table, folder, rng):
    """A file of the table, in an encoding and a container drawn at random."""
    separator = rng.choice([",", ";", "\t"])
    codecs = ["utf-8", "utf-8-sig", "utf-16"] + ([] if "\u200b" in table.to_csv() else ["cp1252"])
    if rng.random() < 0.2:
        table = table.assign(**{"": ""})
    text = table.to_csv(index=False, sep=separator, lineterminator=rng.choice(["\n", "\r\n"]))
    data, kind = text.encode(rng.choice(codecs)), rng.choice(["csv", "csv.gz", "zip", "txt"])
    if kind == "csv.gz":
        data = gzip.compress(data)
    if kind == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("table.csv", data)
        data = packed.getvalue()
    path = folder / f"x.{kind}"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("block", range(10))
def test_one_table_in_many_spellings(tmp_path, block):
    for seed in range(20 * block, 20 * block + 20):
        rng = np.random.default_rng([seed, 21])
        table = frame(rng)
        source = table if rng.random() < 0.3 else written(table, tmp_path, rng)
        keys = ("event_id", "date", "perpetrator", "area", "killed", "latitude", "longitude")
        events = at.read_table(source, dict(zip(keys, table.columns, strict=True)), source="monitor")
        told = f"seed {seed}: {table.values.tolist()}"
        assert events["event"].values.tolist() == [f"20140101000{i}" for i in range(5)], told
        assert events["date"].values.astype("datetime64[D]").astype(str).tolist() == DAYS, told
        assert events["perpetrator"].values.tolist() == ["IS", "", "Army", "", ""], told
        assert events["candidates"].values.tolist() == ["", "", "", "IS|Army", ""], told
        assert at.to_frame(events, "statements")["actor"].tolist() == ["IS"], told
        assert events["area"].values.tolist() == AREA, told
        np.testing.assert_array_equal(events["killed"], [number or np.nan for number in DEAD], told)
        np.testing.assert_array_equal(
            events["latitude"], [pair[0] if pair else np.nan for pair in POINT], told
        )

"""`read_acled`: the Armed Conflict Location and Event Data."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from attribution.arrays import Array
from attribution.events.formats.cells import coded, coordinates, people, place_and_area
from attribution.events.formats.coded import Format, check_options
from attribution.events.formats.conversion import Conversion, whole_number
from attribution.events.formats.date_columns import dates
from attribution.events.formats.nothing import Kind, spellings
from attribution.events.formats.several import actors_of
from attribution.events.formats.sides import (
    Attribution,
    TwoSided,
    attribute_sides,
    check_choice,
    leave_two_sided,
    without_dead,
)
from attribution.events.text_table import Source

REQUIRED = ("event_date", "time_precision", "actor1", "actor2", "fatalities")
CODED = {
    *(
        "event_id_cnty",
        "event_id_no_cnty",
        "data_id",
        "event_date",
        "year",
        "time_precision",
        "disorder_type",
    ),
    *(
        "event_type",
        "sub_event_type",
        "actor1",
        "assoc_actor_1",
        "inter1",
        "actor2",
        "assoc_actor_2",
        "inter2",
    ),
    *("interaction", "civilian_targeting", "iso", "iso3", "region", "country", "admin1", "admin2", "admin3"),
    *(
        "location",
        "latitude",
        "longitude",
        "geo_precision",
        "source",
        "source_scale",
        "fatalities",
        "timestamp",
    ),
    *("population_1km", "population_2km", "population_5km", "population_best"),
}
PROSE = {"notes", "tags"}
USED = {
    "event_id_cnty": "event_id",
    "event_date": "date",
    "time_precision": "date_precision, date_last",
    "location": "place",
    "latitude": "latitude",
    "longitude": "longitude",
    "geo_precision": "location_precision",
    "sub_event_type": "method",
    "fatalities": "killed",
    "actor1": "perpetrator, candidates",
    "actor2": "perpetrator, candidates, target_affiliation",
}
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("actor1", "actor2", "inter1", "inter2", "sub_event_type"), "cell"),
    **dict.fromkeys(("location", "admin1", "admin2", "admin3", "country"), "value"),
    **dict.fromkeys(("latitude", "longitude", "fatalities"), "number"),
    **dict.fromkeys(("geo_precision", "time_precision"), "code"),
    "event_date": "date",
}
"""What an empty cell of a column is of."""
ACLED = Format("acled", ("event_id_cnty", "data_id"), REQUIRED, KINDS, USED, CODED, PROSE, kind="event_type")
WHERE = {"1": "place", "2": "area", "3": "area"}
UNARMED = ("6", "7", "protesters", "civilians")
"""Kinds of actors that are targets: those of the older numbers and of the newer words."""
HALF_WEEK = np.timedelta64(3, "D")


def read_acled(
    path: Source,
    *,
    area: str = "admin1",
    attribution: Attribution = "label",
    fatal: bool = True,
    two_sided: TwoSided = "candidates",
    day_first: bool | None = None,
    keep: Collection[str] = (),
    missing: Collection[str] = (),
    unknown: Collection[str] = (),
    separator: str | None = None,
    skip: bool = False,
    ranks: Sequence[str] | None = None,
    actors: Sequence[str] | None = None,
    encoding: str | None = None,
) -> xr.Dataset:
    """Events of a file of ACLED, as an event table.

    ACLED's two actors have no direction. Where one of them is civilians or protesters, the other is who did it;
    where both are armed, both are candidates; "Unidentified ..." is nobody known. A date known to the week
    (`time_precision` 2) has a window of seven days around the day that is coded, one known to the month (3) the month.
    `geo_precision` 1 names a place, 2 and 3 an area. ACLED codes no claims: there is no `claimed_by`. The notes are
    left out: they name persons.

    Parameters
    ----------
    path
        The CSV file as downloaded, or a DataFrame of it.
    area
        The column that becomes `area`: `admin1`, `admin2` or `admin3`.
    attribution
        `label`: the coded actor is the perpetrator. `statement`: it enters as a finding of the source `ACLED`.
    fatal
        Leave events out in which the format counts nobody dead: they are no killings. Events whose number of dead is
        not known stay. False keeps them all.
    two_sided
        `candidates`: events of two armed sides (battles) are kept, both sides as candidates; no label speaks of such
        events, and `diagnose` says so. `leave out`: they are left out, counted and warned about.
    day_first
        Whether ``03/04/2021`` is 3 April. By default what settles it in the column; where nothing does, an error.
    keep
        Columns that would be left out as free text and are to ride along.
    missing
        Further spellings of an empty cell, besides those of `NA`, `NULL`, `-` and their like.
    unknown
        Further spellings of an actor nobody knows, besides those of "unknown" in many languages. A name given in
        ``actors`` is an actor, however it is spelled.
    separator
        What stands between several actors in a cell: by default `and/or`, `or`, ``;``, ``|`` and commas outside
        brackets; ``""`` takes no cell apart.
    skip
        Leave out rows that break a rule and report them (`decisions`), rather than refuse the table.
    ranks, actors
        As in `read_events`.
    encoding
        Of the file; by default that of its byte order mark, else UTF-8, else Windows-1252, which is reported.
        Pass ``"mac_roman"`` for a file of an older Mac, ``"cp1256"`` for an Arabic one.

    Returns
    -------
    xarray.Dataset
        What `read_events` returns; the columns of the file ride along as `acled_<column>`; `decisions` reports.

    Raises
    ------
    DataError
        The file is not a table of this format, or rows break rules (all of them are listed).

    Examples
    --------
    >>> import attribution as at
    >>> columns = "event_id_cnty event_date time_precision actor1 inter1 actor2 inter2 fatalities".split()
    >>> row = ["SYR1", "17 March 2021", "1", "Unidentified Armed Group (Syria)", "3", "Civilians (Syria)", "7", "1"]
    >>> events = at.read_acled(pd.DataFrame([row], columns=columns))
    >>> events["perpetrator"].values.tolist(), events["target_affiliation"].values.tolist()
    ([''], ['Civilians (Syria)'])

    References
    ----------
    Raleigh, C., Linke, A., Hegre, H. and Karlsen, J. (2010). Introducing ACLED. Journal of Peace Research 47, 651-660.
    doi:10.1177/0022343310378914
    """
    check_choice("area", area, ("admin1", "admin2", "admin3"))
    check_options(attribution, separator, two_sided)
    table = ACLED.open(path, encoding, spellings(missing, unknown, actors))
    windows(table, day_first)
    coordinates(
        table,
        ("latitude", "longitude"),
        coded(table, "geo_precision", WHERE, "1 names a place; 2 and 3 an area around it."),
    )
    place_and_area(table, table.raw.text("location"), table.raw.text(area), table.raw.text("country"))
    table.columns["method"] = table.raw.text("sub_event_type")
    people(table, "fatalities", "killed")
    without_dead(table, "fatalities", "killed", fatal)
    sides(table, attribution, two_sided, separator)
    return ACLED.finish(table, keep=keep, source=path, skip=skip, ranks=ranks, actors=actors, area=area)


def windows(table: Conversion, day_first: bool | None) -> None:
    """`date`, `date_precision` and `date_last`."""
    raw, made = table.raw, table.columns
    written = dates(table, "event_date", day_first)
    precision = np.array([whole_number(cell) for cell in raw.text("time_precision")])
    days = (
        pd.to_datetime(pd.Series(written), format="%Y-%m-%d", errors="coerce")
        .to_numpy()
        .astype("datetime64[D]")
    )
    week = (precision == "2") & ~np.isnat(days)
    made["date"] = np.where(week, (days - HALF_WEEK).astype(str).astype(object), written)
    made["date_last"] = np.where(week, (days + HALF_WEEK).astype(str).astype(object), "")
    why = "Known to the week: a window of seven days around the coded day."
    table.decide("recoding", "time_precision", "2", "date - 3, date_last + 3", int(week.sum()), why)
    meaning = {"1": "day", "2": "day", "3": "month"}
    made["date_precision"] = np.array([meaning.get(code, code) for code in precision], dtype=object)
    why = "Known to the month."
    table.decide("recoding", "time_precision", "3", "month", int((precision == "3").sum()), why)


def sides(table: Conversion, attribution: Attribution, choice: TwoSided, separator: str | None) -> None:
    """Who did it, and to whom: the armed actor, and the other."""
    raw = table.raw
    armed = [is_armed(raw.text(f"actor{i}"), raw.text(f"inter{i}")) for i in (1, 2)]
    targets = [raw.text("actor2"), raw.text("actor1")]
    table.clean({"actor1": "actor", "actor2": "actor"})
    names = [actors_of(table, f"actor{i}", raw.text(f"actor{i}"), separator) for i in (1, 2)]
    only = [armed[0] & ~armed[1], armed[1] & ~armed[0]]
    doer = np.select(only, names, default="").astype(object)
    table.columns["target_affiliation"] = np.select(only, targets, default="").astype(object)
    leave_two_sided(table, choice, armed[0] & armed[1], "actor1, actor2")
    attribute_sides(table, "ACLED", attribution, doer, names, armed[0] & armed[1])


def is_armed(name: Array, kind: Array) -> Array:
    """Whether an actor is there and is neither civilians nor protesters."""
    unarmed = [
        whole_number(code).casefold() in UNARMED or label.casefold().startswith(("civilians", "protesters"))
        for label, code in zip(name, kind, strict=True)
    ]
    return np.asarray((name != "") & ~np.array(unarmed, dtype=bool))

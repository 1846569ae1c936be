"""`read_ucdp_ged`: the Georeferenced Event Dataset of the Uppsala Conflict Data Program."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import xarray as xr

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

REQUIRED = ("type_of_violence", "side_a", "side_b", "date_start", "date_end", "date_prec")
CODED = {
    *(
        "id",
        "relid",
        "year",
        "active_year",
        "code_status",
        "type_of_violence",
        "conflict_dset_id",
        "conflict_new_id",
    ),
    *(
        "conflict_name",
        "dyad_dset_id",
        "dyad_new_id",
        "dyad_name",
        "side_a_dset_id",
        "side_a_new_id",
        "side_a",
    ),
    *(
        "side_b_dset_id",
        "side_b_new_id",
        "side_b",
        "number_of_sources",
        "where_prec",
        "where_coordinates",
        "adm_1",
    ),
    *("adm_2", "latitude", "longitude", "priogrid_gid", "country", "country_id", "region", "event_clarity"),
    *(
        "date_prec",
        "date_start",
        "date_end",
        "deaths_a",
        "deaths_b",
        "deaths_civilians",
        "deaths_unknown",
        "best",
    ),
    *("high", "low", "gwnoa", "gwnob"),
}
PROSE = {
    *(
        "source_article",
        "source_office",
        "source_date",
        "source_headline",
        "source_original",
        "where_description",
    ),
    *("geom_wkt",),
}
USED = {
    "id": "event_id",
    "date_start": "date",
    "date_end": "date_last",
    "where_prec": "location_precision",
    "where_coordinates": "place",
    "latitude": "latitude",
    "longitude": "longitude",
    "best": "killed",
    "side_a": "perpetrator, candidates",
    "side_b": "target_affiliation, candidates",
}
"""What becomes of the columns that are read."""
WHERE = {"1": "place", "2": "place", **{str(code): "area" for code in (3, 4, 5, 6, 7)}}
ONE_SIDED = "3"
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("side_a", "side_b"), "cell"),
    **dict.fromkeys(("where_coordinates", "adm_1", "adm_2", "country"), "value"),
    **dict.fromkeys(("latitude", "longitude", "best"), "number"),
    **dict.fromkeys(("where_prec", "date_prec", "type_of_violence"), "code"),
    **dict.fromkeys(("date_start", "date_end"), "date"),
}
"""What an empty cell of a column is of."""
STANDARD = (
    *("id", "relid", "year", "active_year", "code_status", "type_of_violence"),
    *("conflict_dset_id", "conflict_new_id", "conflict_name", "dyad_dset_id", "dyad_new_id", "dyad_name"),
    *("side_a_dset_id", "side_a_new_id", "side_a", "side_b_dset_id", "side_b_new_id", "side_b"),
    *(
        "number_of_sources",
        "source_article",
        "source_office",
        "source_date",
        "source_headline",
        "source_original",
    ),
    *("where_prec", "where_coordinates", "where_description", "adm_1", "adm_2", "latitude"),
    *("longitude", "geom_wkt", "priogrid_gid", "country", "country_id", "region"),
    *("event_clarity", "date_prec", "date_start", "date_end", "deaths_a", "deaths_b"),
    *("deaths_civilians", "deaths_unknown", "best", "high", "low", "gwnoa"),
    "gwnob",
)
"""Columns of a file without header, in the order of the releases since version 20."""
UCDP = Format(
    "ucdp",
    ("id",),
    REQUIRED,
    KINDS,
    USED,
    CODED,
    PROSE,
    kind="type_of_violence",
    standard={len(STANDARD): STANDARD},
)


def read_ucdp_ged(
    path: Source,
    *,
    area: str = "adm_1",
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
    """Events of a file of UCDP GED, as an event table.

    In one-sided violence (type 3) side A is who did it. In the other types either side may have: both are candidates.
    The window of an event runs from `date_start` to `date_end` where `date_prec` is above 1. Coordinates known only by
    district or worse (`where_prec` 3 to 7) are coordinates of an area, and their name is no place. UCDP records no
    claims: there is no `claimed_by`. Free text and sources are left out: they may name persons.

    Parameters
    ----------
    path
        The CSV file as downloaded, or a DataFrame of it.
    area
        The column that becomes `area`: `adm_1` or `adm_2`.
    attribution
        `label`: the coded side is the perpetrator, the coded sides the candidates. `statement`: side A of one-sided
        violence enters as a finding of the source `UCDP`, nobody is known, and sides of other types are left aside.
    fatal
        Leave events out in which the format counts nobody dead: they are no killings. Events whose number of dead is
        not known stay. False keeps them all.
    two_sided
        `candidates`: events of two armed sides (types 1 and 2) are kept, both sides as candidates; no label speaks of
        such events, and `diagnose` says so. `leave out`: they are left out, counted and warned about.
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
        What `read_events` returns; the columns of the file ride along as `ucdp_<column>`; `decisions` reports.

    Raises
    ------
    DataError
        The file is not a table of this format, or rows break rules (all of them are listed).

    Examples
    --------
    >>> import attribution as at, pandas as pd
    >>> columns = "id type_of_violence side_a side_b date_start date_end date_prec best country".split()
    >>> row = ["7", "3", "IS", "Civilians", "2018-07-25", "2018-07-25", "1", "9", "Syria"]
    >>> events = at.read_ucdp_ged(pd.DataFrame([row], columns=columns))
    >>> events["perpetrator"].values.tolist(), events["killed"].values.tolist()
    (['IS'], [9.0])

    References
    ----------
    Sundberg, R. and Melander, E. (2013). Introducing the UCDP Georeferenced Event Dataset. Journal of Peace Research
    50, 523-532. doi:10.1177/0022343313484347
    """
    check_choice("area", area, ("adm_1", "adm_2"))
    check_options(attribution, separator, two_sided)
    table = UCDP.open(path, encoding, spellings(missing, unknown, actors))
    windows(table, day_first)
    where(table, area)
    people(table, "best", "killed")
    without_dead(table, "best", "killed", fatal)
    sides(table, attribution, two_sided, separator)
    return UCDP.finish(table, keep=keep, source=path, skip=skip, ranks=ranks, actors=actors, area=area)


def windows(table: Conversion, day_first: bool | None) -> None:
    """`date` and `date_last`."""
    first, last = (dates(table, name, day_first) for name in ("date_start", "date_end"))
    exact = np.array([whole_number(cell) == "1" for cell in table.raw.text("date_prec")]) | (first == last)
    table.columns["date"], table.columns["date_last"] = first, np.where(exact, "", last)
    why = "The event happened on one of these days: the window is theirs."
    table.decide("recoding", "date_prec", "2 to 5", "date_last = date_end", int((~exact).sum()), why)


def where(table: Conversion, area: str) -> None:
    """`area`, `place` and coordinates."""
    raw = table.raw
    precision = coded(table, "where_prec", WHERE, "1 and 2 name a place; 3 and above an area.")
    coordinates(table, ("latitude", "longitude"), precision)
    coarse = precision == "area"
    place = table.recode(
        "where_coordinates",
        raw.text("where_coordinates"),
        np.where(coarse, "", raw.text("where_coordinates")),
        "The name of an area, not of a place.",
    )
    place_and_area(table, place, raw.text(area), raw.text("country"))


def sides(table: Conversion, attribution: Attribution, choice: TwoSided, separator: str | None) -> None:
    """Who did it: side A of one-sided violence, else either side."""
    raw, made = table.raw, table.columns
    one_sided = np.array([whole_number(cell) == ONE_SIDED for cell in raw.text("type_of_violence")])
    made["target_affiliation"] = np.where(one_sided, raw.text("side_b"), "")
    table.clean({"side_a": "actor", "side_b": "actor"})
    names = [actors_of(table, name, raw.text(name), separator) for name in ("side_a", "side_b")]
    leave_two_sided(table, choice, ~one_sided, "type_of_violence")
    attribute_sides(table, "UCDP", attribution, np.where(one_sided, names[0], ""), names, ~one_sided)

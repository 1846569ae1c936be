"""`read_gtd`: the Global Terrorism Database."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import xarray as xr

from attribution.arrays import Array
from attribution.events.formats.cells import coded, coordinates, people, place_and_area
from attribution.events.formats.coded import Format, check_options
from attribution.events.formats.conversion import Conversion, whole_number
from attribution.events.formats.date_columns import dates_of_parts
from attribution.events.formats.nothing import Kind, spellings
from attribution.events.formats.several import actors_of
from attribution.events.formats.sides import FINDING, Attribution, without_dead
from attribution.events.text_table import Source

REQUIRED = ("iyear", "imonth", "iday", "gname")
NUMBERED = ("attacktype", "targtype", "targsubtype", "natlty", "weaptype", "weapsubtype")
CODED = {
    *("eventid", "iyear", "imonth", "iday", "approxdate", "extended", "resolution", "country", "country_txt"),
    *("region", "region_txt", "provstate", "city", "latitude", "longitude", "specificity", "vicinity"),
    *(
        "crit1",
        "crit2",
        "crit3",
        "doubtterr",
        "alternative",
        "alternative_txt",
        "multiple",
        "related",
        "success",
    ),
    *(
        "suicide",
        "gname",
        "gsubname",
        "gname2",
        "gsubname2",
        "gname3",
        "gsubname3",
        "guncertain1",
        "guncertain2",
    ),
    *("guncertain3", "individual", "nperps", "nperpcap", "claimed", "claimmode", "claimmode_txt", "claim2"),
    *(
        "claimmode2",
        "claimmode2_txt",
        "claim3",
        "claimmode3",
        "claimmode3_txt",
        "compclaim",
        "nkill",
        "nkillus",
    ),
    *("nkillter", "nwound", "nwoundus", "nwoundte", "property", "propextent", "propextent_txt", "propvalue"),
    *(
        "ishostkid",
        "nhostkid",
        "nhostkidus",
        "nhours",
        "ndays",
        "divert",
        "kidhijcountry",
        "ransom",
        "ransomamt",
    ),
    *("ransomamtus", "ransompaid", "ransompaidus", "hostkidoutcome", "hostkidoutcome_txt", "nreleased"),
    *("dbsource", "int_log", "int_ideo", "int_misc", "int_any"),
    *(f"{name}{i}{end}" for name in NUMBERED for i in (1, 2, 3, 4) for end in ("", "_txt")),
}
PROSE = {
    *(
        "summary",
        "motive",
        "addnotes",
        "location",
        "weapdetail",
        "propcomment",
        "ransomnote",
        "scite1",
        "scite2",
    ),
    *("scite3", "target1", "target2", "target3", "corp1", "corp2", "corp3"),
}
USED = {
    "eventid": "event_id",
    "iyear": "date",
    "imonth": "date",
    "iday": "date",
    "provstate": "area",
    "city": "place",
    "latitude": "latitude",
    "longitude": "longitude",
    "specificity": "location_precision",
    "targtype1_txt": "target_affiliation",
    "attacktype1_txt": "method",
    "nkill": "killed",
    "nwound": "injured",
    "gname": "perpetrator, candidates, claimed_by, statements",
    "gname2": "candidates, statements",
    "gname3": "candidates, statements",
}
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("gname", "gname2", "gname3"), "actor"),
    **dict.fromkeys(("city", "provstate", "country_txt", "targtype1_txt", "attacktype1_txt"), "value"),
    **dict.fromkeys(("latitude", "longitude", "nkill", "nwound"), "number"),
    **dict.fromkeys(("specificity", "iyear", "imonth", "iday"), "code"),
}
"""What an empty cell of a column is of."""
GTD = Format("gtd", ("eventid",), REQUIRED, KINDS, USED, CODED, PROSE, kind="attacktype1_txt")
WHERE = {"1": "place", "2": "area", "3": "area", "4": "area", "5": ""}
GROUPS = (
    ("gname", "guncertain1", "claimed"),
    ("gname2", "guncertain2", "claim2"),
    ("gname3", "guncertain3", "claim3"),
)


def read_gtd(
    path: Source,
    *,
    attribution: Attribution = "label",
    label_claimed: bool = False,
    fatal: bool = True,
    keep: Collection[str] = (),
    missing: Collection[str] = (),
    unknown: Collection[str] = (),
    separator: str | None = None,
    skip: bool = False,
    ranks: Sequence[str] | None = None,
    actors: Sequence[str] | None = None,
    encoding: str | None = None,
) -> xr.Dataset:
    """Events of a file of the GTD, as an event table.

    Month 0 gives a date of precision year, day 0 one of precision month. A suspected group (`guncertain` 1) is a
    finding of the source `GTD`, not a label. A group that claimed (`claimed` 1) is `claimed_by`, and no label: the
    coders' attribution may rest on the claim, which would then count twice. Claims by second and third groups are
    confessions of the group itself. Several groups that are not suspected are candidates. `specificity` 1 gives the
    coordinates of a place, 2 to 4 those of an area, 5 none. The free text and the targets' names are left out.

    Parameters
    ----------
    path
        The table saved as CSV, or a DataFrame of it.
    attribution
        `label`: a group that is not suspected is the perpetrator. `statement`: it is a finding of `GTD` too.
    label_claimed
        Let the group of a claimed event be its perpetrator as well.
    fatal
        Leave events out in which the format counts nobody dead: they are no killings. Events whose number of dead is
        not known stay. False keeps them all.
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
        What `read_events` returns; the columns of the file ride along as `gtd_<column>`; `decisions` reports. Where it
        was not recorded whether anybody claimed, `claimed_by` is empty as for silence: the report counts these.

    Raises
    ------
    DataError
        The file is not a table of this format, or rows break rules (all of them are listed).

    Examples
    --------
    >>> import attribution as at, pandas as pd
    >>> columns = "eventid iyear imonth iday gname guncertain1 claimed".split()
    >>> rows = [["201703000001", 2017, 3, 0, "ISIL", 1, 0], ["201703050002", 2017, 3, 5, "ISIL", 0, 1]]
    >>> events = at.read_gtd(pd.DataFrame(rows, columns=columns))
    >>> events["date_precision"].values.tolist(), events["claimed_by"].values.tolist()
    (['month', 'day'], ['', 'ISIL'])
    >>> events["statement_actor"].values.tolist()
    ['ISIL']

    References
    ----------
    LaFree, G. and Dugan, L. (2007). Introducing the Global Terrorism Database. Terrorism and Political Violence 19,
    181-204. doi:10.1080/09546550701246817
    """
    check_options(attribution, separator)
    table = GTD.open(path, encoding, spellings(missing, unknown, actors))
    raw = table.raw
    table.columns["date"] = dates_of_parts(table, ("iyear", "imonth", "iday"))
    coordinates(
        table,
        ("latitude", "longitude"),
        coded(table, "specificity", WHERE, "1 names a place, 2 to 4 an area, 5 nothing."),
    )
    place_and_area(table, raw.text("city"), raw.text("provstate"), raw.text("country_txt"))
    for name, made in (("targtype1_txt", "target_affiliation"), ("attacktype1_txt", "method")):
        table.columns[made] = raw.text(name)
    people(table, "nkill", "killed")
    people(table, "nwound", "injured")
    without_dead(table, "nkill", "killed", fatal)
    who(table, attribution, label_claimed, separator)
    return GTD.finish(table, keep=keep, source=path, skip=skip, ranks=ranks, actors=actors)


def who(table: Conversion, attribution: Attribution, label_claimed: bool, separator: str | None) -> None:
    """`claimed_by`, `perpetrator`, `candidates`, findings of the GTD and claims of further groups."""
    raw, made = table.raw, table.columns
    groups = [actors_of(table, name, raw.text(name), separator) for name, _, _ in GROUPS]
    suspected = [flag(table, name) for _, name, _ in GROUPS]
    claims = [flag(table, name) & (group != "") for (_, _, name), group in zip(GROUPS, groups, strict=True)]
    if "claimed" in raw.columns:
        claim(table, groups, claims)
    else:
        claims = [np.zeros(raw.rows, dtype=bool) for _ in GROUPS]
    known = [(group != "") & ~doubt for group, doubt in zip(groups, suspected, strict=True)]
    if not label_claimed:
        dropped = sum(int((k & c).sum()) for k, c in zip(known, claims, strict=True))
        why = "A claim is evidence, not knowledge: as a label it would count twice (label_claimed=True lets it)."
        table.decide("note", "claimed", "group that claimed", "no label", dropped, why)
        known = [k & ~c for k, c in zip(known, claims, strict=True)]
    found = [(group != "") & doubt for group, doubt in zip(groups, suspected, strict=True)]
    if attribution == "statement":
        found = [f | k for f, k in zip(found, known, strict=True)]
        known = [np.zeros(raw.rows, dtype=bool) for _ in GROUPS]
    label(table, groups, known)
    for group, rows, order in zip(groups, found, ("", " second group", " third group"), strict=True):
        several = rows & np.array(["|" in name for name in group], dtype=bool)
        why = "Suspected, and one of several: no finding, since a finding names one."
        table.decide("note", "gname", "several suspected groups", "no finding", int(several.sum()), why)
        rows = rows & ~several
        table.state(rows, f"GTD{order}", FINDING, group)
        why = "Suspected is not known: a finding of the GTD."
        table.decide("note", "gname", "suspected group", f"finding of GTD{order}", int(rows.sum()), why)
    made["candidates"] = made["candidates"].astype(object)


def claim(table: Conversion, groups: Sequence[Array], claims: Sequence[Array]) -> None:
    """`claimed_by` the first group; confessions of the others."""
    table.columns["claimed_by"] = np.where(claims[0], groups[0], "")
    unknown = np.array(
        [whole_number(cell) not in ("0", "1") for cell in table.raw.text("claimed")], dtype=bool
    )
    table.columns["claims_recorded"] = np.where(unknown, "no", "")
    why = "Not recorded whether anybody claimed: nobody looked, which is not silence."
    table.decide("note", "claimed", "-9 or empty", "claims_recorded is no", int(unknown.sum()), why)
    nameless = flag(table, "claimed") & (groups[0] == "")
    why = "Claimed, but nobody knows by whom: a claim without a name cannot be entered."
    table.decide("note", "claimed", "1, group unknown", "claimed_by is empty", int(nameless.sum()), why)
    for i in (1, 2):
        again = claims[i] & (groups[i] != groups[0]) & ((groups[i] != groups[1]) | (i == 1))
        for name in sorted(set(groups[i][again])):
            own = again & (groups[i] == name)
            table.state(own, name, "confession", groups[i])
        why = "A further claim of an event: what the group says of itself."
        table.decide("note", f"claim{i + 1}", "1", "confession of the group", int(again.sum()), why)


def label(table: Conversion, groups: Sequence[Array], known: Sequence[Array]) -> None:
    """One group that is known is the perpetrator, several are the candidates."""
    names = [np.where(rows, group, "") for group, rows in zip(groups, known, strict=True)]
    rows = zip(*names, strict=True)
    joined = np.array(["|".join(dict.fromkeys(name for name in row if name)) for row in rows], dtype=object)
    several = np.array(["|" in text for text in joined], dtype=bool)
    table.columns["perpetrator"] = np.where(several, "", joined)
    table.columns["candidates"] = np.where(several, joined, "")
    why = "Several groups, none of them suspected only: any of them may have done it."
    table.decide("note", "gname2", "several groups", "candidates", int(several.sum()), why)


def flag(table: Conversion, column: str) -> Array:
    """Whether a yes-or-no column says yes."""
    return np.array([whole_number(cell) == "1" for cell in table.raw.text(column)], dtype=bool)

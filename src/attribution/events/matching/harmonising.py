"""`harmonise`: names and categories of different sources onto one list, by the user's crosswalk."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from attribution.errors import DataError, nearest, problem_table
from attribution.events.candidates import check_events
from attribution.events.decisions import Decision, to_json
from attribution.events.formats.containers import open_file
from attribution.events.formats.nothing import Nothing
from attribution.events.provenance import data_hash
from attribution.events.reading import read_events, to_frame
from attribution.events.schema import UNLISTED
from attribution.events.text_table import Source, open_table, table_of

ACTOR = "actor"
ACTOR_COLUMNS = ("perpetrator", "candidates", "claimed_by")
FREQUENT, SHARE, SHOWN = 3, 0.02, 10
"""A name is frequent that occurs so often, and in this share of the cells; so many are named."""
REFUSE, KEEP = "refuse", "keep"
Crosswalk = Mapping[str, str] | Source


def harmonise(
    events: xr.Dataset,
    crosswalk: Crosswalk,
    *,
    column: str,
    rest: str = REFUSE,
    ranks: Sequence[str] | None = None,
) -> xr.Dataset:
    """Events with the names of a column replaced by those of a crosswalk.

    Several names may become one. Candidates that become the same are one candidate; statements of a source that become
    the same are one statement. A name that is already among the new ones stays.

    Parameters
    ----------
    events
        What `read_events` or another reader returns.
    crosswalk
        Old name to new name: a mapping, or a file or DataFrame with the columns `from` and `to`, as
        `attribution.crosswalk` writes it. An empty new name says
        that nothing is known. `suggest` helps to write it.
    column
        `actor` (perpetrator, candidates, claimed_by and the actors of statements), `source` (of statements), or any
        column of text: `area`, `place`, `target_rank`, `target_affiliation`, ...
    rest
        What becomes of names the crosswalk does not have: `refuse` lists them all in an error, `keep` leaves them,
        anything else is the name they get (`unlisted`); a warning names those that are frequent, or that say that
        nobody is known.
    ranks
        The new order of the ranks, lowest first, where the column is `target_rank`; by default the old order, renamed.

    Returns
    -------
    xarray.Dataset
        The events; attribute `crosswalks` holds every crosswalk applied, as JSON, and `decisions` reports each change.

    Raises
    ------
    DataError
        Names without a new one, a column that is not there or not text, or a result that breaks rules.

    Examples
    --------
    >>> import attribution as at
    >>> frame = pd.DataFrame({"event_id": ["a", "b"], "date": "2021", "perpetrator": ["ISIS", "daesh"]})
    >>> events = at.harmonise(at.read_events(frame), {"ISIS": "IS", "daesh": "IS"}, column="actor")
    >>> events["perpetrator"].values.tolist()
    ['IS', 'IS']
    """
    check_events(events)
    table = read_crosswalk(crosswalk)
    frame, said = to_frame(events), to_frame(events, "statements") if "statement_event" in events else None
    places = columns_of(events, column, frame, said)
    check_names(table, places, rest, column)
    warn_of_names(table, places, rest, column)
    report = [Decision(*row) for row in json.loads(events.attrs.get("decisions", "[]"))]
    for name, cells in places.items():
        new = np.array([translate(split(name, cell), table, rest) for cell in cells], dtype=object)
        pairs = Counter((a, b) for a, b in zip(cells, new, strict=True) if a != b)
        why = f"Crosswalk of {column}."
        report += [Decision("recoding", name, a, b, n, 0, why) for (a, b), n in pairs.items()]
        if said is not None and name.startswith("statement_"):
            said[name.removeprefix("statement_")] = new
        else:
            frame[name] = new
    if said is not None:
        again = said.duplicated(["event_id", "source", "kind", "actor"])
        if again.any():
            same = ("the same statement twice", "once", int(again.sum()), 0, f"Crosswalk of {column}.")
            report.append(Decision("note", column, *same))
        said = said[~again]
    order = json.loads(events.attrs.get("ranks", "[]"))
    if column == "target_rank":
        order = list(ranks or dict.fromkeys(translate([rank], table, KEEP) for rank in order))
    result = read_events(frame, statements=said, ranks=order or None)
    own = {"ranks": json.dumps(list(order), ensure_ascii=False)}
    own_names = {"column": column, "rest": rest, "names": table}
    applied = [*json.loads(events.attrs.get("crosswalks", "[]")), own_names]
    result.attrs = dict(events.attrs) | own | {"crosswalks": json.dumps(applied, ensure_ascii=False)}
    result.attrs["decisions"] = to_json(report)
    result.attrs["data_hash"] = data_hash(result)
    return result


def read_crosswalk(crosswalk: Crosswalk) -> dict[str, str]:
    """Old name to new name."""
    if isinstance(crosswalk, Mapping):
        return {str(old): str(new) for old, new in crosswalk.items()}
    if isinstance(crosswalk, pd.DataFrame):
        table = open_table("crosswalk", crosswalk, "utf-8")
    else:
        table = table_of("crosswalk", open_file("crosswalk", Path(crosswalk), None).columns)
    absent = [name for name in ("from", "to") if name not in table.columns and not table.problems]
    for name in absent:
        table.refuse(name, "A crosswalk must have the columns 'from' and 'to'.", "Add it.")
    if not table.problems:
        again = pd.Series(table.text("from")).duplicated().to_numpy()
        table.reject(again, "from", "A name must occur once in a crosswalk.", "Remove the repeats.")
    if table.problems:
        raise DataError(problem_table(table.problems))
    pairs = zip(table.text("from"), table.text("to"), strict=True)
    return {unquoted(old): unquoted(new) for old, new in pairs}


def unquoted(name: str) -> str:
    """A name without the apostrophe that keeps a spreadsheet from running it."""
    return name[1:] if name[:1] == "'" and name[1:2] in ("=", "+", "-", "@") and name[1:2] else name


def columns_of(
    events: xr.Dataset, column: str, frame: pd.DataFrame, said: pd.DataFrame | None
) -> dict[str, np.ndarray]:
    """The columns of text that a crosswalk changes."""
    if column == ACTOR:
        names = [name for name in ACTOR_COLUMNS if name in frame]
    else:
        names = (
            [column] if column != "source" and column in frame and events[column].dtype.kind == "U" else []
        )
    found = {name: frame[name].to_numpy(dtype=object) for name in names}
    if said is not None and column in (ACTOR, "source"):
        found[f"statement_{column}"] = said[column].to_numpy(dtype=object)
    if not found:
        texts = [str(name) for name in frame if frame[name].dtype.kind in "OU"]
        fix = f"Choose 'actor', 'source' or a column of text.{nearest(column, texts)}"
        problem = ("events", 0, "", column, "", "There is no such column of text.", fix)
        raise DataError(problem_table([problem]))
    return found


def check_names(table: Mapping[str, str], places: Mapping[str, np.ndarray], rest: str, column: str) -> None:
    """Raise `DataError` for names that have no new one, each once."""
    known = {*table, *table.values(), "", *([UNLISTED] if column == ACTOR else [])}
    if rest != REFUSE:
        return
    problems = []
    for name, cells in places.items():
        lost = Counter(part for cell in cells for part in split(name, cell) if part not in known)
        for label, count in lost.items():
            fix = (
                f"Add it to the crosswalk ({count} times), or say rest='keep'.{nearest(label, known - {''})}"
            )
            problems.append(("events", 0, "", name, label, "The crosswalk has no name for it.", fix))
    if problems:
        raise DataError(problem_table(problems))


def warn_of_names(table: Mapping[str, str], places: Mapping[str, np.ndarray], rest: str, column: str) -> None:
    """Warn about names that become another by ``rest`` though they are frequent, or though they name nobody."""
    if rest in (REFUSE, KEEP):
        return
    stay = {*table, *table.values(), "", UNLISTED, rest}
    found = Counter(
        part for name, cells in places.items() for cell in cells for part in split(name, cell) if part
    )
    lost = Counter({name: count for name, count in found.items() if name not in stay})
    least = max(FREQUENT, SHARE * found.total())
    often = [f"{name!r} ({count:,} times)" for name, count in lost.most_common(SHOWN) if count >= least]
    nobody = [repr(name) for name in lost if column == ACTOR and Nothing().says(name, "actor")]
    said = []
    if often:
        said.append(
            f"frequent names of {column} become {rest!r}: {', '.join(often)}. Name them in the crosswalk"
        )
    if nobody:
        listed = ", ".join(nobody[:SHOWN])
        said.append(
            f"these say that nobody is known and become {rest!r}: {listed}. Map them to '' in the crosswalk"
        )
    if said:
        warnings.warn(f"harmonise: {'; '.join(said)}.", UserWarning, stacklevel=3)


def split(column: str, cell: str) -> list[str]:
    """The names in a cell."""
    return cell.split("|") if column == "candidates" else [cell]


def translate(parts: Sequence[str], table: Mapping[str, str], rest: str) -> str:
    """The new names of a cell; of several that become the same, one. A candidate nobody knows leaves all open."""
    stay = {*table.values(), "", UNLISTED}
    names = [table.get(part, part if part in stay or rest in (REFUSE, KEEP) else rest) for part in parts]
    return "" if "" in names else "|".join(dict.fromkeys(names))

"""What files of data sets that code their events have in common: how one is opened, and made an event table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import xarray as xr

from attribution.events.formats.cells import ids, of_kind
from attribution.events.formats.conversion import Conversion
from attribution.events.formats.nothing import Kind, Nothing
from attribution.events.formats.opening import open_foreign
from attribution.events.formats.several import check_separator
from attribution.events.formats.sides import check_choice
from attribution.events.text_table import Source


@dataclass(frozen=True)
class Format:
    """The columns of a data set.

    Attributes
    ----------
    name
        What columns that ride along are prefixed with.
    keys
        Columns that may hold the ids of events: the first that a file has does.
    required
        Columns besides that a file must have.
    kinds
        What an empty cell of a column is of.
    used
        What becomes of the columns that are read.
    coded, prose
        Columns that ride along, and columns of free text, which are left out.
    kind
        The column that says of what kind each event is.
    standard
        Columns of a file without header, by their number.
    """

    name: str
    keys: tuple[str, ...]
    required: tuple[str, ...]
    kinds: Mapping[str, Kind]
    used: Mapping[str, str]
    coded: Collection[str]
    prose: Collection[str]
    kind: str
    standard: Mapping[int, Sequence[str]] = field(default_factory=dict)

    def key(self, table: Conversion) -> str:
        """The column that holds the ids."""
        return next((name for name in self.keys if name in table.raw.columns), self.keys[0])

    def open(self, path: Source, encoding: str | None, nothing: Nothing) -> Conversion:
        """A file of it: columns it must have are there, cells are tidied, events have their ids."""
        table = open_foreign(path, encoding, lower=True, nothing=nothing, standard=self.standard)
        table.require(tuple(dict.fromkeys((self.key(table), *self.required))))
        table.clean(self.kinds)
        ids(table, self.key(table))
        return table

    def finish(
        self,
        table: Conversion,
        *,
        keep: Collection[str],
        source: Source,
        skip: bool,
        ranks: Sequence[str] | None,
        actors: Sequence[str] | None,
        area: str | None = None,
    ) -> xr.Dataset:
        """The event table, with the columns that ride along; ``area`` is the column that became `area`, if chosen."""
        used = {**self.used, self.key(table): "event_id"} | ({area: "area"} if area else {})
        table.ride(f"{self.name}_", used, self.coded, self.prose, keep)
        events = table.finish(source=source, skip=skip, ranks=ranks, actors=actors)
        return of_kind(events, f"{self.name}_{self.kind}")


def check_options(attribution: str, separator: str | None, two_sided: str = "candidates") -> None:
    """Raise `DataError` for options of a reader that there are not."""
    check_choice("attribution", attribution, ("label", "statement"))
    check_choice("two_sided", two_sided, ("candidates", "leave out"))
    check_separator(separator)

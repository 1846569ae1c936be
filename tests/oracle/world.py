"""A model and what it was fitted to, as plain lists and dictionaries."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

UNLISTED = "unlisted"

MISSING = "(missing)"

STEPS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}


@dataclass(frozen=True)
class World:
    """A model and what it was fitted to; `ranks` is the order of the target ranks."""

    model: dict
    events: list
    statements: list = ()
    ranks: list = ()
    contexts: list = ()
    bundles: list = ()
    coverage: list = ()

    @property
    def actors(self):
        return [*self.model["actors"], *([] if self.model["closed"] else [UNLISTED])]

    @property
    def claimants(self):
        """Who may claim: by default somebody who is not listed too."""
        by_name = any(law.get("silence") == "full" for law in self.model["evidence"])
        return [actor for actor in self.actors if actor != UNLISTED or not by_name]


def months(event):
    """First and last month the event may have happened in, counted from year 0."""
    year, month = int(event["date"][:4]), int(event["date"][5:7] or 1)
    written = {4: "year", 7: "month", 10: "day"}[len(event["date"])]
    precision = event["date_precision"] or written
    if precision == "year":
        return year * 12, year * 12 + 11
    return year * 12 + month - 1, year * 12 + month - 1


def coordinates(event):
    if event["latitude"] == "" or event["location_precision"] == "area":
        return None
    return float(event["latitude"]), float(event["longitude"])


def dates(event):
    """First and last day the event may have happened on, as text."""
    first, last = months(event)
    precision = event["date_precision"] or {4: "year", 7: "month", 10: "day"}[len(event["date"])]
    if precision == "day":
        return event["date"], event.get("date_last") or event["date"]
    return f"{first // 12:04}-{first % 12 + 1:02}-01", f"{last // 12:04}-{last % 12 + 1:02}-31"


def as_number(world, event, column):
    """A number of an event as claims see it: counts as logs, a rank as its position; None where missing."""
    if event[column] == "":
        return None
    if column == "target_rank":
        return float(world.ranks.index(event[column]))
    return math.log(1 + float(event[column])) if column in ("killed", "injured") else float(event[column])


def days_of(event):
    """Every day on which the event may have happened."""
    first, last = months(event)
    precision = event.get("date_precision") or {4: "year", 7: "month", 10: "day"}[len(event["date"])]
    if precision == "day":
        return [date.fromisoformat(event["date"])]
    end = date(last // 12 + (last % 12 == 11), (last + 1) % 12 + 1, 1)
    return [date(first // 12, first % 12 + 1, 1) + timedelta(i) for i in range(400)][
        : (end - date(first // 12, first % 12 + 1, 1)).days
    ]


def candidates(world, event):
    named = event["perpetrator"] or event["candidates"]
    return named.split("|") if named else world.actors

"""Who made a report, when, from what data, and how to contest it; what is not stated is shown as not stated."""

from __future__ import annotations

from attribution.reporting.blocks import Block, Heading, Paragraph, Table
from attribution.reporting.context import Telling

STATED = ("author", "affiliation", "contact", "date", "source", "licence", "script")
"""What is stated of a report, in the order in which it stands there."""


def made(told: Telling) -> list[Block]:
    """The table of who made the report and from what, and how a number is contested."""
    given = {**told.stated, "script": told.script}
    rows = [[told.say(f"made_{name}"), given.get(name, "") or told.say("not_stated")] for name in STATED]
    return [
        Heading(2, told.say("made")),
        Table(told.citation, ["", ""], rows),
        Paragraph(told.say("contest")),
    ]

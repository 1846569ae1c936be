"""Sections of a report on the question, the data, the model and the computation: BARG's preamble and steps 1 and 2."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import unicodedata
from typing import Any

import numpy as np
import xarray as xr

from attribution.events.windows import window
from attribution.reporting.blocks import Block, Formula, Heading, Paragraph, Table
from attribution.reporting.context import Telling, cells_as_text
from attribution.reporting.formula import formulas
from attribution.results.privacy import coarse, hidden

COMMON = (
    r"\log L = \sum_e w_e \left[ \log \sum_{k \in S_e} e^{a_{ek} + v_{ek}} - \log \sum_j e^{a_{ej}} \right]"
)
"""The likelihood: activity a, evidence v, candidates S, weight w of an event's incident (`docs/model.md`)."""

CONVERGENCE = ("R-hat", "divergences", "E-BFMI", "tree depth")
RESOLUTION = ("bulk ESS", "tail ESS")
"""Words in the names of checks, by the section that lists them."""


def preamble(told: Telling) -> list[Block]:
    """Why Bayesian, and what for."""
    goal = Paragraph(told.question) if told.question else told.own(told.say("pre_b"))
    return [
        Heading(2, told.say("pre")),
        Heading(3, f"A. {told.say('pre_a')}"),
        Paragraph(told.say("pre_a_text")),
        Heading(3, f"B. {told.say('pre_b')}"),
        goal,
    ]


def step_1(told: Telling) -> list[Block]:
    """Data, likelihood, priors, formal specification, prior predictive check."""
    return [
        Heading(2, told.say("s1")),
        Heading(3, f"A. {told.say('s1_a')}"),
        *data(told),
        Heading(3, f"B. {told.say('s1_b')}"),
        *likelihood(told),
        Heading(3, f"C. {told.say('s1_c')}"),
        priors(told),
        told.own(told.say("s1_c_own")),
        Heading(3, f"D. {told.say('s1_d')}"),
        *specification(told),
        Heading(3, f"E. {told.say('s1_e')}"),
        checks(told, ("prior predictive",), told.say("s1_e")),
    ]


def step_2(told: Telling) -> list[Block]:
    """Software, convergence, resolution."""
    sizes = told.posterior["posterior"].sizes
    software = ", ".join(f"{name} {version}" for name, version in told.versions.items())
    return [
        Heading(2, told.say("s2")),
        Heading(3, f"A. {told.say('s2_a')}"),
        Paragraph(software, english=True),
        Heading(3, f"B. {told.say('s2_b')}"),
        checks(told, CONVERGENCE, told.say("s2_b")),
        Heading(3, f"C. {told.say('s2_c')}"),
        checks(told, RESOLUTION, told.say("s2_c")),
        Heading(3, f"D. {told.say('s2_d')}"),
        Paragraph(told.say("s2_d_text", chains=sizes["chain"], draws=sizes["draw"])),
    ]


def data(told: Telling) -> list[Block]:
    """What was recorded and what is missing, by column."""
    events = told.posterior["constant_data"].to_dataset()
    known, partly, open_ = told.labels
    may = told.released
    first, last = (coarse(ends, told.privacy) for ends in window(events))
    summary = told.say(
        "data",
        events=f"{events.sizes['event']:,}",
        first=min(first),
        last=max(last),
        known=told.count(known, may.total),
        partly=told.count(partly, may.partly),
        open=told.count(open_, may.open),
        statements=f"{events.sizes.get('statement', 0):,}",
        hash=told.posterior.attrs["data_hash"],
    )
    header = [told.say("column"), told.say("absent"), "%"]
    return [
        Paragraph(summary),
        *coverage(told, events),
        Paragraph(told.say("missing")),
        Table(told.headed("absent"), header, gaps(told, events)),
        told.own(told.say("stages")),
    ]


def coverage(told: Telling, events: xr.Dataset) -> list[Block]:
    """Of how many sources it is stated when and where they watch; nothing where of none."""
    if "coverage_source" not in events or "statement_source" not in events:
        return []
    stated, every = ({*events[f"{table}_source"].values} for table in ("coverage", "statement"))
    return [Paragraph(told.say("coverage", stated=len(stated & every), all=len(every)))]


def gaps(told: Telling, events: xr.Dataset) -> list[list[str]]:
    """Empty cells of each column, where neither they nor those that are filled are few.

    Nor those of a column by which the report groups killings, where the group without a value is hidden. A date of a
    claim can be missing only where somebody claimed.
    """
    rows, smallest = [], told.privacy.smallest
    claimed = events["claimed_by"].values.astype(str) != "" if "claimed_by" in events else None
    for name in sorted(str(name) for name in events.data_vars if events[name].dims == ("event",)):
        if name in ("perpetrator", "candidates", "claimed_by", "date_precision"):
            continue
        empty = (events[name].isnull() | (events[name].astype(str) == "")).values
        asked, label = np.ones(len(empty), dtype=bool), name
        if name == "claim_date" and claimed is not None:
            asked, label = claimed, f"{name} ({told.say('of_claimed')})"
        if not asked.any():
            continue
        count, size = int((empty & asked).sum()), int(asked.sum())
        may = not hidden([count, size - count], smallest).any()
        may &= not hidden([size, len(empty) - size], smallest).any()
        if name == "area" and empty.any() and not empty.all():
            labels, sizes = np.unique(events[name].values.astype(str), return_counts=True)
            may &= not hidden(sizes, smallest)[labels == ""].any()
        share = f"{100 * count / size:.1f} %" if may else told.say("masked")
        rows.append(cells_as_text((label, told.count(count, may), share)))
    return rows


def likelihood(told: Telling) -> list[Block]:
    """The likelihood in words, and what each component says."""
    model = told.model
    words = [Paragraph(f"{part.name}: {lead(part)}", english=True) for part in model.components]
    return [Paragraph(told.say("likelihood", actors=", ".join(model.names))), Formula(COMMON), *words]


def specification(told: Telling) -> list[Block]:
    """The formulas of each component."""
    model = told.model
    blocks: list[Block] = []
    for part in model.components:
        blocks.append(Paragraph(f"{part.name} ({type(part).__name__})", english=True))
        blocks += [Formula(tex) for tex in formulas(type(part))]
    return blocks


def priors(told: Telling) -> Table:
    """Every setting of every component, with its meaning."""
    rows = []
    for part in told.model.components:
        meanings = settings(part)
        for field in dataclasses.fields(part):  # type: ignore[arg-type]
            value = getattr(part, field.name)
            rows.append(cells_as_text((part.name, field.name, plainly(value), meanings.get(field.name, ""))))
    header = [told.say(key) for key in ("component", "setting", "value", "meaning")]
    return Table(told.say("s1_c"), header, rows)


def plainly(value: Any) -> Any:
    """A setting as it is read: a dash for what is open or empty, lists without brackets, pairs as `name: value`."""
    if isinstance(value, tuple):
        pairs = any(isinstance(own, tuple) for own in value)
        parts = [f"{own[0]}: {plainly(own[1])}" if pairs else str(plainly(own)) for own in value]
        return ("; " if pairs else ", ").join(parts) or "\N{EN DASH}"
    return "\N{EN DASH}" if value is None else value


def checks(told: Telling, kinds: tuple[str, ...], caption: str) -> Table:
    """The checks whose names hold one of these words."""
    return listed(
        told, [check for check in told.checks if any(kind in str(check["name"]) for kind in kinds)], caption
    )


def other_checks(told: Telling) -> Table:
    """The checks that no section of the computation or of predictive checks lists: what the shares rest on."""
    elsewhere = (*CONVERGENCE, *RESOLUTION, "predictive")
    rest = [check for check in told.checks if not any(kind in str(check["name"]) for kind in elsewhere)]
    return listed(told, rest, told.say("rests"))


def listed(told: Telling, chosen: list[dict[str, Any]], caption: str) -> Table:
    """Some checks, a row each."""
    rows = [
        cells_as_text(
            (
                check["name"],
                four_digits(check["value"]),
                four_digits(check["threshold"]),
                verdict(told, check),
            )
        )
        for check in chosen
    ]
    return Table(caption, [told.say(key) for key in ("check", "value", "threshold", "outcome")], rows)


def verdict(told: Telling, check: dict[str, object]) -> str:
    """Whether a check passed."""
    return told.say("ok" if check["passed"] else "bad")


def four_digits(value: object) -> str:
    """A checked value to four digits; NaN where it could not be computed."""
    return f"{value:.4g}" if isinstance(value, int | float) else "NaN"


def lead(part: object) -> str:
    """First sentence of a component's docstring."""
    text = (inspect.getdoc(type(part)) or "").split("\n\n")[0]
    return " ".join(text.replace("`", "").split())


def settings(part: object) -> dict[str, str]:
    """What the docstring says of each setting."""
    text = inspect.getdoc(type(part)) or ""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[^\n]*\n-+\n|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    found: dict[str, str] = {}
    for names, meaning in re.findall(
        r"^(\w[^\n]*)\n((?:[ \t]+[^\n]*\n?|\n)+)", section[1] if section else "", flags=re.MULTILINE
    ):
        sentence = re.sub(r":math:`([^`]*)`", lambda m: in_letters(m[1]), " ".join(meaning.split())).replace(
            "`", ""
        )
        found |= {name.strip(): sentence for name in names.split(",")}
    return found


def in_letters(tex: str) -> str:
    r"""A formula as text: `\mu` as the Greek letter, `\bar w` with a bar, names and functions as they are read."""

    def letter(found: re.Match[str]) -> str:
        try:
            return unicodedata.lookup(f"GREEK SMALL LETTER {found[1]}")
        except KeyError:
            return WRITTEN.get(found[1], found[1])

    named = re.sub(r"\\(?:mathrm|mathtt)\{((?:[^{}\\]|\\_)*)\}", r"\1", tex).replace(r"\_", "_")
    lettered = re.sub(r"\\(?!bar\b)([a-z]+)", letter, named)
    return re.sub(r"[{}]", "", re.sub(r"\\bar\s*(\w)", "\\1\N{COMBINING MACRON}", lettered))


WRITTEN = {"sim": "~", "lambda": "\N{GREEK SMALL LETTER LAMDA}"}
"""Commands of TeX that are neither a Greek letter by its name in Unicode nor read as they are written."""


def as_json(told: Telling) -> str:
    """The model's specification, indented."""
    return json.dumps(json.loads(told.posterior.attrs["model"]), indent=1, ensure_ascii=False)

"""Sections of a report on results, their sensitivity, their reproduction and limits: BARG's steps 3 to 6."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from attribution.assumptions.catalogue import assumption_in_words, unexamined
from attribution.assumptions.scenarios import FAILED
from attribution.events.windows import window
from attribution.plots.checks import plot_prior_posterior, plot_sensitivity
from attribution.plots.claims_and_sources import plot_claims, plot_sources
from attribution.plots.results import share_figure
from attribution.plots.sponsors import plot_sponsors
from attribution.reporting.blocks import Alert, Block, Code, Heading, Lines, Paragraph, Picture, Table
from attribution.reporting.context import Telling, cells_as_text
from attribution.reporting.methods import as_json, checks, other_checks
from attribution.results.attributions import attributions, shares
from attribution.results.privacy import hidden, when
from attribution.results.ranges import wider
from attribution.results.words import confidence, likelihood

LIMITS = ("limit_recorded", "limit_labels", "limit_silence", "limit_sources", "limit_groups")


def opening(told: Telling) -> list[Block]:
    """Failed checks first of all; then the shares, and how much confidence they deserve."""
    blocks: list[Block] = []
    if told.failed:
        lines = [f"{check['name']}: {check['sentence']} {check['remedy']}" for check in told.failed]
        blocks.append(Alert(told.say("failed"), lines))
    known, _, _ = told.labels
    sure = confidence(
        events=told.posterior["attribution"].sizes["event"],
        known=known,
        checks=len(told.checks),
        failed=len(told.failed),
        shift=told.shift,
        unshown=told.unshown,
        sources=told.sources,
        wider=wider(told.overall),
        shown=told.released.total,
        language=told.language,
    )
    return [
        *blocks,
        Heading(2, told.say("summary")),
        overall_table(told),
        Paragraph(sure),
        *([] if told.language == "en" else [Paragraph(told.say("english"))]),
    ]


def step_3(told: Telling) -> list[Block]:
    """Posterior predictive check, summaries, Bayes factors (none)."""
    held = told.posterior["constant_data"].to_dataset()
    columns = ["year", *(["area"] if "area" in held and told.privacy.place != "none" else [])]
    return [
        Heading(2, told.say("s3")),
        Heading(3, f"A. {told.say('s3_a')}"),
        checks(told, ("posterior predictive",), told.say("s3_a")),
        Heading(3, f"B. {told.say('s3_b')}"),
        overall_table(told),
        citations(told, told.overall, None),
        other_checks(told),
        Picture(plot_prior_posterior(told.posterior), "Shares: prior and posterior"),
        *(block for column in columns for block in grouped_shares(told, column)),
        *learnt(told),
        *(one_by_one(told) if told.privacy.per_event else []),
        Heading(3, f"C. {told.say('s3_c')}"),
        Paragraph(told.say("none_used")),
    ]


def steps_4_to_6(told: Telling) -> list[Block]:
    """Decisions, sensitivity, reproduction, limits."""
    own = Paragraph(told.say("script", script=told.script)) if told.script else told.own(told.say("s6_own"))
    software = ", ".join(f"{name} {version}" for name, version in told.versions.items())
    return [
        Heading(2, told.say("s4")),
        Paragraph(told.say("s4_text")),
        told.own(told.say("s4")),
        Heading(2, told.say("s5")),
        Paragraph(told.say("s5_text")),
        *sensitivity_section(told),
        *(block for pair, table in told.comparisons.items() for block in comparison(told, pair, table)),
        Heading(2, told.say("s6")),
        Paragraph(f"A. {software}", english=True),
        own,
        Paragraph(told.say("s6_text", seed=told.posterior.attrs["seed"])),
        Code(as_json(told)),
        Heading(2, told.say("limits")),
        *(Paragraph(told.say(key)) for key in LIMITS),
    ]


def overall_table(told: Telling) -> Table:
    """Shares of all killings: interval given the model, range under other assumptions, bounds that assume nothing."""
    may = told.released
    rows = []
    for known, bounded, row in zip(may.known, may.bounds, told.overall.to_dict("records"), strict=True):
        examined = not np.isnan(row["assumed_low"])
        rows.append(
            cells_as_text(
                (
                    row["actor"],
                    told.percent(row["share"]),
                    told.range(row["low"], row["high"]),
                    told.range(row["assumed_low"], row["assumed_high"])
                    if examined
                    else told.say("unexamined"),
                    told.range(row["bound_low"], row["bound_high"]) if bounded else told.say("masked"),
                    told.count(row["known"], bool(known)),
                )
            )
        )
    range_ = told.say("range", interval=f"{100 * told.interval:.0f}")
    header = [told.say(key) for key in ("actor", "share", "assumed", "bounds", "known")]
    header.insert(2, range_)
    return Table(f"{told.headed('share')}. {told.citation}", header, rows)


def share_table(told: Telling, table: pd.DataFrame, by: str) -> Table:
    """Shares by a column with their intervals."""
    rows = []
    for row in table.to_dict("records"):
        cells = [row["actor"], told.percent(row["share"]), told.range(row["low"], row["high"])]
        rows.append(cells_as_text([row[by] or told.say("absent"), *cells, f"{row['events']:,}"]))
    header = [told.say("actor"), told.say("share"), told.say("range", interval=f"{100 * told.interval:.0f}")]
    caption = told.headed("by", column=by)
    return Table(f"{caption}. {told.citation}", [by, *header, told.say("killings")], rows)


def citations(told: Telling, table: pd.DataFrame, by: str | None) -> Lines:
    """One citation line a number."""
    rows = [row for _, row in table.iterrows()]
    lines = [
        told.number(str(row["actor"]), row, str(row[by] or told.say("absent")) if by else "") for row in rows
    ]
    return Lines(told.say("citations"), lines)


def grouped_shares(told: Telling, by: str) -> list[Block]:
    """Shares by a column, small groups left out."""
    table = shares(told.posterior, by=by, interval=told.interval)
    size = table.drop_duplicates(by).set_index(by)["events"]
    out = set(size.index[hidden(size, told.privacy.smallest)])
    kept = table[~table[by].isin(out)]
    blocks: list[Block] = [Heading(3, told.headed("by", column=by))]
    if len(kept):
        figure = share_figure(told.posterior, kept, by, told.interval)
        blocks += [Picture(figure, f"Shares by {by}"), share_table(told, kept, by), citations(told, kept, by)]
    if out:
        groups = ", ".join(sorted(str(label) or told.say("absent") for label in out))
        blocks.append(Paragraph(told.say("suppressed", smallest=told.privacy.smallest, groups=groups)))
    return blocks


def learnt(told: Telling) -> list[Block]:
    """What was learnt of claims, sources and sponsors, as far as the model has them."""
    laws = {type(law).__name__ for law in told.model.evidence}
    posterior, interval, smallest = told.posterior, told.interval, told.privacy.smallest
    blocks: list[Block] = []
    if "Claim" in laws:
        claims = plot_claims(posterior, interval=interval, smallest=smallest)
        blocks += [Paragraph(captioned(told, "claims")), Picture(claims, "How readily each actor claims")]
    if "Statements" in laws:
        sources = plot_sources(posterior, interval=interval, smallest=smallest)
        blocks += [Paragraph(captioned(told, "sources")), Picture(sources, "How often each source is right")]
    if "Sponsorship" in laws:
        paid = plot_sponsors(posterior, interval=interval)
        blocks += [Paragraph(captioned(told, "sponsors")), Picture(paid, "Shares of executors and sponsors")]
    return [Heading(3, told.say("learnt")), *blocks] if blocks else []


def captioned(told: Telling, about: str) -> str:
    """What a figure of the evidence shows."""
    return told.say(f"learnt_{about}", interval=f"{100 * told.interval:.0f}")


def one_by_one(told: Telling) -> list[Block]:
    """The most probable actor of each open killing, with coarse dates and places."""
    table = attributions(told.posterior, scale=told.scale, language=told.language)
    best = table[~table["known"]].groupby("event", sort=False).head(1).set_index("event")
    held = told.posterior["constant_data"].to_dataset().sel(event=best.index.to_numpy())
    date = when(*window(held), told.privacy)
    place = [""] * len(best)
    if told.privacy.place in held:
        place = [str(value) for value in held[told.privacy.place].values]
    rows = [
        cells_as_text(
            (
                event,
                when,
                where,
                row["actor"],
                told.range(row["low"], row["high"]),
                row["words"],
            )
        )
        for (event, row), when, where in zip(best.iterrows(), date, place, strict=True)
    ]
    header = [told.say(key) for key in ("event", "date", "place", "actor", "probability", "words")]
    return [
        Heading(3, told.say("events_title")),
        Paragraph(told.say("standing")),
        Table(f"{told.say('events_title')}. {told.citation}", header, rows),
    ]


def sensitivity_section(told: Telling) -> list[Block]:
    """The tornado of each actor and the table, or that none was made."""
    table, rows = told.moved, []
    if table is None:
        return [Alert(told.say("no_sensitivity"), [])]
    actors = list(table.loc[table["kind"] == "fit", "actor"])
    moved = table[(table["kind"] != "fit") & (table["method"] != FAILED)]
    for _, own in moved.groupby(["kind", "about", "value"], sort=False, dropna=False):
        kind, about, value, method = own.iloc[0][["kind", "about", "value", "method"]]
        cells = [moved_share(told, row) for row in own.set_index("actor").reindex(actors).to_dict("records")]
        rows.append(
            cells_as_text((assumption_in_words(kind, about, value, told.language)[3], *cells, method))
        )
    header = [told.say("assumption"), *actors, told.say("method")]
    caption = f"{told.say('s5')}: {told.say('share')}; {told.say('change')}. {told.citation}"
    return [
        *(
            Picture(plot_sensitivity(table, actor=actor), f"Sensitivity of the share of {actor}")
            for actor in actors
        ),
        Table(caption, header, rows),
        *unshown(told, table),
        *power_table(told, table, actors),
    ]


def unshown(told: Telling, table: pd.DataFrame) -> list[Block]:
    """The assumptions for which there is no number, in a sentence."""
    names = [
        assumption_in_words(kind, about, value, told.language)[3] for kind, about, value in unexamined(table)
    ]
    return [Paragraph(told.say("unshown", assumptions=", ".join(names)))] if names else []


def power_table(told: Telling, table: pd.DataFrame, actors: list[str]) -> list[Block]:
    """ArviZ's sensitivity of each actor's share to small powers of prior and likelihood."""
    rows = []
    for kind in ("prior", "likelihood"):
        own = table[table["kind"] == kind].drop_duplicates("actor").set_index("actor")["psense"]
        if len(own):
            rows.append(
                cells_as_text((told.say(f"of_{kind}"), *(f"{value:.3f}" for value in own.reindex(actors))))
            )
    return [Table(told.say("psense"), ["", *actors], rows)] if rows else []


def moved_share(told: Telling, row: Mapping[Hashable, float]) -> str:
    """A share under an assumption and its change in percentage points; nothing where the assumption has none."""
    if np.isnan(row["share"]):
        return ""
    change = round(100 * row["change"], 1) + 0.0  # no minus before a zero
    return f"{told.percent(row['share'])} ({change:+.1f})"


def comparison(told: Telling, pair: tuple[str, str], table: pd.DataFrame) -> list[Block]:
    """Whether one actor did more than another, over every assumption."""
    a, b = pair
    group = next(iter(set(table.columns) - COMPARED), None)
    small: set[str] = set()
    if group is not None:
        size = table.drop_duplicates(group).set_index(group)["events"]
        small = set(size.index[hidden(size, told.privacy.smallest)])
    rows = []
    kept = table if group is None else table[~table[group].isin(small)]
    gone, kept = kept[kept["method"] == FAILED], kept[kept["method"] != FAILED]
    for row in kept.to_dict("records"):
        about = (
            assumption_in_words(row["kind"], a, row["value"], told.language)[3]
            if row["kind"] == "bound"
            else assumption_in_words(row["kind"], row["about"], row["value"], told.language)[3]
        )
        where = [row[group] or told.say("absent")] if group else []
        rows.append(cells_as_text((*where, about, told.percent(row["more"]), row["method"])))
    blocks: list[Block] = [Heading(3, told.say("rank", a=a, b=b))]
    if group is None:
        found = kept.loc[kept["kind"] != "bound", "more"].dropna()
        low, high = float(found.min()), float(found.max())
        words = likelihood(low, high, scale=told.scale, language=told.language)
        ends = {"low": told.percent(low), "high": told.percent(high)}
        blocks.append(Paragraph(told.say("rank_text", a=a, b=b, words=words, **ends)))
    header = [
        *([group] if group else []),
        *(told.say(key) for key in ("assumption", "probability", "method")),
    ]
    return [
        *blocks,
        Table(f"{told.say('rank', a=a, b=b)} {told.citation}", header, rows),
        *unshown(told, gone),
    ]


COMPARED = {
    *("kind", "about", "value", "assumption", "more", "fewer", "words", "pareto_k", "method", "events"),
    *("of", "checks"),
}
"""Columns of a comparison besides that of its groups."""

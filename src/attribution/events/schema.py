"""The columns that have a meaning, by table, and the words that may stand in them."""

from __future__ import annotations

UNLISTED = "unlisted"
"""The actor who is none of the named ones."""

COLUMNS = (
    *(
        "event_id",
        "incident",
        "date",
        "date_precision",
        "date_last",
        "area",
        "place",
        "latitude",
        "longitude",
        "location_precision",
    ),
    *("target_rank", "target_affiliation", "method", "killed", "injured"),
    *("perpetrator", "candidates", "claimed_by", "denied_by", "claim_date", "observed_until", "only_claimed"),
    *("claims_recorded", "label_basis", "sponsor"),
)
"""Columns of the event table that have a meaning; others ride along."""
STATEMENT_COLUMNS = ("event_id", "source", "kind", "actor", "date", "origin", "held_by", "role")
"""Columns of the table of statements; the first four must be filled."""
TABLES = ("statement", "context", "bundle", "coverage")
"""Dimensions of the tables beside the events; their columns bear the dimension as a prefix."""
STATEMENT_ROLES = ("executor", "sponsor")
STATEMENT_KINDS = ("accusation", "denial", "confession", "finding")
LABEL_BASES = ("independent", "claim", "source", "compiler")
"""What a label may rest on: an arrest or a film, a claim, what a source said, or a compiler who does not say what."""
DATE_PRECISIONS = ("day", "month", "year")
LOCATION_PRECISIONS = ("exact", "place", "area")


def is_beside(column: str) -> bool:
    """Whether a variable is of a table beside the events: statements, contexts, bundles, coverage."""
    return column.startswith(tuple(f"{table}_" for table in TABLES))


USED = frozenset(
    {
        *("date", "date_precision", "date_last", "incident", "perpetrator", "candidates"),
        *("area", "place", "latitude", "longitude", "location_precision", "target_rank"),
        *("claimed_by", "denied_by", "claim_date", "observed_until", "only_claimed"),
        *("claims_recorded", "label_basis"),
        *("statement_event", "statement_source", "statement_kind", "statement_actor"),
        *("context_name", "context_start", "context_end", "context_area"),
        *("bundle_claimant", "bundle_start", "bundle_end", "bundle_area", "bundle_count", "bundle_kind"),
        *("coverage_source", "coverage_start", "coverage_end", "coverage_area"),
    }
)
"""Variables that tables and figures of results look at, whatever the model; a posterior keeps them."""

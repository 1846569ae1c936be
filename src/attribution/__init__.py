"""Who is behind a killing that nobody, or somebody, claims: hierarchical Bayesian attribution with its uncertainty."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attribution.assumptions.actor_comparison import compare_actors as compare_actors
    from attribution.assumptions.sensitivity import sensitivity as sensitivity
    from attribution.components.activity.active_period import ActivePeriod as ActivePeriod
    from attribution.components.activity.baseline import Baseline as Baseline
    from attribution.components.activity.category import Category as Category
    from attribution.components.activity.covariate import Covariate as Covariate
    from attribution.components.activity.location import Location as Location
    from attribution.components.activity.target_rank import TargetRank as TargetRank
    from attribution.components.activity.timing import Timing as Timing
    from attribution.components.evidence.bundles import Bundles as Bundles
    from attribution.components.evidence.checkpoint import Checkpoint as Checkpoint
    from attribution.components.evidence.claim import Claim as Claim
    from attribution.components.evidence.identification import Identification as Identification
    from attribution.components.evidence.scene import Scene as Scene
    from attribution.components.evidence.sponsorship import Sponsorship as Sponsorship
    from attribution.components.evidence.statements import Statements as Statements
    from attribution.errors import AttributionError as AttributionError
    from attribution.errors import Check as Check
    from attribution.errors import DataError as DataError
    from attribution.errors import FitError as FitError
    from attribution.errors import ModelError as ModelError
    from attribution.events.decisions import decisions as decisions
    from attribution.events.example import example_path as example_path
    from attribution.events.formats.acled import read_acled as read_acled
    from attribution.events.formats.gtd import read_gtd as read_gtd
    from attribution.events.formats.mapped import read_table as read_table
    from attribution.events.formats.ucdp import read_ucdp_ged as read_ucdp_ged
    from attribution.events.matching.combining import combine as combine
    from attribution.events.matching.crosswalks import crosswalk as crosswalk
    from attribution.events.matching.harmonising import harmonise as harmonise
    from attribution.events.matching.names import suggest as suggest
    from attribution.events.matching.pairs import match_events as match_events
    from attribution.events.provenance import data_hash as data_hash
    from attribution.events.provenance import verify as verify
    from attribution.events.reading import read_events as read_events
    from attribution.events.reading import to_frame as to_frame
    from attribution.events.selection import select as select
    from attribution.fitting.diagnostics import diagnose as diagnose
    from attribution.fitting.fits import fit as fit
    from attribution.model.simulation import simulate as simulate
    from attribution.model.specification import Model as Model
    from attribution.outcomes.benefit import benefit as benefit
    from attribution.plots.benefit import plot_benefit as plot_benefit
    from attribution.plots.checks import plot_calibration as plot_calibration
    from attribution.plots.checks import plot_prior_posterior as plot_prior_posterior
    from attribution.plots.checks import plot_sensitivity as plot_sensitivity
    from attribution.plots.claims_and_sources import plot_claims as plot_claims
    from attribution.plots.claims_and_sources import plot_sources as plot_sources
    from attribution.plots.maps import plot_map as plot_map
    from attribution.plots.results import plot_attribution as plot_attribution
    from attribution.plots.results import plot_shares as plot_shares
    from attribution.plots.sponsors import plot_sponsors as plot_sponsors
    from attribution.plots.validation import plot_holdout as plot_holdout
    from attribution.plots.validation import plot_sbc as plot_sbc
    from attribution.plots.worth_investigating import plot_worth_investigating as plot_worth_investigating
    from attribution.reporting.document import report as report
    from attribution.results.archive import load as load
    from attribution.results.archive import save as save
    from attribution.results.attributions import attribute as attribute
    from attribution.results.attributions import attributions as attributions
    from attribution.results.attributions import contributions as contributions
    from attribution.results.attributions import shares as shares
    from attribution.results.csv_table import to_csv as to_csv
    from attribution.results.privacy import Privacy as Privacy
    from attribution.results.selection import join as join
    from attribution.results.selection import model_of as model_of
    from attribution.results.sponsors import sponsors as sponsors
    from attribution.results.worth_investigating import worth_investigating as worth_investigating
    from attribution.streaming.attribute_table import attribute_table as attribute_table
    from attribution.validation.holdout import holdout as holdout
    from attribution.validation.leave_one_out import compare as compare
    from attribution.validation.leave_one_out import loo as loo
    from attribution.validation.sbc import sbc as sbc

_WHERE = {
    "ActivePeriod": "components.activity.active_period",
    "Baseline": "components.activity.baseline",
    "Category": "components.activity.category",
    "Covariate": "components.activity.covariate",
    "Location": "components.activity.location",
    "TargetRank": "components.activity.target_rank",
    "Timing": "components.activity.timing",
    "benefit": "outcomes.benefit",
    "plot_benefit": "plots.benefit",
    "compare_actors": "assumptions.actor_comparison",
    "worth_investigating": "results.worth_investigating",
    "sensitivity": "assumptions.sensitivity",
    "compare": "validation.leave_one_out",
    "loo": "validation.leave_one_out",
    "diagnose": "fitting.diagnostics",
    "AttributionError": "errors",
    "Check": "errors",
    "DataError": "errors",
    "FitError": "errors",
    "ModelError": "errors",
    "data_hash": "events.provenance",
    "read_events": "events.reading",
    "to_frame": "events.reading",
    "Bundles": "components.evidence.bundles",
    "Claim": "components.evidence.claim",
    "Identification": "components.evidence.identification",
    "Checkpoint": "components.evidence.checkpoint",
    "Scene": "components.evidence.scene",
    "Sponsorship": "components.evidence.sponsorship",
    "Statements": "components.evidence.statements",
    "fit": "fitting.fits",
    "decisions": "events.decisions",
    "read_acled": "events.formats.acled",
    "read_gtd": "events.formats.gtd",
    "read_table": "events.formats.mapped",
    "read_ucdp_ged": "events.formats.ucdp",
    "crosswalk": "events.matching.crosswalks",
    "harmonise": "events.matching.harmonising",
    "select": "events.selection",
    "suggest": "events.matching.names",
    "combine": "events.matching.combining",
    "match_events": "events.matching.pairs",
    "join": "results.selection",
    "model_of": "results.selection",
    "sponsors": "results.sponsors",
    "Model": "model.specification",
    "example_path": "events.example",
    "to_csv": "results.csv_table",
    "verify": "events.provenance",
    "plot_attribution": "plots.results",
    "plot_shares": "plots.results",
    "plot_calibration": "plots.checks",
    "plot_prior_posterior": "plots.checks",
    "plot_sensitivity": "plots.checks",
    "plot_worth_investigating": "plots.worth_investigating",
    "plot_claims": "plots.claims_and_sources",
    "plot_sources": "plots.claims_and_sources",
    "plot_map": "plots.maps",
    "plot_sponsors": "plots.sponsors",
    "Privacy": "results.privacy",
    "report": "reporting.document",
    "attribute": "results.attributions",
    "attributions": "results.attributions",
    "contributions": "results.attributions",
    "shares": "results.attributions",
    "sbc": "validation.sbc",
    "simulate": "model.simulation",
    "load": "results.archive",
    "save": "results.archive",
    "attribute_table": "streaming.attribute_table",
    "holdout": "validation.holdout",
    "plot_holdout": "plots.validation",
    "plot_sbc": "plots.validation",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: reading a table does not wait for PyMC."""
    if name == "__version__":
        from importlib.metadata import version

        return version("attribution-bayes")
    if name not in _WHERE:
        raise AttributeError(f"module 'attribution' has no attribute {name!r}")
    return getattr(importlib.import_module(f"attribution.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)

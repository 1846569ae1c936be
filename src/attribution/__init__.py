"""Who is behind a killing that nobody, or somebody, claims: hierarchical Bayesian attribution with its uncertainty."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attribution.activity.active_period import ActivePeriod as ActivePeriod
    from attribution.activity.baseline import Baseline as Baseline
    from attribution.activity.category import Category as Category
    from attribution.activity.covariate import Covariate as Covariate
    from attribution.activity.location import Location as Location
    from attribution.activity.target_rank import TargetRank as TargetRank
    from attribution.activity.timing import Timing as Timing
    from attribution.aftermath import benefit as benefit
    from attribution.assumptions import sensitivity as sensitivity
    from attribution.combining import combine as combine
    from attribution.comparison import compare as compare
    from attribution.comparison import loo as loo
    from attribution.diagnostics import diagnose as diagnose
    from attribution.document import report as report
    from attribution.errors import AttributionError as AttributionError
    from attribution.errors import Check as Check
    from attribution.errors import DataError as DataError
    from attribution.errors import FitError as FitError
    from attribution.errors import ModelError as ModelError
    from attribution.events import data_hash as data_hash
    from attribution.events import read_events as read_events
    from attribution.events import to_frame as to_frame
    from attribution.evidence.bundles import Bundles as Bundles
    from attribution.evidence.checkpoint import Checkpoint as Checkpoint
    from attribution.evidence.claim import Claim as Claim
    from attribution.evidence.identification import Identification as Identification
    from attribution.evidence.scene import Scene as Scene
    from attribution.evidence.sponsorship import Sponsorship as Sponsorship
    from attribution.evidence.statements import Statements as Statements
    from attribution.export import to_csv as to_csv
    from attribution.fitting import fit as fit
    from attribution.formats.acled import read_acled as read_acled
    from attribution.formats.decision import decisions as decisions
    from attribution.formats.foreign import read_table as read_table
    from attribution.formats.gtd import read_gtd as read_gtd
    from attribution.formats.ucdp import read_ucdp_ged as read_ucdp_ged
    from attribution.harmonising import harmonise as harmonise
    from attribution.joint import sponsors as sponsors
    from attribution.linkage import match_events as match_events
    from attribution.model import Model as Model
    from attribution.names import suggest as suggest
    from attribution.plots import plot_attribution as plot_attribution
    from attribution.plots import plot_shares as plot_shares
    from attribution.plots_of_benefit import plot_benefit as plot_benefit
    from attribution.plots_of_checks import plot_calibration as plot_calibration
    from attribution.plots_of_checks import plot_prior_posterior as plot_prior_posterior
    from attribution.plots_of_checks import plot_sensitivity as plot_sensitivity
    from attribution.plots_of_evidence import plot_claims as plot_claims
    from attribution.plots_of_evidence import plot_sources as plot_sources
    from attribution.plots_of_places import plot_map as plot_map
    from attribution.plots_of_sponsors import plot_sponsors as plot_sponsors
    from attribution.posterior import attribute as attribute
    from attribution.posterior import attributions as attributions
    from attribution.posterior import contributions as contributions
    from attribution.posterior import shares as shares
    from attribution.privacy import Privacy as Privacy
    from attribution.provenance import verify as verify
    from attribution.ranking import compare_actors as compare_actors
    from attribution.ranks import sbc as sbc
    from attribution.shipped import example_path as example_path
    from attribution.simulation import simulate as simulate
    from attribution.storage import load as load
    from attribution.storage import save as save
    from attribution.streaming import attribute_table as attribute_table
    from attribution.validation import holdout as holdout
    from attribution.validation_plots import plot_holdout as plot_holdout
    from attribution.validation_plots import plot_sbc as plot_sbc

_WHERE = {
    "ActivePeriod": "activity.active_period",
    "Baseline": "activity.baseline",
    "Category": "activity.category",
    "Covariate": "activity.covariate",
    "Location": "activity.location",
    "TargetRank": "activity.target_rank",
    "Timing": "activity.timing",
    "benefit": "aftermath",
    "plot_benefit": "plots_of_benefit",
    "compare_actors": "ranking",
    "sensitivity": "assumptions",
    "compare": "comparison",
    "loo": "comparison",
    "diagnose": "diagnostics",
    "AttributionError": "errors",
    "Check": "errors",
    "DataError": "errors",
    "FitError": "errors",
    "ModelError": "errors",
    "data_hash": "events",
    "read_events": "events",
    "to_frame": "events",
    "Bundles": "evidence.bundles",
    "Claim": "evidence.claim",
    "Identification": "evidence.identification",
    "Checkpoint": "evidence.checkpoint",
    "Scene": "evidence.scene",
    "Sponsorship": "evidence.sponsorship",
    "Statements": "evidence.statements",
    "fit": "fitting",
    "decisions": "formats.decision",
    "read_acled": "formats.acled",
    "read_gtd": "formats.gtd",
    "read_table": "formats.foreign",
    "read_ucdp_ged": "formats.ucdp",
    "harmonise": "harmonising",
    "suggest": "names",
    "combine": "combining",
    "match_events": "linkage",
    "sponsors": "joint",
    "Model": "model",
    "example_path": "shipped",
    "to_csv": "export",
    "verify": "provenance",
    "plot_attribution": "plots",
    "plot_shares": "plots",
    "plot_calibration": "plots_of_checks",
    "plot_prior_posterior": "plots_of_checks",
    "plot_sensitivity": "plots_of_checks",
    "plot_claims": "plots_of_evidence",
    "plot_sources": "plots_of_evidence",
    "plot_map": "plots_of_places",
    "plot_sponsors": "plots_of_sponsors",
    "Privacy": "privacy",
    "report": "document",
    "attribute": "posterior",
    "attributions": "posterior",
    "contributions": "posterior",
    "shares": "posterior",
    "sbc": "ranks",
    "simulate": "simulation",
    "load": "storage",
    "save": "storage",
    "attribute_table": "streaming",
    "holdout": "validation",
    "plot_holdout": "validation_plots",
    "plot_sbc": "validation_plots",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: reading a table does not wait for PyMC."""
    if name not in _WHERE:
        raise AttributeError(f"module 'attribution' has no attribute {name!r}")
    return getattr(importlib.import_module(f"attribution.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    """The public names."""
    return list(__all__)

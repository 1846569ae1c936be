"""Who is behind a killing that nobody, or somebody, claims: hierarchical Bayesian attribution with its uncertainty."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attribution.activity.baseline import Baseline as Baseline
    from attribution.activity.category import Category as Category
    from attribution.activity.covariate import Covariate as Covariate
    from attribution.activity.location import Location as Location
    from attribution.activity.target_rank import TargetRank as TargetRank
    from attribution.activity.timing import Timing as Timing
    from attribution.assumptions import sensitivity as sensitivity
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
    from attribution.evidence.claim import Claim as Claim
    from attribution.evidence.statements import Statements as Statements
    from attribution.fitting import fit as fit
    from attribution.model import Model as Model
    from attribution.plots import plot_attribution as plot_attribution
    from attribution.plots import plot_shares as plot_shares
    from attribution.plots_of_checks import plot_calibration as plot_calibration
    from attribution.plots_of_checks import plot_prior_posterior as plot_prior_posterior
    from attribution.plots_of_checks import plot_sensitivity as plot_sensitivity
    from attribution.plots_of_places import plot_map as plot_map
    from attribution.posterior import attribute as attribute
    from attribution.posterior import attributions as attributions
    from attribution.posterior import contributions as contributions
    from attribution.posterior import shares as shares
    from attribution.privacy import Privacy as Privacy
    from attribution.ranking import compare_actors as compare_actors
    from attribution.simulation import simulate as simulate
    from attribution.storage import load as load
    from attribution.storage import save as save

_WHERE = {
    "Baseline": "activity.baseline",
    "Category": "activity.category",
    "Covariate": "activity.covariate",
    "Location": "activity.location",
    "TargetRank": "activity.target_rank",
    "Timing": "activity.timing",
    "compare_actors": "ranking",
    "sensitivity": "assumptions",
    "diagnose": "diagnostics",
    "AttributionError": "errors",
    "Check": "errors",
    "DataError": "errors",
    "FitError": "errors",
    "ModelError": "errors",
    "data_hash": "events",
    "read_events": "events",
    "to_frame": "events",
    "Claim": "evidence.claim",
    "Statements": "evidence.statements",
    "fit": "fitting",
    "Model": "model",
    "plot_attribution": "plots",
    "plot_shares": "plots",
    "plot_calibration": "plots_of_checks",
    "plot_prior_posterior": "plots_of_checks",
    "plot_sensitivity": "plots_of_checks",
    "plot_map": "plots_of_places",
    "Privacy": "privacy",
    "report": "document",
    "attribute": "posterior",
    "attributions": "posterior",
    "contributions": "posterior",
    "shares": "posterior",
    "simulate": "simulation",
    "load": "storage",
    "save": "storage",
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

"""A posterior opened: what is refused because parameters would be given to the wrong levels."""

import numpy as np
import pytest
import xarray as xr

import attribution as at
from attribution.results.fitted import fit_of


def test_the_model_lies_over_the_events_as_in_the_fit(posterior, model, events):
    fit = fit_of(posterior)
    assert fit.model == model
    assert list(fit.events["event"].values) == list(events["event"].values)
    assert fit.draws["baseline_effect"].shape[0] == posterior["posterior"].sizes["draw"] * fit.chains


def cut(posterior, positions):
    """The posterior as a user cuts it: all groups that have events."""
    chosen = xr.DataTree.from_dict(
        {
            name: node.to_dataset().isel(event=positions) if "event" in node.dims else node.to_dataset()
            for name, node in posterior.children.items()
        }
    )
    chosen.attrs = posterior.attrs
    return chosen


@pytest.mark.parametrize("which", ["first half", "reversed", "without one"])
def test_events_that_were_left_out_or_moved_are_not_scored_with_others_effects(
    posterior, model, events, which
):
    count = events.sizes["event"]
    positions = {
        "first half": np.arange(count // 2),
        "reversed": np.arange(count)[::-1],
        "without one": np.arange(1, count),
    }[which]
    part = cut(posterior, positions)
    for call in (
        lambda: at.attribute(model, part, events),
        lambda: at.sensitivity(part),
        lambda: at.compare_actors(part, "IS", "local factions"),
        lambda: at.plot_claims(part),
    ):
        with pytest.raises(at.AttributionError, match="left out or moved"):
            call()
    assert len(at.shares(part)) == 4  # what needs no parameters follows


def test_parameters_that_were_cut_are_refused(posterior, model, events):
    posterior["posterior"] = posterior["posterior"].to_dataset().isel(location_area=[2, 0, 1])
    with pytest.raises(at.AttributionError, match="Labels of 'location_area'"):
        at.attribute(model, posterior, events)


def test_assumptions_are_examined_once_for_several_verbs(posterior, monkeypatch):
    from attribution.assumptions import catalogue

    made = []
    real = catalogue.scenarios
    monkeypatch.setattr(catalogue, "scenarios", lambda *a: made.append(1) or real(*a))
    settings = {"factors": (2.0,), "powers": (), "draws": 40}
    first = at.compare_actors(posterior, "IS", "local factions", **settings)
    at.sensitivity(posterior, **settings)
    at.compare_actors(posterior, "IS", "regime security", **settings)
    assert len(made) == 1
    posterior["posterior"] = posterior["posterior"].to_dataset().isel(draw=slice(0, 100))
    second = at.compare_actors(posterior, "IS", "local factions", **settings)
    assert len(made) == 2, "after a change in place it is examined again"
    assert list(first.columns) == list(second.columns)

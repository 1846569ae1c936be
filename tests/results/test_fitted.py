"""A posterior opened: what is refused because parameters would be given to the wrong levels."""

import json

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


def of_the_former_law(posterior):
    """The posterior as version 0.2 left it: one accuracy a voice, blame over all actors, no habits."""
    drawn = posterior["posterior"].to_dataset()
    new = [name for name in drawn if "_habit" in name or "_unlisted" in name or name == "statements_echo"]
    blame = drawn["statements_blame"]
    kinds, actors = blame.sizes["kind"], posterior["attribution"]["actor"].values
    shape = (blame.sizes["chain"], blame.sizes["draw"], kinds, len(actors))
    held = drawn.drop_vars([*new, "statements_blame"])
    held["statements_blame"] = (("chain", "draw", "kind", "actor"), np.zeros(shape))
    posterior["posterior"] = xr.DataTree(held)
    posterior.attrs["versions"] = json.dumps({"attribution-bayes": "0.2.0"})
    return posterior


@pytest.mark.parametrize("verb", ["attribute", "sensitivity", "compare_actors", "plot_sources"])
def test_a_posterior_of_a_former_law_is_refused_by_name_with_the_way_out(posterior, model, events, verb):
    old = of_the_former_law(posterior)
    call = {
        "attribute": lambda: at.attribute(model, old, events),
        "sensitivity": lambda: at.sensitivity(old),
        "compare_actors": lambda: at.compare_actors(old, "IS", "local factions"),
        "plot_sources": lambda: at.plot_sources(old),
    }[verb]
    with pytest.raises(at.AttributionError) as raised:
        call()
    told = str(raised.value)
    assert "fitted by version 0.2.0 with another law" in told
    assert "Statements (statements_blame, statements_habit_sd, statements_habit_raw" in told
    assert "Claim" not in told, "whose parameters are there"
    assert "needs a new fit" in told
    assert len(at.shares(old)) == 4


def test_a_posterior_without_some_parameters_is_refused(posterior, model, events):
    posterior["posterior"] = posterior["posterior"].to_dataset().drop_vars("location_area_sd")
    with pytest.raises(
        at.AttributionError, match=r"parameters were left out of it.*Location \(location_area_sd\)"
    ):
        at.attribute(model, posterior, events)


def test_assumptions_are_examined_once_for_several_verbs(posterior, monkeypatch):
    from attribution.assumptions import catalogue

    made = []
    real = catalogue.scenarios
    monkeypatch.setattr(catalogue, "scenarios", lambda *a: made.append(1) or real(*a))
    settings = {"factors": (2.0,), "powers": (), "draws": 40, "refit": "none"}
    first = at.compare_actors(posterior, "IS", "local factions", **settings)
    at.sensitivity(posterior, **settings)
    at.compare_actors(posterior, "IS", "regime security", **settings)
    assert len(made) == 1
    posterior["posterior"] = posterior["posterior"].to_dataset().isel(draw=slice(0, 100))
    second = at.compare_actors(posterior, "IS", "local factions", **settings)
    assert len(made) == 2, "after a change in place it is examined again"
    assert list(first.columns) == list(second.columns)

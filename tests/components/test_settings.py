"""Values of the settings: which are refused, and that a specification survives its text."""

import math
from dataclasses import fields
from functools import partial

import pytest

from attribution.components.activity.baseline import Baseline
from attribution.components.activity.category import Category
from attribution.components.activity.covariate import Covariate
from attribution.components.activity.location import Location
from attribution.components.activity.target_rank import TargetRank
from attribution.components.activity.timing import Timing
from attribution.components.base import EvidenceLaw
from attribution.components.evidence.checkpoint import Checkpoint
from attribution.components.evidence.claim import Claim
from attribution.components.evidence.identification import Identification
from attribution.components.evidence.scene import Scene
from attribution.components.evidence.sponsorship import Sponsorship
from attribution.components.evidence.statements import Statements
from attribution.errors import ModelError
from attribution.events.reading import read_events
from attribution.model.specification import Model, from_json, to_json
from cases import ACTORS, MODELS, novelty_of, small


def test_a_rank_outside_the_order_is_refused():
    fitted, new = (read_events(small(target_rank=rank), ranks=[rank]) for rank in ("low", "high"))
    with pytest.raises(ModelError, match="'high'"):
        novelty_of(TargetRank(), fitted, new)


def test_new_events_without_a_column_of_the_model_are_refused_by_name():
    with pytest.raises(ModelError, match="area"):
        novelty_of(Location(), read_events(small()), read_events(small().drop(columns="area")))


def scales():
    """Every scale of every component, and whether it may be zero."""
    for make in (
        *(Baseline, TargetRank, Location, Timing, Claim, Statements, Identification, Checkpoint),
        partial(Scene, ["slogan"]),
        partial(Sponsorship, {"A": {"state": 1}, "B": {}, "C": {}}),
        *(partial(Category, "method"), partial(Covariate, "killed"), partial(Timing, by="area")),
    ):
        for field in fields(make()):
            if field.name.endswith("sd"):
                zero = field.name in ("place_sd", "distance_sd", "rank_sd", "time_sd", "context_mean_sd")
                yield pytest.param(make, field.name, zero, id=f"{make().name} {field.name}")


@pytest.mark.parametrize(("make", "name", "zero"), list(scales()))
def test_scales_are_positive_numbers(make, name, zero):
    def model(value):
        component = make(**{name: value})
        law = isinstance(component, EvidenceLaw)
        return Model(ACTORS, [Baseline()], [component]) if law else Model(ACTORS, [component])

    for value in (-1.0, math.nan, math.inf, *(() if zero else (0.0,))):
        with pytest.raises(ModelError, match=f"{name}={value}.* must be a positive number"):
            model(value)
    assert model(0.0 if zero else 0.1)


@pytest.mark.parametrize("period", ["week", "", "Month", "6"])
def test_a_period_there_is_not_is_refused(period):
    with pytest.raises(ModelError, match=r"choose one of 'month', 'quarter', 'half-year', 'year'"):
        Timing(period=period)


def test_voices_are_a_tuple_of_sources_and_kinds():
    law = Statements(voices=["monitor | accusation", "a | b | denial"])
    assert law.voices == ("monitor | accusation", "a | b | denial")
    assert Statements(voices="radio | finding").voices == ("radio | finding",)
    assert hash(law) == hash(Statements(voices=law.voices))
    for wrong in ("radio", "radio | rumour", "radio|finding", "radio | finding | "):
        with pytest.raises(ModelError, match=r"source \| kind"):
            Statements(voices=[wrong])


@pytest.mark.parametrize("name", MODELS)
def test_a_model_survives_its_specification(name):
    assert from_json(to_json(MODELS[name])) == MODELS[name]

"""Events that were not in the fit: what is new about them, and how uncertain that makes them."""

import math

import numpy as np
import pandas as pd
import pytest

import oracle
from attribution.components.activity.baseline import Baseline
from attribution.components.activity.category import Category
from attribution.components.activity.location import Location
from attribution.components.activity.target_rank import TargetRank
from attribution.components.activity.timing import Timing
from attribution.components.base import EvidenceLaw
from attribution.events.reading import read_events
from attribution.model.design import lay, levels_of
from attribution.model.graph import build
from attribution.model.specification import Model
from cases import (
    ACTORS,
    COLUMNS,
    EVERYTHING,
    MODELS,
    case_named,
    case_of,
    density_of,
    interpreted_tables,
    made,
    novelty_of,
    read,
    small,
    unconstrained,
)

NEW = {
    "event_id": "n1",
    "date": "2020-08-02",
    "area": "Tafas",
    "place": "Tafas",
    "latitude": "32.74",
    "longitude": "36.07",
    "target_rank": "fighter",
    "method": "shooting",
    "killed": "2",
    "claimed_by": "",
    "country": "Syria",
}


def scored(name, **changes):
    """Tables of one new event and how far it lies outside the fit, with the levels of a fitted design."""
    case = case_named(name)
    event = dict.fromkeys([*COLUMNS, "country"], "") | NEW | changes
    design = lay(MODELS[name], read([event], []), levels_of(case.design))
    found = {}
    for part, table in zip(design.parts, interpreted_tables(design, case.parameters), strict=True):
        term = not isinstance(part.component, EvidenceLaw)
        novel = part.component.novelty(part.keys, part.levels) if term else {}
        own = {key: value[part.index[0]] for key, value in novel.items()}
        found[part.component.name] = table[0, part.index[0]], own
    expected = oracle.tables(case.world, case.parameters, [event], [])
    for component, (row, _) in found.items():
        np.testing.assert_allclose(row, expected[component][0], rtol=0, atol=1e-8)
    return found


def test_a_new_event_like_the_fitted_ones_is_not_novel():
    for _, novel in scored("everything").values():
        assert all(value == 0 for value in novel.values())


def test_a_new_category_has_no_effect_and_is_novel():
    row, novel = scored("everything", method="poison")["category_method"]
    np.testing.assert_array_equal(row, 0.0)
    assert novel == {"sd": 1.0}


def test_a_new_area_has_no_effect_and_is_novel():
    found = scored("everything", area="Inkhil", place="", latitude="", longitude="")
    row, novel = found["location"]
    np.testing.assert_array_equal(row, 0.0)
    assert novel["area_sd"] == 1.0
    assert novel["place_sd"] == 0.0
    row, novel = found["timing_area"]
    np.testing.assert_array_equal(row, 0.0)
    part = next(p for p in case_named("everything").design.parts if p.component.name == "timing_area")
    basis = part.levels.data["basis"]  # its whole path is drawn, as that of any area
    period = (2020 * 12 + 7) // part.levels.data["step"] - part.levels.data["start"]
    assert novel["sd"] == pytest.approx(np.linalg.norm(basis[period]))


def test_a_new_place_in_a_known_area_has_the_effect_of_its_area():
    known, _ = scored("location without distance", place="")["location"]
    row, novel = scored("location without distance", place="Outskirts")["location"]
    np.testing.assert_array_equal(row, known)
    assert novel == {"area_sd": 0.0, "place_sd": 1.0}


def test_a_later_period_takes_the_end_of_the_path_and_its_uncertainty_grows_as_the_walk():
    last, _ = scored("timing", date="2021-01-15")["timing"]
    near, one = scored("timing", date="2021-02-15")["timing"]
    far, four = scored("timing", date="2021-05-15")["timing"]
    np.testing.assert_array_equal(near, last)
    np.testing.assert_array_equal(far, last)
    covariance = oracle.weighted_walk_covariance(oracle.time_weight(case_named("timing").world)[2])
    step = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]  # variance of one step of the walk
    assert one["sd"] == pytest.approx(math.sqrt(step))
    assert four["sd"] == pytest.approx(math.sqrt(4) * one["sd"])
    before, early = scored("timing", date="2018-11-30")["timing"]
    first, _ = scored("timing", date="2019-01-15")["timing"]
    np.testing.assert_array_equal(before, first)
    assert early["sd"] == pytest.approx(math.sqrt(2) * one["sd"])


def test_a_coarse_date_that_reaches_into_the_fit_is_not_novel():
    _, novel = scored("timing", date="2021")["timing"]
    assert novel["sd"] == 0.0


def test_a_single_period_has_no_path():
    events = [event | {"date": "2020-03-01", "date_precision": ""} for event in made(EVERYTHING)[0]]
    model = Model(ACTORS, [Baseline(sd=2.0), Timing(sd=0.5)])
    case = case_of(model, [event | {"incident": ""} for event in events], [])
    np.testing.assert_array_equal(case.values[1], 0.0)
    built = build(case.design)
    density = density_of(built)(unconstrained(built, case.parameters))
    expected = oracle.log_likelihood(case.world, case.parameters).sum()
    expected += oracle.zero_sum(case.parameters["baseline_effect"], 2.0, 1)
    expected += oracle.half_normal(case.parameters["timing_sd"], 0.5)
    assert density == pytest.approx(expected, abs=1e-6)


def test_a_missing_group_that_was_fitted_is_not_novel():
    fitted = read_events(small())
    assert novelty_of(Timing(by="area"), fitted, fitted.isel(event=[2])) == {"sd": 0.0}


def test_a_missing_rank_that_was_not_fitted_is_novel():
    fitted, new = (read_events(small(target_rank=rank), ranks=["low", "high"]) for rank in ("low", ""))
    assert novelty_of(TargetRank(), fitted, new) == {"sd": 1.0}


def test_a_place_far_from_all_knots_is_novel():
    fitted = read_events(small(latitude=[32.6, 32.7, 32.8, 32.9], longitude=36.1))
    new = read_events(small(latitude=35.5, longitude=38.0))
    found = novelty_of(Location(), fitted, new)["distance_sd"]
    design = lay(Model(["P", "Q"], [Location()]), fitted)
    held = (design.parts[0].rows["basis"] ** 2).sum(
        axis=1
    )  # prior variance of the surface, of the fitted events
    assert found == pytest.approx(math.sqrt(held.min()))
    assert novelty_of(Location(), fitted, fitted)["distance_sd"] == 0.0
    assert novelty_of(Location(), fitted, read_events(small()))["distance_sd"] == 0.0


def test_uncertainty_outside_a_truncated_path_grows_as_the_walk():
    dates = [f"{2018 + i // 12}-{i % 12 + 1:02}-01" for i in range(60)]
    fitted = read_events(pd.DataFrame({"event_id": np.arange(60).astype(str), "date": dates}))
    new = read_events(pd.DataFrame({"event_id": ["n"], "date": ["2023-01-01"]}))
    covariance = oracle.walk_covariance(60)
    step = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    found = novelty_of(Timing(period="month", rank=8), fitted, new)["sd"]
    assert found == pytest.approx(math.sqrt(step), rel=0.05)


def test_a_category_of_digits_is_the_same_in_another_table():
    fitted, new = (read_events(small(code=codes)) for codes in (["1", "2", "", "1"], ["1", "x", "", ""]))
    assert novelty_of(Category("code"), fitted, new) == {"sd": 0.0}

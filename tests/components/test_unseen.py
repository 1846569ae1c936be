"""Effects of what was not fitted: which events share a draw, and that a path goes on as a walk."""

import numpy as np
import pandas as pd
import pytest

from attribution.components.activity.baseline import Baseline
from attribution.components.activity.category import Category
from attribution.components.activity.location import Location
from attribution.components.activity.timing import Timing
from attribution.components.evidence.claim import Claim
from attribution.events.reading import read_events
from attribution.model.design import lay, levels_of
from attribution.model.specification import Model
from attribution.model.tables import longer_draws, table_draws
from cases import small

SAMPLES = 4000


def table(component, new, fitted=None):
    """Effects of new events ``(sample, event)`` on the first of two actors, all parameters zero and all sds one."""
    model = Model(["P", "Q"], [Baseline(), component], closed=True)
    base = lay(model, read_events(small() if fitted is None else fitted))
    design = lay(model, read_events(new), levels_of(base))
    draws = {}
    for part in base.parts:
        prefix, coords = part.component.name, part.levels.coords
        shape = [len(labels) for labels in list(coords.values())[::-1]]
        draws |= {f"{prefix}_raw": np.zeros((SAMPLES, *shape, 2)), f"{prefix}_sd": np.ones(SAMPLES)}
        if isinstance(part.component, Location):
            for own in ("area", "place", "distance"):
                dim = f"location_{'basis' if own == 'distance' else own}"
                draws[f"location_{own}_raw"] = np.zeros((SAMPLES, len(coords.get(dim, ())), 2))
                draws[f"location_{own}_sd"] = np.ones(SAMPLES)
    draws["baseline_effect"] = np.zeros((SAMPLES, 2))
    values = table_draws(design, draws, [1])[1]
    return values[:, design.parts[1].index, 0].astype(float)


def events(**columns):
    count = max(len(values) for values in columns.values())
    return pd.DataFrame({"event_id": [f"n{i}" for i in range(count)], "date": "2020-03-01"} | columns)


def test_events_of_a_new_area_share_its_draw_and_other_areas_have_their_own():
    found = table(Location(), events(area=["Zed", "Qux", "Zed"], place=["a", "b", "c"]))
    np.testing.assert_array_equal(found[:, 0], found[:, 2])
    assert abs(np.corrcoef(found[:, 0], found[:, 1])[0, 1]) < 0.05
    assert found.std(axis=0) == pytest.approx(np.sqrt(0.5), rel=0.05)


def test_new_places_of_a_new_area_share_the_area_and_differ_in_the_place():
    fitted = small(place=["a", "b", "", "c"])
    found = table(Location(distance_sd=0), events(area=["Zed", "Zed"], place=["a", "b"]), fitted)
    assert np.corrcoef(found.T)[0, 1] == pytest.approx(0.5, abs=0.05)


def test_new_categories_and_what_is_scored_beside_them_changes_nothing():
    together = table(Category("area"), events(area=["Zed", "Qux", "Yaw"]))
    alone = table(Category("area"), events(area=["Qux"]))
    assert abs(np.corrcoef(together.T) - np.eye(3)).max() < 0.06
    np.testing.assert_array_equal(together[:, 1], alone[:, 0])


def test_later_and_earlier_months_go_on_from_the_ends():
    dates = ["2021-02-01", "2021-03-01", "2021-06-01", "2019-12-01", "2019-11-01"]
    found = table(Timing(period="month"), events(date=dates))
    variance = found.var(axis=0) / found[:, 0].var()
    assert variance == pytest.approx([1, 2, 5, 1, 2], rel=0.08)
    correlation = np.corrcoef(found.T)
    assert correlation[0, 1] == pytest.approx(np.sqrt(1 / 2), abs=0.04)
    assert correlation[1, 2] == pytest.approx(np.sqrt(2 / 5), abs=0.04)
    assert abs(correlation[2, 4]) < 0.05, "before the fit and after it are different steps"


def test_a_year_after_the_fit_is_the_average_of_its_months():
    months = [f"2022-{i + 1:02}-01" for i in range(12)]
    found = table(Timing(period="month"), events(date=[*months, "2022"]))
    np.testing.assert_allclose(found[:, :12].mean(axis=1), found[:, 12], atol=1e-5)


def test_a_path_of_a_new_level_is_one_path():
    fitted = small(date=["2018-01-01", "2018-09-01", "2019-06-01", "2021-01-01"])
    dates = ["2020-05-01", "2020-06-01", "2021-02-01", "2020-05-01"]
    found = table(Timing(by="area"), events(date=dates, area=["Zed", "Zed", "Zed", "Qux"]), fitted)
    correlation = np.corrcoef(found.T)
    assert correlation[0, 1] > 0.95
    assert correlation[0, 2] > 0.5
    assert abs(correlation[0, 3]) < 0.05


@pytest.mark.parametrize(("dates", "count"), [(["2021-04-01"], 4), (["2019-11-01"], 2), (["2020-05-01"], 0)])
def test_the_path_of_claims_goes_on(dates, count):
    model = Model(["P", "Q"], [Baseline()], [Claim()])
    fitted = lay(model, read_events(small(claimed_by="")))
    design = lay(model, read_events(events(date=dates, claimed_by=[""])), levels_of(fitted))
    one, part = (next(p for p in d.parts if p.component.name == "claim") for d in (fitted, design))
    own, longer = (len(p.levels.coords["claim_time_basis"]) for p in (one, part))
    assert longer - own == count, "rounded up to a power of two"
    drawn = longer_draws(design, {"claim_time_raw": np.zeros((SAMPLES, own, 2))}, [1])["claim_time_raw"]
    path = np.einsum("rb,sbj->srj", part.rows["time"], drawn)[:, part.index[0], 0]
    steps = {4: 3, 2: 2, 0: 0}[count]
    step = one.levels.data["shifts"][0][1].data["step_variance"]
    assert path.var() == pytest.approx(steps * step, rel=0.1)

"""What a saved posterior leaves out, and that nothing else changes by it."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import attribution as at
from attribution.fitting.diagnostics import to_json as checks_json
from attribution.fitting.source_checks import somebody_new, steady_voices
from attribution.model.specification import to_json
from attribution.reporting.context import Telling
from attribution.results.archive_privacy import coarse, left_out

SMALL = {"seed": 1, "draws": 40, "tune": 60, "chains": 1}


def events(count=20):
    rng = np.random.default_rng(3)
    month = 1 + np.arange(count) % 6
    return at.read_events(
        pd.DataFrame(
            {
                "event_id": [f"e{i}" for i in range(count)],
                "date": [f"2020-{month[i]:02}-{1 + i:02}" for i in range(count - 1)] + ["2020"],
                "area": rng.choice(["north", "south"], count),
                "place": rng.choice(["farm", "mill"], count),
                "latitude": rng.uniform(32, 33, count).round(4),
                "longitude": rng.uniform(36, 37, count).round(4),
                "perpetrator": np.where(month > 2, rng.choice(["A", "B", ""], count), ""),
            }
        )
    )


@pytest.fixture(scope="module")
def fits():
    """A model of areas and half-years, and one in which an actor begins on a day."""
    plain = at.Model(["A", "B"], [at.Baseline(), at.Category("area"), at.Timing(period="half-year")])
    days = at.Model(["A", "B"], [at.Baseline(), at.ActivePeriod({"A": ("2020-02-10", None)})])
    return {name: at.fit(model, events(), **SMALL) for name, model in (("plain", plain), ("days", days))}


def test_dates_by_hand():
    held = xr.Dataset(
        {
            "date": ("event", np.array(["2020-03-17", "2021-05-01", "2022-01-01"], "datetime64[ns]")),
            "date_precision": ("event", ["day", "month", "year"]),
            "date_last": ("event", np.array(["2020-04-02", "NaT", "NaT"], "datetime64[ns]")),
        }
    )
    month, year = coarse(held, "month"), coarse(held, "year")
    assert [str(day)[:10] for day in month["date"].values] == ["2020-03-01", "2021-05-01", "2022-01-01"]
    assert list(month["date_precision"].values) == ["month", "month", "year"]
    assert str(month["date_last"].values[0])[:10] == "2020-04-30"
    assert np.isnat(month["date_last"].values[1:]).all()
    assert [str(day)[:10] for day in year["date"].values] == ["2020-01-01", "2021-01-01", "2022-01-01"]
    assert list(year["date_precision"].values) == ["year"] * 3


def test_what_no_component_uses_is_left_out(fits, tmp_path):
    before = fits["plain"].copy(deep=True)
    gone = at.save(fits["plain"], tmp_path / "x.nc", privacy=at.Privacy())
    assert gone == ("coordinates", "place", "dates finer than the month")
    xr.testing.assert_identical(before, fits["plain"])
    loaded = at.load(tmp_path / "x.nc")
    assert json.loads(loaded.attrs["left_out"]) == list(gone)
    held = loaded["constant_data"].to_dataset()
    assert not {"latitude", "longitude", "place"} & set(held.variables)
    assert set(held["date"].dt.day.values) == {1}
    assert at.attributions(loaded).equals(at.attributions(before))
    assert at.shares(loaded, by=["area", "month"]).equals(at.shares(before, by=["area", "month"]))
    new = events(5)
    model = at.model_of(loaded)
    xr.testing.assert_identical(
        at.attribute(model, loaded, new)["attribution"].to_dataset(),
        at.attribute(model, before, new)["attribution"].to_dataset(),
    )


def test_what_a_component_uses_stays(fits, tmp_path):
    """The first actor begins within a month: its days decide who is a candidate, and areas nobody uses go."""
    gone = at.save(fits["days"], tmp_path / "x.nc", privacy=at.Privacy(place="none"))
    assert gone == ("coordinates", "place", "area")
    held = at.load(tmp_path / "x.nc")["constant_data"].to_dataset()
    np.testing.assert_array_equal(held["date"].values, fits["days"]["constant_data"]["date"].values)


def test_what_is_asked_for_stays(fits, tmp_path):
    assert at.save(fits["plain"], tmp_path / "x.nc") == ()
    gone = at.save(fits["plain"], tmp_path / "y.nc", privacy=at.Privacy(place="place", date="day"))
    assert gone == ("coordinates",)


def test_checks_tell_no_day_and_no_area_that_was_left_out(fits):
    """What was found of who is not steady names days of killings and areas, in its group and in the checks."""
    found = xr.Dataset(
        {
            "appeared_chance": ((), np.array(0.001)),
            "appeared_from": ((), np.array("2020-03-17")),
            "steady_chance": ("voice_setting", np.array([0.5, 0.001])),
            "steady_most": ("voice_setting", np.array(["the period from 2020-02-11", "north"])),
            "steady_least": ("voice_setting", np.array(["the period from 2020-04-23", "south"])),
        },
        coords={"voice_setting": np.array(["paper | accusation, by period", "paper | accusation, by area"])},
    )
    model = at.Model(["A", "B"])
    posterior = fits["plain"].copy()
    posterior["source_residuals"] = found
    posterior.attrs["model"] = to_json(model)
    posterior.attrs["checks"] = checks_json([*somebody_new(found), *steady_voices(found)])
    made, gone = left_out(posterior, at.Privacy(place="none"))
    assert gone == ("coordinates", "place", "area", "dates finer than the month")
    shown = made["source_residuals"].to_dataset()
    assert str(shown["appeared_from"].values) == "2020-03"
    assert list(shown["steady_most"].values) == ["the period from 2020-02", "not shown"]
    assert list(shown["steady_least"].values) == ["the period from 2020-04", "not shown"]
    for told in ("2020-03-17", "north", "south"):
        assert told in posterior.attrs["checks"]
        assert told not in made.attrs["checks"]
    assert "2020-03" in made.attrs["checks"]
    xr.testing.assert_identical(posterior["source_residuals"].to_dataset(), found)

    told = Telling(posterior, "en", "ICD 203", 0.89, at.Privacy(place="none"), "", "", None, {})
    sentences = " ".join(f"{check['sentence']} {check['remedy']}" for check in told.checks)
    assert "2020-03" in sentences
    assert not any(hidden in sentences for hidden in ("2020-03-17", "north", "south"))
    told = replace(told, privacy=at.Privacy(date="day"))
    assert [check["sentence"] for check in told.checks] == [
        check["sentence"] for check in json.loads(posterior.attrs["checks"])
    ]

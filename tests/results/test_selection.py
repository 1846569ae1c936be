"""Posteriors whose draws were selected, runs joined, tables cut: what follows and what is refused."""

import numpy as np
import pandas as pd
import pytest

import attribution as at

WORLD = {"seed": 1, "draws": 60, "tune": 100, "chains": 2}


def table(count=80, seed=0):
    rng = np.random.default_rng(seed)
    days = pd.Timestamp("2021-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 500, count)), unit="D")
    return pd.DataFrame(
        {
            "event_id": np.arange(1, count + 1),
            "date": days.strftime("%Y-%m-%d"),
            "area": rng.choice(["north", "south"], count),
            "perpetrator": rng.choice(["A", "B", "", ""], count),
        }
    )


MODEL = at.Model(["A", "B"], [at.Baseline(), at.Location()], closed=True)


@pytest.fixture(scope="module")
def fitted():
    return at.fit(MODEL, at.read_events(table()), **WORLD)


@pytest.fixture(scope="module")
def other():
    return at.fit(MODEL, at.read_events(table()), **{**WORLD, "seed": 2})


def means(posterior):
    found = at.attributions(posterior).pivot(index="event", columns="actor", values="mean").fillna(0.0)
    return found.loc[posterior["attribution"]["event"].values].to_numpy()


def test_all_verbs_follow_draws_that_were_thinned(fitted):
    few = fitted.isel(draw=slice(0, 10))
    own = few["attribution"]["probability"].mean(("chain", "draw")).values
    np.testing.assert_allclose(means(few), own, atol=1e-5)
    assert not np.allclose(means(fitted), own, atol=1e-3)
    row = at.attributions(few, interval=0.5).query("not known").iloc[0]
    drawn = few["attribution"]["probability"].sel(event=row["event"], actor=row["actor"]).values
    assert row["low"] == pytest.approx(np.quantile(drawn, 0.25), abs=1e-5)
    assert "R-hat" in at.shares(few)["checks"][0] or "ESS" in at.shares(few)["checks"][0]
    all_, some = (at.contributions(p).set_index(["event", "actor"])["location"] for p in (fitted, few))
    assert not np.allclose(all_, some, atol=1e-3)


def test_scored_events_that_were_thinned(fitted):
    scored = at.attribute(MODEL, fitted, at.read_events(table(5, 3))).isel(draw=slice(0, 7))
    own = scored["attribution"]["probability"].mean(("chain", "draw")).values
    np.testing.assert_allclose(means(scored), own, atol=1e-5)
    with pytest.raises(at.AttributionError, match="Draws of these scored events were left out"):
        at.contributions(scored)


def test_a_whole_posterior_is_as_it_was(fitted):
    assert at.attributions(fitted)["checks"][0] == at.shares(fitted)["checks"][0]
    np.testing.assert_array_equal(means(fitted), fitted["attribution"]["mean"].values)


def test_runs_are_joined(fitted, other):
    both = at.join([fitted, other])
    assert both["posterior"].sizes["chain"] == both["attribution"].sizes["chain"] == 4
    np.testing.assert_allclose(means(both), (means(fitted) + means(other)) / 2, atol=1e-5)
    share = [at.shares(p)["share"].to_numpy() for p in (fitted, other, both)]
    np.testing.assert_allclose(share[2], (share[0] + share[1]) / 2)
    assert at.attribute(MODEL, both, at.read_events(table(3, 4)))["attribution"].sizes["chain"] == 4


def test_what_cannot_be_joined(fitted, other):
    with pytest.raises(at.AttributionError, match="repeat"):
        at.join([fitted, fitted])
    with pytest.raises(at.AttributionError, match="two posteriors or more"):
        at.join([fitted])
    with pytest.raises(at.AttributionError, match="another number of draws"):
        at.join([fitted, other.isel(draw=slice(0, 5))])


def test_the_model_comes_back_and_equal_settings_are_equal(fitted):
    assert at.model_of(fitted) == MODEL
    wide = at.Model(["A", "B"], [at.Baseline(sd=np.int64(2)), at.Location()], closed=True)
    assert at.model_of(fitted) != wide
    with pytest.raises(at.ModelError, match=r"Baseline\(sd=2\) \(fitted: 1.5\)"):
        at.attribute(wide, fitted, at.read_events(table(3)))
    with pytest.raises(at.ModelError, match="location is missing"):
        at.attribute(at.Model(["A", "B"], closed=True), fitted, at.read_events(table(3)))
    with pytest.raises(at.ModelError, match=r"another order|Give the model first"):
        at.attribute(fitted, MODEL, at.read_events(table(3)))
    with pytest.raises(at.AttributionError, match="seed=None"):
        at.attribute(MODEL, fitted, at.read_events(table(3)), seed=None)


@pytest.mark.parametrize("scale", [np.float32(0.25), np.int8(1), np.float16(2)])
def test_numbers_of_numpy_are_numbers(scale):
    model = at.Model(["A", "B"], [at.Baseline(sd=scale)])
    assert type(model.activity[0].sd) in (int, float)
    assert model == at.Model(["A", "B"], [at.Baseline(sd=float(scale))])


def test_ids_that_are_numbers(fitted):
    assert set(at.contributions(fitted, event=3)["event"]) == {"3"}
    assert at.plot_attribution(fitted, event=3) is not None


def test_any_interval_and_any_period(fitted):
    wide, narrow = (at.attributions(fitted, interval=width) for width in (0.9, 0.3))
    assert ((wide["high"] - wide["low"]) >= (narrow["high"] - narrow["low"]) - 1e-6).all()
    shares = at.shares(fitted, by=["area", "quarter"])
    assert {"area", "quarter"} <= set(shares.columns)
    assert shares["quarter"].str.fullmatch(r"202[12]-Q[1-4]").all()
    assert at.shares(fitted, by="month")["month"].str.fullmatch(r"202[12]-\d\d").all()
    assert at.plot_shares(fitted, by=["area", "year"]) is not None


def test_a_part_of_a_table_takes_its_statements():
    said = pd.DataFrame(
        {"event_id": [1, 2, 2], "source": "s", "kind": ["finding", "denial", "finding"], "actor": "A"}
    )
    events = at.read_events(table(), statements=said)
    part = at.select(events, events["event"] == "2")
    assert part.sizes["event"] == 1
    assert part["statement_event"].values.tolist() == ["2", "2"]
    assert part.attrs["data_hash"] == at.data_hash(part) != events.attrs["data_hash"]
    for mask, said in (
        ([True], "no such event"),
        (np.arange(80), "no such event"),
        (np.zeros(80, bool), "chosen"),
    ):
        with pytest.raises(at.AttributionError, match=said):
            at.select(events, mask)


def test_the_version_is_that_of_the_distribution():
    from importlib.metadata import version

    assert at.__version__ == version("attribution-bayes")

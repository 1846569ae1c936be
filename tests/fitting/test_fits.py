"""What a fit returns, for the small world and at the edges."""

import json
import warnings

import arviz as az
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import attribution as at
from attribution.fitting import fits as fitting
from attribution.fitting import scoring
from attribution.model.specification import from_json

GROUPS = {
    *("posterior", "sample_stats", "attribution", "log_likelihood", "prior"),
    *("prior_predictive", "posterior_predictive", "observed_data", "source_residuals", "constant_data"),
}
SMALL = {"draws": 40, "tune": 40, "chains": 2}


def table(count, **columns):
    dates = [f"20{10 + i % 5}" for i in range(count)]
    return at.read_events(
        pd.DataFrame({"event_id": [f"e{i}" for i in range(count)], "date": dates} | columns)
    )


@pytest.fixture(scope="module")
def labelled():
    """Twelve events, all perpetrators known."""
    return table(12, perpetrator=["A", "B", "A"] * 4)


def chance(posterior):
    return posterior["attribution"]["probability"].values


# ---- the small world


def test_groups(posterior):
    assert isinstance(posterior, xr.DataTree)
    assert set(posterior.children) == GROUPS


def test_dimensions(posterior, model):
    sizes = {"chain": 2, "draw": 150, "event": 80, "actor": 4, "component": 8, "quantile_level": 9}
    dims = {
        "mean": ("event", "actor"),
        "quantile": ("quantile_level", "event", "actor"),
        "perpetrator": ("chain", "draw", "event"),
        "contribution": ("component", "event", "actor"),
        "probability": ("chain", "draw", "event", "actor"),
        "candidate": ("event", "actor"),
        **dict.fromkeys(("known", "r_hat", "ess_bulk", "ess_tail", "label_chance"), ("event",)),
    }
    group = posterior["attribution"].to_dataset()
    assert dict(group.sizes) == sizes
    assert {name: values.dims for name, values in group.data_vars.items()} == dims
    assert tuple(group["actor"].values) == model.names
    assert list(group["component"].values) == [component.name for component in model.components]
    assert posterior["log_likelihood"]["incidents"].dims == ("chain", "draw", "incident")
    assert group["probability"].dtype == np.float32
    assert group["mean"].dtype == np.float64
    assert group["known"].dtype == bool
    assert group["perpetrator"].dtype.kind == "i"


def test_random_variables_bear_their_components_names(posterior, model):
    components = [component.name for component in model.components]
    for name in posterior["posterior"].data_vars:
        assert any(str(name).startswith(f"{component}_") for component in components), name
    assert set(posterior["prior"].data_vars) == set(posterior["posterior"].data_vars)


def test_the_stamp(posterior, model, events):
    assert posterior.attrs["seed"] == 1
    assert from_json(posterior.attrs["model"]) == model
    assert posterior.attrs["data_hash"] == events.attrs["data_hash"]
    assert {"attribution-bayes", "pymc", "nutpie", "numpy", "xarray"} <= json.loads(
        posterior.attrs["versions"]
    ).keys()
    assert len(json.loads(posterior.attrs["checks"])) == len(at.diagnose(posterior))


def test_attributes_are_json_for_every_reader(posterior):
    """NaN and Infinity are not JSON: R and JavaScript refuse them."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    for name in ("model", "versions", "checks"):
        json.loads(posterior.attrs[name], parse_constant=refuse)


def test_events_are_neither_dropped_nor_moved(posterior, events):
    for group in ("attribution", "constant_data"):
        np.testing.assert_array_equal(posterior[group]["event"].values, events["event"].values)


def test_only_what_is_used_enters_the_result(posterior, events):
    assert "remark" in events
    held = set(posterior["constant_data"].data_vars)
    assert {"area", "target_rank", "method", "killed", "date", "statement_actor"} <= held
    assert held.isdisjoint({"remark", "true_actor"})


def test_probabilities_are_probabilities(posterior):
    total = chance(posterior).sum(axis=-1, dtype=float)
    np.testing.assert_allclose(total, 1, atol=1e-6)
    np.testing.assert_allclose(posterior["attribution"]["mean"].sum("actor"), 1, atol=1e-6)


def test_the_mean_is_the_mean(posterior):
    np.testing.assert_allclose(
        posterior["attribution"]["mean"].values, chance(posterior).mean(axis=(0, 1), dtype=float), atol=1e-6
    )


def test_quantiles_are_quantiles(posterior):
    group = posterior["attribution"]
    found = np.quantile(chance(posterior).astype(float), group["quantile_level"].values, axis=(0, 1))
    np.testing.assert_allclose(group["quantile"].values, found, atol=1e-6)


def test_only_candidates_have_probability(posterior):
    candidate = posterior["attribution"]["candidate"].values
    assert (chance(posterior)[..., ~candidate] == 0).all()
    drawn = posterior["attribution"]["perpetrator"].values.reshape(-1, len(candidate))
    assert candidate[np.arange(len(candidate)), drawn].all()


def test_known_events_are_certain(posterior, events):
    known = events["perpetrator"].values != ""
    group = posterior["attribution"].to_dataset()
    np.testing.assert_array_equal(group["known"].values, known)
    named = group["actor"].values == events["perpetrator"].values[known, None]
    np.testing.assert_array_equal(
        chance(posterior)[:, :, known], np.broadcast_to(named, (2, 150, *named.shape))
    )
    np.testing.assert_array_equal(group["mean"].values[known], named)
    np.testing.assert_array_equal(
        group["quantile"].values[:, known], np.broadcast_to(named, (9, *named.shape))
    )


def test_draws_of_the_actor_follow_their_probabilities(posterior):
    drawn = posterior["attribution"]["perpetrator"].values
    probability = chance(posterior)
    for actor in range(4):
        p = probability[..., actor].astype(float)
        error = np.sqrt((p * (1 - p)).sum())
        assert abs((drawn == actor).sum() - p.sum()) <= 4 * error


def test_arviz_reads_it(posterior, model):
    summary = az.summary(posterior, var_names=["baseline_effect", "claim_mean"])
    assert len(summary) == len(model.names) + 1
    assert "baseline_effect[IS]" in summary.index
    statistics = posterior["sample_stats"]
    assert {"diverging", "energy", "tree_depth", "reached_max_treedepth", "acceptance_rate", "lp"} <= set(
        statistics.data_vars
    )
    stacked = posterior["log_likelihood"]["incidents"].values
    assert np.isfinite(stacked).all()
    assert (stacked <= 0).all(), "log probabilities of labels and observations"


def test_arviz_scores_it(posterior):
    with warnings.catch_warnings():  # few draws: ArviZ may find a Pareto shape too large, and says so
        warnings.filterwarnings("ignore", message=".*Pareto.*")
        loo = az.loo(posterior)
    assert np.isfinite(loo.elpd)
    assert loo.n_data_points == 80


# ---- seeds


def test_a_seed_is_a_result(labelled):
    model = at.Model(["A", "B"])
    first, again, other = (at.fit(model, labelled, seed=seed, **SMALL) for seed in (3, 3, 4))
    for group in GROUPS - {"source_residuals"}:
        assert again[group].to_dataset().drop_attrs().identical(first[group].to_dataset().drop_attrs()), group
    drawn = first["posterior"]["baseline_effect"].values
    assert (drawn != other["posterior"]["baseline_effect"].values).any()
    assert (drawn[0] != drawn[1]).any(), "chains differ"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"draws": 3}, "fit(draws=3): give at least 4"),
        ({"tune": 0}, "fit(tune=0): give at least 1"),
        ({"chains": 0}, "fit(chains=0): give at least 1"),
        ({"backend": "torch"}, "fit(backend='torch'): choose 'native', 'jax', 'numba'"),
        ({"target_accept": 1.5}, "fit(target_accept=1.5)"),
        ({"seed": -1}, "fit(seed=-1)"),
    ],
)
def test_settings_that_cannot_be(labelled, settings, message):
    with pytest.raises(at.FitError) as raised:
        at.fit(at.Model(["A", "B"]), labelled, **({"seed": 1} | SMALL | settings))
    assert message in str(raised.value)


# ---- edges


def named(posterior, name):
    return {check.name: check for check in at.diagnose(posterior)}[name]


def test_every_perpetrator_known(labelled):
    posterior = at.fit(at.Model(["A", "B"]), labelled, seed=1, **SMALL)
    assert posterior["attribution"]["known"].all()
    shares = at.shares(posterior).set_index("actor")
    assert shares["share"].to_dict() == pytest.approx({"A": 8 / 12, "B": 4 / 12, "unlisted": 0.0})
    assert (shares["low"] == shares["high"]).all()
    for check in ("R-hat of shares", "bulk ESS of attributions", "contraction of shares"):
        assert named(posterior, check).passed, "nothing is left open"
    json.loads(posterior.attrs["checks"], parse_constant=pytest.fail)


def test_an_actor_never_seen(labelled):
    posterior = at.fit(at.Model(["A", "B", "never"]), labelled, seed=1, **SMALL)
    assert at.shares(posterior).set_index("actor")["share"]["never"] == 0


def test_a_closed_model_has_no_unlisted():
    events = table(12, perpetrator=["A", "B", "", ""] * 3, claimed_by=["A", "", "B", ""] * 3)
    posterior = at.fit(at.Model(["A", "B"], evidence=[at.Claim()], closed=True), events, seed=1, **SMALL)
    assert list(posterior["attribution"]["actor"].values) == ["A", "B"]
    assert set(at.attributions(posterior)["actor"]) == {"A", "B"}


def test_no_labels_at_all():
    events = table(6)
    posterior = at.fit(at.Model(["A"]), events, seed=1, **SMALL)
    assert not posterior["attribution"]["known"].any()
    mean = posterior["attribution"]["mean"].values
    same = mean[:1].repeat(6, axis=0)
    np.testing.assert_allclose(mean, same, atol=1e-9, err_msg="nothing tells the events apart")


@pytest.mark.parametrize("perpetrator", ["", "A"])
def test_one_event(perpetrator):
    events = table(1, perpetrator=[perpetrator], area=["Nawa"], claimed_by=[""])
    model = at.Model(["A", "B"], [at.Baseline(), at.Location(), at.Timing()], [at.Claim()])
    posterior = at.fit(model, events, seed=1, draws=10, tune=20, chains=1)
    assert at.attributions(posterior)["mean"].sum() == pytest.approx(1)
    assert len(at.shares(posterior, by="area")) == 3


def test_a_table_too_large_for_all_draws_is_scored_at_some_of_them(monkeypatch, model, events, posterior):
    """What is scored is as in a fit that keeps all draws; who needs the parameters too takes the same draws."""
    monkeypatch.setattr(scoring, "SCORE_MOST", 60 * events.sizes["event"])
    monkeypatch.setattr(scoring, "SCORE_LEAST", 25)
    monkeypatch.setattr(scoring, "LIKELIHOOD_MOST", 40 * events.sizes["event"])
    monkeypatch.setattr(scoring, "LIKELIHOOD_LEAST", 10)
    monkeypatch.setattr(scoring, "CHECKED", 10)
    monkeypatch.setattr(fitting, "REPLICATES_MOST", 50 * events.sizes["event"])
    found = at.fit(model, events, seed=1, draws=150, tune=200, chains=2)
    kept = found["attribution"].to_dataset()["draw"].values
    assert (len(kept), kept[0], kept[-1]) == (30, 0, 149)
    told = found["log_likelihood"].to_dataset()["draw"].values
    assert len(told) == 20
    assert set(told) < set(kept), "the log likelihood is large: of fewer draws still"
    expected = posterior["log_likelihood"].to_dataset()["incidents"].isel(draw=told).values
    np.testing.assert_allclose(found["log_likelihood"]["incidents"].values, expected, rtol=1e-5, atol=1e-6)
    sizes = found["posterior_predictive"].sizes
    assert (sizes["chain"], sizes["draw"]) == (2, 25)
    xr.testing.assert_equal(scoring.at_scored(found), posterior["posterior"].to_dataset().isel(draw=kept))
    group, full = found["attribution"].to_dataset(), posterior["attribution"].to_dataset()
    checked = group["checked"].values
    assert 10 <= checked.sum() < len(checked)
    for name in ("r_hat", "ess_bulk", "ess_tail"):
        np.testing.assert_allclose(group[name][checked], full[name][checked], err_msg="computed at all draws")
        assert np.isnan(group[name][~checked]).all()
    value = next(check.value for check in at.diagnose(found) if check.name == "R-hat of attributions")
    assert value == pytest.approx(float(np.nanmax(group["r_hat"])))
    assert np.isfinite(at.loo(found)["elpd"])
    assert at.shares(found)["share"].sum() == pytest.approx(1.0)

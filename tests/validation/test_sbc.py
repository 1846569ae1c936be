"""Simulation-based calibration: the verdict on ranks made by hand, and a small run."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from scipy.stats import binom

import attribution as at
from attribution.fitting.refits import refit
from attribution.validation import sbc as ranks
from attribution.validation.sbc import TOP, labels_of, ranked, reliability, verdicts
from attribution.validation.uniformity import band, counts, null, p_value, points

COUNT = 200


def conjugate(shift=0.0, spread=1.0, seed=0, parameters=6):
    """Ranks of a normal mean among draws of its exact posterior, or of one too high or too narrow."""
    rng = np.random.default_rng(seed)
    mean = rng.normal(size=(COUNT, parameters))
    seen = mean + rng.normal(size=mean.shape)
    draws = seen / 2 + shift + spread * 0.5**0.5 * rng.normal(size=(TOP, *mean.shape))
    return (draws < mean).sum(axis=0)


@pytest.mark.parametrize("seed", range(3))
def test_exact_posteriors_pass(seed):
    assert p_value(conjugate(seed=seed), TOP).min() * 6 > 0.001


@pytest.mark.parametrize("wrong", [{"shift": 0.4}, {"shift": -0.4}, {"spread": 0.6}, {"spread": 1.7}])
def test_wrong_posteriors_do_not(wrong):
    assert p_value(conjugate(**wrong), TOP).max() < 1e-3


def test_p_values_are_uniform_under_the_null():
    rng = np.random.default_rng(8)
    p = p_value(rng.integers(0, TOP + 1, (COUNT, 2000)), TOP)
    for level in (0.01, 0.05, 0.2, 0.5):
        share, error = (p <= level).mean(), (level * (1 - level) / 2000) ** 0.5
        assert share <= level + 4 * error
        assert share >= level - 4 * error - 0.02, "discrete, so a little conservative"


def test_the_band_holds_uniform_ranks_as_often_as_it_says():
    rng = np.random.default_rng(4)
    q, low, high = band(COUNT, TOP, 0.9)
    share = counts(rng.integers(0, TOP + 1, (COUNT, 2000)), TOP) / COUNT
    inside = ((share >= low[:, None]) & (share <= high[:, None])).all(axis=0).mean()
    assert 0.88 <= inside <= 0.95
    assert (low <= q).all()
    assert (q <= high).all()


def test_a_gross_failure_is_beyond_simulation_but_never_zero():
    p = p_value(np.zeros((COUNT, 1), dtype=int), TOP)
    assert 0 < p[0] <= 1 / len(null(COUNT, TOP))


def test_tails_are_binomial():
    rank = np.random.default_rng(2).integers(0, 21, (30, 1))
    far = []
    for point in points(20):
        below, q = (rank <= point).sum(), (point + 1) / 21
        far.append(min(1, 2 * min(binom.cdf(below, 30, q), binom.sf(below - 1, 30, q))))
    from attribution.validation.uniformity import tails

    assert tails(counts(rank, 20), 30, 20)[0] == pytest.approx(min(far))


def test_ties_are_broken_evenly():
    rng = np.random.default_rng(1)
    found = np.array([ranked(np.array([0.5]), np.full((100, 1), 0.5), rng)[0] for _ in range(4000)])
    assert found.min() == 0
    assert found.max() == 100
    assert found.mean() == pytest.approx(50, abs=2)
    assert ranked(np.array([2.0]), np.arange(100.0)[:, None], rng)[0] in (2, 3)


def test_labels_of_elements_are_in_the_order_of_the_array():
    values = xr.DataArray(
        np.zeros((1, 1, 2, 2)), dims=("chain", "draw", "x", "y"), coords={"x": ["a", "b"], "y": ["1", "2"]}
    )
    assert labels_of(values) == ["a, 1", "a, 2", "b, 1", "b, 2"]
    assert labels_of(values[..., 0, 0]) == [""]


# ---- the verdict


def made(rank, gap=0.0, seed=3):
    """A result with ranks, and attributions that are `gap` too certain."""
    rng = np.random.default_rng(seed)
    p = rng.random((len(rank), 40))
    right = rng.random(p.shape) < np.clip(p - gap, 0, 1)
    sums = [
        reliability(np.stack([row, 1 - row], axis=1), np.where(hit, 0, 1), np.ones((40, 2), dtype=bool))
        for row, hit in zip(p, right, strict=True)
    ]
    coords = {"variable": ("parameter", ["a", "a", "a", "b", "b", "b"])}
    result = xr.Dataset(
        {"rank": (("replicate", "parameter"), rank), "r_hat": ("replicate", np.ones(len(rank)))}, coords
    )
    for name in ("predicted", "observed", "count"):
        result[name] = (("replicate", "bin"), np.stack([own[name][1] for own in sums]))
    result["p"] = ("parameter", p_value(rank, TOP))
    return result


def test_the_verdict_names_what_failed():
    rank = conjugate()
    assert all(check.passed for check in verdicts(made(rank)))
    rank[:, 4] = conjugate(shift=0.5)[:, 4]
    found = {check.name: check for check in verdicts(made(rank))}
    assert [name for name, check in found.items() if not check.passed] == ["SBC of b"]
    assert found["SBC of b"].remedy
    assert found["SBC of a"].value == pytest.approx(min(1, 6 * made(rank)["p"].values[:3].min()))


def test_overconfident_attributions_fail():
    found = {check.name: check.passed for check in verdicts(made(conjugate(), gap=0.1))}
    assert found["coverage of attributions"] is False
    assert found["SBC of a"] is True


def test_attributions_of_nobody_are_not_decided():
    result = made(conjugate())
    for name in ("predicted", "observed", "count"):
        result[name] = result[name] * 0
    found = {check.name: check.passed for check in verdicts(result)}
    assert found["coverage of attributions"] is None


def test_chains_that_disagree_or_cannot_be_judged_fail():
    result = made(conjugate())
    result["r_hat"] = ("replicate", np.where(np.arange(COUNT) % 10 == 0, np.nan, 1.0))
    assert {check.name: check.passed for check in verdicts(result)}["SBC sampler"] is False


def test_reliability_adds_up_open_pairs():
    chance = np.array([[0.25, 0.75, 0.0], [0.05, 0.15, 0.8], [1.0, 0.0, 0.0]])
    candidates = np.array([[True, True, False], [True, True, True], [True, False, False]])
    sums = reliability(chance, np.array([1, 2, 0]), candidates)
    np.testing.assert_allclose(sums["predicted"][1], [0.05, 0.15, 0.25, 0, 0, 0, 0, 0.75, 0.8, 0])
    np.testing.assert_array_equal(sums["observed"][1], [0, 0, 0, 0, 0, 0, 0, 1, 1, 0])
    np.testing.assert_array_equal(sums["count"][1], [1, 1, 1, 0, 0, 0, 0, 1, 1, 0])


# ---- a run


@pytest.fixture(scope="module")
def result(template):
    model = at.Model(
        ["IS", "regime security", "local factions"],
        [at.Baseline()],
        [at.Claim(rank_sd=0, time_sd=0)],
    )
    end = np.full(template.sizes["event"], np.datetime64("2024-01-01", "ns"))
    template = template.assign(observed_until=("event", end))
    return at.sbc(model, template, seed=2, replicates=3, draws=50, tune=40, chains=2, workers=0)


def test_every_scalar_and_every_share_is_ranked(result):
    labels = result["parameter"].values.tolist()
    for expected in ("claim_mean", "claim_false[IS]", "baseline_effect[unlisted]", "share[local factions]"):
        assert expected in labels
    assert result["rank"].dims == ("replicate", "parameter")
    assert result["rank"].values.min() >= 0
    assert result["rank"].values.max() <= TOP
    names = {check.name for check in at.diagnose(result)}
    assert {"SBC of claim_propensity", "SBC of share", "coverage of attributions"} <= names


def test_attributions_are_counted(result, template):
    open_ = (template["perpetrator"].values == "").sum()
    assert (result["count"].sum("bin") > 0).all()
    assert (result["count"].sum("bin") <= 4 * open_).all()
    assert (result["observed"].sum("bin") <= open_).all()


def test_figures(result):
    assert isinstance(at.plot_sbc(result), Figure)
    with pytest.raises(at.AttributionError, match="plot_holdout"):
        at.plot_holdout(result)
    with pytest.raises(at.AttributionError, match="plot_sbc"):
        at.plot_sbc(xr.Dataset())


def test_a_world_whose_chains_disagree_is_fitted_once_more_for_longer(template, monkeypatch):
    asked = []

    def counted(compiled, design, seed):
        asked.append((compiled.settings.draws, compiled.settings.tune))
        return refit(compiled, design, seed)

    monkeypatch.setattr(ranks, "refit", counted)
    model = at.Model(["IS", "regime security", "local factions"], [at.Baseline()])
    settings = {"seed": 2, "replicates": 2, "draws": 50, "tune": 40, "workers": 0}
    monkeypatch.setattr(ranks, "DISAGREE", np.inf)
    calm = at.sbc(model, template, **settings)
    assert not calm["longer"].any()
    assert asked == [(50, 40)] * 2
    monkeypatch.setattr(ranks, "DISAGREE", 0.0)
    asked.clear()
    assert at.sbc(model, template, **settings)["longer"].all()
    assert asked == [(50, 40), (200, 160)] * 2


@pytest.mark.parametrize("arguments", [{"draws": 40}, {"chains": 1, "draws": 500}, {"replicates": 1}])
def test_too_little_to_rank_among(template, arguments):
    settings = {"replicates": 5, "draws": 100, "chains": 2} | arguments
    with pytest.raises(at.AttributionError, match="give two chains"):
        at.sbc(at.Model(["IS", "regime security", "local factions"]), template, seed=1, **settings)


@pytest.mark.slow
def test_a_small_model_is_calibrated(template):
    model = at.Model(
        ["IS", "regime security", "local factions"],
        [at.Baseline()],
        [at.Claim(rank_sd=0, time_sd=0)],
    )
    found = at.sbc(model, template, seed=5, replicates=100, draws=250, tune=300, target_accept=0.9)
    assert [check.sentence for check in at.diagnose(found) if not check.passed] == []

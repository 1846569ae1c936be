"""Checks that fail when they must: a missing statistic is never a passed one."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import attribution as at
from attribution.fitting import diagnostics
from attribution.fitting.predictive import count, discrepancy
from attribution.model.specification import to_json

CONVERGENCE = [
    f"{what} of {whom}"
    for whom in ("parameters", "shares", "attributions")
    for what in ("R-hat", "bulk ESS", "tail ESS")
]
SAMPLER = ["divergences", "E-BFMI", "tree depth"]
STATISTICS = [
    f"{kind} by {group}"
    for kind in ("known perpetrators", "claim", "statements")
    for group in ("rank", "area", "year")
]


def checks(posterior):
    return {check.name: check for check in at.diagnose(posterior)}


def put(posterior, group, dataset):
    """The posterior with one group replaced."""
    posterior[group] = xr.DataTree(dataset)
    return posterior


def with_values(posterior, group, variable, change):
    data = posterior[group].to_dataset()
    return put(
        posterior,
        group,
        data.assign({variable: data[variable].copy(data=change(data[variable].values.copy()))}),
    )


def without(posterior, group, variable):
    return put(posterior, group, posterior[group].to_dataset().drop_vars(variable))


def set_nan(values):
    return np.full_like(values, np.nan)


def settled(posterior):
    """A posterior whose draws are independent: every check of convergence passes."""
    rng = np.random.default_rng(0)
    parameters = posterior["posterior"].to_dataset()
    drawn = {
        name: (values.dims, rng.standard_normal((2, 2000, *values.shape[2:])))
        for name, values in parameters.items()
    }
    coords = {name: values for name, values in parameters.coords.items() if name not in ("chain", "draw")}
    put(posterior, "posterior", xr.Dataset(drawn, coords))
    stats = {
        name: (("chain", "draw"), np.zeros((2, 2000), dtype=bool))
        for name in ("diverging", "reached_max_treedepth")
    }
    put(
        posterior,
        "sample_stats",
        xr.Dataset(stats | {"energy": (("chain", "draw"), rng.standard_normal((2, 2000)))}),
    )
    group = posterior["attribution"].to_dataset()
    events = group.sizes["event"]
    kept = group.drop_vars(["perpetrator", "probability"])
    kept = kept.assign(
        perpetrator=(("chain", "draw", "event"), rng.integers(0, 4, (2, 2000, events))),
        r_hat=("event", np.ones(events)),
        ess_bulk=("event", np.full(events, 900.0)),
        ess_tail=("event", np.full(events, 900.0)),
    )
    return put(posterior, "attribution", kept)


def test_the_checks_are_these(posterior):
    predictive = [f"{label} predictive: {name}" for label in ("posterior", "prior") for name in STATISTICS]
    rest = ["labels and everything else agree", "labels one by one", "claims held against something else"]
    rest += ["somebody unlisted is named", "voices that know", "voices that follow claims"]
    rest += ["sources that watch throughout", "somebody unlisted is there throughout"]
    rest += ["voices as right here as there", NO_CLAIM]
    data = ["contraction of shares", "width of shares"]
    assert list(checks(posterior)) == [*CONVERGENCE, *SAMPLER, *data, *rest, *predictive]


def test_each_check_speaks(posterior):
    found = at.diagnose(posterior)
    assert any(not check.passed for check in found), "150 draws do not suffice"
    for check in found:
        assert isinstance(check, at.Check)
        assert isinstance(check.passed, bool)
        assert isinstance(check.value, float)
        assert isinstance(check.threshold, float)
        assert check.sentence.endswith(".")
        assert f"{check.threshold:g}" in check.sentence
        assert check.sentence.startswith("NOT SHOWN: ") is not check.passed
        assert bool(check.remedy) is not check.passed


def test_the_verdict_is_that_of_the_fit(posterior):
    assert json.loads(posterior.attrs["checks"]) == [asdict(check) for check in at.diagnose(posterior)]
    assert diagnostics.failed(posterior) == [
        check.name for check in at.diagnose(posterior) if not check.passed
    ]


def test_thresholds():
    """Vehtari et al. 2021 for R-hat and effective sample size."""
    assert (diagnostics.R_HAT, diagnostics.ESS, diagnostics.BFMI) == (1.01, 400.0, 0.3)
    assert 0 < diagnostics.SURPRISE <= 0.05
    assert 0 < diagnostics.CONTRACTION < 1


def test_a_good_fit_passes(posterior):
    found = checks(settled(posterior))
    assert [name for name in [*CONVERGENCE, *SAMPLER] if not found[name].passed] == []


@pytest.mark.parametrize(
    ("variable", "name"),
    [("energy", "E-BFMI"), ("diverging", "divergences"), ("reached_max_treedepth", "tree depth")],
)
def test_a_statistic_that_is_missing_fails(posterior, variable, name):
    check = checks(without(settled(posterior), "sample_stats", variable))[name]
    assert not check.passed
    assert np.isnan(check.value)
    assert "cannot be computed" in check.sentence


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("r_hat", "R-hat of attributions"),
        ("ess_bulk", "bulk ESS of attributions"),
        ("ess_tail", "tail ESS of attributions"),
    ],
)
def test_convergence_of_attributions_that_is_not_known_fails(posterior, variable, name):
    good = settled(posterior)
    unknown = with_values(good.copy(), "attribution", variable, set_nan)
    assert not checks(unknown)[name].passed
    assert not checks(without(good, "attribution", variable))[name].passed


def test_one_event_that_has_not_converged_fails(posterior):
    def one(values):
        values[int(np.flatnonzero(~posterior["attribution"]["known"].values)[0])] = 1.4
        return values

    check = checks(with_values(settled(posterior), "attribution", "r_hat", one))["R-hat of attributions"]
    assert (check.passed, check.value) == (False, 1.4)


def first_only(values):
    values[0, 0] = np.nan
    return values


@pytest.mark.parametrize("change", [set_nan, first_only])
def test_parameters_that_are_not_numbers_fail(posterior, change):
    found = checks(with_values(settled(posterior), "posterior", "claim_mean", change))
    for name in CONVERGENCE[:3]:
        assert not found[name].passed, name


def test_chains_that_disagree_fail(posterior):
    def apart(values):
        values[1] += 3
        return values

    assert not checks(with_values(settled(posterior), "posterior", "claim_mean", apart))[
        "R-hat of parameters"
    ].passed


def test_a_chain_that_stands_still_fails(posterior):
    def still(values):
        values[:] = values[:, :1]
        return values

    assert not checks(with_values(settled(posterior), "posterior", "claim_mean", still))[
        "R-hat of parameters"
    ].passed


@pytest.mark.parametrize(
    ("variable", "name"), [("diverging", "divergences"), ("reached_max_treedepth", "tree depth")]
)
def test_one_bad_trajectory_fails(posterior, variable, name):
    def one(values):
        values[1, 7] = True
        return values

    check = checks(with_values(settled(posterior), "sample_stats", variable, one))[name]
    assert (check.passed, check.value) == (False, 1.0)
    assert "target_accept" in check.remedy


def test_energy_that_is_stuck_fails(posterior):
    def walk(values):
        return np.cumsum(values, axis=1)

    assert not checks(with_values(settled(posterior), "sample_stats", "energy", walk))["E-BFMI"].passed
    assert not checks(with_values(posterior, "sample_stats", "energy", set_nan))["E-BFMI"].passed


def test_a_share_that_is_the_priors_fails(posterior):
    def narrow(values):
        return 0.25 + 0.001 * (values - 0.25)

    check = checks(with_values(posterior, "prior_predictive", "share", narrow))["contraction of shares"]
    assert not check.passed
    assert check.value < 0


def test_contraction_by_hand(posterior):
    drawn = posterior["attribution"]["perpetrator"].values
    after = np.array([(drawn == k).mean(axis=-1).var() for k in range(4)])
    before = posterior["prior_predictive"]["share"].values.var(axis=(0, 1))
    assert checks(posterior)["contraction of shares"].value == pytest.approx((1 - after / before).min())


@pytest.mark.parametrize(
    ("label", "group", "variable"),
    [("posterior", "observed_data", "discrepancy"), ("prior", "prior_predictive", "recorded")],
)
def test_a_record_that_the_model_rules_out_fails(posterior, label, group, variable):
    found = checks(with_values(posterior, group, variable, lambda values: values + 1e6))
    for name in STATISTICS:
        check = found[f"{label} predictive: {name}"]
        assert (check.passed, check.value) == (False, 0.0)


@pytest.mark.parametrize("group", ["observed_data", "posterior_predictive"])
def test_a_predictive_check_that_is_not_known_fails(posterior, group):
    found = checks(with_values(posterior, group, "discrepancy", set_nan))
    assert not any(found[f"posterior predictive: {name}"].passed for name in STATISTICS)


def test_the_share_of_replicates_by_hand(posterior):
    found = checks(posterior)
    for name in STATISTICS:
        worlds, record = (
            posterior[group]["discrepancy"].sel(statistic=name).values
            for group in ("posterior_predictive", "observed_data")
        )
        p = np.mean(worlds >= record.item())
        assert found[f"posterior predictive: {name}"].value == p


def test_discrepancy_by_hand():
    """Squared gaps of 1/2, 1/2, 0, 1/2 over means of 5/2, 1/2, 1, 3/2, each plus 1/2."""
    counts = np.array([[3.0, 0.0], [1.0, 2.0]])
    mean = np.array([[2.5, 0.5], [1.0, 1.5]])
    assert discrepancy(counts, mean) == pytest.approx(0.25 / 3 + 0.25 + 0.125)
    assert discrepancy(mean, mean) == 0


def test_counts_by_hand():
    flags = np.array([[1, 0], [0, 1], [1, 0], [0, 0]])
    np.testing.assert_array_equal(count(np.array([0, 1, 0, 2]), flags), [[2, 0], [0, 1], [0, 0]])


def test_every_record_is_counted(posterior):
    group = posterior["prior_predictive"].to_dataset()
    assert list(group["statistic"].values) == STATISTICS
    assert np.isfinite(group["recorded"]).all()
    assert (posterior["posterior_predictive"]["discrepancy"] >= 0).all()
    np.testing.assert_allclose(group["share"].sum("actor"), 1)


def test_only_a_posterior_can_be_diagnosed(model, posterior, events):
    with pytest.raises(at.AttributionError, match="posterior"):
        at.diagnose(at.attribute(model, posterior, events))


@pytest.fixture(scope="module")
def claims_only():
    """A fit to claims alone; labels are put into it by hand."""
    frame = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in range(30)],
            "date": "2020-01-01",
            "perpetrator": ["A"] * 10 + [""] * 20,
            "claimed_by": ["A"] * 10 + ["B"] * 5 + [""] * 15,
        }
    )
    model = at.Model(["A", "B"], [at.Baseline()], [at.Claim(silence="full", rank_sd=0, time_sd=0)])
    return at.fit(model, at.read_events(frame), seed=1, draws=100, tune=100, chains=2)


NO_CLAIM = "killings known without a claim"


def test_labels_that_are_all_claims_are_no_knowledge_of_silence(claims_only):
    check = checks(claims_only)[NO_CLAIM]
    assert not check.passed
    assert check.value == 0
    assert "of 10 known" in check.sentence
    assert NO_CLAIM in diagnostics.failed(claims_only)


@pytest.mark.parametrize(("perpetrator", "value"), [("A", 1.0), ("B", 1.0), ("unlisted", 0.0)])
def test_a_killing_known_otherwise_is(claims_only, perpetrator, value):
    known = claims_only["constant_data"]["perpetrator"].values.copy()
    known[-1] = perpetrator
    posterior = claims_only.copy()
    data = posterior["constant_data"].to_dataset().assign(perpetrator=("event", known))
    check = checks(put(posterior, "constant_data", data))[NO_CLAIM]
    assert check.value == value
    assert check.passed == (value > 0)


def with_laws(posterior, *laws):
    """The same fit, said to be of other laws."""
    model = json.loads(posterior.attrs["model"])
    model["evidence"] = [json.loads(to_json(at.Model(["A"], evidence=[law])))["evidence"][0] for law in laws]
    told = posterior.copy()
    told.attrs["model"] = json.dumps(model)
    return told


def test_it_is_asked_whatever_else_is_heard(claims_only):
    law = at.Claim(silence="full")
    assert NO_CLAIM in checks(with_laws(claims_only, law, at.Statements()))


def test_it_is_not_asked_where_silence_is_no_evidence(claims_only, posterior):
    assert NO_CLAIM in checks(posterior), "beside statements"
    assert NO_CLAIM not in checks(with_laws(claims_only, at.Claim()))
    assert UNLIKE not in checks(with_laws(claims_only, at.Claim()))


UNLIKE = "unclaimed killings, known and open"


@pytest.mark.parametrize(("open_ones", "distance"), [((0.7, 0.3, 0.0), 0.0), ((0.2, 0.5, 0.3), 0.5)])
def test_open_killings_given_to_others_than_known_ones(claims_only, monkeypatch, open_ones, distance):
    """Ten of the fifteen unclaimed killings are known: seven of A, three of B."""
    monkeypatch.setattr(diagnostics, "FEW", 5)
    known = claims_only["constant_data"]["perpetrator"].values.copy()
    known[15:25] = ["A"] * 7 + ["B"] * 3
    posterior = put(
        claims_only.copy(),
        "constant_data",
        claims_only["constant_data"].to_dataset().assign(perpetrator=("event", known)),
    )
    group = posterior["attribution"].to_dataset()
    mean = group["mean"].values.copy()
    mean[25:] = open_ones
    posterior = put(posterior, "attribution", group.assign(mean=(("event", "actor"), mean)))
    check = checks(posterior)[UNLIKE]
    assert check.value == pytest.approx(distance)
    assert check.passed == (distance <= 0.2)
    assert "silence='conditional'" in check.remedy or check.passed


def test_labels_are_counted_by_what_they_rest_on(claims_only):
    basis = np.array(["claim"] * 6 + ["independent"] * 3 + [""] * 21)
    data = claims_only["constant_data"].to_dataset().assign(label_basis=("event", basis))
    check = checks(put(claims_only.copy(), "constant_data", data))["labels that rest on no claim"]
    assert (check.passed, check.value) == (True, 4.0)
    assert "3 independent, 6 claim, 1 not said; those of claims enter as evidence" in check.sentence

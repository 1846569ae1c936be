"""What ArviZ computes and draws from a fit as it is returned."""

import warnings

import arviz as az
import matplotlib.pyplot as plt
import numpy as np
import pytest

import attribution as at

STATISTICS = {
    "summary": lambda tree: az.summary(tree, var_names=["baseline_effect"]),
    "rhat": lambda tree: az.rhat(tree, var_names=["baseline_effect"]),
    "ess": lambda tree: az.ess(tree, var_names=["baseline_effect"]),
    "mcse": lambda tree: az.mcse(tree, var_names=["baseline_effect"]),
    "bfmi": az.bfmi,
    "loo": az.loo,
    "extract": az.extract,
    "extract of replicates": lambda tree: az.extract(tree, group="posterior_predictive"),
    "extract of the prior's": lambda tree: az.extract(tree, group="prior_predictive"),
}
OF_PARAMETERS = ("plot_dist", "plot_forest", "plot_trace", "plot_rank", "plot_autocorr", "plot_ess")
OF_REPLICATES = ("plot_ppc_dist", "plot_ppc_pava", "plot_ppc_pit", "plot_ppc_tstat", "plot_ppc_interval")


@pytest.fixture(autouse=True)
def _as_arviz_warns():
    """Few draws: ArviZ says that a Pareto shape is too large, and plots that many figures are open."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    plt.close("all")


@pytest.mark.parametrize("name", STATISTICS)
def test_statistics(posterior, name):
    assert STATISTICS[name](posterior) is not None


@pytest.mark.parametrize("name", OF_PARAMETERS)
def test_plots_of_parameters(posterior, name):
    drawn = getattr(az, name)(posterior, var_names=["claim_mean"], backend="matplotlib")
    assert drawn.viz["figure"].item() is not None


@pytest.mark.parametrize("name", OF_REPLICATES)
def test_plots_of_replicates(posterior, name):
    drawn = getattr(az, name)(posterior, backend="matplotlib")
    assert drawn.viz["figure"].item() is not None


def test_replicates_have_chains_and_draws_and_what_was_recorded(posterior):
    group = posterior["posterior_predictive"].to_dataset()
    assert {name: own.dims for name, own in group.data_vars.items()} == {
        "discrepancy": ("chain", "draw", "statistic")
    }
    assert posterior["observed_data"]["discrepancy"].dims == ("statistic",)
    assert group.sizes["chain"] == posterior["posterior"].sizes["chain"]


def test_loo_of_arviz_is_ours(posterior):
    ours, theirs = at.loo(posterior), az.loo(posterior)
    assert float(ours["elpd"]) == pytest.approx(float(theirs.elpd), rel=1e-5)


def test_one_chain_can_be_taken(posterior):
    """Every group has as many chains, so a chain that the posterior has is in all of them."""
    one = posterior.isel(chain=[1])
    table = at.shares(one)
    drawn = posterior["attribution"]["perpetrator"].values[1]
    share = [(drawn == k).mean() for k in range(posterior["attribution"].sizes["actor"])]
    assert sorted(table["share"]) == pytest.approx(sorted(share), abs=1e-6)
    assert {check.name for check in at.diagnose(one)} == {check.name for check in at.diagnose(posterior)}


def test_late_draws_keep_the_predictive_checks_of_the_fit(posterior):
    """There are fewer replicates than draws: a part that has none of them has the checks of the whole."""
    late = posterior.isel(draw=slice(120, None))
    assert late["posterior_predictive"].sizes["draw"] < late["posterior"].sizes["draw"]
    none = posterior.isel(draw=slice(149, None))
    assert none["posterior_predictive"].sizes["draw"] == 0
    assert np.isfinite(at.shares(late)["share"]).all()

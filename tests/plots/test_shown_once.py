"""A figure is the value of its cell: a notebook that shows open figures too would show it twice."""

import matplotlib.pyplot as plt
import pytest

import attribution as at

DRAWN = {
    "shares": lambda posterior: at.plot_shares(posterior, by="year"),
    "attribution": lambda posterior: at.plot_attribution(posterior, event="e003"),
    "prior and posterior": at.plot_prior_posterior,
    "claims": at.plot_claims,
    "sources": at.plot_sources,
}


@pytest.mark.parametrize("name", DRAWN)
def test_no_figure_stays_open(posterior, name):
    plt.close("all")
    figure = DRAWN[name](posterior)
    assert figure.axes
    assert not plt.get_fignums()

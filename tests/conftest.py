"""A small world that every test of a fit shares: made once, fitted once."""

import pytensor
import pytest

import attribution as at
from cases import MODELS, case_named
from small_world import ACTORS, RANKS, TRUTH, settings, voices


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    """Machine code is kept for this run only: what an earlier one left must not decide."""
    folder = tmp_path_factory.mktemp("cache")
    folder.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATTRIBUTION_CACHE", str(folder))
        yield


INTERPRETED = ("components", "compute", "model")
"""Folders whose tests interpret graphs instead of compiling them."""


@pytest.fixture(autouse=True, scope="module")
def _no_c_compiler(request):
    """PyTensor compiles the inner graphs of a few operations with C even where it interprets the rest."""
    if request.path.parent.name not in INTERPRETED:
        yield
        return
    with pytensor.config.change_flags(cxx=""):
        yield


@pytest.fixture(scope="session")
def model():
    return at.Model(
        ACTORS,
        [
            *(at.Baseline(), at.TargetRank(), at.Location(), at.Timing(period="half-year")),
            *(at.Category("method"), at.Covariate("killed")),
        ],
        [at.Claim(silence="full", time_sd=0), at.Statements()],
    )


@pytest.fixture(scope="session")
def template():
    """The settings, before anything is simulated."""
    return at.read_events(settings(80, seed=5), statements=voices(), ranks=RANKS)


@pytest.fixture(scope="session")
def events(model, template):
    return at.simulate(model, template, seed=4, parameters=TRUTH)


@pytest.fixture(scope="session")
def shared_posterior(model, events):
    return at.fit(model, events, seed=1, draws=150, tune=200, chains=2)


@pytest.fixture
def posterior(shared_posterior):
    """The fit of the small world; a copy, so that a test may break it."""
    return shared_posterior.copy(deep=True)


@pytest.fixture(params=MODELS)
def case(request):
    return case_named(request.param)


@pytest.fixture(params=["everything", "everything, closed"])
def full(request):
    return case_named(request.param)

"""What a refit says of itself."""

import numpy as np
import pytest
import xarray as xr

from attribution.fitting.refits import trouble


def trace(**values):
    parameters = xr.Dataset({name: (("chain", "draw", "k"), own) for name, own in values.items()})
    stats = xr.Dataset({"diverging": (("chain", "draw"), np.zeros((2, 100), dtype=bool))})
    return xr.DataTree.from_dict({"posterior": parameters, "sample_stats": stats})


@pytest.fixture
def mixed():
    return np.random.default_rng(0).normal(size=(2, 100, 3))


@pytest.mark.parametrize("first", [True, False])
def test_an_r_hat_that_cannot_be_computed_is_not_passed_over(mixed, first):
    """Whether it is of the first parameter or of the last: Python's `max` takes whichever comes first."""
    broken = mixed.copy()
    broken[..., 1] = np.nan
    given = {"a": broken, "b": mixed} if first else {"a": mixed, "b": broken}
    assert np.isnan(trouble(trace(**given))[0])


def test_the_largest_r_hat_and_the_divergences(mixed):
    apart = mixed.copy()
    apart[1] += 5
    assert trouble(trace(a=mixed))[0] < 1.1
    assert trouble(trace(a=mixed, b=apart)) == (pytest.approx(trouble(trace(a=apart))[0]), 0.0)
    assert trouble(trace(a=mixed, b=apart))[0] > 1.5


def test_nothing_to_compute_is_no_trouble(mixed):
    assert trouble(trace(a=mixed[..., :0])) == (1.0, 0.0)

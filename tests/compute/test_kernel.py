"""The compiled kernel against plain expressions: values and gradients, in each backend, at the edges of the range."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.special import logsumexp

import attribution.compute.bridges  # noqa: F401 - teaches the operation to the backends compared here
from attribution.compute.kernel import WRITE_OUT_MOST, exponentials, with_gradients
from attribution.compute.marginal import gather, log_marginal, total_log_marginal


def problem(actors, terms, laws, cells=40, scale=1.0, seed=0):
    """Tables, patterns, index, candidates and weights drawn at random."""
    rng = np.random.default_rng(seed)
    activity = [rng.normal(scale=scale, size=(int(rng.integers(1, 7)), actors)) for _ in range(terms)]
    evidence = [-scale * rng.exponential(size=(int(rng.integers(2, 9)), actors)) for _ in range(laws)]
    patterns = [rng.integers(0, len(law), size=(5, 1 + position)) for position, law in enumerate(evidence)]
    rows = [len(table) for table in activity] + [len(pattern) for pattern in patterns]
    index = np.stack([rng.integers(0, count, size=cells) for count in rows], axis=1)
    allowed = rng.random((cells, actors)) < 0.6
    allowed[np.arange(cells), rng.integers(0, actors, size=cells)] = True
    weight = rng.choice([1.0, 1.0, 3.0, 0.25, 0.0], size=cells)
    return activity, evidence, patterns, index, np.where(allowed, 0.0, -np.inf), weight


def reference(activity, evidence, patterns, index, candidates, weight):
    """Value and gradients by NumPy, from logarithms: responsibilities scattered back to the rows."""
    count = len(activity)
    summed = [law[pattern].sum(axis=1) for law, pattern in zip(evidence, patterns, strict=True)]
    prior = sum(table[index[:, t]] for t, table in enumerate(activity))
    joint = prior + candidates + sum((law[index[:, count + t]] for t, law in enumerate(summed)), 0.0)
    before, after = logsumexp(prior, axis=1, keepdims=True), logsumexp(joint, axis=1, keepdims=True)
    q, p = weight[:, None] * np.exp(joint - after), weight[:, None] * np.exp(prior - before)
    gradients = [np.zeros_like(table) for table in (*activity, *evidence)]
    for t in range(count):
        np.add.at(gradients[t], index[:, t], q - p)
    for t, pattern in enumerate(patterns):
        for channel in range(pattern.shape[1]):
            np.add.at(gradients[count + t], pattern[index[:, count + t], channel], q)
    return [weight @ (after - before)[:, 0], *gradients]


def compiled(activity, evidence, patterns, index, candidates, weight):
    """Value and gradients by the kernel."""
    function = with_gradients(candidates.shape[1], len(activity), len(evidence))
    return function(*activity, *evidence, *patterns, index, candidates, weight)


def assert_same(left, right, tolerance=1e-12):
    """Two lists of arrays are the same."""
    for one, other in zip(left, right, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    ("actors", "terms", "laws"),
    [(2, 1, 0), (3, 2, 1), (6, 5, 2), (WRITE_OUT_MOST, 2, 1), (WRITE_OUT_MOST + 1, 2, 2)],
)
def test_kernel_equals_reference(actors, terms, laws):
    parts = problem(actors, terms, laws)
    assert_same(compiled(*parts), reference(*parts))


@pytest.mark.parametrize("mode", ["JAX", "NUMBA"])
def test_operation_equals_plain_expression_in_both_backends(mode):
    activity, evidence, patterns, index, candidates, weight = problem(3, 2, 1)
    tables = [pt.matrix(f"t{position}") for position in range(3)]
    summed = tables[2][patterns[0]].sum(axis=1)
    plain = pt.dot(
        weight, log_marginal(gather(tables[:2], index[:, :2]), gather([summed], index[:, 2:]), candidates)
    )
    total = total_log_marginal(3, tables[:2], tables[2:], patterns, index, candidates, weight)
    outputs = [*(value for one in (plain, total) for value in (one, *pytensor.grad(one, tables)))]
    found = pytensor.function(tables, outputs, mode=mode)(*activity, *evidence)
    assert_same(found[:4], found[4:])
    assert_same(found[4:], reference(activity, evidence, patterns, index, candidates, weight))


@pytest.mark.parametrize("scale", [30.0, 400.0, 3000.0])
@pytest.mark.parametrize("actors", [3, WRITE_OUT_MOST + 1])
def test_kernel_holds_where_products_leave_the_range_of_doubles(scale, actors):
    parts = problem(actors, 2, 1, cells=300, scale=scale)
    found = compiled(*parts)
    assert np.isfinite(found[0])
    assert_same(found, reference(*parts), 1e-10)


def test_kernel_with_impossible_evidence():
    activity, evidence, patterns, index, candidates, weight = problem(3, 2, 1)
    evidence[0][1, 0] = -np.inf
    parts = activity, evidence, patterns, index, np.zeros_like(candidates), weight
    assert_same(compiled(*parts), reference(*parts))
    only_first = np.where(np.arange(3) == 0, 0.0, -np.inf) + np.zeros_like(candidates)
    assert compiled(activity, evidence, patterns, index, only_first, weight)[0] == -np.inf


def test_cells_of_no_weight_count_for_nothing_even_when_impossible():
    activity, evidence, patterns, index, candidates, weight = problem(3, 2, 1)
    candidates[0], weight[0] = -np.inf, 0.0
    rest = activity, evidence, patterns, index[1:], candidates[1:], weight[1:]
    assert_same(compiled(activity, evidence, patterns, index, candidates, weight), compiled(*rest))


def test_a_value_that_is_not_a_number_is_never_hidden():
    parts = problem(3, 2, 1)
    parts[0][0][0, 1] = np.nan
    assert np.isnan(compiled(*parts)[0])


def test_exponentials_are_those_of_numpy():
    table = np.random.default_rng(1).normal(scale=100.0, size=(50, 7))
    found, largest = exponentials(table)
    np.testing.assert_array_equal(largest, table.max(axis=1))
    relative = table - largest[:, None]
    np.testing.assert_allclose(found, np.exp(np.maximum(relative, -708.0)), rtol=1e-15)


def test_second_derivatives_are_refused_not_wrong():
    _, _, _, index, candidates, weight = problem(3, 1, 0)
    table = pt.matrix("table")
    gradient = pytensor.grad(total_log_marginal(3, [table], [], [], index, candidates, weight), table)
    with pytest.raises(NotImplementedError, match="second derivatives"):
        pytensor.grad(gradient[0, 0], table)

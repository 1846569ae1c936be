"""The marginal likelihood by hand: gather, add, logsumexp over the candidates."""

import numpy as np
import pytensor
import pytensor.tensor as pt
from scipy.special import softmax

from attribution.compute.marginal import log_marginal
from cases import STABLE


def kernel(activity, evidence, candidates):
    return log_marginal(
        pt.as_tensor(activity), None if evidence is None else pt.as_tensor(evidence), pt.as_tensor(candidates)
    ).eval(mode=STABLE)


def test_kernel_by_hand():
    activity, evidence = np.log([[0.2, 0.3, 0.5]]), np.log([[0.1, 0.4, 0.9]])
    np.testing.assert_allclose(kernel(activity, evidence, np.zeros((1, 3))), np.log(0.02 + 0.12 + 0.45))
    np.testing.assert_allclose(
        kernel(activity, evidence, np.array([[0.0, 0.0, -np.inf]])), np.log(0.02 + 0.12)
    )
    np.testing.assert_allclose(kernel(activity, None, np.array([[-np.inf, 0.0, -np.inf]])), np.log(0.3))


def test_kernel_normalises_over_all_actors_not_only_the_candidates():
    activity = np.array([[0.0, 0.0, 0.0, 0.0]])
    np.testing.assert_allclose(kernel(activity, None, np.array([[0.0, 0.0, -np.inf, -np.inf]])), np.log(0.5))


def test_kernel_does_not_overflow():
    activity = np.array([[800.0, -800.0], [1e4, 1e4]])
    found = kernel(activity, np.array([[-900.0, 0.0], [0.0, -1e4]]), np.zeros((2, 2)))
    np.testing.assert_allclose(found, [-900.0, np.log(0.5)])


def test_gradient_of_the_kernel_is_the_responsibility_minus_the_prior():
    rng = np.random.default_rng(1)
    log_odds, evidence = rng.standard_normal((2, 3, 4))
    candidates = np.where([[1, 1, 1, 1], [1, 0, 1, 0], [0, 0, 1, 0]], 0.0, -np.inf)
    activity = pt.dmatrix()
    total = log_marginal(activity, pt.as_tensor(evidence), pt.as_tensor(candidates)).sum()
    gradient = pytensor.function([activity], pt.grad(total, activity), mode=STABLE)(log_odds)
    expected = softmax(log_odds + evidence + candidates, axis=1) - softmax(log_odds, axis=1)
    np.testing.assert_allclose(gradient, expected, atol=1e-12)

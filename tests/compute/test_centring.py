"""Coordinates of the sampler: the same posterior in each, and effects themselves only where the data say enough."""

import numpy as np
import pandas as pd
import pytest
from pymc.model.transform.optimization import freeze_dims_and_data
from scipy.stats import norm
from test_native import density, expansion, reference

import attribution as at
from attribution.components.activity.category import Category
from attribution.compute.coordinates import PartlyCentred
from attribution.compute.native import centring, sampler
from attribution.compute.native.centring import choose, coordinates_of, pairs_of
from attribution.compute.native.sampler import CENTRING, compile_native, load_native
from attribution.model.design import lay
from attribution.model.graph import build, scales
from cases import case_named


def compiled(design, built, monkeypatch, chosen):
    """A model with the coordinates a function of its pairs says, and its pairs."""
    seen = {}

    def choice(_, start, pairs):
        seen["pairs"] = pairs
        return chosen(np.zeros(len(start)), pairs)

    monkeypatch.setattr(sampler, "choose", choice)
    return load_native(compile_native(built, scales(design, built)), built.coords), seen["pairs"]


def every_other(centred, pairs):
    """Every other effect of every scale."""
    for pair in pairs:
        centred[pair.effects] = np.arange(pair.effects.stop - pair.effects.start) % 2
        centred[pair.scale] = 1.0
    return centred


def test_the_density_is_that_of_the_parameters_and_of_the_stretch(monkeypatch):
    design = case_named("everything").design
    built = freeze_dims_and_data(build(design))
    model, pairs = compiled(design, built, monkeypatch, every_other)
    assert {pair.raw.split("_raw")[0] for pair in pairs} >= {"location_area", "timing", "category_method"}
    size = model.n_dim

    def parameters(x):
        return expansion(model.compiled_expand_func, model.data, x, model.n_expanded)[:size]

    def value(x):
        status, total, _ = density(model.compiled_logp_func, model.data, x)
        assert status == 0
        return total

    expected = reference(built)
    for seed in range(2):
        x = np.random.default_rng(seed).normal(scale=0.5, size=size)
        found = parameters(x)
        steps = 1e-6 * np.eye(size)
        jacobian = np.stack([(parameters(x + h) - parameters(x - h)) / 2e-6 for h in steps])
        total, _, expanded = expected(found)
        np.testing.assert_allclose(value(x), total + np.linalg.slogdet(jacobian)[1], rtol=1e-6)
        out = expansion(model.compiled_expand_func, model.data, x, model.n_expanded)
        np.testing.assert_allclose(out, expanded, rtol=1e-10, atol=1e-12)
        slope = np.array([(value(x + h) - value(x - h)) / 2e-6 for h in steps])
        gradient = density(model.compiled_logp_func, model.data, x)[2]
        np.testing.assert_allclose(gradient, slope, rtol=2e-4, atol=2e-4)
        back = coordinates_of(found, pairs, model.data[len(model.names)])
        np.testing.assert_allclose(back, x, rtol=1e-12, atol=1e-12)


def test_the_choice_is_no_data_of_the_model(monkeypatch):
    design = case_named("everything").design
    built = build(design)
    model, _ = compiled(design, built, monkeypatch, every_other)
    assert CENTRING not in model.names
    swapped = model.with_data(weight=np.zeros_like(design.weight))
    np.testing.assert_array_equal(swapped.data[len(model.names)], model.data[len(model.names)])


def test_chains_start_at_the_same_parameters(monkeypatch):
    design = case_named("everything").design
    built = freeze_dims_and_data(build(design))
    plain, _ = compiled(design, built, monkeypatch, lambda centred, _: centred)
    other, _ = compiled(design, built, monkeypatch, every_other)
    begun = [
        m.initial_point_func(1) - np.random.default_rng(1).uniform(-1, 1, m.n_dim) for m in (plain, other)
    ]
    found = expansion(other.compiled_expand_func, other.data, begun[1], other.n_expanded)[: other.n_dim]
    np.testing.assert_allclose(found, begun[0], atol=1e-12)
    assert not np.allclose(*begun)


class Normal:
    """Effects of one scale whose sums with the scale are measured with given precisions: variances are known."""

    def __init__(self, precision, truth):
        self.precision, self.truth = np.asarray(precision, float), np.asarray(truth, float)
        self.pair = centring.Pair("x_raw", "x_sd", slice(1, 1 + len(self.truth)), 0)

    def __call__(self, point):
        sd, raw = point[0], point[1:]
        off = self.truth - sd * raw
        value = -(raw**2).sum() / 2 - (self.precision * off**2).sum() / 2 - sd**2 / 2
        gradient = np.concatenate(
            [[(self.precision * off * raw).sum() - sd], -raw + self.precision * off * sd]
        )
        return value, gradient


def test_variances_are_those_of_the_normal_distribution():
    precision = np.array([0.0, 1.0, 10.0, 1000.0])
    law = Normal(precision, [0.3, -0.2, 1.0, 0.5])
    free = np.arange(1, 5)
    at_mode = np.array([0.7, 0.0, 0.0, 0.0, 0.0])
    at_mode[free] = centring.mode(law, at_mode, free)
    left = 1 / (1 + precision * 0.7**2)
    np.testing.assert_allclose(at_mode[free], left * precision * 0.7 * law.truth, atol=1e-4)
    np.testing.assert_allclose(centring.variances(law, at_mode, free), left, rtol=1e-6)


@pytest.mark.parametrize(("known", "centred"), [(7, 0), (8, 8), (30, 30)])
def test_effects_are_sampled_as_themselves_where_enough_of_them_are_known(known, centred):
    rng = np.random.default_rng(0)
    law = Normal(np.repeat([1e4, 0.1], [known, 40 - known]), rng.normal(size=40))
    chosen = choose(law, np.r_[0.5, np.zeros(40)], [law.pair])
    assert chosen[0] == (centred > 0)
    assert chosen[1 : 1 + known].sum() == centred
    assert not chosen[1 + known :].any()


def test_nothing_is_centred_where_it_would_not_pay(monkeypatch):
    law = Normal(np.full(20, 1e4), np.random.default_rng(0).normal(size=20))
    start = np.r_[0.5, np.zeros(20)]
    assert choose(law, start, [law.pair]).sum() == 21
    assert choose(law, start, []).sum() == 0
    monkeypatch.setattr(centring, "MOST", 20)
    assert choose(law, start, [law.pair]).sum() == 0
    monkeypatch.undo()
    assert choose(lambda x: (0.0, np.full(len(x), np.nan)), start, [law.pair]).sum() == 0


def test_pairs_are_effects_and_their_own_scale(model, events):
    design = lay(model, events)
    built = build(design)
    first = built.initial_point()
    shapes = {
        built.rvs_to_values[rv].name: np.shape(first[built.rvs_to_values[rv].name]) for rv in built.free_RVs
    }
    found = pairs_of(built, shapes, scales(design, built))
    assert len(found) > 4
    covered = np.concatenate([np.arange(p.effects.start, p.effects.stop) for p in found])
    assert len(set(covered)) == len(covered)
    assert not set(covered) & {pair.scale for pair in found}


def test_an_effect_is_sampled_with_the_scale_that_its_component_names(model, events):
    """By name, unless the component says otherwise; of two effects with one scale the last."""
    own = Category("method")
    names = ["category_method_sd", "category_method_common", "category_method_raw"]
    assert own.scales(names) == dict.fromkeys(names[1:], names[0])
    assert list(own.scales(names[::-1])) == names[1:]
    design = lay(model, events)
    built = build(design)
    first = built.initial_point()
    shapes = {
        built.rvs_to_values[rv].name: np.shape(first[built.rvs_to_values[rv].name]) for rv in built.free_RVs
    }
    assert pairs_of(built, shapes, {}) == []
    (pair,) = pairs_of(built, shapes, {"baseline_effect": names[0], names[2]: names[0]})
    assert pair.raw.startswith(names[2])


def test_many_labels_choose_and_few_do_not():
    """Thousands of labels in one area determine its effects; a fit of few is as before."""
    rng = np.random.default_rng(0)
    actors, areas = ["A", "B", "C"], [f"area {i}" for i in range(12)]
    chosen = []
    for count in (30, 20_000):
        area = rng.integers(len(areas), size=count)
        who = (area + (rng.random(count) < 0.5) * rng.integers(3, size=count)) % 3
        frame = pd.DataFrame(
            {
                "event_id": np.arange(count).astype(str),
                "date": "2021-01-01",
                "area": np.array(areas)[area],
                "perpetrator": np.array(actors)[who],
            }
        )
        model = at.Model(actors, [at.Baseline(), at.Location()], closed=True)
        design = lay(model, at.read_events(frame))
        built = freeze_dims_and_data(build(design))
        code = compile_native(built, scales(design, built))
        chosen.append(int(code.data[len(code.names)].sum()))
    assert chosen[0] == 0
    assert chosen[1] == 1 + 11 * 2


@pytest.mark.parametrize(("mean", "sd"), [(-1.0, 0.01), (0.3, 0.5), (2.0, 30.0)])
def test_an_effect_the_data_tell_as_guessed_has_a_standard_normal_coordinate(mean, sd):
    """Whatever its mean and scale: neither funnel nor ridge."""
    guess, error = -1.5, 0.7
    partly = PartlyCentred(guess, np.array([error]))
    z = np.linspace(-4.0, 4.0, 9)
    effect = partly.backward(z, mean, sd).eval()
    log_density = norm.logpdf(effect, mean, sd) + norm.logpdf(effect, guess, error)
    log_density += partly.log_jac_det(z, mean, sd).eval()
    np.testing.assert_allclose(np.diff(log_density), np.diff(norm.logpdf(z)), rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(partly.forward(effect, mean, sd).eval(), z, rtol=1e-8, atol=1e-8)
    slope = (partly.backward(1e-5, mean, sd) - partly.backward(-1e-5, mean, sd)).eval() / 2e-5
    np.testing.assert_allclose(np.log(slope), partly.log_jac_det(0.0, mean, sd).eval(), rtol=1e-6)

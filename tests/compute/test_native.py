"""Machine code of a density against PyTensor's own evaluation: operations, whole models, swapped data, bad points."""

import ctypes
import warnings
from dataclasses import dataclass
from functools import reduce

import numpy as np
import nutpie
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
from pymc.model.transform.optimization import freeze_dims_and_data
from pytensor.compile.mode import Mode

import attribution as at
from attribution import Baseline, Model
from attribution.compute.native.density import compile_density, compile_expansion, loaded
from attribution.compute.native.sampler import addresses, compile_native, load_native
from attribution.compute.native.scalars import UnknownOperationError
from attribution.fitting import backends
from attribution.fitting.backends import compile_design
from attribution.model.design import lay
from attribution.model.graph import build, scales
from cases import COMPONENTS, case_named

PLAIN = Mode(linker="py", optimizer=None)


def call(address, *arguments):
    """Call machine code on arrays and sizes."""
    kinds = [ctypes.c_uint64 if isinstance(a, int) else ctypes.c_void_p for a in arguments]
    values = [a if isinstance(a, int) else a.ctypes.data for a in arguments]
    return ctypes.CFUNCTYPE(ctypes.c_int64, *kinds)(address)(*values)


def density(machine, data, x):
    """Status, value and gradient at a point."""
    gradient, value = np.full(len(x), np.nan), np.full(1, np.nan)
    status = call(machine.address, len(x), x, gradient, value, addresses(data))
    return status, value[0], gradient


def expansion(machine, data, x, count):
    """Outputs at a point, one after the other."""
    out = np.full(count, np.nan)
    assert call(machine.address, len(x), count, x, out, addresses(data)) == 0
    return out


ROWS = np.array([[0, 1], [-1, 2], [2, 2]])
SMALL = np.arange(6.0).reshape(2, 3) / 7

OPERATIONS = {
    "arithmetic": lambda x: -x + 2.0 * x**2 - 1 / (3 + x) + pt.sqrt(5 + x) + abs(x),
    "functions": lambda x: (
        pt.exp(x) + pt.log(4 + x) + pt.log1p(x**2) + pt.expm1(x) + pt.sigmoid(x) + pt.softplus(x)
    ),
    "softplus far out": lambda x: pt.softplus(1000 * x) + pt.sigmoid(-50 * x) + pt.log1p(pt.exp(-800 * x**2)),
    "log1mexp": lambda x: pt.log1mexp(-0.1 - x**2) + pt.log1mexp(-1e-8 - 100 * x**2),
    "softmax": lambda x: (
        pt.special.softmax(3 * x) * pt.special.log_softmax(x.reshape((2, 3)), axis=0).ravel()
    ),
    "comparisons": lambda x: pt.switch(
        pt.and_(x > 0, pt.neq(x, 1)), x, pt.switch(pt.or_(x < -1, x >= 2), 1.0, x**3)
    ),
    "not": lambda x: pt.switch(pt.invert(x <= 0), x, 2 * x),
    "largest": lambda x: pt.maximum(x, 0.3) - pt.minimum(x, -0.2),
    "sums": lambda x: x.reshape((2, 3)).sum(axis=0) * x[:3] + x.reshape((2, 3)).sum(axis=1).sum(),
    "sum of many": lambda x: sum((x * i for i in range(40)), x),
    "logsumexp": lambda x: pt.logsumexp(x.reshape((3, 2)), axis=1),
    "mean and variance": lambda x: (x - x.mean()) / (1 + x.var()),
    "dot": lambda x: pt.dot(x.reshape((3, 2)), SMALL).ravel(),
    "dot of vectors": lambda x: pt.dot(x, x) * pt.dot(SMALL, x[:3])[:1],
    "transpose": lambda x: (x.reshape((2, 3)).T * x.reshape((3, 2))).ravel(),
    "reshape of a transpose": lambda x: x.reshape((2, 3)).T.reshape((6,)) * x,
    "slices": lambda x: x[1:4] * x[-3:] + x[::-1][:3] + x[4],
    "rows": lambda x: pt.exp(x.reshape((3, 2)))[ROWS].ravel(),
    "rows of rows": lambda x: x.reshape((3, 2))[ROWS[:, 0], ROWS[:, 1] - 1],
    "columns": lambda x: (pt.exp(x.reshape((2, 3)))[:, ROWS] * SMALL[:, :, None]).ravel(),
    "join": lambda x: pt.concatenate([x[:2], pt.zeros(3), x * 2])[1:9],
    "stack": lambda x: pt.stack([x[0], x[1] * x[2], 3.0]),
    "set": lambda x: pt.set_subtensor(pt.zeros((2, 6))[1], x).sum(axis=0) * x,
    "increment": lambda x: pt.inc_subtensor(pt.ones(6)[1:4], x[:3] ** 2),
    "increment of every other": lambda x: pt.inc_subtensor(pt.ones(6)[::2], x[:3] ** 2),
    "increment of a row by a number": lambda x: pt.inc_subtensor(pt.zeros((2, 6))[1], x[2]).sum(axis=0) * x,
    "increment of rows": lambda x: pt.inc_subtensor(pt.zeros(3)[ROWS[:, 0]], x[:3]),
    "broadcast": lambda x: (x[:, None] * x[None, :2] + pt.as_tensor(SMALL)[:1, :2]).ravel(),
    "a large array": lambda x: (pt.exp(x)[:, None] * np.linspace(0, 1, 30_000)[None, :]).sum(axis=1) / 30_000,
    "a number": lambda x: pt.exp(x[0]) * x[1],
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operation_and_its_gradient(name):
    x = pt.TensorType("float64", shape=(6,))("x")
    outcome = OPERATIONS[name](x)
    total = pt.sum(outcome * (1 + np.arange(2.0).sum()) + outcome**2)
    expected = pytensor.function([x], [outcome, total, pytensor.grad(total, x)], mode=PLAIN)
    start, data = np.random.default_rng(0).normal(size=6), []
    machine = loaded(compile_density([x], total, [pytensor.grad(total, x)], [start], data), "density")
    expander, found = compile_expansion([x], [outcome], [start], data)
    expander = loaded(expander, "expansion")
    for seed in range(5):
        point = np.random.default_rng(seed).normal(size=6)
        values, value, gradient = expected(point)
        assert found == [np.shape(values)]
        np.testing.assert_allclose(
            expansion(expander, data, point, values.size), np.ravel(values), rtol=1e-12, atol=1e-13
        )
        status, *got = density(machine, data, point)
        assert status == 0
        np.testing.assert_allclose(got[0], value, rtol=1e-11)
        np.testing.assert_allclose(got[1], gradient, rtol=1e-10, atol=1e-10)


def test_an_operation_that_is_not_written_is_refused():
    x = pt.TensorType("float64", shape=(3,))("x")
    with pytest.raises(UnknownOperationError, match=r"[Ss]ort"):
        compile_expansion([x], [pt.sort(x)], [np.zeros(3)], [])


def test_a_cast_that_cuts_off_fractions_is_refused():
    with pm.Model() as model:
        value = pm.Normal("value")
        pm.Potential("floor", -pt.sqr(pt.cast(10 * value, "int64")))
    with pytest.raises(UnknownOperationError, match="float64"):
        compile_native(model, {})


@dataclass(frozen=True)
class Sorted(Baseline):
    """A term with an operation that only other backends have."""

    def table(self, parameters, rows, levels):
        return pt.sort(super().table(parameters, rows, levels), axis=1)


def test_what_is_not_written_is_left_to_jax_and_the_posterior_says_so(events):
    model = Model(["IS", "regime security", "local factions"], [Sorted()])
    shown = at.fit(model, events, seed=1, draws=10, tune=10, chains=1)
    assert shown.attrs["backend"] == "jax"


EXTREMES = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    5e-324,
    1e-310,
    2.3e-308,
    1e-17,
    -1e-17,
    0.49,
    -0.51,
    0.7071,
    1.4142,
    36.0,
    -37.0,
]
EXTREMES += [-707.9, 709.7, 710.0, -745.2, 1e10, -1e10, 1e300, 1.7e308, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("name", ["exp", "log", "log1p", "expm1", "sigmoid", "softplus", "log1mexp"])
def test_functions_are_exact_to_a_few_units_in_the_last_place_everywhere(name):
    rng = np.random.default_rng(0)
    point = np.concatenate([EXTREMES, rng.normal(size=2000) * 10 ** rng.uniform(-18, 3, 2000)])
    point = np.where((name == "log1mexp") & (point > 0), -point, point)
    x, data = pt.TensorType("float64", shape=point.shape)("x"), []
    text, _ = compile_expansion([x], [getattr(pt, name)(x)], [point], data)
    got = expansion(loaded(text, "expansion"), data, point, point.size)
    with np.errstate(all="ignore"):
        exact = pytensor.function([x], getattr(pt, name)(x), mode=PLAIN)(point)
    tiny = np.abs(exact) < 2.3e-308
    np.testing.assert_allclose(got[~tiny], exact[~tiny], rtol=1.5e-15)
    np.testing.assert_allclose(got[tiny], 0.0, atol=2.3e-308)


def test_code_is_kept_and_read_again_and_made_again_if_damaged(tmp_path, monkeypatch, model, events):
    monkeypatch.setenv("ATTRIBUTION_CACHE", str(tmp_path / "code"))
    small = at.Model(model.actors, [Baseline(), at.Category("area")])
    design, made = lay(small, events), []
    real = backends.compile_native
    monkeypatch.setattr(backends, "compile_native", lambda *a: made.append(1) or real(*a))
    x = np.random.default_rng(0).normal(scale=0.5, size=compile_design(design, "native").n_dim)
    first = density((kept := compile_design(design, "native")).compiled_logp_func, kept.data, x)
    assert len(made) == 1
    (file,) = (tmp_path / "code").glob(
        "*.npz"
    )  # numba keeps its own beside it, in whichever test comes first
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(file.read_bytes()[:-2000])
    again = compile_design(design, "native")
    assert len(made) == 2
    np.testing.assert_array_equal(density(again.compiled_logp_func, again.data, x)[2], first[2])
    compile_design(lay(small, events.isel(event=slice(1, None))), "native")
    assert len(made) == 3
    (tmp_path / "code").chmod(0o777)
    compile_design(design, "native")
    assert len(made) == 4, "code in a folder that anybody may write to was run"


def test_no_code_is_kept_where_the_user_wants_none(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTRIBUTION_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    compile_design(case_named("baseline").design, "native")
    assert not list(tmp_path.iterdir())


def test_points_without_a_finite_density_are_refused_not_wrong():
    x = pt.TensorType("float64", shape=(2,))("x")
    data = []
    machine = loaded(compile_density([x], pt.log(x).sum(), [1 / x], [np.ones(2)], data), "density")
    assert density(machine, data, np.array([1.0, 2.0]))[0] == 0
    assert density(machine, data, np.array([0.0, 2.0]))[0] in (3, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert density(machine, data, np.array([np.nan, 2.0]))[0] in (3, 4)


def reference(model):
    """PyTensor's density and gradient of a PyMC model, by the order of its free variables, and its expansion."""
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    logp = reduce(pt.add, [term.sum() for term in model.logp(sum=False)])
    others = [v for v in model.unobserved_value_vars if v not in values]
    found = pytensor.function(values, [logp, *pytensor.grad(logp, values), *others], mode=PLAIN)
    initial = [model.initial_point()[value.name] for value in values]
    ends = np.cumsum([part.size for part in initial])

    def at_point(x):
        parts = [part.reshape(own.shape) for part, own in zip(np.split(x, ends[:-1]), initial, strict=True)]
        total, *rest = found(*parts)
        flat = [np.ravel(part) for part in rest]
        return total, np.concatenate(flat[: len(values)]), np.concatenate([x, *flat[len(values) :]])

    return at_point


WHOLE = ["everything", "active periods", *(name for name in COMPONENTS if not name.startswith("bundles"))]
"""Bundles count by a scan, which is left to JAX."""


VARIANTS = {
    *("location within 15 km", "location without distance", "scene with empty cells", "timing by quarter"),
    *("timing by year", "trusted statements and silent voices", "known sponsors", "plain claim"),
}
"""Models that differ from another one here in their data or in what they leave out."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in VARIANTS else name for name in WHOLE]
)
def test_density_of_a_whole_model_equals_pytensors(name):
    design = case_named(name).design
    built = freeze_dims_and_data(build(design))
    compiled = load_native(compile_native(built, scales(design, built)), built.coords)
    expected = reference(built)
    for seed in range(2):
        x = np.random.default_rng(seed).normal(scale=0.5, size=compiled.n_dim)
        total, gradient, expanded = expected(x)
        status, *got = density(compiled.compiled_logp_func, compiled.data, x)
        assert status == 0
        np.testing.assert_allclose(got[0], total, rtol=1e-12)
        np.testing.assert_allclose(got[1], gradient, rtol=1e-9, atol=1e-9)
        out = expansion(compiled.compiled_expand_func, compiled.data, x, compiled.n_expanded)
        np.testing.assert_allclose(out, expanded, rtol=1e-12, atol=1e-14)


def test_data_can_be_swapped_without_compiling_again(model, events):
    design = lay(model, events)
    built = build(design)
    compiled = load_native(compile_native(built, scales(design, built)), design.coords)
    assert {"index", "candidates", "weight"} <= set(compiled.names)
    x = np.random.default_rng(0).normal(scale=0.5, size=compiled.n_dim)
    half = compiled.with_data(weight=design.weight / 2)
    one, two = (density(c.compiled_logp_func, c.data, x)[1] for c in (compiled, half))
    prior = density(compiled.compiled_logp_func, compiled.with_data(weight=0 * design.weight).data, x)[1]
    np.testing.assert_allclose(two - prior, (one - prior) / 2, rtol=1e-10)
    with pytest.raises(ValueError, match="compiled for"):
        compiled.with_data(weight=design.weight[:-1])
    with pytest.raises(ValueError, match="not data of the model"):
        compiled.with_data(nothing=design.weight)


def test_functions_of_swapped_integers():
    with pm.Model() as model:
        days = pm.Data("days", np.array([1, 5, 300]))
        pm.Potential("law", (pm.Normal("x") * pt.log(days)).sum())
    compiled = load_native(compile_native(model, {}), {})
    x = np.array([0.7])
    for values in (np.array([1, 5, 300]), np.array([2, 1, 9])):
        _, total, gradient = density(compiled.compiled_logp_func, compiled.with_data(days=values).data, x)
        prior = -0.5 * 0.7**2 - 0.5 * np.log(2 * np.pi)
        np.testing.assert_allclose(total, 0.7 * np.log(values).sum() + prior, rtol=1e-12)
        np.testing.assert_allclose(gradient, np.log(values).sum() - 0.7, rtol=1e-12)


def test_sampling_recovers_a_known_posterior_and_is_the_same_for_the_same_seed():
    with pm.Model(coords={"group": ["a", "b", "c"]}) as model:
        pm.ZeroSumNormal("effect", 2.0, dims="group")
        sd = pm.HalfNormal("sd", 1.0)
        pm.Potential("nothing", 0.0 * sd)
    compiled = load_native(compile_native(freeze_dims_and_data(model), {}), model.coords)
    settings = {"draws": 2000, "tune": 500, "chains": 2, "seed": 3, "progress_bar": False}
    first, second = (nutpie.sample(compiled, **settings)["posterior"].to_dataset() for _ in range(2))
    assert first.equals(second)
    assert dict(first["effect"].sizes) == {"chain": 2, "draw": 2000, "group": 3}
    np.testing.assert_allclose(first["effect"].sum("group"), 0.0, atol=1e-12)
    np.testing.assert_allclose(first["effect"].std(("chain", "draw")), 2 * np.sqrt(2 / 3), rtol=0.1)
    np.testing.assert_allclose(first["sd"].mean(), np.sqrt(2 / np.pi), rtol=0.1)

"""The same posterior as a careful user writes it in NumPyro: sum-to-zero, vectorised, jitted, chains in parallel."""

import time

START = time.perf_counter()

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import xarray as xr
from common import SCALES, report, settings
from numpyro import distributions as dist
from numpyro.infer import MCMC, NUTS

given = settings()
numpyro.set_host_device_count(given.chains)
jax.config.update("jax_enable_x64", True)
data = {name: jnp.asarray(values) for name, values in np.load(Path(given.folder) / "arrays.npz").items()}
actors, areas = int(data["actors"]), int(data["areas"])
claimants = actors - 1
known = data["perpetrator"]
possible = jnp.where((known[:, None] < 0) | (known[:, None] == jnp.arange(actors)), 0.0, -jnp.inf)


def zero_sum(name, scale, shape, axes=1):
    """Effects that sum to zero over the last axes."""
    return numpyro.sample(
        name, dist.ZeroSumNormal(scale, shape[len(shape) - axes :]).expand(shape[: len(shape) - axes])
    )


def model():
    """The joint density; the actor is summed out."""
    eta = zero_sum("baseline", SCALES["baseline"], (actors,))[None, :]
    for name in ("rank", "time"):
        basis = data[f"{name}_basis"]
        raw = zero_sum(f"{name}_raw", 1.0, (basis.shape[1], actors))
        eta = eta + (numpyro.sample(f"{name}_sd", dist.HalfNormal(SCALES[name])) * (basis @ raw))[data[name]]
    raw = zero_sum("area_raw", 1.0, (areas, actors), axes=2)
    eta = eta + (numpyro.sample("area_sd", dist.HalfNormal(SCALES["area"])) * raw)[data["area"]]
    mean = numpyro.sample("claim_mean", dist.Normal(-1.5, 1.5))
    sd = numpyro.sample("claim_sd", dist.HalfNormal(1.5))
    propensity = numpyro.sample("propensity", dist.Normal(mean, sd).expand([claimants]))
    false_mean = numpyro.sample("false_mean", dist.Normal(-4.0, 0.8))
    false = numpyro.sample("false", dist.Normal(false_mean, 0.6).expand([claimants]))
    sign = 2.0 * data["claimed"] - 1.0
    own, other = jax.nn.log_sigmoid(sign * propensity), jax.nn.log_sigmoid(sign * false)
    table = other.sum(axis=1, keepdims=True) + jnp.pad(own - other, ((0, 0), (0, 1)))
    log_joint = eta + table[data["claim"]] + possible
    total = jax.nn.logsumexp(log_joint, axis=1) - jax.nn.logsumexp(eta, axis=1)
    numpyro.factor("likelihood", total.sum())


sampler = MCMC(
    NUTS(model),
    num_warmup=given.tune,
    num_samples=given.draws,
    num_chains=given.chains,
    chain_method="parallel",
    progress_bar=False,
)
first = time.perf_counter()
sampler.run(jax.random.PRNGKey(given.seed), extra_fields=("num_steps",))
found = jax.block_until_ready(sampler.get_samples(group_by_chain=True))
end = time.perf_counter()
steps = int(np.asarray(sampler.get_extra_fields()["num_steps"]).sum())
jax.block_until_ready(sampler.run(jax.random.PRNGKey(given.seed), extra_fields=("num_steps",)))
again = time.perf_counter() - end  # the same once more, compiled already: what sampling with its tuning takes
ready = max(first, end - again)
draws = xr.Dataset(
    {
        name: (("chain", "draw", *(f"{name}_{i}" for i in range(v.ndim - 2))), np.asarray(v))
        for name, v in found.items()
    }
)
report(given, START, ready, end, draws, steps)

"""The same posterior as a researcher writes it in PyMC: plain normal effects, event by event."""

import time

START = time.perf_counter()

from pathlib import Path

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from common import SCALES, report, settings

given = settings()
data = np.load(Path(given.folder) / "arrays.npz")
actors, claim = int(data["actors"]), data["claim"]
claimants = actors - 1

with pm.Model() as model:
    eta = pm.Normal("baseline", 0, SCALES["baseline"], shape=actors)[None, :]
    for name in ("rank", "time"):
        basis = data[f"{name}_basis"]
        raw = pm.Normal(f"{name}_raw", shape=(basis.shape[1], actors))
        eta = eta + (pm.HalfNormal(f"{name}_sd", SCALES[name]) * pt.dot(basis, raw))[data[name]]
    raw = pm.Normal("area_raw", shape=(int(data["areas"]), actors))
    eta = eta + (pm.HalfNormal("area_sd", SCALES["area"]) * raw)[data["area"]]
    propensity = pm.Normal(
        "propensity", pm.Normal("claim_mean", -1.5, 1.5), pm.HalfNormal("claim_sd", 1.5), shape=claimants
    )
    false = pm.Normal("false", pm.Normal("false_mean", -4.0, 0.8), 0.6, shape=claimants)
    claimed = data["claimed"][claim]
    own = pt.switch(claimed, -pt.softplus(-propensity), -pt.softplus(propensity))
    other = pt.switch(claimed, -pt.softplus(-false), -pt.softplus(false))
    evidence = [other.sum(axis=1) + (own - other)[:, k] for k in range(claimants)] + [other.sum(axis=1)]
    log_joint = pm.math.log_softmax(eta, axis=1) + pt.stack(evidence, axis=1)
    known = data["perpetrator"]
    open_ = pm.math.logsumexp(log_joint, axis=1)
    pm.Potential("likelihood", pt.switch(known < 0, open_, log_joint[np.arange(len(known)), known]).sum())
    ready = time.perf_counter()
    trace = pm.sample(
        given.draws,
        tune=given.tune,
        chains=given.chains,
        cores=given.chains,
        random_seed=given.seed,
        progressbar=False,
        compute_convergence_checks=False,
        discard_tuned_samples=False,
    )
end = time.perf_counter()
steps = sum(
    float(trace[group]["n_steps"].sum())
    for group in ("sample_stats", "warmup_sample_stats")
    if group in trace
)
report(
    given,
    START,
    end - float(trace["posterior"].attrs["sampling_time"]),
    end,
    trace["posterior"].to_dataset(),
    steps,
)

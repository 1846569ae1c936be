"""The same posterior in Stan through PyStan, in the speed comparison. Runs in a Python 3.12 environment of its own.

Compilation counts: the cache of compiled models is emptied before.
"""

import time

START = time.perf_counter()

from pathlib import Path

import httpstan.cache
import httpstan.models
import numpy as np
import stan
from common import settings, write_draws

given = settings()
here = Path(__file__).parent
data = np.load(Path(given.folder) / "arrays.npz")
actors, areas = int(data["actors"]), int(data["areas"])


def orthonormal(count):
    """Columns that are orthonormal and sum to zero, ``(count, count - 1)``."""
    return np.linalg.svd(np.eye(count) - 1.0 / count)[0][:, : count - 1]


code = (here / "model.stan").read_text()
httpstan.cache.delete_model_directory(httpstan.models.calculate_model_name(code))
values = {
    "K": actors,
    "N": len(data["claim"]),
    "A": areas,
    "Q": orthonormal(actors),
    "QA": orthonormal(areas),
}
for name, size, width in (("rank", "R", "RB"), ("time", "T", "TB")):
    basis = data[f"{name}_basis"]
    values |= {
        size: basis.shape[0],
        width: basis.shape[1],
        f"{name}_basis": basis,
        f"{name}_": 1 + data[name],
    }
values |= {"area": 1 + data["area"], "perpetrator": 1 + data["perpetrator"], "claim": 1 + data["claim"]}
values |= {"P": len(data["claimed"]), "claimed": data["claimed"].astype(int)}
posterior = stan.build(
    code, data={key: np.asarray(value).tolist() for key, value in values.items()}, random_seed=given.seed
)
ready = time.perf_counter()
fit = posterior.sample(
    num_chains=given.chains, num_samples=given.draws, num_warmup=given.tune, save_warmup=True
)
end = time.perf_counter()
steps = float(fit["n_leapfrog__"].sum())
write_draws(given, {"wall": end - START, "sampling": end - ready, "gradients": steps}, fit, given.tune)

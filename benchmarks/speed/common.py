"""What the scripts of the speed comparison share: their arguments, and what they report."""

import argparse
import json
from pathlib import Path

SCALES = {"baseline": 1.5, "rank": 0.5, "area": 0.5, "time": 0.5}


def settings() -> argparse.Namespace:
    """The arguments of a run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--chains", type=int, default=2)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--tune", type=int, default=500)
    parser.add_argument("--backend")
    return parser.parse_args()


def report(given, start, ready, end, draws, gradients) -> None:
    """Write times in seconds and the smallest bulk effective sample size of any free parameter.

    ``draws`` is a Dataset ``(chain, draw, ...)`` of the parameters the sampler moved; constants are left out.
    """
    import arviz as az
    import numpy as np

    ess = az.ess(draws, method="bulk")
    least = min(float(np.nanmin(values)) for values in ess.data_vars.values())
    found = {"wall": end - start, "sampling": end - ready, "ess": least, "gradients": gradients}
    (name,) = (own for own in draws if own.endswith("propensity"))
    found["claims"] = claims(draws[name].transpose("chain", "draw", ...).values)
    Path(given.out).write_text(json.dumps(found))


def claims(propensity) -> dict[str, list[float]]:
    """Mean and standard deviation of each claim propensity, draws ``(chain, draw, claimant)``."""
    values = propensity.reshape(-1, propensity.shape[-1])
    return {"mean": values.mean(axis=0).tolist(), "sd": values.std(axis=0).tolist()}


def write_draws(given, found, fit, tune) -> None:
    """Write times and, beside them, the draws of a PyStan fit: its environment has no ArviZ of this version."""
    import numpy as np

    draws = {}
    for name in fit.param_names:
        values = np.moveaxis(fit[name].reshape(-1, given.draws + tune, given.chains), -1, 0)[:, :, tune:]
        draws[name] = np.moveaxis(values, 2, 1)
    np.savez(given.out + ".npz", **draws)
    Path(given.out).write_text(json.dumps(found))

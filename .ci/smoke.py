"""What a new user does first, with the installed wheel: run by `.ci/support` outside the tree."""

import importlib.metadata
import sys
import sysconfig
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

import attribution as at

folder = Path(at.__file__).parent
if not folder.is_relative_to(sysconfig.get_paths()["purelib"]):
    raise SystemExit(f"{folder} is not the installed wheel")
if not resources.files("attribution").joinpath("py.typed").is_file():
    raise SystemExit("py.typed is not in the wheel")

path = at.example_path()
everything = at.read_events(path)
events = at.read_events(pd.read_csv(path, dtype=str, keep_default_na=False).head(80))
actors = ["IS", "regime security", "Iran-backed cells", "local factions", "criminal"]
model = at.Model(actors, [at.Baseline(), at.Location(), at.Timing()], [at.Claim()])
posterior = at.fit(model, events, seed=1, draws=100, tune=200, chains=2)
at.save(posterior, "smoke.nc")
mean = at.load("smoke.nc")["attribution"]["mean"]
if not np.allclose(mean.sum("actor"), 1) or not at.diagnose(posterior):
    raise SystemExit("the fit is not one")

named = (
    "numpy",
    "scipy",
    "pandas",
    "xarray",
    "arviz",
    "pymc",
    "pytensor",
    "nutpie",
    "numba",
    "llvmlite",
    "jax",
)
versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in named)
print(f"{sys.version.split()[0]}: {everything.sizes['event']} example events; fitted {len(mean)}; {versions}")

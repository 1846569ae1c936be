# %% [markdown]
# # Is there a season to who kills? How do I add a term that the library does not have?
#
# `Timing` lets every actor's activity drift, but does not know that summers come back. This notebook writes
# a term for the season, tests it, and asks whether it is needed. A component is one dataclass: what it
# looks at, its priors, its table ([base classes](../extending.md)). Merging of equal events, simulation,
# contributions and scoring follow from these.

# %%
import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pymc as pm
import xarray as xr

import attribution as at
from attribution.component import ActivityTerm, Arrays, Levels, Tensor

SIZE = {} if os.environ.get("ATTRIBUTION_FULL") else {"draws": 200, "tune": 300, "chains": 2}

# %% [markdown]
# ## The term
#
# $$ \eta[e, k] = \sigma \big( u_{1k} \cos \omega_e + u_{2k} \sin \omega_e \big), \qquad u \sim
# \mathrm{ZeroSumNormal}(1), \qquad \sigma \sim \mathrm{N}^+(\mathtt{sd}), $$
#
# $\omega_e$ the day of the year as an angle. Write the formula first, in the docstring.


# %%
@dataclass(frozen=True)
class Season(ActivityTerm):
    r"""A yearly wave for each actor.

    .. math:: \eta[e, k] = \sigma (u_{1k} \cos \omega_e + u_{2k} \sin \omega_e)
    """

    sd: float = 0.5

    @property
    def name(self) -> str:
        """Prefix of the parameters."""
        return "season"

    @property
    def columns(self) -> tuple[str, ...]:
        """What the event table must have."""
        return ("date",)

    def levels(self, events: xr.Dataset, actors: tuple[str, ...]) -> Levels:
        """Two waves."""
        return Levels(actors, coords={"season_wave": ["cosine", "sine"]})

    def keys(self, events: xr.Dataset, levels: Levels) -> Arrays:
        """Day of the year of each event."""
        date = events["date"].values.astype("datetime64[D]")
        return {"day": (date - date.astype("datetime64[Y]")).astype(np.int64)}

    def rows(self, keys: Arrays, levels: Levels) -> Arrays:
        """Both waves on each distinct day."""
        angle = 2 * np.pi * keys["day"] / 365.25
        return {"wave": np.stack([np.cos(angle), np.sin(angle)], axis=1)}

    def parameters(self, levels: Levels) -> Mapping[str, Tensor]:
        """The priors; variables are called `component_parameter`."""
        raw = pm.ZeroSumNormal("season_raw", dims=("season_wave", "actor"))
        return {"sd": pm.HalfNormal("season_sd", self.sd), "raw": raw}

    def table(self, parameters: Mapping[str, Tensor], rows: Mapping[str, Tensor], levels: Levels) -> Tensor:
        """Log-odds, a row a day."""
        return parameters["sd"] * (rows["wave"] @ parameters["raw"])


# %% [markdown]
# ## Test it before you sample
#
# The table against the formula written again in plain numbers. Test yours so: a sampler does not tell a
# wrong term from a right one.

# %%
days = at.read_events(pd.DataFrame({"event_id": ["a", "b"], "date": ["2020-01-01", "2020-07-02"]}))
season, levels = Season(), Levels(("IS", "criminal"), {"season_wave": ["cosine", "sine"]})
rows = season.rows(season.keys(days, levels), levels)
raw = np.array([[1.0, -1.0], [0.5, -0.5]])
table = season.table({"sd": 0.5, "raw": raw}, rows, levels)
turn = 2 * np.pi * 183 / 365.25
plain = 0.5 * np.array([raw[0], raw[0] * np.cos(turn) + raw[1] * np.sin(turn)])
np.testing.assert_allclose(table, plain)
print(table)

# %% [markdown]
# ## A world with a season, and one without
#
# `simulate` draws from any component. Does the fit find the wave where there is one, and none where there
# is none?

# %%
settings = pd.read_csv(at.example_path(), dtype=str, keep_default_na=False).head(900)
settings = settings[["event_id", "date", "area"]].assign(
    perpetrator=np.where(np.random.default_rng(3).random(len(settings)) < 0.7, "IS", "")  # drawn anew
)
template = at.read_events(settings)
actors = ["IS", "local factions", "criminal"]
seasonal = at.Model(actors, [at.Baseline(), at.Location(), Season()], closed=True)
plain_model = at.Model(actors, [at.Baseline(), at.Location()], closed=True)
wave = {"season_raw": [[1.0, -0.5, -0.5], [0.0, 0.5, -0.5]], "baseline_effect": [0.0, 0.0, 0.0]}
found, needed, failed = {}, {}, {}
for name, height in (("a season", 0.8), ("no season", 0.0001)):
    world = at.simulate(seasonal, template, seed=1, parameters=wave | {"season_sd": height})
    fits = {
        "with": at.fit(seasonal, world, seed=1, **SIZE),
        "without": at.fit(plain_model, world, seed=1, **SIZE),
    }
    draws = fits["with"]["posterior"]
    found[name] = (
        draws["season_sd"] * draws["season_raw"].sel(season_wave="cosine", actor="IS")
    ).values.ravel()
    needed[name] = at.compare({label: at.loo(own) for label, own in fits.items()})
    failed[name] = [check for own in fits.values() for check in at.diagnose(own) if not check.passed]
    low, high = np.quantile(found[name], [0.055, 0.945])
    print(
        f"{name}: IS in January against the average {found[name].mean():+.2f} ({low:+.2f} to {high:+.2f}) log-odds"
    )
    print(needed[name].round(3).to_string())

# %% [markdown]
# ## What else it can do, and what not
#
# `fit`, `diagnose`, `attributions`, `shares`, `contributions`, `attribute`, `simulate`, `loo`, `holdout`
# and `sbc` take it. A posterior names its components and does not hold their code: verbs that build the
# model again from a posterior alone (`sensitivity`, `compare_actors`, `report`) know the library's own only
# and say so. An evidence law is written the same way, with outcomes and a `law`.

# %% [markdown]
# ## As it would stand in a report

# %%
effect = found["a season"]
low, high = np.quantile(effect, [0.055, 0.945])


def gained(name: str) -> tuple[float, float]:
    """What the season adds to the prediction of an incident left out, in nats altogether, with its standard error."""
    elpd = needed[name].set_index("model")["elpd"]
    return elpd["with"] - elpd["without"], needed[name]["difference_se"].max()


(gain, error), (idle, idle_error) = gained("a season"), gained("no season")
bad = sum(map(len, failed.values()))
standing = "" if not bad else f" NOT TO BE CITED: {bad} checks of these runs fail."
print(
    "In a simulated world in which actors have seasons, the odds that IS is the actor are "
    f"{np.exp(effect.mean()):.1f} times the average at the turn of the year (89 % interval "
    f"{np.exp(low):.1f} to {np.exp(high):.1f}), and the season improves the prediction of killings left out "
    f"by {gain:.1f} nats (standard error {error:.1f}). In a world without seasons, by {idle:.1f} "
    f"({idle_error:.1f}). Whether real killings have a season is another question.{standing}"
)

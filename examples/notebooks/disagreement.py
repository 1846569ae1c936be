# %% [markdown]
# # Three sources name three perpetrators, and two of them may be one. Whom to believe?
#
# A monitor, a paper that reads the monitor, and state media. Counting votes takes the paper for a second
# witness and state media for a neutral one. The world is simulated, so that the answer can be looked up.

# %%
import os

import numpy as np
import pandas as pd

import attribution as at

SIZE = {} if os.environ.get("ATTRIBUTION_FULL") else {"draws": 200, "tune": 300, "chains": 2}
rng = np.random.default_rng(11)

# %% [markdown]
# ## The world
#
# The paper repeats the monitor in three cases of four. State media is right less often and does not like to
# name regime security.

# %%
settings = pd.read_csv(at.example_path(), dtype=str, keep_default_na=False).head(700)
settings = settings[["event_id", "date", "area"]].assign(
    perpetrator=np.where(rng.random(len(settings)) < 0.15, "IS", "")  # who it was is drawn anew
)
voices = pd.DataFrame(
    {
        "event_id": settings["event_id"].head(3),
        "source": ["monitor", "paper", "state media"],
        "kind": "accusation",
        "actor": "IS",
    }
)  # so that the sources are known; what they say is drawn anew
template = at.read_events(settings, statements=voices)
ties = {"allegiance": {"state media": "regime security"}, "copies": {"paper": "monitor"}}


def model(**known_ties: dict[str, str]) -> at.Model:
    """Three actors and what the analyst knows about the sources."""
    return at.Model(
        actors=["IS", "regime security", "local factions"],
        activity=[at.Baseline(), at.Location()],
        evidence=[at.Statements(**known_ties)],
        closed=True,
    )


world = at.simulate(
    model(**ties),
    template,
    seed=5,
    parameters={
        "baseline_effect": [0.0, 0.2, -0.2],
        "statements_speak": [0.5, 0.5, 0.5],
        "statements_accuracy_sd": 0.7,
        "statements_accuracy_raw": [0.3, -0.5, -0.8],
        "statements_blame": [[0.0, 0.0, 0.0]],
        "statements_habit_sd": 0.1,
        "statements_allegiance_mean": 1.5,
        "statements_allegiance_sd": 0.1,
        "statements_copy": [1.1],
    },
)
truth = pd.Series(world["true_actor"].values, index=world["event"].values)
said = pd.DataFrame({name: world[f"statement_{name}"].values for name in ("event", "source", "actor")}).pivot(
    index="event", columns="source", values="actor"
)
said.head()

# %% [markdown]
# ## With and without what is known about the sources

# %%
tied = at.fit(model(**ties), world, seed=1, **SIZE)
untied = at.fit(model(), world, seed=1, **SIZE)
for name, posterior in (("ties stated", tied), ("taken as independent", untied)):
    knows = 1 / (
        1 + np.exp(-posterior["posterior"]["statements_accuracy"].mean(("chain", "draw")).to_series())
    )
    print(
        f"{name}: knows whom it names in",
        ", ".join(f"{voice.split(' | ')[0]} {value:.0%}" for voice, value in knows.items()),
    )
copying = 1 / (1 + np.exp(-tied["posterior"]["statements_copy"].values.ravel()))
print(
    f"the paper repeats the monitor in {copying.mean():.0%} of cases (simulated: {1 / (1 + np.exp(-1.1)):.0%})"
)

# %% [markdown]
# The same with intervals, beside what the prior said of each source:

# %%
figure = at.plot_sources(tied)

# %% [markdown]
# ## Where they disagree
#
# Open killings on which the monitor and the paper say the same and state media says otherwise. How probable
# is what the two say?

# %%
open_ = truth.index[world["perpetrator"].values == ""]
split = said.loc[said.index.intersection(open_)].dropna()
split = split[(split["monitor"] == split["paper"]) & (split["state media"] != split["monitor"])]


def given_to(posterior: object, named: pd.Series) -> pd.Series:
    """Probability of the actor that is named, by event."""
    mean = at.attributions(posterior).set_index(["event", "actor"])["mean"]
    return mean.loc[list(zip(named.index, named, strict=True))].droplevel("actor")


right = (truth[split.index] == split["monitor"]).mean()
apart, together = given_to(tied, split["monitor"]).mean(), given_to(untied, split["monitor"]).mean()
print(f"{len(split)} killings; monitor and paper right in {right:.0%}")
print(f"expected with ties {apart:.0%}, as independent voices {together:.0%}, two votes of three 100%")

# %% [markdown]
# Over all open killings of which anybody spoke: is the most probable actor right as often as the model
# expects?

# %%
for name, posterior in (("ties stated", tied), ("independent", untied)):
    best = at.attributions(posterior).query("not known").groupby("event").head(1).set_index("event")
    best = best.loc[best.index.intersection(said.index)]
    hit = (best["actor"] == truth[best.index]).mean()
    print(f"{name}: right in {hit:.1%}, expected {best['mean'].mean():.1%}")

# %% [markdown]
# ## As it would stand in a report

# %%
failed = [check for check in at.diagnose(tied) if not check.passed]
standing = "" if not failed else f" NOT TO BE CITED: {len(failed)} checks of this run fail."
low, high = np.quantile(copying, [0.055, 0.945])
print(
    f"On {len(split)} simulated killings a monitor and a paper named one actor and state media another. We "
    f"give the actor named by the two a probability of {apart:.0%} on average; taken for independent "
    f"witnesses they would earn {together:.0%}. The paper repeats the monitor in an estimated "
    f"{copying.mean():.0%} of cases (89 % interval {low:.0%} to {high:.0%}) and is counted accordingly; "
    f"that state media sides with regime security is stated by us, not found.{standing}"
)

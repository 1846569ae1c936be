# %% [markdown]
# # One group pulls the trigger, another pays. Of the killings by these cells, how many were ordered?
#
# The actor of the model is the executor. Who ordered or paid is a second unknown, with evidence of its own:
# the law `Sponsorship`. The world is simulated.

# %%
import os

import numpy as np
import pandas as pd

import attribution as at

SIZE = {} if os.environ.get("ATTRIBUTION_FULL") else {"draws": 200, "tune": 300, "chains": 2}
rng = np.random.default_rng(13)

# %% [markdown]
# ## The world
#
# The cells work for a state in two killings of three, local factions in one of five. Numbers in `links` are
# prior killings: they say little, the data may say otherwise. A pair that is not linked cannot happen.

# %%
settings = pd.read_csv(at.example_path(), dtype=str, keep_default_na=False).head(700)
settings = settings[["event_id", "date", "area"]].assign(
    perpetrator=np.where(rng.random(len(settings)) < 0.3, "IS", ""),  # who it was is drawn anew
    sponsor=np.where(rng.random(len(settings)) < 0.05, "none", ""),  # which sponsor, too
)
settings.loc[settings["sponsor"] != "", "perpetrator"] = ""
few = settings["event_id"].head(3)
statements = pd.concat(
    [
        pd.DataFrame(
            {"event_id": few, "source": "monitor", "kind": "accusation", "actor": "IS", "role": "executor"}
        ),
        pd.DataFrame(
            {
                "event_id": few,
                "source": "monitor",
                "kind": "accusation",
                "actor": "a state",
                "role": "sponsor",
            }
        ),
    ]
)
template = at.read_events(settings, statements=statements)
model = at.Model(
    actors=["cells", "local factions", "IS"],
    activity=[at.Baseline(), at.Location()],
    evidence=[
        at.Statements(),
        at.Sponsorship(links={"cells": {"a state": 1.0}, "local factions": {"a state": 1.0}, "IS": {}}),
    ],
    closed=True,
)
world = at.simulate(
    model,
    template,
    seed=2,
    parameters={
        "baseline_effect": [0.3, 0.0, -0.3],
        "sponsorship_weight": [
            1.0,
            2.0,
            4.0,
            1.0,
            1.0,
        ],  # cells: none, a state; factions: none, a state; IS: none
        "statements_speak": [0.0],
        "statements_accuracy_raw": [0.2],
        "sponsorship_speak": [0.0],
        "sponsorship_accuracy_raw": [0.2],
        "sponsorship_selective_sd": 0.5,
    },
)

# %% [markdown]
# ## Executors and sponsors together

# %%
posterior = at.fit(model, world, seed=1, **SIZE)
joint = at.sponsors(posterior)
columns = ["executor", "sponsor", "share", "low", "high", "given_executor", "given_low", "given_high"]
print(joint[columns].round(2).to_string(index=False))
print(at.shares(posterior)[["actor", "share", "low", "high"]].round(2).to_string(index=False))

# %%
figure = at.plot_sponsors(posterior)

# %% [markdown]
# Against the simulation: of the cells' killings, how many had a sponsor?

# %%
true = pd.DataFrame({"executor": world["true_actor"].values, "sponsor": world["true_sponsor"].values})
print(true.groupby("executor")["sponsor"].value_counts(normalize=True).round(2).to_string())

# %% [markdown]
# Where nobody spoke of a sponsor and none is known, the law says nothing of executors and the share of
# sponsored killings is that of the executor. One source alone does not fix its own accuracy: state how good
# you take it to be, or have known cases.

# %% [markdown]
# ## As it would stand in a report

# %%
row = joint[(joint["executor"] == "cells") & (joint["sponsor"] == "a state")].iloc[0]
margin = joint[(joint["executor"] == "(all)") & (joint["sponsor"] == "a state")].iloc[0]
failed = [check for check in at.diagnose(posterior) if not check.passed]
standing = "" if not failed else f" NOT TO BE CITED: {len(failed)} checks of this run fail."
known = int((world["sponsor"].values != "").sum())
print(
    f"Of the simulated killings carried out by the cells, we estimate that {row['given_executor']:.0%} were "
    f"ordered or paid for by a state (89 % interval {row['given_low']:.0%} to {row['given_high']:.0%}); of "
    f"all {world.sizes['event']} documented killings, {margin['share']:.0%} ({margin['low']:.0%} to "
    f"{margin['high']:.0%}). The estimate rests on {known} killings whose sponsor is known and on one "
    "source that speaks of sponsors, and on the assumption that the cells work for this state or for "
    f"themselves.{standing}"
)

# %% [markdown]
# # When a perpetrator is known and we hide it, does the model find it again?
#
# Northern Ireland, 1969 to 2005: a compiler named the organisation behind most killings. We hide these
# labels, block by block in time, and ask the model for them. The table is not part of the repository;
# without it this notebook stops and says so.
#
# By default it takes three years and a small model, to be quick. The figures that count are those of [the
# validation page](../validation.md), from the whole table.

# %%
import os
import sys
from pathlib import Path

import numpy as np

import attribution as at

FULL = bool(os.environ.get("ATTRIBUTION_FULL"))
ROOT = next(p for p in (Path.cwd(), *Path.cwd().parents) if (p / "data" / "daraa_published.csv").is_file())
PATH = ROOT.parent / "shared" / "data" / "ni_killings_1969_2005.csv"
if not PATH.is_file():
    raise SystemExit("Not run: ../shared/data/ni_killings_1969_2005.csv is not on this machine.")
sys.path.insert(0, str(ROOT / "examples"))
import northern_ireland  # noqa: E402  the example that reads the table; names of victims are never read

# %% [markdown]
# ## The table
#
# Labels are the compiler's attributions, not verdicts. Killings nobody could attribute may differ from
# these.

# %%
events = northern_ireland.read(PATH, only_named=True)
if FULL:
    model = northern_ireland.model(events)
else:
    year = events["date"].values.astype("datetime64[Y]").astype(int) + 1970
    events = events.isel(event=np.flatnonzero((year >= 1974) & (year <= 1976)))
    events = at.read_events(at.to_frame(events), ranks=northern_ireland.RANKS)
    actors = sorted(set(events["perpetrator"].values) - {"unlisted"})
    activity = [at.Baseline(), at.Category("target_affiliation"), at.Category("method"), at.Timing()]
    model = at.Model(actors, activity)
print(f"{events.sizes['event']} killings, actors: {', '.join(model.names)}")

# %% [markdown]
# ## Hide, fit, score
#
# Labels are hidden, never rows; killings of one incident stay together. A block in the middle is predicted
# from before and after.

# %%
folds = 10 if FULL else 3
result = at.holdout(
    model, events, seed=0, folds=folds, workers=0, **({} if FULL else {"draws": 150, "tune": 200})
)
summary = result["summary"].sel(group="(all)").to_series()
print(summary.round(3).to_string())
figure = at.plot_holdout(result)

# %% [markdown]
# What would somebody reach who knows only how often each organisation acts? The log score of a prediction
# is minus the log of the probability it gave to the recorded actor; lower is better.

# %%
truth = result["truth"].to_series()
frequency = truth.map(truth.value_counts(normalize=True))
base = float(-np.log(frequency).mean())
print(f"base rate {base:.3f} nats a killing, model {float(result['log_score'].mean()):.3f}")

# %% [markdown]
# ## As it would stand in a report

# %%
mean, count = float(result["log_score"].mean()), result.sizes["event"]
hit = float(result["top_1"].mean())
worst = float(result["r_hat"].max())
standing = "" if FULL else " A short run on part of the table: an illustration, not a validation."
print(
    f"We hid the labels of {count} killings in {folds} contiguous blocks of time and predicted each block "
    f"from the others. The recorded organisation was the most probable one in {hit:.0%} of the killings. "
    f"The mean log score is {mean:.2f} nats a killing, against {base:.2f} for the frequencies of the "
    f"organisations (which know the hidden labels). Largest R-hat of the folds: {worst:.2f}.{standing} The "
    "labels are attributions of the compiler and not verdicts; the test says nothing about killings that "
    "nobody could attribute."
)

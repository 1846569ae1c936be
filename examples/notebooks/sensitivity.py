# %% [markdown]
# # How far can I lean on a share, and how do I cite it?
#
# A posterior is right if the model is. This notebook asks what happens to the shares when assumptions
# change that no data can check, and ends with sentences that survive it. Simulated data.

# %%
import json
import os

import pandas as pd

import attribution as at

SIZE = {} if os.environ.get("ATTRIBUTION_FULL") else {"draws": 200, "tune": 300, "chains": 2}
pd.set_option("display.width", 140, "display.max_columns", 12)
RANKS = ["civilian", "local official", "rank and file", "officer or commander", "senior figure"]

# %%
table = pd.read_csv(at.example_path(), dtype=str, keep_default_na=False).head(800)
statements = pd.read_csv(at.example_path("daraa_synthetic_statements.csv"), dtype=str, keep_default_na=False)
statements = statements[statements["event_id"].isin(table["event_id"])]
events = at.read_events(table, statements=statements, ranks=RANKS)
model = at.Model(
    actors=["IS", "regime security", "Iran-backed cells", "local factions", "criminal"],
    activity=[at.Baseline(), at.TargetRank(), at.Location()],
    evidence=[at.Claim(), at.Statements()],
)
posterior = at.fit(model, events, seed=1, **SIZE)
shares = at.shares(posterior)
print(shares[["actor", "share", "low", "high", "known"]].round(2).to_string(index=False))

# %% [markdown]
# ## What if what cannot be checked were otherwise
#
# One call: an actor's open killings half or twice as likely to be claimed, or to be identified; prior and
# likelihood raised to a power; components and sources left out; and bounds that assume nothing. `not shown`
# is honest: re-weighting failed its own check, and `refit=True` would fit again.

# %%
moved = at.sensitivity(posterior, factors=(0.5, 2.0), draws=300)
first, second = shares.sort_values("share", ascending=False)["actor"].iloc[:2]
columns = ["kind", "about", "value", "share", "low", "high", "change", "method"]
own = moved[moved["actor"] == first]
print(own[columns].round(2).to_string(index=False))
at.plot_sensitivity(moved, actor=first)

# %% [markdown]
# ## Who did more
#
# Rank claims flip easily. Never write one without this table.

# %%
more = at.compare_actors(posterior, first, second, factors=(0.5, 2.0), draws=300)
print(more[["assumption", "more", "words", "method"]].round(2).to_string(index=False))

# %% [markdown]
# ## Single killings
#
# The words are chosen from the whole interval, not from its middle, and never say 0 % or 100 %.

# %%
attributions = at.attributions(posterior)
single = attributions[~attributions["known"]].groupby("event").head(1)
print(single["words"].value_counts().to_string())

# %% [markdown]
# ## Rules for citing
#
# 1. A share is of documented killings. What nobody recorded is not in it.
# 2. The interval belongs to the number; so do the range under other assumptions and the bounds.
# 3. Failed checks are named, or the number is not cited.
# 4. Data hash, seed and version let somebody else make the number again.
# 5. No single attribution is a finding. It never names a person.
# 6. What re-weighting could not show is said to be unexamined.
#
# `report` follows them ([responsible use](../responsible.md)); `Privacy` hides small groups, days and
# places by default.

# %% [markdown]
# ## As it would stand in a report

# %%
row = shares.set_index("actor").loc[first]
shifted = own[own["kind"].isin(["claims", "identification"]) & own["share"].notna()]
bound = own.loc[own["kind"] == "bound", "share"]
hidden = moved.loc[moved["share"].isna(), "assumption"].nunique()
ranked = more[more["kind"].isin(["fit", "claims", "identification"]) & more["more"].notna()]["more"]
words = "under each of these assumptions" if (ranked > 0.95).all() else "under some of these assumptions only"
checks = at.diagnose(posterior)
failed = [check for check in checks if not check.passed]
standing = (
    f"All {len(checks)} checks pass."
    if not failed
    else f"NOT TO BE CITED: {len(failed)} of {len(checks)} checks of this short run fail."
)
print(
    f"We attribute {row['share']:.0%} of {row['events']:,} documented (simulated) killings to {first} (89 % "
    f"interval {row['low']:.0%} to {row['high']:.0%}; {row['known']} are established). With its open "
    "killings half or twice as likely to be claimed or identified, the share lies between "
    f"{shifted['share'].min():.0%} and {shifted['share'].max():.0%}; with no assumption, between "
    f"{bound.min():.0%} and {bound.max():.0%}. That {first} did more of them than {second} has a "
    f"probability of 95 % or more {words} (smallest {ranked.min():.0%}). {hidden} further assumptions could "
    f"not be examined by re-weighting. {standing} Data {posterior.attrs['data_hash'][:12]}, seed "
    f"{posterior.attrs['seed']}, version {json.loads(posterior.attrs['versions'])['attribution-bayes']}. "
    "Not a finding of guilt."
)

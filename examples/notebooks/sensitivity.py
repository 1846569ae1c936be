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
# One call: half or twice the odds that an actor's open killings are claimed, or that an open killing is its
# own; prior and likelihood raised to a power; components and sources left out; and bounds that assume nothing.
# Draws are weighted anew, or fitted again where that is doubtful. `not shown` is honest: re-weighting failed
# its own check, and it takes `refit="all"` to fit a model without that component.

# %%
moved = at.sensitivity(posterior, factors=(0.5, 2.0), draws=300)
order = shares.sort_values("share", ascending=False)["actor"]
first, second, third = order.iloc[:3]
columns = ["kind", "about", "value", "share", "low", "high", "change", "method"]
own = moved[moved["actor"] == first]
widest = own.dropna(subset="share").sort_values("change", key=abs, ascending=False).head(10)
print(widest[columns].round(2).to_string(index=False))
print(f"not shown: {', '.join(own.loc[own['share'].isna(), 'assumption'])}")
figure = at.plot_sensitivity(moved, actor=first)

# %% [markdown]
# ## Who did more
#
# Rank claims flip easily. Never write one without this table. Here the actors of the second and third
# largest share: the probability that the one did more of the killings than the other, smallest and largest
# over the assumptions of each kind.

# %%
more = at.compare_actors(posterior, second, third, factors=(0.5, 2.0), draws=300)
print(more.dropna(subset="more").groupby("kind")["more"].agg(["min", "max", "size"]).round(2).to_string())
least = more.loc[more.loc[more["kind"] != "bound", "more"].idxmin()]
print(f"smallest: {least['more']:.2f} ({least['assumption']}; {least['method']})")

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


def within(probability: float) -> str:
    """Per cent, never 0 or 100."""
    return "under 1 %" if probability < 0.01 else "over 99 %" if probability > 0.99 else f"{probability:.0%}"


checks = at.diagnose(posterior)
failed = [check for check in checks if not check.passed]
standing = (
    f"All {len(checks)} checks pass."
    if not failed
    else f"NOT TO BE CITED: {len(failed)} of {len(checks)} checks of this run fail."
)
print(
    f"We attribute {row['share']:.0%} of {int(row['events']):,} documented (simulated) killings to {first} "
    f"(89 % interval {row['low']:.0%} to {row['high']:.0%}; {int(row['known'])} are established). If the "
    "odds that one actor's open killings are claimed were half or twice as high, or one actor's killings "
    "half or twice as likely to stay without a label, the share would lie between "
    f"{shifted['share'].min():.0%} and {shifted['share'].max():.0%}; with no assumption, between "
    f"{bound.min():.0%} and {bound.max():.0%}. Whether {second} or {third} did more of them we do not say "
    f"without the assumption: the probability that {second} did goes from {within(ranked.min())} to "
    f"{within(ranked.max())} with it. {hidden} further assumptions could not be examined by re-weighting. "
    f"{standing} Data {posterior.attrs['data_hash'][:12]}, seed {posterior.attrs['seed']}, version "
    f"{json.loads(posterior.attrs['versions'])['attribution-bayes']}. Not a finding of guilt."
)

# %% [markdown]
# # Of the killings in Daraa that nobody has claimed, how many are whose?
#
# Monitors publish totals: so many operations, so many killed, so many claimed. This notebook goes from such
# totals to a report. The totals are published facts; the killings are **simulated** with those totals
# ([data sheet](../datasheet.md)), because no table of the real ones is free to share without harm. Nothing
# below is a statement about Daraa or about any actor.

# %%
import json
import os
from pathlib import Path

import pandas as pd

import attribution as at

SIZE = {} if os.environ.get("ATTRIBUTION_FULL") else {"draws": 200, "tune": 300, "chains": 2}
ROOT = next(p for p in (Path.cwd(), *Path.cwd().parents) if (p / "data" / "daraa_published.csv").is_file())
pd.set_option("display.width", 120, "display.max_columns", 12)

# %% [markdown]
# ## What is published
#
# One monitor leaves a quarter of a month's killings without a perpetrator, another names none in a month
# close by. Totals of different sources count different things and must not be added.

# %%
published = pd.read_csv(ROOT / "data" / "daraa_published.csv")
print(
    published[["source", "period_start", "measure", "category", "value", "unit"]]
    .head(12)
    .to_string(index=False)
)

# %% [markdown]
# ## The event table
#
# One row an event. `read_events` checks every row and changes none. The statements of sources lie in the
# file beside it.

# %%
events = at.read_events(
    at.example_path(),
    ranks=["civilian", "local official", "rank and file", "officer or commander", "senior figure"],
)
table = at.to_frame(events)
year = pd.to_datetime(table["date"]).dt.year
for fact in ("dmdo_2020_operations", "dmdo_2020_killed", "dmdo_2020_injured"):
    row = published.set_index("fact_id").loc[fact]
    own = table[year == 2020]
    ours = len(own) if row["measure"] == "operations" else own[row["measure"]].astype(float).sum()
    print(f"{fact}: published {row['value']:.0f}, in the table {ours:.0f}")

# %% [markdown]
# ## The model
#
# Activity terms say who acts where, when and against whom; evidence laws say what is observed *because of*
# who did it. Silence is part of the law of claims: an actor that likes to claim and stays silent becomes
# less probable.

# %%
model = at.Model(
    actors=["IS", "regime security", "Iran-backed cells", "local factions", "criminal"],
    activity=[at.Baseline(), at.TargetRank(), at.Location(), at.Timing(), at.Category("target_affiliation")],
    evidence=[at.Claim(), at.Statements()],
)
posterior = at.fit(model, events, seed=2022, **SIZE)

# %% [markdown]
# ## Can it be cited?
#
# A short run like the one shown by default cannot: too few draws. `ATTRIBUTION_FULL=1` runs the full one.

# %%
checks = at.diagnose(posterior)
failed = [check for check in checks if not check.passed]
for check in failed:
    print(check.sentence, check.remedy)
print(f"{len(checks) - len(failed)} of {len(checks)} checks pass.")

# %% [markdown]
# ## Whose

# %%
shares = at.shares(posterior)
print(shares.drop(columns=["of", "checks"]).round(3).to_string(index=False))
figure = at.plot_shares(posterior, by="year")

# %% [markdown]
# One killing that nobody claimed, and what each component says of it, in nats: a difference of 1 is a
# factor of 2.7 on the odds.

# %%
attributions = at.attributions(posterior)
silent = table.loc[table["claimed_by"] == "", "event_id"]
best = attributions[attributions["event"].isin(silent) & ~attributions["known"]].groupby("event").head(1)
event = best.loc[(best["mean"] - 0.75).abs().idxmin(), "event"]
columns = ["actor", "mean", "low", "high", "words"]
print(attributions.loc[attributions["event"] == event, columns].round(2).to_string(index=False))
print(
    at.contributions(posterior, event=event).drop(columns=["event", "checks"]).round(2).to_string(index=False)
)
figure = at.plot_attribution(posterior, event=event)

# %% [markdown]
# ## The report
#
# One file, no network: question, data, model, checks, results, limits. Sensitivity comes first, since a
# share without it is half a result; a [notebook of its own](sensitivity.ipynb) reads the table.

# %%
moved = at.sensitivity(posterior, factors=(0.5, 2.0), draws=1000 if not SIZE else 100)
output = ROOT / "examples" / "output"
output.mkdir(exist_ok=True)
at.report(
    posterior,
    output / "daraa_report.html",
    title="SIMULATED killings in Daraa: a report",
    question="Of the documented killings that nobody has claimed, how many are whose?",
    script="examples/notebooks/daraa.py",
    sensitivity=moved,
)
print(f"examples/output/daraa_report.html: {(output / 'daraa_report.html').stat().st_size / 1e6:.1f} MB")

# %% [markdown]
# ## As it would stand in a report

# %%
first = shares.sort_values("share", ascending=False).iloc[0]
own = moved[(moved["actor"] == first["actor"]) & moved["share"].notna()]
assumed = own[own["kind"].isin(["claims", "identification"])]["share"]
bound = own[own["kind"] == "bound"]["share"]
standing = (
    f"All {len(checks)} checks of the fit pass."
    if not failed
    else f"NOT TO BE CITED: {len(failed)} of {len(checks)} checks of this run fail."
)
print(
    f"Of {len(table):,} simulated killings, {table['claimed_by'].ne('').mean():.1%} are claimed and the "
    f"perpetrator of {table['perpetrator'].ne('').sum()} is known. We attribute {first['share']:.0%} of the "
    f"documented killings to {first['actor']} (89 % interval {first['low']:.0%} to {first['high']:.0%}). If "
    "the odds that one actor's open killings are claimed were half or twice as high, or one actor's "
    "killings half or twice as likely to stay without a label, the share would lie between "
    f"{assumed.min():.0%} and {assumed.max():.0%}; assuming nothing at all, between {bound.min():.0%} and "
    f"{bound.max():.0%}. {standing} Data {posterior.attrs['data_hash'][:12]}, seed "
    f"{posterior.attrs['seed']}, version {json.loads(posterior.attrs['versions'])['attribution-bayes']}. A "
    "share of documented killings is not a finding of guilt."
)

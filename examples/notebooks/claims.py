# %% [markdown]
# # A group claims a killing, and the killers wore its clothes. Did it do it?
#
# Groups claim what they did not do, leave unclaimed what they did, and imitate each other. We make a world
# in which we know who did what: the settings come from the example data, everything else is drawn by
# `simulate`.

# %%
import os

import numpy as np
import pandas as pd

import attribution as at

SIZE = {} if os.environ.get("ATTRIBUTION_FULL") else {"draws": 200, "tune": 300, "chains": 2}
RANKS = ["civilian", "local official", "rank and file", "officer or commander", "senior figure"]
rng = np.random.default_rng(7)

# %% [markdown]
# ## A world with false claims and staged scenes
#
# IS claims a third of its own killings and one in eight of those by others. Regime security dresses as
# somebody else in a quarter of its killings. A third of the perpetrators is known from an independent look:
# without any, nobody can learn how often claims are false ([Claim](../components/claim.md), "What is not
# identified").

# %%
settings = pd.read_csv(at.example_path(), dtype=str, keep_default_na=False).head(900)
settings = settings[["event_id", "date", "date_precision", "area", "target_rank"]].assign(
    perpetrator=np.where(rng.random(len(settings)) < 1 / 3, "IS", ""),  # who it was is drawn anew
    clothes=rng.choice(["black", "camouflage", "plain", ""], len(settings)),
)
template = at.read_events(settings, ranks=RANKS)


def suspicious(**claim: float) -> at.Model:
    """The model, with what it believes of claims."""
    return at.Model(
        actors=["IS", "regime security", "local factions"],
        activity=[at.Baseline(), at.TargetRank(), at.Location()],
        evidence=[at.Claim(time_sd=0, **claim), at.Scene(["clothes"])],
        closed=True,
    )


world = at.simulate(
    suspicious(),
    template,
    seed=3,
    parameters={
        "baseline_effect": [0.0, 0.0, 0.0],
        "claim_propensity": [-0.7, -4.0, -3.0],  # log-odds: a third, 2 %, 5 %
        "claim_false": [-2.0, -5.0, -5.0],
        "scene_staging": [-4.0, -1.1, -4.0],
        "scene_target": [1.0, -0.5, -0.5],
        "scene_clothes_sd": 2.0,
        "scene_clothes_raw": [[1.2, -0.6, -0.6], [-0.6, 1.2, -0.6], [-0.6, -0.6, 1.2]],
    },
)
truth = pd.Series(world["true_actor"].values, index=world["event"].values)

# %% [markdown]
# ## Two readings
#
# The first lets false claims be learnt. The second takes claims at their word: a false claim is one in
# thousands, and nothing may say otherwise.

# %%
doubting = at.fit(suspicious(), world, seed=1, **SIZE)
believing = at.fit(suspicious(false_mean=-8.0, false_mean_sd=0.1, false_sd=0.1), world, seed=1, **SIZE)

# %% [markdown]
# Killings that IS claimed and whose perpetrator is open: how many are its own?

# %%
table = at.to_frame(world).set_index("event_id")
claimed = table.index[(table["claimed_by"] == "IS") & (table["perpetrator"] == "")]
really = (truth[claimed] == "IS").mean()


def of_is(posterior: object, chosen: pd.Index) -> pd.DataFrame:
    """The rows of IS for some events."""
    found = at.attributions(posterior)
    return found[found["event"].isin(chosen) & (found["actor"] == "IS")].set_index("event")


rows = {"claims doubted": of_is(doubting, claimed), "claims believed": of_is(believing, claimed)}
for name, row in rows.items():
    print(
        f"{name}: the model expects {row['mean'].mean():.0%} of {len(claimed)} to be by IS; in truth {really:.0%}"
    )

# %% [markdown]
# With the clothes: the same claim is worth more where the killers wore black, and less where they did not.
# Staging is why it is not worth all.

# %%
clothes = table.loc[claimed, "clothes"].replace("", "not seen")
shown = pd.DataFrame(
    {"expected": rows["claims doubted"]["mean"], "true": truth[claimed] == "IS", "clothes": clothes}
)
print(
    shown.groupby("clothes")
    .agg(killings=("true", "size"), expected=("expected", "mean"), true=("true", "mean"))
    .round(2)
)

# %% [markdown]
# Was anything learnt about false claims, or is it the prior? The posterior should be narrower.

# %%
for actor in ("IS", "regime security"):
    prior, own = (doubting[group]["claim_false"].sel(claimant=actor) for group in ("prior", "posterior"))
    print(
        f"{actor}: sd of the log-odds of a false claim {float(prior.std()):.2f} before, {float(own.std()):.2f} after"
    )
figure = at.plot_prior_posterior(doubting)

# %% [markdown]
# What was learnt of each actor's habits: how readily it claims its own killings, and those of others. What
# data could not narrow is marked.

# %%
habits = at.plot_claims(doubting)

# %% [markdown]
# ## As it would stand in a report

# %%
rate = 1 / (1 + np.exp(-doubting["posterior"]["claim_false"].sel(claimant="IS").values.ravel()))
low, high = np.quantile(rate, [0.055, 0.945])
doubted = rows["claims doubted"]["mean"].mean()
failed = [check for check in at.diagnose(doubting) if not check.passed]
standing = "" if not failed else f" NOT TO BE CITED: {len(failed)} checks of this run fail."
print(
    f"IS claimed {len(claimed)} simulated killings whose perpetrator is not otherwise known. We expect "
    f"{doubted:.0%} of them to be its own; reading every claim as true would say "
    f"{rows['claims believed']['mean'].mean():.0%}. IS falsely claims an estimated {rate.mean():.0%} of the "
    f"killings by others (89 % interval {low:.0%} to {high:.0%}). That figure rests on the "
    f"{(table['perpetrator'] != '').sum()} killings whose perpetrator was established independently of any "
    f"claim.{standing}"
)

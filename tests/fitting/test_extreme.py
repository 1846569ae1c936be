"""Data at the edge: each can be fitted, with checks that tell the truth, or is refused with a reason."""

import numpy as np
import pandas as pd
import pytest

import attribution as at

PLAIN = [at.Baseline(), at.Timing(), at.Location(), at.Category("method")]
ACTORS = ["IS", "army"]


def table(count=40, **columns):
    rng = np.random.default_rng(0)
    base = {
        "event_id": [f"e{i}" for i in range(count)],
        "date": (np.datetime64("2020-01-01") + rng.integers(0, 700, count)).astype(str),
        "area": rng.choice(["A", "B", "C"], count),
        "method": rng.choice(["shooting", "bomb"], count),
        "perpetrator": np.where(np.arange(count) % 4 == 0, rng.choice(ACTORS, count), ""),
        "claimed_by": np.where(np.arange(count) % 5 == 0, "IS", ""),
    }
    return pd.DataFrame(base | columns)


def model(actors=ACTORS, activity=PLAIN, **settings):
    return at.Model(actors, activity, [at.Claim(time_sd=0)], **settings)


MANY = [f"actor {i:02}" for i in range(50)]
SEPARATED = {"perpetrator": ["IS", "army"] * 20, "method": ["bomb", "shooting"] * 20, "claimed_by": ""}
CASES = {
    "one event": (model(), table(1)),
    "one event nobody knows about": (model(), table(1, perpetrator="", claimed_by="")),
    "one actor": (model(["IS"]), table(perpetrator=["IS", "unlisted"] * 20)),
    "all claimed": (model(), table(claimed_by="IS")),
    "none claimed": (model(), table(claimed_by="")),
    "all labelled": (model(), table(perpetrator=["IS", "army", "army", "unlisted"] * 10)),
    "none labelled": (model(), table(perpetrator="")),
    "one area": (model(), table(area="A")),
    "an actor with no events": (model([*ACTORS, "nobody"]), table()),
    "50 actors": (model(MANY), table(100, perpetrator=MANY * 2, claimed_by="")),
    "perfectly separated": (model(closed=True), table(**SEPARATED)),
    "all on one day": (model(), table(date="2020-01-01")),
    "nothing known at all": (model(), table(perpetrator="", claimed_by="", area="", method="")),
    "years apart": (model(), table(date=["1800-01-01", "2200-12-31"] * 20)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_world_can_be_drawn(name):
    """The tables are finite at draws from the prior: the simulator could not draw from others."""
    own, frame = CASES[name]
    world = at.simulate(own, at.read_events(frame), seed=1)
    assert set(world["true_actor"].values) <= set(own.names)
    claims = {claimant for value in world["claimed_by"].values for claimant in value.split("|")}
    assert claims <= {"", *own.names}
    assert world.sizes["event"] == len(frame)


FITTED = ["perfectly separated"]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in FITTED else pytest.mark.slow) for name in CASES]
)
def test_the_fit_tells_the_truth(name):
    own, frame = CASES[name]
    posterior = at.fit(own, at.read_events(frame), seed=3, draws=100, tune=200, chains=2)
    group = posterior["attribution"].to_dataset()
    assert np.isfinite(posterior["log_likelihood"]["incidents"].values).all()
    np.testing.assert_allclose(group["mean"].sum("actor"), 1, atol=1e-5)
    known = frame["perpetrator"].to_numpy() != ""
    assert (group["known"].values == known).all()
    named = [own.names.index(label) for label in frame["perpetrator"][known]]
    np.testing.assert_array_equal(group["mean"].values[known, named], 1)
    assert (group["mean"].values[~known] < 1).all(), "nothing that is not known is certain"
    failed = [check.name for check in at.diagnose(posterior) if check.passed is False]
    assert "bulk ESS of parameters" in failed, "200 draws are too few to cite, and it says so"
    shares = at.shares(posterior)
    assert shares["checks"].str.startswith("FAILED").all()
    if known.all():  # counted, not estimated: no width
        counted = [(frame["perpetrator"] == actor).mean() for actor in shares["actor"]]
        for column in ("share", "low", "high"):
            np.testing.assert_allclose(shares[column], counted, atol=1e-12)
    assert set(TELLING.get(name, ())) <= set(failed)


NOTHING_LEARNT = "contraction of shares"
TELLING = {
    "one event nobody knows about": [NOTHING_LEARNT],
    "nothing known at all": [NOTHING_LEARNT],
    "all claimed": ["prior predictive: claim by area"],
    "50 actors": ["R-hat of parameters"],
}
"""Checks that must fail, besides those of the few draws: the data say nothing, or what the prior did not expect."""


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: model(["IS"], closed=True), "nothing to attribute with a single actor"),
        (lambda: at.read_events(table(0)), "no rows"),
        (
            lambda: at.simulate(model(["army"]), at.read_events(table(claimed_by="IS")), seed=1),
            "the model does not have",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused(build, message):
    with pytest.raises(at.AttributionError, match=message):
        build()

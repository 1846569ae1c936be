"""Tables of a posterior, and events that were not in the fit."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import softmax

import attribution as at
from attribution.results.words import likelihood
from small_world import ACTORS, RANKS, voices

COLUMNS = ["event", "actor", "mean", "low", "high", "words", "known", "checks"]
PASSED = {"R-hat of shares": True, "E-BFMI": True}
FAILED = {"R-hat of shares": False, "E-BFMI": True, "divergences": False}


# ---- attributions


def test_columns_and_rows(posterior, events):
    table = at.attributions(posterior)
    assert list(table.columns) == COLUMNS
    assert list(table["event"].unique()) == list(events["event"].values), "events in their order"
    assert table.index.equals(pd.RangeIndex(len(table)))


def test_most_probable_first(posterior):
    table = at.attributions(posterior)
    assert (table.groupby("event")["mean"].diff().dropna() <= 0).all()


def test_an_events_probabilities_sum_to_one(posterior):
    np.testing.assert_allclose(at.attributions(posterior).groupby("event")["mean"].sum(), 1, atol=1e-6)


def test_candidates_only(posterior, events):
    candidates = at.attributions(posterior).groupby("event")["actor"].agg(set)
    partial = 0
    for event, perpetrator, label in zip(
        events["event"].values, events["perpetrator"].values, events["candidates"].values, strict=True
    ):
        partial += bool(label)
        expected = {perpetrator} if perpetrator else set(label.split("|")) if label else {*ACTORS, "unlisted"}
        assert candidates[event] == expected
    assert partial


def test_known_rows_say_so(posterior):
    table = at.attributions(posterior)
    known = table[table["known"]]
    assert len(known)
    assert (known[["mean", "low", "high"]] == 1).all(axis=None)
    assert set(known["words"]) == {"known"}
    assert "known" not in set(table.loc[~table["known"], "words"])


@pytest.mark.parametrize("interval", [0.5, 0.8, 0.89, 0.95])
def test_intervals(posterior, interval):
    table = at.attributions(posterior, interval=interval)
    drawn = posterior["attribution"]["probability"].stack(sample=("chain", "draw"))
    assert (table["low"] <= table["high"]).all()
    for row in table.iloc[::17].itertuples():
        own = drawn.sel(event=row.event, actor=row.actor).values.astype(float)
        assert (row.low, row.high) == pytest.approx(
            np.quantile(own, [(1 - interval) / 2, (1 + interval) / 2]), abs=1e-6
        )


def test_wider_intervals_hold_narrower_ones(posterior):
    wide, narrow = at.attributions(posterior, interval=0.95), at.attributions(posterior, interval=0.5)
    assert (wide["low"] <= narrow["low"]).all()
    assert (narrow["high"] <= wide["high"]).all()


@pytest.mark.parametrize("interval", [0.0, 1.0, -0.89])
def test_an_interval_that_is_not_kept(posterior, interval):
    with pytest.raises(at.AttributionError, match=r"is not kept; choose one of 0\.5, 0\.8, 0\.89, 0\.95"):
        at.attributions(posterior, interval=interval)


def test_words_are_those_of_the_whole_interval(posterior):
    table = at.attributions(posterior).query("not known")
    assert list(table["words"]) == [
        likelihood(low, high) for low, high in zip(table["low"], table["high"], strict=True)
    ]


@pytest.mark.parametrize(
    ("checks", "verdict"), [(FAILED, "FAILED: R-hat of shares, divergences"), (PASSED, "passed")]
)
def test_every_row_carries_the_verdict(posterior, checks, verdict):
    posterior.attrs["checks"] = json.dumps([{"name": n, "passed": p} for n, p in checks.items()])
    for found in (at.attributions(posterior), at.shares(posterior), at.contributions(posterior)):
        assert set(found["checks"]) == {verdict}


# ---- shares


BY = [None, "area", "target_rank", "year", ["area", "year"], ["method"], "killed"]


@pytest.mark.parametrize("by", BY, ids=str)
def test_shares_add_up(posterior, by):
    """Every killing is in one group, those with a missing value too."""
    keys = [] if by is None else [by] if isinstance(by, str) else by
    table = at.shares(posterior, by=by)
    assert list(table.columns) == [*keys, "actor", "share", "low", "high", "known", "events", "of", "checks"]
    groups = table.groupby(keys, dropna=False) if keys else table.groupby("of")
    np.testing.assert_allclose(groups["share"].sum(), 1, atol=1e-9)
    assert groups["events"].first().sum() == 80
    assert (groups["events"].nunique() == 1).all()
    assert (groups["actor"].agg(list).map(len) == 4).all()


@pytest.mark.parametrize("by", BY[:5], ids=str)
def test_killings_that_are_known_never_leave_their_actor(posterior, events, by):
    table = at.shares(posterior, by=by)
    least = table["known"] / table["events"]
    assert (table["low"] >= least - 1e-12).all()
    assert (table["share"] >= least - 1e-12).all()
    assert (table["low"] <= table["high"]).all()
    assert table["known"].sum() == (events["perpetrator"].values != "").sum()


def test_shares_are_of_documented_killings(posterior):
    assert set(at.shares(posterior)["of"]) == {"documented killings"}


def test_shares_are_those_of_the_draws(posterior, events):
    table = at.shares(posterior, by="area", interval=0.8).set_index(["area", "actor"])
    here = events["area"].values == "Nawa"
    share = (posterior["attribution"]["perpetrator"].values[..., here] == 1).mean(axis=-1)
    row = table.loc[("Nawa", ACTORS[1])]
    assert row["events"] == here.sum()
    assert (row["share"], row["low"], row["high"]) == pytest.approx(
        (share.mean(), *np.quantile(share, [0.1, 0.9]))
    )


def test_shares_by_year_use_the_events_dates(posterior, events):
    years = events["date"].dt.year.to_series().astype(str).value_counts()
    table = at.shares(posterior, by="year").drop_duplicates("year").set_index("year")
    assert table["events"].to_dict() == years.to_dict()


@pytest.mark.parametrize("interval", [0, 1, 1.5])
def test_shares_within_no_interval(posterior, interval):
    with pytest.raises(at.AttributionError, match="must lie between 0 and 1"):
        at.shares(posterior, interval=interval)


@pytest.mark.parametrize("by", ["aera", ["year", "aera"]])
def test_a_column_that_is_not_held(posterior, by):
    with pytest.raises(at.AttributionError, match=r"no column 'aera'\. Did you mean 'area'\?.*and 'year'"):
        at.shares(posterior, by=by)


# ---- contributions


def test_contributions_add_up(posterior, model):
    table = at.contributions(posterior)
    components = [component.name for component in model.components]
    assert list(table.columns) == ["event", "actor", *components, "total", "checks"]
    np.testing.assert_allclose(table["total"], table[components].sum(axis=1), atol=1e-9)
    assert len(table) == len(at.attributions(posterior))


def test_nats_are_against_the_average_candidate(posterior, model):
    columns = [*(component.name for component in model.components), "total"]
    np.testing.assert_allclose(at.contributions(posterior).groupby("event")[columns].sum(), 0, atol=1e-5)


def test_totals_lead_to_the_attribution(posterior):
    """The mean of log-odds is not the log-odds of the mean; by far most of the ranking is the same."""
    nats = at.contributions(posterior).set_index(["event", "actor"])["total"]
    mean = at.attributions(posterior).set_index(["event", "actor"])["mean"].reindex(nats.index)
    implied = nats.groupby("event").transform(softmax)
    assert np.abs(implied - mean).max() < 0.2
    same = nats.groupby("event").idxmax() == mean.groupby("event").idxmax()
    assert same.mean() > 0.9


def test_a_claim_speaks_for_its_claimant(posterior, events):
    open_ = (events["perpetrator"].values == "") & (events["candidates"].values == "")
    claimed = np.flatnonzero(open_ & (events["claimed_by"].values != ""))
    assert len(claimed)
    for position in claimed:
        table = at.contributions(posterior, event=str(events["event"].values[position])).set_index("actor")
        assert len(table) == 4
        assert table["claim"].idxmax() in events["claimed_by"].values[position].split("|")


def test_an_event_that_is_not_there(posterior):
    with pytest.raises(at.AttributionError, match=r"no event 'E001'\. Did you mean 'e001'\?"):
        at.contributions(posterior, event="E001")


# ---- events that were not in the fit


def new_events(ranks=RANKS, without=(), said=None, **columns):
    """An event of which nothing is observed, another with other columns, and one that is talked of."""
    common = {
        "date": "2019-06-01",
        "area": "Nawa",
        "target_rank": "fighter",
        "method": "bomb",
        "killed": 1,
        "claimed_by": "",
    }
    rows = [
        {"event_id": "same"} | common,
        {"event_id": "other"} | common | columns,
        {"event_id": "talked of"} | common,
    ]
    frame = pd.DataFrame(rows).drop(columns=list(without))
    said = voices().assign(event_id="talked of") if said is None else said
    return at.read_events(frame, statements=said, ranks=None if "target_rank" in without else ranks)


def spread(scored, event):
    """Variance over the draws of the log-odds of the actors, averaged over the actors."""
    probability = scored["attribution"]["probability"].sel(event=event).stack(sample=("chain", "draw"))
    log = np.log(probability)
    return float((log - log.mean("actor")).var("sample").mean())


def test_events_of_the_fit_are_scored_as_in_the_fit(model, posterior, events):
    scored = at.attribute(model, posterior, events)
    assert isinstance(scored, xr.DataTree)
    assert set(scored.children) == {"attribution", "log_likelihood", "constant_data"}
    for name in ("mean", "quantile", "contribution", "probability", "known"):
        np.testing.assert_allclose(
            scored["attribution"][name], posterior["attribution"][name], atol=1e-6, err_msg=name
        )
    np.testing.assert_allclose(
        scored["log_likelihood"]["incidents"], posterior["log_likelihood"]["incidents"], atol=1e-4
    )
    assert scored.attrs["data_hash"] == posterior.attrs["data_hash"]
    assert "remark" not in scored["constant_data"]


@pytest.mark.parametrize(
    "columns",
    [{"area": "Inkhil"}, {"method": "drone"}, {"date": "2049-01-01"}],
    ids=["area", "category", "period"],
)
def test_what_was_not_fitted_is_less_certain(model, posterior, columns):
    scored = at.attribute(model, posterior, new_events(**columns), seed=3)
    assert spread(scored, "other") > spread(scored, "same")
    np.testing.assert_allclose(at.attributions(scored).groupby("event")["mean"].sum(), 1, atol=1e-6)


def test_tables_read_what_attribute_returns(model, posterior):
    scored = at.attribute(model, posterior, new_events(area="Inkhil"))
    assert set(at.shares(scored, by="area")["area"]) == {"Nawa", "Inkhil"}
    assert set(at.contributions(scored)["event"]) == {"same", "other", "talked of"}
    assert set(at.attributions(scored)["checks"]) == set(at.attributions(posterior)["checks"])


def test_labels_of_new_events_count(model, posterior):
    table = at.attributions(
        at.attribute(model, posterior, new_events(perpetrator="local factions", candidates=""))
    )
    other = table[table["event"] == "other"]
    assert list(zip(other["actor"], other["mean"], other["words"], strict=True)) == [
        ("local factions", 1.0, "known")
    ]
    table = at.attributions(at.attribute(model, posterior, new_events(candidates="IS|unlisted")))
    assert set(table.loc[table["event"] == "other", "actor"]) == {"IS", "unlisted"}


def test_statements_on_new_events_count(model, posterior):
    scored = at.attribute(model, posterior, new_events(said=voices().assign(event_id="other").head(1)))
    mean = at.attributions(scored).set_index(["event", "actor"])["mean"]
    assert mean["other", "IS"] > mean["same", "IS"]


def test_a_voice_that_was_not_fitted(model, posterior):
    events = new_events(said=voices().assign(event_id="other", source=["monitr", "army"]))
    with pytest.raises(at.ModelError, match=r"event 'other': 'monitr \| accusation' names 'IS'"):
        at.attribute(model, posterior, events)


@pytest.mark.parametrize("column", ["area", "target_rank", "method", "killed", "claimed_by"])
def test_new_events_need_the_columns_of_the_fit(model, posterior, column):
    with pytest.raises(at.ModelError, match=f"needs column '{column}'"):
        at.attribute(model, posterior, new_events(without=[column]))


def test_a_rank_that_was_not_fitted(model, posterior):
    """Its place in the order is not known, and it is not a missing rank."""
    with pytest.raises(at.ModelError, match="'general'"):
        at.attribute(model, posterior, new_events([*RANKS, "general"], target_rank="general"))


@pytest.mark.parametrize("change", ["actors", "prior", "component"])
def test_another_model_than_the_fitted_one(model, posterior, events, change):
    other = {
        "actors": at.Model([*ACTORS, "criminal"], model.activity, model.evidence),
        "prior": at.Model(ACTORS, [at.Baseline(sd=9.0), *model.activity[1:]], model.evidence),
        "component": at.Model(ACTORS, model.activity, model.evidence[:1]),
    }
    with pytest.raises(at.ModelError, match="not the model that was fitted"):
        at.attribute(other[change], posterior, events)


def test_stated_voices_are_known_when_new_events_come():
    """A voice that spoke without being stated is in the fit, so it must be there when new events are scored."""
    frame = pd.DataFrame({"event_id": ["a", "b", "c"], "date": "2020", "perpetrator": ["IS", "army", ""]})
    said = pd.DataFrame({"event_id": ["a"], "source": ["monitor"], "kind": ["accusation"], "actor": ["IS"]})
    events = at.read_events(frame, statements=said)
    model = at.Model(["IS", "army"], evidence=[at.Statements(voices=["radio | finding"])])
    posterior = at.fit(model, events, seed=1, draws=20, tune=20, chains=1)
    assert len(posterior["posterior"]["voice"]) == 2
    scored = at.attribute(model, posterior, events)
    np.testing.assert_allclose(scored["attribution"]["mean"], posterior["attribution"]["mean"], atol=1e-6)


def test_checks_are_read_from_the_fit(posterior):
    names = [check["name"] for check in json.loads(posterior.attrs["checks"]) if not check["passed"]]
    verdict = f"FAILED: {', '.join(names)}" if names else "passed"
    assert set(at.attributions(posterior)["checks"]) == {verdict}

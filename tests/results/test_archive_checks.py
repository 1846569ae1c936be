"""A file of the right form that no fit wrote is refused at `load`, with the group and the value."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import attribution as at
from attribution.results.archive_checks import check_contents


def stamp(name, value):
    return lambda tree: tree.attrs.__setitem__(name, value)


def without(name):
    return lambda tree: tree.attrs.__delitem__(name)


def within(name, change):
    """A group changed."""

    def damage(tree):
        tree[name] = xr.DataTree(change(tree[name].to_dataset()))

    return damage


def of(variable, change):
    """A variable of `attribution` changed."""
    return within("attribution", lambda group: group.assign({variable: change(group[variable])}))


NAT = np.datetime64("NaT", "ns")
CHECK = {"name": "a", "passed": True, "value": 1.0, "threshold": 1.0, "sentence": "b", "remedy": ""}
SPECIFIED = {"actors": ["a", "b"], "evidence": [], "closed": True}
WRONG = {
    "component nobody has": (
        stamp("model", json.dumps(SPECIFIED | {"activity": [{"component": "Basline"}]})),
        "model: .*'Basline'",
    ),
    "setting nobody has": (
        stamp("model", json.dumps(SPECIFIED | {"activity": [{"component": "Baseline", "evil": 1}]})),
        "model: .*evil",
    ),
    "model a list": (stamp("model", "[]"), "attribute model"),
    "model cut short": (stamp("model", "{"), "attribute model"),
    "another model": (
        stamp("model", json.dumps(SPECIFIED | {"activity": [{"component": "Baseline"}]})),
        "group attribution: 4 labels of actor",
    ),
    "no checks": (without("checks"), "attribute checks: None"),
    "checks no JSON": (stamp("checks", "x"), "attribute checks: 'x'"),
    "checks numbers": (stamp("checks", np.arange(3)), "attribute checks: array"),
    "check of text": (stamp("checks", json.dumps([CHECK | {"passed": "yes"}])), "no record of a check"),
    "check that lacks": (stamp("checks", '[{"name": "a", "passed": true}]'), "no record of a check"),
    "value of text": (stamp("checks", json.dumps([CHECK | {"value": "1"}])), "no record of a check"),
    "no versions": (without("versions"), "attribute versions"),
    "versions a list": (stamp("versions", "[]"), r"attribute versions: '\[\]'"),
    "versions of numbers": (stamp("versions", '{"numpy": 2}'), "not one text a package"),
    "no hash": (without("data_hash"), "attribute data_hash: None"),
    "hash of a page": (stamp("data_hash", "<b>" * 20), "attribute data_hash: '<b>"),
    "seed of a page": (stamp("seed", "<script>"), "attribute seed: '<script>'"),
    "seed half": (stamp("seed", 1.5), "attribute seed: "),
    "provenance a number": (stamp("provenance", "3"), "attribute provenance: '3'"),
    "interruption of text": (stamp("interrupted", '{"chains": "two"}'), "attribute interrupted"),
    "mean not a number": (of("mean", lambda own: own * np.nan), "mean has nan to nan"),
    "mean negative": (of("mean", lambda own: own - 1), "mean has -1.0 to"),
    "mean doubled": (of("mean", lambda own: own / 2), "do not add up to 1"),
    "mean of whole numbers": (of("mean", lambda own: own.astype(int)), "mean is int64"),
    "mean the other way": (of("mean", lambda own: own.transpose("actor", "event")), "mean is float64 over"),
    "actor 100": (of("perpetrator", lambda own: own * 0 + 100), "perpetrator has 100 to 100, not 0 to 3"),
    "actor -1": (of("perpetrator", lambda own: own * 0 - 1), "perpetrator has -1 to -1"),
    "nobody a candidate": (of("candidate", lambda own: own & False), "no candidate"),
    "all known": (of("known", lambda own: own | True), "`known` against its candidates"),
    "quantiles upside down": (of("quantile", lambda own: own[::-1].drop_vars("quantile_level")), "do not rise"),
    "no quantiles": (within("attribution", lambda own: own.drop_vars("quantile")), "quantile is missing"),
    "two actors": (within("attribution", lambda own: own.isel(actor=[0, 1])), "2 labels of actor are not the 4"),
    "other names": (
        within("attribution", lambda own: own.assign_coords(actor=["a", "b", "c", "d"])),
        "first that differs: 'a'",
    ),
    "three events": (within("constant_data", lambda own: own.isel(event=slice(3))), "labels of event are not the 3"),
    "no dates": (within("constant_data", lambda own: own.drop_vars("date")), "date is missing"),
    "a parameter not finite": (within("posterior", lambda own: own * np.nan), "is not finite at every draw"),
    "fewer statistics": (within("sample_stats", lambda own: own.isel(draw=slice(9))), "sample_stats: 9 of 'draw'"),
    "no check at all": (stamp("checks", "[]"), "attribute checks: there is none"),
    "seed below zero": (stamp("seed", -1), "attribute seed: -1 is below 0"),
    "settings of text": (stamp("settings", '{"draws": "many"}'), "attribute settings: 'draws' is 'many'"),
    "settings nobody has": (stamp("settings", '{"evil": 1}'), "attribute settings: 'evil' is 1"),
    "a known killing by another": (of("perpetrator", lambda own: 3 - own), "another than its one candidate"),
    "draws there are not": (
        within("attribution", lambda own: own.assign_coords(draw=np.arange(own.sizes["draw"]) + 1)),
        "draw goes to 150, and posterior has 150",
    ),
    "a parameter less": (
        within("posterior", lambda own: own.drop_vars("baseline_effect")),
        "group posterior: 'baseline_effect' is missing",
    ),
    "no day": (
        within("constant_data", lambda own: own.assign(date=xr.where(own["event"] == "", own["date"], NAT))),
        "date is NaT",
    ),
    "precision of an hour": (
        within("constant_data", lambda own: own.assign(date_precision=xr.full_like(own["event"], "hour"))),
        "date_precision is 'hour', not one of day, month, year",
    ),
    "statements about nothing": (
        within("constant_data", lambda own: own.assign(statement_event=own["statement_event"] + "x")),
        "which is no event",
    ),
    "likelihood of fewer events": (
        within("log_likelihood", lambda own: own.assign_coords(incident=own["incident"] + "x")),
        "its incidents are no events of constant_data",
    ),
    "no shares": (within("prior_predictive", lambda own: own.drop_vars("share")), "share is missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_no_fit_wrote_is_refused(posterior, name):
    damage, said = WRONG[name]
    damage(posterior)
    with pytest.raises(at.AttributionError, match=said):
        check_contents(posterior, "what was read")


def test_every_fault_comes_at_once(posterior, tmp_path):
    for name in ("no checks", "seed of a page", "mean not a number", "no dates"):
        WRONG[name][0](posterior)
    at.save(posterior, tmp_path / "x.nc")
    with pytest.raises(at.AttributionError) as raised:
        at.load(tmp_path / "x.nc")
    for said in ("attribute checks", "attribute seed", "mean has", "date is missing"):
        assert said in str(raised.value)
    assert "x.nc' is not as attribution saved it. Fit again" in str(raised.value)


def test_an_interrupted_run_is_genuine(posterior, tmp_path):
    posterior.attrs["interrupted"] = json.dumps({"chains": 4, "draws": 9, "had": [9, 2], "kept": [1, 9]})
    at.save(posterior, tmp_path / "x.nc")
    assert at.load(tmp_path / "x.nc").attrs == posterior.attrs


@pytest.mark.parametrize("lost", ["settings", "provenance"])
def test_posteriors_of_before_an_attribute_was_kept(posterior, tmp_path, lost):
    del posterior.attrs[lost]
    at.save(posterior, tmp_path / "x.nc")
    assert at.shares(at.load(tmp_path / "x.nc")).equals(at.shares(posterior))


def test_posteriors_too_large_for_every_probability(tmp_path, monkeypatch):
    monkeypatch.setattr("attribution.fitting.scoring.KEEP_MOST", 10)
    monkeypatch.setattr("attribution.fitting.scoring.SCORE_MOST", 10)
    monkeypatch.setattr("attribution.fitting.scoring.SCORE_LEAST", 20)
    frame = pd.DataFrame({"event_id": list("abcd"), "date": "2021", "perpetrator": ["IS", "army", "", "IS"]})
    large = at.fit(at.Model(["IS", "army"]), at.read_events(frame), seed=1, draws=40, tune=100, chains=2)
    assert "probability" not in large["attribution"]
    assert "checked" in large["attribution"]
    at.save(large, tmp_path / "x.nc")
    assert at.load(tmp_path / "x.nc")["attribution"].sizes["draw"] == 20

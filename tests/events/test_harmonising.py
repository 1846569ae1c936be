"""Names in two scripts, crosswalks, and that no change goes unreported."""

import builtins
import json

import pandas as pd
import pytest

import attribution as at
from attribution.events.matching.names import skeleton


def events(**columns):
    good = {
        "event_id": ["e1", "e2", "e3"],
        "date": "2021",
        "perpetrator": ["ISIS", "", ""],
        "candidates": ["", "ISIS|Daesh|army", "army|militia"],
        "claimed_by": ["", "Daesh", ""],
        "area": ["درعا", "Dar'a", "Nawa"],
        "target_rank": ["low", "mid", "high"],
    }
    said = pd.DataFrame(
        [
            ["e1", "SOHR", "accusation", "Daesh"],
            ["e2", "S.O.H.R.", "accusation", "ISIS"],
            ["e2", "SOHR", "accusation", "Daesh"],
        ],
        columns=["event_id", "source", "kind", "actor"],
    )
    return at.read_events(pd.DataFrame(good | columns), statements=said, ranks=["low", "mid", "high"])


ACTORS = {"ISIS": "IS", "Daesh": "IS", "army": "army"}


def told(call, *arguments, **settings):
    with pytest.raises(at.DataError) as raised:
        call(*arguments, **settings)
    return raised.value.problems


SAME = [
    *(
        ("درعا", "Daraa"),
        ("درعا", "Dar'a"),
        ("طفس", "Tafas"),
        ("نوى", "Nawa"),
        ("جاسم", "Jassem"),
        ("إنخل", "Inkhil"),
    ),
    *(
        ("الصنمين", "As-Sanamayn"),
        ("بصرى الشام", "Bosra ash-Sham"),
        ("الحراك", "Al-Hirak"),
        ("تل شهاب", "Tell Shihab"),
    ),
    *(
        ("السويداء", "As-Suwayda"),
        ("دوما", "Douma"),
        ("غباغب", "Ghabaghib"),
        ("ازرع", "Izra'"),
        ("داعش", "Daesh"),
    ),
]


@pytest.mark.parametrize(("arabic", "latin"), SAME)
def test_two_scripts_one_skeleton(arabic, latin):
    assert skeleton(arabic) == skeleton(latin)


@pytest.mark.parametrize(
    ("one", "other"), [("Daraa", "Izra"), ("Nawa", "Inkhil"), ("Tafas", "Nafisa"), ("Jasim", "Qasim")]
)
def test_different_names_differ(one, other):
    assert skeleton(one) != skeleton(other)


@pytest.mark.parametrize("name", ["", "أ", "ae", "1", "!!", "ß"])
def test_a_skeleton_of_nothing(name):
    assert isinstance(skeleton(name), str)
    assert skeleton(name) or not name


def test_suggestions():
    found = at.suggest(["Daraa", "DARAA", "Da'raa", "طفس", "Homs", "Tafs city"], ["Daraa", "Tafas", "Nawa"])
    assert found[found["score"] > 0].groupby("name", sort=False)["suggestion"].first().to_dict() == {
        "Daraa": "Daraa",
        "DARAA": "Daraa",
        "Da'raa": "Daraa",
        "طفس": "Tafas",
    }
    assert set(found[found["score"] == 0]["name"]) == {"Homs", "Tafs city"}
    assert found["by"].tolist()[:2] == ["same", "same"]


def test_suggestions_without_rapidfuzz(monkeypatch):
    real = builtins.__import__

    def absent(name, *arguments, **settings):
        if name.startswith("rapidfuzz"):
            raise ImportError(name)
        return real(name, *arguments, **settings)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(at.AttributionError, match=r"attribution-bayes\[harmonise\]"):
        at.suggest(["a"], ["b"])


def test_actors_everywhere():
    made = at.harmonise(events(), ACTORS, column="actor", rest="unlisted")
    assert made["perpetrator"].values.tolist() == ["IS", "", ""]
    assert made["candidates"].values.tolist() == ["", "IS|army", "army|unlisted"]
    assert made["claimed_by"].values.tolist() == ["", "IS", ""]
    assert set(made["statement_actor"].values) == {"IS"}
    table = at.decisions(made)
    assert ["candidates", "army|militia", "army|unlisted", 1] in table[
        ["column", "found", "made", "count"]
    ].values.tolist()
    assert json.loads(made.attrs["crosswalks"]) == [{"column": "actor", "rest": "unlisted", "names": ACTORS}]
    assert made.attrs["data_hash"] == at.data_hash(made) != events().attrs["data_hash"]


def test_names_without_a_new_one_are_all_listed():
    found = told(at.harmonise, events(), {"ISIS": "IS", "Dash": "IS"}, column="actor")
    assert sorted(set(found["value"])) == ["Daesh", "army", "militia"]
    assert "Did you mean 'Dash'?" in found["fix"][found["value"] == "Daesh"].iloc[0]
    kept = at.harmonise(events(), {"ISIS": "IS"}, column="actor", rest="keep")
    assert kept["candidates"].values.tolist() == ["", "IS|Daesh|army", "army|militia"]


def test_sources_and_statements_that_become_the_same():
    one = at.harmonise(events(), ACTORS, column="actor", rest="keep")
    both = at.harmonise(one, {"S.O.H.R.": "SOHR"}, column="source")
    assert both.sizes["statement"] == 2
    assert "the same statement twice" in at.decisions(both)["found"].tolist()
    assert len(json.loads(both.attrs["crosswalks"])) == 2
    found = told(at.harmonise, events(), {"S.O.H.R.": "SOHR"}, column="source")
    assert found["rule"].tolist() == ["A source must make at most one statement of a kind about an event."]


def test_categories_onto_one_scale():
    made = at.harmonise(events(), {"low": "1 low", "mid": "1 low", "high": "2 high"}, column="target_rank")
    assert json.loads(made.attrs["ranks"]) == ["1 low", "2 high"]
    assert made["target_rank"].values.tolist() == ["1 low", "1 low", "2 high"]
    other = at.harmonise(
        events(), {"low": "b", "mid": "b", "high": "a"}, column="target_rank", ranks=["a", "b", "c"]
    )
    assert json.loads(other.attrs["ranks"]) == ["a", "b", "c"]
    assert at.data_hash(other) == other.attrs["data_hash"]


def test_a_crosswalk_of_a_file(tmp_path):
    (tmp_path / "areas.csv").write_text(f"from,to\n{SAME[0][0]},Daraa\nDar'a,Daraa\n", encoding="utf-8")
    made = at.harmonise(events(), tmp_path / "areas.csv", column="area", rest="keep")
    assert made["area"].values.tolist() == ["Daraa", "Daraa", "Nawa"]
    (tmp_path / "bad.csv").write_text("from,to\na,b\na,c\n")
    assert told(at.harmonise, events(), tmp_path / "bad.csv", column="area")["value"].tolist() == ["a"]
    found = told(at.harmonise, events(), pd.DataFrame({"old": ["a"]}), column="area")
    assert found["column"].tolist() == ["from", "to"]


@pytest.mark.parametrize("column", ["aera", "killed", "date"])
def test_columns_that_are_not_text(column):
    found = told(at.harmonise, events(killed="1"), {}, column=column)
    assert found["rule"].tolist() == ["There is no such column of text."]


def test_an_unknown_candidate_leaves_all_open():
    made = at.harmonise(events(), ACTORS | {"militia": ""}, column="actor")
    assert made["candidates"].values.tolist() == ["", "IS|army", ""]


def test_the_given_events_are_unchanged():
    given = events()
    copy = given.copy(deep=True)
    at.harmonise(given, ACTORS, column="actor", rest="keep")
    assert given.identical(copy)

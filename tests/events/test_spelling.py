"""One rule for every name that reaches a page or a coordinate: what a reader sees is what a program compares."""

import pandas as pd
import pytest

import attribution as at
from attribution.events.spelling import NAME_MOST, fault, looks, twins, unseen

UNSEEN = {
    "direction override": "IS\u202eyticrof",
    "open isolate": "IS\u2066",
    "zero width": "IS\u200b",
    "word joiner": "I\u2060S",
    "soft hyphen": "I\u00adS",
    "filler": "IS\u3164",
    "variation selector": "IS\ufe0f",
    "NUL": "IS\x00",
    "line break": "IS\n<x>",
    "line separator": "IS\u2028x",
    "C1 control": "IS\x85x",
    "half a character": "IS\ud800",
    "tag": "IS\U000e0041",
}
COMPOSED, DECOMPOSED = "Caf\u00e9", "Cafe\u0301"


@pytest.mark.parametrize("name", UNSEEN.values(), ids=UNSEEN)
def test_what_cannot_be_seen_is_no_name(name):
    with pytest.raises(
        at.ModelError, match=r"^Actor '.*' holds U\+[0-9A-F]{4,6}, which is invisible"
    ) as raised:
        at.Model(actors=[name, "B"])
    assert str(raised.value).isascii()


@pytest.mark.parametrize(
    "name", ["IS", "\u062f\u0627\u0639\u0634", "Caf\u00e9 & Co.", "../../etc/x", "G" * NAME_MOST]
)
def test_what_is_a_name(name):
    assert fault(name) == ""
    assert at.Model(actors=[name, "B"]).names[0] == name


def test_a_joiner_is_spelling_between_letters_it_joins_and_invisible_elsewhere():
    persian = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert fault(persian) == ""
    assert unseen("IS\u200c") == unseen("I\u200cS") == "U+200C"
    assert twins([persian, persian.replace("\u200c", "")])


def test_a_name_has_a_length():
    with pytest.raises(at.ModelError, match="has 201 characters, and a name at most 200") as raised:
        at.Model(actors=["A" * (NAME_MOST + 1), "B"])
    assert len(str(raised.value)) < 200


@pytest.mark.parametrize("pair", [(COMPOSED, DECOMPOSED), ("A B", "A\u00a0B"), ("unlisted\u00a0", "B")])
def test_names_that_look_alike_are_never_two_actors(pair):
    with pytest.raises(at.ModelError):
        at.Model(actors=pair)
    assert looks(COMPOSED) == looks(DECOMPOSED)


def table(**columns):
    return pd.DataFrame({"event_id": ["e1", "e2"], "date": ["2021-03-17", "2021-04"]} | columns)


@pytest.mark.parametrize("column", ["perpetrator", "claimed_by", "area", "place"])
@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ([COMPOSED, DECOMPOSED], "composed form"),
        (["A B", "A\u00a0B"], "must not look alike"),
        (["A" * 201, "B"], "at most 200 characters"),
        (["A\u200b", "B"], "invisible characters"),
        (["A\u2066", "B"], "invisible characters"),
    ],
)
def test_labels_follow_the_same_rule(column, cells, rule):
    with pytest.raises(at.DataError, match=rule) as raised:
        at.read_events(table(**{column: cells}))
    assert set(raised.value.problems["column"]) == {column}


def test_sources_follow_the_same_rule():
    said = pd.DataFrame(
        {"event_id": ["e1", "e2"], "source": [COMPOSED, DECOMPOSED], "kind": "accusation", "actor": "IS"}
    )
    with pytest.raises(at.DataError, match="source must be in composed form") as raised:
        at.read_events(table(), statements=said)
    assert raised.value.problems["row"].tolist() == [2]


def test_lists_of_allowed_names_follow_the_same_rule():
    with pytest.raises(at.DataError, match=r"U\+200B"):
        at.read_events(table(), actors=["IS\u200b"])
    with pytest.raises(at.DataError, match="look alike"):
        at.read_events(table(), actors=["A B", "A\u00a0B"])


@pytest.mark.parametrize("title", ["\u202eeltit", "a\nb", "x" * 300])
def test_titles_follow_the_same_rule(posterior, tmp_path, title):
    with pytest.raises(at.AttributionError, match="title="):
        at.report(posterior, tmp_path / "r.md", title=title)
    with pytest.raises(at.AttributionError, match=r"question=.*U\+202E"):
        at.report(posterior, tmp_path / "r.md", question="two\nlines \u202e")
    assert not list(tmp_path.iterdir())

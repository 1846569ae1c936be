"""Who made a report and from what, how often what is missing is missing, and every check in it once."""

import re

import numpy as np
import pytest

import attribution as at
from attribution.reporting.authorship import STATED, made
from attribution.reporting.context import Telling
from attribution.reporting.methods import gaps
from attribution.results.phrases import LANGUAGES, phrase

STATES = {
    "author": "A. Analyst",
    "affiliation": "Institute",
    "contact": "desk@example.org",
    "source": "simulated",
    "licence": "CC0",
    "date": "2026-12-01",
}


def told(posterior, language="en", stated=None, privacy=None):
    privacy = privacy or at.Privacy()
    return Telling(posterior, language, "ICD 203", 0.89, privacy, "", "run.py", None, {}, stated or {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_stated_and_what_is_not(posterior, language):
    _, table, contest = made(told(posterior, language, {"author": "A. Analyst"}))
    assert [row[0] for row in table.rows] == [phrase("report", f"made_{name}", language) for name in STATED]
    missing = phrase("report", "not_stated", language)
    assert [row[1] for row in table.rows] == ["A. Analyst", *[missing] * 5, "run.py"]
    assert posterior.attrs["data_hash"][:12] in table.caption
    assert contest.text


@pytest.mark.parametrize("suffix", [".html", ".md", ".tex"])
def test_two_reports_are_the_same_bytes_and_say_who_made_them(posterior, tmp_path, suffix):
    texts = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        at.report(posterior, folder / f"report{suffix}", **STATES)
        texts.append((folder / f"report{suffix}").read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    for value in STATES.values():
        assert value in texts[0].replace("\\", "")


def test_what_cannot_be_stated(posterior, tmp_path):
    with pytest.raises(at.AttributionError, match=r"report\(author=7\): text"):
        at.report(posterior, tmp_path / "x.md", author=7)
    with pytest.raises(at.AttributionError, match=r"report\(contact=...\) holds"):
        at.report(posterior, tmp_path / "x.md", contact="a\N{RIGHT-TO-LEFT OVERRIDE}b")
    assert not list(tmp_path.iterdir())


def test_a_date_of_a_claim_is_missing_where_somebody_claimed(posterior):
    events = posterior["constant_data"].to_dataset()
    claimed = events["claimed_by"].values.astype(str) != ""
    assert 20 < claimed.sum() < len(claimed) - 20
    date = np.full(len(claimed), np.datetime64("2020-01-01", "ns"))
    date[np.flatnonzero(claimed)[:8]] = np.datetime64("NaT", "ns")
    date[~claimed] = np.datetime64("NaT", "ns")
    rows = {row[0]: row[1:] for row in gaps(told(posterior), events.assign(claim_date=("event", date)))}
    assert rows["claim_date (of claimed killings)"] == ["8", f"{800 / claimed.sum():.1f} %"]
    nobody = events.assign(claimed_by=("event", np.full(len(claimed), "")), claim_date=("event", date))
    assert not [row for row in gaps(told(posterior), nobody) if row[0].startswith("claim_date")]
    few = np.where(np.arange(len(claimed)) < 2, events["claimed_by"].values.astype(str), "")
    few[:2] = "IS"
    hidden = events.assign(claimed_by=("event", few), claim_date=("event", date))
    (row,) = [row for row in gaps(told(posterior), hidden) if row[0].startswith("claim_date")]
    assert "%" not in row[2]


def test_every_check_stands_in_one_table(posterior, tmp_path):
    at.report(posterior, tmp_path / "x.md")
    text = (tmp_path / "x.md").read_text(encoding="utf-8")
    for check in at.diagnose(posterior):
        found = re.findall(rf"^\| {re.escape(check.name)} \|", text, flags=re.MULTILINE)
        assert len(found) == 1, check.name

"""Likelihood language: the whole interval, three scales, four languages, never certainty."""

import string

import numpy as np
import pytest

import attribution as at
from attribution.results.phrases import LANGUAGES, phrase, table
from attribution.results.words import SCALES, bands_of, confidence, likelihood, percent


def names(text):
    return sorted(field for _, field, _, _ in string.Formatter().parse(text) if field)


def test_every_phrase_has_every_language_and_the_same_names():
    for section, phrases in table().items():
        for key, texts in phrases.items():
            assert len(texts) == len(LANGUAGES), (section, key)
            assert all(text.strip() for text in texts), (section, key)
            assert {tuple(names(text)) for text in texts} == {tuple(names(texts[0]))}, (section, key)


def test_arabic_is_arabic():
    for section, phrases in table().items():
        for key, texts in phrases.items():
            assert any("\u0600" <= letter <= "\u06ff" for letter in texts[1]), (section, key)


@pytest.mark.parametrize("scale", SCALES)
def test_scales_rise_and_have_a_term_for_each_range(scale):
    bands = bands_of(scale)
    ends = np.array([band[:2] for band in bands])
    assert ends[0, 0] == 0
    assert ends[-1, 1] == 1
    assert (ends[:, 0] < ends[:, 1]).all()
    assert (ends[1:, 0] >= ends[:-1, 1]).all()
    assert sorted(key for *_, key in bands) == sorted(table()[scale])


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_interval_inside_a_range_has_its_term(scale, language):
    for low, high, key in bands_of(scale):
        inside = low + 0.25 * (high - low), low + 0.75 * (high - low)
        assert likelihood(*inside, scale=scale, language=language) == phrase(scale, key, language)
        assert likelihood(low, high, scale=scale, language=language) == phrase(scale, key, language)


@pytest.mark.parametrize("scale", SCALES)
def test_an_interval_over_several_ranges_has_both_ends(scale):
    """Independent of the code: the ranges that the ends lie in, by scanning."""
    bands = bands_of(scale)
    for i, (low, high, first) in enumerate(bands):
        for low_2, high_2, last in bands[i + 1 :]:
            words = likelihood((low + high) / 2, (low_2 + high_2) / 2, scale=scale)
            assert words == f"between {phrase(scale, first)} and {phrase(scale, last)}"


def test_the_mean_alone_never_decides():
    assert likelihood(0.65, 0.75) == "likely"
    assert likelihood(0.45, 0.95) == "between roughly even chance and very likely"


def test_a_gap_is_between_its_neighbours():
    for low, high in zip(SCALES["PHIA"][:-1], SCALES["PHIA"][1:], strict=True):
        middle = (low[1] + high[0]) / 2
        words = likelihood(middle, middle, scale="PHIA")
        assert words == f"between {phrase('PHIA', low[2])} and {phrase('PHIA', high[2])}"


def test_a_border_has_one_term():
    assert likelihood(0.55, 0.55) == "roughly even chance"
    assert likelihood(0.0, 0.0) == "almost no chance"
    assert likelihood(1.0, 1.0, scale="IPCC") == "virtually certain"


@pytest.mark.parametrize("ends", [(-0.1, 0.5), (0.5, 1.1), (0.7, 0.3), (float("nan"), 0.5)])
def test_what_is_no_interval(ends):
    with pytest.raises(at.AttributionError, match="ends of an interval"):
        likelihood(*ends)


@pytest.mark.parametrize(
    ("wrong", "told"), [({"scale": "PHI"}, "Did you mean 'PHIA'"), ({"language": "de"}, "'en', 'ar'")]
)
def test_what_there_is_not(wrong, told):
    with pytest.raises(at.AttributionError, match=told):
        likelihood(0.1, 0.2, **wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_never_nought_or_a_hundred_per_cent(language):
    for probability in np.linspace(0, 1, 2001):
        shown = percent(probability, language)
        assert shown not in ("0 %", "100 %")
        assert shown[0] != "0"
    assert percent(0.01, language) == "1 %"
    assert percent(0.99, language) == "99 %"


LEVELS = [
    ({"failed": 1}, "low"),
    ({"shift": 0.21}, "low"),
    ({}, "low"),
    ({"shift": float("nan")}, "low"),
    ({"shift": 0.06}, "moderate"),
    ({"shift": 0.02, "wider": True}, "low"),
    ({"shift": 0.02, "known": 15}, "low"),
    ({"shift": 0.02, "known": 16}, "moderate"),
    ({"shift": 0.02, "known": 2, "sources": 14}, "moderate"),
    ({"shift": 0.02, "known": 2, "sources": 13}, "low"),
    ({"shift": 0.05}, "high"),
    ({"shift": 0.05, "known": 29}, "moderate"),
    ({"shift": 0.05, "unshown": 1}, "moderate"),
]


@pytest.mark.parametrize(("given", "level"), LEVELS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_confidence_is_a_sentence_of_its_own(given, level, language):
    made = {"events": 1200, "known": 30, "checks": 31, "failed": 0} | given
    words = confidence(**made, language=language)
    assert words.startswith(phrase("confidence", level, language))
    assert f"{made['events']:,}" in words
    assert str(made["known"]) in words
    for *_, key in SCALES["ICD 203"][4:]:  # no likelihood in the same breath (ICD 203, D.6.e.2.b)
        assert phrase("ICD 203", key, "en") not in words


def test_leaving_the_examination_out_never_raises_confidence():
    order = ["low", "moderate", "high"]

    def level(**given):
        words = confidence(events=60, checks=20, failed=0, **given)
        return next(i for i, key in enumerate(order) if words.startswith(phrase("confidence", key, "en")))

    for known in (0, 2, 16, 40):
        assert level(known=known) <= min(level(known=known, shift=shift) for shift in (0.0, 0.1, 0.5))


def test_confidence_says_why_it_is_low():
    words = confidence(events=6, known=2, checks=22, failed=0, shift=0.1, sources=1, wider=True)
    assert "Fewer than 16 labels and independent sources carry it: 2 and 1." in words
    assert "wider than its interval" in words
    assert "(not shown) have a known" in confidence(events=6, known=2, checks=22, failed=0, shown=False)

"""Which labels are hidden together: contiguous, balanced, whole incidents, never the future."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attribution as at
from attribution.events.candidates import candidate_mask, incidents
from attribution.validation.folds import cut, deal, split

ACTORS = ["IS", "army", "unlisted"]


def table(count=60, seed=3, incident=True):
    """Shuffled dates; a third known, a third partly; incidents of up to four, some over two areas."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, count)
    frame = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in range(count)],
            "date": (np.datetime64("2019-01-01") + rng.integers(0, 700, count)).astype(str),
            "area": rng.choice(["a", "b", "c", "d", "e"], count, p=[0.4, 0.3, 0.1, 0.1, 0.1]),
            "perpetrator": np.where(kind == 0, "IS", ""),
            "candidates": np.where(kind == 1, "IS|army", ""),
        }
    )
    if incident:
        frame["incident"] = [f"i{i}" if i % 3 else "" for i in rng.integers(0, count // 2, count)]
    return at.read_events(frame)


def dealt(events, **arguments):
    return split(events, candidate_mask(events, ACTORS), **arguments)


@pytest.mark.parametrize("blocks", ["time", "forward", "random", "area"])
@pytest.mark.parametrize("seed", range(4))
def test_events_of_one_incident_share_a_fold(blocks, seed):
    events = table(seed=seed)
    found = dealt(events, blocks=blocks, folds=4, seed=seed)
    label = events["incident"].values
    for name in set(label) - {""}:
        assert len(set(found.fold[label == name])) == 1
        assert len(set(found.order[label == name])) == 1


def test_no_incident_is_an_incident_of_its_own():
    unit, first = incidents(table(9, incident=False))
    np.testing.assert_array_equal(unit, np.arange(9))
    np.testing.assert_array_equal(first, np.arange(9))


@pytest.mark.parametrize("blocks", ["time", "forward", "random"])
def test_folds_hold_equally_many_known_perpetrators(blocks):
    found = dealt(table(200, incident=False), blocks=blocks, folds=5, seed=1)
    count = np.bincount(found.fold[found.known], minlength=5)
    assert count.max() - count.min() <= 1
    assert found.known.sum() == count.sum()


def test_blocks_in_time_are_contiguous():
    events = table(120, incident=False)
    found = dealt(events, blocks="time", folds=5)
    date = events["date"].values
    for fold in range(4):
        assert date[found.fold == fold].max() <= date[found.fold == fold + 1].min()
    assert found.block[0].startswith(str(date.min())[:10])


def test_forward_never_sees_the_future():
    events = table(120, incident=False)
    found = dealt(events, blocks="forward", folds=5)
    assert found.scored == [1, 2, 3, 4], "the first block has no past"
    date = events["date"].values
    for fold in found.scored:
        seen = found.labelled & ~found.hidden(fold)
        assert seen.any()
        assert date[seen].max() <= date[found.test(fold)].min()
        assert (found.future(fold) == (found.fold > fold)).all()


def test_a_fold_hides_its_labels_whole_and_partial_and_no_others():
    found = dealt(table(90), blocks="random", folds=3, seed=5)
    for fold in range(3):
        np.testing.assert_array_equal(found.hidden(fold), found.fold == fold)
        np.testing.assert_array_equal(found.test(fold), (found.fold == fold) & found.known)
        assert not found.future(fold).any()


@pytest.mark.parametrize("fraction", [0.05, 0.3, 1.0])
def test_a_share_of_the_labels_is_kept_and_less_is_part_of_more(fraction):
    found = dealt(table(300, incident=False), folds=3, seed=2)
    for fold in range(3):
        all_, kept = (found.labelled & ~found.hidden(fold, share) for share in (1.0, fraction))
        assert kept.sum() == np.ceil(fraction * all_.sum())
        assert (kept <= all_).all()
        assert ((found.labelled & ~found.hidden(fold, 0.05)) <= kept).all()


def test_areas_stay_whole():
    events = table(200, incident=False)
    few, many = dealt(events, blocks="area", folds=3), dealt(events, blocks="area", folds=50)
    for name in "abcde":
        own = events["area"].values == name
        assert len(set(few.fold[own])) == len(set(many.fold[own])) == 1
    assert len(few.block) == 3
    assert sorted(many.block) == list("abcde")
    assert sorted("; ".join(few.block).split("; ")) == list("abcde")


def test_the_seed_moves_random_folds_only():
    events = table()
    one, same, other = (dealt(events, blocks="random", folds=3, seed=seed).fold for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()
    assert (dealt(events, folds=3, seed=1).fold == dealt(events, folds=3, seed=2).fold).all()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.integers(2, 6), st.randoms())
@settings(max_examples=60, deadline=None)
def test_cuts_are_even_up_to_the_largest_unit(counts, folds, random):
    count = np.array(counts, dtype=float)
    if not count.sum():
        return
    place = np.array(random.sample(range(len(count)), len(count)))
    fold = cut(place, count, folds)
    assert (np.diff(fold[place]) >= 0).all(), "contiguous in the order given"
    assert fold.min() >= 0
    assert fold.max() < folds
    held = np.bincount(fold, count, minlength=folds)
    assert np.abs(held - count.sum() / folds).max() <= count.max() + 1e-9


def test_groups_are_dealt_to_the_lightest_fold():
    np.testing.assert_array_equal(deal(np.array([1.0, 9.0, 5.0, 3.0, 2.0]), 2), [0, 0, 1, 1, 1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"folds": 1}, "folds=1: give at least 2"),
        ({"folds": 500}, "no more than there are events with a known perpetrator"),
        ({"blocks": "aera"}, "Did you mean 'area'"),
        ({"blocks": "one"}, "the column has a single value"),
    ],
)
def test_errors_teach(arguments, message):
    events = table(incident=False)
    events["one"] = ("event", np.full(60, "same"))
    with pytest.raises(at.AttributionError, match=message):
        dealt(events, **({"folds": 3} | arguments))

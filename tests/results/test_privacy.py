"""What is hidden in a report cannot be found from what is shown: an attacker who solves for it finds none."""

import dataclasses
import itertools
import math

import numpy as np
import pandas as pd
import pytest

from attribution.reporting.context import Telling
from attribution.results.privacy import Privacy, covered, hidden, when

SMALLEST = 5


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([3, 0, 0], [True, True, True]),
        ([1, 1, 20, 38], [True, True, True, False]),
        ([1, 1], [True, True]),
        ([2, 2, 2, 30], [True, True, True, False]),
        ([1, 1, 1, 1, 1, 40], [True] * 6),
        ([4, 9, 9], [True, True, False]),
        ([0, 0, 0], [False] * 3),
        ([5, 5], [False, False]),
        ([], []),
    ],
)
def test_hidden_groups_hide_one_another(counts, expected):
    assert hidden(counts, SMALLEST).tolist() == expected


def solved(total, shown, out, low=0):
    """Values of each hidden count that agree with all that is printed: a total and the counts shown.

    ``total`` is a range, since a percentage that was rounded says between which whole numbers it lies.
    """
    rest = [value - sum(shown) for value in range(total[0], total[1] + 1)]
    if out == 1:
        return set(rest)
    most = max(rest) - low * (out - 1)
    return {value for value in range(low, most + 1) if any(low * (out - 1) <= r - value for r in rest)}


def rounded(count, total):
    """Between which whole numbers a count lies of which the whole per cent of a total is printed."""
    share = round(100 * count / total)
    return math.ceil(max(0, share - 0.5) * total / 100), math.floor(min(100, share + 0.5) * total / 100)


def test_an_attacker_finds_no_hidden_count_of_200_tables():
    rng = np.random.default_rng(11)
    found, tried = [], 0
    for table in range(200):
        counts = rng.poisson(rng.gamma(0.7, 9), rng.integers(2, 9))
        out = hidden(counts, SMALLEST)
        if not out.any() or (out.all() and counts.sum() < SMALLEST):
            continue
        tried += 1
        total = int(counts.sum())
        for known in ((total, total), rounded(total, 3 * total + 7)):
            values = solved(known, counts[~out].tolist(), int(out.sum()), low=int(counts[out].min() > 0))
            if len(values) < 2:
                found.append((table, counts.tolist(), known))
    assert tried > 80
    assert found == []


def test_the_attacker_is_one():
    """Two areas of one killing each, of 60: what the library printed once."""
    assert solved((60, 60), [58], 2, low=1) == {1}
    assert solved((60, 60), [57], 1) == {3}


def test_what_is_hidden_is_enough():
    for counts in itertools.product(range(9), repeat=4):
        out = hidden(counts, SMALLEST)
        own = np.array(counts)[out]
        assert not ((np.array(counts) > 0) & (np.array(counts) < SMALLEST) & ~out).any()
        assert not out.any() or out.all() or covered(own, SMALLEST)


def labels(posterior, numbers):
    """The same posterior with so many events known, of each actor in turn, and the rest open."""
    group = posterior["attribution"].to_dataset()
    candidate = np.ones(group["candidate"].shape, dtype=bool)
    whose = np.repeat(np.arange(len(numbers)), numbers)
    candidate[: len(whose)] = np.arange(candidate.shape[1]) == whose[:, None]
    group["candidate"] = group["candidate"].copy(data=candidate)
    group["known"] = group["known"].copy(data=candidate.sum(axis=1) == 1)
    posterior["attribution"] = type(posterior)(group)
    return posterior


@pytest.mark.parametrize(
    ("numbers", "masked"),
    [
        ((3, 0, 0, 0), [True] * 4),
        ((2, 9, 20, 0), [True, True, False, False]),
        ((9, 9, 9, 9), [False] * 4),
        ((1, 1, 20, 0), [True, True, True, False]),
    ],
)
def test_counts_of_known_perpetrators_follow_the_rule(posterior, numbers, masked):
    told = telling(labels(posterior, numbers))
    assert (~told.released.known).tolist() == masked
    if sum(numbers) < SMALLEST:
        assert not told.released.total
        assert not told.released.open


def telling(posterior):
    return Telling(posterior, "en", "ICD 203", 0.89, Privacy(smallest=SMALLEST), "", "", None, {})


def test_bounds_do_not_tell_what_is_masked(posterior):
    """A bound is a count of known killings over all: it is left out where that count is masked."""
    names = posterior["attribution"]["actor"].values
    table = pd.DataFrame({"kind": ["fit"] * 4 + ["bound"] * 4, "actor": [*names, *names], "share": 0.25})
    for numbers, there in (((2, 9, 20, 0), 2), ((9, 9, 9, 9), 4), ((3, 0, 0, 0), 0)):
        told = dataclasses.replace(telling(labels(posterior, numbers)), sensitivity=table)
        assert told.moved.loc[told.moved["kind"] == "bound", "actor"].nunique() == there


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("2019-05-03", "2019-05-03", ("2019", "2019-05", "2019-05-03")),
        ("2019-05-01", "2019-05-31", ("2019", "2019-05", "2019-05")),
        ("2019-01-01", "2019-12-31", ("2019", "2019", "2019")),
        ("2019-12-28", "2020-01-02", ("2019 to 2020", "2019 to 2020", "2019 to 2020")),
    ],
)
def test_a_date_is_shown_no_finer_than_it_is_known(first, last, shown):
    ends = (np.array([day], dtype="datetime64[D]") for day in (first, last))
    first, last = ends
    found = tuple(when(first, last, Privacy(date=unit))[0] for unit in ("year", "month", "day"))
    assert found == shown

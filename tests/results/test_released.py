"""An attacker: whatever a report prints of counts, as equations; no count that is hidden is the only one that fits."""

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from attribution.results.privacy import covered, hidden
from attribution.results.released import released

ACTORS = 4


def table(rng):
    """Candidates by label of a random table of killings: few or many known, partly known and open."""
    size, actors = int(rng.integers(6, 70)), int(rng.integers(2, ACTORS + 2))
    weight = rng.dirichlet(np.full(3, 0.5))
    kind = rng.choice(3, size, p=weight)
    favourite = rng.dirichlet(np.full(actors, 0.4))
    candidate = np.ones((size, actors), dtype=bool)
    for row, own in zip(candidate, kind, strict=True):
        if own == 0:
            row[:] = np.arange(actors) == rng.choice(actors, p=favourite)
        elif own == 1 and actors > 2:
            row[:] = np.isin(np.arange(actors), rng.choice(actors, 2, replace=False))
    return candidate


def printed(candidate, smallest):
    """Equations ``(coefficients, low, high)`` over known counts by actor, partly, open, and memberships by actor.

    Unknown are known_k, partly, open and among_k, the partly known killings an actor may have done.
    """
    actors, size = candidate.shape[1], len(candidate)
    number = candidate.sum(axis=1)
    open_ = number == actors
    known, partly = candidate[number == 1].sum(axis=0), (number > 1) & ~open_
    among = candidate[partly].sum(axis=0)
    values = np.array([*known, partly.sum(), open_.sum(), *among])
    say, unit, rows = released(candidate, smallest), np.eye(2 * actors + 2), []

    def tell(coefficients, low, high):
        rows.append((coefficients, low, high))

    tell(unit[: actors + 2].sum(axis=0), size, size)
    if say.total:
        tell(unit[:actors].sum(axis=0), known.sum(), known.sum())
    for k in range(actors):
        tell(unit[actors] - unit[actors + 2 + k], 0, np.inf)
        if say.known[k]:
            tell(unit[k], known[k], known[k])
        if say.bounds[k]:
            for coefficients in (unit[k], unit[k] + unit[actors + 1] + unit[actors + 2 + k]):
                share = coefficients @ values / size
                per_cent = round(100 * share)
                low, high = (per_cent - 0.5) / 100 * size, (per_cent + 0.5) / 100 * size
                if share < 0.01 or share > 0.99:
                    low, high = (0, 0.01 * size) if share < 0.01 else (0.99 * size, size)
                tell(coefficients, low - 1e-9, high + 1e-9)
    tell(unit[actors + 2 :].sum(axis=0) - 2 * unit[actors], 0, np.inf)
    for place, may in ((actors, say.partly), (actors + 1, say.open)):
        if may:
            tell(unit[place], values[place], values[place])
    return (
        values,
        rows,
        [k for k in range(actors) if not say.known[k]]
        + [place for place, may in ((actors, say.partly), (actors + 1, say.open)) if not may],
    )


def found(rows, cell, count):
    """Least and largest whole number that a cell may be, by everything printed."""
    constraint = LinearConstraint(np.array([row[0] for row in rows]), *np.array([row[1:] for row in rows]).T)
    ends = []
    for sign in (1, -1):
        goal = sign * np.eye(count)[cell]
        solved = milp(goal, constraints=constraint, integrality=np.ones(count), bounds=Bounds(0, np.inf))
        assert solved.success, "what is printed is true of the table"
        ends.append(sign * solved.fun)
    return ends


def test_an_attacker_finds_no_hidden_count():
    rng = np.random.default_rng(7)
    attacked = 0
    for _ in range(200):
        values, rows, cells = printed(table(rng), 5)
        for cell in cells:
            low, high = found(rows, cell, len(values))
            assert low - 1e-6 <= values[cell] <= high + 1e-6
            assert high - low > 0.5, (values, cell)
            attacked += 1
    assert attacked > 200, "there was something to find"


def test_the_attacker_finds_what_is_not_protected(monkeypatch):
    """The attack is one: with small counts hidden alone, without complements, it finds most."""
    from attribution.results import released as module

    monkeypatch.setattr(module, "hidden", lambda counts, least: (counts > 0) & (counts < least))
    monkeypatch.setattr(module, "covered", lambda *_: True)
    rng = np.random.default_rng(7)
    lost = 0
    for _ in range(60):
        values, rows, cells = printed(table(rng), 5)
        lost += sum(np.ptp(found(rows, cell, len(values))) < 0.5 for cell in cells)
    assert lost > 10


def test_hidden_groups_cover_each_other():
    """Whatever the counts: what is hidden holds enough together, or nothing is shown at all."""
    rng = np.random.default_rng(1)
    for _ in range(2000):
        smallest = int(rng.integers(1, 12))
        counts = rng.integers(0, 12, rng.integers(1, 8)) * rng.integers(0, 2)
        out = hidden(counts, smallest)
        assert out[(counts > 0) & (counts < smallest)].all()
        assert covered(counts[out], smallest) or out.all()


@pytest.mark.parametrize(
    ("known", "open_", "total", "shown"),
    [
        ((12, 9), 20, True, [True, True]),
        ((3, 12), 20, True, [False, False]),
        ((3, 0), 20, False, [False, False]),
        ((12, 9), 3, False, [True, False]),
        ((1, 1), 4, False, [False, False]),
    ],
)
def test_labels_that_are_shown(known, open_, total, shown):
    one = np.eye(2, dtype=bool)
    rows = [one[0]] * known[0] + [one[1]] * known[1] + [np.ones(2, dtype=bool)] * open_
    say = released(np.array(rows), 5)
    assert say.total is total
    assert say.known.tolist() == shown
    if not say.total:
        assert not say.open

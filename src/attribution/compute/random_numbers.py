"""Random numbers that depend on what they are for, and not on when, beside what or where they are drawn.

The numbers of an event are those at its place of one long sequence, so that a table may be worked on in pieces of any
size. The sequence is SplitMix64 (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195), whose every member is
computed by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from attribution.arrays import Array


class Stream(IntEnum):
    """What random numbers are for: beside the seed it decides which they are, so that no two purposes share any."""

    SIMULATION = 1
    SCORING = 2
    REPLICATES = 3
    FOLDS = 4
    REWEIGHTED_TABLES = 5
    SBC_WORLDS = 6
    SBC_REFITS = 7
    SBC_RECORDS = 8
    SPONSORS = 9
    REWEIGHTED_ACTORS = 10
    PLACEBOS = 11
    AGREEMENT = 12
    STEADINESS = 13
    LABELS = 14
    INVESTIGATION = 15


STEP = np.uint64(0x9E3779B97F4A7C15)
FACTORS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


def members(start: int, index: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Members of SplitMix64's sequence from a start, counted from 0; any shape."""
    mixed = (index + np.uint64(1)) * STEP + np.uint64(start)
    for shift, factor in FACTORS:
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def uniforms(seed: Sequence[int], position: NDArray[np.int64], samples: int) -> NDArray[np.float64]:
    """Numbers from 0 to below 1 of the events at some positions of a table, ``(position, sample)``.

    Parameters
    ----------
    seed
        Whole numbers: the seed and what the numbers are for.
    position
        Place of each event in the whole table, counted from 0.
    samples
        Numbers of each event; with another number of them, they are others.
    """
    start = int(np.random.SeedSequence(list(seed)).generate_state(1, np.uint64)[0])
    first = position.astype(np.uint64) * np.uint64(samples)
    index: NDArray[np.uint64] = np.add.outer(first, np.arange(samples, dtype=np.uint64))
    return np.asarray((members(start, index) >> np.uint64(11)) * 2.0**-53)


def normals(seed: Sequence[int], purpose: bytes, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Standard normal numbers for a purpose: the same whenever it comes up."""
    digest = np.frombuffer(hashlib.sha256(purpose).digest(), dtype=np.uint32)
    return np.random.default_rng([*seed, *digest.tolist()]).standard_normal(shape)


def categorical(probability: Array, rng: np.random.Generator) -> NDArray[np.int64]:
    """One draw from each distribution along the last axis."""
    return pick(probability, rng.random(probability.shape[:-1]))


def pick(probability: Array, uniform: Array) -> NDArray[np.int64]:
    """The outcome of each distribution along the last axis in which a number between 0 and 1 falls."""
    cumulative = probability.cumsum(axis=-1)
    beyond = cumulative <= uniform[..., None] * cumulative[..., -1:]
    return np.asarray(beyond.sum(axis=-1).clip(max=probability.shape[-1] - 1))

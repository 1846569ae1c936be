"""Likelihood language: a probability interval in words, chosen from the whole interval."""

from __future__ import annotations

SCALE = (
    (0.05, "almost no chance"),
    (0.20, "very unlikely"),
    (0.45, "unlikely"),
    (0.55, "roughly even chance"),
    (0.80, "likely"),
    (0.95, "very likely"),
    (1.01, "almost certain"),
)
"""Upper ends and expressions of Intelligence Community Directive 203 (US ODNI 2015, section D.6.e)."""


def likelihood(low: float, high: float) -> str:
    """Words for an interval of probability; both ends' words where they differ.

    Examples
    --------
    >>> likelihood(0.6, 0.7)
    'likely'
    >>> likelihood(0.3, 0.7)
    'between unlikely and likely'
    """
    first, last = expression(low), expression(high)
    return first if first == last else f"between {first} and {last}"


def expression(probability: float) -> str:
    """Words for one probability."""
    return next(words for end, words in SCALE if probability <= end)

"""Likelihood language chosen from a whole interval of probability; analytic confidence apart from it."""

from __future__ import annotations

from attribution.errors import AttributionError, nearest
from attribution.results.phrases import phrase

SCALES: dict[str, tuple[tuple[float, float, str], ...]] = {
    "ICD 203": (
        (0.00, 0.05, "almost_no_chance"),
        (0.05, 0.20, "very_unlikely"),
        (0.20, 0.45, "unlikely"),
        (0.45, 0.55, "even"),
        (0.55, 0.80, "likely"),
        (0.80, 0.95, "very_likely"),
        (0.95, 1.00, "almost_certain"),
    ),
    "PHIA": (
        (0.00, 0.05, "remote_chance"),
        (0.10, 0.20, "highly_unlikely"),
        (0.25, 0.35, "unlikely"),
        (0.40, 0.50, "realistic_possibility"),
        (0.55, 0.75, "likely"),
        (0.80, 0.90, "highly_likely"),
        (0.95, 1.00, "almost_certain"),
    ),
    "IPCC": (
        (0.00, 0.01, "exceptionally_unlikely"),
        (0.01, 0.10, "very_unlikely"),
        (0.10, 0.33, "unlikely"),
        (0.33, 0.66, "as_likely_as_not"),
        (0.66, 0.90, "likely"),
        (0.90, 0.99, "very_likely"),
        (0.99, 1.00, "virtually_certain"),
    ),
}
"""Ranges and terms, lowest first; where each scale is laid down stands in `phrases.toml`.

ICD 203 begins at 1 % and ends at 99 %; what lies beyond takes its outermost terms, and `percent`
never says 0 or 100 %.
"""

MANY_KNOWN = 30
SMALL_SHIFT, LARGE_SHIFT = 0.05, 0.20
"""Known perpetrators that high confidence needs, and how far shares may move for high and for moderate confidence."""
FEW_CARRIERS = 16
"""Labels and independent sources together below which confidence is low: with fewer labels than
:math:`(1.6 \\cdot 0.5 / 0.2)^2 = 16` a share of one half is not known to within 20 percentage points (89 %)."""


def likelihood(low: float, high: float, *, scale: str = "ICD 203", language: str = "en") -> str:
    """Words for an interval of probability; both ends' words where they differ.

    A probability in a gap between two ranges (PHIA has gaps) is between their terms.

    Parameters
    ----------
    low, high
        Ends of the interval, 0 to 1.
    scale
        `"ICD 203"`, `"PHIA"` or `"IPCC"`.
    language
        `"en"`, `"ar"`, `"fr"` or `"es"`.

    Returns
    -------
    str
        One term, or `between ... and ...`.

    Raises
    ------
    AttributionError
        A scale or language there is not, or ends that are not an interval of probability.

    References
    ----------
    Office of the Director of National Intelligence (2015). Intelligence Community Directive 203,
    D.6.e(2)(a). Professional Head of Intelligence Assessment (2018). Probability yardstick.
    Mastrandrea, M. D. et al. (2010). Guidance note for lead authors of the IPCC Fifth Assessment
    Report.

    Examples
    --------
    >>> likelihood(0.6, 0.7)
    'likely'
    >>> likelihood(0.3, 0.7)
    'between unlikely and likely'
    >>> likelihood(0.06, 0.08, scale="PHIA")
    'between remote chance and highly unlikely'
    """
    bands = bands_of(scale)
    if not 0 <= low <= high <= 1:
        raise AttributionError(f"likelihood({low}, {high}): give the ends of an interval within 0 and 1.")
    first = max(i for i, band in enumerate(bands) if band[0] <= low)
    last = min(i for i, band in enumerate(bands) if band[1] >= high)
    terms = [phrase(scale, bands[i][2], language) for i in (first, last)]
    if first >= last:  # greater where a border between two ranges is all there is: the lower one then
        return terms[1]
    return phrase("likelihood", "between", language, first=terms[0], last=terms[1])


def bands_of(scale: str) -> tuple[tuple[float, float, str], ...]:
    """Ranges of a scale, lowest first."""
    if scale not in SCALES:
        raise AttributionError(
            f"scale={scale!r}: choose one of {', '.join(map(repr, SCALES))}.{nearest(scale, SCALES)}"
        )
    return SCALES[scale]


def percent(probability: float, language: str = "en") -> str:
    """A probability in per cent, never 0 % or 100 %: the model cannot know that much.

    Examples
    --------
    >>> percent(0.374), percent(0.0), percent(1.0)
    ('37 %', 'less than 1 %', 'more than 99 %')
    """
    if probability < 0.01:
        return phrase("likelihood", "under_one", language)
    if probability > 0.99:
        return phrase("likelihood", "over_99", language)
    return f"{100 * probability:.0f} %"


def confidence(
    *,
    events: int,
    known: int,
    checks: int,
    failed: int,
    shift: float | None = None,
    unshown: int = 0,
    sources: int = 0,
    wider: bool = False,
    shown: bool = True,
    language: str = "en",
) -> str:
    """Analytic confidence in its own sentences, apart from any likelihood: data, checks, sensitivity.

    Low where a check fails, where no assumption was examined, where one of them moves a share by
    more than 20 percentage points or a share's range under all of them is wider than its interval,
    or where fewer than 16 labels and independent sources carry the result. High where all checks
    pass, at least 30 perpetrators are known, every assumption could be examined and none moves a
    share by more than 5; else moderate. The bounds are this library's, not a standard's: ICD 203
    asks for a level of confidence and its reasons, in sentences of their own, and sets none.

    Parameters
    ----------
    events, known
        Killings in the table, and those whose perpetrator is known.
    checks, failed
        Checks made, and those that failed.
    shift
        Largest change of a share under the assumptions examined, 0 to 1; None where none was
        examined.
    unshown
        Assumptions that could not be examined.
    sources
        Sources that made statements of their own.
    wider
        Whether the range of a share under the assumptions examined is wider than its interval.
    shown
        Whether the number of known perpetrators may be said.
    language
        `"en"`, `"ar"`, `"fr"` or `"es"`.

    Returns
    -------
    str
        Four to seven sentences.

    Raises
    ------
    AttributionError
        A language there is not.

    References
    ----------
    Office of the Director of National Intelligence (2015). Intelligence Community Directive 203, D.6.e(2).

    Examples
    --------
    >>> confidence(events=80, known=30, checks=31, failed=0, shift=0.02).split(". ")[0]
    'Analytic confidence is high'
    """
    few = known + sources < FEW_CARRIERS
    if failed or few or wider or shift is None or not shift <= LARGE_SHIFT:
        level = "low"
    elif shift <= SMALL_SHIFT and known >= MANY_KNOWN and not unshown:
        level = "high"
    else:
        level = "moderate"
    moved = (
        phrase("confidence", "no_sensitivity", language)
        if shift is None
        else phrase("confidence", "sensitivity", language, shift=f"{100 * shift:.0f}")
    )
    said = f"{known:,}" if shown else f"({phrase('report', 'masked', language)})"
    outcome = "checks_failed" if failed else "checks_passed"
    sentences = [
        phrase("confidence", level, language),
        phrase("confidence", "data", language, events=f"{events:,}", known=said),
        phrase("confidence", outcome, language, failed=failed, checks=checks),
        moved,
    ]
    if unshown:
        sentences.append(phrase("confidence", "unshown", language, unshown=unshown))
    if wider:
        sentences.append(phrase("confidence", "wider", language))
    if few:
        carried = {"least": FEW_CARRIERS, "known": said, "sources": sources}
        sentences.append(phrase("confidence", "few", language, **carried))
    return " ".join(sentences)

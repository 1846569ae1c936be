"""`report`: a posterior as a document that can be read, checked and cited."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import xarray as xr

from attribution.errors import AttributionError
from attribution.events.spelling import fault, shortened, unseen
from attribution.reporting import html_page, latex_page, markdown_page
from attribution.reporting.authorship import made
from attribution.reporting.blocks import Block, Picture
from attribution.reporting.context import Telling
from attribution.reporting.findings import opening, step_3, steps_4_to_6
from attribution.reporting.methods import preamble, step_1, step_2
from attribution.results.phrases import check_language
from attribution.results.privacy import Privacy
from attribution.results.words import bands_of
from attribution.runs.files import whole_file

GROUPS = ("posterior", "sample_stats", "attribution", "prior", "prior_predictive", "constant_data")


def report(
    posterior: xr.DataTree,
    path: str | os.PathLike[str],
    *,
    title: str = "",
    question: str = "",
    script: str = "",
    author: str = "",
    affiliation: str = "",
    contact: str = "",
    source: str = "",
    licence: str = "",
    date: str = "",
    sensitivity: pd.DataFrame | None = None,
    comparisons: Mapping[tuple[str, str], pd.DataFrame] | None = None,
    language: str = "en",
    scale: str = "ICD 203",
    interval: float = 0.89,
    privacy: Privacy | None = None,
) -> None:
    """Write a report: every item of the Bayesian Analysis Reporting Guidelines, in their order.

    The file needs no network and holds no script. Failed checks stand at its top; items that only
    the analyst can write are marked; each share has a citation line with data hash, seed, version
    and checks.

    Parameters
    ----------
    posterior
        What `fit` returns.
    path
        File to write, ending in `.html`, `.md` or `.tex`; a file that is there is replaced. Beside
        a `.tex` file its figures are saved as PDF.
    title, question
        Title of the report, and the goals of the analysis in the analyst's words.
    script
        The script that makes every number of the report, and where it is kept.
    author, affiliation, contact
        Who made the report, and whom to write to about it.
    source, licence
        Whose the data are, and under which terms they may be used.
    date
        Day of the report, as it is to be shown; no clock is read. Of these texts, what is not given
        is shown as not stated.
    sensitivity
        What `sensitivity` returns for this posterior.
    comparisons
        What `compare_actors` returns, by the pair of actors: ``{("IS", "criminal"): table}``.
        Actors are ranked nowhere else.
    language
        `"en"`, `"ar"` (right to left), `"fr"` or `"es"`. Texts of components, checks and figures
        are in English.
    scale
        Scale of likelihood words: `"ICD 203"`, `"PHIA"` or `"IPCC"`.
    interval
        Probability content of the intervals.
    privacy
        What of small groups, places and dates is shown; `Privacy()` by default.

    Returns
    -------
    None

    Raises
    ------
    AttributionError
        Another suffix, language or scale; not the result of a fit; a sensitivity table of another
        posterior.

    References
    ----------
    Kruschke, J. K. (2021). Bayesian analysis reporting guidelines. Nature Human Behaviour 5,
    1282-1291. doi:10.1038/s41562-021-01177-7

    von Elm, E. et al. (2007). The STROBE statement. PLoS Medicine 4, e296.
    doi:10.1371/journal.pmed.0040296

    Examples
    --------
    >>> report(posterior, "report.html", sensitivity=sensitivity(posterior))  # doctest: +SKIP
    """
    target = Path(path)
    check_given(posterior, target, language, scale, sensitivity)
    stated = {
        "author": author, "affiliation": affiliation, "contact": contact, "source": source, "licence": licence,
        "date": date,
    }  # fmt: skip
    check_texts(title, {"question": question, "script": script, **stated})
    told = Telling(
        posterior, language, scale, interval, privacy or Privacy(), question, script, sensitivity,
        dict(comparisons or {}), stated,
    )  # fmt: skip
    blocks = [
        *opening(told),
        *preamble(told),
        *made(told),
        *step_1(told),
        *step_2(told),
        *step_3(told),
        *steps_4_to_6(told),
    ]
    try:
        text = file_text(blocks, title or told.say("title"), told, target)
    finally:
        for block in blocks:
            if isinstance(block, Picture):
                plt.close(block.figure)
    with whole_file(target, private=True) as temporary:
        temporary.write_text(text, encoding="utf-8")


def check_texts(title: str, texts: Mapping[str, str]) -> None:
    """Raise `AttributionError` for a title that is no name, or a text that turns the text around it."""
    if fault(title):
        raise AttributionError(f"report(title={shortened(title)}): it {fault(title)}.")
    for name, text in texts.items():
        if not isinstance(text, str):
            raise AttributionError(f"report({name}={text!r}): text, in quotation marks.")
        found = unseen(" ".join(text.split()))
        if found:
            raise AttributionError(f"report({name}=...) holds {found}, which cannot be seen: remove it.")


def file_text(blocks: list[Block], title: str, told: Telling, target: Path) -> str:
    """The text of the file, by its suffix."""
    standing, footer = told.say("standing"), told.say("footer")
    if target.suffix == ".html":
        return html_page.page(blocks, title=title, language=told.language, standing=standing, footer=footer)
    if target.suffix == ".md":
        return markdown_page.page(blocks, title=title, standing=standing, footer=footer)
    return latex_page.page(
        blocks, title=title, language=told.language, standing=standing, footer=footer, path=target
    )


def check_given(
    posterior: xr.DataTree, target: Path, language: str, scale: str, sensitivity: pd.DataFrame | None
) -> None:
    """Raise `AttributionError` for what cannot be reported."""
    if target.suffix not in (".html", ".md", ".tex"):
        raise AttributionError(
            f"report(..., {str(target)!r}): the name must end in '.html', '.md' or '.tex'."
        )
    check_language(language)
    bands_of(scale)
    missing = [group for group in GROUPS if group not in posterior.children]
    if missing:
        raise AttributionError(
            f"report() needs what fit() returns; this lacks the groups {', '.join(missing)}."
        )
    names = {str(name) for name in posterior["attribution"].to_dataset()["actor"].values}
    if sensitivity is not None and set(sensitivity["actor"]) != names:
        raise AttributionError(
            "report(sensitivity=...) has other actors than the posterior: give sensitivity(posterior)'s own table."
        )

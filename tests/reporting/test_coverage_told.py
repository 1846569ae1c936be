"""A report says of how many sources it is stated when and where they watch."""

import numpy as np
import pytest
import xarray as xr

from attribution.reporting.methods import coverage
from attribution.results.phrases import LANGUAGES, phrase


class Told:
    """What `coverage` asks of a report."""

    def __init__(self, language):
        self.language = language

    def say(self, name, **values):
        return phrase("report", name, self.language, **values)


def events(stated, spoke):
    held = {
        "coverage_source": ("coverage", np.array(stated)),
        "statement_source": ("statement", np.array(spoke)),
    }
    return xr.Dataset(held)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_number_of_sources_with_a_stated_coverage_is_told(language):
    (block,) = coverage(Told(language), events(["a", "a", "gone"], ["a", "b", "c", "a"]))
    assert "1" in block.text
    assert "3" in block.text


def test_nothing_is_told_where_nothing_is_stated():
    assert coverage(Told("en"), xr.Dataset()) == []

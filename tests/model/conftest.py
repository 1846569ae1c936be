"""What all tests of this folder share."""

import pytensor
import pytest


@pytest.fixture(autouse=True, scope="module")
def _no_c_compiler():
    """PyTensor compiles the inner graphs of a few operations with C even where it interprets the rest."""
    with pytensor.config.change_flags(cxx=""):
        yield

"""A specification to text and back: components of the library, and those that a user defines."""

import json
from dataclasses import dataclass

import pytest

import attribution as at
from attribution.component import ActivityTerm
from attribution.components.activity.baseline import Baseline
from attribution.components.library import kinds
from attribution.errors import ModelError
from attribution.model.specification import from_json, to_json


@dataclass(frozen=True)
class Own(Baseline):
    """A component of somebody else's: this module is not of the library."""

    @property
    def name(self):
        return "own"


def test_a_component_of_a_users_own_is_read_back():
    model = at.Model(["A", "B"], [Own(sd=0.5)])
    kept = json.loads(to_json(model))["activity"][0]
    assert kept == {"component": f"{__name__}.Own", "sd": 0.5}
    assert from_json(to_json(model)) == model


def test_a_component_that_is_not_there_is_named_with_the_import_that_is_missing():
    text = to_json(at.Model(["A", "B"], [Own()])).replace(f"{__name__}.Own", "their_laws.poison.Poison")
    with pytest.raises(ModelError, match=r"'their_laws\.poison\.Poison'.*`import their_laws\.poison`"):
        from_json(text)


def test_nothing_is_imported_because_a_file_says_so(tmp_path, monkeypatch):
    (tmp_path / "told_to.py").write_text("raise SystemExit('imported')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    text = to_json(at.Model(["A", "B"])).replace('"Baseline"', '"told_to.Baseline"')
    with pytest.raises(ModelError, match="import told_to"):
        from_json(text)


@pytest.mark.parametrize("name", ["Baselin", "ActivityTerm", "Component", "__init__"])
def test_what_is_no_component_is_refused(name):
    text = to_json(at.Model(["A", "B"])).replace('"Baseline"', f'"{name}"')
    with pytest.raises(ModelError, match="does not have"):
        from_json(text)


def test_every_component_with_a_public_name_is_known_by_it():
    public = {name for name in at.__all__ if isinstance(getattr(at, name), type)}
    assert set(kinds()) <= public
    assert all(not issubclass(getattr(at, name), ActivityTerm) or name in kinds() for name in public)

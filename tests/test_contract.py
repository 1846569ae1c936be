"""What users rely on: names, docstrings, values that compare, and errors that teach."""

import dataclasses
import inspect
import re
import subprocess
import sys

import pandas as pd
import pytest

import attribution as at
from attribution.components.base import ActivityTerm, CouplingLaw, EvidenceLaw
from attribution.model.specification import from_json, to_json

NAMES = {
    *(
        "ActivePeriod",
        "AttributionError",
        "Baseline",
        "Bundles",
        "Category",
        "Check",
        "Checkpoint",
        "Claim",
        "Covariate",
        "DataError",
        "FitError",
    ),
    *(
        "Identification",
        "Location",
        "Model",
        "ModelError",
        "Scene",
        "Sponsorship",
        "Statements",
        "TargetRank",
        "Timing",
    ),
    "Privacy",
    *(
        "attribute",
        "attribute_table",
        "attributions",
        "compare_actors",
        "contributions",
        "data_hash",
        "diagnose",
        "fit",
        "load",
        "plot_attribution",
        "plot_calibration",
        "plot_claims",
        "plot_map",
        "plot_prior_posterior",
        "plot_sensitivity",
        "plot_shares",
        "plot_sources",
        "plot_sponsors",
        "report",
    ),
    *(
        "combine",
        "crosswalk",
        "example_path",
        "harmonise",
        "select",
        "match_events",
        "suggest",
        "to_csv",
        "verify",
    ),
    *("decisions", "read_acled", "read_gtd", "read_table", "read_ucdp_ged"),
    *("read_events", "save", "shares", "simulate", "to_frame"),
    *("compare", "loo", "plot_holdout", "plot_sbc", "sbc"),
    *("holdout", "read_events", "save", "shares", "simulate", "to_frame"),
    *("join", "model_of", "select"),
    "sponsors",
    *("sensitivity", "worth_investigating", "plot_worth_investigating"),
    *("benefit", "plot_benefit"),
}
FUNCTIONS = sorted(name for name in NAMES if name[0].islower())
CLASSES = sorted(NAMES - {*FUNCTIONS})
COMPONENTS = [
    *(
        at.Baseline(sd=2.0),
        at.Category("method", sd=0.5),
        at.Covariate("killed", log=True),
        at.Location(length_km=9),
    ),
    *(
        at.TargetRank(sd=0.3),
        at.Timing(),
        at.Timing(by="area", period="year"),
        at.Claim(time_sd=0),
    ),
    *(at.Statements(), at.Statements(voices=["monitor | accusation"])),
    *(at.Claim(by="method", slope=("killed",)), at.Bundles(kinds=["operations"])),
    at.Statements(allegiance={"army": "IS"}, copies={"paper": "monitor"}),
    at.Identification(by=["area"], blocs={"IS": "x"}, offset={"IS": -1.0}),
    at.Sponsorship({"IS": {}, "army": {"a state": 2}}),
    *(at.Scene(["slogan", "uniform"]), at.Checkpoint(allies={"army": ["IS"]})),
    at.ActivePeriod({"IS": ("2014-06-29", None), "army": (None, "2024")}),
]


def told(raised):
    return str(raised.value)


def rows(**columns):
    """Two events, with more columns."""
    return pd.DataFrame({"event_id": ["e1", "e2"], "date": ["2020-01-01", "2021-01-01"]} | columns)


def said(*statements):
    return pd.DataFrame(statements, columns=["event_id", "source", "kind", "actor"])


def simulated(table, activity=None, evidence=(), **arguments):
    model = at.Model(["IS", "army"], [at.Baseline()] if activity is None else activity, evidence)
    return at.simulate(model, at.read_events(table, **arguments), seed=1)


# ---- names


def test_the_public_names_are_these_and_no_others():
    assert set(at.__all__) == NAMES
    assert dir(at) == sorted(at.__all__)


def test_every_public_name_is_there_and_stays_what_it_is():
    """Importing a module of the package must not put the module in the place of a function of the same name."""
    code = (
        "import attribution as at\n"
        "for _ in range(2):\n"
        "    for name in at.__all__:\n"
        "        assert callable(getattr(at, name)), name\n"
        "from attribution import *\n"
        "assert fit is at.fit\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=300)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'fti'"):
        at.fti  # noqa: B018


@pytest.mark.parametrize("use", ["", "at.read_events(pd.DataFrame({'event_id': ['a'], 'date': ['2020']}))"])
def test_reading_does_not_wait_for_pymc(use):
    code = f"import sys, pandas as pd, attribution as at\n{use}\nprint(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=300
    )
    assert {"pymc", "pytensor", "jax", "nutpie", "arviz"}.isdisjoint(done.stdout.split())


# ---- docstrings


def sections(thing):
    """Section -> its text, of a numpydoc docstring."""
    text = inspect.getdoc(thing) or ""
    parts = re.split(r"^([A-Z][a-z]+)\n-+$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True)) | {"": parts[0]}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_say_what_goes_in_and_what_comes_out(name):
    function = getattr(at, name)
    found, signature = sections(function), inspect.signature(function)
    assert found[""].strip()
    for argument in signature.parameters:
        assert re.search(rf"^(.*\W)?{argument}(\W.*)?$", found["Parameters"], flags=re.MULTILINE), argument
    if signature.return_annotation not in (None, "None"):
        assert found["Returns"].strip()
    assert ">>>" in found["Examples"]


@pytest.mark.parametrize(
    "name", sorted(set(FUNCTIONS) - {"data_hash", "decisions", "diagnose", "plot_shares", "to_frame"})
)
def test_functions_say_what_they_raise(name):
    assert re.search(r"^\w*Error$", sections(getattr(at, name))["Raises"], flags=re.MULTILINE)


@pytest.mark.parametrize("name", CLASSES)
def test_classes_say_what_they_hold(name):
    kind = getattr(at, name)
    found = sections(kind)
    assert found[""].strip()
    if dataclasses.is_dataclass(kind):
        held = found["Parameters"] if name != "Check" else found["Attributes"]
        assert [f.name for f in dataclasses.fields(kind) if not re.search(rf"\b{f.name}\b", held)] == []
        assert ">>>" in found["Examples"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_catch_all_arguments(name):
    kinds = {p.kind for p in inspect.signature(getattr(at, name)).parameters.values()}
    assert kinds.isdisjoint({inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL})


def test_settings_are_given_by_name():
    parameters = inspect.signature(at.fit).parameters
    by_name = [name for name, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY]
    assert [name for name in parameters if name not in by_name] == ["model", "events"]
    assert by_name[:4] == ["seed", "draws", "tune", "chains"]
    assert parameters["seed"].default is inspect.Parameter.empty, "randomness is an argument"
    for name, argument in (("simulate", "seed"), ("shares", "by"), ("attributions", "interval")):
        assert (
            inspect.signature(getattr(at, name)).parameters[argument].kind is inspect.Parameter.KEYWORD_ONLY
        )


# ---- values


@pytest.mark.parametrize("component", COMPONENTS, ids=repr)
def test_components_are_values(component):
    again = dataclasses.replace(component)
    assert again == component
    assert hash(again) == hash(component)
    assert isinstance(component, ActivityTerm | EvidenceLaw | CouplingLaw)
    with pytest.raises(dataclasses.FrozenInstanceError):
        component.sd = 9.0


def test_a_model_is_a_value():
    model = at.Model(["IS"], COMPONENTS[:3], [at.Claim()])
    assert model == at.Model(("IS",), tuple(COMPONENTS[:3]), (at.Claim(),))
    assert hash(model) == hash(at.Model(["IS"], COMPONENTS[:3], [at.Claim()]))
    assert model != at.Model(["IS"], COMPONENTS[:3])
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.actors = ()


def test_a_model_does_not_follow_the_list_it_was_given():
    actors = ["IS", "army"]
    model = at.Model(actors)
    actors.append("police")
    assert model.names == ("IS", "army", "unlisted")


@pytest.mark.parametrize("closed", [False, True])
def test_a_specification_comes_back(closed):
    terms = [*COMPONENTS[:7], COMPONENTS[-1]]
    model = at.Model(["IS", "army"], terms, [COMPONENTS[7], COMPONENTS[9]], closed=closed)
    assert from_json(to_json(model)) == model
    assert from_json(to_json(at.Model(["داعش"]))).actors == ("داعش",)


def test_voices_come_back_from_a_tuple():
    model = at.Model(["IS"], evidence=[at.Statements(voices=("monitor | accusation",))])
    assert from_json(to_json(model)) == model


def test_a_specification_with_a_component_of_tomorrow():
    text = to_json(at.Model(["IS"])).replace('"Baseline"', '"Basline"')
    with pytest.raises(
        at.ModelError, match=r"'Basline' that this version does not have\. Did you mean 'Baseline'\?"
    ):
        from_json(text)


# ---- a model that cannot be


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"actors": ["IS", "army", "IS"]}, "Actors repeat: IS."),
        ({"actors": ["IS", "unlisted"]}, "'unlisted' is there by itself; leave it out"),
        ({"actors": ["IS"], "closed": True}, "nothing to attribute with a single actor"),
        ({"actors": []}, "nothing to attribute with a single actor"),
        ({"actors": "IS"}, "Model(actors=...) takes a list, not the text 'IS'"),
        ({"actors": ["IS "]}, "Actor 'IS ' is not a name"),
        ({"actors": [""]}, "Actor '' is not a name"),
        ({"actors": ["IS|army"]}, "without '|'"),
        ({"actors": [7]}, "Actor 7 is not a name"),
        ({"actors": ["IS"], "activity": [at.Claim()]}, "takes instances of ActivityTerm, such as Baseline()"),
        ({"actors": ["IS"], "activity": [at.Baseline]}, "takes instances of ActivityTerm"),
        ({"actors": ["IS"], "activity": ["baseline"]}, "'baseline' is not one"),
        ({"actors": ["IS"], "activity": at.Baseline()}, "Model(activity=...) takes a list"),
        ({"actors": ["IS"], "evidence": [at.Timing()]}, "takes instances of EvidenceLaw, such as Claim()"),
        ({"actors": ["IS"], "activity": []}, "needs at least one activity term"),
        (
            {"actors": ["IS"], "activity": [at.Baseline(), at.Baseline(sd=2)]},
            "baseline is given more than once",
        ),
        (
            {"actors": ["IS"], "evidence": [at.Claim(), at.Claim()]},
            "claim is given more than once",
        ),
    ],
)
def test_a_model_that_cannot_be(arguments, message):
    with pytest.raises(at.ModelError) as raised:
        at.Model(**arguments)
    assert message in told(raised)


def test_two_categories_of_different_columns_are_two_components():
    at.Model(["IS"], [at.Category("method"), at.Category("weapon"), at.Timing(), at.Timing(by="area")])


# ---- events that a component cannot use


@pytest.mark.parametrize(
    ("component", "column"),
    [
        (at.TargetRank(), "target_rank"),
        (at.Location(), "area"),
        (at.Category("weapon"), "weapon"),
        (at.Covariate("injured"), "injured"),
        (at.Timing(by="area"), "area"),
        (at.Statements(), "statement_event"),
    ],
    ids=repr,
)
def test_a_missing_column_names_the_component_and_the_way_out(component, column):
    law = isinstance(component, EvidenceLaw)
    with pytest.raises(at.ModelError) as raised:
        simulated(rows(), [at.Baseline()] if law else [component], [component] if law else [])
    assert f"{type(component).__name__}() needs column '{column}'" in told(raised)
    assert "Add the column, or take the component out of the model" in told(raised)
    assert "date_precision" in told(raised), "the columns there are"


def test_a_fit_without_claims_needs_the_claim_column():
    with pytest.raises(at.ModelError, match=r"Claim\(\) needs column 'claimed_by'"):
        at.fit(at.Model(["IS"], evidence=[at.Claim()]), at.read_events(rows()), seed=1)


def test_ranks_without_an_order():
    with pytest.raises(at.ModelError) as raised:
        simulated(rows(target_rank=["low", "high"]), [at.TargetRank()])
    for part in ("read_events(..., ranks=[...])", "'high', 'low'", "Category('target_rank')"):
        assert part in told(raised)


def test_a_covariate_that_is_text():
    with pytest.raises(at.ModelError) as raised:
        simulated(rows(hour=["dawn", "dusk"]), [at.Covariate("hour")])
    assert "Covariate('hour') needs numbers, and the column is text (first value: 'dawn')" in told(raised)
    assert "Category('hour')" in told(raised)


def test_logs_of_negative_numbers():
    with pytest.raises(at.ModelError) as raised:
        simulated(rows(change=[3, -2]), [at.Covariate("change", log=True)])
    assert "event 'e2' has the negative value -2.0" in told(raised)


def test_claims_by_unknown_actors_are_all_listed():
    with pytest.raises(at.ModelError) as raised:
        simulated(rows(claimed_by=["ISS", "police"]), evidence=[at.Claim()])
    assert "event 'e1': claimed_by 'ISS'. Did you mean 'IS'?" in told(raised)
    assert "event 'e2': claimed_by 'police'" in told(raised)


def test_statements_on_unknown_actors_are_all_listed():
    statements = said(("e1", "monitor", "accusation", "armyy"), ("e2", "monitor", "denial", "police"))
    with pytest.raises(at.ModelError) as raised:
        simulated(rows(), evidence=[at.Statements()], statements=statements)
    assert "event 'e1': 'monitor | accusation' names 'armyy'. Did you mean 'army'?" in told(raised)
    assert "event 'e2': 'monitor | denial' names 'police'" in told(raised)


def test_labels_of_unknown_actors_are_all_listed():
    with pytest.raises(at.ModelError) as raised:
        simulated(rows(perpetrator=["ISS", ""], candidates=["", "army|police"]))
    for part in (
        "'ISS': one event, row 1, event 'e1': perpetrator. Did you mean 'IS'?",
        "'police': one event, row 2, event 'e2'",
        "harmonise(",
    ):
        assert part in told(raised)


def test_a_closed_model_has_no_unlisted():
    model = at.Model(["IS", "army"], closed=True)
    with pytest.raises(at.ModelError, match="does not have: 1 beside IS, army"):
        at.simulate(model, at.read_events(rows(perpetrator=["unlisted", ""])), seed=1)


# ---- settings of components that no data could mend


def test_one_voice_may_be_a_text():
    assert at.Statements(voices="monitor | accusation") == at.Statements(voices=["monitor | accusation"])


@pytest.mark.parametrize("voices", ["monitor", ["monitor"], ["monitor | rumour"]])
def test_voices_that_are_none(voices):
    with pytest.raises(at.ModelError, match="voices"):
        simulated(rows(), evidence=[at.Statements(voices=voices)])


def test_a_period_that_is_none():
    with pytest.raises(at.ModelError, match=r"'week'.*month.*quarter.*half-year.*year"):
        simulated(rows(), [at.Timing(period="week")])


@pytest.mark.parametrize(
    ("component", "settings", "rule"),
    [
        (at.Baseline, {"sd": "1"}, "a positive number"),
        (at.Baseline, {"sd": None}, "a positive number"),
        (at.Baseline, {"sd": True}, "a positive number"),
        (at.Claim, {"rank_sd": False}, "a positive number (or 0, to leave that part out)"),
        (at.Claim, {"propensity_mean": float("nan")}, "a finite number"),
        (at.Claim, {"false_mean": float("-inf")}, "a finite number"),
        (at.Statements, {"accuracy_mean": "1.5"}, "a finite number"),
        (at.Category, {"column": 7}, "the name of a column"),
        (at.Covariate, {"column": ""}, "the name of a column"),
    ],
)
def test_settings_of_components_that_are_none(component, settings, rule):
    made = component(**settings)
    law = isinstance(made, EvidenceLaw)
    with pytest.raises(at.ModelError) as raised:
        at.Model(["IS"], [at.Baseline()] if law else [made], [made] if law else [])
    (name, value), *_ = settings.items()
    assert told(raised) == f"{component.__name__}({name}={value!r}) must be {rule}."


@pytest.mark.parametrize("value", [True, "9", None])
def test_whole_numbers_and_lengths(value):
    if value is not None:
        with pytest.raises(at.ModelError, match="must be a whole number"):
            at.Timing(rank=value)
        with pytest.raises(at.ModelError, match="must be a positive number of km"):
            at.Location(length_km=value)
    with pytest.raises(at.ModelError, match="voices"):
        at.Statements(voices=[value])
    with pytest.raises(at.ModelError, match="voices"):
        at.Statements(voices=value if value != "9" else [" | denial"])


# ---- a table that was not read


@pytest.mark.parametrize("unread", [rows(), "events.csv", None, {"event_id": ["e1"]}], ids=type)
def test_events_that_were_not_read(unread, posterior, model):
    calls = [
        lambda: at.fit(at.Model(["IS"]), unread, seed=1),
        lambda: at.simulate(at.Model(["IS"]), unread, seed=1),
        lambda: at.attribute(model, posterior, unread),
    ]
    for call in calls:
        with pytest.raises(
            at.ModelError, match=r"must be what read_events\(\) returns, not .* read_events\("
        ):
            call()

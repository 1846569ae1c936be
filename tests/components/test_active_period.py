"""The time an actor existed."""

import pytest

from attribution.components.activity.active_period import ActivePeriod
from attribution.components.activity.baseline import Baseline
from attribution.errors import ModelError
from attribution.model.design import lay
from attribution.model.specification import Model
from cases import ACTORS, read


@pytest.mark.parametrize(
    ("span", "active"),
    [
        (("2020", None), "no yes yes yes"),
        ((None, "2019"), "yes no no no"),
        (("2020-02-11", "2020-02-11"), "no no yes yes"),
        (("2020-02-12", "2020-12-30"), "no no no yes"),
        (("2019-12", "2020-02-10"), "yes no no yes"),
        ((None, "2020-02"), "yes no yes yes"),
    ],
)
def test_an_actor_may_act_on_any_day_of_its_period(span, active):
    events = [{"event_id": str(i)} for i in range(4)]
    dates = ("2019-12-30", "2020-12-31", "2020-02-11", "2020")
    table = read([event | {"date": date} for event, date in zip(events, dates, strict=True)], [])
    term = ActivePeriod({"A": span})
    design = lay(Model(ACTORS, [Baseline(), term]), table)
    part = design.parts[1]
    found = part.rows["active"][part.index]
    assert [value == 0 for value in found[:, 0]] == [word == "yes" for word in active.split()]
    assert (found[:, 1:] == 0).all(), "the others may have acted at any time"


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        ({}, "takes first and last date by actor"),
        ("A", "takes first and last date by actor"),
        ({"A": "2019"}, "give first and last date, None for an open end"),
        ({"A": ("2019",)}, "give first and last date, None for an open end"),
        ({"A": (2019, None)}, "2019 of 'A' is not a date"),
        ({"A": ("2019-13", None)}, "'2019-13' of 'A' is not a date"),
        ({"A": ("19", None)}, "'19' of 'A' is not a date"),
        ({"A": (None, None)}, "has neither end"),
        ([1], "takes first and last date by actor"),
        (["A"], "takes first and last date by actor"),
        ([("A", "B", "C")], "takes first and last date by actor"),
        ({1: ("2014", None)}, "takes first and last date by actor"),
        ([("A", ("2014", None)), ("A", (None, "2006"))], "'A' has more than one span"),
        ({"A": ("-044", None)}, "'-044' of 'A' is not a date"),
        ({"A": ("2020-02", "2020-01-31")}, "ends .2020-01-31. before it begins .2020-02."),
    ],
)
def test_spans_that_are_none(spans, reason):
    with pytest.raises(ModelError, match=reason):
        ActivePeriod(spans)


def test_a_label_or_a_closed_model_that_contradicts_the_periods():
    event = {"event_id": "e1", "date": "2019-05-01", "perpetrator": "A"}
    with pytest.raises(ModelError, match=r"'IS', which is not an actor of the model: A, B"):
        lay(Model(["A", "B"], [Baseline(), ActivePeriod({"IS": ("2014", None)})]), read([event], []))
    term = ActivePeriod({"A": ("2020", None), "B": (None, "2018")})
    with pytest.raises(ModelError, match=r"'e1', 2019-05-01, may only be by A, .* none of them was active"):
        lay(Model(["A", "B"], [Baseline(), term]), read([event], []))
    both = [event | {"event_id": name, "perpetrator": ""} for name in ("e1", "e2")]
    with pytest.raises(ModelError, match=r"by A, B, .* active then \(2 events in all: also 'e2'\)"):
        lay(Model(["A", "B"], [Baseline(), term], closed=True), read(both, []))

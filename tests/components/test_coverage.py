"""What sources cover: silence elsewhere says nothing, in part as much as they watch; against the twin, simulated."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import logsumexp

import attribution as at
import oracle
from attribution.components.evidence.statements import Statements
from attribution.model.design import lay, levels_of
from attribution.model.specification import Model, to_json
from cases import ACTORS, MODELS, RANKS, Case, case_named, interpreted_tables, made, random_parameters

ROWS = [
    {"source": "monitor", "start": "2019-01-01", "end": "2019-03-20", "area": ""},
    {"source": "monitor", "start": "2019-03-21", "end": "2020-12-31", "area": "Daraa"},
    {"source": "monitor", "start": "2019-04-01", "end": "2021-12-31", "area": "Nawa"},
    {"source": "monitor", "start": "2019-04-01", "end": "2021-12-31", "area": "Tafas"},
    {"source": "army", "start": "2019-01-01", "end": "2020-11-15", "area": ""},
]
LAWS = ["statements", "statements, closed", "tied statements", "repeated statements", "sponsors"]
WORDS = pd.DataFrame(
    [("e1", "monitor", "accusation", "A"), ("e2", "paper", "accusation", "B")],
    columns=["event_id", "source", "kind", "actor"],
)


def covered(name, rows):
    """A case of `cases` with a table of coverage, and its twin."""
    model = MODELS[name]
    events, statements = made(model, name.startswith(("tied", "repeated")))
    table = at.read_events(
        pd.DataFrame(events), statements=pd.DataFrame(statements), ranks=RANKS, coverage=pd.DataFrame(rows)
    )
    design = lay(model, table)
    world = oracle.World(json.loads(to_json(model)), events, statements, RANKS, coverage=rows)
    return Case(model, design, world, random_parameters(design, 11))


@pytest.mark.parametrize("name", LAWS)
def test_likelihood_and_attributions_are_those_of_the_twin(name):
    case = covered(name, ROWS)
    own, twin = case.log_likelihood, oracle.log_likelihood(case.world, case.parameters)
    np.testing.assert_allclose(own, twin, rtol=0, atol=1e-8)
    np.testing.assert_allclose(case.chance, oracle.attribution(case.world, case.parameters), atol=1e-10)
    assert abs(case.chance - case_named(name).chance).max() > 0.003, "the coverage is used"


def events_on(days, areas=("",), coverage=None, words=WORDS):
    frame = pd.DataFrame({"event_id": [f"e{i + 1}" for i in range(len(days))], "date": days})
    frame["area"] = [areas[i % len(areas)] for i in range(len(days))]
    return at.read_events(
        frame, statements=words, coverage=None if coverage is None else pd.DataFrame(coverage)
    )


def factors(events, fitted=None):
    """What the statements say of each event, ``(event, actor)``."""
    model = Model(ACTORS, [at.Baseline()], [Statements()])
    first = lay(model, events if fitted is None else fitted)
    design = first if fitted is None else lay(model, events, levels_of(first))
    table = interpreted_tables(design, random_parameters(first, 3))[1][0]
    part = design.parts[1]
    return table[part.index]


def row(source, start, end, area=""):
    return {"source": source, "start": start, "end": end, "area": area}


def test_silence_outside_says_nothing_and_inside_what_it_said():
    days = ["2020-01-05", "2020-01-20", "2020-06-01", "2020-06-02"]
    both = [row("monitor", "2020-01-01", "2020-01-31"), row("paper", "2020-01-01", "2020-06-01")]
    plain, own = factors(events_on(days)), factors(events_on(days, coverage=both))
    np.testing.assert_allclose(own[:2], plain[:2], atol=1e-12)
    assert np.ptp(plain[3]) > 0.1, "silence that counts tells actors apart"
    np.testing.assert_allclose(own[3], 0.0, atol=1e-12)
    assert np.ptp(own[2]) > 0.01, "the paper still watched"
    assert abs(own[2] - plain[2]).max() > 0.01


def test_a_source_without_a_row_watches_everything():
    days = ["2020-01-05", "2020-01-20", "2020-06-01"]
    own = factors(events_on(days, coverage=[row("monitor", "2019-01-01", "2021-01-01")]))
    np.testing.assert_allclose(own, factors(events_on(days)), atol=1e-12)


def test_a_coarse_date_counts_by_its_days():
    """Half of the days of June: silence has the probability of not watching, or of watching in silence."""
    days = ["2020-01-05", "2020-01-20", "2020-06"]
    words = WORDS.assign(source="monitor")
    part = factors(events_on(days, coverage=[row("monitor", "2020-01-01", "2020-06-15")], words=words))
    plain = factors(events_on(days, words=words))
    np.testing.assert_allclose(np.exp(part[2]), 0.5 + 0.5 * np.exp(plain[2]), atol=1e-12)


def test_an_event_without_area_lies_where_the_others_do():
    days, areas = ["2020-01-05"] * 5, ["X", "X", "X", "Y", ""]
    words = WORDS.assign(source="monitor")
    part = factors(events_on(days, areas, [row("monitor", "2020-01-01", "2020-12-31", "X")], words))
    plain = factors(events_on(days, areas, None, words))
    np.testing.assert_allclose(np.exp(part[4]), 0.25 + 0.75 * np.exp(plain[4]), atol=1e-12)
    np.testing.assert_allclose(part[3], 0.0, atol=1e-12)


def test_new_events_are_watched_as_those_of_the_fit_unless_they_say():
    fitted = events_on(["2020-01-05", "2020-01-20"], coverage=[row("monitor", "2020-01-01", "2020-01-31")])
    later = events_on(["2020-06-01", "2020-06-02"])
    found = factors(later, fitted)
    paper = factors(
        events_on(["2020-06-01", "2020-06-02"], coverage=[row("monitor", "2020-06-01", "2020-06-01")]), fitted
    )
    assert np.isfinite(found).all()
    assert np.ptp(found[1] - paper[1]) < 1e-9, "the monitor is silent outside: only the paper speaks"
    apart = found[0] - paper[0]
    assert np.ptp(apart) < 1e-9, "what is said says the same wherever it was"


def test_the_law_adds_up_to_one_however_much_is_watched():
    import pytensor.tensor as pt

    from attribution.components.evidence.statement_voices import seen_in_part

    own = np.log(np.random.default_rng(1).dirichlet(np.ones(5), size=3)).T  # five outcomes, three actors
    for share in (0.0, 0.3, 1.0):
        found = seen_in_part(own, (np.arange(5) > 0)[:, None], pt.as_tensor(np.full(5, share))).eval()
        np.testing.assert_allclose(logsumexp(found, axis=0), 0.0, atol=1e-12)


def test_gradients_are_finite_where_nobody_and_where_everybody_watches():
    import pytensor
    import pytensor.tensor as pt

    from attribution.components.evidence.statement_voices import seen_in_part

    own = pt.matrix()
    share, spoke = pt.as_tensor(np.array([0.0, 1.0, 0.0, 1.0])), np.array([[False], [False], [True], [True]])
    gradient = pytensor.function([own], pt.grad(seen_in_part(own, spoke, share).sum(), own))
    np.testing.assert_allclose(gradient(np.full((4, 2), -0.7)).T, [[0, 1, 1, 1]] * 2, atol=1e-12)


def test_simulated_sources_speak_where_they_watch_and_the_tables_come_back():
    count = 4000
    days = np.where(np.arange(count) % 2 == 0, "2020-01-05", "2020-06-05")
    frame = pd.DataFrame({"event_id": np.arange(count).astype(str), "date": days, "area": "X"})
    words = WORDS.assign(event_id=["0", "0"])
    spans = pd.DataFrame([row("monitor", "2020-01-01", "2020-01-31")])
    template = at.read_events(frame, statements=words, coverage=spans)
    events = at.simulate(Model(ACTORS, [at.Baseline()], [Statements()]), template, seed=1)
    said = at.to_frame(events, "statements").merge(frame, on="event_id")
    own = said[said["source"] == "monitor"]
    assert len(own) > 100
    assert (own["date_y"] == "2020-01-05").all()
    assert (said[said["source"] == "paper"]["date_y"] == "2020-06-05").sum() > 100
    again = at.read_events(
        at.to_frame(events)[["event_id", "date", "area"]],
        statements=at.to_frame(events, "statements"),
        coverage=at.to_frame(events, "coverage"),
    )
    assert again["coverage_source"].values.tolist() == ["monitor"]

"""Whether anybody was identified: what it says of the others, what data cannot tell, hold-out, simulation."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit, softmax

import attribution as at
import oracle
from attribution.components.evidence.identification import Identification
from attribution.model.actors import attribute_cells
from attribution.model.design import lay
from attribution.model.graph import build
from attribution.model.specification import Model
from attribution.model.variants import with_candidates
from cases import ACTORS, PLAIN, case_named, case_of, interpreted_tables, made, unconstrained

NAMES = [*ACTORS, "unlisted"]


def test_identification_alike_for_all_actors_changes_no_attribution():
    """All offsets equal: the factor is the same for all, and labels say what they said without the law."""
    plain = case_named("category")
    law = Identification(by=["method"], offset=dict.fromkeys(NAMES, 0.7))
    model = Model(ACTORS, plain.model.activity, [law])
    events, statements = made(model)
    free = case_of(model, events, statements)
    parameters = free.parameters | plain.parameters
    parameters["identification_raw"][1] = 0.3
    found = case_of(model, events, statements, parameters)
    np.testing.assert_allclose(found.chance, plain.chance, atol=1e-12)


def test_within_a_bloc_labels_are_missing_at_random():
    """All in one bloc: as without the law. Two blocs: the odds within a bloc are, those between blocs are not."""
    plain = case_named("category")
    for blocs, apart in ((dict.fromkeys(NAMES, "all"), False), ({"A": "left", "C": "left"}, True)):
        model = Model(ACTORS, plain.model.activity, [Identification(blocs=blocs)])
        events, statements = made(model)
        found = case_of(model, events, statements)
        found = case_of(model, events, statements, found.parameters | plain.parameters)
        open_ = found.design.candidates.all(axis=1)
        for k, same in ((2, True), (1, not apart)):
            odds = [np.log(case.chance[open_, 0] / case.chance[open_, k]) for case in (found, plain)]
            assert np.allclose(*odds, atol=1e-10) == same


@pytest.mark.parametrize("offset", [-2.0, 2.0])
def test_who_is_seldom_identified_has_more_of_the_unidentified(offset):
    def share(offset):
        model = Model(
            ACTORS, [at.Baseline()], [Identification(offset=dict.fromkeys(NAMES, 0.0) | {"A": offset})]
        )
        events, _ = made(model)
        given = case_of(model, events, []).parameters
        given["identification_raw"] = np.zeros((2, 4))
        case = case_of(model, events, [], given)
        open_ = case.design.candidates.all(axis=1)
        return case.chance[open_, 0]

    assert (np.sign(share(offset) - share(0.0)) == -np.sign(offset)).all()


def likelihood(table, activity, rate):
    """Log likelihood of labelled and unlabelled events of one model of activity, by hand-set parameters."""
    model = Model(ACTORS, [at.Baseline()], [Identification()], closed=True)
    case = case_of(model, table, [])
    p = case.parameters
    p["baseline_effect"] = activity - activity.mean()
    p["identification_mean"], p["identification_sd"] = np.zeros(1), np.ones(1)
    p["identification_raw"] = logit(rate)[None]
    built = build(case.design)
    return float(built.compile_logp(vars=built.potentials, mode=PLAIN)(unconstrained(built, p)))


def test_in_one_setting_rate_and_share_cannot_be_told_apart():
    """Only their product is: another share with another rate of identification has the same likelihood exactly."""
    names = ["A"] * 5 + ["B"] * 3 + ["C"] * 2 + [""] * 10
    table = [
        dict.fromkeys(("candidates", "incident", "date_precision"), "")
        | {"event_id": str(i), "date": "2020-01-01", "perpetrator": name}
        for i, name in enumerate(names)
    ]
    share, rate = np.array([0.5, 0.3, 0.2]), np.array([0.5, 0.6, 0.4])
    other = np.array([0.3, 0.45, 0.25])
    found = [likelihood(table, np.log(s), r) for s, r in ((share, rate), (other, share * rate / other))]
    assert found[0] == pytest.approx(found[1], rel=1e-12)
    wrong = likelihood(table, np.log(other), rate)
    assert wrong < found[0] - 0.1


def test_as_many_settings_as_actors_fix_the_rates():
    """Over settings the identified shares q(x) obey sum of q_k(x) / r_k = 1, whose only solution is the rates."""
    rate = np.array([0.2, 0.5, 0.8])
    share = softmax(np.random.default_rng(1).standard_normal((3, 3)), axis=1)
    np.testing.assert_allclose(1 / np.linalg.solve(share * rate, np.ones(3)), rate)


def test_a_hold_out_hides_the_label_and_not_that_there_was_one():
    model = Model(ACTORS, [at.Baseline()], [Identification()])
    case = case_named("identification")
    design = case.design
    open_ = with_candidates(design, np.ones_like(design.candidates))
    values = interpreted_tables(design, case.parameters)
    chance = attribute_cells(open_, values)[0][0][open_.cell]
    word = np.array([oracle.word(case.world.model["evidence"][0], case.world, e) for e in case.world.events])
    assert {"identified", "partly", "not"} == set(word)
    p, baseline = case.parameters, softmax(case.parameters["baseline_effect"])
    stage = expit(
        p["identification_mean"][:, None] + p["identification_sd"][:, None] * p["identification_raw"]
    )
    for said, factor in (
        ("identified", stage[0]),
        ("partly", (1 - stage[0]) * stage[1]),
        ("not", (1 - stage[0]) * (1 - stage[1])),
    ):
        expected = baseline * factor / (baseline * factor).sum()
        np.testing.assert_allclose(
            chance[word == said], np.tile(expected, ((word == said).sum(), 1)), atol=1e-12
        )
    events = pd.DataFrame(case.world.events)
    hidden = events.assign(known_as=word, perpetrator="", candidates="")
    column = Model(ACTORS, [at.Baseline()], [Identification(column="known_as")])
    again = lay(column, at.read_events(hidden.drop(columns=["location_precision", "target_rank"])))
    np.testing.assert_allclose(
        attribute_cells(again, interpreted_tables(again, p))[0][0][again.cell], chance, atol=1e-12
    )
    assert model.names == column.names


# ---- simulation

COUNT = 12_000
GIVEN = {
    "baseline_effect": [0.5, 0.1, -0.2, -0.4],
    "identification_mean": [-0.3, 0.2],
    "identification_sd": [1.0, 0.5],
    "identification_raw": [[0.8, -0.6, 0.0, -1.0], [0.5, 1.0, -1.0, -0.5]],
}


def test_simulated_labels_follow_the_law():
    frame = pd.DataFrame(
        {
            "event_id": np.arange(COUNT).astype(str),
            "date": "2020-01-01",
            "perpetrator": "",
            "candidates": np.where(np.arange(COUNT) % 2, "A|B", "C|unlisted"),
        }
    )
    events = at.simulate(
        Model(ACTORS, [at.Baseline()], [Identification()]), at.read_events(frame), seed=2, parameters=GIVEN
    )
    truth = events["true_actor"].values
    stage = expit(
        np.array([[-0.3], [0.2]]) + np.array([[1.0], [0.5]]) * np.array(GIVEN["identification_raw"])
    )
    known, some = events["perpetrator"].values != "", events["candidates"].values != ""
    np.testing.assert_array_equal(events["perpetrator"].values[known], truth[known])
    assert not (known & some).any()
    for k, actor in enumerate(NAMES):
        own = truth == actor
        for found, chance in ((known, stage[0, k]), (some, (1 - stage[0, k]) * stage[1, k])):
            error = math.sqrt(chance * (1 - chance) / own.sum())
            assert abs(found[own].mean() - chance) < 4 * error
        bloc = "A|B" if actor in "AB" else "C|unlisted"
        assert set(events["candidates"].values[own & some]) == {bloc}
    again = at.read_events(at.to_frame(events))
    assert again.attrs["data_hash"] == events.attrs["data_hash"]


# ---- bad input

FRAME = pd.DataFrame({"event_id": ["e1", "e2"], "date": "2020-01-01", "perpetrator": ["A", ""]})


@pytest.mark.parametrize(
    ("law", "frame", "message"),
    [
        ({"offset": {"AA": 1.0}}, FRAME, "must name actors of the model: A, B, C, unlisted. 'AA' is none."),
        ({"blocs": {"D": "left"}}, FRAME, "Identification(blocs=...) must name actors of the model"),
        ({"by": "area"}, FRAME, "Identification() needs column 'area'"),
        ({"column": "seen"}, FRAME, "Identification() needs column 'seen'"),
        ({"column": "seen"}, FRAME.assign(seen=["identified", "yes"]), "of every event: event 'e2': 'yes'"),
    ],
)
def test_what_the_law_cannot_use(law, frame, message):
    with pytest.raises(at.ModelError) as raised:
        lay(Model(ACTORS, [at.Baseline()], [Identification(**law)]), at.read_events(frame))
    assert message in str(raised.value)


def test_an_offset_that_is_no_number():
    with pytest.raises(at.ModelError, match="finite log-odds: see A"):
        Identification(offset={"A": math.inf})


def test_a_partly_known_event_where_the_fit_had_none():
    model = Model(ACTORS, [at.Baseline()], [Identification()])
    levels = {part.component.name: part.levels for part in lay(model, at.read_events(FRAME)).parts}
    new = at.read_events(FRAME.assign(perpetrator="", candidates=["A|B", ""]))
    with pytest.raises(at.ModelError, match=r"not learnt: e1\. Fit again"):
        lay(model, new, levels)

"""What was seen of the killers: staging, passing a post, simulation, bad input."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, softmax

import attribution as at
import oracle
from attribution.components.evidence.checkpoint import Checkpoint
from attribution.components.evidence.scene import Scene
from attribution.model.design import lay
from attribution.model.graph import build
from attribution.model.specification import Model, to_json
from cases import ACTORS, PLAIN, STABLE, case_named, case_of, density_of, unconstrained

NAMES = [*ACTORS, "unlisted"]
SURE = 40.0


def chance(law, seen, **values):
    """Attribution of the first event; the second and third make the values known."""
    plain = {"date": "2020-01-01", "incident": "", "perpetrator": "", "candidates": ""}
    events = [plain | {"event_id": str(i)} | row for i, row in enumerate(seen)]
    model = Model(ACTORS, [at.Baseline()], [law])
    case = case_of(model, events, [])
    given = {name: np.broadcast_to(value, case.parameters[name].shape) for name, value in values.items()}
    return case_of(model, events, [], case.parameters | given).chance[0]


SEEN = [{"slogan": "x"}, {"slogan": "y"}, {"slogan": ""}]


def test_a_signature_says_less_the_more_it_is_staged():
    raw = np.array([[2.0, -1.0, -0.5, -0.5], [-2.0, 1.0, 0.5, 0.5]])
    fixed = {"baseline_effect": 0.0, "scene_slogan_sd": 1.0, "scene_slogan_raw": raw, "scene_target": 0.0}
    found = [
        chance(Scene("slogan"), SEEN, scene_staging=s, **fixed)[0] for s in (-SURE, -2.0, 0.0, math.log(3))
    ]
    assert (np.diff(found) < 0).all()
    q = softmax(raw + 0.0, axis=0)[0]  # one base for both values cancels here only if it is zero
    alone = chance(Scene("slogan"), SEEN, scene_staging=-SURE, scene_slogan_base=0.0, **fixed)
    np.testing.assert_allclose(alone, q / q.sum(), atol=1e-12)
    even = chance(Scene("slogan"), SEEN, scene_staging=math.log(3), **fixed)
    np.testing.assert_allclose(even, 0.25, atol=1e-12)  # staged three times in four, all of four actors alike


def test_one_staging_holds_for_all_columns():
    """Two pieces of one signature are not two independent chances of it being staged."""
    seen = [{"slogan": s, "uniform": u} for s, u in (("x", "x"), ("y", "y"), ("x", "y"))]
    case_events = [
        {
            "event_id": str(i),
            "date": "2020",
            "incident": "",
            "perpetrator": "",
            "candidates": "",
            "date_precision": "",
        }
        | row
        for i, row in enumerate(seen)
    ]
    case = case_of(Model(ACTORS, [at.Baseline()], [Scene(["slogan", "uniform"])]), case_events, [])
    single = [
        case_of(
            Model(ACTORS, [at.Baseline()], [Scene(column)]),
            case_events,
            [],
            {k: v for k, v in case.parameters.items() if f"scene_{other}_" not in k},
        )
        for column, other in (("slogan", "uniform"), ("uniform", "slogan"))
    ]
    tables = [one.values[1][0][one.design.parts[1].index[0]] for one in (case, *single)]
    assert abs(tables[0] - tables[1] - tables[2]).max() > 1e-3


def test_nothing_seen_says_nothing():
    unseen = chance(Scene("slogan"), SEEN[::-1], baseline_effect=0.0)
    np.testing.assert_allclose(unseen, 0.25, atol=1e-12)
    value = chance(Scene("slogan", empty_is_a_value=True), SEEN[::-1], baseline_effect=0.0)
    assert abs(value - 0.25).max() > 1e-3


@pytest.mark.parametrize("name", ["scene", "checkpoint"])
def test_gradient_agrees_with_finite_differences(name):
    case = case_named(name)
    model = build(case.design)
    point = unconstrained(model, case.parameters)
    density, gradient = density_of(model), model.compile_dlogp(mode=STABLE)(point)
    flat = np.concatenate([value.reshape(-1) for value in point.values()])
    ends = np.cumsum([value.size for value in point.values()])[:-1]

    def at_point(values):
        parts = np.split(values, ends)
        return {n: part.reshape(v.shape) for (n, v), part in zip(point.items(), parts, strict=True)}

    way, step = np.random.default_rng(5).standard_normal(len(flat)), 1e-5
    slope = (density(at_point(flat + step * way)) - density(at_point(flat - step * way))) / (2 * step)
    assert gradient @ way == pytest.approx(slope, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", ["scene", "checkpoint, closed"])
def test_likelihood_equals_the_sum_over_all_assignments(name):
    whole = case_named(name)
    few = [event | {"incident": ""} for event in (whole.world.events[i] for i in (0, 1, 4, 7, 11))]
    case = case_of(whole.model, few, [])
    built = build(case.design)
    density = built.compile_logp(vars=built.potentials, mode=PLAIN)(unconstrained(built, case.parameters))
    assert math.exp(density) == pytest.approx(
        oracle.enumerated_likelihood(case.world, case.parameters), rel=1e-9
    )


def test_who_is_let_through_is_more_probable_the_more_the_holder_helps_its_own():
    seen = [{"checkpoint_held_by": "B", "unhindered": "yes"}, {"checkpoint_held_by": "B", "unhindered": "no"}]
    fixed = {"baseline_effect": 0.0, "checkpoint_other": -1.0}
    law = Checkpoint(allies={"B": "C"})
    found = np.array([chance(law, seen, checkpoint_own=y, **fixed) for y in (0.0, 1.0, 3.0)])
    np.testing.assert_allclose(found[0], 0.25)
    assert (np.diff(found[:, [1, 2]], axis=0) > 0).all(), "the holder and its ally"
    np.testing.assert_allclose(found[:, 1], found[:, 2])
    assert (chance(law, seen[::-1], checkpoint_own=3.0, **fixed)[[1, 2]] < 0.25).all(), (
        "stopped at its own post"
    )


# ---- simulation

COUNT = 15_000


def test_simulated_scenes_and_passages_follow_the_law():
    number = np.arange(COUNT)
    frame = pd.DataFrame(
        {
            "event_id": number.astype(str),
            "date": "2020-01-01",
            "slogan": np.where(number % 5 == 0, "", np.where(number % 2, "x", "y")),
            "uniform": np.where(number % 3 == 0, "army", "plain"),
            "checkpoint_held_by": np.array(["A", "B", "police", ""])[number % 4],
            "unhindered": np.where(number % 4 == 3, "", "no"),
        }
    )
    given = {
        "baseline_effect": [0.2, 0.1, -0.2, -0.1],
        "scene_staging": [-1.0, 0.0, -2.0, 1.0],
        "scene_target": [0.5, -0.5, 0.3, -0.3],
        "scene_slogan_sd": 1.0,
        "scene_slogan_raw": [[1.0, -0.5, -0.8, 0.3], [-1.0, 0.5, 0.8, -0.3]],
        "scene_uniform_sd": 0.8,
        "scene_uniform_raw": [[0.6, -1.0, 0.9, -0.5], [-0.6, 1.0, -0.9, 0.5]],
        "scene_slogan_base": [0.2, -0.2],
        "scene_uniform_base": [0.4, -0.4],
        "checkpoint_other": -0.7,
        "checkpoint_own": 1.8,
    }
    laws = [Scene(["slogan", "uniform"]), Checkpoint(allies={"police": ["C"]})]
    model = Model(ACTORS, [at.Baseline()], laws)
    events = at.simulate(model, at.read_events(frame), seed=4, parameters=given)
    again = at.read_events(at.to_frame(events))
    assert again.attrs["data_hash"] == events.attrs["data_hash"]
    truth = events["true_actor"].values
    np.testing.assert_array_equal(events["slogan"].values == "", number % 5 == 0)
    p = {name: np.asarray(value) for name, value in given.items()}
    world = oracle.World(
        json.loads(to_json(model)), at.to_frame(events).astype(str).head(40).to_dict("records")
    )
    scene, post = world.model["evidence"]
    staged = events["true_scene_shown"].values != truth
    for k, actor in enumerate(NAMES):
        own = truth == actor
        rate = expit(p["scene_staging"][k])
        assert abs(staged[own].mean() - rate) < 4 * math.sqrt(rate * (1 - rate) / own.sum())
        whole = own & (number % 5 != 0)
        for slogan in "xy":
            for uniform in ("army", "plain"):
                seen = (events["slogan"].values == slogan) & (events["uniform"].values == uniform)
                expected = oracle.scene(scene, world, {"slogan": slogan, "uniform": uniform}, p, actor)
                assert abs(seen[whole].mean() - expected) < 4 * math.sqrt(
                    expected * (1 - expected) / whole.sum()
                )
        for i, holder in enumerate(("A", "B", "police")):
            mine = own & (number % 4 == i)
            event = {"checkpoint_held_by": holder, "unhindered": "yes"}
            expected = oracle.checkpoint(post, event, p, actor)
            found = (events["unhindered"].values[mine] == "yes").mean()
            assert abs(found - expected) < 4 * math.sqrt(expected * (1 - expected) / mine.sum())
    assert set(events["unhindered"].values[number % 4 == 3]) == {""}


# ---- bad input

FRAME = pd.DataFrame(
    {"event_id": ["e1", "e2"], "date": "2020-01-01", "slogan": ["x", "y"], "flag": ["z", ""]}
)


def refused(law, frame, levels=None):
    with pytest.raises(at.ModelError) as raised:
        lay(Model(ACTORS, [at.Baseline()], [law]), at.read_events(frame), levels)
    return str(raised.value)


def test_scenes_that_say_nothing():
    assert "two values of column 'flag'" in refused(Scene("flag"), FRAME)
    assert "needs column 'hat'" in refused(Scene("hat"), FRAME)
    for columns in ([], ["slogan", "slogan"]):
        with pytest.raises(at.ModelError, match="each once"):
            Scene(columns)


def test_values_that_were_not_in_the_fit_are_all_listed():
    model = Model(ACTORS, [at.Baseline()], [Scene("slogan")])
    levels = {part.component.name: part.levels for part in lay(model, at.read_events(FRAME)).parts}
    told = refused(Scene("slogan"), FRAME.assign(slogan=["xx", "w"]), levels)
    assert "event 'e1': slogan 'xx'." in told
    assert "event 'e2': slogan 'w'" in told


def test_passages_that_cannot_be():
    frame = FRAME.assign(checkpoint_held_by=["Bee", ""], unhindered=["yes", "yes"])
    told = refused(Checkpoint(), frame)
    assert "event 'e1': no actor and no ally is the holder 'Bee'." in told
    assert "event 'e2': unhindered needs checkpoint_held_by." in told
    told = refused(Checkpoint(), frame.assign(checkpoint_held_by="A", unhindered=["si", "no"]))
    assert "event 'e1': unhindered is 'yes', 'no' or empty, not 'si'." in told
    assert "'BB' is none" in refused(
        Checkpoint(allies={"police": ["BB"]}), frame.assign(checkpoint_held_by="A")
    )

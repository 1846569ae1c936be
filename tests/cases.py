"""Models and made events that the library and its independent twin (`oracle`) are both asked about."""

import json
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import pytensor.tensor as pt
from pytensor.compile.mode import Mode
from pytensor.graph.replace import clone_replace

import oracle
from attribution.components.activity.active_period import ActivePeriod
from attribution.components.activity.baseline import Baseline
from attribution.components.activity.category import Category
from attribution.components.activity.covariate import Covariate
from attribution.components.activity.location import Location
from attribution.components.activity.target_rank import TargetRank
from attribution.components.activity.timing import Timing
from attribution.components.base import EvidenceLaw
from attribution.components.evidence.checkpoint import Checkpoint
from attribution.components.evidence.claim import Claim
from attribution.components.evidence.identification import Identification
from attribution.components.evidence.scene import Scene
from attribution.components.evidence.sponsorship import Sponsorship
from attribution.components.evidence.statements import Statements
from attribution.events.reading import read_events
from attribution.model.actors import attribute_cells
from attribution.model.design import Design, lay, levels_of, parameters_of
from attribution.model.specification import Model, to_json
from attribution.model.tables import evaluator

STABLE = Mode(linker="py", optimizer="fast_compile")

PLAIN = Mode(linker="py", optimizer="merge")  # the formulas as written: nothing stabilised, soon compiled

ACTORS = ["A", "B", "C"]

RANKS = ["civilian", "fighter", "commander", "leader"]

COLUMNS = (
    *("event_id", "date", "date_precision", "area", "place", "latitude", "longitude", "location_precision"),
    *("target_rank", "method", "killed", "perpetrator", "candidates", "claimed_by", "incident"),
)

SAID = ("event_id", "source", "kind", "actor")

ASIDE = ("origin", "held_by", "role")

EVENTS = """
e01 2019-01-05 -     Daraa  Mahata 32.61 36.10 exact civilian  shooting 1 A - A -
e02 2019-01-20 -     Daraa  Balad  32.62 36.11 place fighter   bomb     3 - - - -
e03 2019-03    -     Daraa  -      32.60 36.12 area  -         -        - - A|B - i1
e04 2019       -     Nawa   Nawa   32.89 36.04 place commander shooting 2 B - - i1
e05 2020-02-11 month -      -      -     -     -     civilian  shooting 1 - - B -
e06 2020-02-11 -     Nawa   -      32.88 36.03 -     leader    bomb     9 C - C -
e07 2020-07-30 year  Tafas  Tafas  -     -     -     -         abduct   1 - B|C A -
e08 2020-08-02 -     Tafas  Tafas  32.74 36.07 exact fighter   shooting 0 - - - i3
e09 2020-11-01 -     -      -      32.52 36.48 exact fighter   -        2 A A|C B -
e10 2021-01-01 -     Daraa  Mahata 32.61 36.10 exact civilian  shooting 1 - - - i2
e11 2021-01-31 -     Daraa  Mahata 32.61 36.10 exact civilian  shooting 1 - - - i2
e12 2021-01-31 -     Nawa   Nawa   32.89 36.04 place commander shooting 2 B - B i2
"""

STATEMENTS = """
e01 monitor accusation A
e01 army    denial     B
e02 monitor accusation C
e04 monitor accusation A
e05 army    denial     A
e05 army    accusation C
e06 cell    confession C
e07 monitor accusation B
e09 army    denial     B
e12 monitor accusation B
"""

TIED = """
e01 monitor accusation A -       - -
e01 paper   accusation A -       - -
e01 army    denial     A -       - -
e02 monitor accusation C -       - -
e02 paper   accusation B -       - -
e02 prison  confession A -       B -
e03 prison  confession B -       B -
e03 paper   accusation B prison  - -
e03 radio   accusation B paper   - executor
e04 monitor accusation A -       - -
e04 radio   accusation C monitor - -
e05 prison  confession C -       - -
e05 army    accusation C -       - -
e06 paper   accusation B -       - -
e07 army    accusation A -       - -
e07 radio   denial     A army    - -
e07 army    denial     A -       - -
e08 monitor accusation B -       - -
e08 radio   accusation B -       - -
"""

SCENE = ("slogan", "uniform", "checkpoint_held_by", "unhindered")

SEEN = """
x army  B      yes
y -     B      no
- -     A      yes
x black -      -
y army  police yes
z black police no
- army  A      -
x -     C      no
z black A      yes
- -     -      -
x army  -      -
y plain B      yes
"""

PAID = """
e01 monitor accusation state sponsor
e01 army    denial     state sponsor
e01 monitor accusation A     executor
e02 monitor accusation bank  sponsor
e04 army    accusation state sponsor
e06 monitor accusation none  sponsor
e07 monitor finding    bank  sponsor
"""

PAYERS = {"e02": "bank", "e03": "state", "e05": "none", "e07": "none"}

TIES = {"allegiance": {"army": "B", "paper": "A"}, "copies": {"paper": "monitor", "radio": "paper"}}

COMPONENTS = {
    "baseline": Baseline(sd=1.2),
    "category": Category("method", sd=0.8),
    "one category": Category("country"),
    "covariate": Covariate("killed"),
    "covariate of logs": Covariate("killed", sd=0.7, log=True),
    "target rank": TargetRank(sd=0.9),
    "location": Location(),
    "location within 15 km": Location(area_sd=0.7, place_sd=0.4, distance_sd=1.3, length_km=15),
    "location without distance": Location(distance_sd=0),
    "timing": Timing(),
    "timing by quarter": Timing(period="quarter", rank=3, sd=0.6),
    "timing by year": Timing(period="year"),
    "timing by area": Timing(by="area"),
    "timing by area and half-year": Timing(by="area", period="half-year", rank=2),
    "claim": Claim(),
    "plain claim": Claim(rank_sd=0, time_sd=0, propensity_mean=-0.5, any_sd=0.3, false_mean=-2.0),
    "claim with silence": Claim(silence="full"),
    "plain claim with silence": Claim(
        silence="full", rank_sd=0, time_sd=0, propensity_mean=-1.0, propensity_sd=0.5, false_mean=-2.0
    ),
    "statements": Statements(),
    "trusted statements and silent voices": Statements(
        voices=["monitor | accusation", "radio | accusation", "radio | finding"],
        speak_sd=0.5,
        selective_sd=0.9,
        accuracy_mean=2.0,
        accuracy_mean_sd=0.4,
        accuracy_sd=0.3,
        blame_sd=0.6,
    ),
    "tied statements": Statements(**TIES),
    "statements of lookalikes": Statements(lookalikes=True, lookalike_mean=-1.0, lookalike_sd=0.8),
    "tied statements of lookalikes": Statements(lookalikes=True, **TIES),
    "identification": Identification(),
    "identification by method and area": Identification(
        by=["method", "area"],
        blocs={"A": "left", "C": "left"},
        offset={"B": -1.2, "A": 0.4},
        mean=0.5,
        mean_sd=1.0,
        actor_sd=0.9,
        by_sd=0.3,
    ),
    "sponsors": Sponsorship(
        {"A": {"state": 2.0, "bank": 0.7}, "B": {"state": 3.0, "none": 0}, "C": {}},
        voices=["radio | finding"],
        accuracy_mean=1.0,
        selective_sd=0.4,
    ),
    "known sponsors": Sponsorship(
        {"A": {"state": 2.0, "none": 0.5}, "B": {"bank": 1.5}, "C": {"state": 4.0}}
    ),
    "scene": Scene(["slogan", "uniform"]),
    "scene with empty cells": Scene("method", empty_is_a_value=True, base_sd=0.8, sd=0.6, staging_mean=-1.0),
    "checkpoint": Checkpoint(allies={"B": ["C"], "police": ["A", "B"]}),
    "repeated statements": Statements(repeat_mean=1.0, repeat_sd=0.5, coercion_mean=0.3, coercion_sd=0.9),
}

EVERYTHING = Model(
    ACTORS,
    [
        *(Baseline(), TargetRank(), Location(), Timing(), Timing(by="area")),
        *(Category("method"), Covariate("killed", log=True)),
    ],
    [Claim(), Statements()],
)

CLOSED = Model(ACTORS, EVERYTHING.activity, EVERYTHING.evidence, closed=True)

MODELS = {"everything": EVERYTHING, "everything, closed": CLOSED}

for label, component in COMPONENTS.items():
    if isinstance(component, EvidenceLaw):
        MODELS[label] = Model(ACTORS, [Baseline()], [component])
        MODELS[f"{label}, closed"] = Model(ACTORS, [Baseline()], [component], closed=True)
    else:
        MODELS[label] = Model(ACTORS, [component])

SPANS = {"A": (None, "2020-11"), "B": ("2019-06", None), "C": ("2020-01-15", "2020-07-30")}

MODELS["active periods"] = Model(ACTORS, [Baseline(), Timing(), ActivePeriod(SPANS)], [Claim()])

MODELS["two actors"] = Model(["A"], [Baseline(), Timing()], [Claim(), Statements()])


@dataclass(frozen=True)
class Case:
    model: Model
    design: Design
    world: oracle.World
    parameters: dict

    @cached_property
    def values(self):
        """Table of each part, at the parameters."""
        return interpreted_tables(self.design, self.parameters)

    @cached_property
    def chance(self):
        """Attribution of each event."""
        return attribute_cells(self.design, self.values)[0][0][self.design.cell]

    @cached_property
    def log_likelihood(self):
        """Log likelihood of each event."""
        return attribute_cells(self.design, self.values)[1][0][self.design.cell]


def one_draw(parameters):
    return {name: np.asarray(value)[None] for name, value in parameters.items()}


def records(text, columns):
    rows = [line.replace("-----", "").split() for line in text.strip().splitlines()]
    return [dict(zip(columns, ["" if cell == "-" else cell for cell in row], strict=True)) for row in rows]


def made(model, tied=False):
    """Events and statements as records; only an open model can name `unlisted`, only three actors can name C."""
    events = [event | {"country": "Syria"} for event in records(EVENTS, COLUMNS)]
    for event, row in zip(events, records(SEEN, SCENE), strict=True):
        event |= row
    statements = records(TIED, (*SAID, *ASIDE)) if tied else records(STATEMENTS, SAID)
    if any(isinstance(law, Sponsorship) for law in model.evidence):
        statements = records(PAID, (*SAID, "role"))
        events = [event | {"sponsor": PAYERS.get(event["event_id"], "")} for event in events]
    if not model.closed:
        events[1] |= {"candidates": "A|unlisted"}
        events[7] |= {"perpetrator": "unlisted"}
        statements[3] |= {"actor": "unlisted"} if statements[3].get("role") != "sponsor" else {}
    for record in [*events, *(s for s in statements if s.get("role") != "sponsor")]:
        for column in ("perpetrator", "candidates", "claimed_by", "actor"):
            names = [name for name in record.get(column, "").split("|") if name in model.names]
            record |= {column: "|".join(names)} if column in record else {}
    return events, [statement for statement in statements if statement["actor"]]


def read(events, statements):
    """The same as `read_events` gives it."""
    table = pd.DataFrame(statements) if statements else None
    return read_events(pd.DataFrame(events), statements=table, ranks=RANKS)


def random_parameters(design, seed, spread=1.0):
    """Any values that obey the constraints: scales positive, sums zero."""
    rng = np.random.default_rng(seed)
    sizes = {dim: len(labels) for dim, labels in design.coords.items()}
    model = pm.Model(coords=design.coords)
    with model:
        parameters_of(design.parts)
    found = {}
    for variable in model.free_RVs:
        value = spread * rng.standard_normal(
            [sizes[dim] for dim in model.named_vars_to_dims.get(variable.name, ())]
        )
        transform = model.rvs_to_transforms[variable]
        if transform is not None and transform.name in ("log", "folded"):
            value = np.exp(0.4 * value)
        for axis in getattr(transform, "zerosum_axes", ()):
            value = value - value.mean(axis=axis, keepdims=True)
        found[variable.name] = value
    return found


def interpreted_tables(design, parameters):
    """What `attribution.tables.tables` gives for one draw, without compiling anything for JAX."""
    with pm.Model(coords=design.coords) as model:
        variables = parameters_of(design.parts)
        found = [
            part.component.table(own, {k: pt.as_tensor(v) for k, v in part.rows.items()}, part.levels)
            for part, own in zip(design.parts, variables, strict=True)
        ]
    given = {variable: pt.constant(parameters[variable.name]) for variable in model.free_RVs}
    found = clone_replace(found, given, rebuild_strict=False)
    return [table[None] for table in pytensor.function([], found, mode=PLAIN)()]


def case_of(model, events, statements, parameters=None):
    design = lay(model, read(events, statements))
    world = oracle.World(json.loads(to_json(model)), events, statements, RANKS)
    return Case(model, design, world, random_parameters(design, 11) if parameters is None else parameters)


@cache
def case_named(name):
    return case_of(MODELS[name], *made(MODELS[name], name.startswith(("tied", "repeated"))))


def unconstrained(model, parameters):
    """The point of a PyMC model at which its parameters have these values."""
    point = {}
    given = {variable: pt.constant(parameters[variable.name]) for variable in model.free_RVs}
    for variable in model.free_RVs:
        value, transform = parameters[variable.name], model.rvs_to_transforms[variable]
        if transform is not None:
            forward = transform.forward(given[variable], *variable.owner.inputs)
            forward = clone_replace(forward, given, rebuild_strict=False)
            value = pytensor.function([], forward, mode=PLAIN)()
        point[model.rvs_to_values[variable].name] = np.asarray(value)
    return point


def density_of(model):
    """Log density of a PyMC model: a sum in Python, as PyTensor's cannot add more than 32 numbers there."""
    terms = model.compile_logp(sum=False, mode=PLAIN)
    return lambda point: sum(float(np.sum(term)) for term in terms(point))


def small(**changes):
    table = {"event_id": list("abcd"), "date": ["2020-01-01", "2020-02-01", "2020-03-01", "2021-01-01"]}
    return pd.DataFrame(table | {"area": ["X", "Y", "", "X"]} | changes)


def novelty_of(component, fitted, new):
    """Novelty of the first new event in the only component of a model."""
    model = Model(["P", "Q"], [component])
    part = lay(model, new, levels_of(lay(model, fitted))).parts[0]
    found = component.novelty(part.keys, part.levels)
    return {key: value[part.index[0]] for key, value in found.items()}


@cache
def outcomes_of(name):
    """Evaluator of the log probability of every outcome of a law, ``(sample, setting, channel, outcome, actor)``."""
    design = case_named(name).design
    part = next(part for part in design.parts if isinstance(part.component, EvidenceLaw))
    law, levels = part.component, part.levels
    fixed = tuple(key for key in part.rows if key not in ("channel", "outcome", "cell"))
    sizes = (len(part.rows["outcome"]), len(law.channels(levels)), len(law.outcomes(levels)))
    setting, channel, outcome = (axis.ravel() for axis in np.indices(sizes))

    def express(own):
        tensors = {key: pt.as_tensor(part.rows[key][setting]) for key in fixed}
        return [law.law(own[0], tensors, pt.as_tensor(channel), pt.as_tensor(outcome), levels)]

    evaluate = evaluator(replace(design, parts=(part,)), express)
    return lambda draws: evaluate(draws)[0].reshape(-1, *sizes, len(design.coords[law.latent]))

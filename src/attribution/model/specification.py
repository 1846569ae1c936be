"""`Model`: the actors and the components, as values; nothing is computed here."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from numbers import Integral, Real
from typing import Any

import pandas as pd

from attribution.components.activity.baseline import Baseline
from attribution.components.base import ActivityTerm, Component, CouplingLaw, EvidenceLaw
from attribution.components.library import kind_named, kinds
from attribution.components.mix import mixes
from attribution.errors import ModelError, nearest
from attribution.events.schema import UNLISTED
from attribution.events.spelling import fault, shortened, twins


@dataclass(frozen=True)
class Model:
    """Who may be behind the events, and what bears on it.

    Parameters
    ----------
    actors
        The named candidates: groups, never persons.
    activity
        Terms that condition on the target, the place and the time; their log-odds add up.
    evidence
        Laws of what is observed because of who did it; their log probabilities add up. Among them may be laws of
        what is observed of many events at once (`Bundles`).
    closed
        Whether the named actors are all there are. An open model has one more actor, `unlisted`: anybody else.

    Raises
    ------
    ModelError
        Actors that repeat, have no name or bear the reserved name; components of the wrong kind or given twice.

    Examples
    --------
    >>> import attribution as at
    >>> at.Model(actors=["IS", "regime security"], activity=[at.Baseline()]).names
    ('IS', 'regime security', 'unlisted')
    """

    actors: Sequence[str]
    activity: Sequence[ActivityTerm] = (Baseline(),)
    evidence: Sequence[EvidenceLaw | CouplingLaw] = ()
    closed: bool = False

    def __post_init__(self) -> None:
        """Refuse what no data could mend."""
        for field in ("actors", "activity", "evidence"):
            value = getattr(self, field)
            if isinstance(value, str) or not isinstance(value, Sequence):
                raise ModelError(
                    f"Model({field}=...) takes a list, not {'the text ' * isinstance(value, str)}{value!r}."
                )
            object.__setattr__(self, field, tuple(getattr(self, field)))
        check_actors(self.actors, self.closed)
        for field in ("activity", "evidence"):
            object.__setattr__(self, field, tuple(map(with_plain_numbers, getattr(self, field))))
        for field, kind in (("activity", ActivityTerm), ("evidence", EvidenceLaw | CouplingLaw)):
            for component in getattr(self, field):
                if not isinstance(component, kind):
                    wanted = (
                        "ActivityTerm, such as Baseline()"
                        if kind is ActivityTerm
                        else "EvidenceLaw, such as Claim()"
                    )
                    raise ModelError(
                        f"Model({field}=...) takes instances of {wanted}; {component!r} is not one."
                    )
        for component in self.components:
            check_scales(component)
        names = [component.name for component in self.components if not component.borrows]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ModelError(f"Component {', '.join(twice)} is given more than once; keep one of each.")
        if not any_fitted(self.activity):
            raise ModelError(
                "A model needs at least one activity term that is fitted: activity=[at.Baseline()]."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """All actors, `unlisted` last unless the model is closed."""
        return tuple(self.actors) if self.closed else (*self.actors, UNLISTED)

    @property
    def components(self) -> tuple[Component, ...]:
        """Activity terms, with the mixes that laws bring, then evidence laws."""
        return (*self.activity, *mixes(self.evidence), *self.evidence)

    def _repr_html_(self) -> str:
        """What a notebook shows: actors, and each component with the settings that are not the default."""
        rows = [
            (part, type(component).__name__, ", ".join(changed(component)))
            for part, components in (("activity", self.activity), ("evidence", self.evidence))
            for component in components
        ]
        table = pd.DataFrame(rows, columns=["", "component", "settings other than the default"])
        with pd.option_context("display.max_colwidth", None):
            shown: str = table.to_html(index=False, escape=True, border=0)
        return f"<p>Actors: {escape(', '.join(self.names))}</p>{shown}"


def changed(component: Component) -> list[str]:
    """Settings of a component that are not the default, as they would be written."""
    return [
        f"{field.name}={value!r}"
        for field in dataclasses.fields(component)  # type: ignore[arg-type]
        for value in [getattr(component, field.name)]
        if value != field.default
    ]


def any_fitted(activity: Sequence[ActivityTerm]) -> bool:
    """Whether any of the terms has parameters: stated periods alone leave nothing to fit."""
    return any(term.fitted for term in activity)


def refuse_couplings(model: Model, verb: str) -> None:
    """Raise `ModelError` where the model has laws that tie events together and the verb takes events one by one."""
    tied = [f"{type(law).__name__}()" for law in model.evidence if isinstance(law, CouplingLaw)]
    if tied:
        raise ModelError(
            f"{verb}() takes events one by one, and {', '.join(tied)} ties the attributions of many together. Leave it "
            f"out of the model here; fit() takes it."
        )


def check_actors(actors: Sequence[str], closed: bool) -> None:
    """Raise `ModelError` unless the actors are distinct, named, and enough to choose among."""
    for actor in actors:
        if not isinstance(actor, str) or not actor.strip() or actor != actor.strip() or "|" in actor:
            raise ModelError(
                f"Actor {actor!r} is not a name: give text without '|' and without outer spaces."
            )
        if fault(actor):
            raise ModelError(f"Actor {shortened(actor)} {fault(actor)}.")
        if actor == UNLISTED:
            raise ModelError(
                f"{UNLISTED!r} is there by itself; leave it out, or say closed=True and rename it."
            )
    if len(set(actors)) < len(actors):
        raise ModelError(
            f"Actors repeat: {', '.join(sorted({a for a in actors if list(actors).count(a) > 1}))}."
        )
    for one, other in twins([*actors, UNLISTED]):
        raise ModelError(f"Actors {one!a} and {other!a} look alike: keep one of them.")
    if len(actors) + (not closed) < 2:
        raise ModelError(
            "There is nothing to attribute with a single actor: name more, or leave the model open."
        )


def with_plain_numbers(component: Any) -> Any:
    """The component with numbers as Python's where they are NumPy's or others: a specification is kept as text."""
    if not isinstance(component, Component) or not dataclasses.is_dataclass(component):
        return component
    given = {
        field.name: getattr(component, field.name) for field in dataclasses.fields(component) if field.init
    }
    plain = {name: plain_number(value) for name, value in given.items()}
    return replace(component, **plain) if any(plain[name] is not given[name] for name in given) else component


def plain_number(value: Any) -> Any:
    """A number of another library as Python's `int` or `float`; anything else as it is."""
    if isinstance(value, bool | int | float) and type(value) in (bool, int, float):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value


def difference(model: Model, fitted: Model) -> str:
    """What differs between two models, for the end of a message; empty where they are equal."""
    found = []
    if model.names != fitted.names:
        found.append(f"actors {', '.join(model.names)} (fitted: {', '.join(fitted.names)})")
    own, other = ({part.name: part for part in each.components} for each in (model, fitted))
    found += [f"{name} was not fitted" for name in own if name not in other]
    found += [f"{name} is missing" for name in other if name not in own]
    for name in [name for name in own if name in other and own[name] != other[name]]:
        mine, theirs = own[name], other[name]
        if type(mine) is not type(theirs):
            found.append(f"{name} is {type(mine).__name__} (fitted: {type(theirs).__name__})")
            continue
        for field in dataclasses.fields(mine):  # type: ignore[arg-type]
            values = getattr(mine, field.name), getattr(theirs, field.name)
            if values[0] != values[1]:
                found.append(f"{type(mine).__name__}({field.name}={values[0]!r}) (fitted: {values[1]!r})")
    return "; ".join(found) or ("the order of the components" if model != fitted else "")


def check_scales(component: Component) -> None:
    """Raise `ModelError` unless scales are positive (or zero, where that leaves a part out) and means are finite."""
    for field in dataclasses.fields(component):  # type: ignore[arg-type]
        name, value = field.name, getattr(component, field.name)
        number = math.nan if isinstance(value, bool) or not isinstance(value, Real) else float(value)
        if name.endswith("sd"):
            left_out = name in component.optional
            zero = " (or 0, to leave that part out)" if left_out else ""
            passed, rule = 0 < number < math.inf or (number == 0 and left_out), f"a positive number{zero}"
        elif name.endswith("mean"):
            passed, rule = math.isfinite(number), "a finite number"
        elif name == "column":
            passed = isinstance(value, str) and (value != "" or field.default == "")
            rule = "the name of a column"
        else:
            continue
        if not passed:
            raise ModelError(f"{type(component).__name__}({name}={value!r}) must be {rule}.")


def to_json(model: Model) -> str:
    """The specification of a model as JSON."""

    def plain(component: Component) -> dict[str, Any]:
        fields = {field.name: getattr(component, field.name) for field in dataclasses.fields(component)}  # type: ignore[arg-type]
        return {"component": component.kind()} | fields

    return json.dumps(
        {
            "actors": list(model.actors),
            "activity": [plain(term) for term in model.activity],
            "evidence": [plain(law) for law in model.evidence],
            "closed": model.closed,
        }
    )


def from_json(text: str) -> Model:
    """The model of a specification.

    Raises
    ------
    ModelError
        A component whose class is not there: nothing is imported because a file says so.
    """

    def component(plain: dict[str, Any]) -> Any:
        fields = dict(plain)
        name = fields.pop("component")
        kind = kind_named(name)
        if kind is None:
            raise ModelError(unknown_kind(name))
        return kind(**dict(kind.earlier()) | fields)

    plain = json.loads(text)
    activity = [component(term) for term in plain["activity"]]
    evidence = [component(law) for law in plain["evidence"]]
    return Model(plain["actors"], activity, evidence, plain["closed"])


def unknown_kind(name: str) -> str:
    """What to do about a component whose class is not there."""
    said = f"The saved model has a component {name!r} that this version does not have."
    module = str(name).rpartition(".")[0]
    if module and all(part.isidentifier() for part in module.split(".")):
        return (
            f"{said} If it is of another package, import that first (`import {module}`); nothing is imported because "
            f"a file says so."
        )
    return said + nearest(str(name), kinds())

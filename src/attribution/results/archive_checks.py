"""Whether what a saved posterior holds is what a fit returns: anybody can write a file of the right form.

Every rule yields where something is wrong, what stands there and what must; `check_contents` raises for all at once.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr

from attribution.errors import AttributionError
from attribution.events.schema import TABLES
from attribution.events.spelling import unseen
from attribution.fitting.scoring import QUANTILES
from attribution.model.specification import Model, from_json
from attribution.results.archive_ties import tie_faults

Found = Iterator[str]
SLACK = 1e-3
"""How far rounding may take a probability, or the sum of an event's, from where it must lie."""
LISTED = 20
"""Most faults that an error lists."""

ATTRIBUTION = {
    "mean": (("event", "actor"), "f"),
    "quantile": (("quantile_level", "event", "actor"), "f"),
    "perpetrator": (("chain", "draw", "event"), "iu"),
    "known": (("event",), "b"),
    "candidate": (("event", "actor"), "b"),
    "contribution": (("component", "event", "actor"), "f"),
}
"""Dimensions and kinds of what the group `attribution` must hold."""
MAY_HOLD = {
    "r_hat": (("event",), "f"),
    "ess_bulk": (("event",), "f"),
    "ess_tail": (("event",), "f"),
    "checked": (("event",), "b"),
    "probability": (("chain", "draw", "event", "actor"), "f"),
}
DRAWN = ("chain", "draw", "statistic")
PREDICTIVE: dict[str, dict[str, Any]] = {
    "prior_predictive": {
        "prior_discrepancy": (DRAWN, "f"),
        "recorded": (("statistic",), "f"),
        "share": (("chain", "draw", "actor"), "f"),
    },
    "posterior_predictive": {"discrepancy": (DRAWN, "f")},
    "observed_data": {"discrepancy": (("statistic",), "f")},
}
"""The same for the groups of the predictive checks."""
CHECK: dict[str, Any] = {"name": str, "sentence": str, "remedy": str, "threshold": (int, float)}
"""Fields of a record of a check, besides `passed` and `value`."""


def check_contents(posterior: xr.DataTree, subject: str) -> None:
    """Raise `AttributionError` where a tree with the right groups holds what no fit returns."""
    try:
        found = list(faults(posterior)) or list(tie_faults(posterior))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        found = [f"it cannot be looked into ({escaped(error)})"]
    if found:
        listed = "\n".join(f"  {fault}" for fault in found[:LISTED])
        more = f"\n  ... and {len(found) - LISTED} more" if len(found) > LISTED else ""
        raise AttributionError(
            f"{subject} is not as attribution saved it. Fit again, or take another copy.\n{listed}{more}"
        )


def faults(posterior: xr.DataTree) -> Found:
    """Everything that is wrong with a posterior."""
    yield from attribute_faults(posterior.attrs)
    try:
        model = from_json(text_of(posterior.attrs, "model"))
    except AttributionError as error:
        yield f"attribute model: {error}"
        return
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        yield f"attribute model: no specification of a model can be read from it ({escaped(error)})"
        return
    yield from parameter_faults(posterior)
    shape = list(shape_faults(posterior, model))
    yield from shape or value_faults(posterior["attribution"].to_dataset())
    yield from predictive_faults(posterior, model)
    yield from event_faults(posterior)


def attribute_faults(attrs: Mapping[Any, Any]) -> Found:
    """What is wrong with the stamps: seed, settings, hashes, versions, checks."""
    seed = attrs.get("seed")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        yield f"attribute seed: {escaped(seed)} is no whole number"
    if not re.fullmatch("[0-9a-f]{64}", text_of(attrs, "data_hash")):
        yield f"attribute data_hash: {escaped(attrs.get('data_hash'))} is not 64 hexadecimal digits"
    for name, needed in (
        ("versions", True),
        ("settings", False),
        ("provenance", False),
        ("interrupted", False),
    ):
        plain = parsed(attrs, name)
        if (needed or name in attrs) and not isinstance(plain, dict):
            yield f"attribute {name}: {escaped(attrs.get(name))} is no JSON of values by name"
    versions = parsed(attrs, "versions")
    if isinstance(versions, dict) and not all(isinstance(own, str) for own in versions.values()):
        yield f"attribute versions: {escaped(versions)} is not one text a package"
    note = parsed(attrs, "interrupted")
    if isinstance(note, dict) and not is_note(note):
        yield f"attribute interrupted: {escaped(note)} does not say the chains and draws asked for and kept"
    checks = parsed(attrs, "checks")
    if not isinstance(checks, list):
        yield f"attribute checks: {escaped(attrs.get('checks'))} is no JSON list of checks"
        return
    for check in checks:
        if not is_check(check):
            yield f"attribute checks: {escaped(check)} is no record of a check"


def text_of(attrs: Mapping[Any, Any], name: str) -> str:
    """An attribute that is text; empty where it is missing or of another type."""
    value = attrs.get(name, "")
    return value if isinstance(value, str) else ""


def parsed(attrs: Mapping[Any, Any], name: str) -> Any:
    """An attribute read as JSON; None where it is none."""
    try:
        return json.loads(text_of(attrs, name))
    except (ValueError, RecursionError):
        return None


def is_note(note: Mapping[str, Any]) -> bool:
    """Whether this says of a stopped run what was asked for and what was kept."""
    kept = note.get("kept")
    whole = [note.get("chains"), note.get("draws"), *(kept if isinstance(kept, list) else [])]
    return len(whole) == 4 and all(type(number) is int and number > 0 for number in whole)


def is_check(check: object) -> bool:
    """Whether this is a record of a check."""
    if not isinstance(check, dict) or check.keys() != {*CHECK, "passed", "value"}:
        return False
    value = check["value"]
    numbers = [check["threshold"], *([] if value is None else [value])]
    return (
        all(isinstance(check[name], kind) for name, kind in CHECK.items())
        and check["passed"] in (True, False, None)
        and isinstance(check["passed"], bool | None)
        and all(type(number) in (int, float) and math.isfinite(number) for number in numbers)
    )


def parameter_faults(posterior: xr.DataTree) -> Found:
    """What is wrong with the draws of the parameters and the sampler's statistics."""
    sizes = posterior["posterior"].sizes
    for name in ("posterior", "sample_stats"):
        group = posterior[name].to_dataset()
        for axis in ("chain", "draw"):
            if not group.sizes.get(axis) or group.sizes[axis] != sizes.get(axis):
                yield f"group {name}: {group.sizes.get(axis, 0)} of {axis!r}, and {sizes.get(axis, 0)} in posterior"
        for variable, values in group.data_vars.items():
            if values.dims[:2] != ("chain", "draw") or values.dtype.kind not in "fiub":
                yield f"group {name}: {variable} is {values.dtype} over {values.dims}, not numbers by chain and draw"
            elif name == "posterior" and not np.isfinite(values.values).all():
                yield f"group {name}: {variable} is not finite at every draw"
    if not posterior["posterior"].data_vars:
        yield "group posterior: it holds no parameter"


def shape_faults(posterior: xr.DataTree, model: Model) -> Found:
    """What is missing from the group `attribution`, or of another shape, kind or with other labels."""
    group = posterior["attribution"].to_dataset()
    yield from variable_faults("attribution", group, ATTRIBUTION, MAY_HOLD)
    sizes = posterior["posterior"].sizes
    if group.sizes.get("chain") != sizes.get("chain") or not 0 < group.sizes.get("draw", 0) <= sizes.get(
        "draw", 0
    ):
        of = f"{group.sizes.get('chain')} chains of {group.sizes.get('draw')}"
        yield f"group attribution: {of} draws, and {sizes.get('chain')} of {sizes.get('draw')} in posterior"
    yield from label_faults("attribution", group, "actor", model.names)
    events = posterior["constant_data"].to_dataset()
    if "event" not in events.coords:
        yield "group constant_data: it has no events"
    else:
        yield from label_faults("attribution", group, "event", [str(own) for own in events["event"].values])
    levels = group["quantile_level"].values if "quantile_level" in group.coords else np.empty(0)
    if levels.dtype.kind != "f" or levels.shape != (len(QUANTILES),) or not np.allclose(levels, QUANTILES):
        yield f"group attribution: quantile_level is {escaped(levels.tolist())}, not {QUANTILES}"
    yield from label_faults(
        "attribution", group, "component", [part.name for part in model.components], known=True
    )


def variable_faults(name: str, group: xr.Dataset, must: Mapping[str, Any], may: Mapping[str, Any]) -> Found:
    """Variables that are missing, or of other dimensions or another kind of number."""
    for variable in [own for own in must if own not in group.data_vars]:
        yield f"group {name}: {variable} is missing"
    for variable, (dims, kinds) in {**must, **may}.items():
        if variable in group.data_vars:
            values = group[variable]
            if values.dims != dims or values.dtype.kind not in kinds:
                yield f"group {name}: {variable} is {values.dtype} over {values.dims}, not over {dims}"


def label_faults(name: str, group: xr.Dataset, dim: str, labels: Any, known: bool = False) -> Found:
    """Labels that are not these, in this order; with ``known``, that are not among these."""
    if dim not in group.coords:
        yield f"group {name}: {dim} has no labels"
        return
    given = [str(label) for label in group[dim].values]
    agree = set(given) <= set(labels) if known else given == list(labels)
    if not agree:
        other = [own for i, own in enumerate(given) if known or i >= len(labels) or own != labels[i]]
        at = f" (the first that differs: {escaped(other[0])})" if other else ""
        yield f"group {name}: {len(given)} labels of {dim} are not the {len(labels)} of the fit{at}"
    hidden = [label for label in given if unseen(label)]
    if hidden:
        yield f"group {name}: {dim} {escaped(hidden[0])} holds {unseen(hidden[0])}, which cannot be seen"


def value_faults(group: xr.Dataset) -> Found:
    """Values of `attribution` that no fit gives."""
    mean, candidate = group["mean"].values, group["candidate"].values
    actors = group.sizes["actor"]
    code = group["perpetrator"].values
    if code.size and (code.min() < 0 or code.max() >= actors):
        yield f"group attribution: perpetrator has {int(code.min())} to {int(code.max())}, not 0 to {actors - 1}"
    for name in ("mean", "quantile", "probability"):
        values = group[name].values if name in group else mean
        if not np.isfinite(values).all() or values.min() < -SLACK or values.max() > 1 + SLACK:
            yield f"group attribution: {name} has {values.min()} to {values.max()}, not probabilities"
    count = candidate.sum(axis=1)
    for what, bad in (
        ("no candidate", count == 0),
        ("probabilities that do not add up to 1", ~(np.abs(mean.sum(axis=1) - 1) <= SLACK)),
        ("a probability of an actor who is no candidate", np.where(candidate, 0, mean).max(axis=1) > SLACK),
        ("`known` against its candidates", group["known"].values != (count == 1)),
    ):
        if bad.any():
            event = escaped(str(group["event"].values[int(bad.argmax())]))
            yield f"group attribution: event {event} has {what} ({int(bad.sum())} of {len(bad)} events)"
    if (np.diff(group["quantile"].values, axis=0) < -SLACK).any():
        yield "group attribution: quantiles do not rise"
    nats = group["contribution"].values
    if (np.isnan(nats) & candidate).any() or (nats == np.inf).any():
        yield "group attribution: contribution of a candidate is no number"


def predictive_faults(posterior: xr.DataTree, model: Model) -> Found:
    """What is wrong with the predictive groups and those of the prior, as far as they are there."""
    for name in [own for own in PREDICTIVE if own in posterior.children]:
        group = posterior[name].to_dataset()
        yield from variable_faults(name, group, PREDICTIVE[name], {})
        if name == "prior_predictive":
            yield from label_faults(name, group, "actor", model.names)
        if "statistic" not in group.coords:
            yield f"group {name}: statistic has no labels"
    if "log_likelihood" in posterior.children:
        group = posterior["log_likelihood"].to_dataset()
        own = group.get("incidents", None)
        if own is None or own.dims != ("chain", "draw", "incident") or own.dtype.kind != "f":
            yield "group log_likelihood: incidents is missing, or no numbers by chain, draw and incident"


def event_faults(posterior: xr.DataTree) -> Found:
    """What is wrong with the events that the posterior keeps."""
    events = posterior["constant_data"].to_dataset()
    kinds = {"event": "UTO", "date": "M", "date_precision": "UTO"}
    for name in [own for own in kinds if own not in events.variables]:
        yield f"group constant_data: {name} is missing"
    for variable, values in events.variables.items():
        kind = kinds.get(str(variable), "UTOfiubM")
        if values.dims not in (("event",), *((table,) for table in TABLES)) or values.dtype.kind not in kind:
            yield f"group constant_data: {variable} is {values.dtype} over {values.dims}"
        elif values.dtype.kind == "O" and not all(isinstance(own, str) for own in values.values):
            yield f"group constant_data: {variable} holds values that are no text"
    if not isinstance(parsed(events.attrs, "ranks"), list | None):
        yield f"group constant_data: ranks is {escaped(events.attrs.get('ranks'))}, no JSON list"


def escaped(value: object) -> str:
    """A value for a message: escaped and short."""
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."

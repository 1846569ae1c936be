"""`holdout`: what is hidden is hidden, what is left is the model of the rest; scores of the small world."""

import json

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from scipy.special import logsumexp

import attribution as at
from attribution.components.base import UNOBSERVED, EvidenceLaw
from attribution.fitting.refits import attributed, compile_once, largest
from attribution.fitting.sampling import Settings
from attribution.model.actors import attribute_cells
from attribution.model.design import lay, levels_of
from attribution.model.prior import prior_draws
from attribution.model.tables import tables
from attribution.model.variants import pad, sizes, telling, with_candidates, without_evidence
from attribution.scores import log_score
from attribution.validation.folds import split
from attribution.validation.holdout import Hiding, masked, restricted


@pytest.fixture(scope="module")
def design(model, events):
    return lay(model, events)


@pytest.fixture(scope="module")
def draws(design):
    return prior_draws(design, 3, 1)


VALUES = {}


def by_event(design, draws):
    """Probability and log likelihood of each event at each draw; tables of the same rows are evaluated once."""
    rows = b"".join(rows.tobytes() for part in design.parts for rows in part.rows.values())
    if rows not in VALUES:
        VALUES[rows] = tables(design)(draws)
    chance, log_likelihood = attribute_cells(design, VALUES[rows])
    return chance[:, design.cell], log_likelihood[:, design.cell]


# ---- nothing observed


def test_hidden_evidence_is_no_evidence(design, draws):
    """With the evidence of all events hidden, attributions are those of the model without laws."""
    open_ = with_candidates(design, np.ones_like(design.candidates))
    hidden = without_evidence(open_, np.ones(len(design.cell), dtype=bool))
    chance, log_likelihood = by_event(hidden, draws)
    np.testing.assert_allclose(log_likelihood, 0, atol=1e-5, err_msg="an event without label and evidence")
    terms = [part for part in design.parts if not isinstance(part.component, EvidenceLaw)]
    values = dict(zip([part.component.name for part in design.parts], tables(design)(draws), strict=True))
    log_odds = sum(values[part.component.name][:, part.index] for part in terms)
    np.testing.assert_allclose(
        chance, np.exp(log_odds - logsumexp(log_odds, axis=-1, keepdims=True)), atol=1e-6
    )


def test_hidden_is_not_silent_and_the_others_keep_theirs(events, design, draws):
    silent = events["claimed_by"].values == ""
    hidden = np.flatnonzero(silent)[:5]
    flags = np.isin(np.arange(len(silent)), hidden)
    before, after = (by_event(own, draws)[0] for own in (design, without_evidence(design, flags)))
    np.testing.assert_allclose(after[:, ~flags], before[:, ~flags], atol=1e-6)
    undecided = flags & (design.candidates.sum(axis=1) > 1)
    assert undecided.any()
    assert np.abs(after - before)[:, undecided].max() > 1e-3, "silence says something, not looking does not"


def test_the_tables_keep_their_sizes_whatever_is_hidden(design):
    none, some = (without_evidence(design, np.arange(len(design.cell)) < count) for count in (0, 20))
    assert {k: v for k, v in sizes(none).items() if k != "cell"} == {
        k: v for k, v in sizes(some).items() if k != "cell"
    }
    for part in some.parts:
        if isinstance(part.component, EvidenceLaw):
            assert (part.rows["outcome"] == UNOBSERVED).any()
            patterns = part.rows["cell"] if "cell" in part.rows else part.rows["outcome"]
            assert len(patterns) == len(next(iter(part.keys.values())))


# ---- padding


def test_padding_changes_no_likelihood(design, draws):
    wanted = {name: size + 7 for name, size in sizes(design).items()}
    padded = pad(design, wanted)
    assert sizes(padded) == wanted
    (_, before), (_, after) = (attribute_cells(own, tables(own)(draws)) for own in (design, padded))
    np.testing.assert_allclose(before @ design.weight, after @ padded.weight, rtol=1e-6)


def test_cells_that_say_nothing_are_left_out_of_the_likelihood(design, draws):
    gone = np.arange(len(design.cell)) % 3 > 0
    dark = without_evidence(with_candidates(design, design.candidates | gone[:, None]), gone)
    told = telling(dark)
    assert len(told.index) < len(dark.index)
    assert told.weight.sum() == pytest.approx(design.event_weight[~gone].sum())
    values = tables(dark)(draws)
    (_, before), (_, after) = (attribute_cells(own, values) for own in (dark, told))
    np.testing.assert_allclose(before @ dark.weight, after @ told.weight, rtol=1e-5)
    nothing = telling(without_evidence(with_candidates(design, np.ones_like(design.candidates)), gone | True))
    assert len(nothing.index) == 1, "something must be left to compile"


def test_one_evaluator_serves_every_design_of_its_sizes(design, draws):
    flags = np.arange(len(design.cell)) < 30
    one, other = (without_evidence(design, f) for f in (flags, ~flags))
    evaluate = tables(one)
    for found, expected in zip(evaluate(draws, other), tables(other)(draws), strict=True):
        np.testing.assert_array_equal(found, expected)


# ---- what a fold sees


@pytest.mark.parametrize("blocks", ["time", "forward"])
@pytest.mark.parametrize("mask_evidence", [False, True])
def test_what_a_fold_sees(events, design, draws, blocks, mask_evidence):
    dealt = split(events, design.candidates, blocks, 3)
    full = by_event(design, draws)[1]
    for fold in dealt.scored:
        seen = masked(design, dealt, fold, Hiding(mask_evidence, 1.0))
        gone = dealt.hidden(fold)
        assert seen.candidates[gone].all(), "the label says nothing"
        np.testing.assert_array_equal(seen.candidates[~gone], design.candidates[~gone])
        assert len(seen.cell) == len(design.cell), "no row leaves"
        assert seen.weight.sum() == pytest.approx(design.weight.sum())
        found = by_event(seen, draws)[1]
        np.testing.assert_allclose(found[:, ~gone], full[:, ~gone], atol=1e-5)
        dark = dealt.future(fold) | (gone & mask_evidence)
        np.testing.assert_allclose(found[:, dark], 0, atol=1e-5, err_msg="neither label nor evidence")


def test_a_design_of_some_events_gives_theirs(design, draws):
    chosen = np.array([70, 3, 11])
    np.testing.assert_allclose(
        by_event(restricted(design, chosen), draws)[0], by_event(design, draws)[0][:, chosen], atol=1e-6
    )


# ---- a whole run


@pytest.fixture(scope="module")
def small():
    return at.Model(
        ["IS", "regime security", "local factions"],
        [at.Baseline(), at.Location()],
        [at.Claim(time_sd=0)],
    )


@pytest.fixture(scope="module")
def known(events):
    """Half of the perpetrators of the small world are known, a few partly."""
    own = np.arange(events.sizes["event"]) % 2 == 0
    found = events.assign(perpetrator=("event", np.where(own, events["true_actor"].values, "")))
    found["candidates"] = ("event", np.where(own, "", found["candidates"].values))
    found.attrs = events.attrs | {"data_hash": at.data_hash(found)}
    return found


SETTINGS = {"seed": 3, "folds": 2, "draws": 15, "tune": 30, "chains": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("holdout")


@pytest.fixture(scope="module")
def result(small, known, folder):
    return at.holdout(small, known, workers=0, directory=folder, mask_evidence=True, **SETTINGS)


def test_every_known_perpetrator_is_scored_once(result, known, small):
    own = known["perpetrator"].values != ""
    np.testing.assert_array_equal(result["event"].values, known["event"].values[own])
    np.testing.assert_array_equal(result["truth"].values, known["perpetrator"].values[own])
    assert result["probability"].dims == ("event", "actor")
    assert tuple(result["actor"].values) == small.names
    np.testing.assert_allclose(result["probability"].sum("actor"), 1, atol=1e-9)
    assert (result["probability"] > 0).all(), "a hidden label rules nobody out"
    dealt = split(known, lay(small, known).candidates, "time", 2, 3)
    np.testing.assert_array_equal(result["fold"].values, dealt.fold[own])
    assert list(result["trained"].values) == [
        (dealt.labelled & (dealt.fold != fold)).sum() for fold in (0, 1)
    ]


def test_the_scores_are_those_of_scores(result):
    expected = log_score(result["probability"], result["truth"])
    np.testing.assert_array_equal(result["log_score"], expected)
    assert float(result["summary"].sel(measure="log_score", group="(all)")) == pytest.approx(
        float(expected.mean())
    )


def test_shares_of_the_blocks(result):
    """Of the labels, and of actors drawn one by one: their means are those of the probabilities, but for chance."""
    np.testing.assert_allclose(result["share_true"].sum("actor"), 1)
    assert result["share"].dims == ("quantile_level", "block", "actor")
    assert (result["share"].diff("quantile_level") >= 0).all()
    for block, fold in enumerate(result["block"].values):
        own = result.isel(event=result["fold"].values == fold)
        for k, actor in enumerate(result["actor"].values):
            assert float(result["share_true"][block, k]) == pytest.approx(
                (own["truth"].values == actor).mean()
            )
    counts = result["share"].values * np.bincount(result["fold"].values)[None, :, None]
    low, high = counts[0], counts[-1]
    expected = result["probability"].groupby(result["fold"]).sum("event").values
    assert ((low <= expected + 1e-9) & (expected <= high + 1e-9)).all()
    assert (high > low).any(axis=1).all()


def test_actors_drawn_of_each_event_make_the_shares(small, known):
    """Shares are counts of actors drawn event by event; on average they are the probabilities."""
    design = lay(small, known)
    settings = Settings(30, 30, 1)
    compiled = compile_once(design, largest([design]), settings, 1)
    draws = prior_draws(design, 40, 1)
    found = [attributed(compiled, design, draws, [seed]) for seed in range(100)]
    chance = found[0][0]
    for other, _ in found[1:]:
        np.testing.assert_array_equal(other, chance)
    shares = np.array([share for _, share in found])
    assert shares.shape == (100, 40, len(design.actors))
    np.testing.assert_allclose(shares.sum(axis=-1), 1)
    count = len(design.cell)
    np.testing.assert_allclose(shares * count, (shares * count).round(), atol=1e-9)
    spread = shares.mean(axis=1).std(axis=0) / np.sqrt(len(found))
    off = np.abs(shares.mean(axis=(0, 1)) - chance.mean(axis=0))
    assert (off <= 5 * spread + 1e-12).all()


def test_labels_and_evidence_of_a_fold_do_not_reach_its_fit(small, known):
    """Other labels and claims in a fold: what its fit sees stays as it was, to the last cell."""
    dealt = split(known, lay(small, known).candidates, "time", 2)
    there = dealt.test(1)
    label, claim = known["perpetrator"].values.copy(), known["claimed_by"].values.copy()
    label[there] = np.where(label[there] == "IS", "local factions", "IS")
    claim[there] = np.where(claim[there] == "", "IS", "")
    other = known.assign(perpetrator=("event", label), claimed_by=("event", claim))
    one, two = (masked(lay(small, own), dealt, 1, Hiding(True, 1.0)) for own in (known, other))
    for own in (one, two):
        assert own.candidates[there].all()
    tables_of = [
        [part.rows["outcome"][part.rows["cell"]][part.index] for part in own.parts if "cell" in part.rows]
        for own in (one, two)
    ]
    np.testing.assert_array_equal(*tables_of)
    np.testing.assert_array_equal(one.candidates, two.candidates)
    np.testing.assert_array_equal(one.weight, two.weight)


def test_a_finished_run_is_read_from_its_folder(small, known, folder, result):
    def refuse(*_):
        raise AssertionError("nothing is left to fit")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("attribution.validation.holdout.prepare", refuse)
        again = at.holdout(small, known, workers=0, directory=folder, mask_evidence=True, **SETTINGS)
    xr.testing.assert_identical(result, again)
    with pytest.raises(at.AttributionError, match="draws differ"):
        at.holdout(small, known, workers=0, directory=folder, mask_evidence=True, **SETTINGS | {"draws": 16})


def test_a_fold_that_fails_is_missing_and_said(small, known):
    from attribution.validation import holdout as validation

    def one_fails(prepared, fold):
        if fold == 0:
            raise FloatingPointError("no finite likelihood")
        dealt = prepared.split
        test = np.flatnonzero(dealt.test(fold))
        return xr.Dataset(
            {
                "probability": (("event", "actor"), np.full((len(test), 4), 0.25)),
                "fold": ("event", np.full(len(test), fold)),
                "position": ("event", test),
            }
            | {name: ("block", [0.0]) for name in ("r_hat", "divergences", "trained")},
            coords={"block": [fold], "actor": list(small.names)},
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(validation, "prepare", lambda job: job)
        patch.setattr(validation, "fold_result", one_fails)
        with pytest.warns(UserWarning, match="fold_000: FloatingPointError: no finite likelihood"):
            found = at.holdout(small, known, workers=0, **SETTINGS | {"seed": 99})
    assert set(found["fold"].values) == {1}
    assert json.loads(found.attrs["failed"]) == {"fold_000": "FloatingPointError: no finite likelihood"}
    assert float(found["summary"].sel(measure="log_score", group="(all)")) == pytest.approx(np.log(4))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"label_fraction": 0.0}, at.AttributionError, "label_fraction=0.0"),
        ({"blocks": "arae"}, at.AttributionError, "Did you mean 'area'"),
        ({"draws": 1}, at.FitError, "draws=1"),
    ],
)
def test_errors_teach(small, known, arguments, error, message):
    with pytest.raises(error, match=message):
        at.holdout(small, known, **{"seed": 1, "folds": 2} | arguments)


def test_no_evidence_to_hide(known):
    with pytest.raises(at.ModelError, match="no evidence law"):
        at.holdout(at.Model(["IS", "regime security", "local factions"]), known, seed=1, mask_evidence=True)


@pytest.mark.slow
def test_processes_give_the_same_as_one(small, known):
    one, two = (at.holdout(small, known, workers=workers, **SETTINGS) for workers in (1, 2))
    xr.testing.assert_identical(one, two)


def test_levels_are_learnt_from_all_events(small, known):
    """Settings are seen, labels are not: an area that occurs in the hidden block only has its effect."""
    design = lay(small, known)
    hidden = masked(design, split(known, design.candidates, "time", 2), 0, Hiding(True, 1.0))
    assert levels_of(hidden).keys() == levels_of(design).keys()
    assert all(levels_of(hidden)[name] is level for name, level in levels_of(design).items())


def test_the_figure(result):
    assert isinstance(at.plot_holdout(result), Figure)

"""Figures of claims, sources and sponsors: what is drawn is what the draws say, computed apart from the library."""

import json

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.patches import Rectangle
from scipy.special import expit

import attribution as at
import cases
import oracle
from attribution.events.schema import STATEMENT_KINDS
from attribution.fitting.scoring import score
from attribution.model.design import lay
from attribution.model.graph import build
from attribution.model.prior import prior_draws
from attribution.plots.claims_and_sources import KINDS, wrapped
from attribution.reporting.blocks import Heading, Paragraph, Picture
from attribution.reporting.context import Telling
from attribution.reporting.findings import learnt
from attribution.results.phrases import LANGUAGES

mpl.use("agg")
LEVELS = (0.055, 0.5, 0.945)
NAMES = ["A", "B", "C with a name that does not fit on one line"]


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def texts(drawn_on):
    return [text.get_text() for text in drawn_on.findobj(mpl.text.Text) if text.get_text()]


def as_fitted(model, events, draws=(20, 30)):
    """What `fit` returns, as far as the figures read it, with draws of the prior as those of the posterior."""
    design = lay(model, events)
    dims = build(design).named_vars_to_dims
    group = {}
    for (name, count), seed in zip((("posterior", draws[0]), ("prior", draws[1])), (1, 2), strict=True):
        drawn = prior_draws(design, count, seed)
        shaped = {key: (("chain", "draw", *dims.get(key, ())), values[None]) for key, values in drawn.items()}
        group[name] = xr.Dataset(shaped, coords=design.coords)
        if name == "posterior":
            group["attribution"], _ = score(design, events, drawn, 1, 3)
    tree = xr.DataTree.from_dict(group | {"constant_data": events})
    hashed = events.attrs["data_hash"]
    tree.attrs = {"model": cases.to_json(model), "seed": 1, "data_hash": hashed, "checks": "[]"}
    return tree


def each_draw(group):
    """The parameters of each draw, as the twin takes them."""
    held = group.to_dataset().stack(sample=("chain", "draw")).transpose("sample", ...)
    for sample in range(held.sizes["sample"]):
        yield {str(name): values.values[sample] for name, values in held.data_vars.items()}


def intervals(axes):
    """Low, middle, high of each row: of the prior, of the posterior."""
    prior, posterior = ([line[:, 0] for line in lines.get_segments()] for lines in axes.collections[:2])
    middle = (axes.lines[0].get_xdata(), axes.collections[2].get_offsets()[:, 0])
    return [
        np.column_stack([np.array(ends)[:, 0], dots, np.array(ends)[:, 1]])
        for ends, dots in zip((prior, posterior), middle, strict=True)
    ]


# ---- claims


@pytest.fixture(scope="module", params=["conditional", "full"])
def late(request):
    """Claims with every shift, a context and delays; the rate of false claims has a slope."""
    rng = np.random.default_rng(7)
    count = 24
    days = np.datetime64("2020-01-01") + rng.integers(0, 400, count)
    claimed = np.where(np.arange(count) % 4 == 0, "A", np.where(np.arange(count) == 5, "A|B", ""))
    said = np.where(claimed == "A", [str(day + np.timedelta64(3, "D")) for day in days], "")
    said[4] = ""
    table = pd.DataFrame(
        {
            "event_id": [f"e{i}" for i in range(count)],
            "date": [str(day) for day in days],
            "date_precision": "day",
            "area": rng.choice(["x", "y"], count),
            "method": rng.choice(["bomb", "gun", ""], count),
            "killed": np.where(np.arange(count) == 2, "", rng.integers(1, 6, count).astype(str)),
            "target_rank": rng.choice(["low", "high"], count),
            "claimed_by": claimed,
            "claim_date": said,
            "observed_until": "2021-06-30",
            "perpetrator": np.where(np.arange(count) % 3 == 0, "B", ""),
        }
    )
    spans = pd.DataFrame(
        {
            "name": ["war"],
            "start": ["2020-03-01"],
            "end": ["2020-08-01"],
            "area": ["x"],
            "source": ["a paper"],
        }
    )
    law = at.Claim(silence=request.param, by="method", slope="killed", false_slope="killed")
    model = at.Model(NAMES, [at.Baseline()], [law])
    events = at.read_events(table, ranks=["low", "high"], contexts=spans)
    plain = json.loads(cases.to_json(model))
    records, windows = table.to_dict("records"), spans.to_dict("records")
    return oracle.World(plain, records, ranks=["low", "high"], contexts=windows), as_fitted(model, events)


def claims_given(law, world, event, p, j, actor):
    """Probability that `j` comes to claim a killing by `actor`; given that somebody does, where silence is none."""
    comes = [expit(oracle.claim_odds(law, world, event, p, i, actor)) for i in world.claimants]
    some = 1.0 if law["silence"] == "full" else 1 - np.prod(1 - np.array(comes))
    return comes[world.claimants.index(j)] / some


def habit(law, world, event, p, j, own):
    """The same for its own killing, or the average over the others who may have done it."""
    if own:
        return claims_given(law, world, event, p, j, j)
    return np.mean([claims_given(law, world, event, p, j, k) for k in world.actors if k != j])


def test_claims_are_those_of_the_twin(late):
    """Averaged over all killings at each draw; the delay day by day; prior and posterior not mixed up."""
    world, posterior = late
    law = world.model["evidence"][0]
    drawn_on = at.plot_claims(posterior)
    panels = drawn_on.axes
    assert len(panels) == 2 + len(world.claimants)
    for axes, own in zip(panels[:2], (True, False), strict=True):
        for group, found in zip(("prior", "posterior"), intervals(axes), strict=True):
            draws = [
                [
                    np.mean([habit(law, world, event, p, j, own) for event in world.events])
                    for j in world.claimants
                ]
                for p in each_draw(posterior[group])
            ]
            np.testing.assert_allclose(found, 100 * np.quantile(draws, LEVELS, axis=0).T, rtol=1e-9)
    for k, axes in enumerate(panels[2:]):
        for group, line, band in zip(("prior", "posterior"), axes.lines, axes.collections, strict=True):
            day = np.expm1(line.get_xdata()).round().astype(int)
            assert (day[0], day[-1]) == (0, 365)
            come = [
                np.cumsum(oracle.delay_chances(law, world, p, k))[day] for p in each_draw(posterior[group])
            ]
            low, middle, high = 100 * np.quantile(come, LEVELS, axis=0)
            np.testing.assert_allclose(line.get_ydata(), middle, rtol=1e-9)
            corners = band.get_paths()[0].vertices
            at_day = corners[np.isclose(corners[:, 0], line.get_xdata()[5]), 1]
            np.testing.assert_allclose([at_day.min(), at_day.max()], [low[5], high[5]], rtol=1e-9)


def test_claims_say_how_many_there_are(late):
    """Six of A and one with B are seven; a claim of several has no date, nor has that of e4."""
    world, posterior = late
    said = texts(at.plot_claims(posterior))
    assert {"A\n(7 claims)", "B\n(1 claim)", "A\n(5 dated claims)", "B\n(0 dated claims)"} <= set(said)
    assert "C with a name that does not\nfit on one line\n(0 claims)" in said
    assert any(text.startswith("documented killings only") for text in said)
    full = world.model["evidence"][0]["silence"] == "full"
    assert f"% of {'documented killings' if full else 'killings that are claimed'}, had it done them" in said


def test_small_numbers_of_claims_can_be_left_out(late):
    """One claim of B is too few, and A's number is hidden with it; nobody's none is no secret. So with dates."""
    said = texts(at.plot_claims(late[1], smallest=2))
    assert {"A\n(claims not shown)", "B\n(claims not shown)", "A\n(5 dated claims)"} <= set(said)
    assert "C with a name that does not\nfit on one line\n(0 claims)" in said
    said = texts(at.plot_claims(late[1], smallest=6))
    assert "A\n(dated claims not shown)" in said


def test_a_name_is_no_formula():
    assert wrapped("the $\\frac$ group of $5") == r"the \$\frac\$ group of \$5"


def test_without_a_day_observed_there_is_no_delay(shared_posterior, template):
    """The small world that was sampled: only the rank shifts its claims."""
    drawn_on = at.plot_claims(shared_posterior, interval=0.5)
    assert len(drawn_on.axes) == 2
    frame = at.to_frame(template).astype(str)
    model = json.loads(shared_posterior.attrs["model"])
    world = oracle.World(model, frame.to_dict("records"), ranks=["civilian", "fighter", "commander"])
    ranks = frame["target_rank"].value_counts()
    one = {rank: frame[frame["target_rank"] == rank].iloc[0].to_dict() for rank in ranks.index}
    law = model["evidence"][0]
    draws = [
        [
            sum(
                count / len(frame) * expit(oracle.claim_odds(law, world, one[rank], p, j, j))
                for rank, count in ranks.items()
            )
            for j in world.claimants
        ]
        for p in each_draw(shared_posterior["posterior"])
    ]
    found = intervals(drawn_on.axes[0])[1]
    np.testing.assert_allclose(found, 100 * np.quantile(draws, (0.25, 0.5, 0.75), axis=0).T, rtol=1e-9)


# ---- sources


def test_every_kind_of_statement_has_a_panel():
    assert set(KINDS) == set(STATEMENT_KINDS)


def test_sources_are_those_of_the_twin(shared_posterior):
    """Right with the twin's accuracy; a panel a kind; as many statements as the table has."""
    drawn_on = at.plot_sources(shared_posterior)
    law = json.loads(shared_posterior.attrs["model"])["evidence"][1]
    held = shared_posterior["constant_data"].to_dataset()
    titles = [
        "Accusations: right where they name who did it",
        "Denials: right where they name one who did not do it",
    ]
    assert [axes.get_title(loc="left") for axes in drawn_on.axes] == titles
    voices = [("army", "denial"), ("monitor", "accusation")]
    for axes, v in zip(drawn_on.axes, (1, 0), strict=True):
        lost = (1 / 3, 2 / 3)[v]  # one in three who did it is spared by luck, or named by luck
        for group, found in zip(("prior", "posterior"), intervals(axes), strict=True):
            draws = [
                1 - (1 - expit(oracle.accuracy(law, p, "statements", ["denial", "accusation"], v))) * lost
                for p in each_draw(shared_posterior[group])
            ]
            np.testing.assert_allclose(found, 100 * np.quantile(draws, LEVELS)[None], rtol=1e-9)
        source, kind = voices[v]
        mine = (held["statement_source"].values == source) & (held["statement_kind"].values == kind)
        assert [text.get_text() for text in axes.texts] == [f"{mine.sum()} statements"]
        assert [label.get_text() for label in axes.get_yticklabels()] == [source]


def test_a_voice_of_which_the_data_say_little_is_hollow(shared_posterior):
    """Its log-odds scatter as the prior's; the other's scatter less than their half."""
    posterior = shared_posterior.copy(deep=True)
    rng = np.random.default_rng(1)
    before = posterior["prior"]["statements_accuracy"].std(("chain", "draw")).values
    held = posterior["posterior"].to_dataset()
    shape = held["statements_accuracy"].shape
    held["statements_accuracy"] = (
        ("chain", "draw", "voice"),
        1 + rng.normal(size=shape) * before * [0.9, 0.5],
    )
    posterior["posterior"] = xr.DataTree(held)
    monitor, army = (axes.collections[2].get_facecolor()[0, :3] for axes in at.plot_sources(posterior).axes)
    np.testing.assert_allclose(army, 1)
    assert monitor.max() < 1


def test_sources_stand_in_the_order_of_their_medians():
    """And a voice that never spoke has its row."""
    model = at.Model(["A", "B"], [at.Baseline()], [at.Statements(voices=[f"{s} | finding" for s in "pqrs"])])
    table = pd.DataFrame({"event_id": ["e1", "e2"], "date": "2020", "perpetrator": ["A", ""]})
    words = pd.DataFrame({"event_id": ["e1"], "source": ["r"], "kind": ["finding"], "actor": ["A"]})
    posterior = as_fitted(model, at.read_events(table, statements=words))
    axes = at.plot_sources(posterior).axes[0]
    middle = intervals(axes)[1][:, 1]
    assert (np.diff(middle) < 0).all()
    order = [label.get_text() for label in axes.get_yticklabels()]
    assert sorted(order) == list("pqrs")
    assert [text.get_text() for text in axes.texts] == [
        "1 statement" if source == "r" else "0 statements" for source in order
    ]


# ---- sponsors


@pytest.fixture(scope="module")
def known():
    """Every executor and every sponsor is known, so that each cell is a count."""
    pairs = [("A", "state")] * 7 + [("A", "none")] * 3 + [("B", "none")] * 10
    table = pd.DataFrame(pairs, columns=["perpetrator", "sponsor"])
    table = table.assign(event_id=[f"e{i}" for i in range(20)], date="2020")
    links = {"A": {"state": 1.0}, "B": {"bank": 1.0}}
    model = at.Model(["A", "B"], [at.Baseline()], [at.Sponsorship(links)], closed=True)
    return as_fitted(model, at.read_events(table))


def cells(drawn_on):
    """Text of each cell, by row and column of its middle."""
    return {
        tuple(round(float(place), 2) for place in text.get_position()[::-1]): text.get_text()
        for text in drawn_on.axes[0].texts
    }


def test_cells_are_counts_where_all_is_known(known):
    """Columns none, bank, state; B may have the bank and A may not, A the state and B may not."""
    drawn_on = at.plot_sponsors(known)
    assert cells(drawn_on) == {
        (0.5, 0.5): "15 %\n15 to 15",
        (0.5, 2.5): "35 %\n35 to 35",
        (0.5, 3.65): "50 %\n50 to 50",
        (1.5, 0.5): "50 %\n50 to 50",
        (1.5, 1.5): "0 %\n0 to 0",
        (1.5, 3.65): "50 %\n50 to 50",
        (2.65, 0.5): "65 %\n65 to 65",
        (2.65, 1.5): "0 %\n0 to 0",
        (2.65, 2.5): "35 %\n35 to 35",
    }
    boxes = drawn_on.axes[0].findobj(Rectangle)
    assert sorted(box.get_xy() for box in boxes if box.get_hatch()) == [(1, 0), (2, 1)]
    alpha = {box.get_xy(): box.get_facecolor()[3] for box in boxes if not box.get_hatch()}
    assert alpha[0, 1] == pytest.approx(0.6)
    assert alpha[2, 0] == pytest.approx(0.6 * 7 / 10)
    labels = [label.get_text() for label in drawn_on.axes[0].get_xticklabels()]
    assert labels == ["nobody:\nits own account", "bank", "state", "all sponsors"]
    assert "in % of documented killings" in " ".join(texts(drawn_on))
    assert "hatched: not linked" in " ".join(texts(drawn_on))


def test_cells_are_those_of_the_table():
    """Where nothing is known: the cells are what `sponsors` says with the same seed, and add up to `shares`."""
    table = pd.DataFrame({"event_id": [f"e{i}" for i in range(60)], "date": "2020"})
    links = {"A": {"state": 30.0}, "B": {"state": 1.0}}
    model = at.Model(["A", "B"], [at.Baseline(sd=0.5)], [at.Sponsorship(links)])
    posterior = as_fitted(model, at.read_events(table), draws=(80, 10))
    found = cells(at.plot_sponsors(posterior, seed=3, interval=0.8))
    rows = at.sponsors(posterior, seed=3, interval=0.8).set_index(["executor", "sponsor"])
    for row, executor in ((0.5, "A"), (1.5, "B"), (2.5, "unlisted"), (3.65, "(all)")):
        for column, sponsor in ((0.5, "none"), (1.5, "state")):
            share, low, high = 100 * rows.loc[(executor, sponsor), ["share", "low", "high"]].to_numpy(float)
            texted = [f"{value:.0f}" if value == 0 or value >= 1 else "<1" for value in (share, low, high)]
            assert found[row, column] == "{} %\n{} to {}".format(*texted)
    chance = posterior["attribution"]["perpetrator"].values == 0
    assert found[0.5, 2.65].startswith(f"{100 * chance.mean():.0f} %")


def test_one_killing_has_no_interval():
    model = at.Model(["A"], [at.Baseline()], [at.Sponsorship({"A": {"state": 1.0}})])
    table = pd.DataFrame({"event_id": ["e"], "date": "2020", "perpetrator": "A", "sponsor": "state"})
    found = cells(at.plot_sponsors(as_fitted(model, at.read_events(table))))
    assert found[0.5, 1.5] == "100 %"


def test_sponsors_need_no_baseline():
    """A model whose activity has no `Baseline` has no draws of its parameters."""
    table = pd.DataFrame({"event_id": ["e", "f"], "date": "2020", "area": "x", "sponsor": "state"})
    model = at.Model(["A"], [at.Location()], [at.Sponsorship({"A": {"state": 1.0}})])
    found = at.sponsors(as_fitted(model, at.read_events(table)))
    assert found.set_index(["executor", "sponsor"])["share"]["(all)", "state"] == 1


# ---- in a report


def told(posterior, language="en", smallest=5):
    privacy = at.Privacy(smallest=smallest)
    return Telling(posterior, language, "ICD 203", 0.8, privacy, "", "", None, {})


def test_a_report_shows_what_the_model_has(late, known, shared_posterior):
    """A heading, then a caption and a picture for each law, in the report's interval."""
    for posterior, alts in (
        (late[1], ["How readily each actor claims"]),
        (known, ["Shares of executors and sponsors"]),
        (shared_posterior, ["How readily each actor claims", "How often each source is right"]),
    ):
        blocks = learnt(told(posterior))
        assert [type(block) for block in blocks] == [Heading, *([Paragraph, Picture] * len(alts))]
        assert [block.alt for block in blocks[2::2]] == alts
        assert all("80 %" in block.text for block in blocks[1::2])
        assert all("80%" in " ".join(texts(block.figure)) for block in blocks[2::2])


def test_a_report_keeps_small_numbers_to_itself(late):
    picture = learnt(told(late[1], smallest=2))[2]
    assert "B\n(claims not shown)" in texts(picture.figure)


def test_captions_are_in_the_language_of_the_report(known):
    blocks = [learnt(told(known, language))[:2] for language in LANGUAGES]
    assert len({text.text for pair in blocks for text in pair}) == 2 * len(LANGUAGES)


def test_a_model_without_evidence_has_no_such_section():
    table = pd.DataFrame({"event_id": ["e", "f"], "date": "2020", "perpetrator": ["A", ""]})
    assert learnt(told(as_fitted(at.Model(["A"], [at.Baseline()], []), at.read_events(table)))) == []


# ---- what lacks what is needed


@pytest.mark.parametrize("name", ["plot_claims", "plot_sources", "plot_sponsors"])
def test_the_model_has_no_such_law(name, known, late):
    other = late[1] if name == "plot_sources" else known
    if name == "plot_sponsors":
        other = late[1]
    law = {"plot_claims": r"Claim\(\)", "plot_sources": r"Statements\(\)", "plot_sponsors": "Sponsorship"}
    with pytest.raises(at.AttributionError, match=f"model has no {law[name]}"):
        getattr(at, name)(other)


@pytest.mark.parametrize("name", ["plot_claims", "plot_sources", "plot_sponsors"])
def test_not_a_fit(name):
    with pytest.raises(at.AttributionError, match=r"needs what fit\(\) returns"):
        getattr(at, name)(xr.DataTree())


@pytest.mark.parametrize("name", ["plot_claims", "plot_sources", "plot_sponsors"])
@pytest.mark.parametrize("wrong", [0, 1, 1.5, np.nan])
def test_an_interval_that_is_none(name, wrong, known):
    with pytest.raises(at.AttributionError, match="must lie between 0 and 1"):
        getattr(at, name)(known, interval=wrong)

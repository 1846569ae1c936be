"""The report: every item in order, failed checks first, nothing of the user's unescaped, privacy kept, no network."""

import json
import re
from dataclasses import fields
from html.parser import HTMLParser

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr

import attribution as at
from attribution.components.activity.baseline import Baseline
from attribution.components.library import kinds
from attribution.events.provenance import data_hash
from attribution.plots.checks import share_ranges
from attribution.reporting import html_page, latex_page, markdown_page
from attribution.reporting.blocks import Alert, Code, Formula, Heading, Lines, Own, Paragraph, Picture, Table
from attribution.reporting.context import Telling
from attribution.reporting.formula import drawn, formulas, rows
from attribution.reporting.methods import gaps, in_letters, plainly, settings
from attribution.results.phrases import LANGUAGES, phrase
from attribution.results.privacy import coarse, hidden

mpl.use("agg")
NASTY = '<script>alert("x")</script> & \\input{/etc/passwd} $x$ | `a` [b](c)'


class Reader(HTMLParser):
    """Tags, attributes and text of a page; complains of tags that do not close."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.links, self.text = [], [], [], []
        self.feed(text)
        assert self.open == [], self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "action", "srcset")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data.replace("\N{NO-BREAK SPACE}", " "))


@pytest.fixture(scope="module")
def table():
    """A table of sensitivity as `sensitivity` makes it, by hand: two actors of the small world are enough to see."""
    names = ["IS", "regime security", "local factions", "unlisted"]
    rows = []
    for kind, about, value, method, shares in (
        ("fit", "", np.nan, "as fitted", (0.4, 0.3, 0.2, 0.1)),
        ("claims", "IS", 0.5, "re-weighted", (0.5, 0.25, 0.15, 0.1)),
        ("claims", "IS", 2.0, "at the fit's parameters", (0.3, 0.35, 0.25, 0.1)),
        ("component", "claim", np.nan, "not shown", (np.nan,) * 4),
        ("bound", "IS", 1.0, "exact", (0.9, np.nan, np.nan, np.nan)),
    ):
        for name, share, at_fit in zip(names, shares, (0.4, 0.3, 0.2, 0.1), strict=True):
            if kind != "bound" or name == about:
                said = (kind, about, value, "in words", name, share)
                rows.append((*said, share - 0.05, share + 0.05, share - at_fit, 0.1, np.nan, method, np.nan))
    columns = [
        *("kind", "about", "value", "assumption", "actor", "share", "low", "high", "change", "flips"),
        *("pareto_k", "method", "psense"),
    ]
    return pd.DataFrame(rows, columns=columns).assign(of="documented killings", checks="passed")


def made(posterior, tmp_path, suffix=".html", **given):
    path = tmp_path / f"report{suffix}"
    at.report(posterior, path, **given)
    return path.read_text(encoding="utf-8")


def test_the_table_of_sensitivity_has_a_row_an_assumption(posterior, table, tmp_path):
    moved = table.assign(change=np.where(table["actor"] == "unlisted", -1e-9, table["change"]))
    page = made(posterior, tmp_path, ".md", sensitivity=moved)
    lines = page.replace("\N{NO-BREAK SPACE}", " ").replace("\\", "").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| assumption | IS |"))
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:] if line[:1] == "|"
    ]
    assert rows[0] == ["assumption", "IS", "regime security", "local factions", "unlisted", "how"]
    body = {row[-1]: row[1:-1] for row in rows[2:5]}
    assert len(body) == 3, "claims of IS twice, a bound; the component has no number"
    assert body["re-weighted"] == ["50 % (+10.0)", "25 % (-5.0)", "15 % (-5.0)", "10 % (+0.0)"]
    assert body["exact"] == ["90 % (+50.0)", "", "", ""]
    assert "Not shown, because the draws cannot be re-weighted that far: without claim." in lines


def test_small_powers_of_prior_and_likelihood_have_a_table(posterior, table, tmp_path):
    power = table[table["kind"] == "fit"].assign(kind="prior", value=0.8, method="not shown", share=np.nan)
    power["psense"] = [0.01, 0.12, 0.034, 0.0]
    page = made(posterior, tmp_path, ".md", sensitivity=pd.concat([table, power, power.assign(value=1.25)]))
    lines = page.replace("\N{NO-BREAK SPACE}", " ").replace("\\", "").splitlines()
    assert lines.count("| prior | 0.010 | 0.120 | 0.034 | 0.000 |") == 1
    sentence = next(line for line in lines if line.startswith("Not shown, because"))
    assert sentence.endswith("without claim, prior to the power 0.8, prior to the power 1.25.")
    assert "| likelihood |" not in page


# ---- the page


def test_one_page_with_everything(posterior, table, tmp_path):
    posterior.attrs["checks"] = json.dumps(
        [
            check | {"passed": check["name"] != "divergences"}
            for check in json.loads(posterior.attrs["checks"])
        ]
    )
    page = made(posterior, tmp_path, title=NASTY, question=NASTY, script=NASTY, sensitivity=table)
    reader = Reader(page)
    text = " ".join(reader.text)

    # nothing runs, nothing is fetched
    assert {"script", "link", "iframe", "object", "form"}.isdisjoint(reader.tags)
    assert reader.links
    assert all(link.startswith("data:image/svg+xml;base64,") for link in reader.links)
    assert "http" not in re.sub(r"data:image[^\"]*", "", page).replace("http-equiv", "")
    assert "default-src 'none'" in page

    # the user's text is text
    assert NASTY in text

    # items of BARG, in their order
    keys = [
        "pre",
        "pre_a",
        "pre_b",
        "s1",
        "s1_a",
        "s1_b",
        "s1_c",
        "s1_d",
        "s1_e",
        "s2",
        "s2_a",
        "s2_b",
        "s2_c",
    ]
    keys += ["s2_d", "s3", "s3_a", "s3_b", "s3_c", "s4", "s5", "s6", "limits"]
    headings = re.findall(r"<h[23]>(?:[A-E]\. )?(.*?)</h[23]>", page)
    places = [headings.index(phrase("report", key)) for key in keys]
    assert places == sorted(places)

    # a failed check stands before everything else
    alert, first = page.index('class="alert"'), page.index("<h2>")
    assert alert < first
    assert "divergences" in page[alert:first]

    # where the numbers come from, and what they are not
    assert posterior.attrs["data_hash"] in text
    assert phrase("report", "standing") in text
    assert phrase("report", "footer") in text
    shares = at.shares(posterior)
    for row in shares.itertuples():
        share = f"{100 * row.share:.0f} %" if 0.01 <= row.share <= 0.99 else " than "
        line = next(line for line in reader.text if line.startswith(f"{row.actor}: "))
        assert share in line
        assert posterior.attrs["data_hash"][:12] in line
        assert "not a finding of guilt" in line
    assert " 0 %" not in "".join(line for line in reader.text if "interval:" in line)


@pytest.mark.parametrize(("suffix", "language"), [(".md", "fr"), (".tex", "es"), (".html", "ar")])
def test_other_formats_and_languages(posterior, table, tmp_path, suffix, language):
    open_before = plt.get_fignums()
    page = made(posterior, tmp_path, suffix, language=language, sensitivity=table)
    assert posterior.attrs["data_hash"][:12] in page
    footer = phrase("report", "footer", language)
    assert {".md": markdown_page.plain, ".tex": latex_page.plain, ".html": str}[suffix](footer) in page
    if suffix == ".html":
        assert '<html lang="ar" dir="rtl">' in page
    if suffix == ".tex":
        files = re.findall(r"includegraphics\[[^]]*\]\{(.*?)\}", page)
        assert files
        assert all((tmp_path / file).read_bytes().startswith(b"%PDF") for file in files)
    assert plt.get_fignums() == open_before


def test_killings_one_by_one_need_an_opt_in(posterior, tmp_path):
    closed = made(posterior, tmp_path, ".md")
    opened = made(posterior, tmp_path, ".md", privacy=at.Privacy(per_event=True, date="year"))
    ids = [str(value) for value in posterior["attribution"]["event"].values]
    assert not any(re.search(rf"\b{value}\b", re.sub(r"data:image\S*", "", closed)) for value in ids)
    known = posterior["attribution"]["known"].values
    listed = [value for value in ids if re.search(rf"^\| {value} ", opened, flags=re.MULTILINE)]
    assert listed == [value for value, sure in zip(ids, known, strict=True) if not sure]
    assert not re.search(r"\b20\d\d-\d\d\b", re.sub(r"data:image\S*", "", opened)), "dates by year only"


def test_small_groups_are_left_out(posterior, tmp_path):
    size = at.shares(posterior, by="area").drop_duplicates("area").set_index("area")["events"].sort_values()
    page = made(posterior, tmp_path, ".md", privacy=at.Privacy(smallest=int(size.iloc[0]) + 1))
    rows_of = re.findall(r"^\| (\w+) \| (?:IS|unlisted) ", page, flags=re.MULTILINE)
    assert set(rows_of) & set(size.index) == set(size.index[2:]), (
        "the smallest, and one more against subtraction"
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"language": "de"}, "'en', 'ar'"),
        ({"scale": "x"}, "'ICD 203'"),
        ({"sensitivity": True}, "other actors"),
    ],
)
def test_what_cannot_be_reported(posterior, table, tmp_path, given, told):
    if "sensitivity" in given:
        given = {"sensitivity": table[table["actor"] == "IS"]}
    with pytest.raises(at.AttributionError, match=told):
        made(posterior, tmp_path, **given)


def test_other_suffixes_and_other_trees(posterior, tmp_path):
    with pytest.raises(at.AttributionError, match=r"'\.html', '\.md' or '\.tex'"):
        at.report(posterior, tmp_path / "report.pdf")
    with pytest.raises(at.AttributionError, match="lacks the groups"):
        at.report(xr.DataTree.from_dict({"attribution": xr.Dataset()}), tmp_path / "report.md")


# ---- blocks


def figure():
    drawn_on, axes = plt.subplots(figsize=(2, 1))
    axes.set_title(NASTY.replace("$", "").replace("\\", ""))
    return drawn_on


BLOCKS = [
    *(Heading(2, NASTY), Paragraph(NASTY), Paragraph(NASTY, english=True), Alert(NASTY, [NASTY])),
    *(Own(NASTY, NASTY), Table(NASTY, [NASTY, "b"], [[NASTY, "1"]]), Lines(NASTY, [NASTY]), Code(NASTY)),
]


def test_html_keeps_every_text_as_text():
    page = html_page.page(BLOCKS, title=NASTY, language="en", standing=NASTY, footer=NASTY)
    reader = Reader(page)
    assert "script" not in reader.tags
    assert sum(NASTY in text for text in reader.text) == 17


def test_markdown_keeps_every_text_as_text():
    page = markdown_page.page(BLOCKS[:-1], title=NASTY, standing=NASTY, footer=NASTY)
    assert "<script" not in page
    assert not re.search(r"(?<!\\)[`\[$]", page)
    fenced = markdown_page.block_text(Code("a ``` b"))
    assert fenced.startswith("````\n")


def test_latex_keeps_every_text_as_text(tmp_path):
    given = {"title": NASTY, "language": "en", "standing": NASTY, "footer": NASTY}
    page = latex_page.page(BLOCKS, **given, path=tmp_path / "x.tex")
    assert r"\input" not in page
    assert r"\textbackslash{}input\{/etc/passwd\}" in page
    depth = 0
    for step in re.findall(r"(?<!\\)[{}]", page):
        depth += 1 if step == "{" else -1
        assert depth >= 0
    assert depth == 0


def test_a_picture_has_words_for_those_who_cannot_see_it():
    block = Picture(figure(), NASTY)
    Reader(html_page.block_text(block))
    assert "&lt;script&gt;" in html_page.block_text(block)
    plt.close(block.figure)


HOSTILE = ["<img src=x onerror=alert(1)>", "</td><script>alert('2')</script>"]


def test_what_stands_in_the_events_is_text_too(tmp_path):
    """Actors, areas, methods, ranks, sources, columns, ids and the file's name, from a table to a page."""
    count = 24
    frame = pd.DataFrame(
        {
            "event_id": [f"<b onclick='x'>{i}</b>" for i in range(count)],
            "date": [f"202{i % 3}-03-17" for i in range(count)],
            "area": ['"><script>area</script>', "B&amp;B"] * (count // 2),
            "target_rank": ["<u>1</u>", "<u>2</u>"] * (count // 2),
            "<i>kit": ["<svg/onload=alert(3)>", "'; alert(4)//"] * (count // 2),
            "perpetrator": [HOSTILE[0], HOSTILE[1], ""] * (count // 3),
        }
    )
    said = {"event_id": frame["event_id"][:2], "source": "<script>source</script>", "kind": "accusation"}
    frame.to_csv(tmp_path / "<script>.csv", index=False)
    pd.DataFrame(said | {"actor": HOSTILE[0]}).to_csv(tmp_path / "<script>_statements.csv", index=False)
    events = at.read_events(tmp_path / "<script>.csv", ranks=["<u>1</u>", "<u>2</u>"])
    activity = [at.Baseline(), at.Location(), at.TargetRank(), at.Category("<i>kit")]
    model = at.Model(HOSTILE, activity, [at.Statements()])
    posterior = at.fit(model, events, seed=1, draws=60, tune=100, chains=2)
    page = made(posterior, tmp_path)
    reader = Reader(page)
    assert {"script", "svg", "i", "u"}.isdisjoint(reader.tags), sorted(set(reader.tags))
    assert all(link.startswith("data:image/svg+xml;base64,") for link in reader.links)
    text = " ".join(reader.text)
    for own in (*HOSTILE, '"><script>area</script>', "<i>kit"):
        assert own in text, own


# ---- formulas


def test_settings_are_read_without_brackets():
    dash = "\N{EN DASH}"
    spans = at.ActivePeriod({"IS": ("2014-06-29", None), "army": (None, "2016")}).spans
    assert plainly(spans) == f"IS: 2014-06-29, {dash}; army: {dash}, 2016"
    assert [plainly(value) for value in (("a", "b"), (), None, 0.5)] == ["a, b", dash, dash, 0.5]


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.__name__)
def test_formulas_of_components_are_found_and_drawn(kind):
    found = formulas(kind)
    assert found
    for tex in found:
        for line in rows(tex):
            picture = drawn(line)
            assert picture is not None, line
            assert b"<svg" in picture


def test_a_formula_that_cannot_be_drawn_is_shown_as_tex():
    assert drawn(r"\nosuchcommand{x}") is None
    assert r"<code>\nosuchcommand{x}</code>" in html_page.block_text(Formula(r"\nosuchcommand{x}"))


def test_a_formula_is_that_of_the_docstring():
    assert formulas(Baseline) == [
        r"\eta[e, k] = \alpha_k, \qquad \alpha \sim \mathrm{ZeroSumNormal}(\mathtt{sd})"
    ]


def test_symbols_of_settings_are_letters():
    """No TeX is left for an editor to read."""
    assert in_letters(r"\mu, \sigma_r, \mathrm{x}, f_j") == "\N{GREEK SMALL LETTER MU}, " + (
        "\N{GREEK SMALL LETTER SIGMA}_r, x, f_j"
    )
    lambda_bar = "\N{GREEK SMALL LETTER LAMDA}\N{COMBINING MACRON}"
    assert in_letters(r"\log w_{cj} \sim \mathrm{Normal}(\bar\lambda, \mathtt{a\_sd})") == (
        f"log w_cj ~ Normal({lambda_bar}, a_sd)"
    )


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.__name__)
def test_no_setting_is_explained_in_tex(kind):
    meanings = settings(kind.__new__(kind))
    assert set(meanings) >= {field.name for field in fields(kind)}
    assert not [text for text in meanings.values() if re.search(r"[\\{}$]", text.replace("{}", ""))]


def test_settings_have_their_meaning():
    found = settings(at.Claim())
    assert set(found) == {field.name for field in fields(at.Claim)}
    assert found["propensity_mean"] == found["propensity_mean_sd"]
    assert found["propensity_sd"].startswith("Scale of the half-normal prior")


def first_table(page):
    """Rows of the first table of a report in Markdown, its header first."""
    lines = page.replace("\N{NO-BREAK SPACE}", " ").replace("\\", "").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    end = next(i for i in range(start, len(lines)) if not lines[i].startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:end]]


def test_the_first_page_has_three_things_beside_each_share(posterior, table, tmp_path):
    without = first_table(made(posterior, tmp_path, ".md"))
    assert without[0][2:] == [
        *("89 % interval", "range under other assumptions", "bounds that assume nothing", "known")
    ]
    assert {row[3] for row in without[2:]} == {"not examined"}
    found = {row[0]: row for row in first_table(made(posterior, tmp_path, ".md", sensitivity=table))[2:]}
    own = at.shares(posterior, sensitivity=table).set_index("actor")
    for actor, row in found.items():
        low, high = (f"{100 * own.loc[actor, end]:.0f} %" for end in ("assumed_low", "assumed_high"))
        assert row[3] == f"{low} \N{EN DASH} {high}"


def telling(posterior, sensitivity=None):
    return Telling(posterior, "en", "ICD 203", 0.89, at.Privacy(), "", "", sensitivity, {})


def test_confidence_is_low_where_nothing_was_examined(posterior, table, tmp_path):
    assert "Analytic confidence is low" in made(posterior, tmp_path)
    moved = table[table["kind"] == "fit"]
    assert telling(posterior, moved).shift is None, "only the fit itself"


# ---- privacy


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([1, 2, 9, 20], [True, True, True, False]),
        ([3, 0, 0], [True, True, True]),
        ([1, 1, 1, 1, 1, 30], [True] * 6),
        ([2, 4, 9], [True, True, False]),
        ([1, 0, 2, 0, 50], [True, False, True, False, True]),
        ([4, 9, 20], [True, True, False]),
        ([5, 9], [False, False]),
        ([3], [True]),
        ([0, 0, 7], [False, False, False]),
    ],
)
def test_hidden(counts, expected):
    assert hidden(counts, 5).tolist() == expected


def test_no_hidden_count_follows_from_the_others():
    """Whatever the counts: what is shown and the sum leave two hidden ones, unless there is no other."""
    rng = np.random.default_rng(1)
    for _ in range(300):
        counts = rng.integers(0, 12, rng.integers(1, 7))
        out = hidden(counts, 5)
        assert out[(counts > 0) & (counts < 5)].all()
        assert out.sum() != 1 or (counts > 0).sum() == 1


def few_known(posterior):
    """The small world with three known killings of one actor, and nobody else's."""
    held = posterior["attribution"].to_dataset()
    candidate = np.ones_like(held["candidate"].values)
    candidate[:3] = np.arange(candidate.shape[1]) == 1
    known = candidate.sum(axis=1) == 1
    posterior["attribution"] = xr.DataTree(
        held.assign(candidate=(("event", "actor"), candidate), known=("event", known))
    )
    return posterior


def test_few_known_killings_do_not_come_back_from_other_tables(posterior, table, tmp_path):
    """Neither from the text, nor from the bounds of the first table, nor from those of the sensitivity table."""
    page = made(few_known(posterior), tmp_path, ".md", sensitivity=table)
    rows = first_table(page)[2:]
    assert {row[-1] for row in rows} == {"not shown"}
    assert {row[-2] for row in rows} == {"not shown"}
    plain = page.replace("\\", "")
    assert "not shown with a known perpetrator" in plain
    assert "every open killing by" not in plain
    assert "| exact |" not in plain
    shown = made(posterior, tmp_path, ".md", sensitivity=table, privacy=at.Privacy(smallest=1))
    assert "| exact |" in shown


def test_few_empty_cells_are_not_shown(posterior):
    """Two cells are few; nine are not, yet follow where the group without an area is hidden beside another."""
    events = posterior["constant_data"].to_dataset()
    for empty, small, shown in ((2, 0, False), (9, 0, True), (9, 2, False)):
        area = np.full(events.sizes["event"], "Tafas", dtype="U20")
        area[:empty], area[empty : empty + small] = "", "Nawa"
        rows = {row[0]: row[1:] for row in gaps(telling(posterior), events.assign(area=("event", area)))}
        assert (rows["area"][0] == str(empty)) == shown
        assert (rows["area"] == ["not shown", "not shown"]) != shown


def test_dates_are_no_finer_than_said():
    days = np.array(["2020-03-17"], dtype="datetime64[D]")
    shown = {date: coarse(days, at.Privacy(date=date))[0] for date in ("year", "month", "day")}
    assert shown == {"year": "2020", "month": "2020-03", "day": "2020-03-17"}


@pytest.mark.parametrize("wrong", [{"smallest": 0}, {"date": "hour"}, {"place": "street"}])
def test_privacy_there_is_not(wrong):
    with pytest.raises(at.AttributionError, match=r"Privacy\("):
        at.Privacy(**wrong)


# ---- figures


def texts(drawn_on):
    return " ".join(text.get_text() for text in drawn_on.findobj(mpl.text.Text))


def test_an_actor_that_is_ruled_out_has_minus_infinity_and_no_waterfall(events):
    """Of an event that may be by IS or local factions, before IS existed."""
    labels = np.array(["IS|local factions" if i == 0 else "" for i in range(events.sizes["event"])])
    blank = np.full(len(labels), "")
    early = events.copy(deep=True).assign(perpetrator=("event", blank), candidates=("event", labels))
    early["date"].values[0] = np.datetime64("2001-01-01")
    model = at.Model(["IS", "local factions"], [at.Baseline(), at.ActivePeriod({"IS": ("2010", None)})])
    early = early.drop_vars("claimed_by").drop_dims("statement", errors="ignore")
    early.attrs["data_hash"] = data_hash(early)
    fitted = at.fit(model, early, seed=1, draws=100, tune=100, chains=2)
    event = str(early["event"].values[0])
    nats = at.contributions(fitted, event=event).set_index("actor")
    assert nats.loc["IS", "active_period"] == nats.loc["IS", "total"] == -np.inf
    assert np.isfinite(nats.loc["local factions", "total"])
    drawn_on = at.plot_attribution(fitted, event=event)
    assert not drawn_on.axes[1].axison
    plt.close(drawn_on)
    open_ = at.plot_attribution(fitted, event=str(early["event"].values[1]))
    assert "rather than" in open_.axes[1].get_title(loc="left")
    plt.close(open_)


def test_tornado(table):
    drawn_on = at.plot_sensitivity(table)
    axes = drawn_on.axes[0]
    bars = sorted(((bar.get_x(), bar.get_x() + bar.get_width()) for bar in axes.patches[1:]), key=np.ptp)
    np.testing.assert_allclose(bars, [(30, 50), (40, 90)])
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "claims: IS (times 0.5, 2)",
        "no assumption",
    ]
    assert "documented killings attributed to IS" in texts(drawn_on)
    assert "1 cannot be had by re-weighting" in texts(drawn_on)
    plt.close(drawn_on)


def test_spans_hold_the_fit(table):
    found, unshown = share_ranges(table[table["actor"] == "regime security"])
    assert unshown == 1
    assert found[["least", "most"]].to_numpy().tolist() == [[0.25, 0.35]]


def test_a_tornado_of_nobody(table):
    with pytest.raises(at.AttributionError, match="Did you mean 'IS'"):
        at.plot_sensitivity(table, actor="is")


def test_prior_and_posterior(posterior):
    drawn_on = at.plot_prior_posterior(posterior)
    own = at.shares(posterior).set_index("actor")
    lines = drawn_on.axes[0].lines
    np.testing.assert_allclose(lines[1].get_xdata(), 100 * own["share"])
    prior = posterior["prior_predictive"]["share"].sel(actor=own.index.to_numpy()).mean(("chain", "draw"))
    np.testing.assert_allclose(lines[0].get_xdata(), 100 * prior)
    assert "% of documented killings" in texts(drawn_on)
    plt.close(drawn_on)


def test_reliability():
    probability = xr.DataArray(
        [[0.8, 0.2]] * 10, dims=("event", "actor"), coords={"actor": ["IS", "criminal"]}
    )
    truth = xr.DataArray(["IS"] * 6 + ["criminal"] * 4, dims="event")
    drawn_on = at.plot_calibration(probability, truth, bins=5)
    points = drawn_on.axes[0].lines[1]
    np.testing.assert_allclose(points.get_xydata(), [[20, 40], [80, 60]])
    assert [bar.get_height() for bar in drawn_on.axes[1].patches] == [10, 10]
    plt.close(drawn_on)


def test_map(posterior):
    with pytest.raises(at.AttributionError, match="latitude, longitude"):
        at.plot_map(posterior)
    held = posterior["constant_data"].to_dataset()
    place = {"Daraa": (32.6, 36.1), "Nawa": (32.9, 36.0), "Tafas": (32.7, 36.0)}
    points = np.array([place[area] for area in held["area"].values])
    posterior["constant_data"] = xr.DataTree(
        held.assign(latitude=("event", points[:, 0]), longitude=("event", points[:, 1]))
    )
    drawn_on = at.plot_map(posterior)
    size = at.shares(posterior, by="area").drop_duplicates("area").set_index("area")["events"]
    for area, count in size.items():
        assert f"{area}, {count} killings" in texts(drawn_on)
    assert len(drawn_on.axes[0].patches) == 3 * 4
    plt.close(drawn_on)
    with pytest.raises(at.AttributionError, match="no area has 500 killings"):
        at.plot_map(posterior, smallest=500)


def test_every_language_fills_every_phrase_of_the_report():
    for language in LANGUAGES:
        assert phrase("report", "number", language, actor="A", share=1, events=2, interval=3, low=4, high=5)


def test_the_same_formula_is_the_same_bytes():
    """Two reports of one posterior and script are the same bytes: nothing in a picture tells the time or is random."""
    tex = r"\sum_{k} e^{a_k}"
    first = drawn(tex)
    assert first == drawn(tex)
    assert b"<dc:date>" not in first
    figure = plt.figure()
    figure.add_subplot().plot([0, 1], marker="o", clip_on=True)
    assert html_page.svg(figure) == html_page.svg(figure)
    plt.close(figure)

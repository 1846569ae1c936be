"""What a notebook shows of a model and of checks: tables, with the text of the data escaped."""

from xml.etree import ElementTree

import attribution as at
from attribution.fitting.check_records import Checks


def cells(html):
    """Text of the cells of the table's body, by row; the page must be well-formed."""
    rows = ElementTree.fromstring(f"<div>{html}</div>").findall(".//tbody/tr")
    return [[cell.text or "" for cell in row] for row in rows]


def test_a_model_is_a_table_of_its_components():
    model = at.Model(
        ["IS", "army <b>"],
        [at.Baseline(), at.Category("method", sd=0.3), at.ActivePeriod({"IS": ("2019-01-01", None)})],
        [at.Claim(silence="full"), at.Statements()],
    )
    html = model._repr_html_()
    assert "<b>" not in html
    assert "Actors: IS, army &lt;b&gt;, unlisted" in html
    _, names, settings = zip(*cells(html), strict=True)
    assert names == ("Baseline", "Category", "ActivePeriod", "Claim", "Statements")
    assert settings[:2] == ("", "column='method', sd=0.3")
    assert "2019-01-01" in settings[2]
    assert settings[3:] == ("silence='full'", "")


def test_checks_are_a_table_in_which_failures_stand_first():
    long = "x" * 300
    checks = Checks(
        [
            at.Check("a", True, 1.0, 1.0, "Fine."),
            at.Check("b", False, 2.0, 1.0, f"NOT SHOWN: <script>{long}", "Do it."),
            at.Check("c", None, 2.0, 1.0, "Open."),
        ]
    )
    html = checks._repr_html_()
    assert "<script>" not in html
    assert long in html
    assert "1 of 3 checks passed" in html
    assert [row[0] for row in cells(html)] == ["b", "c", "a"]


def test_diagnose_returns_a_list(posterior):
    checks = at.diagnose(posterior)
    assert isinstance(checks, list)
    assert f"of {len(checks)} checks passed" in checks._repr_html_()

"""Asks axe-core about each page of the kit: names, roles, contrast, order of headings, what can be reached."""

from importlib.resources import files

import pytest

from badgateway.report.explanation.html_page import render_html as render_explanation
from badgateway.report.formats import render_html
from tests.live.test_report_in_browser import SCHEMES, show, unfold
from tests.report import samples
from tests.report.explanation import samples as explanations

pytestmark = pytest.mark.live

REPORTS = {f"report-{name}": lambda make=make: render_html(make()) for name, make in samples.SAMPLES.items()}
EXPLANATIONS = {
    f"explain-{name}": lambda make=make: render_explanation(make()) for name, make in explanations.SAMPLES.items()
}
PAGES = REPORTS | EXPLANATIONS
# Browsers stop at what scrolls by themselves, which that rule does not know; test_report_in_browser presses Tab.
FEW = ("report-picked", "explain-one-cause")
RUN = """() => axe.run({
  resultTypes: ["violations"], rules: {"scrollable-region-focusable": {enabled: false}}
}).then(found => found.violations.flatMap(
  one => one.nodes.map(node => `${one.id}: ${node.target} ${node.html.slice(0, 120)}`)))"""


@pytest.fixture
def broken_rules(page, tmp_path):
    script = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

    def ask(name, *, width, scheme):
        file = tmp_path / "page.html"
        file.write_text(PAGES[name](), encoding="utf-8")
        show(page, file.as_uri(), width=width, scheme=scheme)
        unfold(page)
        page.evaluate(script)
        return page.evaluate(RUN)

    return ask


@pytest.mark.parametrize("name", FEW)
def test_no_rule_is_broken(broken_rules, name):
    assert broken_rules(name, width=1280, scheme="light") == []


@pytest.mark.proof
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("name", PAGES)
def test_no_rule_is_broken_on_any_page(broken_rules, name, width, scheme):
    assert broken_rules(name, width=width, scheme=scheme) == []

"""Opens reports in the system's own Chromium, from disk, as a reader would."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

from badgateway.report.formats import render_html
from badgateway.report.sections.answer.section import build as build_answer
from tests.report import comparison, samples

pytestmark = pytest.mark.live

WIDTHS = (400, 1280)
SCHEMES = ("light", "dark")
# The scheme changes colours; where things stand is looked at in the dark at one width.
LOOKS = ((400, "light"), (1280, "light"), (1280, "dark"))
A4_WIDTH = 718
"""What a sheet of A4 has between margins of 1 cm, in CSS pixels."""
MOST_TAB_STOPS = 300
READABLE = 4.5
"""WCAG's contrast of text against what is behind it, level AA."""

WITHOUT_CAUSES = (
    *("many-levels", "interrupted", "nothing-measured", "exports", "study-none", "both-loops", "running-site"),
)
LADDERS = ("long-ladder",)
BESIDE_LATENCY_AND_THROUGHPUT = {**dict.fromkeys((*WITHOUT_CAUSES, *LADDERS), 0), "study-picked": 3}
"""How many charts more; one where nothing is said, that of the causes. A study's are its rivals and capacities."""

CHARTS = """() => [...document.querySelectorAll('figure svg:not(.strip svg)')]
  .filter(svg => svg.getClientRects().length)
  .map(svg => ({
    width: svg.getBoundingClientRect().width,
    marks: [...svg.querySelectorAll('.role-mark path, .role-mark line')]
      .map(mark => mark.getBoundingClientRect())
      .filter(box => box.width > 0 || box.height > 0).length,
    numbers: [...svg.querySelectorAll('.role-mark text')]
      .filter(text => text.getBoundingClientRect().width > 0).length,
    colours: [...svg.querySelectorAll('.role-mark [fill]')].map(mark => getComputedStyle(mark).fill)
      .filter(colour => colour !== 'none'),
  }))"""

STRIPS = """() => [...document.querySelectorAll('.strip svg')]
  .filter(svg => svg.getClientRects().length)
  .map(svg => ({
    width: svg.getBoundingClientRect().width,
    bars: [...svg.querySelectorAll('rect, path')].filter(bar => bar.getBoundingClientRect().width > 0).length,
  }))"""

OVERLAPS = """() => [...document.querySelectorAll('figure svg')]
  .filter(svg => svg.getClientRects().length)
  .flatMap(svg => {
    const texts = [...svg.querySelectorAll('text:not([opacity="0"])')]
      .map(text => [text.textContent, text.getBoundingClientRect()])
      .filter(([, box]) => box.width > 0);
    return texts.flatMap(([one, a], place) => texts.slice(place + 1)
      .filter(([, b]) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3)
      .map(([other]) => `${one} / ${other}`));
  })"""

CONTRASTS = """() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = element => {
    for (let place = element; place; place = place.parentElement) {
      const colour = numbers(getComputedStyle(place).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
  };
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const own = element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  return [...document.querySelectorAll('main *')]
    .filter(element => own(element) && element.getClientRects().length)
    .map(element => {
      const style = getComputedStyle(element);
      const ink = element instanceof SVGElement ? style.fill : style.color;
      return [ratio(light(numbers(ink)), light(behind(element))), element.textContent.trim().slice(0, 60)];
    });
}"""


@dataclass
class Opened:
    """A page that was opened, and what it did meanwhile."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@cache
def rendered(sample):
    return render_html(samples.SAMPLES[sample]())


@pytest.fixture
def open_report(page, heard, tmp_path):
    def opener(sample, *, width=1280, scheme="light"):
        file = tmp_path / "report.html"
        file.write_text(rendered(sample), encoding="utf-8")
        opened = Opened(page=page, url=file.as_uri())
        heard("console", lambda message: opened.errors.append(message.text) if message.type == "error" else None)
        heard("pageerror", lambda error: opened.errors.append(str(error)))
        heard("request", lambda request: opened.requests.append(request.url))
        show(page, opened.url, width=width, scheme=scheme)
        return opened

    return opener


def show(page, url, *, width, scheme):
    """Open a file anew, in a window of that width."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(media="screen", color_scheme=scheme)
    page.goto(url)


def open_chapters(page):
    page.evaluate("() => document.querySelectorAll('details.chapter').forEach(part => { part.open = true })")


def unfold(page):
    page.evaluate("() => document.querySelectorAll('details').forEach(part => { part.open = true })")


@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_a_report_opens_from_disk_without_an_error_or_another_request(open_report, sample):
    opened = open_report(sample)
    opened.page.wait_for_load_state("networkidle")
    assert opened.errors == []
    assert [url for url in opened.requests if not url.startswith("data:")] == [opened.url]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_the_charts_are_drawn_and_nothing_is_wider_than_the_page(open_report, sample, width, scheme):
    page = open_report(sample, width=width, scheme=scheme).page
    open_chapters(page)
    charts = page.evaluate(CHARTS)
    assert len(charts) == 2 + BESIDE_LATENCY_AND_THROUGHPUT.get(sample, 1)
    assert [300 <= chart["width"] <= width for chart in charts] == [True] * len(charts)
    assert [chart["marks"] > 0 for chart in charts] == [True] * len(charts)
    assert min(chart["numbers"] for chart in charts) >= 1
    unfold(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_each_strip_of_seconds_has_its_bars_within_the_page(open_report, width, scheme):
    page = open_report("long-ladder", width=width, scheme=scheme).page
    open_chapters(page)
    strips = page.evaluate(STRIPS)
    assert len(strips) > 1
    assert [(0 < one["width"] <= width, one["bars"] > 0) for one in strips] == [(True, True)] * len(strips)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_no_label_of_a_chart_covers_another_one(open_report, sample, width):
    page = open_report(sample, width=width).page
    open_chapters(page)
    assert page.evaluate(OVERLAPS) == []


def drawn_in(open_report, scheme):
    page = open_report("picked", scheme=scheme).page
    open_chapters(page)
    return page.evaluate(CHARTS)


def test_the_colours_of_the_charts_follow_the_scheme(open_report):
    light, dark = (drawn_in(open_report, scheme) for scheme in SCHEMES)
    assert "rgb(187, 49, 9)" in light[0]["colours"]
    assert "rgb(240, 135, 61)" in dark[0]["colours"]
    assert not set(light[1]["colours"]) & set(dark[1]["colours"])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("sample", ["picked", "inconclusive"])
def test_all_text_stands_out_from_what_is_behind_it(open_report, sample, width, scheme):
    page = open_report(sample, width=width, scheme=scheme).page
    unfold(page)
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 200
    assert [(round(ratio, 2), text) for ratio, text in contrasts if ratio < READABLE] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_cause_of_the_most_failures_is_open_and_the_others_open_on_a_click(open_report, width):
    page = open_report("picked", width=width).page
    open_chapters(page)
    cards = page.locator("details.cause")
    assert cards.count() == 7
    assert cards.first.get_by_text("uWSGI: listen", exact=True).is_visible()
    second = cards.nth(1).get_by_text("Use a driver in pure Python")
    assert not second.is_visible()
    cards.nth(1).locator("summary").click()
    assert second.is_visible()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_colour_of_a_card_is_that_of_its_part_in_the_chart(open_report, scheme):
    page = open_report("picked", scheme=scheme).page
    open_chapters(page)
    drawn = page.evaluate(CHARTS)[0]["colours"]
    edges = page.locator("details.cause").evaluate_all(
        "cards => cards.map(card => getComputedStyle(card).borderLeftColor)"
    )
    assert set(edges[:4]) <= set(drawn)
    assert len(set(edges[:4])) == 4


@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_line_of_a_log_is_wrapped_in_its_card(open_report, width):
    page = open_report("hostile", width=width).page
    unfold(page)
    lines = page.locator(".lines code")
    assert lines.count() == 5
    assert lines.evaluate_all("all => all.every(line => line.scrollWidth <= line.clientWidth)")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("sample", ["picked", "none-qualifies", "inconclusive", "interrupted", "study-picked"])
def test_the_answer_the_seconds_that_show_why_and_the_table_are_in_the_first_view(open_report, sample, scheme):
    page = open_report(sample, width=1440, scheme=scheme).page
    for part in (".label", ".sentence", ".why svg" if sample == "picked" else ".why", ".standings table"):
        box = page.locator(part).first.bounding_box()
        assert box is not None, part
        assert box["y"] < 900, part
        # The rows of the best are to be seen; of many, the last ones may be below.
        assert box["y"] + min(box["height"], 300) <= 900, part
    answer = build_answer(samples.SAMPLES[sample]())
    assert answer.worth in page.locator(".answer").inner_text()
    assert answer.label == page.locator(".answer .label").inner_text()


@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_folded_it_is_short_and_its_chapters_are_linked(open_report, sample):
    page = open_report(sample, width=1440).page
    words = page.evaluate("() => document.body.innerText.split(/\\s+/).length")
    assert words <= 700
    assert page.evaluate("() => document.documentElement.scrollHeight") <= 3 * 900
    for name in page.locator("details.chapter > .inside").evaluate_all("all => all.map(part => part.id)"):
        page.locator(f'a[href="#{name}"]').click()
        assert page.locator(f"#{name}").is_visible(), name


def test_text_from_a_log_runs_nothing(open_report):
    opened = open_report("hostile")
    unfold(opened.page)
    assert opened.errors == []
    assert opened.page.locator("main script").count() == 0


def test_a_table_that_scrolls_can_be_reached_with_the_keyboard(open_report):
    page = open_report("picked", width=400).page
    open_chapters(page)
    region = page.locator(".scroll").first
    assert region.evaluate("part => part.scrollWidth > part.clientWidth")
    labels = tab_stops(page)
    assert any(label.startswith("All numbers") for label in labels)


def test_a_table_that_does_not_scroll_is_no_tab_stop(open_report):
    page = open_report("picked", width=1440).page
    open_chapters(page)
    scrolling = page.locator(".scroll").evaluate_all(
        "all => all.filter(part => part.scrollWidth > part.clientWidth).map(part => part.getAttribute('aria-label'))"
    )
    assert {label for label in tab_stops(page) if label} <= set(scrolling)


def tab_stops(page):
    """Press Tab through the whole page; return the label of each stop, empty where it has none."""
    labels: list[str] = []
    for _ in range(MOST_TAB_STOPS):
        page.keyboard.press("Tab")
        label = page.evaluate(
            "() => document.activeElement === document.body ? null : "
            "document.activeElement.getAttribute('aria-label') || ''"
        )
        if label is None:
            return labels
        labels.append(label)
    raise AssertionError(f"more than {MOST_TAB_STOPS} stops")


def test_on_paper_it_is_light_and_whole_with_its_folded_parts_open(open_report):
    page = open_report("picked", width=A4_WIDTH, scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("() => document.documentElement.scrollWidth") <= A4_WIDTH
    assert page.get_by_text(comparison.QUEUE_FULL.message).last.bounding_box()


REFERENCE = Path(__file__).parents[2] / "results" / "reference"
ALL_REFERENCES = [
    pytest.param(name, marks=() if name == "servers-quick" else pytest.mark.proof)
    for name in sorted(folder.parent.name for folder in REFERENCE.glob("*/report.html"))
]


@pytest.mark.parametrize("name", ALL_REFERENCES)
def test_a_reference_report_answers_in_its_first_screen_and_is_short(page, heard, name):
    happened = []
    heard("console", lambda message: happened.append(message.text))
    heard("pageerror", lambda error: happened.append(str(error)))
    show(page, (REFERENCE / name / "report.html").as_uri(), width=1440, scheme="light")
    for part in (".label", ".sentence", ".why svg", ".standings table"):
        box = page.locator(part).first.bounding_box()
        assert box is not None, part
        assert box["y"] + min(box["height"], 300) <= 900, part
    assert page.evaluate("() => document.body.innerText.split(/\\s+/).length") <= 700
    assert page.evaluate("() => document.documentElement.scrollHeight") <= 3 * 900
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert happened == []

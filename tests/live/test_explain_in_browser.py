"""Opens the page of `badgateway explain` in the system's own Chromium, from disk, as a reader would."""

from functools import cache

import pytest

from badgateway.report.explanation.html_page import render_html
from tests.live.test_report_in_browser import CHARTS, CONTRASTS, LOOKS, OVERLAPS, READABLE, SCHEMES, WIDTHS, show
from tests.report.explanation import samples

pytestmark = pytest.mark.live

WITH_FAILURES = [name for name in samples.SAMPLES if name != "clean"]


@cache
def rendered(sample):
    return render_html(samples.SAMPLES[sample]())


@pytest.fixture
def open_page(page, heard, tmp_path):
    def opener(sample, *, width=1280, scheme="light"):
        file = tmp_path / "explanation.html"
        file.write_text(rendered(sample), encoding="utf-8")
        page.happened = []
        heard("console", lambda message: page.happened.append(message.text))
        heard("pageerror", lambda error: page.happened.append(str(error)))
        heard("dialog", lambda dialog: page.happened.append(dialog.message))
        heard("request", lambda request: page.happened.append(request.url))
        show(page, file.as_uri(), width=width, scheme=scheme)
        return page

    return opener


@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_a_page_opens_from_disk_without_an_error_a_script_or_another_request(open_page, sample):
    page = open_page(sample)
    page.wait_for_load_state("networkidle")

    assert [what for what in page.happened if not what.startswith("data:")] == [page.url]
    assert page.locator("script").count() == 0


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_the_chart_is_drawn_and_nothing_is_wider_than_the_page(open_page, sample, width, scheme):
    page = open_page(sample, width=width, scheme=scheme)
    charts = page.evaluate(CHARTS)

    assert len(charts) == (sample in WITH_FAILURES)
    assert all(300 <= chart["width"] <= width and chart["marks"] for chart in charts)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("sample", WITH_FAILURES)
def test_no_label_of_the_chart_covers_another_one(open_page, sample, width):
    assert open_page(sample, width=width).evaluate(OVERLAPS) == []


def test_the_colours_of_the_chart_follow_the_scheme(open_page):
    (light,), (dark,) = (open_page("incident", scheme=scheme).evaluate(CHARTS) for scheme in SCHEMES)

    assert "rgb(187, 49, 9)" in light["colours"]
    assert not set(light["colours"]) & set(dark["colours"])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_all_text_stands_out_from_what_is_behind_it(open_page, width, scheme):
    contrasts = open_page("incident", width=width, scheme=scheme).evaluate(CONTRASTS)

    assert len(contrasts) > 100
    assert [(round(ratio, 2), text) for ratio, text in contrasts if ratio < READABLE] == []


def test_what_to_change_is_in_the_first_view(open_page):
    box = open_page("one-cause").locator(".change").bounding_box()

    assert box is not None
    assert box["y"] + box["height"] <= 900

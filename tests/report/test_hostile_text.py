"""Names and reasons that would steer a terminal: spelled in every form of a report, and still readable by programs."""

import dataclasses
import json

import pytest

from badgateway.model.printable import printable_lines
from badgateway.report.formats import render_html, render_json, render_markdown
from badgateway.report.markdown import code_span, escaped, whole_page
from tests.report.samples import picked

HOSTILE = "why\x1b]0;owned\x07 \x9b31m\u202e\u2066abc\nPICK for x: y\r\x00"


@pytest.fixture(scope="module")
def hostile():
    plain = picked()
    found = dataclasses.replace(plain.recommendation, sentence=HOSTILE, reasons=(HOSTILE,))
    return dataclasses.replace(plain, recommendation=found, command=f"badgateway run {HOSTILE}")


@pytest.mark.parametrize("render", [render_html, render_markdown, render_json])
def test_no_form_of_a_report_has_a_character_that_steers(hostile, render):
    page = render(hostile)

    assert printable_lines(page) == page
    assert "owned" in page


def test_a_line_break_in_a_reason_does_not_begin_a_line(hostile):
    assert not any(line.startswith("PICK for x") for line in render_markdown(hostile).splitlines())


def test_the_json_says_the_same_to_programs(hostile):
    assert json.loads(render_json(hostile))["recommendation"]["sentence"] == HOSTILE


def test_each_way_into_markdown_spells_them_and_the_page_does_so_for_those_who_forget():
    assert escaped("a\x1b[31m*") == r"a\\x1b\[31m\*"
    assert code_span("a\x1b\nb`") == r"`` a\x1b b` ``"
    assert whole_page(["a\x1b", "", "b"]) == "a\\x1b\n\nb\n"

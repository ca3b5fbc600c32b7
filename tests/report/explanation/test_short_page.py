"""The answer in twenty lines."""

import re

import pytest

from badgateway.causes.catalogue import BY_ID
from badgateway.model.diagnosis import Certainty
from badgateway.model.explanation import Spread
from badgateway.report.explanation import incidents
from badgateway.report.explanation.short_page import MOST_ROWS, render_short
from badgateway.report.explanation.text_rows import Role
from tests.report.explanation import samples
from tests.report.explanation.samples import cause, explanation, file_read, found, incident_of, line

TIMES = "\N{MULTIPLICATION SIGN}"
WORST = explanation(
    *(found(cause(f"cause-{rank} {'of many words ' * 9}"), {rank: 40 - rank}) for rank in range(12)),
    unattributed=7,
    hints=("Log more of everything. " * 20,),
    files=(file_read("a.log", samples.UWSGI.kind, malformed_lines=4, first_malformed=(line("!! what"),)),),
)


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("sample", [*samples.SAMPLES.values(), lambda: WORST])
def test_the_answer_fits_twenty_lines_of_the_terminal(sample, width):
    rows = render_short(sample(), width=width).splitlines()

    assert len(rows) <= MOST_ROWS == 20
    assert max(map(len, rows)) <= width


def test_the_command_that_leads_on_is_never_cut():
    last = render_short(explanation(found(BY_ID[max(BY_ID, key=len)], {0: 40})), width=60).splitlines()[-1]

    assert last == f"--full; badgateway cause {max(BY_ID, key=len)}"


def test_it_says_what_failed_when_why_by_which_line_and_what_to_change():
    page = render_short(samples.one_cause())

    assert page.startswith("51 of 10,000 requests failed (0.51 %).\n2026-11-21 09:00 to 10:01 UTC\n\nWhen    09:00")
    assert f"09:00:00 to 09:05:59  51 {TIMES} 502  The queue-full happened, on /members/\n" in page
    assert "\nWhy     1. The queue-full happened (100 %): proven\n" in page
    assert " error.log:7  connect() failed\n" in page
    assert "\nChange  uWSGI: listen. Make it longer.\n" in page
    assert page.endswith("--full; badgateway cause queue-full\n")


def test_incidents_come_before_causes_and_what_went_on_all_along_last():
    burst, rest = found(cause("burst"), {30: 5}), found(cause("rest"), {0: 9})
    views = incidents.build((incident_of(rest, spread=Spread.ALL_ALONG), incident_of(burst)), 3600)

    assert [view.when for view in views] == ["10:30", "all along"]


def test_of_many_incidents_the_largest_are_shown_in_their_order_and_the_others_counted():
    page = render_short(WORST, width=100)

    assert re.findall(rf"(\d+) {TIMES} 502", page) == ["40", "39", "38"]
    assert "and 9 smaller ones" in page
    assert "and 11 other causes" in page


def test_failures_without_a_cause_and_lines_that_were_not_read_are_always_told():
    page = render_short(WORST, width=60)

    assert "7 failures" in page
    assert "4 lines could not be read" in page


def test_what_is_not_proven_is_told_so_in_each_place():
    page = render_short(explanation(found(cause(), {0: 5}, certainty=Certainty.FAMILY)))

    assert "happened, on /members/ (?)" in page
    assert "(100 %): one of several that fit" in page
    assert "proven" not in page


def test_paint_changes_nothing_but_the_look():
    painted = render_short(samples.incident(), paint=lambda role, text: f"<{role.name}>{text}</>")

    assert "<FAILED>" in painted
    assert "<SURE>proven</>" in painted
    assert re.sub(r"<[A-Z]+>|</>", "", painted) == render_short(samples.incident())


def test_what_a_log_has_in_it_steers_no_terminal():
    page = render_short(samples.hostile(), paint=lambda role, text: text if role is Role.PLAIN else f"[{text}]")

    assert "\x1b" not in page
    assert "\u202e" not in page
    assert r"\x1b[31m" in page


def test_without_a_failure_there_is_nothing_to_change():
    assert render_short(samples.clean()).splitlines()[0] == "No failures in 10,000 requests."
    assert "Change" not in render_short(samples.clean())

"""What all pages for people say, and what each format makes of it."""

import re
from dataclasses import replace

import pytest

from badgateway.model.diagnosis import Certainty, Remedy
from badgateway.model.knob import Knob, WorkerModel
from badgateway.model.printable import printable_lines
from badgateway.report.explanation import document
from badgateway.report.explanation.html_page import render_html
from badgateway.report.explanation.json_document import render_json
from badgateway.report.explanation.markdown_page import render_markdown
from badgateway.report.explanation.text_page import render_text
from tests.report.explanation import samples
from tests.report.explanation.samples import cause, explanation, file_read, found, line

QUEUE_OF_ALL = "uWSGI: listen; Gunicorn: backlog; Granian: GRANIAN_BACKLOG; uvicorn: UVICORN_BACKLOG"
RENDERERS = {"text": render_text, "md": render_markdown, "html": render_html}


def plain(text):
    """Return what a reader sees of a page: no markup, single spaces."""
    return " ".join(re.sub(r"<[^>]+>|[\\*`]", " ", text).replace("&#39;", "'").split())


@pytest.fixture(params=RENDERERS)
def render(request):
    return RENDERERS[request.param]


@pytest.mark.parametrize("sample", samples.SAMPLES)
def test_the_same_explanation_gives_the_same_bytes(render, sample):
    assert render(samples.SAMPLES[sample]()) == render(samples.SAMPLES[sample]())


def test_every_page_says_what_failed_why_by_which_line_and_what_to_change(render):
    page = plain(render(samples.one_cause()))

    for said in (
        "51 of 10,000 requests failed (0.51 %)",
        "51 \N{MULTIPLICATION SIGN} 502",
        "3 \N{MULTIPLICATION SIGN} /members/",
        "2026-11-21 09:00 to 10:01 UTC",
        "The queue-full happened (100 %)",
        "Change first: uWSGI: listen. Make it longer.",
        "It was full; see ss -xl",
        "Ask for less.",
        "error.log:7",
        "connect() failed",
        "badgateway cause queue-full",
        "/var/log/uwsgi.log",
    ):
        assert said in page


def test_without_a_failure_every_page_says_so_and_names_no_cause(render):
    page = plain(render(samples.clean()))

    assert "No failures in 10,000 requests." in page
    assert "Change" not in page


def test_logs_without_a_request_are_not_called_clean(render):
    page = plain(render(explanation(requests=0)))

    assert "No request is in these logs, so they cannot show a failure." in page
    assert "No failures" not in page


def test_what_has_no_cause_is_counted_and_shown_and_nothing_is_advised(render):
    page = plain(render(samples.unexplained()))

    assert "No cause was found for any of them." in page
    assert "25 failures (100 %) without a cause: nothing was guessed." in page
    assert "access.log:12" in page
    assert "Change" not in page
    assert "Give nginx's error log too." in page


def test_when_most_failures_have_no_cause_the_rest_is_not_the_answer():
    page = document.build(explanation(found(cause(), {0: 5}), unattributed=6))

    assert page.answer == ("No cause was found for 6 of them.",)
    assert len(page.causes) == 1


def test_a_family_of_causes_is_never_told_as_a_fact(render):
    page = plain(render(explanation(found(cause(), {0: 5}, certainty=Certainty.FAMILY))))

    assert page.count("several causes fit, and these logs cannot tell them apart") == 2
    assert "proven" not in page


def test_without_an_access_log_no_share_of_requests_is_made_up(render):
    page = plain(render(explanation(found(cause(), {0: 5}), requests=0)))

    assert "5 requests failed; of how many, these logs do not say." in page


def test_malformed_lines_are_counted_and_the_first_are_shown(render):
    bad = file_read("a.log", samples.UWSGI.kind, malformed_lines=4, first_malformed=(line("!! what", 3, "a.log"),))
    page = plain(render(explanation(files=(bad,))))

    assert "4 lines could not be read and were left out." in page
    assert "a.log:3" in page
    assert "!! what" in page
    assert "1,000 lines, 4 malformed" in page


def test_two_files_of_one_name_keep_their_folders(render):
    files = tuple(file_read(f"/{host}/error.log", samples.ERROR.kind) for host in ("web1", "web2"))
    page = plain(render(explanation(found(cause(), {0: 1}, evidence=(line(file="/web2/error.log"),)), files=files)))

    assert "/web2/error.log:7" in page


@pytest.mark.parametrize(
    ("files", "knob"),
    [
        ((samples.UWSGI,), "uWSGI: listen"),
        ((samples.GUNICORN, samples.ACCESS), "Gunicorn: backlog"),
        ((samples.ACCESS,), QUEUE_OF_ALL),
        ((samples.UWSGI, samples.GUNICORN), "uWSGI: listen; Gunicorn: backlog"),
    ],
)
def test_of_several_servers_the_knob_is_that_of_the_one_whose_log_was_given(files, knob):
    page = document.build(explanation(found(cause(), {0: 1}), files=files))

    assert page.causes[0].remedies[0].knob == knob


@pytest.mark.parametrize(
    ("upstream", "knob"),
    [
        ("uwsgi://127.0.0.1:8000", "uWSGI: listen"),
        # Any server may speak HTTP, and a URL may hold anything.
        ("http://127.0.0.1:8000", QUEUE_OF_ALL),
        ("http://127.0.0.1:8000/?next=uwsgi://x", QUEUE_OF_ALL),
    ],
)
def test_an_upstream_that_is_spoken_to_in_uwsgis_protocol_is_uwsgi(upstream, knob):
    told = line(f'connect() failed (111: Connection refused) while connecting to upstream, upstream: "{upstream}"')
    seen = found(cause(), {0: 1}, evidence=(told,))
    page = document.build(explanation(seen, files=(samples.ACCESS, samples.ERROR)))

    assert page.causes[0].remedies[0].knob == knob


def test_a_setting_that_the_workers_of_the_log_do_not_have_is_not_named():
    told = replace(
        explanation(found(cause(first=Remedy(text="Do.", knobs=(Knob.AT_A_TIME,))), {0: 1}), files=(samples.GUNICORN,)),
        worker_models={"gunicorn": frozenset({WorkerModel.GREENLETS})},
    )

    assert document.build(told).causes[0].remedies[0].knob == "Gunicorn: workers, worker_connections"


def test_no_line_of_text_is_wider_than_the_terminal():
    for sample in samples.SAMPLES.values():
        for width in (80, 100):
            rows = render_text(sample(), width=width).splitlines()
            assert max(map(len, rows)) <= width


def test_text_from_a_log_commands_no_terminal():
    text = render_text(samples.hostile())

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"\x1b[31m`red` \u202etfel" in " ".join(text.split())


def test_on_a_terminal_headings_stand_out_and_nothing_else_changes():
    strong = render_text(samples.incident(), paint=lambda role, text: f"<{text}>")

    assert strong.startswith("<")
    assert re.sub(r"^<(.*)>$", r"\1", strong, flags=re.MULTILINE) == render_text(samples.incident())


def test_a_bar_of_text_shows_each_bucket_and_the_smallest_count_is_not_nothing():
    text = render_text(samples.one_cause())

    assert "|▂█   ▁| 2026-11-21 09:00 to 09:06 UTC; a bar is 1 minute, the highest 40" in text


def test_text_from_a_log_is_no_markup_in_html():
    html = render_html(samples.hostile())

    assert "<script" not in html
    assert "\x1b" not in html


def test_the_page_loads_nothing_and_runs_nothing():
    html = render_html(samples.incident())

    assert not re.search(r"<script|<link[^>]+href=\"(?!data:)|src=|@import|url\(", html)


def test_text_from_a_log_cannot_leave_its_code_span_in_markdown():
    markdown = render_markdown(samples.hostile())

    assert "`` </code><script>alert(1)</script> \\x1b[31m`red` \\u202etfel | *star* [link](x) ``" in markdown


def test_the_table_of_markdown_has_a_row_for_each_cause():
    rows = [row for row in render_markdown(samples.incident()).splitlines() if re.match(r"\| \d", row)]

    assert len(rows) == 11
    assert {row.count("|") for row in rows} == {6}


@pytest.mark.parametrize("form", [render_text, render_markdown, render_html, render_json])
def test_what_a_log_has_in_it_steers_no_terminal(form):
    page = form(samples.hostile())

    assert printable_lines(page) == page
    assert "red" in page


def test_a_line_that_stands_out_is_made_so_behind_what_is_spelled():
    page = render_text(samples.hostile(), paint=lambda role, text: f"\x1b[1m{text}\x1b[0m")
    unstyled = page.replace("\x1b[1m", "").replace("\x1b[0m", "")

    assert page.startswith("\x1b[1m")
    assert unstyled == render_text(samples.hostile())

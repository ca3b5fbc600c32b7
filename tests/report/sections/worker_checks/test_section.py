"""How one worker's requests share its time, in words."""

import json
from dataclasses import replace

import pytest

from badgateway.model.worker_checks import WorkerChecks
from badgateway.report.formats import render_html, render_json, render_markdown
from badgateway.report.sections.worker_checks.section import build
from tests.report import samples
from tests.report.worker_check_samples import STOPS, WORKER_CHECKS

TITLE = "while a request waits?"


def words(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MULTIPLICATION SIGN}", "x")


@pytest.fixture
def run():
    return replace(samples.picked(), worker_checks=WORKER_CHECKS)


@pytest.fixture
def sharing(run):
    found = build(run)
    assert found is not None
    return found


def test_each_pair_has_what_was_measured_against_the_sum_and_its_configurations(sharing):
    first, *_, last = sharing.proofs

    assert words(f"{first.measured.text} of {first.one_by_one}") == "1.63 s of 1.6 s"
    assert (first.configurations, first.words) == (
        ("uwsgi-2", "uwsgi-2-listen", "uwsgi-16"),
        "no, they wait one after the other",
    )
    assert (last.verdict, last.configurations) == ("BLOCKING", ("gunicorn-gevent-mysqlclient",))
    assert [row.words for row in sharing.proofs[1:4]] == ["not proven", "some of them", "yes, they wait side by side"]


def test_the_line_of_the_application_is_named_before_those_it_cannot_change(sharing):
    assert sharing.proofs[-1].reason == "the event loop was held by app/school/views/wait.py:22 wait"
    assert [tuple(map(words, line)) for line in sharing.loops[-1].lines] == [
        ("app/school/views/wait.py:22 wait", "seen 109 x")
    ]


def test_errors_say_how_requests_were_answered_and_why(sharing):
    assert words(sharing.proofs[1].reason).startswith("10 x 500, 6 x no status: late monkey-patch")
    assert sharing.proofs[1].measured.why


def test_a_loop_that_was_not_watched_has_its_reason_and_no_zero(sharing):
    unwatched, calm, blocked = sharing.loops

    assert (unwatched.share.text, unwatched.longest.text) == ("\N{EN DASH}", "\N{EN DASH}")
    assert unwatched.remark == "uwsgi did not answer on /healthz within 30 s"
    assert (words(calm.share.text), calm.longest.text, calm.remark) == ("0 %", "\N{EN DASH}", "")
    assert words(blocked.share.text) == "76.6 %"
    assert words(blocked.remark).startswith(
        "1 worker was killed by the server because its heartbeat stopped; its event loop stood still"
    )


def test_the_share_is_of_the_time_of_all_workers():
    assert STOPS.share == pytest.approx(7.66 / 10)


def test_a_connect_that_could_not_be_measured_has_a_dash_and_its_reason(sharing):
    assert (sharing.costs[-1].median.text, sharing.costs[-1].median.why) == ("\N{EN DASH}", "no module")


def test_what_a_driver_spends_unawares_is_told_where_it_was_measured_and_nowhere_else(run):
    others = tuple(cost for cost in WORKER_CHECKS.connect_costs if not cost.client.startswith("PyMySQL"))
    page = render_html(replace(run, worker_checks=replace(WORKER_CHECKS, connect_costs=others)))

    assert "PyMySQL makes a TLS context for every connect" in render_html(run)
    assert "in each.</p>" in page
    assert "makes a TLS context" not in page


def test_worker_checks_that_were_cut_off_say_so(run):
    cut = WorkerChecks(proofs=WORKER_CHECKS.proofs[:1], connect_costs=(), loops=(), complete=False)
    page = render_html(replace(run, worker_checks=cut))

    assert "interrupted before all of this had been tried" in page
    assert "How long the event loop stood still" not in page


def test_every_report_has_it_and_one_of_a_run_without_worker_checks_does_not(run):
    html, markdown, document = (render(run) for render in (render_html, render_markdown, render_json))
    assert html.count(f"{TITLE}</h2>") == markdown.count(TITLE) == 1
    assert json.loads(document)["worker_checks"]["loops"][2]["share"] == 0.766

    without = replace(run, worker_checks=None)
    assert TITLE not in render_html(without)
    assert TITLE not in render_markdown(without)
    assert json.loads(render_json(without))["worker_checks"] is None


def test_the_comment_has_a_line_for_each_pair_and_each_loop(run):
    lines = words(render_markdown(run)).splitlines()

    assert "- `servers/gunicorn_gevent.py` with pymysql: **COOPERATIVE**, 212 ms (one by one: 1.6 s)" in lines
    (blocked,) = [line for line in lines if line.startswith("- gunicorn-gevent-mysqlclient at 300 users: 76.6 %")]
    assert "held by app/school/views/wait.py:22 wait seen 109 x" in blocked

"""Logs in, explanation out; what each cause looks like is for tests/causes."""

from pathlib import Path

import pytest

from badgateway.analysis.explanation import explain
from badgateway.errors import RawDataError
from badgateway.logs import Source
from badgateway.model.diagnosis import Certainty
from badgateway.model.knob import Knob, WorkerModel
from badgateway.model.log_kind import LogKind
from badgateway.servers import uwsgi

GOLDEN = Path(__file__).parent / "golden" / "listen-queue-full"
NGINX = '203.0.113.7 - - [21/Nov/2026:12:00:{second:02}.. +0000] "GET {uri} HTTP/1.1" {status} 1 "-" "-"'
SERVER = '127.0.0.1 - - [21/Nov/2026:12:00:{second:02}.. +0000] "GET {uri} HTTP/1.0" {status} 1 "-" "-"'
BOOT = "[2026-11-21 12:00:00 +0000] [9] [INFO] Booting worker with pid: 10"
ALB = (
    "http 2026-11-21T12:00:{second:02}.500000Z app/site/1 203.0.113.7:2817 10.0.0.6:80 0.001 0.020 0.000 {status} "
    '{target} 34 366 "GET http://example.org:80{uri} HTTP/1.1" "-" - - arn:1 "Root=1-5" "-" "-" 0 '
    '2026-11-21T12:00:{second:02}.400000Z "forward" "-" "-" "10.0.0.6:80" "{target}" "-" "-" TID_1'
)


@pytest.fixture
def written(tmp_path):
    def write(name, *lines):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines).replace(".. +", " +"))
        return Source(name=name, content=tmp_path / name)

    return write


def at(template, second, status, uri="/a", **given):
    return template.format(second=second, status=status, uri=uri, **given)


def test_the_logs_of_a_trial_with_a_full_listen_queue_are_explained_whole():
    found = explain([Source(name=path.name, content=path) for path in sorted(GOLDEN.iterdir())])
    (cause,) = found.diagnosis.causes

    assert (cause.cause.id, cause.certainty, cause.count) == ("listen-queue-full", Certainty.PROVEN, 89)
    assert cause.statuses == ((502, 89),)
    assert cause.cause.remedies[0].knobs == (Knob.AT_A_TIME, Knob.TIME_LIMIT)
    assert (found.diagnosis.requests, found.diagnosis.failures, found.diagnosis.unattributed) == (91, 89, 0)
    assert [file.kind for file in found.files] == [LogKind.NGINX_JSON, LogKind.NGINX_ERROR, uwsgi.LOG.kind]
    assert found.period_s == (1_795_295_880, 1_795_295_880)


@pytest.mark.parametrize(
    ("story", "causes"),
    [
        ("granian-ends-with-worker", {"server-ended-with-a-worker": 6, "worker-lost": 1}),
        ("granian-crash-loop", {"worker-crash-loop": 4, "worker-lost": 4}),
        (
            "granian-respawning",
            {"worker-lost": 3, "header-before-the-exception": 2, "exception-outside-django": 1},
        ),
        ("granian-not-loaded", {"application-not-loaded": 1}),
        ("uvicorn-troubles", {"worker-lost": 2, "header-before-the-exception": 2, "exception-outside-django": 1}),
        ("uvicorn-limit", {"concurrency-limit-exceeded": 4}),
        ("gunicorn-asgi", {"exception-outside-django": 3, "worker-killed": 1}),
    ],
)
def test_what_happened_to_a_server_that_really_ran_is_proven_by_its_own_lines(story, causes):
    found = explain([Source(name=path.name, content=path) for path in sorted((GOLDEN.parent / story).iterdir())])

    proven = {each.cause.id: each.count for each in found.diagnosis.causes if each.certainty is Certainty.PROVEN}
    assert proven == causes


def test_an_order_of_files_changes_nothing_but_their_list():
    sources = [Source(name=path.name, content=path) for path in sorted(GOLDEN.iterdir())]

    assert explain(sources).diagnosis == explain(sources[::-1]).diagnosis


def test_a_failure_in_the_logs_of_nginx_and_of_its_server_counts_once(written):
    front = written("access.log", at(NGINX, 1, 200), at(NGINX, 2, 500))
    server = written("gunicorn.log", BOOT, at(SERVER, 1, 200), at(SERVER, 2, 500))
    found = explain([front, server])

    assert (found.diagnosis.requests, found.diagnosis.failures) == (2, 1)


def test_a_servers_failures_on_a_day_of_which_nginx_has_no_log_count(written):
    front = written("access.log", at(NGINX, 1, 200))
    server = written("gunicorn.log", BOOT, at(SERVER, 2, 500).replace("21/Nov", "22/Nov"))

    assert explain([front, server]).diagnosis.failures == 1


def test_what_a_balancer_relayed_counts_once_where_the_target_logged_it(written):
    front = written("alb.log", *(at(ALB, second, 502, target=502) for second in (1, 2, 3)), at(ALB, 4, 503, target="-"))
    one_of_two_targets = written("access.log", at(NGINX, 1, 502), at(NGINX, 3, 502))
    found = explain([front, one_of_two_targets])

    assert found.diagnosis.requests == 4
    assert found.diagnosis.failures == 4, "two that nginx logged, one of another target, one that the balancer made"


def test_a_malformed_line_is_told_with_its_file_and_number(written):
    (file,) = explain([written("access.log", at(NGINX, 1, 200), at(NGINX, 1, 200), "what is this")]).files

    assert (file.lines, file.malformed_lines) == (3, 1)
    assert [(line.file, line.line_number, line.text) for line in file.first_malformed] == [
        ("access.log", 3, "what is this")
    ]


def test_logs_without_any_request_have_no_period(written):
    found = explain([written("gunicorn.log", BOOT)])

    assert (found.period_s, found.diagnosis.requests, found.diagnosis.failures) == (None, 0, 0)
    assert found.diagnosis.hints, "nothing was seen, so there is something to add"


def test_a_file_that_is_no_log_is_refused_by_name(written):
    with pytest.raises(RawDataError, match=r"list\.txt is no log that is known here"):
        explain([written("list.txt", "milk", "bread")])


@pytest.mark.parametrize(
    ("name", "lines", "models"),
    [
        ("gunicorn", ("[2026-11-21 12:00:00 +0000] [9] [INFO] Using worker: gthread", BOOT), {WorkerModel.THREADS}),
        ("gunicorn", ("[2026-11-21 12:00:00 +0000] [9] [INFO] Using worker: sync", BOOT), {WorkerModel.ONE_REQUEST}),
        ("gunicorn", ("[2026-11-21 12:00:00 +0000] [9] [INFO] Using worker: mine.Own", BOOT), set()),
        (
            "uwsgi",
            ("*** Operational MODE: preforking+async ***", "spawned uWSGI worker 1 (pid: 9, cores: 64)"),
            {WorkerModel.GREENLETS},
        ),
        (
            "uwsgi",
            ("*** Operational MODE: single process ***", "spawned uWSGI worker 1 (and the only) (pid: 9, cores: 1)"),
            {WorkerModel.ONE_REQUEST},
        ),
    ],
)
def test_a_servers_log_says_what_its_workers_are(written, name, lines, models):
    assert explain([written("server.log", *lines)]).worker_models == {name: models}


def test_a_log_without_the_servers_start_says_nothing_of_its_workers(written):
    assert explain([written("server.log", BOOT)]).worker_models == {}


def test_lines_are_masked_and_cut_where_they_are_shown(written):
    line = at(NGINX, 1, 502, "/a?token=s3cret&padding=" + "x" * 3000 + "&last=s3cret")
    for mask in (True, False):
        (found,) = explain([written("access.log", line)], mask=mask).diagnosis.causes
        (shown,) = found.evidence

        assert ("s3cret" in shown.text) is not mask
        assert len(shown.text) <= 2000

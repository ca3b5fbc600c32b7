"""Servers' lines that prove less than they seem to: of another container, or of a worker that could still speak."""

import pytest

from badgateway.analysis.explanation import explain
from badgateway.logs import Source
from badgateway.model.diagnosis import Certainty

NGINX = """\
nginx-1  | 203.0.113.9 - - [28/Nov/2026:10:00:30 +0000] "GET /big HTTP/1.1" 502 157 "-" "curl" "-"
nginx-1  | 2026/11/28 10:00:30 [error] 29#29: *8 upstream prematurely closed connection while reading response \
header from upstream, client: 203.0.113.9, server: a, request: "GET /big HTTP/1.1", upstream: "http://web:8000/big"
"""
STARTED = "[2026-11-28 10:00:00 +0000] [1] [INFO] Starting gunicorn 23.0.0"
TIMED_OUT = "[2026-11-28 10:00:30 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:8)"
EXITING = "[2026-11-28 10:00:30 +0000] [8] [INFO] Worker exiting (pid: 8)"
HANDLING = "[2026-11-28 10:00:30 +0000] [8] [ERROR] Error handling request {path}"
ABORTED = (
    "Traceback (most recent call last):",
    '  File "/usr/lib/python3/gunicorn/workers/sync.py", line 136, in handle',
    "    self.handle_request(listener, req, client, addr)",
    '  File "/usr/lib/python3/gunicorn/workers/base.py", line 204, in handle_abort',
    "    sys.exit(1)",
    "SystemExit: 1",
)
KILLED = "[2026-11-28 10:00:31 +0000] [1] [ERROR] Worker (pid:8) was sent SIGKILL! Perhaps out of memory?"
PROVEN, FAMILY = Certainty.PROVEN, Certainty.FAMILY


@pytest.fixture
def found(tmp_path):
    """Explain a log of nginx's container and of others, given as (container, line); return causes with certainty."""

    def explained(*lines: tuple[str, str]):
        log = tmp_path / "compose.log"
        log.write_text(NGINX + "".join(f"{stream}  | {line}\n" for stream, line in lines))
        sources = [Source(name="compose.log", content=log)]
        return {each.cause.id: each.certainty for each in explain(sources).diagnosis.causes}

    return explained


@pytest.mark.parametrize(
    ("between", "cause"),
    [
        ((), "gunicorn-timeout-blocked-in-c"),
        ((EXITING,), "gunicorn-timeout-502"),
        ((HANDLING.format(path="/big"), *ABORTED), "gunicorn-timeout-502"),
        (ABORTED, "gunicorn-timeout-502"),
    ],
)
def test_a_worker_that_could_still_speak_was_not_blocked_in_c(found, between, cause):
    lines = (STARTED, TIMED_OUT, *between, KILLED)

    assert found(*(("web-1", line) for line in lines)) == {cause: PROVEN}


@pytest.mark.parametrize(("stream", "certainty"), [("web-1", PROVEN), ("celery-1", FAMILY), ("shop-worker-1", FAMILY)])
def test_a_container_that_serves_nobody_proves_nothing(found, stream, certainty):
    assert found((stream, STARTED), (stream, TIMED_OUT)) == {"gunicorn-timeout-502": certainty}


@pytest.mark.parametrize(
    ("one", "other", "certainty"),
    [
        ("web-1", "web-2", PROVEN),
        ("pod/web-old/web", "pod/web-new/web", PROVEN),
        ("web-1", "shop-7d9f8b6c5d-x2x7k", FAMILY),
    ],
)
def test_one_of_several_services_proves_nothing_and_one_of_several_copies_does(found, one, other, certainty):
    assert found((one, TIMED_OUT), (other, STARTED)) == {"gunicorn-timeout-502": certainty}


@pytest.mark.parametrize(("path", "certainty"), [("/big", PROVEN), ("/other", FAMILY)])
def test_a_line_that_names_the_request_proves_whatever_the_container_is_called(found, path, certainty):
    lines = [("jobs-1", line) for line in (TIMED_OUT, HANDLING.format(path=path), *ABORTED)]

    assert found(*lines) == {"gunicorn-timeout-502": certainty}


@pytest.mark.parametrize(("before", "certainty"), [((STARTED,), PROVEN), ((), FAMILY)])
def test_a_kill_where_the_log_begins_may_be_the_servers_own(found, before, certainty):
    assert found(*(("web-1", line) for line in (*before, KILLED))) == {"worker-killed": certainty}

"""What an error log tells of requests that the access log has as good ones, or not at all, is said and never lost."""

import pytest

from badgateway.analysis.explanation import explain
from badgateway.logs import Source
from badgateway.report.explanation.short_page import render_short

LINE = '203.0.113.9 - - [28/Nov/2026:{clock} +0000] "GET {path} HTTP/1.1" {status} 157 "-" "curl"\n'
ERROR = (
    "2026/11/28 {clock} [error] 29#29: *{connection} upstream prematurely closed connection while reading response "
    'header from upstream, client: 203.0.113.9, server: a, request: "GET {path} HTTP/1.1", '
    'upstream: "http://127.0.0.1:8000{path}", host: "a"\n'
)
CLIENT_LEFT = (
    "2026/11/28 10:00:30 [info] 29#29: *8 epoll_wait() reported that client prematurely closed connection, so "
    'upstream connection is closed too, client: 203.0.113.9, server: a, request: "GET /big HTTP/1.1"\n'
)


def access(path="/ok", status=200, clock="10:00:30"):
    return LINE.format(path=path, status=status, clock=clock)


def error(path="/big", connection=8, clock="10:00:30"):
    return ERROR.format(path=path, connection=connection, clock=clock)


@pytest.fixture
def explained(tmp_path):
    """Explain an access log and an error log."""

    def explaining(access_log, error_log):
        for name, text in (("access.log", access_log), ("error.log", error_log)):
            (tmp_path / name).write_text(text)
        return explain([Source(name=name, content=tmp_path / name) for name in ("access.log", "error.log")])

    return explaining


@pytest.mark.parametrize("path", ["/ok", "/big"])
def test_a_failure_in_the_error_log_alone_is_in_the_first_lines(explained, path):
    found = explained(access(path=path) * 2, error(path="/big"))
    first, _, *notes = render_short(found).splitlines()

    assert first.startswith("None of the 2 requests in the access log failed, but nginx's error log tells of 1 request")
    assert "error.log:1, GET /big" in " ".join(notes)
    assert found.failed_elsewhere == 1


def test_beside_failures_it_is_said_of_the_access_logs_own_times(explained):
    failed = access(path="/other", status=502, clock="10:00:50")
    found = explained(access() + failed, error() + error(connection=9, clock="09:00:00"))

    assert (found.diagnosis.failures, found.failed_elsewhere) == (1, 1)
    assert any("error.log:1, GET /big" in note for note in found.notes)


@pytest.mark.parametrize(
    "error_log",
    [error(), error(clock="10:00:29") + error(), error(connection=9), CLIENT_LEFT, ""],
    ids=["its line", "two tries", "another connection", "the client left", "nothing"],
)
def test_what_a_failure_of_the_access_log_is_about_is_not_said_twice(explained, error_log):
    assert explained(access(path="/big", status=502), error_log).failed_elsewhere == 0


def test_a_client_that_left_is_no_failure_of_the_proxy(explained):
    assert explained(access(), CLIENT_LEFT).failed_elsewhere == 0

"""Logs that are followed: causes of failures as they come."""

import io
import time
from datetime import UTC, datetime, timedelta

import pytest

from badgateway.logs import Source
from badgateway.study.following import Following

ACCESS = '203.0.113.9 - - [{now:%d/%b/%Y:%H:%M:%S %z}] "GET {uri} HTTP/1.1" {status} 157 "-" "x"\n'
ERROR = (
    "{now:%Y/%m/%d %H:%M:%S} [error] 29#29: *{number} connect() to unix:/run/web.sock failed (11: Resource temporarily "
    'unavailable) while connecting to upstream, client: 203.0.113.9, server: a, request: "GET {uri} HTTP/1.1", '
    'upstream: "http://unix:/run/web.sock:{uri}", host: "a"\n'
)
NOW = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)


class Site:
    """Two logs that grow."""

    def __init__(self, folder):
        self.access, self.error = folder / "access.log", folder / "error.log"
        self.requests(200)
        self.complaints("/old", 1)

    def requests(self, status, uri="/a", count=1):
        with self.access.open("a") as file:
            file.write(ACCESS.format(now=NOW, uri=uri, status=status) * count)

    def complaints(self, uri, number):
        with self.error.open("a") as file:
            file.write(ERROR.format(now=NOW, uri=uri, number=number))

    def full(self, *uris):
        for number, uri in enumerate(uris):
            self.complaints(uri, 100 + number)
            self.requests(502, uri)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


@pytest.fixture
def following(site):
    sources = [Source(name=path.name, content=path) for path in (site.access, site.error)]
    with Following(sources, utc_offset_s=0.0, clock=lambda: 0.0) as following:
        yield following


def found(look):
    return [(each.incident.cause.id, each.incident.certainty.value, each.incident.count) for each in look.incidents]


def test_what_was_there_before_is_not_told(following):
    look = following.poll()

    assert (look.requests, look.incidents) == (0, ())


def test_failures_are_told_with_their_cause_as_they_come(site, following):
    site.requests(200, count=5)
    assert following.poll().failures == 0
    site.full("/b", "/c")
    look = following.poll()

    assert found(look) == [("listen-queue-full", "proven", 2)]
    assert (look.requests, look.failures) == (7, 2)


def test_evidence_has_no_secret_of_a_path(site, following):
    site.requests(502, "/reset/MQ/5xy-0123456789abcdef/")

    assert "0123456789abcdef" not in "".join(following.poll().evidence.values())


def test_each_look_adds_to_what_was_there(site, following):
    for number in range(4):
        site.full(f"/{number}")
        following.poll()

    assert found(following.poll()) == [("listen-queue-full", "proven", 4)]


def test_evidence_that_comes_later_is_taken(site, following):
    site.requests(502, "/late")
    assert found(following.poll())[0][1] == "family"
    site.complaints("/late", 7)

    assert found(following.poll()) == [("listen-queue-full", "proven", 1)]


def test_rotation_loses_nothing_and_counts_nothing_twice(site, following):
    site.full("/b")
    following.poll()
    site.full("/c")
    for path in (site.access, site.error):
        path.rename(path.with_suffix(".1"))
    site.full("/d")
    following.poll()
    look = following.poll()

    assert (look.requests, look.failures) == (3, 3)


def test_a_file_that_is_emptied_goes_on(site, following):
    site.full("/b")
    following.poll()
    site.access.write_text("")
    site.requests(200, count=2)
    following.poll()
    site.requests(502, "/c")

    assert following.poll().requests == 4


def test_a_line_that_is_not_whole_waits_for_its_end(site, following):
    whole = ACCESS.format(now=NOW, uri="/half", status=502)
    with site.access.open("a") as file:
        file.write(whole[:40])
    assert following.poll().requests == 0
    with site.access.open("a") as file:
        file.write(whole[40:])

    assert following.poll().requests == 1


def test_a_stream_is_followed_to_its_end():
    lines = "".join(ACCESS.format(now=NOW, uri="/a", status=status) for status in (200, 502, 200))
    with Following([Source(name="standard input", content=io.BytesIO(lines.encode()))]) as following:
        deadline_s = time.monotonic() + 10
        while not following.is_over and time.monotonic() < deadline_s:
            following.poll()
        look = following.end()

    assert (look.requests, look.failures) == (3, 1)
    assert all(each.is_over for each in look.incidents)


def test_a_container_s_stream_needs_no_line_of_the_server_to_be_told_apart(tmp_path):
    log = tmp_path / "compose.log"
    boot = "web-1  | [2026-11-21 12:00:00 +0000] [9] [INFO] Booting worker with pid: 10\n"
    log.write_text(boot + "web-1  | " + ACCESS.format(now=NOW, uri="/a", status=200))
    with Following([Source(name=log.name, content=log)]) as following:
        with log.open("a") as file:
            file.write("web-1  | " + ACCESS.format(now=NOW, uri="/a", status=500))
        look = following.poll()

    assert [str(file.kind) for file in look.files] == ["Gunicorn log"]
    assert (look.requests, look.failures) == (1, 1)


EMERG = '{now:%Y/%m/%d %H:%M:%S} [emerg] 29#29: host not found in upstream "{name}" in /etc/nginx/nginx.conf:{line}\n'
DIED = "[{now:%Y-%m-%d %H:%M:%S} +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:{pid})\n"


def test_what_logs_tell_beside_failures_is_told_once_when_it_is_first_true(site, following):
    assert following.poll().remarks == ()
    for line in (3, 4):
        with site.error.open("a") as file:
            file.write(EMERG.format(now=NOW, name="web", line=line))
        (sentence,) = following.poll().remarks

    assert sentence.startswith("nginx did not start, or kept its old configuration: ")
    assert "nginx.conf:3" in sentence


def test_a_worker_that_ended_is_not_told_of_beside_failures_that_are_known_though_they_are_long_ago(site, tmp_path):
    log = tmp_path / "gunicorn.log"
    log.write_text("[2026-11-21 12:00:00 +0000] [1] [INFO] Starting gunicorn 23.0.0\n")
    sources = [Source(name=path.name, content=path) for path in (site.access, log)]
    with Following(sources, utc_offset_s=0.0, clock=lambda: 0.0) as following:
        site.requests(502)
        following.poll()
        later = NOW + timedelta(hours=1)
        for path, line in ((site.access, ACCESS), (log, DIED)):
            with path.open("a") as file:
                file.write(line.format(now=later, uri="/a", status=200, pid=7))
            following.poll()

        assert (following.look.failures, following.look.remarks) == (1, ())


def test_a_worker_that_ended_is_told_of_once(tmp_path):
    log = tmp_path / "gunicorn.log"
    log.write_text("[2026-11-21 12:00:00 +0000] [1] [INFO] Starting gunicorn 23.0.0\n")
    with Following([Source(name=log.name, content=log)], clock=lambda: 0.0) as following:
        for pid in (7, 8):
            with log.open("a") as file:
                file.write(DIED.format(now=NOW, pid=pid))
            (sentence,) = following.poll().remarks

    assert "worker timeout (1, first gunicorn.log:" in sentence

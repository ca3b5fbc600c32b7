"""A log's routes, weights and rates become the workload; what is in its queries does not."""

import pytest

from badgateway.draft.traffic import Asked, route, sendable, traffic, workload
from badgateway.errors import RawDataError

LINE = '10.0.0.1 - - [21/Nov/2026:21:{minute:02d}:{second:02d} +0000] "{request} HTTP/1.1" {status} {bytes} "-" "x"'


def log(tmp_path, *requests):
    lines = []
    for number, (request, status) in enumerate(requests):
        minute, second = divmod(number, 60)
        lines.append(LINE.format(minute=minute, second=second, request=request, status=status, bytes=512))
    (tmp_path / "access.log").write_text("\n".join(lines) + "\n")
    return tmp_path / "access.log"


def test_weights_are_the_shares_of_the_log_and_rates_its_minutes(tmp_path):
    requests = [("GET /", 200)] * 90 + [(f"GET /items/{n}/?page=2&token=precious", 200) for n in range(30)]
    found, levels = traffic(log(tmp_path, *requests))

    assert [(one.name, one.weight) for one in found.tasks] == [("GET /", 750), ("GET /items/<n>/", 250)]
    assert found.tasks[1].path == "/items/0/?page=2"
    assert len(found.tasks[1].others) == 19
    assert levels.rates_per_s == (1.0, 2.0)


def test_what_failed_is_asked_for_all_the_same_and_what_was_refused_is_not(tmp_path):
    requests = [("GET /slow/", 502), ("GET /old/", 404), ("POST /form/", 200), ("GET /logo.PNG", 200), ("GET /a/", 304)]
    requests.append(("GET /reset/0123456789abcdef0123/", 200))
    found, _ = traffic(log(tmp_path, *requests))

    assert {one.path for one in found.tasks} == {"/slow/", "/a/"}
    assert {one.pattern: one.why for one in found.not_sent} == {
        "/old/": "was answered 404",
        "/form/": "POST is sent only where you write it",
        "/logo.PNG": "a file",
        "/reset/<token>/": "has what may be a secret in its path",
    }


@pytest.mark.parametrize(
    "path",
    [
        "/reset/MQ/5x1-abcdef0123456789abcdef/",
        "/a;jsessionid=PLANTED61",
        "/a%3Bjsessionid=PLANTED61",
        "/u/alice.smith@example.com/inbox",
        "/u/alice%40example.com/",
        "/in/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ],
)
def test_a_path_with_what_may_be_a_secret_is_in_no_line_that_is_written(path, tmp_path):
    found, _ = traffic(log(tmp_path, ("GET /", 200), (f"GET {path}", 200)))

    assert [one.path for one in found.tasks] == ["/"]
    assert [one.why for one in found.not_sent] == ["has what may be a secret in its path"]
    assert not any(secret in found.not_sent[0].pattern for secret in ("abcdef", "PLANTED", "alice", "eyJ"))


def test_what_logs_out_or_deletes_is_left_out_of_a_log_as_of_url_patterns(tmp_path):
    found, _ = traffic(log(tmp_path, ("GET /", 200), ("GET /logout/", 200), ("GET /items/5/delete/", 200)))

    assert [one.path for one in found.tasks] == ["/"]
    assert {one.pattern for one in found.not_sent} == {"/logout/", "/items/<n>/delete/"}


def test_a_log_without_a_get_is_no_workload(tmp_path):
    with pytest.raises(RawDataError, match="no GET that was answered"):
        traffic(log(tmp_path, ("POST /", 200)))


def test_what_is_no_access_log_is_refused(tmp_path):
    (tmp_path / "error.log").write_text("2026/11/21 21:18:52 [error] 1#1: *2 upstream timed out (110: x)\n")

    with pytest.raises(RawDataError, match="--list-formats"):
        traffic(tmp_path / "error.log")


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("/items/17/edit", "/items/<n>/edit"),
        ("/d/2f1a8c1e-0000-4000-8000-0123456789ab/", "/d/<uuid>/"),
        ("/reset/0123456789abcdef0123/", "/reset/<token>/"),
        ("/posts/hello-world/?q=x", "/posts/hello-world/"),
    ],
)
def test_alike_addresses_are_one_route(uri, name):
    assert route(uri) == name


@pytest.mark.parametrize(
    ("uri", "kept"),
    [
        ("/?page=3", "/?page=3"),
        ("/?q=name@example.org&page=1", "/?page=1"),
        ("/?id=1234567", "/"),
        ("/?a%22b=1", "/"),
        ("/plain", "/plain"),
    ],
)
def test_of_a_query_only_short_numbers_are_written(uri, kept):
    assert sendable(uri) == kept


def test_large_downloads_are_told_by_their_share():
    asked = [Asked(method="GET", uri=f"/{name}", status=200, times=1, large=name == "b") for name in "ab"]

    assert "50" in workload(asked, "access.log").source


def visits(tmp_path, clients, pause_s, number=20):
    """Write a log in which each client asks for a page and its part, and then thinks."""
    lines = []
    for client in range(clients):
        for visit in range(number):
            minute, second = divmod(client + visit * pause_s, 60)
            for request in ("GET /", "GET /part/"):
                line = LINE.format(minute=minute, second=second, request=request, status=200, bytes=512)
                lines.append(line.replace("10.0.0.1", f"10.0.0.{client}"))
    (tmp_path / "access.log").write_text("\n".join(lines) + "\n")
    return tmp_path / "access.log"


def test_users_think_as_long_as_those_of_the_log(tmp_path):
    found, _ = traffic(visits(tmp_path, clients=6, pause_s=7))

    assert found.pause_s == (7.0, 7.0)


@pytest.mark.parametrize(("clients", "pause_s", "number"), [(1, 7, 100), (6, 61, 20), (6, 7, 3)])
def test_where_the_log_does_not_tell_them_apart_or_tells_too_little_the_pauses_are_the_kits(
    tmp_path, clients, pause_s, number
):
    found, _ = traffic(visits(tmp_path, clients, pause_s, number))

    assert found.pause_s == workload([], "x").pause_s

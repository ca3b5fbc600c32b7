from pathlib import Path

import pytest

from badgateway.errors import RawDataError
from badgateway.ledger import messages
from badgateway.ledger.error_log import load_errors
from badgateway.model.summary import ProxyMessage
from tests.in_memory import empty_database

CONTEXT = 'client: 127.0.0.1, server: , request: "GET /a HTTP/1.1", upstream: "http://unix:/run/a.sock:/a", host: "h"'


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "nginx-error.log"
    path.write_text("".join(line + "\n" for line in lines))
    return path


def line(text: str, level: str = "error", pid: int = 7, connection: str = "*1 ") -> str:
    return f"2026/11/21 20:31:56 [{level}] {pid}#{pid}: {connection}{text}"


def read(path: Path, probes: frozenset[int] = frozenset()) -> tuple[ProxyMessage, ...]:
    with empty_database() as connection:
        load_errors(connection, path)
        return messages(connection, probes)


def counted(path: Path, probes: frozenset[int] = frozenset()) -> list[tuple[int, str]]:
    return [(kind.count, kind.message) for kind in read(path, probes)]


def test_lines_that_differ_only_in_who_and_where_are_one_kind_with_its_first_line(tmp_path):
    first = line(f"connect() to unix:/run/a.sock failed (11: x) while connecting to upstream, {CONTEXT}")
    second = line(
        f"connect() to unix:/tmp/b.sock failed (11: x) while connecting to upstream, {CONTEXT.replace('/a', '/b')}",
        pid=8,
        connection="*99 ",
    )
    (kind,) = read(written(tmp_path, first, second))

    assert (kind.count, kind.message) == (2, "connect() to unix:... failed (11: x) while connecting to upstream")
    assert kind.first_line == first


def test_different_error_numbers_are_different_kinds_the_most_frequent_first_then_by_name(tmp_path):
    path = written(
        tmp_path,
        line("recv() failed (104: y)"),
        line("bind() failed (98: z)"),
        line("connect() failed (111: x)"),
        line("connect() failed (111: x)"),
    )

    assert counted(path) == [
        (2, "connect() failed (111: x)"),
        (1, "bind() failed (98: z)"),
        (1, "recv() failed (104: y)"),
    ]


@pytest.mark.parametrize(("level", "expected"), [("warn", 1), ("error", 1), ("crit", 1), ("alert", 1), ("emerg", 1)])
@pytest.mark.parametrize("quiet", ["info", "notice", "debug"])
def test_lines_from_warn_up_are_counted_and_quieter_ones_are_not(tmp_path, level, expected, quiet):
    assert len(counted(written(tmp_path, line("a", level), line("b", quiet)))) == expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("worker process 9795 exited on signal 9", "worker process N exited on signal 9"),
        ("open socket #12 left in connection 45", "open socket #N left in connection N"),
        ("bind() to 127.0.0.1:8080 failed (98: in use)", "bind() to ADDRESS failed (98: in use)"),
        ("bind() to [::1]:8080 failed (98: in use)", "bind() to ADDRESS failed (98: in use)"),
        ('open() "/var/www/a.html" failed (2: x)', 'open() "/..." failed (2: x)'),
        (
            "a body is buffered to a temporary file /tmp/b/0001, " + CONTEXT,
            "a body is buffered to a temporary file /...",
        ),
        (
            'upstream sent invalid header: "Bad\\x20..." while reading',
            'upstream sent invalid header: "..." while reading',
        ),
        ('limiting requests, excess: 5.210 by zone "one", ' + CONTEXT, 'limiting requests, excess: N by zone "one"'),
        ("client intended to send too large body: 12345 bytes", "client intended to send too large body: N bytes"),
        ("256 worker_connections are not enough", "256 worker_connections are not enough"),
    ],
)
def test_what_differs_between_lines_of_a_kind_is_taken_out(tmp_path, text, kind):
    assert counted(written(tmp_path, line(text))) == [(1, kind)]


def test_lines_about_the_kits_own_readiness_probes_are_left_out(tmp_path):
    path = written(
        tmp_path, line("a", connection="*3 "), line("b", connection="*4 "), line("c", level="alert", connection="")
    )

    assert counted(path, frozenset({3})) == [(1, "b"), (1, "c")]


def test_a_request_line_that_is_not_utf_8_is_read(tmp_path):
    path = written(tmp_path)
    path.write_bytes(line("connect() failed, " + CONTEXT).encode().replace(b"GET /a", b"GET /\xff") + b"\n")
    (kind,) = read(path)

    assert kind.message == "connect() failed"
    assert r"GET /\xff" in kind.first_line


def test_an_empty_log_has_no_complaints(tmp_path):
    assert read(written(tmp_path)) == ()


def test_a_missing_log_is_an_error_and_not_an_absence_of_complaints(tmp_path):
    with pytest.raises(RawDataError, match=r"nginx-error\.log is missing"):
        read(tmp_path / "nginx-error.log")


def test_a_line_nginx_does_not_write_is_named(tmp_path):
    with pytest.raises(RawDataError, match=r"nginx-error\.log: line 2 is not a line of nginx's error log: Traceback"):
        read(written(tmp_path, line("a"), "Traceback (most recent call last):"))


def test_a_line_without_a_character_is_none_of_nginx_either(tmp_path):
    with pytest.raises(RawDataError, match=r"nginx-error\.log: line 2 is not a line of nginx's error log"):
        read(written(tmp_path, line("a"), "", line("b")))

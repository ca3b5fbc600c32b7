"""The patterns of nginx's error log mean the same to both who use them."""

import re

import pytest

from badgateway.model import error_log
from badgateway.model.evidence import Phase
from tests.in_memory import empty_database

ABOUT_A_REQUEST = (
    "2026/11/21 20:31:56 [error] 77#78: *9 connect() to unix:/run/a.sock failed (11: Resource temporarily unavailable) "
    'while connecting to upstream, client: 10.0.0.1, server: _, request: "GET /a?q="x" HTTP/1.1", '
    'upstream: "http://unix:/run/a.sock:/a", host: "x.example"'
)
ABOUT_A_WORKER = "2026/11/21 20:31:57 [alert] 1#1: worker process 5 exited on signal 9"


def selected(columns, **given):
    (row,) = empty_database().execute(f"SELECT {columns}", given).fetchall()
    return row


@pytest.mark.parametrize(
    ("pattern", "line", "groups"),
    [
        (error_log.HEAD, ABOUT_A_REQUEST, ["2026/11/21 20:31:56", "error", "9"]),
        (error_log.HEAD, ABOUT_A_WORKER, ["2026/11/21 20:31:57", "alert", ""]),
        (error_log.REQUEST, ABOUT_A_REQUEST, ['GET /a?q="x" HTTP/1.1']),
        (error_log.REQUEST, ABOUT_A_WORKER, [""]),
        (error_log.UPSTREAM, ABOUT_A_REQUEST, ["http://unix:/run/a.sock:/a"]),
        (error_log.ERRNO, ABOUT_A_REQUEST, ["11"]),
        (error_log.ERRNO, ABOUT_A_WORKER, [""]),
    ],
)
def test_python_and_duckdb_find_the_same(pattern, line, groups):
    found = re.search(pattern, line)
    numbers = range(1, len(groups) + 1)
    sql = ", ".join(f"regexp_extract($line, $pattern, {number})" for number in numbers)

    assert [(found[number] or "") if found else "" for number in numbers] == groups
    assert selected(sql, line=line, pattern=pattern) == tuple(groups)


@pytest.mark.parametrize(
    ("message", "phase"),
    [
        ("upstream prematurely closed connection while reading response header from upstream", Phase.READING_HEADER),
        ("upstream timed out while reading upstream", Phase.READING_BODY),
        ("writev() failed (32: Broken pipe) while sending request to upstream", Phase.SENDING),
        ("worker process 5 exited on signal 9", Phase.OTHER),
    ],
)
def test_a_message_tells_what_nginx_was_doing(message, phase):
    sql = error_log.phase_sql("$message")

    assert selected(sql, message=message) == (phase.value,)

import re
from pathlib import Path

import pytest

from badgateway.errors import ConfigurationError
from badgateway.logs import LogEvidence, Source, format_fields, given_format, read_logs
from badgateway.logs.examples import examples
from badgateway.model.log_kind import LogKind
from badgateway.servers import gunicorn, uwsgi, uwsgi_log

NOON_S = 1795262400.0
NGINX = "$remote_addr [$time_iso8601] $host $request_method $request_uri $status $request_time"
OF_NGINX = "203.0.113.9 [2026-11-21T13:00:00+01:00] a.example.org GET /bad?token=abc 502 0.250"


def read(folder: Path, spelling: str, *lines: str, **options: float) -> LogEvidence:
    path = folder / "some.log"
    path.write_text("".join(f"{line}\n" for line in lines))
    source = Source(name="some.log", content=path, log_format=given_format(spelling))
    return read_logs([source], **options)  # type: ignore[arg-type]


def failures(evidence: LogEvidence) -> list[tuple[object, ...]]:
    columns = "time_s, status, method, uri, duration_s"
    return evidence.connection.table("failures").project(columns).fetchall()


@pytest.mark.parametrize(
    ("spelling", "line", "kind", "found"),
    [
        (NGINX, OF_NGINX, LogKind.OWN_FORMAT, (NOON_S, 502, "GET", "/bad?token=...", 0.25)),
        (
            '$time_local|$status|"$request"|${request_time}|$http_user_agent',
            '21/Nov/2026:12:00:00 +0000|504|"POST /a b HTTP/1.1"|60.001|curl "8"',
            LogKind.OWN_FORMAT,
            (NOON_S, 504, "POST", "/a b", 60.001),
        ),
        ("$msec $status $request_uri", "1795262400.000 499 /x", LogKind.OWN_FORMAT, (NOON_S, 499, None, "/x", None)),
        (
            r"%v %h %l %u %t \"%r\" %>s %O \"%{User-Agent}i\" %D",
            r'a.org 203.0.113.9 - - [21/Nov/2026:12:00:00 +0000] "GET /x HTTP/1.1" 503 299 "a \"b\"" 2000000',
            LogKind.OWN_FORMAT,
            (NOON_S + 2, 503, "GET", "/x", 2.0),
        ),
        (
            "%(t)s %(s)s %(m)s %(U)s %(L)s",
            "[21/Nov/2026:12:00:00 +0000] 500 GET /x 1.500000",
            gunicorn.LOG.kind,
            (NOON_S, 500, "GET", "/x", 1.5),
        ),
        (
            "%(addr) [%(ltime)] %(method) %(uri) %(status) %(msecs) ms",
            "203.0.113.9 [21/Nov/2026:12:00:00 +0000] GET /x 502 1500 ms",
            uwsgi.LOG.kind,
            (NOON_S + 1.5, 502, "GET", "/x", 1.5),
        ),
    ],
)
def test_each_program_s_own_spelling_is_read(tmp_path, spelling, line, kind, found):
    evidence = read(tmp_path, spelling, line)

    assert [file.kind for file in evidence.files] == [kind]
    assert failures(evidence) == [found]
    assert evidence.files[0].malformed_lines == 0


def test_local_times_of_uwsgi_are_moved_and_stated_zones_are_not(tmp_path):
    local = read(tmp_path, "%(ctime) %(status)", "Sat Nov 21 12:00:00 2026 502", utc_offset_s=3600.0)
    stated = read(tmp_path, "%(ltime) %(status)", "21/Nov/2026:12:00:00 +0000 502", utc_offset_s=3600.0)

    assert [failures(local)[0][0], failures(stated)[0][0]] == [NOON_S - 3600, NOON_S]


def test_what_does_not_fit_is_counted_and_shown(tmp_path):
    evidence = read(tmp_path, NGINX, OF_NGINX, OF_NGINX, "something else")

    assert evidence.requests == 2
    assert [line.text for line in evidence.files[0].first_malformed] == ["something else"]


def test_several_tries_are_one_field_and_the_last_one_s_times_count(tmp_path):
    spelling = "$msec $status [$upstream_addr] $upstream_status $upstream_connect_time $upstream_header_time"
    line = "1795262400.000 200 [10.0.0.1:80, 10.0.0.2:80] 502, 200 0.001, 0.002 -, 0.030"
    table = read(tmp_path, spelling, line).connection.table("failures")

    columns = "upstream_addr, upstream_tries, upstream_status, upstream_connect_s, upstream_header_s"
    assert table.project(columns).fetchall() == [("10.0.0.2:80", 2, "502, 200", 0.002, 0.03)]


def test_a_log_in_another_format_is_read_as_what_it_is_and_the_format_is_told_of(tmp_path):
    evidence = read(tmp_path, NGINX, examples()[LogKind.NGINX_COMBINED])

    assert [file.kind for file in evidence.files] == [LogKind.NGINX_COMBINED]
    assert [NGINX in note for note in evidence.notes] == [True]


@pytest.mark.parametrize(
    ("spelling", "message"),
    [
        (
            "combined",
            r"write it as nginx \('\$status'\), Apache \('%>s'\), uWSGI \('%\(status\)'\) or Gunicorn \('%\(s\)s'\)",
        ),
        ("$remote_addr $status", r"has no time.*\$time_local"),
        ("%h %t", "has no status.*%s"),
        ("%(addr) %(ltime)", r"has no status.*%\(status\)"),
    ],
)
def test_a_format_of_no_use_says_what_it_lacks(spelling, message):
    with pytest.raises(ConfigurationError, match=message):
        given_format(spelling)


@pytest.mark.parametrize(
    "fields",
    [one.fields for one in (format_fields.NGINX, format_fields.APACHE, gunicorn.ACCESS, uwsgi_log.ACCESS)],
)
def test_no_field_has_a_group_of_its_own(fields):
    assert [name for name, each in fields.items() if re.compile(each.pattern).groups] == []

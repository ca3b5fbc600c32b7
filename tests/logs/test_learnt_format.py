import pytest

from badgateway.logs import Source, read_logs
from badgateway.logs.examples import examples
from badgateway.logs.learnt_format import learnt_format
from badgateway.model.log_kind import LogKind
from badgateway.servers import gunicorn, uwsgi


@pytest.mark.parametrize(
    "line",
    [
        '203.0.113.9 [2026-11-21T13:00:00+01:00] a.org "GET /x HTTP/1.1" 502 157 rt=0.25 ua="curl"',
        'a.org "GET /x HTTP/1.1" 502 157 [21/Nov/2026:12:00:00 +0000] rt=0.25',
        "2026-11-21T12:00:00Z a.org GET /x HTTP/2.0 502 12 rt=0.25",
        'time=2026-11-21T12:00:00Z request="GET /x HTTP/1.1" status=502 rt=0.25',
    ],
)
def test_a_format_that_nobody_gave_is_learnt_from_its_lines(tmp_path, line):
    path = tmp_path / "own.log"
    path.write_text(f"{line}\n" * 3 + "not of it\n")
    evidence = read_logs([Source(name="own.log", content=path)])

    columns = "time_s, status, method, uri, duration_s"
    found = evidence.connection.table("failures").project(columns).fetchall()
    assert found == [(1795262400.0, 502, "GET", "/x", 0.25)] * 3
    assert [(file.kind, file.malformed_lines) for file in evidence.files] == [(LogKind.OWN_FORMAT, 1)]


@pytest.mark.parametrize("kind", sorted(set(examples()) - {LogKind.OWN_FORMAT, LogKind.OTHER_SERVER}))
def test_lines_of_a_known_kind_are_never_learnt_from(kind):
    assert learnt_format([examples()[kind]]) is None


@pytest.mark.parametrize(
    "line",
    [
        'INFO:     127.0.0.1:51622 - "GET /x HTTP/1.1" 502 Bad Gateway',
        '[21/Nov/2026 12:00] "GET /x HTTP/1.1" 200 5',
        "2026-11-21T12:00:00Z started worker 502",
    ],
)
def test_lines_without_a_time_with_its_zone_or_without_a_request_are_not_guessed_at(line):
    assert learnt_format([line]) is None


@pytest.mark.parametrize(
    "line",
    [
        '[21/Nov/2026 12:00:00] "GET /x HTTP/1.1" 500 5',
        '127.0.0.1 - - [21/Nov/2026 12:00:00] "GET /x HTTP/1.1" 500 -',
        '127.0.0.1:36424 - - [21/Nov/2026:12:00:00] "GET /x" 500 5',
    ],
)
@pytest.mark.parametrize("beside", ["Watching for file changes with StatReloader", "Internal Server Error: /x"])
def test_servers_of_no_module_have_formats_that_are_known(tmp_path, line, beside):
    (tmp_path / "own.log").write_text(f"{beside}\n{line}\n")
    evidence = read_logs([Source(name="own.log", content=tmp_path / "own.log")])

    found = evidence.connection.table("failures").project("source, time_s, status, uri, app_status").fetchall()
    assert found == [(LogKind.OTHER_SERVER, 1795262400.0, 500, "/x", 500)]


def test_the_format_of_a_program_among_others_is_learnt_too(tmp_path):
    lines = ("web_1    | [2026-11-21 11:00:00 +0000] [1] [INFO] Starting gunicorn 23.0.0", f"nginx_1  | {OWN}")
    (tmp_path / "compose.log").write_text("".join(f"{line}\n" for line in lines))
    evidence = read_logs([Source(name="compose.log", content=tmp_path / "compose.log")])

    assert [(file.stream, file.kind) for file in evidence.files] == [
        ("web_1", gunicorn.LOG.kind),
        ("nginx_1", LogKind.OWN_FORMAT),
    ]
    assert evidence.requests == 1


def test_lines_behind_the_name_of_a_container_are_left_to_be_split():
    assert learnt_format([f"nginx_1  | {examples()[LogKind.NGINX_COMBINED]}"]) is None
    assert learnt_format([f"nginx_1  | {examples()[LogKind.OWN_FORMAT]}"]) is None


OWN = examples()[LogKind.OWN_FORMAT]
UWSGI = "*** Starting uWSGI 2.0.28 (64bit) on [Sat Nov 21 11:00:00 2026] ***"
GUNICORN = "[2026-11-21 11:00:00 +0000] [1] [INFO] Starting gunicorn 23.0.0"


@pytest.mark.parametrize("before", ["", "web_1  | ", "[pod/web-1/web] "])
@pytest.mark.parametrize(
    ("first", "line", "kind"),
    [
        (UWSGI, "10.0.0.7 [21/Nov/2026:12:00:00 +0000] GET /x 502 12ms", uwsgi.LOG.kind),
        (UWSGI, '[2026-11-21T12:00:00+0000] pid=8 "GET /x HTTP/1.1" 502 157 in 12 msecs', uwsgi.LOG.kind),
        (UWSGI, "GET /x 502 at Sat Nov 21 12:00:00 2026", uwsgi.LOG.kind),
        (GUNICORN, '[21/Nov/2026:12:00:00 +0000] "GET /x HTTP/1.1" 502 12000us', gunicorn.LOG.kind),
    ],
)
def test_the_format_of_a_servers_requests_is_learnt_too(tmp_path, before, first, line, kind):
    path = tmp_path / "server.log"
    path.write_text("".join(f"{before}{text}\n" for text in (first, line, line)))
    evidence = read_logs([Source(name="server.log", content=path)])

    found = evidence.connection.table("failures").project("time_s, status, method, uri").fetchall()
    assert found == [(1795262400.0, 502, "GET", "/x")] * 2
    assert [(file.kind, file.malformed_lines) for file in evidence.files] == [(kind, 0)]


@pytest.mark.parametrize(
    "line",
    [
        "GET /x => 157 bytes in 12 msecs 502 Sat Nov 21 12:00:00 2026",
        "web GET|/x|502",
        "GET /x status 502",
    ],
)
def test_requests_of_a_server_that_cannot_be_read_are_counted_and_shown(tmp_path, line):
    path = tmp_path / "server.log"
    path.write_text(f"{UWSGI}\n{line}\nDEBUG hello\n")
    evidence = read_logs([Source(name="server.log", content=path)])

    assert (evidence.requests, evidence.files[0].malformed_lines) == (0, 1)
    assert evidence.files[0].first_malformed[0].text == line


@pytest.mark.timeout(30)
@pytest.mark.parametrize("unit", ["a", " ", "\0", "1 ", '"', "GET / ", '"GET / HTTP/1.1" 200 ', "2026-11-21T12:00:00Z"])
def test_a_long_line_of_anything_keeps_nobody_waiting(unit, tmp_path):
    # As a site prints it: a picture in base64, or the zeros of a file that was cut.
    path = tmp_path / "odd.log"
    path.write_text(("[2026-11-21 12:00:00 +0000] [7] [INFO] Booting worker with pid: 7\n" + unit * 5000 + "\n") * 3)

    assert [file.lines for file in read_logs([Source(name="odd.log", content=path)]).files] == [6]
    assert learnt_format([unit * 5000]) is None

from pathlib import Path

import pytest

from badgateway.errors import RawDataError
from badgateway.logs.recognising import recognised
from badgateway.model.log_kind import LogKind
from badgateway.servers import gunicorn, uwsgi

GOLDEN = Path(__file__).parent / "golden"
COMBINED = '10.0.0.1 - - [21/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8.5"'
GUNICORN = "[2026-11-21 12:00:00 +0000] [7] [INFO] Booting worker with pid: 9"
TRACEBACK = ["Traceback (most recent call last):", '  File "x.py", line 1, in f', "ValueError: no"]


@pytest.mark.parametrize("kind", LogKind)
def test_every_kind_has_a_golden_log(kind):
    assert any(f'"{kind}"' in path.read_text() for path in GOLDEN.glob("*/expected.json"))


def test_access_lines_alone_are_nginx_and_with_one_line_of_gunicorn_they_are_its():
    assert recognised("a", [COMBINED] * 9) is LogKind.NGINX_COMBINED
    assert recognised("a", [*[COMBINED] * 9, GUNICORN]) == gunicorn.LOG.kind


def test_a_server_log_may_begin_with_what_the_application_prints():
    assert recognised("a", [*TRACEBACK * 9, "Respawned uWSGI worker 1 (new pid: 9)"]) == uwsgi.LOG.kind
    assert recognised("a", [*TRACEBACK * 9, GUNICORN]) == gunicorn.LOG.kind


def test_a_quoted_line_of_a_server_in_an_access_log_does_not_make_it_a_server_log():
    lines = [*[COMBINED] * 9, COMBINED.replace("curl/8.5", GUNICORN)]
    assert recognised("a", lines) is LogKind.NGINX_COMBINED


def test_prefixes_of_syslog_and_journal_do_not_hide_a_kind():
    assert recognised("a", [f"Nov 21 12:00:00 web1 gunicorn[9]: {GUNICORN}"]) == gunicorn.LOG.kind
    assert recognised("a", ["Nov 21 12:00:00 web1 uwsgi[9]: DAMN ! worker 1 (pid: 9) died :("]) == uwsgi.LOG.kind


def test_json_without_status_or_time_is_no_access_log():
    for line in ('{"status": 200}', '{"time": 1}', "[1, 2]", "[" * 100_000):
        with pytest.raises(RawDataError, match="no log that is known here"):
            recognised("a", [line])

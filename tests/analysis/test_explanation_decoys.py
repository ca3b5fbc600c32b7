"""Decoys that only whole logs can plant: the same time on the clock of another zone, the same second on another host.

Each is planted twice; as the truth it has to be found.
"""

import pytest

from badgateway.analysis.explanation import explain
from badgateway.logs import Source
from badgateway.model.diagnosis import Certainty

ACCESS = '203.0.113.9 - - [06/Dec/2024:16:48:{second:02} +0200] "GET {path} HTTP/1.1" {status} 157 "-" "-"\n'
ERROR = (
    "2024/12/06 16:48:56 [error] 29#29: *8 upstream prematurely closed connection while reading response header from "
    'upstream, client: 203.0.113.9, server: a.example.org, request: "GET /big HTTP/1.1", '
    'upstream: "{upstream}", host: "a.example.org"\n'
)
GUNICORN = "[2024-12-06 {hour}:48:30 {zone}] [1] [INFO] Starting gunicorn 23.0.0\n"
KILLED = "[2024-12-06 {hour}:48:56 {zone}] [1] [ERROR] Worker (pid:8) was sent SIGKILL! Perhaps out of memory?\n"
TRACEBACK = "[2024-12-06 {hour}:48:56 {zone}] [8] [ERROR] Error handling request /big\n"
UWSGI = (
    "*** Starting uWSGI 2.0.28 (64bit) on [Fri Dec  6 {hour}:40:00 2024] ***\n"
    "Fri Dec  6 {hour}:48:56 2024 - DAMN ! worker 1 (pid: 8) died, killed by signal 9 :( trying respawn ...\n"
)


@pytest.fixture
def found(tmp_path):
    """Explain files given by name and text; return causes with their certainty."""

    def explained(**texts):
        sources = []
        for name, text in texts.items():
            path = tmp_path / name
            path.write_text(text)
            sources.append(Source(name=name.replace("__", "/"), content=path))
        return {each.cause.id: each.certainty for each in explain(sources).diagnosis.causes}

    return explained


def nginx(status=502, upstream="http://127.0.0.1:8000/big"):
    requests = [ACCESS.format(second=second, path="/", status=200) for second in (40, 50)]
    return {
        "access": "".join([*requests, ACCESS.format(second=56, path="/big", status=status)]),
        "error": ERROR.format(upstream=upstream) if status == 502 else "",
    }


@pytest.mark.parametrize(("hour", "zone"), [("14", "+0000"), ("16", "+0200")])
@pytest.mark.parametrize(("line", "cause"), [(KILLED, "worker-killed"), (TRACEBACK, "exception-outside-django")])
def test_a_line_of_the_same_moment_is_the_cause_in_whatever_zone_it_was_written(found, hour, zone, line, cause):
    log = (GUNICORN + line).format(hour=hour, zone=zone)

    assert found(**nginx(), server=log) == {cause: Certainty.PROVEN}


@pytest.mark.parametrize("line", [KILLED, TRACEBACK])
def test_a_line_of_the_same_time_on_the_clock_of_another_zone_is_no_cause(found, line):
    log = (GUNICORN + line).format(hour="16", zone="+0000")

    assert found(**nginx(), server=log) == {"502-connection-closed": Certainty.FAMILY}


def test_an_own_500_is_not_explained_by_a_line_of_another_zone(found):
    logs = nginx(status=500)
    near, far = (
        found(access=logs["access"], server=(GUNICORN + TRACEBACK).format(hour=hour, zone="+0000"))
        for hour in ("14", "16")
    )
    assert near == {"exception-outside-django": Certainty.PROVEN}
    assert far == {"application-answered-5xx": Certainty.FAMILY}


@pytest.mark.parametrize(("hour", "cause"), [("16", "worker-killed"), ("14", "502-connection-closed")])
def test_uwsgi_is_in_the_zone_of_nginxs_error_log(found, hour, cause):
    assert set(found(**nginx(upstream="uwsgi://127.0.0.1:8000"), server=UWSGI.format(hour=hour))) == {cause}


@pytest.mark.parametrize(("host", "cause"), [("web1", "worker-killed"), ("web2", "502-connection-closed")])
def test_a_death_of_another_machine_in_the_same_second_is_no_cause(found, host, cause):
    start, killed = (text.format(hour="14", zone="+0000") for text in (GUNICORN, KILLED))
    logs = {f"web1__{name}": text for name, text in nginx().items()}
    servers = {f"{name}__server": start + (killed if name == host else "") for name in ("web1", "web2")}

    assert set(found(**logs, web2__access=ACCESS.format(second=57, path="/", status=200), **servers)) == {cause}


def test_a_line_of_nginx_on_another_machine_about_the_same_request_is_no_cause(found):
    start = GUNICORN.format(hour="14", zone="+0000")
    logs = nginx()
    apart = found(
        web1__access=logs["access"],
        web1__server=start,
        web2__access=ACCESS.format(second=56, path="/other", status=200),
        web2__error=logs["error"],
        web2__server=start,
    )
    assert apart == {"502-unexplained-by-this-log": Certainty.FAMILY}

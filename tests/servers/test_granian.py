import json
from pathlib import Path

import pytest

from badgateway.model.knob import WorkerModel
from badgateway.servers.granian import SERVER
from tests.stack.sites import configuration, site

SERVERS = Path(__file__).parents[2] / "servers"
WSGI, ASGI = ((SERVERS / name).read_text() for name in ("granian.env", "granian_asgi.env"))


def started(text: str, **values: object) -> dict[str, str]:
    start = SERVER.start(configuration("servers/granian.env", listen=200), site(server_text=text, **values))
    assert start.argv == ("/opt/kit/bin/granian", "badgateway_journal:application")
    return dict(start.environment)


def test_the_numbers_of_the_configuration_take_the_place_of_those_of_the_file():
    given = started(WSGI)

    assert (given["GRANIAN_WORKERS"], given["GRANIAN_BLOCKING_THREADS"], given["GRANIAN_BACKLOG"]) == ("3", "5", "200")
    assert given["GRANIAN_UDS"] == "/tmp/t/raw/written/run/web.sock"
    assert given["GRANIAN_RESPAWN_FAILED_WORKERS"] == "true"


def test_an_event_loop_is_told_no_threads_for_it_would_not_start():
    assert "GRANIAN_BLOCKING_THREADS" not in started(ASGI)


def test_a_port_takes_the_place_of_the_socket():
    given = started(WSGI, port=9001)

    assert (given["GRANIAN_HOST"], given["GRANIAN_PORT"]) == ("127.0.0.1", "9001")
    assert "GRANIAN_UDS" not in given


def test_a_worker_that_is_stopped_is_always_given_a_limit_for_it_would_hang_without():
    assert started("GRANIAN_INTERFACE=wsgi")["GRANIAN_WORKERS_KILL_TIMEOUT"] == "60"


@pytest.mark.parametrize(
    ("text", "model"),
    [
        (WSGI, WorkerModel.THREADS),
        (ASGI, WorkerModel.EVENT_LOOP),
        ("GRANIAN_INTERFACE='wsgi'", WorkerModel.THREADS),
        ("# GRANIAN_INTERFACE=wsgi\nGRANIAN_INTERFACE=asgi\n", WorkerModel.EVENT_LOOP),
    ],
)
def test_its_file_shows_how_a_worker_serves_requests(text, model):
    assert SERVER.worker_model(text) is model


def test_its_lines_get_time_and_process_unless_its_file_says_how_it_logs():
    start = SERVER.start(configuration("servers/granian.env"), site())

    assert start.environment["GRANIAN_LOG_CONFIG"] == "/tmp/t/raw/logging.json"
    assert json.loads(start.logging)["loggers"]["_granian"]["handlers"] == ["stderr"]
    own = SERVER.start(configuration("servers/granian.env"), site(server_text="GRANIAN_LOG_CONFIG=/srv/log.json"))
    assert own.environment["GRANIAN_LOG_CONFIG"] == "/srv/log.json"

import json
from pathlib import Path

import pytest

from badgateway.model.knob import WorkerModel
from badgateway.servers.uvicorn import SERVER
from tests.stack.sites import configuration, site

TEXT = (Path(__file__).parents[2] / "servers" / "uvicorn.env").read_text()


def started(text: str = TEXT, *, port: int | None = None, **values: object) -> dict[str, str]:
    declared = configuration("servers/uvicorn.env", **values)
    start = SERVER.start(declared, site(server_text=text, port=port))
    assert start.argv == ("/opt/kit/bin/uvicorn", "badgateway_journal:application")
    return dict(start.environment)


def test_the_numbers_of_the_configuration_take_the_place_of_those_of_the_file():
    given = started(keepalive_s=13, graceful_stop_s=17)

    assert (given["UVICORN_WORKERS"], given["UVICORN_BACKLOG"]) == ("3", "11")
    assert (given["UVICORN_TIMEOUT_KEEP_ALIVE"], given["UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN"]) == ("13", "17")
    assert given["UVICORN_UDS"] == "/tmp/t/raw/written/run/web.sock"
    assert given["UVICORN_LIFESPAN"] == "off"


def test_a_port_takes_the_place_of_the_socket():
    given = started(port=9001)

    assert (given["UVICORN_HOST"], given["UVICORN_PORT"]) == ("127.0.0.1", "9001")
    assert "UVICORN_UDS" not in given


@pytest.mark.parametrize(("most", "told"), [(0, (None, None)), (500, ("500", "7"))])
def test_no_limit_of_requests_is_not_a_limit_of_none(most, told):
    given = started("UVICORN_LIMIT_MAX_REQUESTS=9", max_requests=most, max_requests_delta=7)

    assert (given.get("UVICORN_LIMIT_MAX_REQUESTS"), given.get("UVICORN_LIMIT_MAX_REQUESTS_JITTER")) == told


def test_its_workers_are_event_loops():
    assert SERVER.worker_model("") is WorkerModel.EVENT_LOOP


def test_its_lines_get_time_and_process_unless_its_file_says_how_it_logs():
    start = SERVER.start(configuration("servers/uvicorn.env"), site())

    assert start.environment["UVICORN_LOG_CONFIG"] == "/tmp/t/raw/logging.json"
    assert json.loads(start.logging)["loggers"]["uvicorn"]["handlers"] == ["stderr"]
    own = SERVER.start(configuration("servers/uvicorn.env"), site(server_text="UVICORN_LOG_CONFIG=/srv/log.json"))
    assert own.environment["UVICORN_LOG_CONFIG"] == "/srv/log.json"

from pathlib import PurePosixPath

import pytest

from badgateway.model.knob import WorkerModel
from badgateway.servers.uwsgi import SERVER, readings
from tests.stack.sites import configuration, site


def core(started_s=0, *, in_request=0) -> dict[str, object]:
    return {"id": 0, "in_request": in_request, "vars": [], "req_info": {"request_start": started_s}}


# As uWSGI 2.0.31 writes it, without what is not read.
STATS = {
    "version": "2.0.31",
    "listen_queue": 0,
    "workers": [
        {"id": 1, "status": "busy", "cores": [core(990, in_request=1), core(997, in_request=1)]},
        {"id": 2, "status": "idle", "cores": [core(400), core()]},
        {"id": 3, "status": "cheap", "cores": [core(), core()]},
    ],
}


def told(stats, now_s=1000.0) -> dict[str, tuple[float | None, float | None]]:
    return {reading.series: (reading.value, reading.limit) for reading in readings(stats, now_s)}


def test_busy_workers_cores_in_request_and_the_oldest_request_are_told():
    assert told(STATS) == {
        "uwsgi_busy_workers": (1, 2),
        "uwsgi_cores_in_request": (2, 4),
        "uwsgi_oldest_request_s": (10.0, None),
    }


def test_an_idle_server_has_no_old_request():
    idle = {"workers": [{"id": 1, "status": "idle", "cores": [core(400)]}]}

    assert told(idle)["uwsgi_oldest_request_s"] == (0.0, None)


def test_it_is_told_the_socket_as_a_plain_path_and_whose_packages_to_import():
    start = SERVER.start(configuration("servers/uwsgi.ini"), site())

    assert start.argv == ("/opt/kit/bin/uwsgi", "--ini", "/tmp/t/snapshot/servers/x")
    assert start.bind == "/tmp/t/raw/written/run/web.sock"
    assert start.environment["WEB_VENV"] == "/opt/kit"
    assert start.environment["WEB_STATS"] == "/tmp/t/raw/written/run/stats.sock"


@pytest.mark.parametrize(("front_door", "protocol"), [("nginx", "uwsgi"), ("load-balancer", "http")])
def test_it_speaks_what_the_front_door_speaks(front_door, protocol):
    start = SERVER.start(configuration("servers/uwsgi.ini", front_door=front_door), site())

    assert start.environment["WEB_PROTOCOL"] == protocol


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("[uwsgi]\ngevent = 64\n", WorkerModel.GREENLETS),
        ("[uwsgi]\nif-env = X\n gevent=%(_)\n", WorkerModel.GREENLETS),
        ("[uwsgi]\n# gevent = 64\ngevent-monkey-patch = true\n", WorkerModel.THREADS),
        ("[uwsgi]\n; gevent = 64 is another file's\nprocesses = 2\n", WorkerModel.THREADS),
    ],
)
def test_its_file_shows_how_a_worker_serves_requests(text, model):
    assert SERVER.worker_model(text) is model


def test_it_takes_what_follows_a_colon_for_a_section():
    assert "no colon in its name" in SERVER.file_fault(PurePosixPath("servers/a:b.ini"))
    assert SERVER.file_fault(PurePosixPath("servers/a.ini")) == ""

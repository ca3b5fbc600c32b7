"""A server that would not start for its accept queue is told of before anything starts."""

from typing import Any

import pytest

from badgateway.plan.experiment_file import with_servers
from badgateway.plan.queues import queue_faults
from tests.declared import DECLARED, experiment
from tests.emit.subjects import ROOT

UWSGI, GUNICORN, _ = (one | {"transport": "tcp"} for one in DECLARED["configurations"])
OTHERS = [
    GUNICORN | {"name": name, "server": f"servers/{name}"}
    for name in ("gunicorn_sync.py", "gunicorn_gthread.py", "granian.env", "uvicorn.env")
]


def faults(*configurations: dict[str, Any], machine: int | None = 4096, new: int | None = 4096, **places: Any) -> Any:
    named = [one | {"name": one["name"].replace("_", "-").replace(".", "-")} for one in configurations]
    declared = with_servers(experiment(configurations=named, places=places), ROOT)
    return list(queue_faults(declared, lambda: machine, lambda: new))


def test_uwsgi_with_a_longer_queue_than_its_places_kernel_takes_is_refused_by_its_key():
    (told,) = faults(UWSGI, GUNICORN, target={"somaxconn": 128})

    assert told == (
        "configurations[first].listen: uWSGI does not start with a queue of 1024 where net.core.somaxconn is 128, as "
        "that of places.target; write listen = 128, or places.target.somaxconn = 1024"
    )


def test_it_is_refused_on_a_machine_and_in_a_new_network_that_take_no_more():
    (of_machine,) = faults(UWSGI, machine=128)
    (of_new,) = faults(UWSGI | {"listen": 5000}, target={})

    assert of_machine.endswith("that of this machine; write listen = 128, or sysctl -w net.core.somaxconn=1024")
    assert "net.core.somaxconn is 4096, as that of places.target; write listen = 4096" in of_new


@pytest.mark.parametrize(
    ("machine", "new", "places"),
    [
        (1024, 1, {}),
        (1, 1024, {"target": {}}),
        (1, 1, {"target": {"somaxconn": 1024}}),
        (1024, 1, {"proxy": {"somaxconn": 4}}),
        (None, None, {"target": {}}),
        (None, None, {}),
    ],
)
def test_it_starts_where_its_queue_fits_or_nobody_tells(machine, new, places):
    assert faults(UWSGI, machine=machine, new=new, **places) == []


def test_what_does_not_ask_is_cut_and_starts():
    assert faults(GUNICORN, *OTHERS, machine=4, target={"somaxconn": 4}) == []


def test_nobody_asks_the_kernel_for_a_server_that_does_not():
    def ask() -> int:
        raise AssertionError

    declared = with_servers(experiment(configurations=[GUNICORN]), ROOT)
    assert list(queue_faults(declared, ask, ask)) == []

"""How the end of a part tells who ended it."""

from types import SimpleNamespace
from typing import Any

import pytest

from badgateway.errors import DeploymentError, LineError
from badgateway.model.places import Places
from badgateway.model.trial import OutsidePart
from badgateway.process.line_watch import Lapse
from badgateway.stack.endings import nginx_ended, relay_ended, through, way
from badgateway.stack.machines import line_to

NOTICE = "2026/11/21 20:31:56 [notice] 10#10: signal 17 (SIGCHLD) received from 11\n"
ALERT = "2026/11/21 20:31:56 [alert] 10#10: worker process 11 exited on signal {}\n"


def what(found):
    return [one.what for one in found]


@pytest.mark.parametrize(
    ("exit_code", "how"),
    [(-9, "was ended by SIGKILL"), (-15, "was ended by SIGTERM"), (0, "was asked to end, and did")],
)
def test_nginx_that_was_told_to_end_was_ended_from_outside(exit_code, how):
    (found,) = nginx_ended(exit_code, "")

    assert found.part is OutsidePart.PROXY
    assert found.what == f"nginx {how}, and the kit had not asked for it"


@pytest.mark.parametrize("exit_code", [None, 1])
def test_nginx_that_runs_or_cannot_go_on_was_not(exit_code):
    assert list(nginx_ended(exit_code, "")) == []


@pytest.mark.parametrize(("number", "name"), [(9, "SIGKILL"), (15, "SIGTERM")])
def test_a_worker_of_nginx_that_was_killed_is_told_by_its_master(number, name):
    assert what(nginx_ended(None, NOTICE + ALERT.format(number))) == [
        f"a worker of nginx (pid 11) was ended by {name}, and the kit had not asked for it"
    ]


def test_a_worker_that_the_kernel_killed_for_nginx_own_limit_is_told_with_the_key():
    limit = " while the kernel killed for the memory limit of its container (size.proxy.memory_mb)"
    (master,) = what(nginx_ended(-9, "", for_memory=True))
    (worker,) = what(nginx_ended(None, ALERT.format(9), for_memory=True))
    (by_hand,) = what(nginx_ended(None, ALERT.format(15), for_memory=True))

    assert master.startswith(f"nginx was ended by SIGKILL{limit}")
    assert worker.startswith(f"a worker of nginx (pid 11) was ended by SIGKILL{limit}")
    assert limit not in by_hand


def test_a_worker_of_nginx_that_crashed_was_not_killed():
    assert list(nginx_ended(None, NOTICE + ALERT.format(11))) == []


def test_the_relay_is_no_part_of_a_configuration_however_it_ends():
    assert list(relay_ended(None, way("relay"))) == []
    assert what(relay_ended(1, way("relay"))) == [
        "the relay to the database ended with status 1, and the kit had not asked for it"
    ]


def test_all_that_only_hands_on_is_no_part_of_a_configuration_and_has_a_name():
    lines = [line_to(key) for key in Places.model_fields if key not in {"workers", "database"}]
    named = [way(part) for part in ("relay", "line", *lines, "relay-6379")]

    assert all(named)
    assert len(set(named)) == len(named)
    assert not any(map(way, ("nginx", "server-0", "background")))
    assert what(relay_ended(-9, way("target-line"))) == [
        "the line to the application servers was ended by SIGKILL, and the kit had not asked for it"
    ]


@pytest.mark.parametrize("error", [DeploymentError("uwsgi ended"), FileNotFoundError("/proc/7/ns/net")])
def test_what_could_not_start_behind_a_line_that_somebody_ended_is_not_to_blame(error):
    line: Any = SimpleNamespace(exit_code=lambda: None)

    def fail() -> None:
        with through({"target-line": line}):
            raise error

    with pytest.raises(type(error)):
        fail()
    line.exit_code = lambda: -9
    with pytest.raises(LineError, match=r"^the line to the application servers was ended by SIGKILL"):
        fail()


def test_what_could_not_start_behind_a_line_that_somebody_cut_is_not_to_blame():
    cut = Lapse(how="was taken down", at_s=1.0, lasted_s=0.2)
    place: Any = SimpleNamespace(watch=SimpleNamespace(end=lambda: [cut]))

    with (
        pytest.raises(LineError, match=r"^the line to nginx was cut: its device was taken down, and the kit"),
        through({}, {"proxy": place}),
    ):
        raise DeploymentError("no answer through nginx")

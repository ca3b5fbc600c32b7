from typing import Any

import pytest

from badgateway.errors import LoadError
from badgateway.load.command import (
    Target,
    headless_command,
    onlooker_command,
    run_view_command,
    spawn_rate,
    web_command,
)
from badgateway.process.child import Command
from tests.load.conftest import ROOT, load_of


def target(url: str = "http://127.0.0.1:8080", **more: Any) -> Target:
    load, _ = load_of("visitors", users=50, warm_up_s=3, window_s=10)
    return Target(url=url, load=load, users=50, client_timeout_s=8.5, project_root=ROOT, seed=4, **more)


def option(command: Command, name: str) -> str:
    return command.argv[command.argv.index(name) + 1]


@pytest.mark.parametrize("url", ["http://127.0.0.1:80", "http://localhost:1", "http://[::1]:8000", "http://127.8.9.1"])
def test_addresses_of_this_machine_are_loaded(url, tmp_path):
    assert option(headless_command(target(url), tmp_path), "--host") == url


@pytest.mark.parametrize(
    "url", ["http://example.org", "http://10.0.0.1:80", "http://localhost.example", "", "nonsense"]
)
def test_other_hosts_are_not(url, tmp_path):
    with pytest.raises(LoadError, match="no host that the user did not name"):
        headless_command(target(url), tmp_path)
    with pytest.raises(LoadError, match="no host that the user did not name"):
        web_command(target(url), port=1, token="", raw=tmp_path)


def test_locust_waits_longer_for_its_users_than_a_request_may_take(tmp_path):
    assert float(option(headless_command(target(), tmp_path), "--stop-timeout")) > 8.5 + 1


def test_the_environment_has_only_what_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("LOCUST_USERS", "9999")
    monkeypatch.setenv("SECRET", "x")
    given = {"APP_MEMBERS": "10", "PYTHONHOME": "/srv", "LD_PRELOAD": "x.so", "LOCUST_TAGS": "none"}
    environment = headless_command(target(environment=given), tmp_path).environment

    assert environment["APP_MEMBERS"] == "10"
    assert environment["BADGATEWAY_ROWS"] == str(tmp_path)
    assert environment["BADGATEWAY_RUN_TIME_S"] == "13.0"
    assert environment["BADGATEWAY_SEED"] == "4"
    assert not {"LOCUST_USERS", "SECRET", "PYTHONHOME", "LD_PRELOAD", "LOCUST_TAGS"} & set(environment)


def test_the_web_ui_listens_on_this_machine_only_and_ends_no_load_by_itself(tmp_path):
    command = web_command(target(), port=8089, token="known", raw=tmp_path)

    assert (option(command, "--web-host"), option(command, "--web-port")) == ("127.0.0.1", "8089")
    assert option(command, "--users") == "50"
    assert command.environment["BADGATEWAY_UI_TOKEN"] == "known"
    assert "known" not in " ".join(command.argv)
    assert command.environment["BADGATEWAY_ROWS"] == str(tmp_path)
    assert "BADGATEWAY_RUN_TIME_S" not in command.environment
    assert "--headless" not in command.argv


def test_the_web_ui_of_a_run_has_no_load_to_start_and_its_token_is_in_no_command_line(tmp_path):
    command = onlooker_command(tmp_path, "servers", port=8089, token="known")

    assert command.argv[-3:] == (str(tmp_path), "8089", "servers")
    assert command.environment["BADGATEWAY_UI_TOKEN"] == "known"
    assert not {"BADGATEWAY_ROWS", "BADGATEWAY_SEED"} & set(command.environment)
    assert "known" not in " ".join([*command.argv, *run_view_command(tmp_path).argv])


@pytest.mark.parametrize(("users", "warm_up_s", "rate"), [(300, 3, 200), (50, 0, 50), (1, 60, 1), (300, 1, 300)])
def test_all_users_run_after_half_of_the_warm_up(users, warm_up_s, rate):
    assert spawn_rate(users, warm_up_s) == rate


def open_target(**given: Any) -> Target:
    load, _ = load_of("plain", rate_per_s=12.5, warm_up_s=3, window_s=10, **given)
    return Target(url="http://127.0.0.1:1", load=load, rate_per_s=12.5, client_timeout_s=1, project_root=ROOT)


def test_an_open_loop_has_its_rate_in_the_environment_and_one_dispatcher(tmp_path):
    command = headless_command(open_target(arrivals="constant", max_in_flight=9), tmp_path)

    assert (option(command, "--users"), option(command, "--spawn-rate")) == ("1", "1")
    assert command.environment["BADGATEWAY_RATE_PER_S"] == "12.5"
    assert command.environment["BADGATEWAY_ARRIVALS"] == "constant"
    assert command.environment["BADGATEWAY_MAX_IN_FLIGHT"] == "9"
    assert command.environment["BADGATEWAY_WARM_UP_S"] == "3.0"
    assert "--processes" not in command.argv


def test_several_processes_get_a_dispatcher_each_and_meet_at_a_port_of_their_own(tmp_path):
    commands = [headless_command(open_target(processes=3), tmp_path) for _ in range(2)]
    ports = [option(command, "--master-port") for command in commands]

    assert [option(commands[0], name) for name in ("--users", "--spawn-rate", "--processes")] == ["3", "3", "3"]
    assert [option(command, "--master-bind-port") for command in commands] == ports
    assert option(commands[0], "--master-bind-host") == "127.0.0.1"
    assert ports[0] != ports[1]


def test_a_closed_loop_has_no_rate(tmp_path):
    assert headless_command(target(), tmp_path).environment["BADGATEWAY_RATE_PER_S"] == "0"

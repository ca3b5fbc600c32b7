from pathlib import Path
from unittest.mock import create_autospec

import pytest

from badgateway.errors import DeploymentError
from badgateway.model.axis import PROXY_SIZE_CPU, PROXY_SIZE_MEMORY, SIZE_CPU, SIZE_MEMORY, USUAL, moved
from badgateway.process import container
from badgateway.process.child import Child, Command
from badgateway.process.container import Size
from badgateway.process.control_groups import Places, Scopes
from badgateway.stack import containers as room
from badgateway.stack.containers import (
    containers_at,
    files_of,
    held,
    places_of_sizes,
    proxy_container_at,
    size_faults_here,
)
from tests.declared import experiment

COMMAND = Command(name="server", argv=("uwsgi",), environment={}, directory=Path("/"), log=Path("/dev/null"))
FIRST = {"name": "first", "server": "servers/uwsgi.ini", "driver": "mysqlclient", "workers": 2}


def test_a_trial_without_a_size_has_no_containers(monkeypatch):
    monkeypatch.setattr(container, "way", pytest.fail)
    with containers_at(USUAL, 2) as found:
        assert found == (None, None)
        assert held(COMMAND, None) is COMMAND
        assert files_of(found, [create_autospec(Child), create_autospec(Child)]) == ()


def test_each_server_has_a_container_of_its_own(monkeypatch):
    monkeypatch.setattr(container, "way", lambda: Scopes(program="systemd-run"))
    with containers_at(moved(SIZE_MEMORY, moved(SIZE_CPU, USUAL, 0.5), 64), 2) as found:
        names = {one.name for one in found if one}
        sizes = {one.size for one in found if one}
    assert len(names) == 2
    assert sizes == {Size(cpu=0.5, memory_mb=64)}


def test_nginx_has_its_own_size_and_none_of_the_servers(monkeypatch):
    monkeypatch.setattr(container, "way", lambda: Scopes(program="systemd-run"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    with proxy_container_at(moved(SIZE_CPU, USUAL, 0.5)) as found:
        assert found is None
    at = moved(PROXY_SIZE_MEMORY, moved(PROXY_SIZE_CPU, USUAL, 0.25), 64)
    with containers_at(at, 1) as servers, proxy_container_at(at) as found:
        assert servers == (None,)
        assert found is not None
        assert found.size == Size(cpu=0.25, memory_mb=64)
        assert "CPUQuota=25%" in held(COMMAND, found).argv


def test_a_size_of_nginx_is_refused_under_its_own_key(monkeypatch):
    monkeypatch.setattr(container, "way", lambda: None)
    (fault,) = size_faults_here(experiment(configurations=[FIRST | {"proxy_cpu_limits": [0.25]}]))
    assert fault.startswith("configurations[first].size.proxy.cpu: a container's size takes a control group")
    with pytest.raises(DeploymentError), proxy_container_at(moved(PROXY_SIZE_CPU, USUAL, 0.25)):
        pass
    monkeypatch.setattr(container, "way", lambda: Scopes(program="systemd-run"))
    (fault,) = size_faults_here(experiment(configurations=[FIRST | {"proxy_cpu_limits": [200]}]))
    assert fault.startswith("configurations[first].size.proxy.cpu: 200 is more than the")


def test_where_no_group_can_be_made_a_size_is_refused_before_anything_starts(monkeypatch):
    monkeypatch.setattr(container, "way", lambda: None)
    sized = experiment(configurations=[FIRST | {"cpu_limits": [0, 0.5]}, FIRST | {"name": "second"}])

    (fault,) = size_faults_here(sized)
    assert fault.startswith("configurations[first].size.cpu: a container's size takes a control group")
    with pytest.raises(DeploymentError), containers_at(moved(SIZE_CPU, USUAL, 0.5), 1):
        pass
    assert list(size_faults_here(experiment())) == []


def test_the_places_of_groups_are_asked_for_only_where_they_are_needed(monkeypatch, tmp_path):
    parents = {"cpu": tmp_path / "cpu", "memory": tmp_path / "memory"}
    monkeypatch.setattr(room, "way", lambda: Places(version=1, parents=parents))

    assert places_of_sizes(experiment(configurations=[FIRST | {"memory_limits_mb": [64]}])) == tuple(parents.values())
    assert places_of_sizes(experiment()) == ()

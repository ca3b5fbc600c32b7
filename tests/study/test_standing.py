"""What stands for a person: the site, and Locust's web UI in front of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from badgateway.errors import DeploymentError, LoadError
from badgateway.study import standing
from badgateway.study.standing import stand, stand_behind_locust
from tests.study.fakes import small


class Locust:
    """Locust's process as `running` would give it."""

    name = "Locust's web UI"
    ended: int | None = None

    def exit_code(self) -> int | None:
        return self.ended

    def tail(self, lines: int = 15) -> str:
        return "last line"


@pytest.fixture
def locust(seam, monkeypatch):
    fake = Locust()

    @contextmanager
    def running(command, *, grace_s: float) -> Iterator[Locust]:
        seam.command = command
        seam.up.append("locust")
        yield fake
        seam.up.remove("locust")

    monkeypatch.setattr(standing, "set_up", seam.set_up)
    monkeypatch.setattr(standing, "deploy", seam.deploy)
    monkeypatch.setattr(standing, "running", running)
    monkeypatch.setattr(standing, "await_ready", lambda *_, **__: None)
    return fake


def test_a_configuration_stands_for_as_long_as_its_block(seam, locust, tmp_path):
    with stand(small(), "second", tmp_path) as up:
        assert seam.up == ["bench", "second"]
        assert up.page == up.site == "http://127.0.0.1:1"
        assert up.logs.is_dir()
        up.check()

    assert seam.up == []


def test_locust_stands_in_front_of_the_site_with_the_experiments_load(seam, locust, tmp_path):
    with stand_behind_locust(small(), "second", tmp_path, 4711) as up:
        assert seam.up == ["bench", "second", "locust"]
        assert (up.page, up.site) == ("http://127.0.0.1:4711", "http://127.0.0.1:1")
        up.check()

    line = " ".join(seam.command.argv)
    assert "--host http://127.0.0.1:1 --users 5 " in line
    assert "--web-port 4711" in line
    assert seam.up == []


@pytest.mark.parametrize("status", [0, 1])
def test_a_locust_that_ends_by_itself_is_told(status, seam, locust, tmp_path):
    with stand_behind_locust(small(), "second", tmp_path, 4711) as up:
        locust.ended = status

        with pytest.raises(LoadError, match=rf"Locust's web UI ended with status {status} by itself.*\nlast line"):
            up.check()


def test_a_server_that_ends_is_told(seam, locust, tmp_path, monkeypatch):
    def gone() -> None:
        raise DeploymentError("uWSGI ended")

    @contextmanager
    def deploy(*_, **__):
        yield SimpleNamespace(url="http://127.0.0.1:1", check=gone)

    monkeypatch.setattr(standing, "deploy", deploy)
    with stand_behind_locust(small(), "second", tmp_path, 4711) as up, pytest.raises(DeploymentError):
        up.check()

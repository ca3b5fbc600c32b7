"""What is served to a person: the site, and Locust's web UI in front of it."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from badgateway.errors import DeploymentError, LoadError
from badgateway.study.serving import served, served_behind_locust
from tests.study.fakes import small


def test_a_configuration_is_served_for_as_long_as_its_block(seam, tmp_path):
    with served(small(), "second", tmp_path, seam) as up:
        assert seam.up == ["bench", "second"]
        assert up.page == up.site == "http://127.0.0.1:1"
        assert up.logs.is_dir()
        up.check()

    assert seam.up == []


def test_locust_stands_in_front_of_the_site_with_the_experiments_load(seam, tmp_path):
    with served_behind_locust(small(), "second", tmp_path, 4711, seam) as up:
        assert seam.up == ["bench", "second", "locust"]
        address, _, token = up.page.partition("/?token=")
        assert (address, up.site) == ("http://127.0.0.1:4711", "http://127.0.0.1:1")
        up.check()

    line = " ".join(seam.commands[0].argv)
    assert "--host http://127.0.0.1:1 --users 5 " in line
    assert "--web-port 4711" in line
    assert len(token) >= 20
    assert token not in line, "ps shows it to everybody"
    assert seam.commands[0].environment["BADGATEWAY_UI_TOKEN"] == token
    assert seam.up == []


@pytest.mark.parametrize("status", [0, 1])
def test_a_locust_that_ends_by_itself_is_told(status, seam, tmp_path):
    with served_behind_locust(small(), "second", tmp_path, 4711, seam) as up:
        seam.locust.ended = status

        with pytest.raises(LoadError, match=rf"Locust's web UI ended with status {status} by itself.*\nlast line"):
            up.check()


def test_a_server_that_ends_is_told(seam, tmp_path, monkeypatch):
    def gone() -> None:
        raise DeploymentError("uWSGI ended")

    @contextmanager
    def deploy(*_, **__):
        yield SimpleNamespace(url="http://127.0.0.1:1", check=gone)

    monkeypatch.setattr(seam, "deploy", deploy)
    with served_behind_locust(small(), "second", tmp_path, 4711, seam) as up, pytest.raises(DeploymentError):
        up.check()

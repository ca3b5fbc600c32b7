"""Holding a configuration up for a person."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from badgateway.cli import browse as module
from badgateway.cli.browse import LOCUST_PORT, browse, locust_port
from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.process.interruption import unwinding_on_signals
from badgateway.study.serving import Served

SITE, PAGE = "http://127.0.0.1:1", "http://127.0.0.1:8089"


class Stand:
    """Something that stands until it is left."""

    def __init__(self, ends: list[BaseException | None], page: str = SITE) -> None:
        self.left = False
        self._ends = ends
        self._page = page

    def check(self) -> None:
        end = self._ends.pop(0)
        if end is not None:
            raise end

    @contextmanager
    def up(self) -> Iterator[Served]:
        try:
            yield Served(site=SITE, page=self._page, logs=Path("/tmp/logs"), check=self.check)
        finally:
            self.left = True


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(module, "_LOOK_S", 0)


def test_the_address_is_told_and_ctrl_c_is_the_proper_end(capsys):
    stand = Stand([None, None, KeyboardInterrupt()])
    browse("uwsgi-2", stand.up(), what="the site")
    told = capsys.readouterr()

    assert told.out == f"uwsgi-2: the site is at {SITE}\n"
    assert "starting the database" in told.err
    assert "/tmp/logs" in told.err
    assert told.err.endswith("stopping\n")
    assert stand.left


def test_a_look_is_whole_before_ctrl_c_ends_it(monkeypatch):
    looks = []
    stand = Stand([])

    def look() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        looks.append("whole")

    monkeypatch.setattr(stand, "check", look)
    with unwinding_on_signals():
        browse("uwsgi-2", stand.up(), what="the site")

    assert looks == ["whole"]
    assert stand.left


def test_a_page_in_front_of_the_site_is_told_with_both_addresses(capsys):
    browse("uwsgi-2", Stand([KeyboardInterrupt()], PAGE).up(), what="Locust's web UI")

    assert capsys.readouterr().out == f"uwsgi-2: Locust's web UI is at {PAGE}, in front of {SITE}\n"


def test_a_server_that_ends_by_itself_ends_everything_with_its_message():
    stand = Stand([None, DeploymentError("nginx ended with status 1")])

    with pytest.raises(DeploymentError, match="nginx ended"):
        browse("uwsgi-2", stand.up(), what="the site")

    assert stand.left


def test_ctrl_c_before_anything_is_up_is_an_interruption(capsys):
    class Interrupted(AbstractContextManager[Served]):
        def __enter__(self) -> Served:
            raise KeyboardInterrupt

        def __exit__(self, *_: object) -> None:
            """Nothing is up."""

    with pytest.raises(KeyboardInterrupt):
        browse("uwsgi-2", Interrupted(), what="the site")

    assert capsys.readouterr().out == ""


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_is_taken_is_refused_by_its_number(taken):
    with pytest.raises(ConfigurationError, match=rf"--port {taken}: something listens there already"):
        locust_port(taken)


def test_locusts_own_port_is_taken_when_it_is_free_and_another_when_not(monkeypatch):
    monkeypatch.setattr(module, "is_free", lambda _port: True)
    assert locust_port(None) == LOCUST_PORT

    monkeypatch.setattr(module, "is_free", lambda _port: False)
    assert locust_port(None) != LOCUST_PORT


def test_a_free_port_that_was_asked_for_is_given(monkeypatch):
    monkeypatch.setattr(module, "is_free", lambda port: port == 4711)

    assert locust_port(4711) == 4711

"""Who listens where, as the kernel shows it: on sockets of this very process, and in a made-up /proc."""

import os
import socket
from pathlib import Path

import pytest

from badgateway.errors import ConfigurationError
from badgateway.probe.listeners import bound_as, holder_of, listeners_of, main_pid, sockets_that_listen


@pytest.fixture
def unix(tmp_path):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "web.sock"))
        listening.listen(5)
        yield tmp_path / "web.sock"


@pytest.fixture
def port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(5)
        yield listening.getsockname()[1]


def test_a_socket_is_found_by_its_process_and_the_process_by_its_socket(unix, port):
    assert {unix, port} <= set(listeners_of([os.getpid()]))
    assert holder_of(unix) == os.getpid()
    assert holder_of(port) == os.getpid()


def test_a_socket_that_is_bound_and_does_not_listen_is_none(tmp_path):
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "idle.sock"))
        assert tmp_path / "idle.sock" not in sockets_that_listen().values()


def test_where_nobody_listens_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match=r"gone\.sock: nobody listens there; name the socket's path"):
        holder_of(tmp_path / "gone.sock")


def test_a_socket_may_be_named_by_another_way_to_it(unix, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)

    assert bound_as(unix) == unix
    assert bound_as(tmp_path / "link" / "web.sock") == unix
    assert bound_as(Path("web.sock")) == unix
    assert bound_as(Path("gone.sock")) == Path("gone.sock")


def made_up(folder, holders):
    """Make a /proc in which processes of these parents hold the socket 99."""
    (folder / "net").mkdir()
    (folder / "net" / "unix").write_text(
        "Num RefCount Protocol Flags Type St Inode Path\n0: 2 0 00010000 0001 01 99 /run/a b.sock\n"
    )
    for pid, parent in holders.items():
        (folder / str(pid) / "fd").mkdir(parents=True)
        (folder / str(pid) / "fd" / "3").symlink_to("socket:[99]")
        (folder / str(pid) / "stat").write_text(f"{pid} (a (b) c) S {parent} 0 0\n")
    return folder


def test_of_a_server_and_its_workers_the_server_is_named(tmp_path):
    (listener,) = sockets_that_listen(made_up(tmp_path, {30: 20, 20: 1, 31: 20})).values()

    assert str(listener) == "/run/a b.sock"
    assert holder_of(listener, tmp_path) == 20


def test_who_starts_a_server_with_its_socket_is_not_that_server(tmp_path):
    (listener,) = sockets_that_listen(made_up(tmp_path, {1: 0, 20: 1, 30: 20})).values()
    (tmp_path / "1" / "comm").write_text("systemd\n")

    assert holder_of(listener, tmp_path) == 20


def test_a_server_that_its_socket_has_not_started_yet_is_told_with_what_helps(tmp_path):
    (listener,) = sockets_that_listen(made_up(tmp_path, {1: 0})).values()
    (tmp_path / "1" / "comm").write_text("systemd\n")

    with pytest.raises(ConfigurationError, match="starts the server with the first request; send one"):
        holder_of(listener, tmp_path)


def test_that_nobody_may_see_who_listens_is_told_with_what_helps(tmp_path):
    made_up(tmp_path, {})
    (listener,) = sockets_that_listen(tmp_path).values()

    with pytest.raises(ConfigurationError, match="watch as root"):
        holder_of(listener, tmp_path)


@pytest.fixture
def systemctl(tmp_path, monkeypatch):
    """Return a function that puts a systemctl on the PATH which does what a shell is told."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def put(does):
        (tmp_path / "systemctl").write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / "systemctl").chmod(0o755)

    return put


def test_a_unit_is_watched_by_its_first_process(systemctl):
    systemctl('[ "$*" = "show --property=MainPID --value -- site.service" ] && echo 4711')

    assert main_pid("site.service") == 4711


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("echo 0", "--unit a: it does not run; see systemctl status a"),
        ("echo", "--unit a: it does not run"),
        ("exit 1", "--unit a: systemctl does not tell; name it by --pid"),
        ("echo a  b >&2; exit 1", r"--unit a: systemctl does not tell \(a b\); name it by --pid"),
        (None, "--unit a: this machine has no systemctl; name the server by --pid"),
    ],
)
def test_a_unit_that_cannot_be_watched_is_told_with_what_helps(systemctl, does, told):
    if does is not None:
        systemctl(does)

    with pytest.raises(ConfigurationError, match=told):
        main_pid("a")

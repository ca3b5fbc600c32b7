"""A connection goes to the socket that was looked at, and never where a link leads."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from badgateway.process.unix_socket import connected


@pytest.fixture
def listener(tmp_path: Path, monkeypatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("real.sock")
        server.listen()
        server.settimeout(0)
        yield tmp_path / "real.sock"
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_socket_is_connected_to(listener: Path, tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind("other.sock")
        other.listen()
        with connected(tmp_path / "other.sock", 1) as connection:
            accepted, _ = other.accept()
            with accepted:
                accepted.sendall(b"hello")
                assert connection.recv(5) == b"hello"
    assert listener.exists()


def test_a_link_to_a_socket_is_not(listener: Path, tmp_path: Path):
    (tmp_path / "link.sock").symlink_to(listener)

    with pytest.raises(OSError, match="link"), connected(tmp_path / "link.sock", 1):
        pass


@pytest.mark.parametrize("make", [os.mkfifo, Path.touch, Path.mkdir])
def test_what_is_no_socket_is_refused_at_once(make, listener: Path, tmp_path: Path):
    make(tmp_path / "thing")

    with pytest.raises(OSError, match="no socket"), connected(tmp_path / "thing", 1):
        pass


def test_a_socket_that_is_not_there_is_an_error_like_any(tmp_path: Path):
    with pytest.raises(FileNotFoundError), connected(tmp_path / "none", 1):
        pass


def test_systems_without_descriptors_of_paths_look_before_they_step(listener: Path, tmp_path: Path, monkeypatch):
    monkeypatch.delattr(os, "O_PATH")
    (tmp_path / "link.sock").symlink_to(listener)

    with pytest.raises(OSError, match="no socket"), connected(tmp_path / "link.sock", 1):
        pass

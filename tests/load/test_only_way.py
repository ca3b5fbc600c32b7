"""Whoever is not the kit's own wire does not connect from a process that loads a site which already runs."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from badgateway.load.only_way import refusal, the_wire

ASKED = """
import asyncio, http.client, socket, sys, urllib.error, urllib.request
from badgateway.load.only_way import keep_to_the_wire, the_wire
keep_to_the_wire(print)
port = int(sys.argv[1])
with the_wire():
    socket.create_connection(("127.0.0.1", port)).close()
there = ("127.0.0.1", port)

def fast_open():
    with socket.socket() as made:
        made.sendto(b"POST / HTTP/1.0\\r\\n\\r\\n", socket.MSG_FASTOPEN, there)

for ask in (
    lambda: http.client.HTTPConnection(*there).request("POST", "/"),
    lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/"),
    lambda: socket.socket().connect_ex(there),
    lambda: asyncio.run(asyncio.open_connection(*there)),
    fast_open,
):
    try:
        ask()
    except (ConnectionRefusedError, urllib.error.URLError) as error:
        print("refused", getattr(error, "reason", error).strerror)
"""


@pytest.fixture
def stream() -> Iterator[socket.socket]:
    with socket.socket() as made:
        yield made


def test_who_connects_past_the_wire_is_refused_and_told_of(stream):
    assert "connected to 10.0.0.7:80 past its client" in refusal(stream, ("10.0.0.7", 80))
    with the_wire():
        assert not refusal(stream, ("10.0.0.7", 80))
    assert "connected to ::1:443 past" in refusal(stream, ("::1", 443, 0, 0))


def test_sockets_of_this_machine_and_name_servers_are_not_meant(stream):
    assert not refusal(stream, "/run/something.sock")
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        assert not refusal(datagrams, ("10.0.0.7", 53))
        assert not refusal(datagrams, ("127.0.0.1", 8125))


@pytest.mark.parametrize("host", ["10.0.0.7", "127.evil.example.org", "localhost.evil.example.org", "::1234:5678"])
def test_datagrams_to_others_may_be_requests_too(host):
    with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        assert f"connected to {host}:443 past its client" in refusal(datagrams, (host, 443))


def test_a_library_of_its_own_reaches_nobody():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        # In a process of its own: what listens to a process's events cannot be told to go.
        done = subprocess.run(
            [sys.executable, "-c", ASKED, str(port)], capture_output=True, text=True, check=True, timeout=60
        )
        listener.accept()[0].close()
        listener.settimeout(0.05)
        with pytest.raises(TimeoutError):
            listener.accept()

    lines = done.stdout.splitlines()
    told, refused = lines[::2], lines[1::2]
    assert len(told) == 5
    assert all(f"connected to 127.0.0.1:{port} past its client" in line for line in told)
    assert refused == [f"refused {line}" for line in told]

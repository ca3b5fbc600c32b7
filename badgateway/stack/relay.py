"""Makes a TCP server farther away, as a program of its own: what it answers arrives a given time later.

    python relay.py LISTEN_PORT HOST PORT DISTANCE_MS [ADDRESS NETWORK]

It listens on 127.0.0.1, or on an address of another network, given by the file that stands for it: what comes from
there is handed to the server in this one.

A round trip takes DISTANCE_MS longer, all of it on the way back: the sum is what a client that waits for its answer
notices, and one timer is more exact than two. Making a connection costs a round trip too. Bytes that are under way
together arrive together: it is a long line, not a narrow one.

It is run by path in a process of its own, and imports nothing but the standard library.
"""

import asyncio
import ctypes
import os
import select
import selectors
import socket
import sys
from collections import deque
from collections.abc import Callable
from functools import partial

READY = "relays"
BACKLOG = 1024
LOOPBACK = "127.0.0.1"
CLONE_NEWNET = 0x40000000


class ExactSelector(selectors.DefaultSelector):
    """Waits to the microsecond; epoll alone knows only whole milliseconds, and half a one is a distance too."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready, at once or within the time."""
        # What epoll waits with is a file too, and so can be waited for.
        if timeout is None or timeout > 0:
            select.select([self.fileno()], [], [], timeout)
        return super().select(0)


class Side(asyncio.Protocol):
    """One of the two connections of a client; what comes in goes out on the other."""

    def __init__(self, distance_s: float, other: "Side | None" = None) -> None:
        self.transport: asyncio.Transport | None = None
        self.other = other
        self._distance_s = distance_s
        self._early: list[bytes] = []
        self._under_way: deque[Callable[[], None]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Pass on what came for this side before it was there."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        for data in self._early:
            transport.write(data)
        self._early.clear()

    def data_received(self, data: bytes) -> None:
        """Pass on, after the time it takes."""
        if self.other is not None:
            self._later(partial(self.other.send, data))

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the other side, after all that is under way to it."""
        del exc
        if self.other is not None:
            self._later(self.other.close)

    def pause_writing(self) -> None:
        """Take nothing in that could not go out here."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """Take in again."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def send(self, data: bytes) -> None:
        """Write, or keep it until there is a connection."""
        if self.transport is None:
            self._early.append(data)
        else:
            self.transport.write(data)

    def close(self) -> None:
        """End the connection once everything has been written."""
        if self.transport is not None:
            self.transport.close()

    def _later(self, step: Callable[[], None]) -> None:
        if self._distance_s:
            # Two timers of the same moment may fire in any order, so each takes what is due first.
            self._under_way.append(step)
            asyncio.get_running_loop().call_later(self._distance_s, self._arrive)
        else:
            step()

    def _arrive(self) -> None:
        self._under_way.popleft()()


class Client(Side):
    """The side of a client, which opens the connection to the server for it."""

    def __init__(self, host: str, port: int, distance_s: float) -> None:
        super().__init__(0.0, Side(distance_s))
        assert self.other is not None
        self.other.other = self
        self._address = host, port
        self._connect_s = distance_s
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to connect to the server."""
        super().connection_made(transport)
        self._connecting = asyncio.get_running_loop().create_task(self._connect())

    async def _connect(self) -> None:
        if self._connect_s:
            await asyncio.sleep(self._connect_s)
        server = self.other
        assert server is not None
        assert self.transport is not None
        try:
            await asyncio.get_running_loop().create_connection(lambda: server, *self._address)
        except OSError:
            # As if the client had reached a server that turned it away.
            self.transport.abort()
            return
        if self.transport.is_closing():
            server.close()


async def relay(listener: socket.socket, host: str, port: int, distance_s: float) -> None:
    """Serve what comes to the listener until cancelled."""
    address, listen_port = listener.getsockname()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Client(host, port, distance_s), sock=listener, backlog=BACKLOG)
    print(f"{READY} {address}:{listen_port} to {host}:{port}, {distance_s * 1000:g} ms", flush=True)  # noqa: T201 # its log
    await server.serve_forever()


def listening(port: int, address: str = LOOPBACK, network: str = "") -> socket.socket:
    """Return a socket that listens, in another network where one is named; a socket stays where it was made.

    Raises:
        OSError: The port cannot be listened on, or this account may not go into that network.
    """
    if not network:
        return socket.create_server((address, port), backlog=BACKLOG)
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    go_into(os.open(network, os.O_RDONLY))
    listener = socket.create_server((address, port), backlog=BACKLOG)
    go_into(here)
    return listener


def go_into(network: int) -> None:
    """Go into the network of an open file; OSError when this account may not."""
    if ctypes.CDLL(None, use_errno=True).setns(network, CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, f"setns: {os.strerror(number)}")
    os.close(network)


if __name__ == "__main__":
    listen_port, host, port, distance_ms, *elsewhere = sys.argv[1:]
    listener = listening(int(listen_port), *elsewhere)
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(ExactSelector())) as runner:
        runner.run(relay(listener, host, int(port), float(distance_ms) / 1000))

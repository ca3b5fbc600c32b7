"""Makes a TCP server farther away, as a program of its own: what it answers arrives a given time later.

    python relay.py LISTEN_PORT HOST PORT DISTANCE_MS      (listens on 127.0.0.1)

A round trip takes DISTANCE_MS longer, all of it on the way back: the sum is what a client that waits for its answer
notices, and one timer is more exact than two. Making a connection costs a round trip too. Bytes that are under way
together arrive together: it is a long line, not a narrow one.

It is run by path in a process of its own, and imports nothing but the standard library.
"""

import asyncio
import select
import selectors
import sys
from collections import deque
from collections.abc import Callable
from functools import partial

READY = "relays"
BACKLOG = 1024


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


async def relay(listen_port: int, host: str, port: int, distance_s: float) -> None:
    """Serve until cancelled.

    Raises:
        OSError: The port cannot be listened on.
    """
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Client(host, port, distance_s), "127.0.0.1", listen_port, backlog=BACKLOG)
    print(f"{READY} 127.0.0.1:{listen_port} to {host}:{port}, {distance_s * 1000:g} ms", flush=True)  # noqa: T201 # its log
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(ExactSelector())) as runner:
        runner.run(relay(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]) / 1000))

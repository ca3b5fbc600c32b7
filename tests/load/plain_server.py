"""A server that answers everything at once with one small page, in a process of its own so that it can be frozen.

python -m tests.load.plain_server PORT
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import Popen

import psutil

from badgateway.process.ports import free_port, is_free

BACKLOG = 4096
_PAGE = b'{"page": 1}'
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_PAGE) + _PAGE


class _Answering(asyncio.Protocol):
    def __init__(self) -> None:
        self._pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        # Its clients send header and body at once and wait for the answer: one request a piece.
        self._pending += data
        if b"\r\n\r\n" in self._pending:
            self._pending = b""
            self._transport.write(_ANSWER)


class PlainServer:
    """One that runs."""

    def __init__(self, port: int, process: psutil.Process) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._process = process

    def freeze(self, seconds: float) -> None:
        """Let it do nothing for so long; the kernel goes on taking its connections."""
        self._process.suspend()
        try:
            time.sleep(seconds)
        finally:
            self._process.resume()


@contextmanager
def plain_server() -> Iterator[PlainServer]:
    """Run one as a child process."""
    port = free_port()
    root = Path(__file__).parents[2]
    with Popen([sys.executable, "-m", "tests.load.plain_server", str(port)], cwd=root) as child:
        try:
            while is_free(port):
                assert child.poll() is None, "the plain server ended by itself"
                time.sleep(0.02)
            yield PlainServer(port, psutil.Process(child.pid))
        finally:
            child.terminate()


async def _serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Answering, "127.0.0.1", port, backlog=BACKLOG)
    loop.add_signal_handler(signal.SIGTERM, os._exit, 0)
    await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(int(sys.argv[1])))

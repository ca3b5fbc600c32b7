"""A server that answers the first request of each connection and closes it on the second, as one whose time was up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"


@contextmanager
def closing_upstream() -> Iterator[int]:
    """Serve on a port of 127.0.0.1, which it gives, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        # Closing a socket does not wake up who waits in accept.
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve_once, args=(connection,), daemon=True).start()


def _serve_once(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        if connection.recv(65_536):
            connection.sendall(ANSWER)
            connection.recv(65_536)

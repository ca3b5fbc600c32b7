"""A small HTTP server whose paths name what goes wrong; raw sockets, so that it can do what no server may."""

import io
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache

import xlsxwriter  # type: ignore[import-untyped] # it ships no types

BIG_BYTES = 20_000_000
_BIG_PIECE = b"x" * 1_000_000


@cache
def workbook(rows: int) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for row in range(rows + 1):
            sheet.write_row(row, 0, (row, f"Member {row}", row * 7919 % 1000 / 10))
    return target.getvalue()


def answer(body: bytes, *, status: str = "200 OK", length: int | None = None, fields: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n{fields}\r\n"
    return head.encode() + body


def _drip(sock: socket.socket) -> None:
    sock.sendall(answer(b"", length=1000))
    for _ in range(100):
        sock.sendall(b"x")
        time.sleep(0.1)


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _big(sock: socket.socket) -> None:
    sock.sendall(answer(b"", length=BIG_BYTES))
    for _ in range(BIG_BYTES // len(_BIG_PIECE)):
        sock.sendall(_BIG_PIECE)


def _stall_in_body(sock: socket.socket) -> None:
    sock.sendall(answer(b"x", length=1000))
    time.sleep(3)


def _late(sock: socket.socket) -> None:
    sock.sendall(answer(b"", length=4))
    time.sleep(0.3)
    sock.sendall(b"late")


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\nX-Export-Rows: 50\r\n\r\n"

KEPT: dict[str, bytes | Callable[[], bytes]] = {
    "/ok": answer(b'{"ok": true}'),
    "/chunked": CHUNKED + b"5\r\nhello\r\n0\r\n\r\n",
    "/empty": b"HTTP/1.1 204 No Content\r\n\r\n",
    "/502": answer(b"<html>Bad Gateway</html>", status="502 Bad Gateway"),
    "/404": answer(b"{}", status="404 Not Found"),
    "/redirect": answer(b"", status="302 Found", fields="Location: /ok\r\n"),
    "/sign-in": answer(b"", status="302 Found", fields="Location: /ok?next\r\nSet-Cookie: who=me; Path=/\r\n"),
    "/html": answer(b"<html>Sorry</html>"),
    "/early-hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(b'{"ok": true}'),
    "/workbook": lambda: answer(workbook(50), fields="X-Export-Rows: 50\r\n"),
    "/workbook-cut-whole": lambda: answer(workbook(50)[:-200], fields="X-Export-Rows: 50\r\n"),
    "/workbook-short": lambda: answer(workbook(49), fields="X-Export-Rows: 50\r\n"),
}
CLOSED: dict[str, bytes | Callable[[], bytes]] = {
    "/silent-close": b"",
    "/half-header": b"HTTP/1.1 200 OK\r\nContent-Le",
    "/not-http": b"\x16\x03\x01 what\r\n\r\n",
    "/cut": answer(b"x" * 400, length=1000),
    "/cut-chunked": CHUNKED + b"5\r\nhello\r\n",
    "/broken-chunk": CHUNKED + b"5\r\nhello\r\nZZ\r\n",
    "/cut-502": answer(b"x", length=100, status="502 Bad Gateway"),
    "/until-close": UNTIL_CLOSE + b'{"ok": true}',
    "/workbook-cut-until-close": lambda: UNTIL_CLOSE + workbook(50)[:-200],
}
ACTED: dict[str, Callable[[socket.socket], None]] = {
    "/reset": _reset,
    "/drip": _drip,
    "/late": _late,
    "/big": _big,
    "/stall": lambda _: time.sleep(3),
    "/stall-in-body": _stall_in_body,
}


class FaultyServer:
    """Remembers what it was asked, connection by connection."""

    def __init__(self, listener: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.requests: list[tuple[int, str, str]] = []
        """(number of the connection, target, X-Request-ID)."""
        self.texts: dict[str, str] = {}
        """Header, and what came with it, of each X-Request-ID."""
        self._listener = listener

    def accept_all(self) -> None:
        number = 0
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                number += 1
                threading.Thread(target=self._serve, args=(sock, number), daemon=True).start()

    def _serve(self, sock: socket.socket, number: int) -> None:
        with suppress(OSError), sock:
            while (request := _read_request(sock)) is not None:
                target = request.split(" ", 2)[1]
                request_id = re.search(r"(?mi)^x-request-id: (\S+)", request)
                self.requests.append((number, target, request_id[1] if request_id else ""))
                self.texts[self.requests[-1][2]] = request
                if not _respond(sock, target.partition("?")[0]):
                    return


def _read_request(sock: socket.socket) -> str | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            return None
        data += more
    return data.decode("latin-1")


def _respond(sock: socket.socket, path: str) -> bool:
    """Answer; False ends the connection."""
    if path in ACTED:
        ACTED[path](sock)
        return path in {"/big", "/late"}
    found = KEPT.get(path) or CLOSED.get(path, KEPT["/404"])
    sock.sendall(found() if callable(found) else found)
    return path not in CLOSED


@contextmanager
def faulty_server() -> Iterator[FaultyServer]:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        server = FaultyServer(listener)
        thread = threading.Thread(target=server.accept_all, daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()

"""One keep-alive HTTP/1.1 connection that tells exactly how each exchange ended.

Locust's FastHttpSession is not used for this: it sends a GET that was closed before its header up to twelve times under
one request id, books a streamed download as done before its body has come, and ends a cut body like a whole one.
"""

import ipaddress
import os
import time
from collections.abc import Iterable, Mapping
from functools import cache
from ssl import SSLCertVerificationError, SSLWantReadError
from typing import Any, Final, Self
from urllib.parse import urlsplit

import gevent.socket
import gevent.ssl
from gevent import Timeout

from badgateway.load.only_way import the_wire
from badgateway.load.reply import BrokenReplyError, Reply
from badgateway.load.settings import CLOCK_AHEAD
from badgateway.model.raw_words import ClientError

CHUNK_BYTES: Final = 64 * 1024
USUAL_PORTS: Final = {"http": 80, "https": 443}

# Wall clock as a base, to lay rows beside the proxy's log; monotonic from there, so that no time is negative.
_EPOCH_S = time.time() - time.perf_counter() - float(os.environ.get(CLOCK_AHEAD, "0"))


def now_s() -> float:
    """Return the seconds since the epoch by the clock of the run's machine; never goes back."""
    return _EPOCH_S + time.perf_counter()


class WireError(Exception):
    """An exchange that did not end with a whole answer."""

    def __init__(self, error: ClientError, detail: str) -> None:
        super().__init__(detail)
        self.error = error


class Connection:
    """The one connection of a user: opened when needed, kept while it is good."""

    def __init__(self, host: str, port: int, *, authority: str, tls: gevent.ssl.SSLContext | None = None) -> None:
        self._address = (host, port)
        self._family = _literal_family(host)
        self._authority = authority
        self._tls = tls
        self._socket: gevent.socket.socket | None = None

    @classmethod
    def to(cls, url: str, authorities: str = "") -> Self:
        """Make the connection to a base URL such as http://127.0.0.1:8000 or https://[::1]:8443.

        Args:
            url: Without a path.
            authorities: A file of certificates by which those of https are checked; empty: the system's.

        Raises:
            ValueError: It is no such URL.
        """
        parts = urlsplit(url)
        if parts.scheme not in USUAL_PORTS or not parts.hostname or parts.path not in {"", "/"}:
            message = f"host {url}: must look like http://127.0.0.1:8000 or https://www.example.org, without a path"
            raise ValueError(message)
        # As browsers write it: without the port where it is the usual one.
        authority = parts.netloc.rpartition("@")[2]
        tls = _tls_context(authorities) if parts.scheme == "https" else None
        return cls(parts.hostname, parts.port or USUAL_PORTS[parts.scheme], authority=authority, tls=tls)

    def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> bytes:
        """Return the bytes of a request."""
        fields = {"Host": self._authority, "User-Agent": "badgateway", "Accept-Encoding": "identity", **headers}
        if body is not None:
            fields["Content-Length"] = str(len(body))
        return request_bytes(method, target, fields.items(), body)

    def exchange(self, request: bytes, reply: Reply, silence_s: float | None = None) -> None:
        """Send the request, once, and read its answer to the end.

        The connection is kept only when the answer was whole and nobody wants it closed.

        Args:
            request: As bytes.
            reply: Reads the answer.
            silence_s: How long it waits for the next bytes; None: for ever.

        Raises:
            WireError: connect_error, disconnected, truncated or client_timeout.
        """
        sock = self._idle() or self._open()
        self._socket = None
        # No context managers: to make and leave one takes a microsecond, the whole request thirty.
        try:
            sock.settimeout(silence_s)
            try:  # noqa: SIM105 # as said
                _send(sock, request)
            except OSError:
                # A server may answer and close before it has read all; what can be read tells.
                pass
            while not reply.is_complete:
                _take_next(sock, reply)
            if not reply.should_close:
                self._socket = sock
        finally:
            if self._socket is not sock:
                sock.close()

    def close(self) -> None:
        """Close it; the next exchange opens a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _idle(self) -> gevent.socket.socket | None:
        # Nothing was asked, so what can be read is the server's close.
        if self._socket is not None and _can_be_read(self._socket):
            self.close()
        return self._socket

    def _open(self) -> gevent.socket.socket:
        try:
            return self._connected()
        except OSError as fault:
            raise WireError(ClientError.CONNECT_ERROR, _reason(fault)) from fault
        except Timeout as expired:
            # Not client_timeout: the proxy has never heard of this request.
            raise WireError(ClientError.CONNECT_ERROR, f"not connected after {expired.seconds:g} s") from expired

    def _connected(self) -> gevent.socket.socket:
        sock = self._reached()
        if self._tls is None:
            return sock
        try:
            return self._tls.wrap_socket(sock, server_hostname=self._address[0])
        except BaseException:
            sock.close()
            raise

    def _reached(self) -> gevent.socket.socket:
        with the_wire():
            return self._dialled()

    def _dialled(self) -> gevent.socket.socket:
        if self._family is None:
            return gevent.socket.create_connection(self._address)
        # Looking up a name takes gevent a thread; an open loop connects hundreds of times a second in a stall.
        sock = gevent.socket.socket(self._family, gevent.socket.SOCK_STREAM)
        try:
            sock.connect(self._address)
        except BaseException:
            sock.close()
            raise
        return sock


@cache
def _tls_context(authorities: str) -> gevent.ssl.SSLContext:
    # One for all connections: to read the system's certificates takes longer than a request.
    context = gevent.ssl.SSLContext(gevent.ssl.PROTOCOL_TLS_CLIENT)
    if authorities:
        context.load_verify_locations(authorities)
    else:
        context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _literal_family(host: str) -> int | None:
    """Return the address family of an IP address; None for a name."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return None
    return gevent.socket.AF_INET6 if version == 6 else gevent.socket.AF_INET


def whole_body(given: Any) -> bytes:
    """Return what a user gave as a request's body: text, bytes, an open file, or pieces of these."""
    if isinstance(given, str):
        return given.encode()
    if isinstance(given, bytes | bytearray | memoryview):
        return bytes(given)
    return b"".join(map(whole_body, [given.read()] if hasattr(given, "read") else given))


def request_bytes(method: str, target: str, fields: Iterable[tuple[str, str]], body: bytes | None) -> bytes:
    """Return the bytes of a request; ValueError when a line of its header would be two."""
    lines = [f"{method} {target} HTTP/1.1", *[f"{name}: {value}" for name, value in fields], "", ""]
    header = "\r\n".join(lines)
    if header.count("\r") != len(lines) - 1 or header.count("\n") != len(lines) - 1:
        message = f"{method} {target!r}: a line break in target or headers"
        raise ValueError(message)
    return header.encode("latin-1") + (body or b"")


def _can_be_read(sock: gevent.socket.socket) -> bool:
    """Tell whether something has come, a close or a fault too, and leave it there."""
    # Without a wait it does not give way to other users between this look and the request.
    try:
        if isinstance(sock, gevent.ssl.SSLSocket):
            sock.settimeout(0)
            # TLS cannot look without taking; what it takes by itself, such as a ticket, is no answer.
            sock.recv(1)
        else:
            # gevent's own would have to be told first not to wait.
            sock._sock.recv(1, gevent.socket.MSG_PEEK)  # type: ignore[attr-defined] # noqa: SLF001 # the kernel's
    except (BlockingIOError, SSLWantReadError):
        return False
    except OSError:
        return True
    return True


def _send(sock: gevent.socket.socket, request: bytes) -> None:
    """Send all of it; mostly the kernel takes it at once, and gevent's own loop costs as much as the rest of this."""
    sent = sock.send(request)
    if sent < len(request):
        sock.sendall(request[sent:])


def _take_next(sock: gevent.socket.socket, reply: Reply) -> None:
    try:
        # No answer is there at once, and to look in vain takes longer than to wait; TLS may have read it already.
        if reply.first_byte_s is None and not isinstance(sock, gevent.ssl.SSLSocket):
            sock._wait(sock._read_event)  # type: ignore[attr-defined] # noqa: SLF001 # gevent has no name for it
        data = sock.recv(CHUNK_BYTES)
    except TimeoutError as fault:
        raise WireError(ClientError.CLIENT_TIMEOUT, f"silent for {sock.gettimeout():g} s") from fault
    except OSError as fault:
        raise _broken(reply, _reason(fault)) from fault
    try:
        reply.take(data, now_s())
    except BrokenReplyError as fault:
        raise _broken(reply, str(fault)) from fault


def _reason(fault: OSError) -> str:
    if isinstance(fault, SSLCertVerificationError):
        return f"the certificate is not trusted: {fault.verify_message}"
    return fault.strerror or str(fault)


def _broken(reply: Reply, reason: str) -> WireError:
    if not reply.status:
        return WireError(ClientError.DISCONNECTED, f"before the response header: {reason}")
    of_promised = "" if reply.expected_bytes is None else f" of {reply.expected_bytes}"
    return WireError(ClientError.TRUNCATED, f"{reply.body_bytes}{of_promised} bytes: {reason}")

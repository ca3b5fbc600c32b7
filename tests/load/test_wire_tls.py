"""The wire speaks TLS and IPv6, keeps its connections there too, and trusts nobody whom it was not told to trust."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from badgateway.load.reply import Reply
from badgateway.load.wire import Connection, WireError, _tls_context
from badgateway.model.raw_words import ClientError
from tests.load.certificates import make_certificate

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Site:
    """Answers every request, and remembers of which connection it was and what it named as its host."""

    def __init__(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        self.port = listener.getsockname()[1]
        self.asked: list[tuple[int, str]] = []
        self.kept: list[socket.socket] = []
        self._listener, self._context = listener, context

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(sock, len(self.kept)), daemon=True).start()

    def _answer(self, plain: socket.socket, number: int) -> None:
        with suppress(OSError):
            sock = self._context.wrap_socket(plain, server_side=True) if self._context else plain
            self.kept.append(sock)
            while (request := sock.recv(65536)) and b"\r\n\r\n" in request:
                host = next(line for line in request.decode().splitlines() if line.lower().startswith("host: "))
                self.asked.append((number, host.partition(": ")[2]))
                sock.sendall(ANSWER)
            sock.close()


@contextmanager
def site(address: str, certificate: tuple[Path, Path] | None = None) -> Iterator[Site]:
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as listener:
        found = Site(listener, context)
        threading.Thread(target=found.serve, daemon=True).start()
        yield found
        listener.shutdown(socket.SHUT_RDWR)
        for sock in found.kept:
            sock.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"), "localhost", "127.0.0.1", "::1")


def ask(connection: Connection) -> Reply:
    reply = Reply("GET", 200, None)
    connection.exchange(connection.request("GET", "/", {}, None), reply, 5)
    return reply


def demand_ipv6() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_one_connection_serves_several_requests_over_tls_too(certificate, name):
    if name == "[::1]":
        demand_ipv6()
    with site("::1" if name == "[::1]" else "127.0.0.1", certificate) as there:
        with closing(Connection.to(f"https://{name}:{there.port}", str(certificate[0]))) as connection:
            assert [ask(connection).status for _ in range(3)] == [200, 200, 200]
        assert there.asked == [(0, f"{name}:{there.port}")] * 3


def test_an_address_of_ipv6_is_named_in_brackets():
    demand_ipv6()
    with site("::1") as there:
        with closing(Connection.to(f"http://[::1]:{there.port}")) as connection:
            assert [ask(connection).status for _ in range(2)] == [200, 200]
        assert there.asked == [(0, f"[::1]:{there.port}")] * 2


def test_a_connection_that_the_site_has_closed_meanwhile_is_not_used_again(certificate):
    with site("127.0.0.1", certificate) as there:
        with closing(Connection.to(f"https://127.0.0.1:{there.port}", str(certificate[0]))) as connection:
            ask(connection)
            there.kept[0].shutdown(socket.SHUT_RDWR)
            threading.Event().wait(0.05)
            assert ask(connection).status == 200
        assert [number for number, _ in there.asked] == [0, 1]


def test_a_certificate_that_nobody_vouches_for_is_no_answer_and_says_so(certificate):
    with (
        site("127.0.0.1", certificate) as there,
        pytest.raises(WireError, match="the certificate is not trusted") as error,
    ):
        ask(Connection.to(f"https://127.0.0.1:{there.port}"))
    assert error.value.error is ClientError.CONNECT_ERROR
    assert there.asked == []


def test_a_certificate_of_another_site_is_not_trusted_either(tmp_path):
    other = make_certificate(tmp_path, "other.example.org")
    with (
        site("127.0.0.1", other) as there,
        pytest.raises(WireError, match=r"not trusted.*not valid for '127\.0\.0\.1'"),
    ):
        ask(Connection.to(f"https://127.0.0.1:{there.port}", str(other[0])))


def test_what_speaks_no_tls_is_a_connection_error(certificate):
    with site("127.0.0.1") as there, pytest.raises(WireError) as error:
        ask(Connection.to(f"https://127.0.0.1:{there.port}", str(certificate[0])))
    assert error.value.error is ClientError.CONNECT_ERROR


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://staging.example.org", "staging.example.org"),
        ("https://staging.example.org:8443", "staging.example.org:8443"),
        ("http://[2001:db8::7]", "[2001:db8::7]"),
    ],
)
def test_the_usual_port_is_not_named_to_the_site(url, authority):
    assert f"\r\nHost: {authority}\r\n".encode() in Connection.to(url).request("GET", "/", {}, None)


def test_only_http_is_asked_for_and_the_systems_authorities_are_read_once():
    assert _tls_context("") is _tls_context("")


@pytest.mark.parametrize("url", ["ftp://x", "https://x/path", "x", "https://"])
def test_any_other_address_is_refused(url):
    with pytest.raises(ValueError, match="must look like"):
        Connection.to(url)

"""The line between a run and a worker elsewhere: a JSON object a line, after each has shown that it knows the key.

Nothing on it is secret from who can listen to the network between them; the key never travels.
"""

import hmac
import json
import secrets
import select
import socket
import time
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from typing import Any, Self

from badgateway.errors import LoadError

PORT = 5557
"""Where a run listens for workers if it is not told another; Locust's own master is at the next one."""
KEY = "BADGATEWAY_WORKER_KEY"
"""The variable with the key, on both sides: a command line could be read by everybody on the machine."""
PROOF_S = 5.0
"""Who has not shown the key by then is not waited for."""
SEND_S = 30.0
"""Who takes nothing for so long is stopped, or frozen with its machine: its kernel would keep the line for ever."""
PIECE_BYTES = 65_536
MOST_BYTES = 64 << 20
"""Of one message."""


class LineEndedError(LoadError):
    """The other side is gone, or says what is no message."""


class Line:
    """One side of it."""

    def __init__(self, connected: socket.socket) -> None:
        """Take over a connected socket."""
        self._socket = connected
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A machine that is gone, and sends no end, is noticed in about 15 s.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 3), ("TCP_KEEPCNT", 3)):
            if hasattr(socket, option):
                self._socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        self._pending = bytearray()

    @classmethod
    def to(cls, host: str, port: int) -> Self:
        """Connect; OSError when nobody listens there."""
        return cls(socket.create_connection((host, port), timeout=PROOF_S))

    @property
    def peer(self) -> str:
        """The address of the other side."""
        try:
            host: str = self._socket.getpeername()[0]
        except OSError:
            # It has hung up already.
            return "somebody"
        return host

    def send(self, **message: Any) -> None:
        """Send one message; LineEndedError when nobody takes it, and then nothing more is heard either."""
        try:
            self._socket.settimeout(SEND_S)
            text = memoryview(json.dumps(message).encode() + b"\n")
            # In pieces: the time is that of a whole call, and a slow line that takes something is not a dead one.
            for begin in range(0, len(text), PIECE_BYTES):
                self._socket.sendall(text[begin : begin + PIECE_BYTES])
        except OSError as error:
            self.close()
            raise LineEndedError(f"the line ended: {error.strerror or error}") from error

    def receive(self, timeout_s: float) -> dict[str, Any] | None:
        """Return the next message; None when there was none within the time.

        Raises:
            LineEndedError: The other side has gone, or said what is no message.
        """
        deadline = time.monotonic() + timeout_s
        while (end := self._pending.find(b"\n")) < 0:
            if len(self._pending) > MOST_BYTES:
                raise LineEndedError("a message without end")
            if not self._has_come(max(0.0, deadline - time.monotonic())):
                return None
            self._take_piece()
        text = bytes(self._pending[:end])
        del self._pending[: end + 1]
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            # Who has shown no key yet may say anything: brackets without end, too.
            message = None
        if not isinstance(message, dict):
            raise LineEndedError("what came was no message")
        return message

    def close(self) -> None:
        """Hang up, also for who is just listening."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _has_come(self, timeout_s: float) -> bool:
        try:
            return bool(select.select([self._socket], [], [], timeout_s)[0])
        except (OSError, ValueError) as error:
            # Another thread has hung up.
            raise LineEndedError("the line ended") from error

    def _take_piece(self) -> None:
        try:
            piece = self._socket.recv(PIECE_BYTES)
        except OSError as error:
            raise LineEndedError(f"the line ended: {error.strerror or error}") from error
        if not piece:
            raise LineEndedError("the line ended")
        self._pending += piece


def versions() -> dict[str, str]:
    """Return what has to be the same on both sides: the Locust file is run by both."""
    return {name: version(name) for name in ("badgateway", "locust")}


def introduce(line: Line, key: str, name: str) -> None:
    """Be let in by a run.

    Raises:
        LineEndedError: It has another key, or other versions; or it is no run.
    """
    theirs = _said(line, "nonce")
    ours = secrets.token_hex(16)
    line.send(nonce=ours, proof=_proof(key, "worker", theirs["nonce"], ours), name=name, versions=versions())
    answer = _said(line, "proof")
    if not _is_proof(answer["proof"], _proof(key, "run", theirs["nonce"], ours)):
        raise LineEndedError(f"what answers there does not know the key; take {KEY} from the run's own output")


def let_in(line: Line, key: str) -> str:
    """Let a worker in, and return its name.

    Raises:
        LineEndedError: It has another key, or other versions; it was told.
    """
    ours = secrets.token_hex(16)
    line.send(nonce=ours)
    told = _said(line, "proof")
    theirs = str(told.get("nonce"))
    if not _is_proof(told["proof"], _proof(key, "worker", ours, theirs)):
        raise _refusal(line, f"it has another key; give it the {KEY} that the run printed")
    if told.get("versions") != versions():
        raise _refusal(line, f"it has {told.get('versions')}, and the run {versions()}; install the same on both")
    line.send(proof=_proof(key, "run", ours, theirs))
    return f"{told.get('name', '')}"[:100] or line.peer


def _said(line: Line, wanted: str) -> dict[str, Any]:
    message = line.receive(PROOF_S) or {}
    if "refused" in message:
        raise LineEndedError(f"the run does not take this worker: {message['refused']}")
    if wanted not in message:
        raise LineEndedError("what answers there is no run that expects workers")
    return message


def _refusal(line: Line, why: str) -> LineEndedError:
    line.send(refused=why)
    return LineEndedError(f"{line.peer}: {why}")


def _proof(key: str, side: str, run_nonce: str, worker_nonce: str) -> str:
    return hmac.new(_bytes(key), _bytes(f"{side} {run_nonce} {worker_nonce}"), sha256).hexdigest()


def _is_proof(shown: object, right: str) -> bool:
    # Of bytes: of text with other letters than ASCII's nothing is compared, and an error raised.
    return hmac.compare_digest(_bytes(str(shown)), _bytes(right))


def _bytes(text: str) -> bytes:
    # What JSON calls text need not be any: half of a pair of surrogates has no UTF-8.
    return text.encode(errors="surrogatepass")

"""What plain users of Locust ask: each hop goes over the kit's own wire, with an id and a row of its own.

A call of a client may take several hops: redirects, retries, an answer to a demand for a password. The library that the
client is made of decides on them; here each is sent once.
"""

import re
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import SplitResult, urlsplit

from gevent import GreenletExit

from badgateway.load.hop import Hop
from badgateway.load.recorder import session
from badgateway.load.reply import Reply
from badgateway.load.rows import ClientRow
from badgateway.load.wire import Connection, request_bytes
from badgateway.model.raw_words import ClientError

_ID = re.compile(
    # A UUID, or a number that is no part of a word: /v1/ stays.
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+)(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_OWN_FIELDS = {"host", "content-length", "transfer-encoding"}
_KEPT_ON = "badgateway_exchange"
_IDLE = "badgateway_idle"


class NoAnswerError(Exception):
    """A hop that did not end with a whole answer; whoever asked gets what the library would have raised."""

    def __init__(self, row: ClientRow) -> None:
        super().__init__(row.detail)
        self.row = row


class OtherHostError(Exception):
    """Something outside a user's client asked what is not the site."""


class WholeReply(Reply):
    """An answer that is kept as it came."""

    def __init__(self, method: str) -> None:
        super().__init__(method, expect=0, check=None)
        self.fields: list[tuple[str, str]] = []
        self.body = bytearray()
        self.reason = ""

    def on_message_begin(self) -> None:
        """Begin with the header."""
        super().on_message_begin()
        if not self.is_complete:
            self.fields, self.reason = [], ""

    def on_status(self, reason: bytes) -> None:
        """Keep the words behind the status; they may come in pieces."""
        if not self.is_complete:
            self.reason += reason.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field, and how its name is written."""
        super().on_header(name, value)
        if not self.is_complete:
            self.fields.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        super().on_body(body)
        if not self.is_complete:
            self.body += body


class Exchange:
    """One call of a client: its last whole answer waits for what the Locust file says of it."""

    def __init__(self, name: str | None) -> None:
        """Begin.

        Args:
            name: What the Locust file calls the request; None: the path does.
        """
        self._name = name
        self._first: tuple[str, str] | None = None
        self._held: ClientRow | None = None
        self.is_over = False

    def label(self, method: str, url: SplitResult) -> str:
        """Return the route of a hop; the name that the file gave is not that of what it was redirected to."""
        hop = (method, url.path)
        self._first = self._first or hop
        return _label(method, url.path, self._name if hop == self._first else None)

    def take(self, row: ClientRow) -> None:
        """Take the row of a hop; of an answer that did not come whole nobody can say anything better."""
        self._settle()
        if row.error:
            session.record(row)
            return
        self._held = row
        session.hold(row)

    def end(self, exception: BaseException | None = None) -> None:
        """Give out the last row, with what the Locust file or its library said of the answer.

        Args:
            exception: As Locust's event has it; None: it was right, whatever its status.
        """
        self.is_over = True
        if self._held:
            self._settle(_judged(self._held, exception))

    def abandon(self) -> None:
        """Give out the last row of a call that did not come to its end."""
        self.is_over = True
        self._settle()

    def _settle(self, judged: ClientRow | None = None) -> None:
        if self._held:
            session.settle(judged or self._held)
            self._held = None


CURRENT: ContextVar[Exchange | None] = ContextVar("exchange", default=None)
"""The call that this greenlet is in."""


def keep_for_event(response: Any, exchange: Exchange) -> None:
    """Remember whose answer this is, until Locust's event comes with it."""
    setattr(response, _KEPT_ON, exchange)


def on_request(exception: BaseException | None = None, response: Any = None, **_: Any) -> None:
    """Hear what became of a call, from Locust's event."""
    exchange: Exchange | None = getattr(response, _KEPT_ON, None) or CURRENT.get()
    if exchange:
        exchange.end(exception)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a library wants to send."""

    method: str
    url: str
    target: str
    """Path and query, percent-encoded."""
    fields: Iterable[tuple[str, str]]
    body: bytes | None
    silence_s: float | None
    """The library's own limit of the wait for the next bytes."""


def hop(asked: Asked, client: object) -> WholeReply:
    """Send a hop, once, and return its whole answer; its row is on its way.

    Args:
        asked: What to send.
        client: Of the library. It keeps the connections that nobody uses at the moment; one is taken, or made.

    Raises:
        NoAnswerError: It did not end with a whole answer.
        OtherHostError: It is not for the site, and no user's client asked.
        GreenletExit: It is not for the site, or the load is over: the user ends.
    """
    exchange = CURRENT.get()
    if exchange and session.stopping:
        raise GreenletExit
    url = urlsplit(asked.url)
    if not _is_of_site(url):
        _refuse(url, exchange)
    if not session.may_send(asked.method):
        raise GreenletExit
    idle: list[Connection] = client.__dict__.setdefault(_IDLE, [])
    connection = idle.pop() if idle else session.courtesy.connection(session.wire)
    reply = WholeReply(asked.method)
    sent = Hop(
        request_id=session.next_request_id(),
        name=exchange.label(asked.method, url) if exchange else _label(asked.method, url.path, None),
        method=asked.method,
        limit_s=session.settings.client_timeout_s,
        silence_s=asked.silence_s,
    )
    try:
        row = sent.send(
            connection,
            _bytes(asked, url, sent.request_id),
            reply,
            judge=lambda: (ClientError.NONE, ""),
            keep=exchange.take if exchange else session.record,
        )
    finally:
        idle.append(connection)
    if row.error:
        raise NoAnswerError(row)
    return reply


def _is_of_site(url: SplitResult) -> bool:
    site = urlsplit(session.site)
    return (url.scheme, url.netloc) == (site.scheme, site.netloc)


def _refuse(url: SplitResult, exchange: Exchange | None) -> None:
    why = f"asked {url.scheme}://{url.hostname}, and the kit loads {session.site} alone: write paths in its place"
    session.count_stopped(why)
    if exchange:
        # Not StopUser: a file that catches every Exception would ask again at once.
        raise GreenletExit
    raise OtherHostError(why)


def _bytes(asked: Asked, url: SplitResult, request_id: str) -> bytes:
    lengths = [] if asked.body is None else [("Content-Length", str(len(asked.body)))]
    marks = session.marks(request_id)
    own = {*_OWN_FIELDS, *map(str.lower, marks)}
    given = ((name, value) for name, value in asked.fields if name.lower() not in own)
    fields = (("Host", url.netloc), *given, *marks.items(), *lengths)
    return request_bytes(asked.method, asked.target, fields, asked.body)


def _label(method: str, path: str, name: str | None) -> str:
    route = name or _ID.sub("<id>", path or "/")
    return route if route.startswith(f"{method} ") else f"{method} {route}"


def _judged(row: ClientRow, exception: BaseException | None) -> ClientRow:
    if exception is not None and 200 <= row.status < 400:
        return replace(row, error=ClientError.BAD_CONTENT, detail=str(exception))
    if exception is None and 400 <= row.status < 500:
        return replace(row, accepted=True, detail="the Locust file accepts this status")
    return row

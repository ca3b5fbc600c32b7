"""The hops of a FastHttpUser: what `geventhttpclient` sends and reads, on the kit's own wire."""

import errno
import os
from typing import Any

from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError, HTTPResponse, HTTPSocketResponse
from locust.contrib.fasthttp import LocustUserAgent

from badgateway.load.exchange import Asked, NoAnswerError, OtherHostError, WholeReply, hop
from badgateway.load.wire import whole_body
from badgateway.model.raw_words import ClientError

_WITH_BODY = {"POST", "PUT", "PATCH"}


class _Answer(HTTPSocketResponse):
    """An answer that has come whole, as the library's own is when its socket has been let go."""

    def __init__(self, reply: WholeReply, method: str) -> None:
        HTTPResponse.__init__(self, method)
        self._sock = None
        self.block_size = self.DEFAULT_BLOCK_SIZE
        self._status = reply.status
        self._sent_request = ""
        self.status_message = reply.reason
        for name, value in reply.fields:
            self._headers_index.add(name, value)
        self._body_buffer = reply.body
        self.headers_complete = self.message_begun = self.message_complete = True

    def get_code(self) -> int:
        """Return the status."""
        return self._status

    def get_http_version(self) -> str:
        """Return the version of HTTP that the kit speaks."""
        return "HTTP/1.1"

    def should_close(self) -> bool:
        """Tell that the connection is none of its business."""
        return False


def urlopen(agent: LocustUserAgent, request: Any) -> Any:
    """Send a request, once; takes the place of LocustUserAgent._urlopen."""
    limits = agent.clientpool.client_args
    asked = Asked(
        method=request.method,
        url=request.url,
        target=request.url_split.quoted_uri,
        fields=[(name, str(value)) for name, value in request.headers.items()],
        body=_body(request),
        silence_s=limits.get("network_timeout"),
    )
    try:
        reply = hop(asked, agent)
    except OtherHostError as refused:
        raise ConnectionRefusedError(errno.ECONNREFUSED, str(refused)) from refused
    except NoAnswerError as failure:
        raise _as_library(failure) from failure
    answer: Any = _Answer(reply, request.method)
    return agent.response_type(answer, request=request, sent_request="")


def _body(request: Any) -> bytes | None:
    if request.payload is None:
        return b"" if request.method in _WITH_BODY else None
    return whole_body(request.payload)


def _as_library(failure: NoAnswerError) -> Exception:
    """Return what the library would have raised."""
    row = failure.row
    if row.error is ClientError.CONNECT_ERROR:
        return ConnectionRefusedError(errno.ECONNREFUSED, row.detail or os.strerror(errno.ECONNREFUSED))
    if row.error is ClientError.CLIENT_TIMEOUT:
        return TimeoutError(row.detail)
    if row.error is ClientError.TRUNCATED:
        return HTTPParseError(row.detail)
    return HTTPConnectionClosed(row.detail)

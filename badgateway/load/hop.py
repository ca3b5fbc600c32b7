"""One request, sent once, and its answer: with an id, a limit and a row, however it ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from gevent import Timeout

from badgateway.load.limits import limits_of
from badgateway.load.reply import Reply
from badgateway.load.rows import ClientRow
from badgateway.load.wire import Connection, WireError, now_s
from badgateway.model.raw_words import ClientError

Judge: TypeAlias = Callable[[], tuple[ClientError, str]]
"""Says what is wrong with an answer that came to its end, and the detail of the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """What is known of a request before it is sent."""

    request_id: str
    name: str
    """The route's label."""
    method: str
    due_s: float | None = None
    """Of an open loop, seconds since the epoch; None: when it is sent."""
    limit_s: float
    """From connecting to the last byte."""
    silence_s: float | None = None
    """Limit of the wait for the next bytes."""

    def send(
        self,
        connection: Connection,
        request: bytes,
        reply: Reply,
        *,
        judge: Judge,
        keep: Callable[[ClientRow], None],
    ) -> ClientRow:
        """Send the request, read its answer to the last byte, have its row kept and return it.

        Args:
            connection: Where to; kept open or closed as the answer wants it.
            request: With the id in its header.
            reply: Reads the answer.
            judge: Asked when the answer came to its end.
            keep: Given the row, also when the user is killed in the middle: no request that was sent is without one.
        """
        error, detail = ClientError.ABORTED, "the generator stopped this request"
        start_s = now_s()
        try:
            error, detail = self._exchange(connection, request, reply, judge)
        finally:
            row = ClientRow(
                request_id=self.request_id,
                name=self.name,
                method=self.method,
                intended_start_s=start_s if self.due_s is None else self.due_s,
                start_s=start_s,
                first_byte_s=reply.first_byte_s,
                end_s=now_s(),
                status=reply.status,
                body_bytes=reply.body_bytes,
                expected_bytes=reply.expected_bytes,
                error=error,
                detail=detail,
            )
            keep(row)
        return row

    def _exchange(self, connection: Connection, request: bytes, reply: Reply, judge: Judge) -> tuple[ClientError, str]:
        limit = limits_of(self.limit_s).begin()
        try:
            connection.exchange(request, reply, self.silence_s)
        except WireError as failure:
            return failure.error, str(failure)
        except Timeout as expired:
            if expired is not limit.expired:
                raise
            return ClientError.CLIENT_TIMEOUT, f"not complete after {self.limit_s:g} s"
        finally:
            limit.is_over = True
        return judge()

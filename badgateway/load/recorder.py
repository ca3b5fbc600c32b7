"""The base class of Locust users whose every request gets an id and a row; runs inside Locust's own process only.

A Locust file needs no more than this:

    from locust import task
    from badgateway.load.recorder import RecordedUser, between

    class Visitor(RecordedUser):
        wait_time = between(0.1, 0.3)

        @task
        def home(self) -> None:
            self.fetch("GET", "/", name="GET /")

The same file serves the closed loop (Locust's users) and the open one (`--arrival-rate`, see open_loop).
"""

import json as json_format
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any, cast

import locust
from gevent import Timeout
from locust import User
from locust.env import Environment
from locust.exception import StopUser

from badgateway.load import open_loop
from badgateway.load.checks import BodyCheck
from badgateway.load.reply import Reply
from badgateway.load.rows import ClientError, ClientRow
from badgateway.load.session import Session
from badgateway.load.wire import Connection, WireError, now_s

_session = Session.attached()
_events: Any = locust.events  # its methods have no types
_events.init_command_line_parser.add_listener(partial(open_loop.add_arguments, settings=_session.settings))
_events.init.add_listener(lambda environment, **_: open_loop.take_over(environment, _session))


class RequestFailed(Exception):  # noqa: N818 # Locust's web UI shows the name: it reads as what happened
    """What Locust's own statistics show of a request that went wrong."""


class RecordedUser(User):
    """A user with one keep-alive connection, no redirects, no retries, and choices that follow from the seed."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.number = _session.next_user()
        """Counted from 1 in the order of spawning."""
        self.random = Random(f"{_session.settings.seed}/{self.number}")  # noqa: S311 # repeatable, not secret
        """Make every choice with it: then the same seed gives the same requests."""
        # Locust picks tasks with a generator that all users share, so the picks would depend on the server's speed.
        self.tasks = [_run_chosen_task]
        self._connection = Connection.to(self.host or "")
        self._due_s: float | None = None
        self._has_visited = False

    def visit(self, arrival: int, due_s: float) -> None:
        """Be the visitor of an arrival of the open loop: run one task; its first request is timed from due_s.

        What the visitor does follows from the seed and the arrival's number alone, not from who it was before.
        """
        self.number = arrival + 1
        self.random = Random(f"{_session.settings.seed}/{arrival}")  # noqa: S311 # repeatable, not secret
        self._due_s = due_s
        if not self._has_visited:
            self._has_visited = True
            self.on_start()
        _run_chosen_task(self)

    def fetch(
        self,
        method: str,
        path: str,
        *,
        name: str,
        expect: int = 200,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        check: BodyCheck | None = None,
    ) -> ClientRow:
        """Send one request, read its answer to the last byte, write its row and return it.

        Args:
            method: GET, POST, ...
            path: What follows the host, percent-encoded, with the query.
            name: The route's label in rows and statistics; the same for all ids and pages.
            expect: The status that is right.
            json: What to send as a JSON body.
            headers: More request headers.
            check: Sees the body if the status is the expected one.
        """
        due_s, self._due_s = self._due_s, None
        # An arrival that came due before the stop is owed.
        if _session.stopping and due_s is None:
            raise StopUser
        request_id = _session.next_request_id()
        body = None if json is None else json_format.dumps(json).encode()
        content_type = {} if body is None else {"Content-Type": "application/json"}
        fields = {**content_type, **(headers or {}), "X-Request-ID": request_id}
        request = self._connection.request(method, path, fields, body)
        reply = Reply(method, expect, check)
        error, detail = ClientError.ABORTED, "the generator stopped this request"
        start_s = now_s()
        try:
            error, detail = self._exchange(request, reply, expect)
        finally:
            # Also when Locust kills the user in the middle of it: no request that was sent is without a row.
            row = ClientRow(
                request_id=request_id,
                name=name,
                method=method,
                intended_start_s=start_s if due_s is None else due_s,
                start_s=start_s,
                first_byte_s=reply.first_byte_s,
                end_s=now_s(),
                status=reply.status,
                body_bytes=reply.body_bytes,
                expected_bytes=reply.expected_bytes,
                error=error,
                detail=detail,
            )
            _session.record(row)
            self._tell_locust(row, path, expect)
        return row

    def _exchange(self, request: bytes, reply: Reply, expect: int) -> tuple[ClientError, str]:
        limit_s = _session.settings.client_timeout_s
        timeout = Timeout.start_new(limit_s)
        try:
            self._connection.exchange(request, reply)
        except WireError as failure:
            return failure.error, str(failure)
        except Timeout as expired:
            if expired is not timeout:
                raise
            return ClientError.CLIENT_TIMEOUT, f"not complete after {limit_s:g} s"
        finally:
            timeout.close()
        return _judge(reply, expect)

    def _tell_locust(self, row: ClientRow, path: str, expect: int) -> None:
        if row.error is ClientError.ABORTED:
            # Nobody knows how it would have ended; as a failure it would be the server's.
            return
        failure = _failure(row, expect)
        self.environment.events.request.fire(
            request_type=row.method,
            # Locust shows the method before it.
            name=row.name.removeprefix(f"{row.method} "),
            response_time=(row.end_s - row.intended_start_s) * 1000,
            response_length=row.body_bytes,
            exception=RequestFailed(failure) if failure else None,
            response=None,
            context=self.context(),
            start_time=row.intended_start_s,
            url=f"{self.host}{path}",
        )


def between(low_s: float, high_s: float) -> Callable[[User], float]:
    """Return a wait_time like Locust's own between, but drawn from the user's seeded generator."""
    return lambda user: cast("RecordedUser", user).random.uniform(low_s, high_s)


def _run_chosen_task(user: RecordedUser) -> None:
    task: Any = user.random.choice(type(user).tasks)
    if isinstance(task, type):
        task(user).run()
    else:
        task(user)


def _judge(reply: Reply, expect: int) -> tuple[ClientError, str]:
    """Judge a whole answer; one that admits its failure by its status is no bad content."""
    if reply.status == expect:
        # What came as long as was announced has come whole, whatever is in it.
        cut = reply.cut() if reply.expected_bytes is None else None
        if cut:
            return ClientError.TRUNCATED, f"{reply.body_bytes} bytes: {cut}"
        wrong = reply.verdict()
    else:
        wrong = f"status {reply.status}, expected {expect}" if 200 <= reply.status < 400 else None
    return (ClientError.BAD_CONTENT, wrong) if wrong else (ClientError.NONE, "")


def _failure(row: ClientRow, expect: int) -> str | None:
    """Say it without the numbers that differ each time, or Locust's list of failures has a line for each request."""
    if row.error in {ClientError.CONNECT_ERROR, ClientError.BAD_CONTENT}:
        return f"{row.error}: {row.detail}"
    if row.error:
        return row.error.value
    return None if row.status == expect else f"status {row.status}"

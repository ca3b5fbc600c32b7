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
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any, TypeAlias, cast
from urllib.parse import urlencode

import gevent
import locust
from locust import User
from locust.env import Environment
from locust.exception import StopUser

from badgateway.load import open_loop
from badgateway.load.checks import BodyCheck
from badgateway.load.cookies import Cookies, cookie_of
from badgateway.load.hop import Hop
from badgateway.load.reply import Reply
from badgateway.load.rows import ClientRow
from badgateway.load.session import Session
from badgateway.model.raw_words import ClientError

session = Session.attached()
"""That of this process."""
_events: Any = locust.events  # its methods have no types
_events.init_command_line_parser.add_listener(partial(open_loop.add_arguments, settings=session.settings))
_events.init.add_listener(lambda environment, **_: open_loop.take_over(environment, session))


Form: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]


class RequestFailed(Exception):  # noqa: N818 # Locust's web UI shows the name: it reads as what happened
    """What Locust's own statistics show of a request that went wrong."""


class RecordedUser(User):
    """A user with one keep-alive connection and a cookie jar, no redirects, no retries, and choices from the seed."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.number = session.next_user()
        """Counted from 1 in the order of spawning."""
        self.random = Random(f"{session.settings.seed}/{self.number}")  # noqa: S311 # repeatable, not secret
        """Make every choice with it: then the same seed gives the same requests."""
        # Locust picks tasks with a generator that all users share, so the picks would depend on the server's speed.
        self.tasks = [_run_chosen_task]
        self._connection = session.courtesy.connection(session.wire or self.host or "")
        self.cookies = Cookies(session.site or self.host or "")
        """What the site has set, by name; sent with every request that they are for."""
        self._log_in()
        self._to_begin_with: list[Any] = []
        """Tasks that are done once, without pauses, before any is chosen."""
        if session.settings.each_task_once:
            self._to_begin_with = list(dict.fromkeys(type(self).tasks))
            pause = self.wait_time
            self.wait_time = lambda: 0 if self._to_begin_with else pause()  # type: ignore[method-assign]
        self._due_s: float | None = None
        self._has_visited = False

    def visit(self, arrival: int, due_s: float) -> None:
        """Be the visitor of an arrival of the open loop: run one task; its first request is timed from due_s.

        What the visitor does follows from the seed and the arrival's number alone, not from who it was before.
        """
        self.number = arrival + 1
        self.random = Random(f"{session.settings.seed}/{arrival}")  # noqa: S311 # repeatable, not secret
        self._due_s = due_s
        self._log_in()
        if not self._has_visited:
            self._has_visited = True
            self.on_start()
        _run_chosen_task(self)

    def _log_in(self) -> None:
        """Have the session of this number, where sessions were made before."""
        if found := cookie_of(self.number):
            self.cookies.set(*found)

    def next_task(self) -> Any:
        """Return the task to do now."""
        return self._to_begin_with.pop(0) if self._to_begin_with else self.random.choice(type(self).tasks)

    def come_within(self, longest_s: float) -> None:
        """Come at some moment, and not with all the others: for on_start; who comes at a rate has a moment already."""
        if self._due_s is None:
            gevent.sleep(self.random.uniform(0, longest_s))

    def fetch(
        self,
        method: str,
        path: str,
        *,
        name: str,
        expect: int = 200,
        json: Any = None,
        data: Form | None = None,
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
            data: The fields of a form, to send as a browser does; a name may come twice in a sequence of pairs.
            headers: More request headers.
            check: Sees the body if the status is the expected one.
        """
        due_s, self._due_s = self._due_s, None
        # An arrival that came due before the stop is owed.
        if (session.stopping and due_s is None) or not session.may_send(method):
            raise StopUser
        hop = Hop(
            request_id=session.next_request_id(),
            name=name,
            method=method,
            due_s=due_s,
            limit_s=session.settings.client_timeout_s,
        )
        if why := session.courtesy.misdirection(path, headers or ()):
            session.count_stopped(why)
            raise StopUser
        body, content_type = _body(json, data)
        fields = {**content_type, **self.cookies.header(path), **(headers or {}), **session.marks(hop.request_id)}
        request = self._connection.request(method, path, fields, body)
        reply = Reply(method, expect, check)

        def keep(row: ClientRow) -> None:
            session.record(row)
            self._tell_locust(row, path, expect)

        row = hop.send(self._connection, request, reply, judge=lambda: _judge(reply, expect), keep=keep)
        self.cookies.take(reply.set_cookies, path)
        return row

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


def _body(json: Any, data: Form | None) -> tuple[bytes | None, dict[str, str]]:
    """Return what a request carries, and the header that says what it is."""
    if json is not None:
        return json_format.dumps(json).encode(), {"Content-Type": "application/json"}
    if data is not None:
        return urlencode(data).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    return None, {}


def _run_chosen_task(user: RecordedUser) -> None:
    task: Any = user.next_task()
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

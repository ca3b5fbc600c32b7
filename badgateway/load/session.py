"""One Locust process: its settings, its numbering, its rows and its events."""

import logging
import os
import secrets
import time
from dataclasses import replace
from typing import Any, Self

import gevent
import locust
from locust.env import Environment

from badgateway.load.events import ClientEvents, write_events
from badgateway.load.rows import ClientRow, RowFile
from badgateway.load.settings import ROWS, Settings
from badgateway.load.wire import now_s
from badgateway.model import raw

FLUSH_S = 1.0

logger = logging.getLogger(__name__)


class Session:
    """Everything the users of one Locust process share."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopping = False
        """From the stop on, no user starts a request."""
        self._token = secrets.token_hex(4)
        self._requests = 0
        self._users = 0
        self._rows: RowFile | None = None
        self._events = ClientEvents()
        self._spawned_cpu_s = 0.0

    @classmethod
    def attached(cls) -> Self:
        """Make the session that the environment variables ask for and let Locust tell it what happens."""
        session = cls(Settings.from_environment(os.environ))
        events: Any = locust.events  # its methods have no types
        events.init.add_listener(session.on_init)
        events.test_start.add_listener(session.on_test_start)
        events.spawning_complete.add_listener(session.on_spawning_complete)
        events.user_error.add_listener(session.on_user_error)
        events.test_stopping.add_listener(session.on_test_stopping)
        events.test_stop.add_listener(session.on_test_stop)
        events.quit.add_listener(session.on_quit)
        return session

    def next_request_id(self) -> str:
        """Return an id that no other request of this or another process has."""
        self._requests += 1
        return f"{self._token}-{self._requests}"

    def next_user(self) -> int:
        """Return the number of the user that is being spawned."""
        self._users += 1
        return self._users

    def record(self, row: ClientRow) -> None:
        """Keep the row of a request that has ended."""
        if self._rows:
            self._rows.append(row)

    def on_init(self, **_: Any) -> None:
        """Open the rows, before any user exists."""
        if self.settings.rows is None:
            logger.info("%s is not set: requests are sent and shown, but no rows are written", ROWS)
            return
        self._rows = RowFile(self.settings.rows / raw.CLIENT_ROWS)
        gevent.spawn(self._keep_flushing)

    def on_test_start(self, environment: Environment, **_: Any) -> None:
        """Begin anew; in the web UI this happens many times in one process."""
        self.stopping = False
        self._users = 0
        self._events = ClientEvents(test_start_s=now_s(), locust_version=locust.__version__, user_errors=0)
        self._write_events()
        if self.settings.run_time_s is not None and environment.runner is not None:
            gevent.spawn_later(self.settings.run_time_s, environment.runner.quit)

    def on_spawning_complete(self, user_count: int, **_: Any) -> None:
        """Note that all users run."""
        self._spawned_cpu_s = time.process_time()
        self._note(spawned_s=now_s(), users=user_count)

    def on_user_error(self, **_: Any) -> None:
        """Count an exception that a task of the Locust file let out; Locust itself logs it and goes on."""
        self._events = replace(self._events, user_errors=(self._events.user_errors or 0) + 1)

    def on_test_stopping(self, **_: Any) -> None:
        """Let no user start another request."""
        self.stopping = True
        stopping_s = now_s()
        spawned_s = self._events.spawned_s
        cpu_s = time.process_time() - self._spawned_cpu_s
        self._note(
            test_stopping_s=stopping_s,
            generator_cpu_share=None if spawned_s is None else cpu_s / (stopping_s - spawned_s),
        )

    def on_test_stop(self, **_: Any) -> None:
        """Note that all requests have ended, after their rows are on disk."""
        if self._rows:
            self._rows.flush()
        self._note(drained_s=now_s())

    def on_quit(self, **_: Any) -> None:
        """Close the rows; Locust says nothing after this."""
        if self._rows:
            self._rows.close()
            self._rows = None

    def _note(self, **facts: float | None) -> None:
        self._events = replace(self._events, **facts)  # type: ignore[arg-type] # ints among floats
        self._write_events()

    def _write_events(self) -> None:
        if self.settings.rows is not None:
            write_events(self.settings.rows / raw.CLIENT_EVENTS, self._events)

    def _keep_flushing(self) -> None:
        while True:
            gevent.sleep(FLUSH_S)
            if self._rows:
                self._rows.flush()

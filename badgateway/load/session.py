"""One Locust process: its settings, its numbering, its rows and its events."""

import atexit
import gc
import logging
import os
import secrets
import time
from dataclasses import replace
from typing import Any, Self

import gevent
import locust
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from badgateway.load.arrivals import Shard
from badgateway.load.courtesy import Courtesy
from badgateway.load.events import ClientEvents, EventsInPlace, write_events
from badgateway.load.heartbeat import TICK_S, Heartbeat
from badgateway.load.only_way import keep_to_the_wire
from badgateway.load.rows import ClientRow, RowFile
from badgateway.load.settings import ROWS, Settings
from badgateway.load.sharing import (
    WorkerReport,
    WorkerShare,
    receive_reports,
    receive_shares,
    send_report,
    send_shares,
    summed,
)
from badgateway.load.web_tabs import keep_to_its_owner
from badgateway.load.wire import now_s
from badgateway.model import raw

FLUSH_S = 1.0

logger = logging.getLogger(__name__)


class Session:
    """Everything the users of one Locust process share; a master has no users, but writes the events of all."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.stopping = False
        """From the stop on, no user starts a request."""
        self.place = WorkerShare(start_s=now_s())
        """Where this process stands among those that share the load."""
        self._token = ""
        self._requests = 0
        self._users = 0
        self._shards = 0
        self._rows: RowFile | None = None
        self._events = ClientEvents()
        self._events_file: EventsInPlace | None = None
        self._spawned_s: float | None = None
        self._spawned_cpu_s = 0.0
        self._report = _blank()
        self._reports: list[WorkerReport] = []
        self._held: dict[str, ClientRow] = {}
        self.site = ""
        """Base address of the only site that may be asked; empty until Locust knows it."""
        self.wire = ""
        """Base address that is connected to for it."""
        self.courtesy = Courtesy(settings.restraint)
        self._runner: Any = None

    @classmethod
    def attached(cls) -> Self:
        """Make the session that the environment variables ask for and let Locust tell it what happens."""
        session = cls(Settings.from_environment(os.environ))
        if session.courtesy.is_asked_for:
            keep_to_the_wire(session.count_stopped)
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
        """Return the number, from 1 and over all processes, of the user that is being spawned."""
        self._users += 1
        return self.place.number_of(self._users - 1) + 1

    def next_shard(self) -> Shard:
        """Return the part of an open loop's schedule for the dispatcher that is being spawned."""
        self._shards += 1
        return Shard(index=self.place.number_of(self._shards - 1), total=self.place.users)

    def marks(self, request_id: str) -> dict[str, str]:
        """Return the fields that a request is known by."""
        return self.courtesy.marks(request_id, self.site)

    def may_send(self, method: str) -> bool:
        """Return, when it is its turn, whether a request may be sent; a user that asks what it may not is counted."""
        if why := self.courtesy.await_turn(method):
            self.count_stopped(why)
        return not (why or (self.courtesy.is_asked_for and self.stopping))

    def record(self, row: ClientRow) -> None:
        """Keep the row of a request that has ended."""
        if self._rows:
            self._rows.append(row)
        why = self.courtesy.why_end(row)
        if why and not self.stopping and self._runner is not None:
            self.stopping = True
            self._note(cut_short=why)
            gevent.spawn(_end, self._runner)

    def hold(self, row: ClientRow) -> None:
        """Keep the row of a request that has ended, of which the Locust file may still say something."""
        self._held[row.request_id] = row

    def settle(self, row: ClientRow) -> None:
        """Record a row that was held, as it is given here; one that the stop has settled stays as it was."""
        if self._held.pop(row.request_id, None):
            self.record(row)

    def count_stopped(self, why: str) -> None:
        """Count a user that had to be stopped."""
        told = self._report.stopped_why or why
        self._report = replace(self._report, stopped_users=self._report.stopped_users + 1, stopped_why=told)

    def count_arrival(self, offset_s: float, *, is_missed: bool) -> None:
        """Count an arrival of an open loop, by its offset from the start, if it was due in the window."""
        run_time_s = self.settings.run_time_s
        if offset_s >= self.settings.warm_up_s and (run_time_s is None or offset_s < run_time_s):
            self._report = replace(
                self._report,
                arrivals=self._report.arrivals + 1,
                missed_arrivals=self._report.missed_arrivals + is_missed,
            )

    def on_init(self, environment: Environment, **_: Any) -> None:
        """Prepare this process, before any user exists."""
        # What is there by now stays: to look through all of it again and again would keep every answer waiting.
        gc.freeze()
        # Not for ever: libraries complain of what is left at the end, as the log's last words.
        atexit.register(gc.unfreeze)
        # Not before: Locust forks its workers after it has loaded the Locust file.
        self._token = secrets.token_hex(4)
        self.wire = environment.host or ""
        self.site = self.settings.site or self.wire
        if self.settings.site and environment.web_ui is None:
            # Users make their addresses of it: cookies for https alone, and redirects, are then those of the real site.
            environment.host = self.site
        runner = environment.runner
        if isinstance(runner, WorkerRunner):
            receive_shares(runner, self._take_place)
        else:
            self._open_books()
        if isinstance(runner, MasterRunner):
            receive_reports(runner, self._reports.append)
        if environment.web_ui is not None and self.settings.ui_token:
            self._events_file = keep_to_its_owner(environment.web_ui, self.settings, environment.host or "")
        gevent.spawn(self._keep_flushing)

    def on_test_start(self, environment: Environment, **_: Any) -> None:
        """Begin anew; in the web UI this happens many times in one process."""
        self._runner = runner = environment.runner
        self.stopping = False
        self._users = 0
        self._shards = 0
        self._spawned_s = None
        self._report = _blank()
        self._reports.clear()
        if isinstance(runner, WorkerRunner):
            self._join_rows(at_once=True)
            return
        start_s = now_s()
        self._events = ClientEvents(test_start_s=start_s, locust_version=locust.__version__)
        self._write_events()
        if isinstance(runner, MasterRunner):
            # Not before: who is silent while others still start has lost nobody anything, and Locust waits for it.
            gevent.spawn(self._keep_counting, runner, max(send_shares(runner, start_s), _expected(environment)))
        elif runner is not None:
            self.place = WorkerShare(users=runner.target_user_count, start_s=start_s)
        if self.settings.run_time_s is not None and runner is not None:
            gevent.spawn_later(self.settings.run_time_s, _end, runner)

    def on_spawning_complete(self, user_count: int, **_: Any) -> None:
        """Note that all users run."""
        self._spawned_cpu_s = time.process_time()
        self._spawned_s = now_s()
        self._note(spawned_s=self._spawned_s, users=user_count)

    def on_user_error(self, **_: Any) -> None:
        """Count an exception that a task of the Locust file let out; Locust itself logs it and goes on."""
        self._report = replace(self._report, user_errors=self._report.user_errors + 1)

    def on_test_stopping(self, **_: Any) -> None:
        """Let no user start another request."""
        self.stopping = True
        stopping_s = now_s()
        if self._spawned_s is not None:
            cpu_s = time.process_time() - self._spawned_cpu_s
            self._report = replace(self._report, cpu_share=cpu_s / (stopping_s - self._spawned_s))
        self._note(test_stopping_s=stopping_s)

    def on_test_stop(self, environment: Environment, **_: Any) -> None:
        """Report a load whose requests have all ended, after their rows are on disk."""
        for row in tuple(self._held.values()):
            self.settle(row)
        if self._rows:
            self._rows.flush()
        self._report = replace(self._report, drained_s=now_s())
        runner = environment.runner
        if isinstance(runner, WorkerRunner):
            send_report(runner, self._report)
            # Locust's worker would hear of nothing for so long again, though it has waited for its users already.
            environment.stop_timeout = 0
            return
        reports = self._reports if isinstance(runner, MasterRunner) else [self._report]
        self._note(**summed(reports))

    def on_quit(self, **_: Any) -> None:
        """Close the rows; Locust says nothing after this."""
        for file in (self._rows, self._events_file):
            if file:
                file.close()
        self._rows = self._events_file = None

    def _take_place(self, place: WorkerShare) -> None:
        self.place = place

    def _open_books(self) -> None:
        if self.settings.rows is None:
            # Somebody runs the file by hand.
            logger.info("%s is not set: requests are sent and shown, but no rows are written", ROWS)
            return
        RowFile.create(self.settings.rows / raw.CLIENT_ROWS)
        Heartbeat.create(self.settings.rows)
        self._join_rows()

    def _join_rows(self, *, at_once: bool = False) -> None:
        if self.settings.rows is not None and self._rows is None:
            self._rows = RowFile(self.settings.rows / raw.CLIENT_ROWS, at_once=at_once)
            gevent.spawn(_keep_beating, Heartbeat(self.settings.rows, now_s))

    def _keep_counting(self, master: MasterRunner, expected: int) -> None:
        # Not who is missing: a worker that was told to end says goodbye, and Locust forgets it.
        while (here := master.worker_count) >= expected and not self.stopping:
            gevent.sleep(FLUSH_S)
        if not self.stopping and self.settings.run_time_s is not None:
            # Locust itself would go on with the load of those that are left.
            self._note(lost_processes=expected - here)
            _end(master)

    def _note(self, **facts: float | str | None) -> None:
        self._events = replace(self._events, **facts)  # type: ignore[arg-type] # ints among floats
        self._write_events()

    def _write_events(self) -> None:
        # A worker has no start of its own: its facts are in the master's file.
        if self.settings.rows is None or self._events.test_start_s is None:
            return
        if self._events_file is not None:
            self._events_file.write(self._events)
        else:
            write_events(self.settings.rows / raw.CLIENT_EVENTS, self._events)

    def _keep_flushing(self) -> None:
        while True:
            gevent.sleep(FLUSH_S)
            if self._rows:
                self._rows.flush()


def _keep_beating(heartbeat: Heartbeat) -> None:
    while True:
        gevent.sleep(TICK_S)
        heartbeat.beat()


def _expected(environment: Environment) -> int:
    options: Any = environment.parsed_options
    return int(options.expect_workers)


def _blank() -> WorkerReport:
    return WorkerReport(drained_s=0, cpu_share=None, user_errors=0, arrivals=0, missed_arrivals=0, stopped_users=0)


def _end(runner: Any) -> None:
    # A master that quits at once would not wait for its workers' requests in flight.
    runner.stop()
    runner.quit()

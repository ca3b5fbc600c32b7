"""The open loop: requests start when they are due, however long those before them take; runs inside Locust only."""

import logging
import math
import traceback
from contextlib import suppress
from random import Random
from typing import Any, ClassVar, Protocol

import gevent
from gevent.pool import Group
from locust import User, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.exception import InterruptTaskSet, StopUser

from badgateway.load.arrivals import Agenda, Arrivals, Due, shard_of
from badgateway.load.session import Session
from badgateway.load.settings import Settings
from badgateway.load.wire import now_s
from badgateway.model.experiment import ArrivalKind

LOOK_S = 0.1
"""A stop is noticed so late at most."""

logger = logging.getLogger(__name__)


class Visitor(Protocol):
    """What a user of the closed loop must do to serve an open one; RecordedUser does."""

    weight: int
    host: str | None

    def __init__(self, environment: Environment) -> None:
        """Make a user that Locust does not know of."""

    def visit(self, arrival: int, due_s: float) -> None:
        """Run one task; its first request is timed from when it was due."""


class OpenLoop(User):
    """A dispatcher: starts one task of the Locust file's users at each arrival of its part of the schedule.

    A visitor that has ended is used again for a later arrival, with its connection; so there are as many visitors as
    there ever were requests in flight.
    """

    abstract = True
    session: ClassVar[Session]
    scenarios: ClassVar[tuple[type[Visitor], ...]]

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        options: Any = environment.parsed_options
        self._arrivals = Arrivals(
            rate_per_s=options.arrival_rate,
            kind=ArrivalKind(options.arrivals),
            seed=self.session.settings.seed,
        )
        self._shard = self.session.next_shard()
        self._max_in_flight = -(-options.max_in_flight // self._shard.total)
        self._in_flight = Group()
        self._idle: dict[type[Visitor], list[Visitor]] = {scenario: [] for scenario in self.scenarios}
        for scenario in self.scenarios:
            scenario.host = environment.host or scenario.host

    @task
    def dispatch(self) -> None:
        """Send until the load is stopped, then wait for what is in flight; a kill ends that too, each with its row."""
        if not self._shard.is_needed:
            self._sleep_until(math.inf)
            raise StopUser
        agenda = Agenda(shard_of(self._arrivals, self._shard), self.session.place.start_s, now_s)
        try:
            self._follow(agenda)
            self._in_flight.join()
        finally:
            self._in_flight.kill()
        # Once is all: to Locust this user is still running, and it would begin again.
        raise StopUser

    def _follow(self, agenda: Agenda) -> None:
        while not self.session.stopping or agenda.is_due():
            # Meanwhile a greenlet of _visit_in_turn may have taken what this one waited for.
            self._sleep_until(agenda.next_due_s)
            if agenda.is_due():
                self._start(agenda)

    def _start(self, agenda: Agenda) -> None:
        due = agenda.take()
        # What came due while this process was busy until the stop is owed, but too late to be sent.
        is_missed = self.session.stopping or len(self._in_flight) >= self._max_in_flight
        self.session.count_arrival(due.offset_s, is_missed=is_missed)
        if not is_missed:
            self._in_flight.spawn(self._visit_in_turn, due, agenda)

    def _sleep_until(self, due_s: float) -> None:
        """Return when it is due, or soon after a stop."""
        while not self.session.stopping and (ahead_s := due_s - now_s()) > 0:
            gevent.sleep(min(ahead_s, LOOK_S))

    def _visit_in_turn(self, first: Due, agenda: Agenda) -> None:
        """Send one request, and any that came due while it was being read.

        When many answers come at once, as after a stall, gevent lets each greenlet that waits for one run before it
        looks at the clock again: the dispatcher would be late by all of them.
        """
        due = first
        while True:
            self._visit(due)
            if self.session.stopping or not agenda.is_due():
                return
            due = agenda.take()
            self.session.count_arrival(due.offset_s, is_missed=False)

    def _visit(self, due: Due) -> None:
        scenario = self._scenario_of(due.arrival)
        idle = self._idle[scenario]
        try:
            visitor = idle.pop() if idle else scenario(self.environment)
            with suppress(InterruptTaskSet, StopUser):
                visitor.visit(due.arrival, due.due_s)
            idle.append(visitor)
        except Exception as error:  # noqa: BLE001 # a mistake in the Locust file is told like any user's
            logger.error("%s\n%s", error, traceback.format_exc())  # noqa: TRY400 # Locust's own form
            self.environment.events.user_error.fire(user_instance=self, exception=error, tb=error.__traceback__)

    def _scenario_of(self, arrival: int) -> type[Visitor]:
        if len(self.scenarios) == 1:
            return self.scenarios[0]
        weights = [scenario.weight for scenario in self.scenarios]
        random = Random(f"{self.session.settings.seed}/scenario/{arrival}")  # noqa: S311 # repeatable, not secret
        return random.choices(self.scenarios, weights)[0]


def add_arguments(parser: LocustArgumentParser, settings: Settings) -> None:
    """Give Locust's command line and web UI the fields of an open loop."""
    group = parser.add_argument_group("badgateway's open loop")
    group.add_argument(
        "--arrival-rate",
        type=float,
        default=settings.rate_per_s,
        help="Open loop: tasks started per second, by as many visitors as it takes; 0 is Locust's own closed loop",
    )
    group.add_argument(
        "--arrivals",
        choices=[kind.value for kind in ArrivalKind],
        default=settings.arrivals.value,
        help="Open loop: poisson for independent visitors, constant for equal gaps",
    )
    group.add_argument(
        "--max-in-flight",
        type=int,
        default=settings.max_in_flight,
        help="Open loop: an arrival that finds so many requests unanswered is not sent, but counted as missed",
    )


def take_over(environment: Environment, session: Session) -> None:
    """Put a dispatcher in the place of the Locust file's users, if an open loop is asked for.

    Raises:
        ValueError: a user of the Locust file cannot serve an open loop.
    """
    options: Any = environment.parsed_options
    if not options.arrival_rate:
        return
    scenarios = tuple(environment.user_classes)
    strangers = [scenario.__name__ for scenario in scenarios if not hasattr(scenario, "visit")]
    if strangers:
        raise ValueError(f"{', '.join(strangers)}: users of an open loop must derive from RecordedUser")
    dispatcher = type("OpenLoop", (OpenLoop,), {"session": session, "scenarios": scenarios, "abstract": False})
    # The same list: Locust's runner and dispatcher hold it too.
    environment.user_classes[:] = [dispatcher]

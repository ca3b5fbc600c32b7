"""Ends requests that take too long, by one timer for all: to make one for each takes longer than to look at a clock."""

import time
from collections import deque
from functools import cache
from typing import Any

from gevent import Timeout, get_hub, getcurrent


class Limit:
    """Of one request; to be told when that has ended, however."""

    __slots__ = ("_greenlet", "_seconds", "expired", "is_over", "until_s")

    def __init__(self, seconds: float) -> None:
        self._greenlet = getcurrent()
        self._seconds = seconds
        self.until_s = time.perf_counter() + seconds
        self.is_over = False
        """Set it when the request has ended."""
        self.expired: Timeout | None = None
        """What was raised when the time was over."""

    def end(self) -> None:
        """Raise where the request waits."""
        self.is_over = True
        self.expired = Timeout()
        self.expired.seconds = self._seconds
        self._greenlet.throw(self.expired)


class Limits:
    """Those of the same length: the earliest to be begun is the earliest to be over."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun: deque[Limit] = deque()
        self._hub: Any = None
        """Whose loop has the timer, while it has one."""

    def begin(self) -> Limit:
        """Begin the time of a request of this greenlet."""
        begun = self._begun
        while begun and begun[0].is_over:
            begun.popleft()
        limit = Limit(self._seconds)
        begun.append(limit)
        if self._hub is not get_hub():
            self._look_in(self._seconds)
        return limit

    def _look_in(self, seconds: float) -> None:
        self._hub = get_hub()
        timer = self._hub.loop.timer(seconds)
        # With the time as it is: the loop's own is that of its last turn.
        timer.start(self._look, timer, update=True)

    def _look(self, timer: Any) -> None:
        """End those whose time is over, and look again when that of the next one is."""
        timer.close()
        try:
            self._end_due(time.perf_counter())
        finally:
            # What was ended may have begun anew meanwhile.
            if self._begun:
                self._look_in(max(0.0, self._begun[0].until_s - time.perf_counter()))
            else:
                self._hub = None

    def _end_due(self, now_s: float) -> None:
        while self._begun and (self._begun[0].is_over or self._begun[0].until_s <= now_s):
            limit = self._begun.popleft()
            if not limit.is_over:
                limit.end()


@cache
def limits_of(seconds: float) -> Limits:
    """Return those of so many seconds."""
    return Limits(seconds)

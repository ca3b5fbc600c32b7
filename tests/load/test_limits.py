"""Requests that take too long end when their time is over, by one timer for all."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import gevent
from gevent import Timeout

from badgateway.load.limits import Limits

SECONDS = 0.2
LATE_S = 0.13
"""Who is looked at too seldom ends later than by this, and by what the machine itself was late."""


def waited(limits: Limits, seconds: float) -> tuple[float, bool]:
    """Return how long a request took that would take so long, and whether it was ended."""
    start_s, limit = time.perf_counter(), limits.begin()
    try:
        gevent.sleep(seconds)
    except Timeout as expired:
        return time.perf_counter() - start_s, expired is limit.expired and expired.seconds == SECONDS
    finally:
        limit.is_over = True
    return time.perf_counter() - start_s, False


def later(limits: Limits, after_s: float, seconds: float) -> tuple[float, bool]:
    gevent.sleep(after_s)
    return waited(limits, seconds)


def side_by_side(*requests: Callable[[], Any]) -> tuple[list[Any], float]:
    """Return what each returns, in a greenlet of its own, and how late any of them may have been."""
    greenlets: list[Any] = [gevent.spawn(request) for request in requests]
    gaps_s, last_s, end_s = [0.0], time.perf_counter(), time.perf_counter() + 10
    while not all(greenlet.dead for greenlet in greenlets) and last_s < end_s:
        gevent.sleep(0.005)
        gaps_s.append(time.perf_counter() - last_s)
        last_s = time.perf_counter()
    gevent.joinall(greenlets, timeout=0, raise_error=True)
    return [greenlet.value for greenlet in greenlets], SECONDS + LATE_S + 2 * max(gaps_s)


def test_each_request_that_takes_too_long_ends_when_its_own_time_is_over():
    limits = Limits(SECONDS)
    requests = (partial(later, limits, after_s, 5) for after_s in (0, 0, 0.08, 0.16))
    ended, latest_s = side_by_side(*requests)

    for took_s, was_ended in ended:
        assert was_ended
        assert SECONDS <= took_s < latest_s


def test_a_request_that_ended_is_let_be_and_its_greenlet_goes_on():
    limits = Limits(SECONDS)
    (quick, slow, again), _ = side_by_side(
        lambda: waited(limits, 0.05)[1],
        lambda: waited(limits, 5)[1],
        lambda: [waited(limits, 0.05)[1] for _ in range(8)],
    )

    assert (quick, slow, again) == (False, True, [False] * 8)


def test_who_was_ended_may_begin_anew():
    limits = Limits(SECONDS)
    (user, other), latest_s = side_by_side(lambda: [waited(limits, 5) for _ in range(3)], lambda: later(limits, 0.1, 5))

    assert [was_ended for _, was_ended in (*user, other)] == [True] * 4
    assert SECONDS <= other[0] < latest_s

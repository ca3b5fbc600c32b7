"""Failures in time: bursts, what goes on all along, and what comes at times."""

import pytest

from badgateway.causes.answer import count_decided
from badgateway.causes.incidents import incidents
from badgateway.model.diagnosis import Certainty
from badgateway.model.explanation import Spread
from tests.in_memory import empty_database

HOUR_S = 3600
DAY = (0, 24 * HOUR_S - 60)
FULL, SLOW = "listen-queue-full", "slow-request"


def found(*failures, period_s=DAY):
    """Find the incidents of failures: cause, second, and perhaps status and path."""
    rows = [(cause, second, *((*rest, "")[:2] if rest else (502, ""))) for cause, second, *rest in failures]
    with empty_database() as connection:
        connection.execute(
            """CREATE TABLE decided AS SELECT unnest(CAST($1 AS VARCHAR[])) AS cause_id,
            CASE WHEN cause_id IS NOT NULL THEN 'proven' END AS certainty,
            unnest(CAST($2 AS DOUBLE[])) AS time_s, unnest(CAST($3 AS INTEGER[])) AS client_status,
            unnest(CAST($4 AS VARCHAR[])) AS path""",
            [list(column) for column in zip(*rows, strict=True)] or [[]] * 4,
        )
        count_decided(connection)
        return incidents(connection, period_s)


def told(all_found):
    return [(each.cause.id if each.cause else None, each.start_s, each.end_s, each.count) for each in all_found]


def burst(cause, start_s, count, per_s=2):
    return [(cause, start_s + number / per_s) for number in range(count)]


def test_failures_of_one_cause_in_two_minutes_are_one_incident_with_its_first_and_last_second():
    assert told(found(*burst(FULL, 36_483, 250))) == [(FULL, 36_483, 36_607, 250)]


def test_two_causes_at_the_same_time_are_two_incidents():
    assert len(found(*burst(FULL, 600, 20), *burst(SLOW, 600, 20))) == 2


def test_two_bursts_of_one_cause_hours_apart_are_two_incidents():
    assert told(found(*burst(FULL, 600, 20), *burst(FULL, 50_000, 30))) == [
        (FULL, 600, 609, 20),
        (FULL, 50_000, 50_014, 30),
    ]


def test_what_fails_from_beginning_to_end_goes_on_all_along():
    (one,) = found(*[(SLOW, second) for second in range(300, 24 * HOUR_S, 730)])

    assert (one.spread, one.count) == (Spread.ALL_ALONG, 118)


def test_a_burst_stands_out_from_what_goes_on_all_along():
    along = [(SLOW, second) for second in range(0, 24 * HOUR_S, 600)]
    whole, one = sorted(found(*along, *burst(SLOW, 36_000, 250)), key=lambda incident: incident.count)

    assert (whole.spread, whole.count) == (Spread.ALL_ALONG, 143)
    assert (one.spread, one.count, one.start_s) == (Spread.ONCE, 251, 36_000)


def test_a_few_failures_now_and_then_are_told_together():
    at_times = [(SLOW, second) for second in range(0, 12 * HOUR_S, 2 * HOUR_S)]
    (one,) = found(*at_times)

    assert (one.spread, one.count) == (Spread.NOW_AND_THEN, 6)


def test_the_one_time_that_was_much_worse_is_told_by_itself():
    at_times = [(SLOW, second) for second in range(0, 12 * HOUR_S, 2 * HOUR_S)]
    worse = [(SLOW, 14 * HOUR_S + second) for second in range(9)]

    assert [(each.spread, each.count) for each in found(*at_times, *worse)] == [
        (Spread.NOW_AND_THEN, 6),
        (Spread.ONCE, 9),
    ]


def test_short_logs_have_nothing_that_went_on_all_along():
    (one,) = found(*burst(FULL, 0, 240), period_s=(0, 120))

    assert one.spread is Spread.ONCE


def test_statuses_are_those_of_the_incident_and_a_path_is_told_where_nearly_all_failures_are():
    (one,) = found((SLOW, 60, 504, "/export"), (SLOW, 61, 504, "/export"), (SLOW, 62, 502, "/export"))
    (other,) = found((SLOW, 60, 504, "/export"), (SLOW, 61, 504, "/members"))

    assert (one.statuses, one.path) == (((504, 2), (502, 1)), "/export")
    assert other.path == ""


def test_failures_without_a_cause_have_incidents_too():
    (one,) = found(*burst(None, 60, 3))

    assert (one.cause, one.certainty, one.count) == (None, None, 3)
    assert found(*burst(FULL, 60, 3))[0].certainty is Certainty.PROVEN


@pytest.mark.parametrize("time_s", [None, 1e18, -5.0])
def test_what_has_no_time_or_none_that_can_be_named_is_in_no_incident(time_s):
    assert found((FULL, time_s)) == ()


def test_without_an_access_log_the_failures_themselves_tell_the_period():
    (one,) = found(*burst(FULL, 60, 3), period_s=None)

    assert one.count == 3


@pytest.mark.parametrize("seconds", [range(0, 86_400, 61), [5, 6, 7000, 70_000], range(100)])
def test_each_failure_with_a_time_is_in_one_incident(seconds):
    assert sum(each.count for each in found(*[(FULL, second) for second in seconds])) == len(seconds)

"""Incidents while they happen."""

from badgateway.causes.live_incidents import GAP_S, FailedSecond, LiveIncidents

FULL, UNKNOWN, SLOW = "listen-queue-full", "502-unexplained-by-this-log", "slow-request"


def failed(second, count=1, cause=FULL, *, status=502, path="/a", certainty="proven"):
    return FailedSecond(cause_id=cause, certainty=certainty, second=second, status=status, path=path, count=count)


def told(live):
    return [
        (each.number, each.incident.cause.id, each.incident.start_s, each.incident.count, each.is_over)
        for each in live.incidents
    ]


def test_an_incident_grows_under_its_number():
    live = LiveIncidents()
    live.look([failed(100, 2)], since_s=0, now_s=0)
    live.look([failed(100, 2), failed(103, 5)], since_s=0, now_s=3)

    assert told(live) == [(1, FULL, 100, 7, False)]


def test_it_is_over_when_nothing_failed_for_a_while():
    live = LiveIncidents()
    live.look([failed(100)], since_s=0, now_s=0)
    live.look([failed(100)], since_s=0, now_s=GAP_S - 1)
    assert told(live) == [(1, FULL, 100, 1, False)]
    live.look([failed(100)], since_s=0, now_s=GAP_S)

    assert told(live) == [(1, FULL, 100, 1, True)]


def test_what_fails_after_it_is_another_incident():
    live = LiveIncidents()
    live.look([failed(100)], since_s=0, now_s=0)
    live.look([failed(100)], since_s=0, now_s=GAP_S)
    live.look([failed(100), failed(200)], since_s=0, now_s=100)

    assert told(live) == [(1, FULL, 100, 1, True), (2, FULL, 200, 1, False)]


def test_a_cause_that_turns_out_to_be_another_keeps_the_number():
    live = LiveIncidents()
    live.look([failed(100, 3, UNKNOWN, certainty="family")], since_s=0, now_s=0)
    live.look([failed(100, 3, FULL)], since_s=0, now_s=1)

    assert told(live) == [(1, FULL, 100, 3, False)]


def test_failures_of_an_incident_that_is_over_are_not_told_again_whatever_their_cause_becomes():
    live = LiveIncidents()
    live.look([failed(100, 3, UNKNOWN, certainty="family")], since_s=0, now_s=0)
    live.look([failed(100, 3, UNKNOWN, certainty="family")], since_s=0, now_s=GAP_S)
    live.look([failed(100, 3, FULL)], since_s=0, now_s=GAP_S + 1)

    assert told(live) == [(1, UNKNOWN, 100, 3, True)]


def test_what_was_found_before_the_window_stays():
    live = LiveIncidents()
    live.look([failed(second) for second in range(100, 140)], since_s=0, now_s=40)
    live.look([failed(second) for second in range(120, 160)], since_s=120, now_s=60)

    assert told(live) == [(1, FULL, 100, 60, False)]


def test_two_causes_at_a_time_are_two_incidents():
    live = LiveIncidents()
    live.look([failed(100), failed(101, cause=SLOW, status=504)], since_s=0, now_s=0)

    assert [each[1] for each in told(live)] == [FULL, SLOW]


def test_at_the_end_all_are_over_and_nothing_is_lost():
    live = LiveIncidents()
    live.look([failed(100, 4), failed(101, 5, SLOW), failed(500, 6, SLOW)], since_s=0, now_s=0)
    live.end_all()

    assert all(each.is_over for each in live.incidents)
    assert sum(each.incident.count for each in live.incidents) == 15

import pytest

from badgateway.report.explanation import moments, timeline
from tests.report.explanation.samples import NINE, cause, explanation, found, incident, unexplained


def built(*minutes, utc_offset_s=0.0):
    line = timeline.build(explanation(*(found(cause(), one) for one in minutes), utc_offset_s=utc_offset_s))
    assert line is not None
    return line


def test_minutes_without_a_failure_are_there_as_zero():
    line = built({0: 4, 3: 1}, {1: 2})

    assert (line.start_s, line.step_s) == (NINE, 60)
    assert line.causes == ((4, 0, 0, 1), (0, 2, 0, 0))


@pytest.mark.parametrize("last_minute", [0, 1, 58, 59, 60, 119, 241, 60 * 24, 60 * 24 * 7 + 5, 60 * 24 * 900 + 7])
def test_no_failure_is_lost_in_few_enough_buckets(last_minute):
    line = built({0: 4, last_minute: 5} if last_minute else {0: 9})

    assert sum(line.causes[0]) == 9
    assert line.buckets <= timeline.MOST_BUCKETS
    assert line.start_s <= NINE
    assert line.end_s > NINE + 60 * last_minute


def test_buckets_begin_when_the_clock_of_the_reader_is_round():
    line = built({5: 1, 5 + 60 * 24: 1}, utc_offset_s=19_800.0)

    assert line.step_s == 1800
    assert moments.local(line.start_s, 19_800.0).strftime("%H:%M") == "14:30"


def test_failures_without_a_cause_have_their_time_too():
    line = timeline.build(unexplained())

    assert line is not None
    assert (line.start_s, line.unattributed) == (NINE + 120, (25,))


def test_without_any_time_there_is_no_timeline():
    assert timeline.build(explanation(found(cause(), {}, untimed=3))) is None


def test_a_time_that_no_calendar_can_name_is_left_out():
    line = built({0: 1, -60_000_000: 1, 10**13: 1})

    assert line.causes == ((1,),)


def test_every_failure_of_an_incident_is_in_the_timeline_once():
    sample = incident()
    line = timeline.build(sample)

    assert line is not None
    assert sum(map(sum, (*line.causes, line.unattributed))) == sample.diagnosis.failures


@pytest.mark.parametrize(
    ("offset_s", "name"), [(0, "UTC"), (7200, "UTC+02:00"), (-12_600, "UTC-03:30"), (20_700, "UTC+05:45")]
)
def test_a_zone_is_named_by_its_offset(offset_s, name):
    assert moments.zone(offset_s) == name


def test_a_span_names_the_second_day_only_where_it_is_another_one():
    assert moments.span(NINE, NINE + 600, 0) == "2026-11-21 09:00 to 09:10 UTC"
    assert moments.span(NINE, NINE + 600, 54_000) == "2026-11-22 00:00 to 00:10 UTC+15:00"
    assert moments.span(NINE, NINE + 90_000, 0) == "2026-11-21 09:00 to 2026-11-22 10:00 UTC"


@pytest.mark.parametrize(
    ("step_s", "words"),
    [(60, "1 minute"), (900, "15 minutes"), (3600, "1 hour"), (10_800, "3 hours"), (86_400, "1 day")],
)
def test_the_length_of_a_bucket_is_said_in_the_largest_unit(step_s, words):
    assert moments.length(step_s) == words

"""What a load does while it runs, added up from the rows as they come."""

from badgateway.analysis.live_load import MINUTE_S, PART_S, LiveRequests, LiveSamples
from badgateway.model.outcome import Outcome
from badgateway.model.raw import CLIENT_COLUMNS
from badgateway.model.raw_words import SampleSeries
from tests.ledger.raw_folder import T0_S, client_row

PARTS = MINUTE_S // PART_S


def row(request_id: str, ended_s: float, **given: object) -> list[str]:
    filled = client_row(request_id, start_s=ended_s - 0.1, end_s=ended_s, **given)
    return [str(filled[column]) for column in CLIENT_COLUMNS]


def test_a_series_has_the_most_of_each_part_of_the_last_minute_and_a_gap_where_nobody_looked():
    queue = SampleSeries.ACCEPT_QUEUE
    seen = LiveSamples()
    seen.look([[str(T0_S - MINUTE_S), queue, "90", "128"], [str(T0_S - PART_S), queue, "3", "128"]], T0_S)

    (found,) = seen.look([[str(T0_S), queue, "7", "128"], [str(T0_S), queue, "5", "128"]], T0_S)

    assert (found.series, found.now, found.limit) == (queue, 5, 128)
    assert found.minute == (*[None] * (PARTS - 2), 3, 7)


def test_a_sample_without_a_value_is_no_zero():
    (found,) = LiveSamples().look([[str(T0_S), SampleSeries.DB_CONNECTIONS, "", ""]], T0_S)

    assert (found.now, found.limit, set(found.minute)) == (None, None, {None})


def test_requests_are_counted_by_outcome_and_only_those_that_are_ok_have_a_latency():
    seen = LiveRequests()
    seen.look([row("a", T0_S)], T0_S, T0_S - 5)

    ok, bad = seen.look([row("b", T0_S), row("c", T0_S, status=502)], T0_S, T0_S - 5)

    assert (ok.outcome, ok.count, ok.minute[-1], round(ok.p95_ms or 0)) == (Outcome.OK, 2, 2, 100)
    assert (bad.outcome, bad.count, bad.p95_ms) == (Outcome.BAD_GATEWAY, 1, None)


def test_a_load_that_is_started_anew_begins_at_nothing_and_takes_no_row_of_the_one_before():
    seen = LiveRequests()
    seen.look([row("a", T0_S)], T0_S, T0_S - 5)

    assert seen.look([row("late", T0_S + 1)], T0_S + 20, T0_S + 10) == []

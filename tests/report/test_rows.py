from dataclasses import replace

from badgateway.model.contest import Purpose
from badgateway.model.outcome import Outcome
from badgateway.model.summary import Verdict
from badgateway.model.trial import SendingCheck
from badgateway.report import grid, rows
from tests.report import builders, samples


def cell_of(study, name, users):
    return next(cell for cell in grid.cells(study) if (cell.configuration, cell.users) == (name, users))


def texts(found):
    return [cell.text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{EN DASH}", "-") for cell in found]


def test_every_number_of_a_level_stands_under_its_own_name():
    study = samples.tiny()
    found = rows.level_row(cell_of(study, "uwsgi-2", 300), rows.occurred(study)).numbers
    assert texts([found.requests, found.failed_share, found.failed_interval]) == ["2,000", "1.45 %", "0.97-2.08 %"]
    assert texts(found.counts) == ["17", "11", "1"]
    assert texts([found.p50, found.p95, found.p99, found.longest]) == ["101 ms", "202 ms", "303 ms", "404 ms"]
    assert texts([found.first_byte_p95, found.rate]) == ["62 ms", "197"]


def test_the_columns_are_the_failures_that_occurred_anywhere():
    assert rows.occurred(samples.picked()) == (Outcome.BAD_GATEWAY, Outcome.GATEWAY_TIMEOUT, Outcome.TRUNCATED)
    assert rows.occurred(samples.many_levels()) == ()


def test_a_level_that_is_invalid_has_no_zero_anywhere():
    study = samples.inconclusive()
    found = rows.level_row(cell_of(study, "gunicorn-gthread", 300), rows.occurred(study))
    assert found.verdict == "INVALID"
    assert found.gap == "not measured"
    assert set(texts(found.numbers.counts)) == {"-"}
    assert found.numbers.rate.why == "not measured"
    assert found.numbers.failed_share.text == found.numbers.p95.text == "\N{EN DASH}"


def test_a_level_that_was_not_run_has_no_verdict():
    found = rows.level_row(cell_of(samples.interrupted(), "uwsgi-16", 300), ())
    assert (found.verdict, found.gap) == ("NOT RUN", "not run")


def test_without_an_ok_request_latency_has_no_number_but_failures_have():
    study = samples.inconclusive()
    found = rows.level_row(cell_of(study, "uwsgi-2", 300), ()).numbers
    assert texts([found.failed_share, found.p95, found.first_byte_p95, found.rate]) == ["100 %", "-", "-", "0"]
    assert found.p95.why == "no request was OK"


def test_a_trial_that_is_invalid_shows_its_reasons_and_never_numbers():
    invalid = builders.trial(
        "uwsgi-2",
        50,
        3,
        builders.measurement({Outcome.OK: 9}, (1, 2, 3, 4)),
        verdict=Verdict.INVALID,
        reasons=("The load generator was saturated.",),
    )
    found = rows.trial_row(invalid)
    assert found.reasons == ("The load generator was saturated.",)
    assert found.numbers.requests.text == "\N{EN DASH}"
    assert found.overhead.replace("\N{NO-BREAK SPACE}", " ") == "2.75 s"


def test_a_trial_at_a_rate_shows_how_late_the_generator_was_and_what_it_missed():
    sending = SendingCheck(arrivals=3170, missed_arrivals=12, send_lag_p99_ms=1.62)
    one = replace(builders.trial("uwsgi-2", 50, 3, None, verdict=Verdict.INVALID), sending=sending)
    assert texts([rows.trial_row(one).send_lag, rows.trial_row(one).missed]) == ["1.6 ms", "12 of 3,170"]
    kept = replace(one, sending=replace(sending, missed_arrivals=0))
    assert (rows.trial_row(kept).missed.text, rows.trial_row(kept).missed.quiet) == ("0", True)
    waiting = builders.trial("uwsgi-2", 50, 3, None, verdict=Verdict.INVALID)
    assert rows.trial_row(waiting).send_lag.why == "not sent to a schedule, or not known"


def test_a_trial_says_whether_it_is_of_a_control_or_a_search_or_repeats_another():
    usual = builders.trial("uwsgi-2", 50, 3, None, verdict=Verdict.INVALID)
    assert rows.trial_row(usual).remark == ""
    searching = replace(usual, trial=replace(usual.trial, purpose=Purpose.SEARCH, attempt=2))
    assert rows.trial_row(searching).remark == "capacity search, attempt 2"
    control = replace(usual, trial=replace(usual.trial, control=True))
    assert rows.trial_row(control).remark == "A/A"

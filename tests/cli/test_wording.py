"""What the command says of trials and decisions."""

from dataclasses import replace

import pytest

from badgateway.cli.wording import (
    decision_lines,
    failures_in_words,
    last_words,
    trial_line,
    trial_name,
)
from badgateway.errors import first_line
from badgateway.model.outcome import Outcome
from badgateway.model.run_summary import Decision
from badgateway.model.summary import Verdict
from tests.cli.given import MULTI_LINE, decided, ended, planned
from tests.report.builders import measurement
from tests.report.ladder_sample import long_ladder


def test_a_trial_is_named_by_what_it_runs():
    assert trial_name(planned(users=1)) == "uwsgi-2, 1 user"
    assert trial_name(planned(users=1500)) == "uwsgi-2, 1,500 users"


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({Outcome.OK: 5}, "no failures"),
        ({Outcome.OK: 5, Outcome.BAD_GATEWAY: 1284, Outcome.GATEWAY_TIMEOUT: 3}, "1,284 x 502, 3 x 504"),
        ({Outcome.TRUNCATED: 2, Outcome.CONNECT_ERROR: 1}, "1 x connect error, 2 x truncated"),
    ],
)
def test_failures_are_said_by_the_names_people_know_them_by(counts, words):
    assert failures_in_words(measurement(counts)) == words


def test_a_trial_that_was_measured_is_one_line():
    summary = ended({Outcome.OK: 6000, Outcome.BAD_GATEWAY: 311}, verdict=Verdict.FAIL, reasons=("too many",))

    assert trial_line(summary, 16) == " 2/16  uwsgi-2, 300 users: FAIL, 6,311 requests, 311 x 502, p95 1.23 s"


def test_a_trial_without_one_ok_request_has_no_latency():
    summary = ended({Outcome.GATEWAY_TIMEOUT: 1}, verdict=Verdict.FAIL)

    assert trial_line(summary, 3) == "2/3  uwsgi-2, 300 users: FAIL, 1 request, 1 x 504, no OK request"


def test_an_invalid_trial_says_why_without_the_log_that_follows():
    summary = ended(verdict=Verdict.INVALID, reasons=(MULTI_LINE, "another"))

    assert trial_line(summary, 3) == (
        "2/3  uwsgi-2, 300 users: INVALID, gunicorn ended with status 1; waited 0.3 s for web.sock"
    )


def test_an_invalid_trial_shows_no_number_even_where_there_is_one():
    summary = ended({Outcome.OK: 5}, verdict=Verdict.INVALID, reasons=("the books do not balance",))

    assert trial_line(summary, 3).endswith(": INVALID, the books do not balance")


def test_an_invalid_trial_without_a_reason_says_that_nothing_was_measured():
    assert trial_line(ended(verdict=Verdict.INVALID), 3).endswith(": INVALID, nothing measured")


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", ()),
        ("one line", ("one line",)),
        ("starting\nunable to load x.ini", ("unable to load x.ini",)),
        ('Traceback\n  File "x"\nPermissionError: no', ("PermissionError: no",)),
        ('Traceback\n  File "x"\nKeyError: 1\n[INFO] Worker exiting\n[ERROR] Reason: Worker failed to boot.',
         ("KeyError: 1", "[ERROR] Reason: Worker failed to boot.")),
    ],
)  # fmt: skip
def test_the_last_words_of_a_server_are_what_it_raised_and_its_last_line(log, words):
    reason = "gunicorn ended with status 255; last log lines:" + (f"\n{log}" if log else "")

    assert last_words(ended(verdict=Verdict.INVALID, reasons=(reason,))) == words


def test_a_trial_that_was_measured_has_no_last_words():
    assert last_words(ended({Outcome.OK: 5})) == ()


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("one line; last answer: none", "one line; last answer: none"),
        ("a first line\nand a second", "a first line"),
        (MULTI_LINE, "gunicorn ended with status 1; waited 0.3 s for web.sock"),
        ("Locust ended with status 1; last lines of locust.log:\nTraceback", "Locust ended with status 1"),
    ],
)
def test_only_what_announces_a_log_is_cut_off_a_first_line(message, line):
    assert first_line(message) == line


@pytest.mark.parametrize(
    ("decision", "headline"),
    [
        (Decision.PICKED, "PICK for small: first"),
        (Decision.NONE_QUALIFIES, "NONE QUALIFIES for small"),
        (Decision.INCONCLUSIVE, "INCONCLUSIVE for small"),
    ],
)
def test_a_decision_is_a_headline_a_sentence_and_its_reasons(decision, headline):
    assert decision_lines(decided(decision)) == (headline, "This is the answer.", "- It was fastest.")


def test_a_decision_on_some_of_the_trials_says_so():
    lines = decision_lines(decided(Decision.PICKED, complete=False))

    assert lines[-1] == "Interrupted: only the trials that had ended are counted."


def test_the_reasons_of_a_decision_leave_the_logs_to_the_report():
    lines = decision_lines(decided(Decision.INCONCLUSIVE, reasons=(MULTI_LINE,)))

    assert lines[-1] == "- gunicorn ended with status 1; waited 0.3 s for web.sock"


def test_what_became_of_the_pick_at_a_rate_stands_behind_the_answer():
    run = long_ladder()
    headline, sentence, at_a_rate, *_ = decision_lines(run)

    assert headline.startswith("PICK for ")
    assert sentence == run.recommendation.sentence
    assert at_a_rate.startswith("Confirmed: gunicorn-gthread-pool at 19,000 tasks a minute: ")


def test_a_pick_that_fails_at_the_rate_is_said_to_in_the_headline():
    run = long_ladder()
    assert run.confirmation is not None
    level = replace(run.confirmation.level, verdict=Verdict.FAIL, reasons=("21,305 of 30,212 requests failed",))
    headline, *_ = decision_lines(replace(run, confirmation=replace(run.confirmation, level=level)))

    assert headline.endswith(": gunicorn-gthread-pool; it fails at 19,000 tasks a minute")

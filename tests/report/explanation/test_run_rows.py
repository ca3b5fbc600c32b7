"""How a run stands while it goes on."""

from dataclasses import replace

from badgateway.model.design import Purpose
from badgateway.model.outcome import Outcome
from badgateway.model.summary import Verdict
from badgateway.model.trial import Trial
from badgateway.report.explanation.run_rows import InFlight, run_rows
from tests.report.builders import measurement, trial

NAMES = ("uwsgi-2", "uwsgi-16", "gunicorn")


def ended(name, *, users=120, failed=0, p95_ms=50.0, verdict=Verdict.PASS, **of_trial):
    counts = {Outcome.OK: 100 - failed, Outcome.BAD_GATEWAY: failed}
    measured = None if verdict is Verdict.INVALID else measurement(counts, (p95_ms / 2, p95_ms, p95_ms, p95_ms))
    summary = trial(name, users, 1, measured, verdict=verdict)
    return replace(summary, trial=replace(summary.trial, **of_trial))


def told(rows, *columns):
    return [tuple(row[column].replace("\N{NO-BREAK SPACE}", " ") for column in columns) for row in rows]


def test_before_the_first_trial_nothing_is_known_of_anybody():
    assert told(run_rows(NAMES, [], None), "what", "trials", "failed", "p95", "standing") == [
        (name, "0", "", "", "not yet") for name in NAMES
    ]


def test_fewest_failures_come_first_then_the_lowest_p95_and_what_is_not_known_last():
    trials = [ended("uwsgi-2", failed=40, p95_ms=20), ended("gunicorn", p95_ms=60), ended("gunicorn", p95_ms=80)]

    assert told(run_rows(NAMES, trials, None), "what", "load", "trials", "failed", "p95", "standing") == [
        ("gunicorn", "120 users", "2", "0 % (0 of 200)", "70 ms", "PASS 2"),
        ("uwsgi-2", "120 users", "1", "40.0 % (40 of 100)", "20 ms", "PASS 1"),
        ("uwsgi-16", "", "0", "", "", "not yet"),
    ]


def test_one_that_was_invalid_has_no_number_and_is_counted():
    rows = run_rows(["uwsgi-2"], [ended("uwsgi-2", verdict=Verdict.INVALID)], None)

    assert told(rows, "trials", "failed", "served", "standing") == [("1", "", "", "INVALID 1")]


def test_compared_is_the_highest_load_without_searches_and_controls():
    trials = [
        ended("uwsgi-2", users=60, failed=1),
        ended("uwsgi-2", users=120),
        ended("uwsgi-2", users=500, failed=90, purpose=Purpose.SEARCH),
        ended("uwsgi-2", users=120, failed=80, control=True),
    ]

    assert told(run_rows(["uwsgi-2"], trials, None), "load", "trials", "failed") == [
        ("120 users", "1", "0 % (0 of 100)")
    ]


def test_the_trial_in_flight_comes_first_with_how_far_it_is():
    now = InFlight(
        trial=Trial(block=1, position=7, configuration="uwsgi-16", users=120, seed=1),
        where="block 2 of 6, 3 still in the race",
        state="4 of 13 s",
        requests=200,
        failures=3,
    )
    (first, *_) = told(run_rows(NAMES, [], now), "what", "load", "trials", "failed", "standing")

    assert first == (
        "\N{BLACK RIGHT-POINTING SMALL TRIANGLE} uwsgi-16, now",
        "120 users",
        "no. 7",
        "1.50 % (3 of 200)",
        "4 of 13 s, block 2 of 6, 3 still in the race",
    )

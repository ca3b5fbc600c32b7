"""What single trials measured stands beside what they measured together, and nowhere else."""

from dataclasses import replace

import pytest

from badgateway import numbers
from badgateway.model.outcome import Outcome
from badgateway.report import rows, spread
from badgateway.report.cells import TableCell
from tests.report.builders import level, measurement
from tests.report.export_sample import SMALL, route

TOGETHER = measurement({Outcome.OK: 300}, (90, 123, 200, 300))


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{EN DASH}", "-")


def of_trials(*each):
    """Return a level of several trials, each with what it measured, or nothing."""
    found = level("uwsgi-16", 150, 1, TOGETHER)
    return replace(found, trials=tuple(replace(found.trials[0], measurement=one) for one in each))


def trial(p95_ms, ok=1000, routes=()):
    return replace(measurement({Outcome.OK: ok}, (90, p95_ms, p95_ms, p95_ms)), routes=routes)


def numbers_of(found):
    return rows.numbers_of(found.measurement, "", (), level=found)


def test_the_lowest_and_the_highest_trial_stand_beside_p95_and_rate():
    found = numbers_of(of_trials(trial(128, 980), trial(119, 1010), trial(121, 990)))

    assert plain(found.p95.whole) == "123 ms (119-128 ms)"
    assert plain(found.rate.whole) == "30 (98-101)"
    assert plain(found.p99.whole) == "200 ms"


@pytest.mark.parametrize("others", [[], [None], [measurement({Outcome.BAD_GATEWAY: 9})]])
def test_one_trial_or_one_without_an_answer_is_no_spread_of_the_p95(others):
    assert numbers_of(of_trials(trial(128), *others)).p95.spread == ""


def test_a_trial_by_itself_has_nothing_beside_it():
    assert rows.numbers_of(TOGETHER, "", ()).p95.spread == ""


def test_a_route_has_the_spread_of_its_own_requests():
    each = [trial(500, routes=(route(SMALL, {Outcome.OK: 10}, 20, ms),)) for ms in (40, 1900)]
    found = rows.route_row(of_trials(*each), route(SMALL, {Outcome.OK: 20}, 20, 800))

    assert plain(found.p95.whole) == "800 ms (40 ms-1.90 s)"


def test_a_route_that_nobody_asked_for_in_one_trial_has_none():
    found = of_trials(trial(500, routes=(route(SMALL, {Outcome.OK: 10}, 20, 40),)), trial(500))

    assert rows.route_row(found, route(SMALL, {Outcome.OK: 20}, 20, 800)).p95.spread == ""
    assert spread.by_trial(found, spread.of_route(SMALL, spread.p95_ms)) == [40, None]


def test_the_note_says_how_sure_so_many_trials_are():
    two, six = of_trials(*[trial(100)] * 2), of_trials(*[trial(100)] * 6)

    assert spread.note([two, six]).endswith("the confidence in that is 50.0 % for 2 trials and 96.9 % for 6 trials.")
    assert spread.note([of_trials(trial(100))]) == ""


@pytest.mark.parametrize(
    ("low", "high", "said"), [(119, 128, "119-128 ms"), (981, 1020, "981 ms-1.02 s"), (4.2, 4.2, "4.2-4.2 ms")]
)
def test_a_unit_of_both_ends_is_said_once(low, high, said):
    found = spread.beside(TableCell(text="x"), spread.of([low, high]), numbers.milliseconds)

    assert plain(found.whole) == f"x ({said})"

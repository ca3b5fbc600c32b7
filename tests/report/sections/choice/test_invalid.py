from dataclasses import replace

from badgateway.model.design import Purpose
from badgateway.model.summary import Verdict
from badgateway.report.sections.choice import invalid
from tests.report import builders, samples
from tests.report.choice_sample import LATE, study_equivalent, study_picked


def again(attempt, verdict=Verdict.INVALID, *, block=1, reasons=(LATE,), position=20):
    one = builders.trial("uwsgi-2", 300, position + attempt, None, verdict=verdict, reasons=reasons)
    return replace(one, trial=replace(one.trial, attempt=attempt, block=block, purpose=Purpose.SEARCH))


def with_others(*trials):
    return replace(samples.many_levels(), other_trials=trials)


def test_invalid_trials_are_counted_with_their_repeats():
    found = invalid.build(study_picked())
    assert (found.invalid, found.total, found.repeats, found.given_up) == (7, 85, 7, 0)
    assert found.sentence == ("7 of 85 trials were INVALID and are in no statistic; 7 trials were run to repeat them.")
    assert [row.count for row in found.rows] == [7]
    assert found.rows[0].reason == LATE


def test_without_an_invalid_trial_it_says_so():
    assert invalid.build(study_equivalent()).sentence == "None of 78 trials was INVALID."


def test_one_invalid_trial_that_nobody_repeated_is_said_in_the_singular():
    found = invalid.build(with_others(again(1)))
    assert found.sentence == (
        "1 of 5 trials was INVALID and is in no statistic; none was repeated; for 1 place in the plan no valid trial "
        "came of it."
    )


def test_three_invalid_attempts_leave_their_place_without_a_trial_and_another_block_is_another_place():
    found = invalid.build(
        with_others(
            again(1), again(2), again(3), again(1, block=2, position=30), again(2, Verdict.PASS, block=2, position=30)
        )
    )
    assert (found.invalid, found.repeats, found.given_up) == (4, 3, 1)


def test_reasons_that_differ_only_in_numbers_are_one():
    other = LATE.replace("14 ms", "27.5 ms")
    (row,) = invalid.build(with_others(again(1), again(2, reasons=(other,)))).rows
    assert (row.count, row.reason, row.configurations) == (
        2,
        LATE,
        "uwsgi-2\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}2",
    )

"""How much is done and how long the rest takes."""

import pytest

from badgateway.cli.pace import Pace, StudyPace
from tests.cli.clock import Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pace(clock):
    return Pace(4, 80, clock)


def run_trial(pace, clock, length_s):
    pace.trial_started()
    clock.now_s += length_s
    pace.trial_ended()


def test_before_the_first_trial_the_plan_is_all_there_is(pace, clock):
    clock.now_s += 30

    assert (pace.left_s(), pace.share_done()) == (80, 0)


def test_time_left_counts_down_within_a_trial(pace, clock):
    pace.trial_started()
    clock.now_s += 5

    assert pace.left_s() == 75
    assert pace.share_done() == pytest.approx(5 / 80)


def test_trials_that_ended_correct_the_plan(pace, clock):
    run_trial(pace, clock, 10)
    run_trial(pace, clock, 14)

    assert (pace.left_s(), pace.share_done()) == (24, 0.5)


def test_what_is_done_between_trials_is_not_counted_as_theirs(pace, clock):
    run_trial(pace, clock, 10)
    clock.now_s += 100

    assert pace.left_s() == 30


def test_a_trial_that_takes_longer_than_expected_is_not_done_and_nothing_is_negative(pace, clock):
    for _ in range(3):
        run_trial(pace, clock, 10)
    pace.trial_started()
    clock.now_s += 1000

    assert pace.left_s() == 0
    assert pace.share_done() < 1


def test_when_all_is_over_nothing_is_left(pace, clock):
    for _ in range(4):
        run_trial(pace, clock, 10)

    assert (pace.left_s(), pace.share_done()) == (0, 1)


@pytest.mark.parametrize("further", [0, 5])
@pytest.mark.parametrize("lengths_s", [(0,), (0, 0, 900), (900, 0.001, 20), (1, 10, 100, 1000), (20,) * 8])
def test_the_share_is_between_0_and_1_and_never_goes_back(lengths_s, further):
    clock = Clock()
    pace = Pace(len(lengths_s) + further, 60, clock)
    shares = []
    for length_s in lengths_s:
        pace.trial_started()
        for _ in range(3):
            clock.now_s += length_s / 3
            shares.append(pace.share_done())
        pace.trial_ended()
        shares.append(pace.share_done())
        assert pace.left_s() >= 0

    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)


def test_a_trial_more_makes_it_longer_and_the_share_does_not_go_back(pace, clock):
    for _ in range(3):
        run_trial(pace, clock, 20)
    share = pace.share_done()
    pace.expect(5)

    assert pace.left_s() == 40
    assert pace.share_done() == share
    for _ in range(2):
        run_trial(pace, clock, 20)
    assert (pace.left_s(), pace.share_done()) == (0, 1)


def test_what_comes_after_the_trials_is_in_the_time_and_the_share(clock):
    pace = Pace(2, 60, clock, afterwards_s=40)
    assert pace.left_s() == 100

    run_trial(pace, clock, 30)
    run_trial(pace, clock, 30)
    assert pace.left_s() == 40
    assert pace.share_done() == pytest.approx(0.6)

    clock.now_s += 20
    assert pace.left_s() == 20
    assert pace.share_done() == pytest.approx(0.8)

    clock.now_s += 300
    assert pace.left_s() == 0
    assert pace.share_done() < 1


def test_a_study_goes_by_what_it_says_before_each_trial(clock):
    pace = StudyPace(100, clock, afterwards_s=20)
    clock.now_s += 10

    assert pace.left_s() == 110
    pace.expect(50)
    clock.now_s += 10
    assert pace.left_s() == 60
    assert pace.share_done() == pytest.approx(20 / 80)


def test_a_study_that_takes_longer_than_it_said_has_only_what_comes_after_left(clock):
    pace = StudyPace(10, clock, afterwards_s=20)
    clock.now_s += 30

    assert pace.left_s() == 20

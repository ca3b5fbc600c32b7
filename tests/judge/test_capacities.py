"""Whether one capacity is proven to be lower than another."""

from dataclasses import replace

from badgateway.judge.capacities import is_proven_lower
from badgateway.model.capacity import Capacity, CapacityStatus, Reading


def capacity(estimate: float, *, width: float = 1.2, loads: tuple[float, ...] = ()) -> Capacity:
    return Capacity(
        status=CapacityStatus.FOUND,
        estimate=estimate,
        low=estimate / width,
        high=estimate * width,
        confirmed=estimate / width,
        trials=12,
        readings=tuple(Reading(round=number, load=load, error=0.01) for number, load in enumerate(loads, 3)),
    )


NONE = Capacity(status=CapacityStatus.NONE, estimate=None, low=None, high=None, confirmed=None, trials=3)
WANDERING = (200.0, 240.0, 180.0, 260.0, 170.0, 220.0, 190.0, 230.0)


def test_what_both_share_in_a_round_falls_out_of_the_comparison():
    leader = capacity(210, width=1.6, loads=WANDERING)
    rival = capacity(160, width=1.6, loads=tuple(load * 0.75 for load in WANDERING))
    otherwise = replace(rival, readings=tuple(replace(one, round=one.round + 20) for one in rival.readings))

    assert is_proven_lower(rival, leader, configurations=2)
    assert not is_proven_lower(otherwise, leader, configurations=2)


def test_intervals_that_are_far_apart_are_a_difference_without_a_common_round():
    assert is_proven_lower(capacity(100), capacity(300), configurations=4)
    assert not is_proven_lower(capacity(250), capacity(300), configurations=4)
    assert not is_proven_lower(capacity(300), capacity(100), configurations=4)


def test_more_configurations_ask_for_a_clearer_difference():
    rival, leader = capacity(210), capacity(300)

    assert is_proven_lower(rival, leader, configurations=2)
    assert not is_proven_lower(rival, leader, configurations=12)


def test_who_fails_the_lowest_load_carries_less_than_who_was_confirmed_and_nothing_is_lower_than_none():
    assert is_proven_lower(NONE, capacity(100), configurations=2)
    assert not is_proven_lower(NONE, replace(capacity(100), confirmed=None), configurations=2)
    assert not is_proven_lower(capacity(100), NONE, configurations=2)


def test_a_capacity_of_which_nothing_is_told_is_not_lower():
    untold = replace(NONE, status=CapacityStatus.NOT_TOLD)

    assert not is_proven_lower(untold, capacity(300), configurations=2)

"""Schedules of an open loop: repeatable, divisible, and of the kind they claim to be."""

from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from badgateway.load.arrivals import Agenda, Arrivals, Shard, due_between, offsets_s, shard_of
from badgateway.model.experiment import ArrivalKind

KINDS = st.sampled_from(ArrivalKind)


def first(number: int, **given: object) -> list[float]:
    return list(islice(offsets_s(Arrivals(**{"rate_per_s": 100, **given})), number))  # type: ignore[arg-type]


def test_the_gaps_of_a_poisson_schedule_are_exponential_with_the_rate():
    gaps = np.diff(first(20_000, rate_per_s=200))

    assert gaps.mean() == pytest.approx(1 / 200, rel=0.03)
    assert stats.kstest(gaps, "expon", args=(0, 1 / 200)).pvalue > 0.001


def test_the_gaps_of_a_constant_schedule_are_equal_and_it_does_not_drift():
    offsets = first(100_001, rate_per_s=300, kind=ArrivalKind.CONSTANT)

    assert offsets[100_000] == pytest.approx(100_000 / 300, abs=1e-9)
    assert max(later - earlier for earlier, later in pairwise(offsets)) == pytest.approx(1 / 300, abs=1e-9)


def test_a_seed_gives_the_same_schedule_and_another_another():
    assert first(1000, seed=3) == first(1000, seed=3)
    assert first(10, seed=3) != first(10, seed=4)


def test_twice_the_rate_of_one_seed_is_the_same_schedule_in_half_the_time():
    assert first(1000, rate_per_s=80) == pytest.approx([2 * offset for offset in first(1000, rate_per_s=160)])


@given(kind=KINDS, total=st.integers(1, 9), seed=st.integers())
def test_all_shards_together_are_the_whole_schedule_once(kind, total, seed):
    arrivals = Arrivals(rate_per_s=50, kind=kind, seed=seed)
    parts = [islice(shard_of(arrivals, Shard(index=index, total=total)), 20) for index in range(total)]

    assert sorted(arrival for part in parts for arrival in part) == list(
        enumerate(islice(offsets_s(arrivals), 20 * total))
    )


@given(kind=KINDS, start_s=st.floats(0, 5), length_s=st.floats(0, 5))
def test_the_arrivals_between_two_times_are_those_the_schedule_has(kind, start_s, length_s):
    arrivals = Arrivals(rate_per_s=40, kind=kind, seed=9)
    listed = [offset for offset in islice(offsets_s(arrivals), 2000) if start_s <= offset < start_s + length_s]

    assert due_between(arrivals, start_s, start_s + length_s) == len(listed)


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_a_rate_that_is_no_load_is_refused(rate):
    with pytest.raises(ValueError, match="the rate must be above 0"):
        Arrivals(rate_per_s=rate)


def test_an_agenda_gives_each_arrival_when_the_clock_has_come_to_it():
    now_s = [1000.0]
    agenda = Agenda(iter([(0, 1.0), (1, 1.5), (2, 9.0), (3, 9.5)]), 1000, lambda: now_s[0])
    assert (agenda.next_due_s, agenda.is_due()) == (1001, False)

    now_s[0] = 1001.5
    taken = [agenda.take() for _ in range(2) if agenda.is_due()]

    assert [(due.arrival, due.offset_s, due.due_s) for due in taken] == [(0, 1.0, 1001.0), (1, 1.5, 1001.5)]

"""The state machine of a study, driven to its end on simulated servers."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgateway.model.capacity import CapacityGoal, CapacityStatus
from badgateway.model.comparison import ChoiceKind
from badgateway.model.design import Ended, Purpose, Step
from badgateway.search import conclude, next_trials
from tests.amounts import examples
from tests.judge.designs import reasons
from tests.simulation.servers import Machine, Server, design

SERVERS = {
    "baseline": Server(p95_ms=420, limit=400),
    "better": Server(p95_ms=350, limit=400),
    "breaks": Server(p95_ms=300, limit=60),
}
ASKED = design(*SERVERS, levels=(50, 100, 200), control=True)
GOAL = CapacityGoal(lowest=20, highest=640)

unhurried = settings(max_examples=examples(50))


def machine(seed: int = 1, *, drift: float = 0.08, invalid: float = 0.0) -> Machine:
    return Machine(servers=SERVERS, seed=seed, drift=drift, invalid=invalid)


def ids(ended: list[Ended]) -> list[Step]:
    return [one.step for one in ended]


def test_the_first_block_shows_every_configuration_the_lowest_load_before_any_a_higher_one():
    first_block = [one.step for one in machine().run(ASKED) if one.step.block == 1]

    assert [step.level for step in first_block] == sorted(step.level for step in first_block)
    assert {step.configuration for step in first_block if step.level == 50} == set(SERVERS)


def test_a_configuration_that_fails_beyond_doubt_is_never_run_again():
    steps = ids(machine().run(ASKED))

    assert max(step.level for step in steps if step.configuration == "breaks") == 100
    assert {step.block for step in steps if step.configuration == "breaks"} == {1}
    assert conclude(ASKED, machine().run(ASKED)).configuration == "better"


def test_later_blocks_hold_each_standing_configuration_once_and_the_baseline_twice():
    steps = [step for step in ids(machine(drift=0).run(replace(ASKED, looks=()))) if step.block > 1]
    slots = Counter((step.block, step.configuration, step.control) for step in steps)

    assert set(slots.values()) == {1}
    assert len(slots) == 7 * 3
    assert {step.level for step in steps} == {200}
    assert {step.configuration for step in steps if step.control} == {"baseline"}


def test_a_clearly_slower_configuration_leaves_at_a_look_and_not_between_looks():
    servers = {"fast": Server(p95_ms=200), "near": Server(p95_ms=203), "slow": Server(p95_ms=400)}
    asked = design(*servers, levels=(200,), looks=(3, 5))
    steps = ids(Machine(servers=servers, seed=3).run(asked))

    assert max(step.block for step in steps if step.configuration == "slow") in {3, 5}
    assert max(step.block for step in steps if step.configuration == "near") == 8


def test_the_configurations_of_a_block_and_level_get_the_same_arrivals_and_other_blocks_others():
    seeds: dict[tuple[int, float], set[int]] = {}
    for step in ids(machine().run(ASKED)):
        seeds.setdefault((step.block, step.level), set()).add(step.seed)

    assert all(len(found) == 1 for found in seeds.values())
    assert len({seed for found in seeds.values() for seed in found}) == len(seeds)


def test_the_rest_of_a_batch_keeps_its_order_when_a_configuration_is_dropped():
    levels = replace(ASKED, levels=(100.0,))
    whole = next_trials(levels, [])
    first_of_the_failing = next(step for step in whole if step.configuration == "breaks")
    ended = [machine().end(levels, first_of_the_failing)]

    assert next_trials(levels, ended) == tuple(step for step in whole if step.configuration != "breaks")


def test_another_seed_gives_another_order():
    orders = {tuple(step.configuration for step in next_trials(replace(ASKED, seed=seed), [])) for seed in range(10)}

    assert len(orders) > 3


@unhurried
@given(st.integers(0, 1000), st.integers(0, 60), st.sampled_from([0.0, 0.2]))
def test_a_study_that_was_killed_goes_on_with_the_trial_it_would_have_run(seed, kept, invalid):
    asked = replace(ASKED, capacity=GOAL)
    whole = machine(seed, invalid=invalid).run(asked)
    kept = min(kept, len(whole) - 1)

    assert next_trials(asked, whole[:kept])[0] == whole[kept].step


@unhurried
@given(st.integers(0, 1000))
def test_the_order_in_which_ended_trials_are_read_from_disk_does_not_matter(seed):
    asked = replace(ASKED, capacity=GOAL)
    whole = machine(seed).run(asked)[:20]

    assert next_trials(asked, whole[::-1]) == next_trials(asked, whole)


@unhurried
@given(st.integers(0, 1000), st.sampled_from([0.1, 0.5, 1.0]))
def test_an_invalid_trial_is_repeated_at_most_twice_and_every_study_ends(seed, invalid):
    ended = machine(seed, invalid=invalid).run(replace(ASKED, capacity=GOAL))

    attempts = Counter((s.configuration, s.block, s.level, s.control, s.purpose) for s in ids(ended))
    assert max(attempts.values()) <= 3
    valid = {replace(one.step, attempt=0) for one in ended if one.facts is not None}
    assert sum(one.facts is not None for one in ended) == len(valid)


def test_a_configuration_that_cannot_be_measured_leaves_and_says_so():
    asked = replace(ASKED, levels=(50.0,))
    run = machine()
    ended: list[Ended] = []
    while due := next_trials(asked, ended):
        one = run.end(asked, due[0])
        ended.append(replace(one, facts=None) if one.step.configuration == "breaks" else one)
    choice = conclude(asked, ended)

    assert sum(one.step.configuration == "breaks" for one in ended) == 3
    assert "breaks is INVALID: at 50 tasks/s, every attempt was INVALID." in reasons(choice)
    assert choice.ranking[-1].configuration == "breaks"


def test_invalid_trials_change_no_number_of_the_conclusion():
    whole = machine().run(ASKED)
    planted = [replace(one, facts=None, step=replace(one.step, attempt=9)) for one in whole]

    assert conclude(ASKED, [*whole, *planted]) == conclude(ASKED, whole)


def test_the_capacities_of_those_in_front_are_searched_after_the_blocks_in_turns():
    servers = {"a": Server(p95_ms=360, limit=300), "b": Server(p95_ms=400, limit=500)}
    asked = design(*servers, levels=(100,), capacity=GOAL)
    run = Machine(servers=servers, seed=2)
    ended = run.run(asked)
    choice = conclude(asked, ended)
    searching = [one.step for one in ended if one.step.purpose is not Purpose.COMPARE]
    found = dict(choice.capacities)

    assert ended.index(next(one for one in ended if one.step is searching[0])) == len(ended) - len(searching)
    assert {step.configuration for step in searching[:2]} == {"a", "b"}
    assert {step.window_s for step in searching if step.purpose is Purpose.CONFIRM} == {3 * asked.window_s}
    # The limit of p95 is 1000 ms, which these servers never reach: they fail at their limit instead.
    assert found["a"].status is CapacityStatus.FOUND
    assert found["a"].estimate == pytest.approx(300, rel=0.06)
    assert found["b"].estimate == pytest.approx(500, rel=0.06)
    assert choice.kind in {ChoiceKind.PICKED, ChoiceKind.NEEDS_MORE}


def test_the_level_that_was_run_counts_where_a_load_had_to_be_rounded():
    servers = {"only": Server(limit=300)}
    asked = design("only", levels=(100,), blocks=1, capacity=GOAL)
    run = Machine(servers=servers, seed=2)
    ended: list[Ended] = []
    while due := next_trials(asked, ended):
        ended.append(run.end(asked, replace(due[0], level=float(round(due[0].level)))))

    found = dict(conclude(asked, ended).capacities)["only"]
    assert found.estimate == pytest.approx(300, rel=0.06)
    assert found.confirmed == round(found.confirmed or 0)


def test_a_budget_ends_the_blocks_in_time_and_a_begun_block_is_finished():
    one_s = ASKED.cost.trial_s(ASKED.window_s)
    asked = replace(ASKED, budget_s=22 * one_s, looks=())
    ended = machine(drift=0).run(asked)
    last = max(one.step.block for one in ended)

    assert sum(one.took_s for one in ended) <= 22 * one_s
    assert sum(one.step.block == last for one in ended) == 3
    assert 2 <= last < 8


def test_a_budget_ends_a_search_in_time_and_what_it_found_is_not_called_confirmed():
    one_s = ASKED.cost.trial_s(ASKED.window_s)
    servers = {"only": Server(limit=300)}
    asked = design("only", levels=(200,), blocks=2, capacity=GOAL, budget_s=8 * one_s)
    ended = Machine(servers=servers, seed=2).run(asked)
    found = dict(conclude(asked, ended).capacities)["only"]

    assert sum(one.took_s for one in ended) <= 8 * one_s
    assert found.status in {CapacityStatus.UNCONFIRMED, CapacityStatus.NOT_TOLD}
    assert found.confirmed is None
    assert found.low is not None
    assert found.high is not None
    assert found.low < 300 < found.high


def test_a_budget_keeps_time_for_the_capacities():
    one_s = ASKED.cost.trial_s(ASKED.window_s)
    asked = replace(ASKED, budget_s=50 * one_s, capacity=GOAL)
    ended = machine().run(asked)

    assert sum(one.took_s for one in ended) <= 50 * one_s
    assert any(one.step.purpose is Purpose.CONFIRM for one in ended)

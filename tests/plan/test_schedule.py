"""The order of trials."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from badgateway.model.experiment import MOST_SEED
from badgateway.plan.schedule import balanced, schedule
from tests.declared import experiment, far


@given(seed=st.integers(-MOST_SEED, MOST_SEED), blocks=st.integers(1, 5))
def test_every_block_holds_each_configuration_at_each_level_once(seed, blocks):
    trials = schedule(experiment(seed=seed, blocks=blocks))

    cells = Counter((trial.block, trial.configuration, trial.users) for trial in trials)
    assert set(cells.values()) == {1}
    assert len(cells) == blocks * 3 * 2
    assert [trial.block for trial in trials] == sorted(trial.block for trial in trials)
    assert [trial.position for trial in trials] == list(range(1, len(trials) + 1))


def test_the_same_seed_gives_the_same_order_and_another_seed_another():
    assert schedule(experiment(seed=7)) == schedule(experiment(seed=7))
    orders = {tuple(trial.configuration for trial in schedule(experiment(seed=seed))) for seed in range(10)}
    assert len(orders) > 5


def places(items: int, blocks: int, seed: int) -> list[list[int]]:
    orders = [balanced(range(items), seed=seed, block=block, blocks=blocks) for block in range(1, blocks + 1)]
    return [[order.index(item) for order in orders] for item in range(items)]


@given(items=st.integers(1, 40), pairs=st.integers(1, 6), seed=st.integers())
def test_after_every_pair_of_blocks_each_item_stood_in_the_middle_on_average(items, pairs, seed):
    for taken in places(items, 2 * pairs, seed):
        for first, second in zip(taken[::2], taken[1::2], strict=True):
            assert first + second == items - 1


@given(half=st.integers(1, 10), seed=st.integers())
def test_with_as_many_blocks_as_items_each_item_has_each_place_once(half, seed):
    for taken in places(2 * half, 2 * half, seed):
        assert sorted(taken) == list(range(2 * half))


def test_configurations_of_a_block_and_level_get_the_same_requests():
    trials = schedule(experiment(blocks=2))

    seeds = {
        (trial.block, trial.users): {one.seed for one in trials if (one.block, one.users) == (trial.block, trial.users)}
        for trial in trials
    }
    assert all(len(found) == 1 for found in seeds.values())
    assert len({seed for found in seeds.values() for seed in found}) == 4


def test_folder_names_sort_in_the_order_of_running():
    names = [trial.id for trial in schedule(experiment(blocks=20))]

    assert names == sorted(names)


def test_a_configuration_runs_at_each_of_its_distances_and_the_others_once():
    trials = schedule(far(0, 1, 5))

    cells = Counter((trial.configuration, trial.users, trial.database_distance_ms) for trial in trials)
    assert set(cells.values()) == {1}
    assert {distance for name, _, distance in cells if name == "first"} == {0, 1, 5}
    assert {distance for name, _, distance in cells if name != "first"} == {0}
    assert len(cells) == 2 * (3 + 1 + 1)


def test_the_distance_changes_nothing_in_what_the_users_ask_for():
    seeds = {(trial.users, trial.seed) for trial in schedule(far(0, 1, 5))}

    assert len(seeds) == 2

"""Orders the trials of an experiment: blocks, and a balanced order of the configurations over them."""

import random
from collections.abc import Sequence
from typing import TypeVar

from badgateway.model.axis import At, keys_of
from badgateway.model.experiment import Experiment
from badgateway.model.trial import Trial

_Item = TypeVar("_Item")


def balanced(items: Sequence[_Item], *, seed: int, block: int, blocks: int) -> list[_Item]:
    """Return the items in the order of one block; the same seed gives the same order.

    The order is drawn once. Blocks come in pairs: the second is the first one backwards, so that each item stands in
    the middle of a pair on average, and what grows evenly during a block favours none. Each further pair begins its
    order later, in steps that go once through it: with as many blocks as items, and an even number of them, each item
    has had each place once (a Latin square).

    Args:
        items: All that a block can hold; leave out those that do not run from what is returned, not from what is given.
        seed: Of the order.
        block: From 1 on.
        blocks: How many there will be.
    """
    order = list(items)
    random.Random(f"{seed}/order").shuffle(order)  # noqa: S311 # an order, not a secret
    pair, is_backwards = divmod(block - 1, 2)
    start = pair * len(order) // -(-blocks // 2)
    turned = order[start:] + order[:start]
    return turned[::-1] if is_backwards else turned


def schedule(experiment: Experiment) -> tuple[Trial, ...]:
    """Return all trials in the order of running; the same experiment and seed give the same order.

    Every block holds each configuration at each load level and each of its values on the axes once, in a
    balanced order: a machine that gets slower or faster during the experiment favours none of them.
    """
    trials: list[Trial] = []
    for block in range(1, experiment.blocks + 1):
        places = balanced(_places(experiment), seed=experiment.seed, block=block, blocks=experiment.blocks)
        trials += [
            Trial(
                block=block,
                position=position,
                configuration=name,
                users=users,
                seed=workload_seed(experiment.seed, block, users),
                **keys_of(at),
            )
            for position, (name, users, at) in enumerate(places, start=len(trials) + 1)
        ]
    return tuple(trials)


def _places(experiment: Experiment) -> list[tuple[str, int, At]]:
    """Return what a block holds: configuration, users and the value on each axis."""
    return [
        (one.name, users, at)
        for users in experiment.load.users
        for one in experiment.configurations
        for at in one.measured_at
    ]


def workload_seed(seed: int, block: int, load: float) -> int:
    """Return one seed for all configurations of a block and level, so that they get the same requests."""
    return random.Random(f"{seed}/{block}/{load:g}").randrange(2**31)  # noqa: S311 # repeatable on purpose

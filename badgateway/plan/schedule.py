"""Orders the trials of an experiment: blocks, and a random order inside each."""

import random

from badgateway.model.experiment import Experiment
from badgateway.model.trial import Trial

OVERHEAD_S = 4.0
"""About what a trial takes beyond its load."""


def schedule(experiment: Experiment) -> tuple[Trial, ...]:
    """Return all trials in the order of running; the same experiment and seed give the same order.

    Every block holds each configuration at each load level and each of its distances to the database once. The order
    inside it is random, so that a machine that gets slower or faster during the experiment does not favour the
    configuration listed first.
    """
    trials: list[Trial] = []
    for block in range(1, experiment.blocks + 1):
        cells = _cells(experiment)
        random.Random(f"{experiment.seed}/{block}").shuffle(cells)  # noqa: S311 # an order, not a secret
        trials += [
            Trial(
                block=block,
                position=position,
                configuration=name,
                users=users,
                seed=workload_seed(experiment.seed, block, users),
                database_distance_ms=distance_ms,
            )
            for position, (name, users, distance_ms) in enumerate(cells, start=len(trials) + 1)
        ]
    return tuple(trials)


def _cells(experiment: Experiment) -> list[tuple[str, int, float]]:
    """Return what a block holds: configuration, users and distance to the database."""
    return [
        (one.name, users, distance_ms)
        for users in experiment.load.users
        for one in experiment.configurations
        for distance_ms in one.database_distances_ms
    ]


def workload_seed(seed: int, block: int, load: float) -> int:
    """Return one seed for all configurations of a block and level, so that they get the same requests."""
    return random.Random(f"{seed}/{block}/{load:g}").randrange(2**31)  # noqa: S311 # repeatable on purpose


def expected_s(experiment: Experiment, *, overhead_s: float = OVERHEAD_S) -> float:
    """Return about how long the experiment takes, in seconds, the confirmation of its pick included."""
    scheduled_s = trial_s(experiment, overhead_s=overhead_s) * experiment.blocks * len(_cells(experiment))
    if experiment.confirmation is None:
        return scheduled_s
    return scheduled_s + trial_s(experiment, experiment.confirmation.window_s, overhead_s=overhead_s)


def trial_s(experiment: Experiment, window_s: float | None = None, *, overhead_s: float = OVERHEAD_S) -> float:
    """Return about how long one trial takes, in seconds, counting the longest drain only where it is likely.

    A trial is its warm-up and window, plus a drain of up to the client's time limit; half of that is a fair guess
    when configurations are expected to fail.
    """
    load = experiment.load
    return load.warm_up_s + (window_s or load.window_s) + experiment.timeouts.proxy_read_s / 2 + overhead_s

"""Plans what a run does besides its trials to find out how the requests of one worker share its time."""

from collections.abc import Iterable, Iterator
from itertools import product

from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.knob import WorkerModel
from badgateway.model.places import Place, Places
from badgateway.model.trial import Trial
from badgateway.model.worker_checks import WorkerCheckPlan
from badgateway.plan.expected_time import trial_s
from badgateway.plan.schedule import workload_seed
from badgateway.servers.registry import worker_model

REQUESTS = 8
"""Sent at once to one worker."""
LONGEST_WINDOW_S = 5.0
PROOF_S = 2.5
"""On average: 4 s where the requests of one worker wait for each other, and 1 s where they do not."""
CONNECT_COSTS_S = 1.0
PLAIN: dict[str, object] = {
    field: Configuration.model_fields[field].get_default(call_default_factory=True)
    for field in (
        "instances",
        "cores",
        "least_workers",
        "pool",
        "conn_max_age_s",
        "max_requests",
        "environment",
        "timeouts",
        "transport",
        "front_door",
    )
}
"""What a configuration may have of its own beside its server file and driver, as it is when nothing is said of it."""

_Pair = tuple[object, str]


def plan_worker_checks(experiment: Experiment) -> WorkerCheckPlan:
    """Return the proofs and watched trials of an experiment."""
    users = max(experiment.load.users, default=0)
    rate_per_s = None if users else max(experiment.load.rates_per_s)
    seed = workload_seed(experiment.seed, 1, rate_per_s or users)
    # One of each pair: what blocks the loop is the same whatever else the configurations of a ladder change.
    of_pair: dict[_Pair, Configuration] = {}
    for one in sorted(experiment.configurations, key=_has_more):
        of_pair.setdefault((one.server, one.driver), one)
    with_greenlets = [
        one
        for one in experiment.configurations
        if one is of_pair[one.server, one.driver] and one.must_answer and worker_model(one) is WorkerModel.GREENLETS
    ]
    return WorkerCheckPlan(
        pairs=tuple(_lone_workers(experiment, _declared_pairs(experiment))),
        trials=tuple(
            Trial(block=1, position=position, configuration=one.name, users=users, rate_per_s=rate_per_s, seed=seed)
            for position, one in enumerate(with_greenlets, start=1)
        ),
        load=experiment.load.model_copy(update={"window_s": min(experiment.load.window_s, LONGEST_WINDOW_S)}),
    )


def _has_more(configuration: Configuration) -> bool:
    """Tell whether it has more than its server file and driver; the loop of one that has not is the typical one."""
    return any(getattr(configuration, field) != value for field, value in PLAIN.items())


def worker_checks_s(plan: WorkerCheckPlan, experiment: Experiment) -> float:
    """Return about how long the worker checks take, in seconds."""
    watched_s = len(plan.trials) * trial_s(experiment, window_s=plan.load.window_s)
    return len(plan.pairs) * PROOF_S + CONNECT_COSTS_S + watched_s


def lone_workers(experiment: Experiment) -> Iterator[Configuration]:
    """Return one configuration for each server file with each driver, in the order they were declared.

    It has one worker, and the most threads and greenlets that the experiment gives this server file.
    """
    declared = experiment.configurations
    servers = dict.fromkeys(configuration.server for configuration in declared)
    drivers = dict.fromkeys(configuration.driver for configuration in declared)
    return _lone_workers(experiment, product(servers, drivers))


def roomy(places: Places) -> Places:
    """Return the places of a worker check: each kernel lets as many wait as it has requests."""
    small = {
        key: line.model_copy(update={"somaxconn": None})
        for key, line in places.lines.items()
        if isinstance(line, Place) and line.somaxconn is not None and line.somaxconn < REQUESTS * 2
    }
    return places.model_copy(update=small)


def _declared_pairs(experiment: Experiment) -> Iterable[_Pair]:
    return dict.fromkeys((one.server, one.driver) for one in experiment.configurations)


def _lone_workers(experiment: Experiment, pairs: Iterable[_Pair]) -> Iterator[Configuration]:
    for number, (server, driver) in enumerate(pairs, start=1):
        same = [configuration for configuration in experiment.configurations if configuration.server == server]
        changes = {
            "name": f"lone-{number}",
            "driver": driver,
            "workers": 1,
            **PLAIN,
            "threads": max(configuration.threads for configuration in same),
            "greenlets": max(configuration.greenlets for configuration in same),
            # What is asked is how a worker shares its time, not how many may wait for it.
            "listen": max(REQUESTS * 2, *(configuration.listen for configuration in same)),
        }
        yield same[0].model_copy(update=changes)

"""Finds the servers that would not start, for an accept queue that is longer than their kernel lets one be.

Most servers do not ask: the kernel cuts their queue without a word, and what it cut it to is in the samples of a trial.
"""

from collections.abc import Callable, Iterator

from badgateway.model.experiment import Experiment
from badgateway.servers.registry import server_of

Ask = Callable[[], int | None]
_OF_MACHINE = ("this machine", "sysctl -w net.core.somaxconn={}")
_OF_PLACE = ("places.target", "places.target.somaxconn = {}")
"""Whose kernel it is, and what raises its ceiling."""


def queue_faults(experiment: Experiment, of_machine: Ask, of_new_network: Ask) -> Iterator[str]:
    """Yield each of them by its key, with what to do.

    Args:
        experiment: With the server of each configuration.
        of_machine: Returns net.core.somaxconn here; None where the system does not tell.
        of_new_network: Returns what a new network has by itself; None where none can be made.
    """
    asking = [one for one in experiment.configurations if server_of(one).demands_its_queue]
    limit = _ceiling(experiment, of_machine, of_new_network) if asking else None
    whose, remedy = _OF_MACHINE if experiment.places.target is None else _OF_PLACE
    for one in asking:
        if limit is not None and one.listen > limit:
            yield (
                f"configurations[{one.name}].listen: {server_of(one).label} does not start with a queue of "
                f"{one.listen} where net.core.somaxconn is {limit}, as that of {whose}; write listen = {limit}, or "
                f"{remedy.format(one.listen)}"
            )


def _ceiling(experiment: Experiment, of_machine: Ask, of_new_network: Ask) -> int | None:
    place = experiment.places.target
    if place is None:
        return of_machine()
    return of_new_network() if place.somaxconn is None else place.somaxconn

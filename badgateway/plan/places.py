"""Finds what an experiment says of its parts and could not have where [places] puts them on machines of their own.

A unix socket is a file of one machine: between two it joins nobody, even where both share a disk. And from the servers'
machine nothing is reached but what the run itself hands on.
"""

from collections.abc import Iterator

from badgateway.model.experiment import Experiment

TCP = "tcp"


def placing_faults(experiment: Experiment) -> Iterator[str]:
    """Yield what does not go with the places of proxy and target, each with its key and what to do."""
    places = experiment.places
    keys = [key for key in ("proxy", "target") if key in places.lines]
    if not keys:
        return
    if places.load is not None and places.proxy is not None:
        yield (
            "places.load: it and places.proxy are two ends of one line, and with proxy the load is alone where the kit "
            "is; take load out"
        )
    yield from _unix_sockets(experiment, keys[0])
    if places.target is not None and experiment.database.url is not None:
        yield (
            "places.target: from there only what the run starts is reached, and database.url is elsewhere; take one of "
            "them out"
        )


def _unix_sockets(experiment: Experiment, key: str) -> Iterator[str]:
    """Yield the configurations whose nginx would look for a socket on its own machine."""
    for one in experiment.configurations:
        if one.transport != TCP:
            yield (
                f"configurations[{one.name}].transport: '{one.transport}' is a socket of one machine, and places.{key} "
                f'has nginx and the server on two; write transport = "{TCP}"'
            )

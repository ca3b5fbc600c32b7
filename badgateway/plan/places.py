"""Finds what an experiment says of its parts and could not have where [places] puts them on machines of their own.

A unix socket is a file of one machine: between two it joins nobody, even where both share a disk. And from the servers'
machine nothing is reached but what the run itself hands on.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from badgateway.model.experiment import Experiment
from badgateway.model.places import WORKERS, Places
from badgateway.model.printable import printable_part
from badgateway.numbers import plural
from badgateway.plan.declaration_faults import likely
from badgateway.plan.templates import ADDRESS

TCP = "tcp"
_KEYS = tuple(key for key in Places.model_fields if key != WORKERS)


def places_faults(declared: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of [places] that no file has, each with what is allowed."""
    places = declared.get("places")
    for key in places if isinstance(places, Mapping) else ():
        if key == WORKERS:
            yield (
                f"places.{WORKERS}: how many workers join is said in the command, badgateway run --workers-expected N; "
                f"take it out, allowed are {', '.join(_KEYS)}"
            )
        elif key not in _KEYS:
            yield f"places.{printable_part(str(key))}: unknown key; {likely(str(key), _KEYS)}"


def placing_faults(experiment: Experiment) -> Iterator[str]:
    """Yield what does not go with the places of load, proxy and target, each with its key and what to do."""
    yield from _ports_of_load(experiment)
    places = experiment.places
    keys = [key for key in ("proxy", "target") if key in places.lines]
    if not keys:
        return
    if places.load is not None and places.proxy is not None:
        yield (
            "places.load: it and places.proxy are two ends of one line, and with proxy the load is alone where the kit "
            "is; take load out"
        )
    if places.proxy is not None and places.proxy.is_far and places.target is None:
        yield (
            "places.proxy: without places.target the servers are where the load is, and each request would cross the "
            "line again on its way to them; write target = {}, which puts them beside nginx, or give the line to "
            "places.load"
        )
    yield from _unix_sockets(experiment, keys[0])
    if places.target is not None and experiment.database.url is not None:
        yield (
            "places.target: from there only what the run starts is reached, and database.url is elsewhere; take one of "
            "them out"
        )


def listening_fault(file: str, template: str, places: Places) -> str:
    """Return why nginx would not listen where the load comes to; empty where it does, as that is 127.0.0.1 or told."""
    key = next((key for key in ("load", "proxy") if key in places.lines), "")
    if not key or ADDRESS in template:
        return ""
    return f"{file}: has no {ADDRESS}, and with places.{key} nginx listens at another; write listen {ADDRESS}:@{{port}}"


def _ports_of_load(experiment: Experiment) -> Iterator[str]:
    """Yield that users would find no local port: each keeps a connection of its own."""
    place, users = experiment.places.load, max(experiment.load.users, default=0)
    if place is None or place.ip_local_port_range is None:
        return
    first, last = place.ip_local_port_range
    if last - first + 1 < users:
        yield (
            f"places.load.ip_local_port_range: [{first}, {last}] is {plural(last - first + 1, 'port')}, and "
            f"{users:,} users need one each at least; widen it, or leave it out"
        )


def _unix_sockets(experiment: Experiment, key: str) -> Iterator[str]:
    """Yield the configurations whose nginx would look for a socket on its own machine."""
    for one in experiment.configurations:
        if one.transport != TCP:
            yield (
                f"configurations[{one.name}].transport: '{one.transport}' is a socket of one machine, and places.{key} "
                f'has nginx and the server on two; write transport = "{TCP}"'
            )

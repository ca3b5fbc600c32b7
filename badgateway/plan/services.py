"""What a site may need beside its database, and a run can start of its own: how it is started, emptied and reached."""

from collections.abc import Iterator
from dataclasses import dataclass

from badgateway.model.experiment import Experiment
from badgateway.model.printable import printable_part
from badgateway.plan.declaration_faults import likely

PARTS = ("url", "host", "port")
"""What stands in a variable for where one is: ${NAME.url}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A server beside the site's database; none keeps anything that a trial has left."""

    name: str
    """As experiments call it."""
    label: str
    """As its makers write it."""
    programs: tuple[str, ...]
    """That serve it, the first that is there."""
    arguments: tuple[str, ...]
    """Behind the program; {port} and {folder} are where it listens and what it may write to."""
    install: str
    scheme: str
    """Of its address."""
    usual_port: int
    empties: bytes
    """Sent to it, takes away all that it holds."""
    well: bytes
    """How its answer begins then."""


SERVICES = (
    Service(
        name="redis",
        label="Redis",
        programs=("redis-server", "valkey-server"),
        # Nothing of it is kept on a disk: a trial would wait for that.
        arguments=("--port", "{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "{folder}"),
        install="install it (Debian: apt-get install redis-server)",
        scheme="redis",
        usual_port=6379,
        empties=b"FLUSHALL\r\n",
        well=b"+OK",
    ),
)


def services_of(experiment: Experiment) -> tuple[Service, ...]:
    """Return the services that an experiment asks for, each once."""
    return tuple(one for one in SERVICES if one.name in experiment.application.services)


def service_faults(experiment: Experiment) -> Iterator[str]:
    """Yield what is wrong with the services that an experiment names."""
    known = [one.name for one in SERVICES]
    for name in experiment.application.services:
        if name not in known:
            remedy = likely(name, known, otherwise="a run can start")
            yield f"application.services: {printable_part(name)} is not known; {remedy}"


def offered(told: str) -> str:
    """Say how a run can have one of its own of what is told of, by its name or its port; empty where it cannot."""
    words = told.lower()
    name = next((one.name for one in SERVICES if one.name in words or f":{one.usual_port}" in words), "")
    if not name:
        return ""
    return f'for one of its own: services = ["{name}"] under [application], and "${{{name}.url}}" in its variable'


def service_at(port: int) -> Service | None:
    """Return the service that mostly listens on a port."""
    return next((one for one in SERVICES if one.usual_port == port), None)

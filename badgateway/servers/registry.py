"""Finds the application servers: those of this room, and those that other packages bring."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

from badgateway import registry
from badgateway import servers as room
from badgateway.errors import ConfigurationError
from badgateway.model.knob import ATTACHED, WorkerModel
from badgateway.servers.log import ServerLog
from badgateway.servers.server import Place, Server, Start

if TYPE_CHECKING:
    from badgateway.model.configuration import Configuration

GROUP = "badgateway.servers"
"""Entry points of this group name a module with a SERVER."""


def _not_started(configuration: "Configuration", _place: Place) -> Start:
    raise ConfigurationError(f"{configuration.name}: is how a site that already runs was set up; no server is started")


_ITS_OWN = Server(
    name=ATTACHED,
    label="the site's own server",
    distributions=(),
    files=(),
    start=_not_started,
    worker_model=lambda _text: WorkerModel.THREADS,
    settings={},
)
"""Stands for the server of a site that already runs, which nobody has told; it is none to choose."""


@cache
def servers() -> tuple[Server, ...]:
    """Return all servers, each by its name only once, in the order in which they are named to people.

    Raises:
        ConfigurationError: An entry point cannot be loaded, is none, or takes a name that is there already.
    """
    found = registry.found(room, "SERVER", Server, GROUP)
    return tuple(sorted(found, key=lambda server: (server.rank, server.name)))


def labels() -> str:
    """Return what there is to choose from: 'gunicorn (*.py), uwsgi (*.ini)'."""
    return ", ".join(
        f"{server.name} ({' '.join(server.files)})" for server in sorted(servers(), key=lambda one: one.name)
    )


def server_of(configuration: "Configuration") -> Server:
    """Return the server that runs a configuration; one of version 0.1 has no `kind`, and any name.

    Raises:
        ConfigurationError: It names none that is known, or its file fits none, or several.
    """
    if configuration.is_attached:
        return _ITS_OWN
    found = fitting(configuration.kind, configuration.server)
    if not found and not configuration.kind:
        found = tuple(server for server in servers() if server.read_once(configuration.server))
    if len(found) == 1:
        return found[0]
    raise ConfigurationError(f"configurations[{configuration.name}].{kind_fault(configuration)}")


def kind_fault(configuration: "Configuration") -> str:
    """Return why it is not known which server a configuration is for, with the key; empty when it is."""
    found = fitting(configuration.kind, configuration.server)
    if len(found) == 1:
        return ""
    if configuration.kind:
        return f"kind: {configuration.kind} is no known server; there are {labels()}"
    if not found:
        return (
            f"server: {configuration.server} is not named as a known server's file, {labels()}; rename it, or say "
            f'which server reads it, such as kind = "{servers()[0].name}"'
        )
    names = " or ".join(server.name for server in found)
    return f'server: {configuration.server} may be a file of {names}; say which: kind = "{found[0].name}"'


@cache
def fitting(kind: str, file: PurePosixPath) -> tuple[Server, ...]:
    """Return the servers of that name, or if none is given, those whose files are named like this one."""
    return tuple(server for server in servers() if (server.name == kind if kind else server.reads(file)))


def setting_faults(configuration: "Configuration", server: Server) -> Iterator[str]:
    """Yield what a configuration sets that its server has not, each with its key: it would do nothing, unseen."""
    for field, why in server.lacks.items():
        declared = type(configuration).model_fields.get(field)
        if declared is not None and getattr(configuration, field) != declared.default:
            yield f"{field}: {server.label} has no such setting: {why}; leave it out"
    if configuration.listen < server.least_listen:
        yield f"listen: {server.label} takes no accept queue below {server.least_listen}"


def shown_model(configuration: "Configuration", text: str) -> WorkerModel:
    """Return the worker model that a server file shows, or of a command, what it says without a file of the site's.

    Args:
        configuration: Whose it is.
        text: Of its server file.
    """
    server = server_of(configuration)
    own = server.own_command
    if configuration.command and own and not own.asks:
        with suppress(ValueError):
            text = own.text(configuration.command_words, "", configuration.environment)
    return server.worker_model(text)


def worker_model(configuration: "Configuration") -> WorkerModel | None:
    """Return how one worker serves several requests; None where no record says so.

    It is read from the server file when an experiment is, and kept. Runs of version 0.1 have not kept it, and named
    those files after it.
    """
    named_so = "gevent" in configuration.server.stem
    return configuration.worker_model or (WorkerModel.GREENLETS if named_so else None)


def server_of_command(command: str) -> Server | None:
    """Return the server that a command starts; None when it is none that is known, or no command at all."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    return next((server for word in words if (server := server_of_program(word))), None)


def server_of_program(word: str) -> Server | None:
    """Return the server whose program a word of a command names, with or without its folder; None when it is none."""
    name = PurePosixPath(word).name
    return next((server for server in servers() if name in {server.name, *server.other_programs}), None)


def uses(configurations: Iterable["Configuration"]) -> dict[str, set[WorkerModel]]:
    """Return the servers of configurations by name, each with the worker models that are known.

    Those of a site that already runs may be any.
    """
    found: dict[str, set[WorkerModel]] = {}
    for one in configurations:
        if one.is_attached:
            return {server.name: set() for server in servers()}
        model = worker_model(one)
        found.setdefault(server_of(one).name, set()).update({model} if model else ())
    return found


def server_named(name: str) -> Server | None:
    """Return the server of this name, as raw files and logs have it; None when there is none."""
    return next((server for server in servers() if server.name == name), None)


@cache
def server_logs() -> Mapping[str, ServerLog]:
    """Return the logs of all servers by their kind, those last in whose form others write too."""
    logs = [server.log for server in servers() if server.log is not None]
    return MappingProxyType({log.kind: log for log in sorted(logs, key=lambda log: log.is_common)})


@cache
def server_names() -> Mapping[str, str]:
    """Return the name of the server by the kind of its log."""
    return MappingProxyType({server.log.kind: server.name for server in servers() if server.log is not None})

"""What the files of a site say of it, read as they stand: server, proxy, Django's settings, the database's limit."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from badgateway.causes import django_files
from badgateway.causes.nginx_files import Pass, includes, is_of_nginx, passes
from badgateway.causes.server_files import UNKNOWN, Said, server_says
from badgateway.model.knob import WorkerModel
from badgateway.servers.python_options import syntax_fault
from badgateway.servers.registry import servers
from badgateway.servers.server import Server
from badgateway.servers.serving_command import ServingCommand, commands_in, lines_in

_BRACE = re.compile(r"""(?<![^\s;{}])(?:#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|([{}])""", re.DOTALL)
_LIMIT = re.compile(r"^\s*max[_-]connections\s*=\s*(\d+)", re.MULTILINE)
"""MariaDB and MySQL read an option with either sign."""
_ENGINE = re.compile(r"django\.db\.backends\.(\w+)")
_LETS_OTHERS_RUN = {
    "mysql": re.compile(r"install_as_MySQLdb"),
    "postgresql": re.compile(r"psycogreen|\bpsycopg\b"),
}
"""By Django's engine: what one of a site's files has where its driver is no C that blocks, or one that gevent knows of.

It mostly stands elsewhere than the engine: in the package's __init__.py, a server's hook, the requirements.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFiles:
    """What was said, in whichever of the files."""

    server: Server | None = None
    model: WorkerModel | None = None
    settings: Mapping[str, Said] = field(default_factory=dict)
    """The server's, by their names in a configuration; defaults too."""
    address: Said | None = None
    passes: Sequence[Pass] = ()
    """Where nginx hands requests on; those that lead to the server, where some are known to."""
    blocking_driver: Said | None = None
    """A driver that waits in C, of which gevent does not know."""
    max_connections: Said | None = None
    late_patch: Said | None = None
    """What makes gevent patch after the application is imported."""
    pool: Said | None = None
    """What lends connections to the database."""
    kept_connections: Said | None = None
    """For how long Django keeps them, if not just for a request."""
    cookie_session: Said | None = None
    """That sessions travel in a cookie."""
    sync_stream: Said | None = None
    """That something is streamed, and nothing near it is asynchronous."""
    request_header: Said | None = None
    """How large one was seen to be."""
    response_header: Said | None = None
    balancer_idle_s: Said | None = None
    """For how long a load balancer before all of it keeps an idle connection."""
    unread: Sequence[str] = ()
    """Files that say nothing that is known."""
    unknown: Sequence[Said] = ()
    """What is said in a way that takes a run to know, such as an expression: no rule tells anything of it."""
    unsaid: Collection[str] = ()
    """The server's settings of which that holds: no default is theirs."""
    includes: bool = False
    """Whether nginx's files take in others, which may say what these do not."""


def read_site(files: Mapping[PurePath, str]) -> SiteFiles:
    """Return what the files say; of several of one kind but nginx's, the last one counts."""
    told: dict[str, Any] = {}
    unread = []
    unknown: dict[str, Any] = {}
    lenient = {engine for engine, mark in _LETS_OTHERS_RUN.items() if any(map(mark.search, files.values()))}
    commands = {path: one for path, text in files.items() if (one := next(commands_in(path, text), None))}
    own = {server.name: path for path, text in files.items() if (server := _server_of(path, text))}
    faults = {path: _unreadable(path, text) for path, text in files.items() if path not in commands}
    # What a command says is stronger than the server's own file.
    for path, text in sorted(files.items(), key=lambda one: one[0] in commands):
        if path in commands:
            found = _of_command(commands[path], path, own.get(commands[path].server.name), files)
        else:
            found = dict(_of(path, text, lenient))
            if faults[path]:
                found[f"{UNKNOWN} {path}"] = faults[path]
        of_file = {name: found.pop(name) for name in tuple(found) if name.startswith(UNKNOWN)}
        unknown |= of_file
        told |= found
        if not (found or of_file or is_of_nginx(text) or _lets_others_run(text)):
            unread.append(str(path))
    every = [one for said in unknown.values() for one in said]
    of_nginx = {path: text for path, text in files.items() if is_of_nginx(text)}
    others = tuple(includes(of_nginx))
    every += others
    return SiteFiles(
        **told,
        passes=_leading_to(told.get("address"), passes(of_nginx)),
        includes=bool(others),
        unread=tuple(unread),
        unknown=tuple(every),
    )


def _leading_to(address: Said | None, found: Sequence[Pass]) -> Sequence[Pass]:
    """Return the places that lead to where the server listens; all, where none is seen to."""
    return [one for one in found if address is not None and one.leads_to(address.value)] or found


def _of(path: PurePath, text: str, lenient: Collection[str]) -> Iterator[tuple[str, object]]:
    """Yield what a file says; of the engines in `lenient`, some file says that the driver lets others run."""
    if server := _server_of(path, text):
        yield from server_says(server, path, text)
        return
    if is_of_nginx(text) and (fault := tuple(_unbalanced(path, text))):
        yield f"{UNKNOWN} {path}", fault
    if limit := _LIMIT.search(text):
        yield "max_connections", Said(value=limit[1], where=_where(path, text, limit.start(1)))
    if path.suffix == ".py":
        yield from _of_python(path, text)
    engine = _ENGINE.search(text)
    if engine and engine[1] in _LETS_OTHERS_RUN and engine[1] not in lenient:
        yield "blocking_driver", Said(value=engine[0], where=_where(path, text, engine.start()))
    elif engine:
        yield "blocking_driver", None


def _server_of(path: PurePath, text: str) -> Server | None:
    named = [server for server in servers() if server.reads(path) and server.deployable]
    if len(named) == 1:
        return named[0]
    return next((one for one in servers() if one.deployable and one.deployable.is_mine(text)), None)


def _of_command(
    command: ServingCommand, path: PurePath, own: PurePath | None, files: Mapping[PurePath, str]
) -> dict[str, object]:
    """Return what a command says, and its server's own file where that is among the files."""
    server, own_command = command.server, command.server.own_command
    where = f"{path}:{command.line}"
    if own_command is None:
        return dict(server_says(server, own or path, files[own] if own else "", where=where))
    named = own_command.named_file(command.words)
    if named:
        own = next((one for one in files if one.name == PurePath(named).name), None)
    given = {name: Said(value=value, where=where) for name, value in command.variables.items()}
    usual = {setting: given[name] for name, setting in own_command.variables.items() if name in given}
    return dict(
        server_says(
            server,
            own or path,
            files[own] if own else "",
            command=own_command.says(command.words),
            where=where,
            variables=usual,
            missing=named if own is None else "",
        )
    )


def _unreadable(path: PurePath, text: str) -> tuple[Said, ...]:
    """Return the lines of a file that would start the server, and cannot be read."""
    lines = (line for line in lines_in(path, text) if line.fault)
    return tuple(Said(value=f"could not be read: {line.fault}", where=f"{path}:{line.number}") for line in lines)


def _of_python(path: PurePath, text: str) -> Iterator[tuple[str, object]]:
    if fault := syntax_fault(text):
        yield f"{UNKNOWN} {path}", (Said(value=fault, where=str(path)),)
        return
    unknown = []
    for name, value, line in django_files.django_says(text):
        said = Said(value=value, where=f"{path}:{line}")
        if name == django_files.UNKNOWN:
            unknown.append(said)
        else:
            yield name, said
    if unknown:
        yield f"{UNKNOWN} Django", tuple(unknown)


def _lets_others_run(text: str) -> bool:
    return any(mark.search(text) for mark in _LETS_OTHERS_RUN.values())


def _unbalanced(path: PurePath, text: str) -> Iterator[Said]:
    """Yield the first brace of nginx's that nothing closes, or that closes nothing: it would start with no line."""
    opened: list[int] = []
    for found in _BRACE.finditer(text):
        if found[1] == "{":
            opened.append(found.start())
        elif found[1] == "}" and opened:
            opened.pop()
        elif found[1]:
            yield Said(value="could not be read: } closes nothing", where=_where(path, text, found.start()))
            return
    if opened:
        yield Said(value="could not be read: nothing closes its {", where=_where(path, text, opened[-1]))


def _where(path: PurePath, text: str, place: int) -> str:
    return f"{path}:{text.count(chr(10), 0, place) + 1}"

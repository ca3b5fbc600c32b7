"""What the files of a site say of it, read as they stand: server, proxy, Django's settings, the database's limit."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from badgateway.causes.django_files import django_says
from badgateway.model.knob import WorkerModel
from badgateway.servers.registry import servers
from badgateway.servers.server import Server
from badgateway.servers.serving_command import ServingCommand, commands_in

_BEGINS = r"(?:^|(?<=[{};]))\s*"
"""Of a directive."""
_DIRECTIVE = re.compile(rf"{_BEGINS}([a-z_]+)\s+([^;{{}}]+);", re.MULTILINE)
_COMMENT = re.compile(r"#[^\n]*")
_LIMIT = re.compile(r"^\s*max[_-]connections\s*=\s*(\d+)", re.MULTILINE)
"""MariaDB and MySQL read an option with either sign."""
_PROXY = re.compile(rf"{_BEGINS}(?:proxy|uwsgi)_pass\s", re.MULTILINE)
_ENGINE = re.compile(r"django\.db\.backends\.(\w+)")
_LETS_OTHERS_RUN = {
    "mysql": re.compile(r"install_as_MySQLdb"),
    "postgresql": re.compile(r"psycogreen|\bpsycopg\b"),
}
"""By Django's engine: what one of a site's files has where its driver is no C that blocks, or one that gevent knows of.

It mostly stands elsewhere than the engine: in the package's __init__.py, a server's hook, the requirements.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A value, and the line that says it; a default has none."""

    value: str
    where: str

    @property
    def number(self) -> float | None:
        """The value as a number, seconds without their unit; None where it is none."""
        found = re.match(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)?\b", self.value)
        factors = {"ms": 0.001, "m": 60, "h": 3600}
        return float(found[1]) * factors.get(found[2], 1) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFiles:
    """What was said, in whichever of the files."""

    server: Server | None = None
    model: WorkerModel | None = None
    settings: Mapping[str, Said] = field(default_factory=dict)
    """The server's, by their names in a configuration; defaults too."""
    address: Said | None = None
    proxy: Mapping[str, Said] = field(default_factory=dict)
    """nginx's directives, the last of each."""
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
    unread: Sequence[str] = ()
    """Files that say nothing that is known."""


def read_site(files: Mapping[PurePath, str]) -> SiteFiles:
    """Return what the files say; of several of one kind, the last one counts."""
    told: dict[str, object] = {}
    unread = []
    lenient = {engine for engine, mark in _LETS_OTHERS_RUN.items() if any(map(mark.search, files.values()))}
    commands = {path: one for path, text in files.items() if (one := next(commands_in(path, text), None))}
    own = {server.name: path for path, text in files.items() if (server := _server_of(path, text))}
    # What a command says is stronger than the server's own file.
    for path, text in sorted(files.items(), key=lambda one: one[0] in commands):
        if path in commands:
            told |= _of_command(commands[path], path, own.get(commands[path].server.name), files)
            continue
        found = dict(_of(path, text, lenient))
        told |= found
        if not found and not any(mark.search(text) for mark in _LETS_OTHERS_RUN.values()):
            unread.append(str(path))
    return SiteFiles(**told, unread=tuple(unread))  # type: ignore[arg-type] # the names of its fields


def _of(path: PurePath, text: str, lenient: Collection[str]) -> Iterator[tuple[str, object]]:
    """Yield what a file says; of the engines in `lenient`, some file says that the driver lets others run."""
    if server := _server_of(path, text):
        yield from _of_server(server, path, text)
        return
    if _PROXY.search(text):
        yield "proxy", dict(_directives(path, text))
    if limit := _LIMIT.search(text):
        yield "max_connections", Said(value=limit[1], where=_where(path, text, limit.start(1)))
    if path.suffix == ".py":
        for name, value, line in django_says(text):
            yield name, Said(value=value, where=f"{path}:{line}")
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
    server = command.server
    said = server.own_command.says(command.words) if server.own_command else ""
    where = f"{path}:{command.line}"
    return dict(_of_server(server, own or path, files[own] if own else "", said=said, where=where))


def _of_server(
    server: Server, path: PurePath, text: str, *, said: str = "", where: str = ""
) -> Iterator[tuple[str, object]]:
    """Yield what a server's file says, and behind it what a command does; the last of two counts."""
    deployable = server.deployable
    assert deployable is not None
    lines = text.splitlines()
    text = "\n".join((*lines, said))
    options = deployable.options(text)
    settings = {
        name: Said(value=value, where=f"{server.label}'s default") for name, value in deployable.defaults.items()
    }
    for name, spelled in {**server.settings, **deployable.further}.items():
        if option := options.get(spelled):
            settings[name] = Said(value=option.value, where=_line(path, option.line, len(lines), where))
    yield "server", server
    yield "model", server.worker_model(text)
    yield "settings", settings
    if late := deployable.late_patch(options, text):
        yield "late_patch", Said(value=late.value, where=_line(path, late.line, len(lines), where))
    for name in deployable.addresses:
        if option := options.get(name):
            yield "address", Said(value=option.value, where=_line(path, option.line, len(lines), where))
            return


def _line(path: PurePath, line: int, lines: int, behind: str) -> str:
    """Return where an option stands: in its file, or what is behind its last line."""
    return f"{path}:{line}" if line <= lines else behind


def _directives(path: PurePath, text: str) -> Iterator[tuple[str, Said]]:
    # As long as it was, so that every place is in its line.
    text = _COMMENT.sub(lambda found: " " * len(found[0]), text)
    in_upstream = re.compile(r"upstream\s+\S+\s*\{[^}]*\}", re.DOTALL)
    blocks = [(found.start(), found.end()) for found in in_upstream.finditer(text)]
    for found in _DIRECTIVE.finditer(text):
        inside = any(start < found.start() < end for start, end in blocks)
        name = f"upstream {found[1]}" if inside else found[1]
        yield name, Said(value=found[2].strip(), where=_where(path, text, found.start(1)))


def _where(path: PurePath, text: str, place: int) -> str:
    return f"{path}:{text.count(chr(10), 0, place) + 1}"

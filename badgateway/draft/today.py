"""How a site is served today: the command that its own files name, which file says so, and what it comes to."""

import configparser
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from badgateway.draft.repository import Repository
from badgateway.draft.started_script import served_by_script
from badgateway.draft.variables import is_database_address
from badgateway.model.declared import is_set_by_a_run
from badgateway.model.knob import WorkerModel
from badgateway.model.masking import is_secret_name
from badgateway.numbers import listed
from badgateway.servers.registry import servers
from badgateway.servers.server import Server
from badgateway.servers.serving_command import Line, ServingCommand, commands_in, commands_of, lines_in

_SET = re.compile(r"^\s*ENV\s+([A-Za-z_]\w*)[= ](\S+)", re.MULTILINE | re.IGNORECASE)
_TARGET = re.compile(r"[A-Za-z_][\w.]*(:[A-Za-z_]\w*(\(.*\))?)?")
_ASSIGNED = re.compile(r"(--?[\w-]+=)?([A-Za-z_]\w*)=(.*)", re.DOTALL)
"""A variable that a command sets by an option, `--env NAME=value`."""
_SETTINGS = "DJANGO_SETTINGS_MODULE"
_UNKNOWN = re.compile(r"\$(?:\{?\w+|\([^)]*\)?)|`[^`]*`?")
_FLAGS = ("--preload", "--reload", "--daemon", "-D", "--master", "--lazy-apps", "--enable-threads")
"""Common options that take no value."""
_FILES = (".ini", ".py", ".xml", ".yaml", ".yml", ".json", ".conf", ".toml")


Setting = int | bool | str
_OF_GREENLETS = "greenlets"


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """A command that serves the site, as the repository has it."""

    command: str
    server: Server
    source: str
    """The file that says so."""
    target: str = ""
    """What it loads, `module` or `module:object`; empty where a file of the server's says it."""
    left_out: tuple[str, ...] = ()
    """Variables that it sets, whose values may be secret or lead to a database: they are not in `command`."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of its environment, which the server reads as settings."""
    others: tuple[str, ...] = ()
    """Names of what else is set for it, which it has not here."""
    folder: str = ""
    """That it runs in, as it says itself; it is not in `command`. Empty: where it is started."""
    paths: tuple[tuple[str, str], ...] = ()
    """Options with the folders in which it looks for modules besides."""
    why_not: str = ""
    """Why it cannot be run here as it is; empty where nothing is known that forbids it."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """The variables in it whose values nobody has said, and what a shell would run for one."""
        return tuple(dict.fromkeys(found[0].lstrip("${") for found in _UNKNOWN.finditer(self.command)))

    def loading(self, target: str) -> "Today":
        """Return it with what is loaded, where it has a place for that."""
        return replace(self, command=self.command.replace("{target}", shlex.quote(target)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TodaysServer:
    """What a run's configuration of today's command comes to."""

    settings: Mapping[str, Setting]
    """As configurations call them."""
    limit_s: int | None
    """Of a request, or of a worker without a sign of life; None where it has none."""


def served_today(repository: Repository) -> Today | None:
    """Return how the repository says that the site is served; None where no file says it, or one that cannot be read.

    What cannot be read would count: the next file's command may be another one.
    """
    if unreadable(repository):
        return None
    return next((one for look in _LOOKS for one in look(repository)), None)


def unreadable(repository: Repository) -> str:
    """Return which line says how the site is served and cannot be read, and why; empty where none does."""
    for file, line in _said(repository):
        if line.fault:
            return f"{file}:{line.number} cannot be read ({line.fault})"
        if next(commands_of(line.text), None) is not None:
            return ""
    return ""


def of_no_known_server(repository: Repository) -> str:
    """Return which line says how the site is served, where none starts a server that is known; empty without one."""
    file, line = next(_said(repository), (None, None))
    return f"{file}:{line.number} starts no server that is known by itself" if line else ""


def passed_over(repository: Repository, today: Today) -> str:
    """Return which line says beside today's how the site is served, and what it says; empty where none does.

    It stands before, and starts no server that is known; or today's is a server's own file, of which it says more.
    """
    for file, line in _said(repository):
        script = served_by_script(repository, file)
        if today.source in {str(file), str(script[1]) if script else ""}:
            return ""
        one = next(commands_in(file, repository.text(file)), None)
        if one is None:
            return f"{file}:{line.number} starts no server that is known by itself"
        said = _today(one, str(file))
        variables = (f"{name}={value}" for name, value in said.variables.items())
        besides = f" and sets {listed(said.others)}" if said.others else ""
        return f"{file}:{line.number} says `{' '.join((*variables, said.command))}`{besides}"
    return ""


def _said(repository: Repository) -> Iterator[tuple[PurePosixPath, Line]]:
    """Yield the lines that serve the site, the strongest first; those of a server's own file say it in another way."""
    for name in ("Procfile", "Dockerfile", ".service"):
        for file in repository.named(name):
            yield from ((file, line) for line in lines_in(file, repository.text(file)))


def _of_procfile(repository: Repository) -> Iterator[Today]:
    return _of_commands(repository, "Procfile")


def _of_files(repository: Repository) -> Iterator[Today]:
    """Yield the files that a server reads by itself, or that are marked as its own."""
    for server in servers():
        for name, command in server.own_files.items():
            for file in repository.named(name):
                text = repository.text(file)
                # An .ini may be anybody's: its section says whose.
                if file.suffix == ".ini" and f"[{server.name}]" not in text:
                    continue
                inside = file.relative_to(repository.directory) if _is_in(file, repository.directory) else file
                yield Today(
                    command=command.replace("{file}", str(inside)),
                    server=server,
                    source=str(file),
                    target=_target_in(text, server) if file.suffix == ".ini" else "",
                )


def _of_dockerfile(repository: Repository) -> Iterator[Today]:
    return _of_commands(repository, "Dockerfile")


def _of_units(repository: Repository) -> Iterator[Today]:
    return _of_commands(repository, ".service")


def _of_commands(repository: Repository, name: str) -> Iterator[Today]:
    for file in repository.named(name):
        found = [_today(one, str(file)) for one in commands_in(file, repository.text(file))]
        script = None if found else served_by_script(repository, file)
        yield from [_today(script[0], str(script[1]))] if script else found


_LOOKS: tuple[Callable[[Repository], Iterator[Today]], ...] = (_of_procfile, _of_files, _of_dockerfile, _of_units)


def variables_set(repository: Repository) -> dict[str, str]:
    """Return what the Dockerfile sets for the site: only what says which settings it has."""
    found = (pair for file in repository.named("Dockerfile") for pair in _SET.findall(repository.text(file)))
    return {name: value.strip("\"'") for name, value in found if name == _SETTINGS}


def served_by(command: str, source: str) -> Today | None:
    """Return what a command serves; None where it is none of a server that is known."""
    return next((_today(one, source) for one in commands_of(command)), None)


def _today(one: ServingCommand, source: str) -> Today:
    words, left_out = _without_secrets(one.words)
    secret = [name for name, value in one.variables.items() if _may_be_secret(name, value)]
    own = one.server.own_command
    words, folders = _taken_out(words, own.folders if own else ())
    words, paths = _taken_out(words, own.paths if own else ())
    command = one.command
    if left_out or folders or paths:
        program = command.split(" ", 1)[0]
        command = " ".join((program, *words)) if "$" in command else shlex.join((program, *words))
    return Today(
        command=command,
        server=one.server,
        source=source,
        target=_target(words),
        left_out=(*left_out, *secret),
        variables={name: value for name, value in one.variables.items() if name not in secret},
        others=tuple(name for name in one.others if name != _SETTINGS and not is_set_by_a_run(name)),
        folder=str(PurePosixPath(one.folder, *(value for _, value in folders))) if one.folder or folders else "",
        paths=tuple((option, place) for option, value in paths for place in value.split(",") if place),
    )


def _may_be_secret(name: str, value: str) -> bool:
    return is_secret_name(name) or is_database_address(name) or "://" in value


def _taken_out(words: Sequence[str], options: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return a command's words without some options that have values, and these, each with its value."""
    kept: list[str] = []
    taken: list[tuple[str, str]] = []
    left = list(words)
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=")
        if name not in options:
            kept.append(word)
        elif equals or left:
            taken.append((name, value if equals else left.pop(0)))
    return kept, taken


def _without_secrets(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return a command's words without variables that may be secret or lead to a database, and their names.

    A run gives its own values to what the site needs, and init writes none of the site's.
    """
    kept: list[str] = []
    names: list[str] = []
    for word in words:
        set_here = _ASSIGNED.fullmatch(word)
        if set_here is None or not _may_be_secret(set_here[2], set_here[3]):
            kept.append(word)
            continue
        names.append(set_here[2])
        if set_here[1] is None and kept and kept[-1].startswith("-"):
            kept.pop()
    return kept, names


def _target(words: list[str]) -> str:
    """Return what is to be loaded: a word with a colon, or one that is no option's value and no file's name."""
    named = [word for word in words if ":" in word and _TARGET.fullmatch(word)]
    if named:
        return named[-1]
    after = zip(words, ("", *words), strict=False)
    plain = [word for word, before in after if not before.startswith("-") or "=" in before or before in _FLAGS]
    return next((word for word in plain if _TARGET.fullmatch(word) and not word.endswith(_FILES)), "")


def _target_in(text: str, server: Server) -> str:
    """Return what a file in the manner of .ini has its server load."""
    parser = configparser.ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return ""
    section = parser[server.name]
    module, call = section.get("module"), section.get("callable")
    file = section.get("wsgi-file")
    if module:
        return module if ":" in module or not call else f"{module}:{call}"
    dotted = ".".join(PurePosixPath(file).with_suffix("").parts) if file else ""
    return f"{dotted}:{call or 'application'}" if dotted else ""


def _is_in(file: PurePosixPath, folder: PurePosixPath) -> bool:
    return file.is_relative_to(folder)


def todays_server(told: Mapping[str, Any], model: WorkerModel | None) -> TodaysServer:
    """Return it by what was told of the command, see `OwnCommand`."""
    left_out = {"app_s", "model", *([] if model is WorkerModel.GREENLETS else [_OF_GREENLETS])}
    settings = {key: value for key, value in told.items() if key not in left_out}
    return TodaysServer(settings=settings, limit_s=told.get("app_s") or None)

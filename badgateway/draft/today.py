"""How a site is served today: the command that its own files name, and which file says so."""

import configparser
import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from badgateway.draft.repository import Repository
from badgateway.servers.registry import servers
from badgateway.servers.server import Server

_WEB = re.compile(r"^web\s*:\s*(.+)$", re.MULTILINE)
_STARTS = re.compile(r"^ExecStart\s*=\s*[-@:+!]*(.+)$", re.MULTILINE)
_INSTRUCTION = re.compile(r"^\s*(CMD|ENTRYPOINT)\s+(.+)$", re.MULTILINE | re.IGNORECASE)
_SET = re.compile(r"^\s*ENV\s+([A-Za-z_]\w*)[= ](\S+)", re.MULTILINE | re.IGNORECASE)
_CONTINUED = re.compile(r"\\\n")
_TARGET = re.compile(r"[A-Za-z_][\w.]*(:[A-Za-z_]\w*(\(.*\))?)?")
_DEFAULT = re.compile(r"\$\{\w+:?-([^}]*)\}")
_PORT = re.compile(r"\$(?:PORT\b|\{PORT\})")
_UNKNOWN = re.compile(r"\$\{?(\w+)")
_FLAGS = ("--preload", "--reload", "--daemon", "-D", "--master", "--lazy-apps", "--enable-threads")
"""Common options that take no value."""
_FILES = (".ini", ".py", ".xml", ".yaml", ".yml", ".json", ".conf", ".toml")
_BETWEEN = re.compile(r"\s*(?:&&|;|\|\|)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """A command that serves the site, as the repository has it."""

    command: str
    server: Server
    source: str
    """The file that says so."""
    target: str = ""
    """What it loads, `module` or `module:object`; empty where a file of the server's says it."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """The variables in it whose values nobody has said."""
        return tuple(dict.fromkeys(_UNKNOWN.findall(self.command)))

    def loading(self, target: str) -> "Today":
        """Return it with what is loaded, where it has a place for that."""
        return replace(self, command=self.command.replace("{target}", shlex.quote(target)))


def served_today(repository: Repository) -> Today | None:
    """Return how the repository says that the site is served; None where no file says it."""
    return next((one for look in _LOOKS for one in look(repository)), None)


def _of_procfile(repository: Repository) -> Iterator[Today]:
    for file in repository.named("Procfile"):
        for found in _WEB.finditer(repository.text(file)):
            yield from _commands(found[1], str(file))


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
    for file in repository.named("Dockerfile"):
        lines = _INSTRUCTION.findall(_CONTINUED.sub(" ", repository.text(file)))
        by_kind = {kind.upper(): line for kind, line in lines}
        for line in (by_kind.get("CMD", ""), by_kind.get("ENTRYPOINT", "")):
            yield from _commands(_unlisted(line), str(file))


def _of_units(repository: Repository) -> Iterator[Today]:
    for file in repository.named(".service"):
        for found in _STARTS.finditer(_CONTINUED.sub(" ", repository.text(file))):
            yield from _commands(found[1], str(file))


_LOOKS: tuple[Callable[[Repository], Iterator[Today]], ...] = (_of_procfile, _of_files, _of_dockerfile, _of_units)


def variables_set(repository: Repository) -> dict[str, str]:
    """Return what the Dockerfile sets for the site: only what says which settings it has."""
    found = (pair for file in repository.named("Dockerfile") for pair in _SET.findall(repository.text(file)))
    return {name: value.strip("\"'") for name, value in found if name == "DJANGO_SETTINGS_MODULE"}


def expanded(command: str) -> str:
    """Return a command with what a shell would put in place of its variables, as far as the command says it."""
    with_defaults = _DEFAULT.sub(r"\1", command)
    return _PORT.sub("8000", with_defaults)


def served_by(command: str, source: str) -> Today | None:
    """Return what a command serves; None where it is none of a server that is known."""
    return next(_commands(command, source), None)


def _commands(line: str, source: str) -> Iterator[Today]:
    for part in _BETWEEN.split(expanded(line.strip())):
        try:
            words = shlex.split(part)
        except ValueError:
            continue
        found = _of_words(words)
        if found is not None:
            server, start = found
            yield Today(
                command=shlex.join(words[start:]) if "$" not in part else " ".join(words[start:]),
                server=server,
                source=source,
                target=_target(words[start + 1 :]),
            )


def _of_words(words: list[str]) -> tuple[Server, int] | None:
    """Return the server that a command starts, and the place of its name: what is before runs or waits for it."""
    for place, word in enumerate(words):
        name = PurePosixPath(word).name
        server = next((one for one in servers() if name in {one.name, *one.other_programs}), None)
        if server is not None:
            return server, place
    return None


def _target(words: list[str]) -> str:
    """Return what is to be loaded: a word with a colon, or one that is no option's value and no file's name."""
    named = [word for word in words if ":" in word and _TARGET.fullmatch(word)]
    if named:
        return named[-1]
    after = zip(words, ["", *words[:-1]], strict=True)
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


def _unlisted(line: str) -> str:
    try:
        words = json.loads(line)
    except ValueError:
        return line
    if not isinstance(words, list):
        return line
    shell = len(words) == 3 and words[1] == "-c"
    return str(words[2]) if shell else shlex.join(map(str, words))


def _is_in(file: PurePosixPath, folder: PurePosixPath) -> bool:
    return file.is_relative_to(folder)

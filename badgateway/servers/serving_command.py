"""Finds the command that serves a site in what starts it: Procfile, Dockerfile, unit, compose, supervisord, script."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from badgateway.servers.registry import server_of_program
from badgateway.servers.server import Server
from badgateway.servers.shell_line import Part, assigned, expanded, fault_of, parts

_WEB = re.compile(r"^web[^\S\n]*:[^\S\n]*(.+)$", re.MULTILINE)
_STARTS = re.compile(r"^ExecStart\s*=\s*[-@:+!]*(.+)$", re.MULTILINE)
_GIVEN = re.compile(r"^Environment\s*=\s*(.+)$", re.MULTILINE)
_INSTRUCTION = re.compile(r"^\s*(CMD|ENTRYPOINT)\s+(.+)$", re.MULTILINE | re.IGNORECASE)
_STAGE = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?|^\s*ENV\s+(.+)$", re.MULTILINE | re.IGNORECASE)
_BASE = re.compile(r"^\s*FROM\s", re.MULTILINE | re.IGNORECASE)
"""Begins a stage of an image; what is started is the last one."""
_COMPOSE = re.compile(r"(?:docker-)?compose(?:\.[\w-]+)*\.ya?ml")
_OF_SERVICE = re.compile(
    r"^([ \t]+)(?:command|entrypoint):([^\n]*)\n?((?:\1[ \t]+[^\n]*\n?|\1- [^\n]*\n?)*)", re.MULTILINE
)
"""Of a service of compose, with the lines that stand deeper."""
_SUPERVISED = re.compile(r"^\[program:", re.MULTILINE)
_PROGRAM = re.compile(r"^command\s*=\s*(.+)$", re.MULTILINE)
_LINE = re.compile(r"^.+$", re.MULTILINE)
_CONTINUED = re.compile(r"\\\n")
_IMAGES = ("Dockerfile", "Containerfile")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingCommand:
    """A command that starts a server that is known."""

    server: Server
    command: str
    """From the server's program on; variables whose values nobody has said are in it as they are written.

    What the server reads as options from a variable stands among its words, where it counts as much as there.
    """
    words: tuple[str, ...]
    """Behind the program."""
    line: int
    """Of the file; 1 for the first."""
    folder: str = ""
    """That the line goes to before; empty where it stays."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """That the server reads as its own settings, and that are set for it."""
    others: tuple[str, ...] = ()
    """Names of what else is set for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a file says that serves the site, as it is written."""

    text: str
    number: int
    fault: str
    """Why it cannot be read; empty where it can."""


def commands_in(file: PurePath, text: str) -> Iterator[ServingCommand]:
    """Yield the commands of a file by its name, the one that counts first; nothing of a file that starts nothing."""
    variables = _variables(file, _CONTINUED.sub("  ", text))
    for line in lines_in(file, text):
        yield from commands_of(line.text, line.number, variables)


def lines_in(file: PurePath, text: str) -> Iterator[Line]:
    """Yield the lines of a file by its name that say what serves the site, the one that counts first."""
    # What is continued is one line, of the same length.
    joined = _CONTINUED.sub("  ", text)
    for start, line in _lines(file, joined):
        yield Line(text=line, number=text.count("\n", 0, start) + 1, fault=fault_of(line))


def _lines(file: PurePath, text: str) -> Iterator[tuple[int, str]]:
    if file.name == "Procfile":
        yield from ((found.start(1), found[1]) for found in _WEB.finditer(text))
    elif file.suffix == ".service":
        yield from ((found.start(1), found[1]) for found in _STARTS.finditer(text))
    elif file.name in _IMAGES:
        yield from _of_image(text)
    elif _COMPOSE.fullmatch(file.name):
        yield from ((found.start(2), _of_yaml(found)) for found in _OF_SERVICE.finditer(text))
    elif file.suffix == ".sh":
        yield from ((found.start(), found[0]) for found in _LINE.finditer(text) if _names_a_server(found[0]))
    elif _SUPERVISED.search(text):
        yield from ((found.start(1), found[1]) for found in _PROGRAM.finditer(text))


def _of_image(text: str) -> Iterator[tuple[int, str]]:
    """Yield what an image starts: its command, and then its entrypoint, which has words of the command for its own."""
    last = max((found.start() for found in _BASE.finditer(text)), default=0)
    said = {found[1].upper(): (found.start(2), found[2]) for found in _INSTRUCTION.finditer(text, last)}
    for kind in ("CMD", "ENTRYPOINT"):
        if kind in said:
            start, line = said[kind]
            _, command = said.get("CMD", (0, ""))
            are_words = kind == "ENTRYPOINT" and line.startswith("[") and command.startswith("[")
            further = _unlisted(command) if are_words else ""
            whole = f"{_unlisted(line)} {further}" if further and not _names_a_server(further) else _unlisted(line)
            yield start, whole


def _names_a_server(line: str) -> bool:
    return not line.lstrip().startswith("#") and any(map(server_of_program, line.split()))


def _of_yaml(found: re.Match[str]) -> str:
    """Return the command of a service: a text, a list in a line, a list of lines, or a text of several lines."""
    first, rest = found[2].strip(), [line.strip() for line in found[3].splitlines() if line.strip()]
    if first[:1] in {"", "|", ">"} and rest:
        words = [line.removeprefix("- ").strip("'\"") for line in rest if line.startswith("- ")]
        return shlex.join(words) if len(words) == len(rest) else " ".join(rest)
    return _unlisted(first) if first.startswith("[") else first.strip("'\"")


def _variables(file: PurePath, text: str) -> dict[str, str]:
    """Return what a file sets for the command that it starts; of an image, what its last stage has."""
    found: dict[str, str] = {}
    if file.suffix == ".service":
        for line in _GIVEN.findall(text):
            found |= _of_line(line)
    elif file.name in _IMAGES:
        stages: dict[str, dict[str, str]] = {}
        for base, name, line in _STAGE.findall(text):
            if base:
                found = stages[name or "last"] = dict(stages.get(base, {}))
            else:
                found |= _of_line(line)
    return found


def _of_line(line: str) -> dict[str, str]:
    """Return the variables of a line: NAME=value ..., or NAME and the rest of it."""
    if fault_of(line):
        return {}
    words = shlex.split(line)
    if "=" in words[0] or len(words) == 1:
        return assigned(words)
    return {words[0]: " ".join(words[1:])}


def commands_of(line: str, number: int = 1, variables: Mapping[str, str] | None = None) -> Iterator[ServingCommand]:
    """Yield the commands that a line of a shell starts servers with.

    Args:
        line: As it is written.
        number: Of the line in its file.
        variables: That are set for it elsewhere.
    """
    for part in parts(line, variables or {}):
        found = _server_in(part.words)
        if found is not None:
            yield _command(*found, part, number)


def _command(server: Server, start: int, part: Part, number: int) -> ServingCommand:
    given = {**part.variables, **assigned(part.words[:start])}
    own = server.own_command
    as_options = given.pop(own.options_variable, "") if own else ""
    words = (*(() if fault_of(as_options) else shlex.split(as_options)), *part.words[start + 1 :])
    whole = (part.words[start], *words)
    return ServingCommand(
        server=server,
        command=" ".join(whole) if "$" in part.text + as_options else shlex.join(whole),
        words=words,
        line=number,
        folder=part.folder,
        variables={name: value for name, value in given.items() if own and own.reads(name) and "$" not in value},
        others=tuple(name for name, value in given.items() if not (own and own.reads(name)) or "$" in value),
    )


def _server_in(words: Sequence[str]) -> tuple[Server, int] | None:
    """Return the server that a command starts, and the place of its name: what is before runs or waits for it."""
    for place, word in enumerate(words):
        server = server_of_program(word)
        if server is not None:
            return server, place
    return None


def _unlisted(line: str) -> str:
    try:
        words = json.loads(line)
    except ValueError:
        return line
    if not isinstance(words, list):
        return line
    shell = len(words) == 3 and words[1] == "-c"
    return str(words[2]) if shell else shlex.join(map(str, words))


__all__ = ["Line", "ServingCommand", "commands_in", "commands_of", "expanded", "lines_in"]

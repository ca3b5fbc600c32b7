"""Finds the command that serves a site in what starts it: Procfile, Dockerfile, unit, compose, supervisord, script."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from badgateway.servers.registry import server_of_program
from badgateway.servers.server import Server
from badgateway.servers.shell_line import Part, assigned, expanded, fault_of, parts

_WEB = re.compile(r"^web[^\S\n]*:[^\S\n]*(.+)$", re.MULTILINE)
_STARTS = re.compile(r"^ExecStart\s*=\s*[-@:+!]*(.+)$", re.MULTILINE)
_GIVEN = re.compile(r"^Environment\s*=\s*(.+)$", re.MULTILINE)
_INSTRUCTION = re.compile(
    r"^\s*(?:FROM\s+(?:--\S+\s+)*(?P<base>\S+)(?:\s+AS\s+(?P<name>\S+))?|ENV\s+(?P<variables>.+)"
    r"|CMD\s+(?P<command>.+)|ENTRYPOINT\s+(?P<entrypoint>.+))[^\S\n]*$",
    re.MULTILINE | re.IGNORECASE,
)
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


_NOTHING = (0, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """What a stage of an image has; a command and an entrypoint each with where it begins in the file."""

    variables: Mapping[str, str] = field(default_factory=dict)
    command: tuple[int, str] = _NOTHING
    entrypoint: tuple[int, str] = _NOTHING
    has_command: bool = False
    """Of its own, and not of the stage below."""

    def built_on(self) -> "_Stage":
        """Return what a stage begins with that is built on this one."""
        return replace(self, has_command=False)

    def told(self, found: re.Match[str]) -> "_Stage":
        """Return the stage with one more instruction, which is no FROM."""
        if found["variables"]:
            return replace(self, variables={**self.variables, **_of_line(found["variables"])})
        if found["command"]:
            return replace(self, command=(found.start("command"), found["command"]), has_command=True)
        # As Docker has it: an entrypoint takes the command away that a stage has from the one below.
        command = self.command if self.has_command else _NOTHING
        return replace(self, command=command, entrypoint=(found.start("entrypoint"), found["entrypoint"]))


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
    stage = _last_stage(text)
    start, command = stage.command
    if command:
        yield start, _unlisted(command)
    start, line = stage.entrypoint
    if line:
        are_words = line.startswith("[") and command.startswith("[")
        further = _unlisted(command) if are_words else ""
        yield start, f"{_unlisted(line)} {further}" if further and not _names_a_server(further) else _unlisted(line)


def _last_stage(text: str) -> _Stage:
    """Return what is started of an image: its last stage, with what the stage has that it is built on."""
    stages: dict[str, _Stage] = {}
    stage, name = _Stage(), ""
    for found in _INSTRUCTION.finditer(text):
        if found["base"]:
            stage, name = stages.get(found["base"].lower(), _Stage()).built_on(), (found["name"] or "").lower()
        else:
            stage = stage.told(found)
        stages[name] = stage
    return stage


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
        found |= _last_stage(text).variables
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

"""Finds the command that serves a site in the files that start it: a Procfile, a Dockerfile, a unit of systemd."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from badgateway.servers.registry import server_of_program
from badgateway.servers.server import Server

_WEB = re.compile(r"^web\s*:\s*(.+)$", re.MULTILINE)
_STARTS = re.compile(r"^ExecStart\s*=\s*[-@:+!]*(.+)$", re.MULTILINE)
_INSTRUCTION = re.compile(r"^\s*(CMD|ENTRYPOINT)\s+(.+)$", re.MULTILINE | re.IGNORECASE)
_CONTINUED = re.compile(r"\\\n")
_DEFAULT = re.compile(r"\$\{\w+:?-([^}]*)\}")
_PORT = re.compile(r"\$(?:PORT\b|\{PORT\})")
_BETWEEN = re.compile(r"\s*(?:&&|;|\|\|)\s*")
_IMAGES = ("Dockerfile", "Containerfile")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingCommand:
    """A command that starts a server that is known."""

    server: Server
    command: str
    """From the server's program on; variables whose values nobody has said are in it as they are written."""
    words: tuple[str, ...]
    """Behind the program."""
    line: int
    """Of the file; 1 for the first."""
    folder: str = ""
    """That the line goes to before; empty where it stays."""


def commands_in(file: PurePath, text: str) -> Iterator[ServingCommand]:
    """Yield the commands of a file by its name, the one that counts first; nothing of a file that starts nothing."""
    # What is continued is one line, of the same length.
    joined = _CONTINUED.sub("  ", text)
    for start, line in _lines(file, joined):
        yield from commands_of(line, text.count("\n", 0, start) + 1)


def _lines(file: PurePath, text: str) -> Iterator[tuple[int, str]]:
    if file.name == "Procfile":
        yield from ((found.start(1), found[1]) for found in _WEB.finditer(text))
    elif file.suffix == ".service":
        yield from ((found.start(1), found[1]) for found in _STARTS.finditer(text))
    elif file.name in _IMAGES:
        by_kind = {found[1].upper(): (found.start(2), _unlisted(found[2])) for found in _INSTRUCTION.finditer(text)}
        yield from (by_kind[kind] for kind in ("CMD", "ENTRYPOINT") if kind in by_kind)


def commands_of(line: str, number: int = 1) -> Iterator[ServingCommand]:
    """Yield the commands that a line of a shell starts servers with."""
    folder = ""
    for part in _BETWEEN.split(expanded(line.strip())):
        try:
            words = shlex.split(part)
        except ValueError:
            continue
        if words[:1] == ["cd"] and len(words) == 2:
            folder = str(PurePath(folder, words[1]))
        found = _server_in(words)
        if found is not None:
            server, start = found
            yield ServingCommand(
                server=server,
                command=shlex.join(words[start:]) if "$" not in part else " ".join(words[start:]),
                words=tuple(words[start + 1 :]),
                line=number,
                folder=folder,
            )


def expanded(command: str) -> str:
    """Return a command with what a shell would put in place of its variables, as far as the command says it."""
    with_defaults = _DEFAULT.sub(r"\1", command)
    return _PORT.sub("8000", with_defaults)


def _server_in(words: list[str]) -> tuple[Server, int] | None:
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

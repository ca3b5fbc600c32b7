"""Reads a line of a shell as far as it can be read without one: its commands, and what each is given in variables."""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from badgateway.model.masking import is_secret_name

ASSIGNED = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")
_PLATFORMS = {"PORT": "8000"}
"""What a platform sets that starts the command."""
_PLAIN = re.compile(r"\d+|[\d.]+:\d+|[A-Za-z_./-]{1,80}|[A-Za-z_.]{1,80}:[A-Za-z_]{1,40}")
"""Numbers, places, names and what is loaded: what has letters and digits may be a secret, whatever it is called."""
_COMMAND = re.compile(r"""(?:[^'"\\;&|]|\\.|'[^']*'|"(?:\\.|[^"\\])*"|&(?!&)|\|(?!\|))+""", re.DOTALL)
"""Up to what stands between commands; in quotes that is a letter like any other."""
_SHELLS = ("sh", "bash", "dash", "ash", "zsh")
_OF_A_SHELL = re.compile(r"-[a-z]*c[a-z]*")
"""Its option behind which a line of its own stands."""
_DEEPEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One command of a line."""

    text: str
    words: tuple[str, ...]
    folder: str
    """That the line goes to before; empty where it stays."""
    variables: Mapping[str, str]
    """That the line sets before; those of the command itself are among its words."""


def expanded(command: str, variables: Mapping[str, str] | None = None) -> str:
    """Return a command with what a shell would put in place of its variables, as far as it is said.

    Args:
        command: As it is written.
        variables: That are set for it; secrets stay names.
    """
    return _VARIABLE.sub(lambda found: _value(found, variables or {}), command)


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name = found[1] or found[3]
    said = variables.get(name, "")
    if _PLAIN.fullmatch(said) and not is_secret_name(name):
        return said
    return _PLATFORMS.get(name, found[0]) if found[2] is None else found[2]


def fault_of(line: str) -> str:
    """Return why a line cannot be read; empty where it can."""
    try:
        shlex.split(line)
    except ValueError as error:
        return str(error)[:1].lower() + str(error)[1:]
    return ""


def parts(line: str, variables: Mapping[str, str], folder: str = "", depth: int = 0) -> Iterator[Part]:
    """Yield the commands of a line, those in it that a shell is given for a line of its own as well."""
    if fault_of(line) or depth > _DEEPEST:
        return
    given = dict(variables)
    for written in _COMMAND.findall(line.strip()):
        text = expanded(written, given)
        if fault_of(text):
            continue
        words = shlex.split(text)
        if words[:1] == ["cd"] and len(words) == 2:
            folder = str(PurePath(folder, words[1]))
        set_here = words[1:] if words[:1] == ["export"] else words
        if all(map(ASSIGNED.fullmatch, set_here)):
            given |= assigned(set_here)
        place = _line_of_a_shell(words)
        if place is None:
            yield Part(text=text, words=tuple(words), folder=folder, variables=dict(given))
        else:
            yield from parts(words[place], {**given, **assigned(words[:place])}, folder, depth + 1)


def assigned(words: list[str] | tuple[str, ...]) -> dict[str, str]:
    """Return the variables that words set, each NAME=value."""
    return {found[1]: found[2] for word in words if (found := ASSIGNED.fullmatch(word))}


def _line_of_a_shell(words: list[str]) -> int | None:
    """Return which word is a line for a shell; None where none is."""
    for place, word in enumerate(words[:-2]):
        if PurePath(word).name in _SHELLS and _OF_A_SHELL.fullmatch(words[place + 1]):
            return place + 2
    return None

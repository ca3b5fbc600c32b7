"""Reads what a server's file or command line says, as it stands: each option's value, and in which line."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

TRUE, FALSE = "true", "false"
EVERY = "*"
"""In place of an option's name: something that may set any of them."""
_OPTION = re.compile(r"\s*([A-Za-z_][\w-]*)\s*=\s*(.*?)\s*$")
_BLOCK = re.compile(r"\s*if-[\w-]+\s*=")
_END = re.compile(r"\s*end-?if\s*=")
_VARIABLE = re.compile(r"[$%@]\(|\$\{?[A-Za-z_]")
_OTHERS = ("include", "inherit", "ini")
"""Options that read another file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What one line says."""

    value: str
    line: int
    is_known: bool = True
    """Off where it takes a run to know what holds: an expression, or one of several ways."""


def plain_options(text: str) -> Mapping[str, Option]:
    """Return the options of a file of lines NAME = value, the last of each.

    What stands in an if- block, or has a variable in it, is there and not known; another file may set any option.
    """
    found: dict[str, Option] = {}
    depth = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith(("#", ";", "[")):
            continue
        if _BLOCK.match(line) or _END.match(line):
            depth += 1 if _BLOCK.match(line) else -1
        elif option := _OPTION.match(line):
            name, value = (EVERY, line.strip()) if option[1] in _OTHERS else (option[1], option[2].strip("'\""))
            is_known = not depth and name != EVERY and not is_variable(value)
            found[name] = Option(value=value, line=number, is_known=is_known)
    return found


def is_variable(value: str) -> bool:
    """Tell whether something stands in a value that is replaced before it counts."""
    return _VARIABLE.search(value) is not None


def options_of(words: Sequence[str], flags: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield the name of each option, without its dashes, and its value; words that belong to none are passed over.

    A flag's value is `true`; with `no-` before it, it is the same flag's `false`.

    Args:
        words: Behind the server's program.
        flags: Names of options that take no value; so does one that another option follows, or nothing.
    """
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.startswith("-") or not word.strip("-"):
            continue
        name, is_given, value = _parts(word)
        if is_given:
            yield name, value
        elif name.startswith("no-") and name.removeprefix("no-") in flags:
            yield name.removeprefix("no-"), FALSE
        elif name in flags or not left or left[0].startswith("-"):
            yield name, TRUE
        else:
            yield name, left.pop(0)


def _parts(word: str) -> tuple[str, bool, str]:
    """Return an option's name, whether its value is in the same word, and that value."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        return name, bool(equals), value
    return word[1:2], len(word) > 2, word[2:].removeprefix("=")

"""Reads what a server's file or command line says, as it stands: each option's value, and in which line."""

import ast
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

TRUE, FALSE = "true", "false"
_OPTION = re.compile(r"\s*([A-Za-z_][\w-]*)\s*=\s*(.*?)\s*$")
_BLOCK = re.compile(r"\s*if-[\w-]+\s*=")
_END = re.compile(r"\s*end-?if\s*=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What one line says."""

    value: str
    line: int


def plain_options(text: str) -> Mapping[str, Option]:
    """Return the options of a file of lines NAME = value, the last of each; those of an if- block are left out."""
    found: dict[str, Option] = {}
    depth = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith(("#", ";", "[")):
            continue
        if _BLOCK.match(line) or _END.match(line):
            depth += 1 if _BLOCK.match(line) else -1
        elif not depth and (option := _OPTION.match(line)):
            found[option[1]] = Option(value=option[2].strip("'\""), line=number)
    return found


def python_options(text: str) -> Mapping[str, Option]:
    """Return the assignments of a Python file whose values it says, defaults of environment variables included."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return {}
    found: dict[str, Option] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            value = said_value(statement.value)
            if value is not None:
                found[statement.targets[0].id] = Option(value=value, line=statement.lineno)
    return found


def said_value(node: ast.expr) -> str | None:
    """Return what an expression says by itself, of a variable its default; None where it takes a run to know."""
    match node:
        case ast.Constant(value=value):
            return str(value)
        case ast.Call(func=ast.Name(), args=[only]):
            return said_value(only)
        case ast.Call(func=ast.Attribute(attr="get" | "getenv"), args=[_, default]):
            return said_value(default)
        case _:
            return None


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

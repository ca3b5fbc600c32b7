"""Reads server files that set environment variables, for servers that take all options so and read no other file."""

from collections.abc import Mapping


def variables(text: str) -> dict[str, str]:
    """Return the variables of an environment file: NAME=value, quoted or not, and lines that begin with # or ;."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and line[0] not in "#;")
    return {name.strip(): _unquoted(value.strip()) for name, equals, value in pairs if equals}


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if is_quoted else value


def fitting(text: str, own: Mapping[str, str | None]) -> dict[str, str]:
    """Return a file's variables with those of a configuration in their place; None takes one away."""
    return {name: value for name, value in {**variables(text), **own}.items() if value is not None}

"""Reads server files that set environment variables, for servers that take all options so and read no other file."""

import re
from collections.abc import Mapping

from badgateway.servers.deployable import Filling, Plain
from badgateway.servers.server import Place

_NAME = re.compile(r"\s*([A-Za-z_]\w*)\s*=")
_ESCAPED = re.compile(r'\\(["\\`$])')
"""What systemd takes between double quotes for the letter alone."""


def variables(text: str) -> dict[str, str]:
    """Return the variables of an environment file: NAME=value, quoted or not, and lines that begin with # or ;."""
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and line[0] not in "#;")
    return {name.strip(): _unquoted(value.strip()) for name, equals, value in pairs if equals}


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    if not is_quoted:
        return value
    return value[1:-1] if value[0] == "'" else _ESCAPED.sub(r"\1", value[1:-1])


def fitting(text: str, own: Mapping[str, str | None]) -> dict[str, str]:
    """Return a file's variables with those of a configuration in their place; None takes one away."""
    return {name: value for name, value in {**variables(text), **own}.items() if value is not None}


def bind_variables(prefix: str, place: Place) -> dict[str, str | None]:
    """Return the variables of where to listen, for `fitting`: PREFIX_UDS, or PREFIX_HOST and PREFIX_PORT."""
    if place.port is None:
        return {f"{prefix}_UDS": place.address, f"{prefix}_HOST": None, f"{prefix}_PORT": None}
    host, _, port = place.address.rpartition(":")
    return {f"{prefix}_UDS": None, f"{prefix}_HOST": host, f"{prefix}_PORT": port}


def plain_environment(text: str, filling: Filling) -> Plain:
    """Return the file with the values in place of its own, those that it has not at its end; None takes one away."""
    lines = [f"# {line}".rstrip() for line in filling.header]
    left = dict(filling.values)
    for line in _without_header(text):
        name = found[1] if (found := _NAME.match(line)) else ""
        if name not in filling.values:
            lines.append(line)
        elif name in left:
            lines += _setting(name, left.pop(name), filling)
    added = [line for name, value in left.items() for line in _setting(name, value, filling)]
    if added:
        lines += ["", *added]
    named = frozenset(name for name, value in filling.values.items() if value is not None)
    return Plain(text=re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip("\n") + "\n", filled=named)


def _setting(name: str, value: str | None, filling: Filling) -> list[str]:
    remarks = [f"# {line}" for line in filling.remarks.get(name, ())]
    return [] if value is None else [*remarks, f"{name}={value}"]


def _without_header(text: str) -> list[str]:
    lines = text.splitlines()
    first = next((number for number, line in enumerate(lines) if not line.startswith(("#", ";"))), len(lines))
    return lines[first:]

"""Reads server files that set environment variables, for servers that take all options so and read no other file."""

from collections.abc import Mapping

from badgateway.servers.server import Place


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


def bind_variables(prefix: str, place: Place) -> dict[str, str | None]:
    """Return the variables of where to listen, for `fitting`: PREFIX_UDS, or PREFIX_HOST and PREFIX_PORT."""
    if place.port is None:
        return {f"{prefix}_UDS": place.address, f"{prefix}_HOST": None, f"{prefix}_PORT": None}
    host, _, port = place.address.rpartition(":")
    return {f"{prefix}_UDS": None, f"{prefix}_HOST": host, f"{prefix}_PORT": port}

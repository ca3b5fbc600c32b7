"""Servers that take every option from the environment too: of a command comes the file that sets the variables."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from badgateway.servers.environment_file import variables
from badgateway.servers.options import options_of

CONCURRENCY = "WEB_CONCURRENCY"
"""Set by platforms, and read by some servers as the number of their workers."""


def text_of_options(
    prefix: str,
    words: Sequence[str],
    environment: Mapping[str, str],
    *,
    flags: Collection[str],
    names: Mapping[str, str],
    taken_over: Collection[str] = (),
) -> str:
    """Return a server file that says what a command says, and what the site's own variables say to the server.

    Args:
        prefix: Of the server's variables: UVICORN.
        words: Behind the program.
        environment: The site's variables.
        flags: Options that take no value.
        names: Of options whose variable is named otherwise.
        taken_over: Of variables, without the prefix, that say where it listens, what it loads and where it logs.
    """
    given = {name: value for name, value in environment.items() if name.startswith(f"{prefix}_")}
    for option, value in options_of(words, flags):
        given[f"{prefix}_{names.get(option, option).upper().replace('-', '_')}"] = value
    kept = {name: value for name, value in given.items() if name.removeprefix(f"{prefix}_") not in taken_over}
    return "".join(f"{name}={value}\n" for name, value in kept.items())


def numbers_in(text: str, settings: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, Any]:
    """Return what a server file says of a configuration's numbers.

    Args:
        text: Of the file.
        settings: The variable of each.
        defaults: Of those that hold without one.

    Raises:
        ValueError: One is no number.
    """
    found = variables(text)
    told = {key: found.get(name, defaults.get(key)) for key, name in settings.items()}
    return {"app_s": 0, **{key: int(value) for key, value in told.items() if value is not None}}

"""Fills in the configuration templates of servers/, in which $ belongs to the server."""

import string
from collections.abc import Mapping

from badgateway.errors import ConfigurationError


class _Template(string.Template):
    delimiter = "@"
    # Braces only: a stray @ is a mistake and must not pass as text.
    idpattern = r"(?!)"
    braceidpattern = r"[a-z_]+"


def fill(name: str, text: str, values: Mapping[str, str | int]) -> str:
    """Return the template's text with each @{value} filled in; `name` is for the message.

    Raises:
        ConfigurationError: the template asks for a value there is none of, or has an @ that is no @{value}.
    """
    allowed = ", ".join(f"@{{{key}}}" for key in sorted(values))
    try:
        return _Template(text).substitute(values)
    except KeyError as error:
        raise ConfigurationError(f"{name}: unknown value @{{{error.args[0]}}}; allowed are {allowed}") from None
    except ValueError as error:
        raise ConfigurationError(f"{name}: @ must begin one of {allowed} ({error})") from None

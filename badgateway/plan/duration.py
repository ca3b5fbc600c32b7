"""Reads a length of time as a person writes it."""

import re

from badgateway.errors import ConfigurationError

_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)?")
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, None: 1}


def seconds(text: str, *, may_be_none: bool = False) -> float:
    """Return '90', '90s', '30m' or '1.5h' as seconds.

    Args:
        text: As it was written.
        may_be_none: Whether '0' is a length of time.

    Raises:
        ConfigurationError: It is none of these, or no time at all.
    """
    found = _FORM.fullmatch(text.strip())
    length_s = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not found or not (length_s or may_be_none):
        raise ConfigurationError(f"{text!r} is no length of time; write it as 90s, 30m or 1.5h")
    return length_s

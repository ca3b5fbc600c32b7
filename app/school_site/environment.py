"""Read settings from environment variables; a wrong value names its variable and what is allowed."""

import os
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured


def choice(name: str, default: str, allowed: Sequence[str]) -> str:
    """Return a variable's value, which must be one of a few words.

    Raises:
        ImproperlyConfigured: The value is not one of the allowed.
    """
    value = os.environ.get(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r} is not allowed; allowed: {', '.join(allowed)}")
    return value


def whole_number(name: str, default: int, lowest: int, highest: int) -> int:
    """Return a variable's value as a number from lowest to highest.

    Raises:
        ImproperlyConfigured: The value is not a whole number, or out of range.
    """
    value = os.environ.get(name, str(default))
    try:
        number = int(value)
    except ValueError:
        number = None
    if number is None or not lowest <= number <= highest:
        raise ImproperlyConfigured(
            f"{name}={value!r} is not allowed; allowed: a whole number from {lowest} to {highest}"
        )
    return number


MIDDLEWARE = {
    "gzip": "django.middleware.gzip.GZipMiddleware",
    "conditional-get": "django.middleware.http.ConditionalGetMiddleware",
}
"""By the words for them, in the order in which Django wants them."""


def middleware(name: str) -> list[str]:
    """Return the middleware that a variable asks for by its comma-separated words; none where it is not set.

    Raises:
        ImproperlyConfigured: A word is none of MIDDLEWARE.
    """
    wanted = words(name, ()) if name in os.environ else []
    for word in wanted:
        if word not in MIDDLEWARE:
            raise ImproperlyConfigured(f"{name}={word!r} is not allowed; allowed: {', '.join(MIDDLEWARE)}")
    return [path for word, path in MIDDLEWARE.items() if word in wanted]


def words(name: str, default: Sequence[str]) -> list[str]:
    """Return a variable's comma-separated words.

    Raises:
        ImproperlyConfigured: The variable is set but holds no word.
    """
    value = os.environ.get(name, ",".join(default))
    found = [word.strip() for word in value.split(",") if word.strip()]
    if not found:
        raise ImproperlyConfigured(f"{name}={value!r} is not allowed; allowed: words separated by commas")
    return found

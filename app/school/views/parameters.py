"""Read numbers from a query string."""

from typing import TypeVar

from django.core.exceptions import BadRequest, ValidationError
from django.forms import IntegerField
from django.http import HttpRequest

Default = TypeVar("Default", int, None)


def whole_number(request: HttpRequest, name: str, *, default: Default, lowest: int, highest: int) -> int | Default:
    """Return a parameter's value, a whole number from lowest to highest, or the default if it is not there.

    Raises:
        BadRequest: It is anything else.
    """
    if name not in request.GET:
        return default
    text = request.GET[name]
    try:
        value = IntegerField(min_value=lowest, max_value=highest).clean(text)
    except ValidationError:
        raise BadRequest(f"{name}={text[:40]!r} is not a whole number from {lowest} to {highest}") from None
    return int(value)

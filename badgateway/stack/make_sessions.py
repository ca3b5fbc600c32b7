"""Makes sessions of logged-in users in a Django site's database, and prints them as JSON; run with the site's Python.

It is run by its path in the site's folder, with `MODULE:OBJECT`, what a server loads, and how many. Users that the site
has are taken first, but none of its staff; those that are missing are made, and can log in with no password. It needs
Python 3.8.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

PRINTED = "sessions of the site: "
"""Before the JSON: what a site prints while it is loaded stands before it."""
_NAME = "badgateway-{}"


class NoSessions(Exception):  # noqa: N818 # what is told of it is no traceback
    """The site cannot have sessions that are made before."""


def users(wanted: int) -> list[Any]:
    """Return so many users, or fewer where the site has some and no more can be made."""
    auth: Any = importlib.import_module("django.contrib.auth")
    model = auth.get_user_model()
    ordinary = {name: False for name in ("is_staff", "is_superuser") if _has(model, name)}
    active = {"is_active": True} if _has(model, "is_active") else {}
    found = list(model._default_manager.filter(**ordinary, **active).order_by("pk")[:wanted])  # noqa: SLF001 # Django's name
    for number in range(len(found), wanted):
        user = model(**{name: _value(model, name, number) for name in (model.USERNAME_FIELD, *model.REQUIRED_FIELDS)})
        user.set_unusable_password()
        user.save()
        found.append(user)
    return found


def _has(model: Any, name: str) -> bool:
    return any(field.name == name for field in model._meta.get_fields())  # noqa: SLF001 # Django's name


def _value(model: Any, name: str, number: int) -> str:
    """Return what a field of text is given."""
    field = model._meta.get_field(name)  # noqa: SLF001 # Django's name
    kind = field.get_internal_type()
    if kind not in {"CharField", "TextField", "EmailField", "SlugField"}:
        raise NoSessions(f"its users need {name}, a {kind}, which is not made up: have prepare make some users")
    text = _NAME.format(number)
    is_mail = "email" in name.lower() or type(field).__name__ == "EmailField"
    return f"{text}@badgateway.invalid" if is_mail else text


def session_of(user: Any, settings: Any) -> str:
    """Make a session in which a user is logged in, and return its key."""
    auth: Any = importlib.import_module("django.contrib.auth")
    session = importlib.import_module(settings.SESSION_ENGINE).SessionStore()
    session[auth.SESSION_KEY] = user._meta.pk.value_to_string(user)  # noqa: SLF001 # Django's name
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def made(target: str, wanted: int) -> dict[str, Any]:
    """Load the site, and make its sessions."""
    importlib.import_module(target.partition(":")[0])
    if "django.conf" not in sys.modules:
        raise NoSessions("it is no site of Django's: log in in the Locust file")
    settings: Any = importlib.import_module("django.conf").settings
    importlib.import_module("django").setup()
    if "django.contrib.sessions" not in settings.INSTALLED_APPS:
        raise NoSessions("it has no django.contrib.sessions: log in in the Locust file")
    if settings.SESSION_ENGINE.endswith(".cache"):
        raise NoSessions("it keeps sessions in a cache, which is not kept for its servers: log in in the Locust file")
    keys = [session_of(user, settings) for user in users(wanted)]
    return {"cookie": settings.SESSION_COOKIE_NAME, "keys": keys}


def main() -> None:
    """Make them, and print."""
    # In place of this file's folder, whose modules are called as many others are.
    sys.path[0] = str(Path.cwd())
    try:
        told = made(sys.argv[1], int(sys.argv[2]))
    except NoSessions as error:
        told = {"error": str(error)}
    sys.stdout.write(f"\n{PRINTED}{json.dumps(told)}\n")


if __name__ == "__main__":
    main()

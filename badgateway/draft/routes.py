"""Which of a site's routes users can be sent to, with nothing known but their patterns, and why not to the others."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from badgateway.draft.inspected import Route

MOST_TASKS = 40
_PARTS_OF_OTHERS = {
    "admin": "the admin",
    "logout": "it ends the user's session",
    "__debug__": "the debug toolbar",
    "i18n": "it sets a language",
    "jsi18n": "a file for scripts",
    "static": "a file",
    "media": "a file",
    "delete": "it may delete something",
    **dict.fromkeys(("login", "signin", "sign-in"), "a form to log in with, which few ask for"),
    **dict.fromkeys(("signup", "sign-up", "register"), "a form to sign up with, which few ask for"),
    **dict.fromkeys(
        ("password_reset", "password-reset", "password_change", "password-change", "forgot-password"),
        "it is about a password, which few ask for",
    ),
}
_ADMINS = ("django.contrib.admin.", "wagtail.admin.")
_VIEWS_OF_OTHERS = (*_ADMINS, "django.views.static.", "django.contrib.staticfiles.")
_FEW_ASK_FOR = {
    ("django.contrib.auth.views.", "allauth.", "two_factor.", "wagtail.users."): "it is about logins",
    ("fastapi.applications", "drf_spectacular.", "drf_yasg.", "rest_framework.schemas."): "describes the API",
}
_VALUE = re.compile(r"<[^<>]*>|\(\?P<\w+>|[()\[\]*+?{}|\\^$]")
_ANCHORS = re.compile(r"\^|\\[AZ]|\$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One request that users send."""

    path: str
    name: str
    """The route's label: the same for all values."""
    weight: int = 1
    others: tuple[str, ...] = ()
    """Further paths of the same route; one of them is drawn each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """A route that users are not sent to."""

    pattern: str
    why: str


def tasks_of(routes: Iterable[Route]) -> Iterator[Task | NotSent]:
    """Yield a task for each route that takes a GET and no value, and the others with their reasons."""
    every = list(routes)
    closed = tuple(dict.fromkeys(shown(route) for route in every if _is_index_of_admin(route)))
    seen: set[str] = set()
    sent = 0
    for route in every:
        pattern = shown(route)
        why = "the admin" if pattern.startswith(closed) else _why_not(route, pattern)
        if why and route.home and not route.home.startswith(closed):
            why, pattern = "", route.home
        if pattern in seen:
            continue
        seen.add(pattern)
        if why:
            yield NotSent(pattern=pattern, why=why)
        elif sent == MOST_TASKS:
            yield NotSent(pattern=pattern, why=f"more than {MOST_TASKS} routes")
        else:
            sent += 1
            yield Task(path=pattern, name=f"GET {pattern}")


def _is_index_of_admin(route: Route) -> bool:
    return route.view.startswith(_ADMINS) and route.name in {"index", "wagtailadmin_home"}


def shown(route: Route) -> str:
    """Return a pattern as people read it, without what only a matcher needs."""
    if not route.is_regex:
        return route.pattern
    return _ANCHORS.sub("", route.pattern).replace("\\.", ".").replace("\\-", "-").replace("\\/", "/")


def _why_not(route: Route, pattern: str) -> str:
    if route.methods and "GET" not in route.methods:
        return f"takes {', '.join(route.methods)} only"
    if route.view.startswith(_VIEWS_OF_OTHERS):
        return "the admin" if ".admin." in route.view else "a file"
    if why := of_others(pattern):
        return why
    for views, what in _FEW_ASK_FOR.items():
        if route.view.startswith(views):
            return f"{what}, which few ask for"
    if _VALUE.search(pattern) or route.converters:
        return "needs a value that is not known"
    return ""


def of_others(path: str) -> str:
    """Return why few users ask for a path, or should not be made to, by a part of it; empty where nothing says so."""
    return next((_PARTS_OF_OTHERS[part] for part in path.strip("/").split("/") if part in _PARTS_OF_OTHERS), "")

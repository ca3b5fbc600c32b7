"""How a site is reached in production, by its settings: host, scheme, static files, and how it is seen to be well."""

from dataclasses import dataclass

from badgateway.draft.inspected import Inspected, Route
from badgateway.draft.routes import Task, tasks_of

_WELL = ("healthz", "health", "ping", "livez", "readyz", "status", "up")
_LOCAL = ("127.0.0.1", "localhost", "[::1]", "*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What nginx says and serves before the site."""

    host: str = ""
    """Empty: any will do."""
    scheme: str = "http"
    health_path: str = "/"
    health_statuses: tuple[int, ...] = (200, 301, 302)
    static: tuple[tuple[str, str], ...] = ()
    """Paths of addresses, each with the folder of its files."""


def serving(site: Inspected) -> Serving:
    """Return how a site is to be reached."""
    path = health_path(site.routes)
    is_own = path.strip("/").rpartition("/")[2] in _WELL
    return Serving(
        host=host(site),
        scheme="https" if needs_https(site) else "http",
        health_path=path,
        health_statuses=(200,) if is_own else (200, 301, 302),
        static=static(site),
    )


def host(site: Inspected) -> str:
    """Return a name that the site answers to; empty where it answers to any, or to this machine's own."""
    named = site.allowed_hosts
    if not named or any(one in _LOCAL for one in named):
        return ""
    plain = next((one for one in named if not one.startswith(".")), "")
    return plain or f"www{named[0]}"


def needs_https(site: Inspected) -> bool:
    """Tell whether users would get nowhere, or lose their cookies, without HTTPS."""
    flags = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    return any(site.flags.get(name) for name in flags)


def health_path(routes: tuple[Route, ...]) -> str:
    """Return where the site says that it is well, or else what its users ask for first."""
    plain = [one.path for one in tasks_of(routes) if isinstance(one, Task)]
    own = [path for path in plain if path.strip("/").rpartition("/")[2] in _WELL]
    home = [path for path in plain if path == "/"]
    return next(iter((*own, *home, *plain)), "/")


def static(site: Inspected) -> tuple[tuple[str, str], ...]:
    """Return the static files that production serves past the site."""
    url = site.texts.get("STATIC_URL", "")
    path = url if url.startswith("/") else f"/{url}"
    return ((path, site.static_root),) if site.static_root and url and "://" not in url else ()

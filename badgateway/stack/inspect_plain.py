"""Tells what a site without Django's settings is: part of inspect_site.py, with the Python of the site."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADDRESSES = ("SQLALCHEMY_DATABASE_URI", "DATABASE_URL", "DATABASE_URI")
_MOST_ROUTES = 2000


def facts(application: Any, root: str, word: str = "") -> dict[str, Any] | None:
    """Return what can be seen of a WSGI or ASGI callable: its routes and its database, where it shows them."""
    if application is None:
        return None
    config: Any = getattr(application, "config", None)
    values = config if isinstance(config, dict) else {}
    address = next((str(values[name]) for name in _ADDRESSES if values.get(name)), "")
    engine = _engine(address)
    return {
        "kind": "flask" if hasattr(application, "url_map") else "plain",
        "debug": bool(getattr(application, "debug", False)),
        "flags": {"SESSION_COOKIE_SECURE": bool(values.get("SESSION_COOKIE_SECURE"))},
        "allowed_hosts": [str(values["SERVER_NAME"])] if values.get("SERVER_NAME") else [],
        "static_root": _inside(getattr(application, "static_folder", None), root),
        "texts": {"STATIC_URL": _static_url(application)},
        "databases": [_database(_url(engine) or address, root, word, _driver(engine))] if engine or address else [],
        "commands": sorted(getattr(getattr(application, "cli", None), "commands", None) or ()),
        "routes": _rules(application) if hasattr(application, "url_map") else _paths(application),
    }


def _static_url(application: Any) -> str:
    path = getattr(application, "static_url_path", None)
    return f"{path}/" if path else ""


def _engine(address: str) -> Any:
    """Return the engine of SQLAlchemy's for an address, or one that the site has made; None where there is none."""
    library: Any = sys.modules.get("sqlalchemy")
    if library is None:
        return None
    if address:
        # To make one connects to nothing.
        with contextlib.suppress(Exception):
            return library.create_engine(address)
    kind = library.engine.Engine
    # By its type: some objects tell another class than they have, or make themselves when they are asked.
    return next((one for one in gc.get_objects() if issubclass(type(one), kind)), None)


def _url(engine: Any) -> str:
    if engine is None:
        return ""
    # Before SQLAlchemy 1.4 a text of it has the password.
    spelled = getattr(engine.url, "render_as_string", None)
    return str(spelled(hide_password=False)) if spelled else str(engine.url)


def _driver(engine: Any) -> str:
    """Return the module that an engine connects with; an asynchronous one has it behind another."""
    if engine is None:
        return ""
    module = str(getattr(engine.dialect.dbapi, "__name__", "") or engine.dialect.driver.replace("_async", ""))
    return module.partition(".")[0]


def _database(address: str, root: str, word: str, module: str) -> dict[str, Any]:
    """Say where a database is, without its password."""
    scheme, _, _ = address.partition("://")
    parts = urlsplit(address)
    kind, _, driver = scheme.partition("+")
    name = parts.path[1:]
    return {
        "alias": "default",
        "engine": kind,
        "scheme": scheme,
        "host": parts.hostname or "",
        "port": str(parts.port or ""),
        # Without a host it is a file.
        "name": name if parts.hostname else _inside(name, root) or name,
        "user": parts.username or "",
        "has_password": bool(parts.password),
        "has_marked_password": bool(word) and parts.password == word,
        "driver": module or driver,
        "query": parts.query,
    }


def _inside(path: Any, root: str) -> str:
    text = os.path.abspath(str(path)) if path else ""  # noqa: PTH100 # a link is named as the site does
    return os.path.relpath(text, root) if text.startswith(root + os.sep) else ""


def _rules(application: Any) -> list[dict[str, Any]]:
    found = []
    for rule in list(application.url_map.iter_rules())[:_MOST_ROUTES]:
        if rule.endpoint.rpartition(".")[2] == "static":
            continue
        view = application.view_functions.get(rule.endpoint)
        found.append(
            {
                "pattern": rule.rule,
                "is_regex": False,
                "name": rule.endpoint,
                "view": f"{getattr(view, '__module__', '')}.{getattr(view, '__qualname__', '')}",
                "converters": _kinds(rule, "_converters"),
                "methods": sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}),
            }
        )
    return found


def _kinds(route: Any, attribute: str) -> dict[str, str]:
    """Return the kind of each value in a route; Werkzeug and Starlette have their own word for them."""
    return {name: type(one).__name__ for name, one in (getattr(route, attribute, None) or {}).items()}


def _paths(application: Any) -> list[dict[str, Any]]:
    """Return the routes of Starlette and what is built on it."""
    found = [
        {
            "pattern": path,
            "is_regex": False,
            "name": str(getattr(route, "name", "") or ""),
            "view": str(getattr(getattr(route, "endpoint", None), "__module__", "")),
            "converters": _kinds(route, "param_convertors"),
            "methods": sorted((getattr(route, "methods", None) or set()) - {"HEAD", "OPTIONS"}),
        }
        for path, route in _walk(getattr(application, "routes", None) or (), "")
    ]
    return found[:_MOST_ROUTES]


def _walk(routes: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield all routes, those of mounted applications and included routers as well, with their whole paths."""
    # Later versions of FastAPI keep a router that is included as it is.
    flat = getattr(sys.modules.get("fastapi.routing"), "iter_route_contexts", iter)
    for route in flat(routes):
        path, inner = getattr(route, "path", None), getattr(route, "routes", None)
        if path is None or "WebSocket" in type(getattr(route, "original_route", route)).__name__:
            continue
        if inner:
            yield from _walk(inner, f"{prefix}{path}")
        else:
            yield f"{prefix}{path}", route

"""Tells what a site without Django's settings is: part of inspect_site.py, with the Python of the site."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

_ADDRESSES = ("SQLALCHEMY_DATABASE_URI", "DATABASE_URL", "DATABASE_URI")
_MOST_ROUTES = 2000


def facts(application: Any, root: str, word: str = "") -> dict[str, Any] | None:
    """Return what can be seen of a WSGI or ASGI callable: its routes and its database, where it shows them."""
    if application is None:
        return None
    config: Any = getattr(application, "config", None)
    values = config if isinstance(config, dict) else {}
    address = next((str(values[name]) for name in _ADDRESSES if values.get(name)), "")
    return {
        "kind": "flask" if hasattr(application, "url_map") else "plain",
        "debug": bool(getattr(application, "debug", False)),
        "flags": {"SESSION_COOKIE_SECURE": bool(values.get("SESSION_COOKIE_SECURE"))},
        "allowed_hosts": [str(values["SERVER_NAME"])] if values.get("SERVER_NAME") else [],
        "static_root": _inside(getattr(application, "static_folder", None), root),
        "texts": {"STATIC_URL": _static_url(application)},
        "databases": [_database(address, root, word)] if address else [],
        "commands": sorted(getattr(getattr(application, "cli", None), "commands", None) or ()),
        "routes": _rules(application) if hasattr(application, "url_map") else _paths(application),
    }


def _static_url(application: Any) -> str:
    path = getattr(application, "static_url_path", None)
    return f"{path}/" if path else ""


def _database(address: str, root: str, word: str) -> dict[str, Any]:
    """Say where a database is, without its password."""
    scheme, _, _ = address.partition("://")
    parts = urlsplit(address)
    kind, _, driver = scheme.partition("+")
    name = parts.path[1:]
    return {
        "alias": "default",
        "engine": kind,
        "host": parts.hostname or "",
        "port": str(parts.port or ""),
        # Without a host it is a file.
        "name": name if parts.hostname else _inside(name, root) or name,
        "user": parts.username or "",
        "has_password": bool(parts.password),
        "has_marked_password": bool(word) and parts.password == word,
        "driver": driver,
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
    return [
        {
            "pattern": str(route.path),
            "is_regex": False,
            "name": str(getattr(route, "name", "") or ""),
            "view": str(getattr(getattr(route, "endpoint", None), "__module__", "")),
            "converters": _kinds(route, "param_convertors"),
            "methods": sorted((getattr(route, "methods", None) or set()) - {"HEAD", "OPTIONS"}),
        }
        for route in list(getattr(application, "routes", None) or ())[:_MOST_ROUTES]
        if hasattr(route, "path")
    ]

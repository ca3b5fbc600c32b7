"""Tells what a Django site is once it has been loaded: part of inspect_site.py, with the Python of the site."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

_DEEPEST = 8
_MOST_ROUTES = 2000
_PLAIN = ("DEBUG", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
_TEXTS = ("WSGI_APPLICATION", "ASGI_APPLICATION", "STATIC_URL", "MEDIA_URL", "LOGIN_URL", "EMAIL_BACKEND")
_REMOTE = ("CELERY_BROKER_URL", "BROKER_URL", "SENTRY_DSN", "AWS_STORAGE_BUCKET_NAME")


def facts(_application: Any, root: str, word: str = "") -> dict[str, Any] | None:
    """Return what the settings and routes of the site say; None where it is none of Django's."""
    conf = sys.modules.get("django.conf")
    if conf is None or not (conf.settings.configured or os.environ.get("DJANGO_SETTINGS_MODULE")):
        return None
    settings = conf.settings
    django: Any = importlib.import_module("django")
    django.setup()
    return {
        "kind": "django",
        "settings_module": os.environ.get("DJANGO_SETTINGS_MODULE", ""),
        "debug": bool(settings.DEBUG),
        "has_key": _has_key(settings),
        "flags": {name: bool(getattr(settings, name, False)) for name in _PLAIN},
        "texts": {name: str(getattr(settings, name, None) or "") for name in _TEXTS},
        "allowed_hosts": [str(one) for one in settings.ALLOWED_HOSTS],
        "proxy_ssl_header": list(getattr(settings, "SECURE_PROXY_SSL_HEADER", None) or ()),
        "static_root": _inside(getattr(settings, "STATIC_ROOT", None), root),
        "has_sessions": "django.contrib.sessions" in settings.INSTALLED_APPS,
        "databases": [_database(alias, one, root, word) for alias, one in settings.DATABASES.items()],
        "remote": _remote(settings),
        "commands": _commands(),
        "routes": _routes(settings),
    }


def _has_key(settings: Any) -> bool:
    try:
        return bool(settings.SECRET_KEY)
    except Exception:  # noqa: BLE001 # Django's own, which an earlier one does not raise
        return False


def _database(alias: str, one: dict[str, Any], root: str, word: str) -> dict[str, Any]:
    """Say where a database is, without its password; a connection is prepared and not made."""
    try:
        module = importlib.import_module("django.db").connections[alias].Database.__name__
    except Exception:  # noqa: BLE001 # the backend is not installed, or has no such thing
        module = ""
    name = str(one.get("NAME") or "")
    return {
        "alias": alias,
        "engine": str(one.get("ENGINE") or ""),
        "host": str(one.get("HOST") or ""),
        "port": str(one.get("PORT") or ""),
        "name": _inside(name, root) or name,
        "user": str(one.get("USER") or ""),
        "has_password": bool(one.get("PASSWORD")),
        "has_marked_password": bool(word) and str(one.get("PASSWORD")) == word,
        "driver": module.partition(".")[0],
        "options": sorted(map(str, one.get("OPTIONS") or {})),
    }


def _inside(path: Any, root: str) -> str:
    """Return a path relative to the repository; empty where it is none, or elsewhere."""
    text = os.path.abspath(str(path)) if path else ""  # noqa: PTH100 # a link is named as the settings do
    return os.path.relpath(text, root) if text.startswith(root + os.sep) else ""


def _remote(settings: Any) -> dict[str, str]:
    """Return what the site would reach besides its database, by setting; values only where they are no secret."""
    found = {name: "set" for name in _REMOTE if getattr(settings, name, None)}
    backend = str(settings.EMAIL_BACKEND)
    if backend.endswith("smtp.EmailBackend"):
        found["EMAIL_HOST"] = str(settings.EMAIL_HOST)
    for alias, one in settings.CACHES.items():
        if any(word in str(one.get("BACKEND")).lower() for word in ("redis", "memcached")):
            found[f"CACHES.{alias}"] = str(one.get("BACKEND")).rpartition(".")[2]
    return found


def _commands() -> list[str]:
    """Return the commands of the site's own applications."""
    management: Any = importlib.import_module("django.core.management")
    apps = management.get_commands().items()
    paths = {name: str(getattr(sys.modules.get(str(app)), "__file__", None) or "") for name, app in apps}
    return sorted(name for name, path in paths.items() if path and "site-packages" not in path)


def _routes(settings: Any) -> list[dict[str, Any]]:
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    resolvers: Any = importlib.import_module("django.urls")
    found: list[dict[str, Any]] = []
    _walk(resolvers.get_resolver().url_patterns, "/", {}, found, 0)
    return found


def _walk(patterns: Any, prefix: str, above: dict[str, str], found: list[dict[str, Any]], depth: int) -> None:
    for one in patterns:
        # A prefix of languages says itself which language is the active one.
        path = prefix + str(one.pattern)
        values = {**above, **_converters(one.pattern)}
        inner = getattr(one, "url_patterns", None)
        if inner is not None and depth < _DEEPEST:
            _walk(inner, path, values, found, depth + 1)
        elif inner is None and len(found) < _MOST_ROUTES:
            found.append({**_route(one, path, values), "home": _home(one.pattern, prefix, above)})


def _home(pattern: Any, prefix: str, above: dict[str, str]) -> str:
    """Return the path that a pattern of expressions answers to when it has nothing to match, if it is known."""
    regex = getattr(pattern, "regex", None)
    is_plain = not above and not any(letter in prefix for letter in "^$(<[*+?\\")
    return prefix if is_plain and "Regex" in type(pattern).__name__ and regex and regex.match("") else ""


def _converters(pattern: Any) -> dict[str, str]:
    return {name: type(one).__name__ for name, one in (getattr(pattern, "converters", None) or {}).items()}


def _route(one: Any, path: str, values: dict[str, str]) -> dict[str, Any]:
    view = getattr(one.callback, "view_class", None) or getattr(one.callback, "cls", None)
    methods = [name.upper() for name in ("get", "post", "put", "patch", "delete") if _answers(view, one.callback, name)]
    return {
        "pattern": path,
        "is_regex": type(one.pattern).__name__ == "RegexPattern" or "^" in path or "(?P" in path,
        "name": str(one.name or ""),
        "view": f"{getattr(one.callback, '__module__', '')}.{getattr(one.callback, '__qualname__', '')}",
        "converters": values,
        "methods": methods if view is not None else [],
    }


def _answers(view: Any, callback: Any, method: str) -> bool:
    actions = getattr(callback, "actions", None)
    return method in actions if isinstance(actions, dict) else hasattr(view, method)

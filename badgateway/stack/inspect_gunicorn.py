"""Prints what a Gunicorn command runs with, as JSON: its own parser says it. Run by its path, with the site's Python.

The one argument is JSON: the words behind `gunicorn`. Nothing is served, and no site is loaded. It needs Python 3.8.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

PRINTED = "badgateway found: "
NAMES = (
    *("workers", "threads", "backlog", "timeout", "graceful_timeout", "keepalive", "preload_app", "max_requests"),
    *("max_requests_jitter", "worker_connections", "worker_class"),
)


def told(words: list[str]) -> dict[str, Any]:
    """Return the settings of a command."""
    module: Any = importlib.import_module("gunicorn.app.wsgiapp")
    sys.argv = ["gunicorn", *words]
    application = module.WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]", prog="gunicorn")
    config = application.cfg
    return {"settings": {**{name: getattr(config, name) for name in NAMES if name != "worker_class"}, **_kind(config)}}


def _kind(config: Any) -> dict[str, str]:
    """Return the class of the workers by its short name: with threads, sync is gthread."""
    name = str(config.worker_class_str)
    return {"worker_class": "gthread" if name == "sync" and config.threads > 1 else name}


def main() -> None:
    """Look, and print."""
    sys.path[0] = str(Path.cwd())
    words = json.loads(sys.argv[1])
    try:
        result = told(words)
    except (Exception, SystemExit) as error:  # noqa: BLE001 # a configuration may raise anything
        result = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    sys.stdout.write(f"\n{PRINTED}{json.dumps(result, default=str)}\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

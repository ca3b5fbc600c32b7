"""Prints what a site's Django settings say of databases and DEBUG, as JSON; null where it has no Django settings.

It is run by its path, with the Python and the environment of the site: either with `MODULE:OBJECT`, as a server would
load the site, or with `manage.py ARGUMENTS...`, which gets as far as its command and no further. Nothing is connected
to meanwhile: a site that tries it while it is loaded gets an error.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any, NoReturn

PRINTED = "settings of the site: "
"""Before the JSON: what a site prints while it is loaded stands before it."""


def refuse_connections(event: str, arguments: tuple[Any, ...]) -> None:
    """Let nothing of Python's own connect; an audit hook."""
    if event == "socket.connect":
        raise ConnectionRefusedError(
            "badgateway looks at the settings: nothing is connected to, not " + str(arguments[1])
        )


def settings_of_site() -> dict[str, Any] | None:
    """Return what the settings say of each database, without passwords, and whether they are for development."""
    if "django.conf" not in sys.modules:
        return None
    settings = sys.modules["django.conf"].settings
    if not settings.configured and not os.environ.get("DJANGO_SETTINGS_MODULE"):
        return None
    databases = [
        {
            "alias": alias,
            "engine": str(one.get("ENGINE", "")),
            "host": str(one.get("HOST") or ""),
            "port": str(one.get("PORT") or ""),
            "name": str(one.get("NAME") or ""),
            "options": sorted(map(str, one.get("OPTIONS") or {})),
        }
        for alias, one in settings.DATABASES.items()
    ]
    return {"databases": databases, "debug": bool(settings.DEBUG)}


def load(target: str) -> None:
    """Import the site as its server does, and let its factory make it, where it has one."""
    module, _, name = target.partition(":")
    found: Any = importlib.import_module(module)
    if name.endswith("()"):
        for part in name[:-2].split("."):
            found = getattr(found, part)
        found()


def tell() -> None:
    """Print them."""
    sys.stdout.write(f"\n{PRINTED}{json.dumps(settings_of_site())}\n")
    sys.stdout.flush()


def tell_and_end(*_: Any, **__: Any) -> NoReturn:
    """Stand in for what runs a command of Django's."""
    tell()
    sys.exit(0)


def main() -> None:
    """Load the site in one of the two ways, and print."""
    sys.addaudithook(refuse_connections)
    # In place of this file's folder, whose modules are called as many others are.
    sys.path[0] = str(Path.cwd())
    asked = sys.argv[1:]
    if asked[0].endswith(".py"):
        management: Any = importlib.import_module("django.core.management")
        # Where a command is looked up --settings and the like have been read, and all applications are loaded.
        management.ManagementUtility.fetch_command = tell_and_end
        sys.argv = asked
        runpy.run_path(asked[0], run_name="__main__")
    else:
        load(asked[0])
    tell()


if __name__ == "__main__":
    main()

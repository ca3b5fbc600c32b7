"""Sites and configurations for the drivers' tests."""

from pathlib import Path
from typing import Any

from badgateway.model.configuration import Configuration
from badgateway.stack.site import Site


def configuration(server: str, **values: Any) -> Configuration:
    """Return a configuration whose numbers are all different."""
    numbers = {"workers": 3, "threads": 5, "greenlets": 7, "listen": 11, **values}
    return Configuration.model_validate({"name": "c", "server": server, "driver": "pymysql", **numbers})


def site(**values: Any) -> Site:
    """Return a site in /tmp/t."""
    defaults: dict[str, Any] = {
        "application": Path("/tmp/t/snapshot/app"),
        "server_file": Path("/tmp/t/snapshot/servers/x"),
        "journal": Path("/tmp/t/snapshot/.badgateway/badgateway_journal.py"),
        "application_name": "school_site.wsgi:application",
        "raw": Path("/tmp/t/raw"),
        "written": Path("/tmp/t/raw/written"),
        "python": Path("/opt/kit/bin/python"),
        "python_home": Path("/opt/kit"),
        "timeout_s": 4,
        "variables": {"DB_PASSWORD": "hush", "APP_MEMBERS": "10"},
        "account": None,
    }
    return Site(**{**defaults, **values})

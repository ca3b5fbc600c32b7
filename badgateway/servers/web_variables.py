"""The variables WEB_... by which a server file takes its numbers from a configuration."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from badgateway.model.configuration import Configuration


WEB_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "workers": "WEB_WORKERS",
        "least_workers": "WEB_LEAST_WORKERS",
        "threads": "WEB_THREADS",
        "greenlets": "WEB_GREENLETS",
        "listen": "WEB_LISTEN",
        "keepalive_s": "WEB_KEEPALIVE_S",
        "preload": "WEB_LAZY",
        "max_requests": "WEB_MAX_REQUESTS",
        "max_requests_delta": "WEB_MAX_REQUESTS_DELTA",
        "least_lifetime_s": "WEB_LEAST_LIFETIME_S",
        "graceful_stop_s": "WEB_GRACEFUL_STOP_S",
        "app_s": "WEB_TIMEOUT_S",
    }
)
"""The variable of each setting that is a server's own affair."""
OLD_GRACEFUL_STOP = "WEB_RELOAD_MERCY_S"
"""What WEB_GRACEFUL_STOP_S was called before, for one release."""


def web_variables(configuration: "Configuration", *, bind: str, target: str, timeout_s: int) -> dict[str, str]:
    """Return the variables and their values; `bind` is the socket as the server spells it, `target` what it loads."""
    settings = {
        **{field: str(getattr(configuration, field)) for field in WEB_VARIABLES if field not in {"preload", "app_s"}},
        # The variable says the opposite.
        "preload": str(int(not configuration.preload)),
        "app_s": str(timeout_s),
    }
    return {
        "WEB_BIND": bind,
        "WEB_WSGI": target,
        **{variable: settings[field] for field, variable in WEB_VARIABLES.items()},
        OLD_GRACEFUL_STOP: settings["graceful_stop_s"],
    }

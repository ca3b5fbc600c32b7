"""Completes a declared experiment by what it says elsewhere, or what all beside it have in common."""

from collections.abc import Iterator, Mapping
from typing import Any

from badgateway.databases.registry import databases
from badgateway.model.printable import printable_part
from badgateway.plan.running_site import TARGET, of_running_site
from badgateway.servers.registry import server_of_command, servers

FILE = "kit:own_command.py"
"""The server file of a configuration with a command: it sets nothing."""
SAID_BY_COMMANDS = (
    "server",
    "kind",
    "worker_model",
    "workers",
    "least_workers",
    "threads",
    "greenlets",
    "listen",
    "keepalive_s",
    "preload",
    "max_requests",
    "max_requests_delta",
    "graceful_stop_s",
)
"""Keys that a configuration with a command must not have: the command says them, or its server's own file."""
_HEALTH = {"health", "health_path"}


def completed(declared: Mapping[str, Any], application: Mapping[str, Any]) -> dict[str, Any]:
    """Return a declaration with what it leaves out; what is no table or list stays, and is refused as that.

    Args:
        declared: As the file has it.
        application: What all experiments beside it say of their site.
    """
    if TARGET in declared:
        return of_running_site(declared)
    complete = dict(declared)
    own = declared.get("application", {})
    if isinstance(own, dict):
        complete["application"] = _without_double(application, own) | own
    database = declared.get("database")
    driver = database.get("driver", only_driver(database)) if isinstance(database, dict) else None
    shared = {} if driver is None else {"driver": driver}
    if isinstance(configurations := declared.get("configurations"), list):
        complete["configurations"] = [
            shared | _of_command(one) | one if isinstance(one, dict) else one for one in configurations
        ]
    return complete


def only_driver(database: Mapping[str, Any]) -> str | None:
    """Return the driver that a declared database has in any case; None where it has a choice."""
    drivers = next((one.drivers for one in databases() if one.name == database.get("system")), ())
    return drivers[0].name if len(drivers) == 1 else None


def command_faults(declared: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the commands of a declaration, each with its key; the rest is the model's affair."""
    configurations = declared.get("configurations")
    for one in configurations if isinstance(configurations, list) else ():
        if isinstance(one, dict) and isinstance(command := one.get("command"), str):
            key = f"configurations[{printable_part(str(one.get('name')))}]"
            yield from (f"{key}.{fault}" for fault in _faults(command, one))


def _faults(command: str, one: Mapping[str, Any]) -> Iterator[str]:
    server = server_of_command(command)
    if server is None:
        yield f"command: starts none of {', '.join(known.name for known in servers())}; name the command of one of them"
    elif server.own_command is None:
        yield f"command: {server.label} is started by a file alone; name one in server, such as one of the kit's"
    said = next((name for name in SAID_BY_COMMANDS if name in one), None)
    if said:
        yield f"{said}: the command says it, or the file that it reads; take it out"


def _of_command(one: Mapping[str, Any]) -> dict[str, Any]:
    command = one.get("command")
    server = server_of_command(command) if isinstance(command, str) else None
    # The server itself is asked later how many workers it has.
    return {} if server is None else {"server": FILE, "kind": server.name, "workers": 1}


def _without_double(application: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of all sites but what one says in another way."""
    # Both keys say what is asked to see whether it is up.
    others = _HEALTH if _HEALTH & own.keys() else set()
    return {key: value for key, value in application.items() if key not in others}

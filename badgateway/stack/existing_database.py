"""A database that is there already: only read from, unless the experiment spells out which one it may write to."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from badgateway.databases.database_system import DatabaseSystem
from badgateway.errors import ConfigurationError
from badgateway.model.experiment import Experiment
from badgateway.plan.placeholders import ADDRESS, address_fault
from badgateway.process.account import Account
from badgateway.stack.database import RunningDatabase

_PRODUCTION = frozenset(("prod", "production", "prd", "live", "master", "primary"))
_WORDS = re.compile(r"[a-z]+")


def existing_database(
    experiment: Experiment,
    system: DatabaseSystem,
    variables: Mapping[str, str],
    *,
    folder: Path,
    account: Account | None,
) -> RunningDatabase:
    """Return how to reach the database that a variable of the caller's leads to.

    Raises:
        ConfigurationError: It is not set, is no address, or leads to what must not be used.
    """
    name = (experiment.database.url or "").removeprefix(ADDRESS)
    parts = urlsplit(variables.get(name, ""))
    fault = (
        address_fault(experiment, variables)
        or _fault(name, variables.get(name, ""), system)
        or _forbidden(experiment, parts.hostname or "", parts.path[1:])
    )
    if fault:
        raise ConfigurationError(f"{fault}; nothing was run")
    return RunningDatabase(
        system=system,
        folder=folder,
        account=account,
        host=parts.hostname or "",
        port=_port(variables[name]) or system.usual_port,
        name=unquote(parts.path[1:]),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        address=variables[name],
    )


def _is_of_production(word: str) -> bool:
    return word in _PRODUCTION or word.startswith("production") or word.endswith("prod")


def _fault(name: str, address: str, system: DatabaseSystem) -> str:
    """Return what is wrong with an address; what it is, with its password, is never said."""
    parts = urlsplit(address)
    words = " or ".join(f"{one}://" for one in system.engines)
    if not any(word in parts.scheme for word in system.engines):
        return f"database.url: {name} is no address of {system.label}, which begins with {words}"
    if not parts.hostname or not parts.path[1:] or not _has_port(address, system):
        return f"database.url: {name} has to be an address with a host, a port and the database's name"
    return ""


def _port(address: str) -> int | None:
    """Return the port that an address names; None where it names none, or one that is no number."""
    try:
        return urlsplit(address).port
    except ValueError:
        return None


def _has_port(address: str, system: DatabaseSystem) -> bool:
    named = urlsplit(address).netloc.rpartition("@")[2].rpartition("]")[2].partition(":")[2]
    return bool(_port(address) if named else system.usual_port)


def _forbidden(experiment: Experiment, host: str, name: str) -> str:
    place, declared = f"{host}/{name}", experiment.database.may_write
    if declared and declared != place:
        return f"database.may_write: it says {declared}, and {experiment.database.url} leads to {place}"
    found = next(filter(_is_of_production, _WORDS.findall(place.lower())), None)
    if found:
        return (
            f"database.url: {place} looks like production ({found}), which no run may load; make a copy of it, with "
            "another name, on another server"
        )
    return ""

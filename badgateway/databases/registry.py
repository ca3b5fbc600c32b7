"""Finds the database systems: those of this room, and those that other packages bring."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from badgateway import databases as room
from badgateway import registry
from badgateway.databases.database_kind import DatabaseKind
from badgateway.databases.database_system import DatabaseSystem
from badgateway.errors import ConfigurationError
from badgateway.model.axis import AXES
from badgateway.model.printable import printable_part

if TYPE_CHECKING:
    # Who reads logs knows of no experiment, and need not wait until its model is loaded.
    from collections.abc import Iterator, Mapping

    from badgateway.model.experiment import Experiment

GROUP = "badgateway.databases"
"""Entry points of this group name a module with a DATABASE."""


@cache
def databases() -> tuple[DatabaseKind, ...]:
    """Return all kinds of databases, those of this room first, each by its name only once.

    Raises:
        ConfigurationError: An entry point cannot be loaded, is none, or takes a name that is there already.
    """
    return registry.found(room, "DATABASE", DatabaseKind, GROUP)


def database_systems() -> tuple[DatabaseSystem, ...]:
    """Return those of which a run starts a server of its own."""
    return tuple(one for one in databases() if isinstance(one, DatabaseSystem))


def kind_of(engine: str) -> DatabaseKind | None:
    """Return what a site's own word is for: an engine of Django's, or the scheme of an address."""
    word = engine.lower()
    return next((one for one in databases() if any(each in word for each in one.engines)), None)


def database_of(experiment: Experiment) -> DatabaseKind:
    """Return the system that an experiment's database is of.

    Raises:
        ConfigurationError: It is none that is known.
    """
    named = experiment.database.system
    found = next((system for system in databases() if system.name == named), None)
    if found is None:
        raise ConfigurationError(_unknown(named))
    return found


def system_faults(declared: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the system that a declaration names: a driver that it lacks is no fault beside that."""
    database = declared.get("database")
    named = database.get("system") if isinstance(database, dict) else None
    if isinstance(named, str) and not any(system.name == named for system in databases()):
        yield _unknown(named)


def _unknown(named: str) -> str:
    return f"database.system: {printable_part(named)} is no known database; there are {_listed(databases())}"


def database_faults(experiment: Experiment) -> Iterator[str]:
    """Yield what is wrong with the database and the drivers that an experiment names, with the key."""
    try:
        system = database_of(experiment)
    except ConfigurationError as error:
        yield str(error)
        return
    yield from _allowed_databases(experiment)
    if experiment.database.url is not None and not isinstance(system, DatabaseSystem):
        yield f"database.url: {system.label} has no address; take it out, or name the system that it is of"
    if experiment.places.database is not None and not isinstance(system, DatabaseSystem):
        yield f"places.database: {system.label} has no server that could stand elsewhere; take it out"
    for one in experiment.configurations:
        driver = system.driver(one.driver)
        if driver is None and not (experiment.application.python and _is_of_a_site(one.driver, system)):
            allowed = " or ".join(f"'{each.name}'" for each in system.drivers)
            key = f"configurations[{one.name}].driver"
            yield f"{key}: '{one.driver}' is not allowed: input should be {allowed}, the drivers of {system.label}"
        elif driver and one.pool and (why := driver.without_pool):
            yield f"configurations[{one.name}].pool: {one.driver} has none: {why}; take it out"
        if not isinstance(system, DatabaseSystem):
            for axis in AXES:
                if axis.is_of_database_server and any(getattr(one, axis.values)):
                    key = f"configurations[{one.name}].{axis.values}"
                    yield f"{key}: {system.label} has no server, so there is no {axis.name}; take it out"


def _is_of_a_site(driver: str, system: DatabaseKind) -> bool:
    """Tell whether a site of the user's may have a driver of this name: none of another system, and none mistyped."""
    known = [one.name for each in databases() for one in each.drivers]
    others = [name for each in databases() if each is not system for name in each.async_drivers]
    return driver not in others and not get_close_matches(driver, known, cutoff=0.85)


def _allowed_databases(experiment: Experiment) -> Iterator[str]:
    """Yield what is wrong with what a site is allowed: no database is, which would be past all that keeps it safe."""
    usual = {one.usual_port: one.label for one in database_systems() if one.usual_port}
    for port in experiment.application.allowed_ports:
        if port in usual:
            yield f"application.allow: {usual[port]} listens on port {port}; a run has its own, or database.url"


def _listed(systems: tuple[DatabaseKind, ...]) -> str:
    return ", ".join(sorted(system.name for system in systems))

"""What stands in an experiment's variables for what only a run knows, and what is wrong with it."""

import re
from collections.abc import Iterator, Mapping

from badgateway.model.experiment import Experiment
from badgateway.model.printable import printable_part
from badgateway.plan.declaration_faults import likely
from badgateway.plan.services import PARTS, SERVICES, services_of

_PLACE = re.compile(r"\$\{([^{}]*)\}")
_OF_DATABASE = ("url", "host", "port", "name", "user", "password")
KNOWN = ("random", *(f"database.{part}" for part in _OF_DATABASE))
ADDRESS = "env:"
"""Before the name of a variable of the caller's that has a database's address."""


def placeholder_faults(experiment: Experiment) -> Iterator[str]:
    """Yield one line for each place that a run could not fill in, and for each that it would not look at."""
    application = experiment.application
    asked = [f"{one.name}.{part}" for one in services_of(experiment) for part in PARTS]
    tables = [
        ("application.environment", application.environment),
        *((f"configurations[{one.name}].environment", one.environment) for one in experiment.configurations),
    ]
    for key, table in tables:
        for name, value in table.items():
            yield from (
                f"{key}.{name}: unknown value ${{{printable_part(place)}}}; {_likely(place)}"
                for place in _PLACE.findall(value)
                if place not in (*KNOWN, *asked)
            )
    commands = [
        *(("application.prepare", command) for command in application.prepare),
        ("application.restore", application.restore),
    ]
    for key, command in commands:
        place = next((found for word in command or () for found in _PLACE.findall(word) if found in KNOWN), None)
        if place:
            yield f"{key}: ${{{place}}} is filled in under [application.environment] alone; read it from a variable"


def _likely(place: str) -> str:
    service = next((one for one in SERVICES if place in {f"{one.name}.{part}" for part in PARTS}), None)
    if service:
        return f'a run starts none; ask for it: services = ["{service.name}"] under [application]'
    return likely(place.lower(), KNOWN, shown="${{{}}}")


def address_fault(experiment: Experiment, variables: Mapping[str, str]) -> str:
    """Return what is wrong with the variable of the caller's that leads to a database; empty when nothing.

    Args:
        experiment: May name one.
        variables: The caller's.
    """
    name = (experiment.database.url or "").removeprefix(ADDRESS)
    if not name or name in variables:
        return ""
    return f"database.url: your shell has no variable {name}; export it, with the address of the database"

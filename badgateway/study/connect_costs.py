"""What one database connect costs with each driver, measured against an experiment's own database."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from badgateway.databases.database_system import Driver
from badgateway.errors import DeploymentError
from badgateway.model.worker_checks import ConnectCost
from badgateway.probe import connect_cost
from badgateway.process.child import Command
from badgateway.process.running import run_to_end
from badgateway.stack.site import base_environment
from badgateway.study.bench import Bench

CONNECTS = 20
DEADLINE_S = 60.0
_PROGRAM = Path(connect_cost.__file__)


def connect_costs(bench: Bench) -> tuple[ConnectCost, ...]:
    """Measure each client in a process of its own; one that cannot connect has a problem instead of numbers."""
    if bench.database.pid is None:
        return ()
    # Two drivers may connect in the same way, where one is the other with something put around its waiting.
    ways = {client: (driver, options) for driver in _drivers(bench) for client, options in driver.ways}
    return tuple(
        _cost(bench, client, driver, options, f"connect-{number}.log")
        for number, (client, (driver, options)) in enumerate(ways.items(), start=1)
    )


def _drivers(bench: Bench) -> Iterable[Driver]:
    """Return the drivers to compare: those that a site's own environment must have, or all that the kit's has."""
    named = {one.driver for one in bench.experiment.configurations}
    drivers = bench.database.system.drivers
    return [one for one in drivers if one.name in named] if bench.experiment.application.python else drivers


def _cost(bench: Bench, client: str, driver: Driver, options: Mapping[str, object], log: str) -> ConnectCost:
    try:
        measured = json.loads(run_to_end(_command(bench, driver, options, log), deadline_s=DEADLINE_S))
        median_ms, cpu_ms, problem = measured["median_ms"], measured["cpu_ms"], ""
    except DeploymentError as error:
        median_ms, cpu_ms, problem = None, None, str(error).splitlines()[-1]
    except ValueError as error:
        median_ms, cpu_ms, problem = None, None, f"printed something else than its result: {error}"
    return ConnectCost(client=client, connects=CONNECTS, median_ms=median_ms, cpu_ms=cpu_ms, problem=problem)


def _command(bench: Bench, driver: Driver, options: Mapping[str, object], log: str) -> Command:
    arguments = (driver.module, driver.name_argument, json.dumps(dict(options)), str(CONNECTS))
    return Command(
        name=f"cost of a connect with {driver.module}",
        # As a text: the account may not be able to read this program, and nothing beside it is to be imported.
        argv=(str(bench.snapshot.python), "-I", "-c", _PROGRAM.read_text(encoding="utf-8"), *arguments),
        environment={**base_environment(bench.folder), **bench.database.environment(driver.name, 0)},
        directory=bench.folder,
        log=bench.folder / log,
        account=bench.account,
    )

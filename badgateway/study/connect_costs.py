"""What one database connect costs with each driver, measured against an experiment's own database."""

import json
import sys

from badgateway.errors import DeploymentError
from badgateway.model.cooperation import ConnectCost
from badgateway.probe import connect_cost
from badgateway.process.child import Command
from badgateway.process.running import run_to_end
from badgateway.stack.environment import base_environment
from badgateway.study.bench import Bench

CONNECTS = 20
DEADLINE_S = 60.0
CLIENTS: tuple[tuple[str, str, dict[str, bool]], ...] = (
    ("PyMySQL, ssl_disabled", "pymysql", {"ssl_disabled": True}),
    ("PyMySQL, as it is", "pymysql", {}),
    ("mysqlclient, as it is", "MySQLdb", {}),
)
"""What to call it, the driver's module and the options of its connect()."""


def connect_costs(bench: Bench) -> tuple[ConnectCost, ...]:
    """Measure each client in a process of its own; one that cannot connect has a problem instead of numbers."""
    return tuple(_cost(bench, *client) for client in CLIENTS)


def _cost(bench: Bench, client: str, module: str, options: dict[str, bool]) -> ConnectCost:
    try:
        measured = json.loads(run_to_end(_command(bench, module, options), deadline_s=DEADLINE_S))
        median_ms, cpu_ms, problem = measured["median_ms"], measured["cpu_ms"], ""
    except DeploymentError as error:
        median_ms, cpu_ms, problem = None, None, str(error).splitlines()[-1]
    except ValueError as error:
        median_ms, cpu_ms, problem = None, None, f"printed something else than its result: {error}"
    return ConnectCost(client=client, connects=CONNECTS, median_ms=median_ms, cpu_ms=cpu_ms, problem=problem)


def _command(bench: Bench, module: str, options: dict[str, bool]) -> Command:
    return Command(
        name=f"cost of a connect with {module}",
        # -P: the modules beside the program are not to be taken for those that a driver imports.
        argv=(sys.executable, "-P", connect_cost.__file__, module, json.dumps(options), str(CONNECTS)),
        environment={**base_environment(bench.folder), **bench.database.environment("pymysql", 0)},
        directory=bench.folder,
        log=bench.folder / f"connect-{module}-{len(options)}.log",
        # The kit's own account: the servers' may not be able to read this program.
        account=None,
    )

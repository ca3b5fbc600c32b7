"""How long the kit takes to put the data of a database back between trials, of about 100 MB, with each database.

python benchmarks/restoring.py      (in the project's folder; takes a minute or two)
"""

# ruff: noqa: S608 # all names are its own

import sqlite3
import statistics
import time
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from badgateway.databases.database_system import DatabaseSystem
from badgateway.databases.registry import databases
from badgateway.model.experiment import Experiment
from badgateway.process.account import Account, open_passage, service_account, with_own_group
from badgateway.stack.database import RunningDatabase, run_database
from badgateway.stack.kept_data import keep_data, put_data_back
from badgateway.stack.statistics import renew_statistics, take_statistics
from badgateway.store.temporary_folder import temporary_folder

ROOT = Path(__file__).parents[1]
TABLES, DOUBLED, TEXT_BYTES = 6, 15, 480
"""A table has two to the power of DOUBLED rows."""
ROUNDS = 3
WRITTEN = {"one row of each table": TABLES, "one row of one table": 1, "nothing": 0}


def link_to(database: RunningDatabase) -> Any:
    """Connect as the kit does, or as a site does to its file."""
    if not database.host:
        return sqlite3.connect(database.name, isolation_level=None)
    client = database.server.client
    link = import_module(client.module).connect(**client.arguments(database, 5, 120))
    for name, value in client.attributes.items():
        setattr(link, name, value)
    return link


def execute(database: RunningDatabase, *statements: str) -> None:
    """Execute statements in one connection."""
    with closing(link_to(database)) as link:
        cursor = link.cursor()
        for statement in statements:
            cursor.execute(statement)


def fill(database: RunningDatabase) -> None:
    """Write tables of rows whose texts are 100 MB together."""
    text = "'" + "x" * TEXT_BYTES + "'"
    for table in range(TABLES):
        name = f"things_{table}"
        # Doubling is the one way to many rows that all of them have.
        double = f"INSERT INTO {name} SELECT id + {{rows}}, text, number + 1 FROM {name}"
        execute(
            database,
            f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, text VARCHAR({TEXT_BYTES}), number INTEGER)",
            f"INSERT INTO {name} VALUES (1, {text}, 1)",
            *(double.format(rows=1 << step) for step in range(DOUBLED)),
            f"CREATE INDEX {name}_number ON {name} (number)",
        )


def put_back_s(database: RunningDatabase, tables: int) -> float:
    """Write to so many tables, and return how long it takes to put the data back, with what the optimizer knows."""
    execute(database, *(f"UPDATE things_{table} SET number = 5 WHERE id = 7" for table in range(tables)))
    start_s = time.perf_counter()
    put_data_back(database)
    renew_statistics(database)
    return time.perf_counter() - start_s


def measure(system: str, template: str, folder: Path, account: Account | None) -> None:
    """Print the times of one database."""
    experiment = Experiment.model_validate(
        {
            "name": "restoring",
            "question": "How long?",
            "load": {"locustfile": "experiments/users.py", "users": [1]},
            "objective": {"max_failure_share": 0, "p95_ms": 1},
            "database": {"system": system},
            "configurations": [{"name": "any", "server": "servers/uwsgi.ini", "driver": "any", "workers": 1}],
        }
    )
    folder.mkdir()
    open_passage(folder, account)
    with run_database(experiment, template, folder=folder, account=account) as database:
        fill(database)
        take_statistics(database)
        start_s = time.perf_counter()
        keep_data(database)
        click.echo(f"{database.system.label:12} keeping it {time.perf_counter() - start_s:5.2f} s", nl=False)
        for what, tables in WRITTEN.items():
            taken_s = statistics.median(put_back_s(database, tables) for _ in range(ROUNDS))
            click.echo(f"; {what} written, put back in {taken_s:5.2f} s", nl=False)
        click.echo()


def main() -> None:
    """Measure each database that is installed."""
    with temporary_folder() as place:
        account = with_own_group(service_account())
        open_passage(place, account)
        for one in databases():
            if one.engines:
                text = (ROOT / one.template).read_text() if isinstance(one, DatabaseSystem) else ""
                measure(one.name, text, place / one.name, account)


if __name__ == "__main__":
    main()

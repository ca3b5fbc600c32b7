"""Without a command of the site's the kit itself puts the data back: what was written, deleted and made is undone."""

from contextlib import closing
from importlib import import_module
from typing import Any

import pytest

from badgateway.stack.database import RunningDatabase
from badgateway.stack.kept_data import keep_data, put_data_back
from badgateway.stack.statistics import take_statistics
from tests.live.test_postgresql import school as school_on_postgresql  # noqa: F401 # a fixture

pytestmark = [pytest.mark.live, pytest.mark.proof]

CHANGES = (
    "INSERT INTO notes VALUES (4, 'of a trial')",
    "UPDATE notes SET text = 'changed' WHERE id = 1",
    "DELETE FROM notes WHERE id = 2",
    "DELETE FROM marks",
    "CREATE TABLE left_behind (id INTEGER)",
)


@pytest.fixture(params=["mariadb", "postgresql"])
def database(request: pytest.FixtureRequest) -> RunningDatabase:
    """A database with two tables of which one refers to the other; the site's own are there too."""
    name = "school_database" if request.param == "mariadb" else "school_on_postgresql"
    found: RunningDatabase = request.getfixturevalue(name).database
    execute(
        found,
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, text VARCHAR(40))",
        "CREATE TABLE marks (id INTEGER PRIMARY KEY, note INTEGER REFERENCES notes (id))",
        "INSERT INTO notes VALUES (0, 'none'), (1, 'one'), (2, 'two')",
        "INSERT INTO marks VALUES (1, 1), (2, 2)",
    )
    return found


def execute(database: RunningDatabase, *statements: str) -> list[Any]:
    client = database.server.client
    with closing(import_module(client.module).connect(**client.arguments(database, 5, 30))) as link:
        for attribute, value in client.attributes.items():
            setattr(link, attribute, value)
        cursor = link.cursor()
        for statement in statements:
            cursor.execute(statement)
        return list(map(tuple, cursor.fetchall())) if cursor.description else []


def tables(database: RunningDatabase) -> list[tuple[str]]:
    schema = "current_schema()" if database.system.name == "postgresql" else "DATABASE()"
    asked = f"SELECT table_name FROM information_schema.tables WHERE table_schema = {schema} ORDER BY 1"
    return execute(database, asked)


def test_the_kit_puts_back_what_a_trial_has_changed(database: RunningDatabase):
    before, known = tables(database), take_statistics(database)
    keep_data(database)
    for _ in range(2):
        execute(database, "DELETE FROM marks WHERE id = 2", *CHANGES)
        put_data_back(database)

        assert execute(database, "SELECT id, text FROM notes ORDER BY id") == [(0, "none"), (1, "one"), (2, "two")]
        assert execute(database, "SELECT id, note FROM marks ORDER BY id") == [(1, 1), (2, 2)]
        assert tables(database) == before
    assert known.keys() == take_statistics(database).keys()

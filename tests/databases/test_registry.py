"""Which databases there are, and which of them an experiment has."""

from contextlib import ExitStack

import pytest

from badgateway.databases.database_system import DatabaseSystem
from badgateway.databases.mariadb import DATABASE
from badgateway.databases.registry import database_faults, database_of, databases
from badgateway.errors import ConfigurationError
from badgateway.logs.event_grammar import application_rules
from badgateway.model.evidence import ServerEvent
from badgateway.plan.programs import database_program
from tests.databases.dummy import installed_database
from tests.declared import experiment


@pytest.fixture
def installed(tmp_path):
    """Return a function that installs a package with a database into a temporary folder."""
    with ExitStack() as stack:
        yield lambda **values: stack.enter_context(installed_database(tmp_path, **values))


def test_an_experiment_that_names_none_has_the_database_of_version_0_1():
    assert database_of(experiment()) is DATABASE


def test_a_database_of_another_package_is_found_by_its_entry_point_with_its_program(installed, tmp_path):
    installed()
    found = database_of(experiment(database={"system": "dummy"}))

    assert found.label == "Dummy"
    assert isinstance(found, DatabaseSystem)
    assert database_program(found) == tmp_path / "dummy-database"


def test_what_its_driver_writes_into_an_applications_log_is_understood(installed):
    line = "dummy_client.DatabaseError: the dummy is gone: [Errno 32] Broken pipe"

    def meanings() -> set[ServerEvent]:
        return {rule.event for rule in application_rules() if rule.pattern.search(line)}

    assert meanings() == set()
    installed()
    assert meanings() == {ServerEvent.DB_CONNECTION_LOST}


def test_a_database_that_nobody_knows_is_refused_with_those_there_are(installed):
    installed()

    with pytest.raises(
        ConfigurationError,
        match=r"database.system: oracle is no known database; there are dummy, mariadb, none, postgresql, sqlite$",
    ):
        database_of(experiment(database={"system": "oracle"}))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"value": "dummy_database:NOTHING"}, "AttributeError: module 'dummy_database' has no attribute 'NOTHING'"),
        ({"value": "not_there:DATABASE"}, "ModuleNotFoundError"),
        ({"value": "dummy_database:MODULE"}, "AttributeError"),
        ({"value": "dummy_database:re"}, r"entry point dummy of badgateway.databases .* is no .*DatabaseKind"),
        ({"name": "mariadb"}, "there are two databases mariadb; uninstall one"),
    ],
)
def test_an_entry_point_that_is_none_is_named_with_what_to_do(given, told, installed):
    installed(**given)

    with pytest.raises(ConfigurationError, match=told) as refusal:
        databases()
    assert "\n" not in str(refusal.value)


def faults_of_the_first(**changes: object) -> list[str]:
    declared = experiment(database={"system": "postgresql"})
    changed = [one.model_copy(update={"driver": "psycopg"}) for one in declared.configurations]
    changed[0] = changed[0].model_copy(update=changes)
    return list(database_faults(declared.model_copy(update={"configurations": tuple(changed)})))


def test_a_driver_of_another_database_is_a_fault_of_its_key():
    (fault,) = faults_of_the_first(driver="pymysql")

    assert fault.startswith("configurations[first].driver: 'pymysql' is not allowed: input should be 'psycopg' or ")
    assert fault.endswith("the drivers of PostgreSQL")


@pytest.mark.parametrize(
    ("driver", "is_taken"),
    [("asyncpg", True), ("mysql", True), ("pymysql", False), ("psycopgg", False), ("asyncmy", False)],
)
def test_a_site_of_the_users_may_have_a_driver_that_nobody_knows_and_none_that_is_mistyped(driver, is_taken):
    declared = experiment(database={"system": "postgresql"}, application={"python": ".venv/bin/python"})
    one = declared.configurations[0].model_copy(update={"driver": driver})
    found = list(database_faults(declared.model_copy(update={"configurations": (one,)})))

    assert bool(found) is not is_taken
    assert faults_of_the_first(driver=driver)


def test_a_pool_of_a_driver_that_has_none_is_a_fault_of_its_key():
    (fault,) = faults_of_the_first(driver="psycopg2", pool=4)

    assert fault == ("configurations[first].pool: psycopg2 has none: Django's pool takes psycopg 3 alone; take it out")
    assert faults_of_the_first(pool=4) == []

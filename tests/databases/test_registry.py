from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from badgateway.databases import registry
from badgateway.databases.mariadb import DATABASE
from badgateway.databases.registry import database_faults, database_of, databases
from badgateway.errors import ConfigurationError
from tests.declared import experiment


@pytest.fixture
def brought(monkeypatch):
    """Let other packages bring the given objects, as if they were installed."""

    def bring(*found: Any) -> None:
        points = [
            EntryPoint(name=f"one{number}", value="package:DATABASE", group=registry.GROUP)
            for number, _ in enumerate(found)
        ]
        loaded = {point.name: one for point, one in zip(points, found, strict=True)}
        monkeypatch.setattr(EntryPoint, "load", lambda point: loaded[point.name])
        monkeypatch.setattr(registry, "entry_points", lambda group: points if group == registry.GROUP else [])
        databases.cache_clear()

    yield bring
    databases.cache_clear()


def renamed(name: str) -> Any:
    return replace(DATABASE, name=name)


def test_an_experiment_that_names_none_has_the_database_of_version_0_1():
    assert database_of(experiment()) is DATABASE


def test_a_database_of_another_package_is_found_by_its_name(brought):
    brought(renamed("dummy"))

    assert database_of(experiment(database={"system": "dummy"})).name == "dummy"


def test_a_database_that_nobody_knows_is_refused_with_those_there_are(brought):
    brought(renamed("dummy"))

    with pytest.raises(
        ConfigurationError, match=r"database.system: oracle is no known database; there are .*dummy, mariadb"
    ):
        database_of(experiment(database={"system": "oracle"}))


def test_two_databases_of_one_name_are_refused(brought):
    brought(renamed("mariadb"))

    with pytest.raises(ConfigurationError, match="there are two databases mariadb; uninstall one"):
        databases()


def test_what_is_no_database_is_refused_with_the_entry_point(brought):
    brought("a string")

    with pytest.raises(ConfigurationError, match=r"entry point one0 of badgateway.databases .* is no"):
        databases()


def test_a_driver_of_another_database_is_a_fault_of_its_key():
    declared = experiment()
    first = declared.configurations[0].model_copy(update={"driver": "psycopg3"})
    faulty = declared.model_copy(update={"configurations": (first, *declared.configurations[1:])})

    (fault,) = database_faults(faulty)
    assert fault.startswith(
        f"configurations[{first.name}].driver: 'psycopg3' is not allowed: input should be 'pymysql'"
    )

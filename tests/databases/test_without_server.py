"""A database that is a file, and none at all: what an experiment may say of them."""

import pytest

from badgateway.databases.database_kind import DatabaseFile, DatabaseKind
from badgateway.databases.database_system import DatabaseSystem
from badgateway.databases.none import DATABASE as NONE
from badgateway.databases.registry import database_faults, database_systems, databases, kind_of
from badgateway.databases.sqlite import DATABASE as SQLITE
from badgateway.model.experiment import Experiment
from badgateway.plan.defaults import completed
from badgateway.plan.templates import NGINX, template_values
from tests.declared import declared


def of(system: str, **changed: object) -> Experiment:
    one = {"name": "one", "server": "servers/gunicorn_gthread.py", "workers": 2, **changed}
    text = declared(database={"system": system}, configurations=[one])
    return Experiment.model_validate(completed(text, {}))


@pytest.mark.parametrize(("system", "driver"), [("sqlite", "sqlite3"), ("none", "none")])
def test_what_has_one_driver_need_not_be_told_which(system, driver):
    experiment = of(system)

    assert [one.driver for one in experiment.configurations] == [driver]
    assert list(database_faults(experiment)) == []


@pytest.mark.parametrize("system", ["sqlite", "none"])
def test_nothing_of_it_is_at_a_distance_or_in_a_pool(system):
    faults = list(database_faults(of(system, pool=4, database_distances_ms=[0, 5])))

    assert [fault.partition(":")[0] for fault in faults] == [
        "configurations[one].pool",
        "configurations[one].database_distances_ms",
    ]


def test_only_what_has_a_server_has_a_file_to_configure_it():
    assert set(template_values(SQLITE)) == set(template_values(NONE)) == {NGINX}
    assert all(isinstance(one, DatabaseSystem) for one in database_systems())
    assert [one for one in databases() if one not in database_systems()] == [NONE, SQLITE]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("django.db.backends.sqlite3", SQLITE),
        ("sqlite+pysqlite", SQLITE),
        ("oracle", None),
        ("", None),
    ],
)
def test_a_sites_own_word_for_it_is_known(word: str, kind: DatabaseKind | None):
    assert kind_of(word) is kind


def test_a_file_lets_no_other_greenlet_run_and_is_said_to_have_one_writer():
    assert isinstance(SQLITE, DatabaseFile)
    assert SQLITE.drivers[0].blocks
    assert "one connection write at a time" in SQLITE.about

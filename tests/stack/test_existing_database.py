"""A database that is there already is only read from, unless its place is spelled out, and never one of production."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from badgateway.databases.mariadb import DATABASE as MARIADB
from badgateway.databases.postgresql import DATABASE as POSTGRESQL
from badgateway.databases.registry import database_faults
from badgateway.errors import ConfigurationError
from badgateway.stack.existing_database import existing_database
from badgateway.stack.own_database import SiteDatabase, foreign
from tests.declared import experiment

URL = "mysql://me:hu%3Ash@db.test.example.org:3307/shop?ssl=1"
READS: dict[str, object] = {"prepare": [], "restore": []}


def there(url: str | None = URL, *, system=MARIADB, application=READS, **database: object):
    declared = experiment(database={"url": "env:STAGING", **database}, application=application)
    variables = {} if url is None else {"STAGING": url}
    return existing_database(declared, system, variables, folder=Path("/tmp/t"), account=None)


def test_it_is_reached_as_the_variable_says_and_nothing_of_it_is_the_runs():
    found = there()

    assert (found.host, found.port, found.name, found.user, found.password) == (
        *("db.test.example.org", 3307, "shop", "me"),
        "hu:sh",
    )
    assert found.pid is None
    assert found.filled({"URL": "${database.url}", "HOST": "${database.host}"}) == {"URL": URL, "HOST": found.host}
    assert "hu" not in repr(found).replace("shop", "")


@pytest.mark.parametrize(
    ("system", "url", "port"), [(MARIADB, "mysql://a@h/n", 3306), (POSTGRESQL, "postgres://a@h/n", 5432)]
)
def test_a_port_that_is_not_said_is_the_usual_one(system, url, port):
    assert there(url, system=system).port == port


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (None, "your shell has no variable STAGING"),
        ("postgresql://me:hush@h/shop", "STAGING is no address of MariaDB"),
        ("mysql://me:hush@/shop", "with a host, a port and the database's name"),
        ("mysql://me:hush@h:1", "with a host, a port and the database's name"),
        ("mysql://me:hush@h:port/shop", "STAGING"),
    ],
)
def test_a_variable_that_leads_nowhere_is_named_and_its_value_is_not(url, told):
    with pytest.raises(ConfigurationError, match=told) as refused:
        there(url)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "place",
    [
        "db.example.org/shop_production",
        "prod-db.example.org/shop",
        "live.example.org/shop",
        "h/shopprod",
        "primary/shop",
    ],
)
def test_one_that_looks_like_production_is_refused_even_where_it_is_spelled_out(place):
    with pytest.raises(ConfigurationError, match="looks like production"):
        there(f"mysql://me@{place}", may_write=place)
    with pytest.raises(ConfigurationError, match="looks like production"):
        there(f"mysql://me@{place}")


def test_what_only_sounds_like_it_is_not():
    assert there("mysql://me@products.example.org/delivery").name == "delivery"


@pytest.mark.parametrize("key", ["prepare", "restore"])
def test_nothing_that_may_write_is_run_on_it_unasked(key):
    with pytest.raises(ValidationError, match=rf"application.{key}: it may write .* database.may_write"):
        there(application={**READS, key: ["python", "manage.py", "migrate"]})


def test_no_sessions_are_written_into_it_unasked():
    load = {"locustfile": "experiments/load.py", "users": [5], "login": "sessions"}

    with pytest.raises(ValidationError, match=r"load.login: .* database.may_write"):
        experiment(database={"url": "env:STAGING"}, application=READS, load=load)


def test_what_is_spelled_out_has_to_be_what_the_variable_leads_to():
    writes = {"prepare": ["python", "fill.py"], "restore": []}

    assert there(application=writes, may_write="db.test.example.org/shop").name == "shop"
    with pytest.raises(ConfigurationError, match=r"it says other/shop, and env:STAGING leads to db\.test\.example"):
        there(application=writes, may_write="other/shop")


def test_of_a_run_without_such_a_database_nothing_has_to_be_spelled_out():
    with pytest.raises(ValidationError, match="take it out"):
        experiment(database={"may_write": "h/shop"})


def test_what_has_no_server_has_no_address():
    (*_, fault) = [
        one
        for one in database_faults(experiment(database={"system": "sqlite", "url": "env:A"}, application=READS))
        if one.startswith("database.url")
    ]

    assert "take it out" in fault


def found(host: str, name: str, port: str = "3307") -> SiteDatabase:
    engine = "django.db.backends.mysql"
    return SiteDatabase(alias="default", engine=engine, host=host, port=port, name=name, options=())


def test_another_database_of_that_server_is_not_it(tmp_path):
    database = there()

    assert foreign(found("db.test.example.org", "shop"), database, tmp_path) == ""
    assert foreign(found("db.test.example.org", "precious"), database, tmp_path) == "not the run's own"
    assert foreign(found("127.0.0.1", "shop"), database, tmp_path) == "not the run's own"

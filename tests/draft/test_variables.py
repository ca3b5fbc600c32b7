"""What leads to the database is found by changing variables, and written without any value of the user's."""

import pytest

from badgateway.draft.variables import (
    RANDOM,
    URL,
    Variables,
    as_written,
    filler,
    is_drawn,
    leading_to_database,
    marks,
    scheme_of,
)
from tests.draft.sites import database, site


def marked(found, **settings):
    return found.model_copy(update={"databases": (database(**settings),)})


def test_an_address_that_moves_the_database_is_the_runs_own():
    found = site(variables={"DATABASE_URL": True, "REDIS_URL": True, "NAME": True})
    set_to = marks(found)
    assert list(set_to) == ["DATABASE_URL"]
    seen = marked(found, host="badgateway-host", port="61234", name="badgateway_name", user="badgateway_user")

    assert leading_to_database(found, seen, Variables()).values == {"DATABASE_URL": URL}


def test_single_variables_are_told_apart_by_where_their_marks_turn_up():
    names = ("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD", "POSTGRES_HOST")
    found = site(variables=dict.fromkeys(names, True))
    seen = marked(found, host="badgateway-host", port="61234", name="badgateway_name", user="shop")
    values = leading_to_database(found, seen, Variables()).values

    assert values["DB_HOST"] == "${database.host}"
    assert values["DB_PORT"] == "${database.port}"
    assert values["DB_PASSWORD"] == "${database.password}"
    assert "DB_USER" not in values


def test_names_of_platforms_are_told_by_their_last_word():
    found = site(variables=dict.fromkeys(("RDS_HOSTNAME", "RDS_PORT", "RDS_DB_NAME", "DB_USERNAME", "DB_PASS"), True))
    seen = marked(found, host="badgateway-host", port="61234", name="badgateway_name", user="badgateway_user")

    assert leading_to_database(found, seen, Variables()).values == {
        "RDS_HOSTNAME": "${database.host}",
        "RDS_PORT": "${database.port}",
        "RDS_DB_NAME": "${database.name}",
        "DB_USERNAME": "${database.user}",
        "DB_PASS": "${database.password}",
    }


def test_settings_that_ignore_the_variables_are_not_said_to_be_led():
    found = site(variables={"DATABASE_URL": True})

    assert not leading_to_database(found, marked(found), Variables()).leads_to_database


def test_a_site_that_fails_with_the_marks_is_not_said_to_be_led():
    found = site(variables={"DATABASE_URL": True})
    seen = marked(found, host="badgateway-host").model_copy(update={"error": "ValueError: no"})

    assert leading_to_database(found, seen, Variables()).values == {}


@pytest.mark.parametrize(
    ("imported", "packages", "scheme"),
    [
        ("django", ("django", "psycopg"), "postgresql"),
        ("django", ("django", "mysqlclient", "sqlalchemy"), "mysql"),
        ("sqlalchemy", ("flask", "sqlalchemy", "pymysql"), "mysql+pymysql"),
        ("sqlalchemy", ("flask", "sqlalchemy", "psycopg2-binary"), "postgresql+psycopg2"),
        ("flask", ("flask",), "sqlite"),
    ],
)
def test_an_address_begins_as_the_sites_drivers_have_it(imported, packages, scheme):
    found = site(kind="", imported=(imported,), packages=dict.fromkeys(packages, "1"), databases=())

    assert scheme_of(found) == scheme


def test_of_several_drivers_that_are_installed_the_one_that_is_asked_for_counts():
    packages = dict.fromkeys(("pymysql", "psycopg", "mysqlclient"), "1")

    assert scheme_of(site(kind="", databases=(), packages=packages, required=("psycopg",))) == "postgresql"


def test_an_address_that_names_its_driver_keeps_it():
    found = site(kind="", imported=("sqlalchemy",), packages={"pymysql": "1"}, databases=())

    assert as_written("DATABASE_URL", filler("DATABASE_URL", found)) == (
        "mysql+pymysql://${database.user}:${database.password}@${database.host}:${database.port}/${database.name}"
    )


@pytest.mark.parametrize("name", ["SECRET_KEY", "STRIPE_TOKEN", "MAIL_PASSWORD", "SENTRY_KEY"])
def test_a_secret_is_drawn_by_each_run(name):
    assert is_drawn(name)
    assert as_written(name, filler(name, site())) == RANDOM


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_PORT", "25"),
        ("SITE_URL", "http://badgateway.invalid/"),
        ("SENTRY_DSN", "http://badgateway.invalid/"),
        ("KEYCLOAK_URL", "http://badgateway.invalid/"),
        ("APP_DEBUG", "False"),
    ],
)
def test_what_is_filled_in_is_of_the_kind_that_the_name_says(name, value):
    assert as_written(name, filler(name, site())) == value

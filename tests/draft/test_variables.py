"""What leads to the database is found by changing variables, and written without any value of the user's."""

import pytest

from badgateway.draft.variables import (
    RANDOM,
    URL,
    Variables,
    as_written,
    example_of,
    filler,
    fixed_parts,
    is_drawn,
    leading_to_database,
    looked_at_again,
    marks,
    scheme_of,
    with_database,
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
    place = {"host": "badgateway-host", "port": "61234", "name": "badgateway_name", "user": "shop"}
    seen = marked(found, **place, has_marked_password=True)
    values = leading_to_database(found, seen, Variables()).values

    assert values["DB_HOST"] == "${database.host}"
    assert values["DB_PORT"] == "${database.port}"
    assert values["DB_PASSWORD"] == "${database.password}"
    assert "DB_USER" not in values


def test_names_of_platforms_are_told_by_their_last_word():
    found = site(variables=dict.fromkeys(("RDS_HOSTNAME", "RDS_PORT", "RDS_DB_NAME", "DB_USERNAME", "DB_PASS"), True))
    place = {"host": "badgateway-host", "port": "61234", "name": "badgateway_name", "user": "badgateway_user"}
    seen = marked(found, **place, has_marked_password=True)

    assert leading_to_database(found, seen, Variables()).values == {
        "RDS_HOSTNAME": "${database.host}",
        "RDS_PORT": "${database.port}",
        "RDS_DB_NAME": "${database.name}",
        "DB_USERNAME": "${database.user}",
        "DB_PASS": "${database.password}",
    }


MARKS = {"host": "badgateway-host", "port": "61234", "name": "badgateway_name", "user": "badgateway_user"}


@pytest.mark.parametrize("part", ["host", "port", "name", "user", "password"])
@pytest.mark.parametrize("is_address", [True, False])
def test_half_a_way_leads_to_no_database_of_a_run_whichever_part_is_written_into_the_site(part, is_address):
    names = ("DATABASE_URL",) if is_address else ("DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD")
    found = site(variables=dict.fromkeys(names, True))
    kept = {"host": "db.example.org", "port": "5432", "name": "shop", "user": "shop"}
    seen = marked(found, **{**MARKS, part: kept.get(part, "")}, has_marked_password=part != "password")
    variables = looked_at_again(leading_to_database(found, seen, Variables()), seen)

    assert variables.values
    assert variables.fixed == (part,)
    assert not variables.leads_to_database


def test_a_whole_way_leaves_nothing_as_it_is():
    found = site(variables={"DATABASE_URL": True})
    seen = marked(found, **MARKS, has_marked_password=True)
    variables = looked_at_again(leading_to_database(found, seen, Variables()), seen)

    assert variables.fixed == ()
    assert variables.leads_to_database


def test_an_option_of_the_driver_that_leads_elsewhere_is_no_whole_way():
    place = database(**MARKS, has_marked_password=True, options=("charset", "service"))

    assert fixed_parts(place) == ("OPTIONS",)


@pytest.mark.parametrize(("name", "fixed"), [("/badgateway/badgateway_name", ()), ("shop.db", ("file",))])
def test_a_file_is_a_whole_way_by_itself(name, fixed):
    file = database(engine="sqlite", host="", port="", user="", name=name)

    assert fixed_parts(file) == fixed


def test_what_is_tried_before_a_run_is_what_will_be_written_with_a_mark_in_each_place():
    address = "mysql+pymysql://${database.user}:${database.password}@${database.host}:${database.port}/${database.name}"

    assert example_of("X", address, site()) == (
        "mysql+pymysql://badgateway_user:badgateway_word@badgateway-host:61234/badgateway_name"
    )
    on_postgresql = site(packages={"psycopg": "3"})
    assert example_of("DATABASE_URL", URL, on_postgresql).endswith("@badgateway-host:61234/badgateway_name")
    assert "${" not in example_of("SECRET_KEY", RANDOM, site())
    assert example_of("DEBUG", "False", site()) == "False"


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


@pytest.mark.parametrize(
    ("packages", "scheme"),
    [
        (("asyncpg", "psycopg2-binary"), "postgresql+asyncpg"),
        (("aiomysql",), "mysql+aiomysql"),
        (("aiosqlite",), "sqlite+aiosqlite"),
        (("psycopg2-binary",), "postgresql+psycopg2"),
    ],
)
def test_a_site_that_connects_from_an_event_loop_has_the_driver_for_that(packages, scheme):
    imported = ("sqlalchemy", "sqlalchemy.ext.asyncio")

    assert scheme_of(site(kind="", imported=imported, packages=dict.fromkeys(packages, "1"), databases=())) == scheme


def test_a_site_that_asks_for_a_servers_driver_is_not_measured_on_the_file_that_it_has_otherwise():
    alone = database(engine="sqlite", scheme="sqlite", host="", port="", user="", name="shop.db", driver="sqlite3")
    found = site(
        kind="flask",
        imported=("sqlalchemy",),
        databases=(alone,),
        required=("flask", "psycopg2-binary"),
        packages=dict.fromkeys(("psycopg2-binary", "pymysql"), "1"),
        variables={"DATABASE_URL": False},
    )
    seen = marked(found, engine="postgresql", **MARKS, has_marked_password=True)
    led = leading_to_database(found, seen, Variables())

    assert marks(found)["DATABASE_URL"].startswith("postgresql+psycopg2://")
    assert led.values["DATABASE_URL"].startswith("postgresql+psycopg2://${database.user}:")
    assert "PostgreSQL, whose driver its files ask for; with nothing said it has SQLite" in led.reasons["DATABASE_URL"]
    assert example_of("DATABASE_URL", led.values["DATABASE_URL"], found).endswith(":61234/badgateway_name")
    # What is only installed beside it says nothing of what is deployed, nor what is not installed here.
    assert scheme_of(found.model_copy(update={"packages": {"flask": "3"}})) == "sqlite"
    assert scheme_of(found.model_copy(update={"required": ("flask",)})) == "sqlite"


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
        # What is no address of its kind, sentry_sdk, django-environ and redis refuse.
        ("SENTRY_DSN", "http://badgateway@badgateway.invalid/1"),
        ("CELERY_BROKER_URL", "redis://badgateway.invalid:6379/0"),
        ("REDIS_HOST", "badgateway-made-this-up"),
        ("EMAIL_URL", "smtp://badgateway.invalid:25"),
        ("DEFAULT_FROM_EMAIL", "badgateway@badgateway.invalid"),
        ("KEYCLOAK_URL", "http://badgateway.invalid/"),
        ("APP_DEBUG", "False"),
    ],
)
def test_what_is_filled_in_is_of_the_kind_that_the_name_says(name, value):
    assert as_written(name, filler(name, site())) == value


def test_a_site_that_only_takes_an_address_has_a_database_of_the_system_whose_driver_it_has():
    taken = Variables().with_one("DATABASE_URL", URL, "x")
    found = with_database(site(databases=(), packages={"psycopg2-binary": "2.9"}), taken).database

    assert found is not None
    assert (found.engine, found.driver) == ("postgresql", "psycopg2")
    assert found.source == "DATABASE_URL, and the driver that is installed"


@pytest.mark.parametrize(
    ("values", "packages"),
    [({}, {"psycopg2-binary": "2.9"}), ({"DATABASE_URL": URL}, {"flask": "3.1"}), ({"A": RANDOM}, {"pymysql": "1.1"})],
)
def test_where_no_address_or_no_driver_says_so_it_has_none(values, packages):
    assert with_database(site(databases=(), packages=packages), Variables(values=values)).database is None


def test_what_the_site_shows_counts_more():
    shown = site(databases=(database(),), packages={"psycopg2-binary": "2.9"})

    assert with_database(shown, Variables(values={"DATABASE_URL": URL})) == shown

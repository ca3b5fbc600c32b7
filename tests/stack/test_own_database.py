"""A site that would write to another database than the run's own is refused before anything of it is run."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.databases.mariadb import DATABASE as MARIADB
from badgateway.databases.none import DATABASE as NONE
from badgateway.databases.postgresql import DATABASE as POSTGRESQL
from badgateway.databases.sqlite import DATABASE as SQLITE
from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.process.child import Command
from badgateway.stack.database import RunningDatabase
from badgateway.stack.own_database import SCRIPT, SiteDatabase, demand_own_databases, foreign
from badgateway.stack.site import base_environment

PORT = 4711
MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
open("it-was-run", "w").close()
"""
WSGI = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
SETTINGS = """
import os
SECRET_KEY = "x"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.{engine}", "HOST": {host}, "PORT": {port}, "NAME": "site"}}}}
"""
OWN = {"engine": "mysql", "host": 'os.environ["DB_HOST"]', "port": 'os.environ["DB_PORT"]'}
PRECIOUS = {"engine": "postgresql", "host": '"db.example.org"', "port": "5432"}


@pytest.fixture
def database(tmp_path) -> RunningDatabase:
    return RunningDatabase(
        system=MARIADB,
        folder=tmp_path,
        account=None,
        host="127.0.0.1",
        port=PORT,
        name="site",
        user="site",
        password="secret",
        pid=1,
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "wsgi.py").write_text(WSGI.format(settings="own"))
    (folder / "manage.py").write_text(MANAGE.format(settings="own"))
    (folder / "own.py").write_text(SETTINGS.format(**OWN))
    return folder


def look(site: Path, *asked: str, **environment: str) -> Command:
    given = {"DB_HOST": "127.0.0.1", "DB_PORT": str(PORT), **environment}
    return Command(
        name="look",
        argv=(sys.executable, str(SCRIPT), *asked),
        environment={**base_environment(site), **given},
        directory=site,
        log=site.parent / "look.log",
    )


def settings(site: Path, module: str, **of: str) -> None:
    (site / f"{module}.py").write_text(SETTINGS.format(**of))


@pytest.mark.parametrize("asked", [("wsgi:application",), ("manage.py", "migrate")])
def test_a_site_on_the_runs_own_database_is_let_in_and_none_of_its_commands_run(asked, site, database):
    demand_own_databases([look(site, *asked)], database, site)

    assert not (site / "it-was-run").exists()


@pytest.mark.parametrize("asked", [("wsgi:application",), ("manage.py", "migrate")])
def test_settings_that_ignore_the_variables_are_refused_by_name_with_the_remedy(asked, site, database):
    settings(site, "own", **PRECIOUS)

    with pytest.raises(ConfigurationError) as refused:
        demand_own_databases([look(site, *asked)], database, site)
    told = str(refused.value)
    assert "'default' is postgresql at db.example.org:5432" in told
    assert "[application.environment]" in told or "application.environment:" in told
    assert "${database.url}" in told
    assert not (site / "it-was-run").exists()


def test_a_command_with_settings_of_its_own_is_looked_at_by_those(site, database):
    settings(site, "development", **PRECIOUS)
    (site / "manage.py").write_text(MANAGE.format(settings="development"))

    demand_own_databases([look(site, "wsgi:application")], database, site)
    with pytest.raises(ConfigurationError, match=r"db\.example\.org"):
        demand_own_databases([look(site, "manage.py", "migrate")], database, site)
    demand_own_databases([look(site, "manage.py", "migrate", "--settings=own")], database, site)


def test_a_variable_of_one_configuration_is_seen(site, database):
    settings(site, "own", **{**OWN, "host": 'os.environ.get("SITE_HOST") or os.environ["DB_HOST"]'})

    with pytest.raises(ConfigurationError, match=r"10\.0\.0\.7"):
        demand_own_databases([look(site, "wsgi:application", SITE_HOST="10.0.0.7")], database, site)


def test_a_second_database_counts_too(site, database):
    text = (site / "own.py").read_text()
    more = 'DATABASES["replica"] = {"ENGINE": "django.db.backends.mysql", "HOST": "replica", "PORT": 3306}\n'
    (site / "own.py").write_text(text + more)

    with pytest.raises(ConfigurationError, match=r"'replica' is mysql at replica:3306"):
        demand_own_databases([look(site, "wsgi:application")], database, site)


def test_a_site_whose_own_database_is_of_another_system_is_not_measured_as_if_it_were_of_this_one(site, database):
    text = 'SECRET_KEY = "x"\nDATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}\n'
    (site / "own.py").write_text(text)

    with pytest.raises(
        ConfigurationError, match=r"'default' is sqlite3 at db\.sqlite3: no MariaDB, which this run would"
    ):
        demand_own_databases([look(site, "wsgi:application")], database, site)


@pytest.fixture
def file(tmp_path) -> RunningDatabase:
    """That of a run whose site deploys on a file."""
    return RunningDatabase(
        system=SQLITE, folder=tmp_path, account=None, name=str(tmp_path / "written" / "site.sqlite3")
    )


def on_file(name: str) -> str:
    entry = f'{{"ENGINE": "django.db.backends.sqlite3", "NAME": {name}}}'
    return f'import os\nSECRET_KEY = "x"\nDATABASES = {{"default": {entry}}}\n'


def test_a_site_on_the_runs_own_file_is_let_in(site, file):
    (site / "own.py").write_text(on_file('os.environ["DB_NAME"]'))

    assert demand_own_databases([look(site, "wsgi:application", DB_NAME=file.name)], file, site)


@pytest.mark.parametrize("name", ['"db.sqlite3"', '"/srv/shop/precious.sqlite3"'])
def test_a_site_on_another_file_is_refused_by_its_name(name, site, file):
    (site / "own.py").write_text(on_file(name))

    with pytest.raises(ConfigurationError) as refused:
        demand_own_databases([look(site, "wsgi:application")], file, site)
    assert f"'default' is sqlite3 at {name[1:-1]}: not the run's own" in str(refused.value)
    assert f"this time at {file.name}" in str(refused.value)


def test_a_site_that_has_a_database_is_not_run_as_if_it_had_none(site, tmp_path):
    none = RunningDatabase(system=NONE, folder=tmp_path, account=None)

    for text in (SETTINGS.format(**PRECIOUS), on_file('"db.sqlite3"')):
        (site / "own.py").write_text(text)
        with pytest.raises(ConfigurationError, match=r"no database.* with its system in"):
            demand_own_databases([look(site, "wsgi:application")], none, site)


def test_settings_for_development_are_refused_where_the_server_has_them_and_not_where_a_command_has(site, database):
    (site / "own.py").write_text(SETTINGS.format(**OWN) + "DEBUG = True\n")

    demand_own_databases([look(site, "manage.py", "migrate")], database, site)
    with pytest.raises(
        ConfigurationError, match=r"DEBUG = True: .*; nothing was run; name its settings for production"
    ):
        demand_own_databases([look(site, "wsgi:application")], database, site)


def test_a_site_finds_the_modules_of_python_and_not_those_of_the_kit(site, database):
    (site / "shop.py").write_text("import statistics\nstatistics.median([1, 2, 3])\ndef application(): ...\n")

    demand_own_databases([look(site, "shop:application")], database, site)


def test_what_is_no_django_site_has_no_settings_to_look_at(site, database):
    (site / "shop.py").write_text("print('loading')\ndef application(environ, start): ...\n")

    assert demand_own_databases([look(site, "wsgi:application")], database, site)
    assert not demand_own_databases([look(site, "shop:application")], database, site)
    other = replace(look(site, "shop:application"), log=site.parent / "other.log")
    assert not demand_own_databases([look(site, "wsgi:application"), other], database, site)


def test_a_site_that_cannot_be_loaded_is_not_run(site, database):
    (site / "own.py").write_text("raise KeyError('SECRET_KEY')")

    with pytest.raises(DeploymentError, match=r"nothing was run(.|\n)*KeyError: 'SECRET_KEY'"):
        demand_own_databases([look(site, "wsgi:application")], database, site)


def test_nothing_is_connected_to_while_a_site_is_looked_at(site, database):
    (site / "shop.py").write_text("import socket\nsocket.create_connection(('127.0.0.1', 9))\n")

    with pytest.raises(DeploymentError, match="nothing is connected to"):
        demand_own_databases([look(site, "shop:application")], database, site)


def named(**of: object) -> SiteDatabase:
    given = {
        "engine": "django.db.backends.mysql",
        "host": "127.0.0.1",
        "port": str(PORT),
        "name": "site",
        "options": (),
    }
    return SiteDatabase(**{"alias": "default", **given, **of})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "of",
    [
        {},
        {"engine": "django.db.backends.dummy", "host": "", "port": ""},
        {"alias": "cache", "engine": "django.db.backends.sqlite3", "name": "db.sqlite3"},
        {"alias": "cache", "engine": "django.db.backends.sqlite3", "name": "file:memory?mode=memory&cache=shared"},
        {"options": ("charset", "init_command")},
    ],
)
def test_the_runs_own_database_and_files_of_its_copy_are_let_in(of, database, tmp_path):
    assert foreign(named(**of), database, tmp_path) == ""


@pytest.mark.parametrize(
    "of",
    [
        {"port": "3306"},
        {"host": "10.0.0.7"},
        {"host": "localhost"},
        {"host": ""},
        {"host": "/run/mysqld/mysqld.sock"},
        {"options": ("read_default_file",)},
        {"options": ("unix_socket",)},
        {"engine": "django.db.backends.postgresql", "options": ("service",)},
        {"alias": "cache", "engine": "django.db.backends.sqlite3", "name": "/srv/site/db.sqlite3"},
        {"alias": "cache", "engine": "django.db.backends.sqlite3", "name": "../db.sqlite3"},
        {"engine": "django.db.backends.sqlite3", "name": "db.sqlite3"},
    ],
)
def test_whatever_may_lead_elsewhere_is_refused(of, database, tmp_path):
    assert foreign(named(**of), database, tmp_path / "copy")


def test_localhost_is_an_address_to_some_clients_and_to_others_the_socket_of_another_server(database, tmp_path):
    local = named(engine="django.db.backends.postgresql", host="localhost")

    assert foreign(local, replace(database, system=POSTGRESQL), tmp_path) == ""
    assert foreign(local, database, tmp_path) == "not the run's own"


def test_an_address_in_one_variable_is_filled_in(database):
    filled = database.filled({"DATABASE_URL": "${database.url}", "PORT": "${database.port}", "OTHER": "${nothing.url}"})

    assert filled == {
        "DATABASE_URL": f"mysql://site:secret@127.0.0.1:{PORT}/site",
        "PORT": str(PORT),
        "OTHER": "${nothing.url}",
    }
    assert replace(database, system=POSTGRESQL).filled({"A": "${database.url}"})["A"].startswith("postgresql://site:")

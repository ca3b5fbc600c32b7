"""A database of the user's, with a row that is precious, beside sites that show nobody what they connect to."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from badgateway.process.account import Account
from badgateway.process.apart import MARK
from badgateway.stack.database import RunningDatabase, run_database
from tests.declared import experiment
from tests.live.conftest import ROOT, _reachable_folder
from tests.live.faults.kit import Kit
from tests.live.test_kept_data import execute
from tests.own_network import demand_own_network

pytestmark = pytest.mark.live

PRECIOUS = [("precious",)]
SHOP = """
name = "shop"
question = "Does the shop run?"
[load]
locustfile = "loadtest.py"
users = [2]
warm_up_s = 0
window_s = 2
[machine]
max_steal_share = 1
max_outside_share = 1
[objective]
max_failure_share = 0.01
p95_ms = 5000
[application]
wsgi = "shop:application"
prepare = [["python", "fill.py"]]
{application}
[application.environment]
SHOP_DATABASE_URL = "${{database.url}}"
[database]
{database}
[[configurations]]
name = "sync"
server = "kit:gunicorn_sync.py"
workers = 1
"""
USERS = """
from locust import task

from badgateway.load.recorder import RecordedUser, between

class Visitor(RecordedUser):
    wait_time = between(0.1, 0.3)

    @task
    def home(self):
        self.fetch("GET", "/", name="GET /")
"""
CONNECT = """
import os
from urllib.parse import urlsplit
import pymysql

def connect():
    there = urlsplit({address})
    return pymysql.connect(host=there.hostname, port=there.port, user=there.username, password=there.password,
                           database=there.path[1:], autocommit=True, connect_timeout=5)
"""
WSGI = """
from place import connect

def application(environ, start_response):
    with connect() as link, link.cursor() as cursor:
        cursor.execute("SELECT 1")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"home"]
"""
FILL = """
from place import connect
with connect() as link, link.cursor() as cursor:
    cursor.execute("DROP TABLE IF EXISTS things")
    cursor.execute("CREATE TABLE things (name VARCHAR(40))")
"""
OBEYS = 'os.environ["SHOP_DATABASE_URL"]'


@pytest.fixture(scope="module")
def users_own(account: Account | None) -> Iterator[RunningDatabase]:
    """A database that this machine serves, and no run has started."""
    with _reachable_folder(account) as folder:
        template = (ROOT / "servers" / "mariadb.cnf").read_text()
        with run_database(experiment(), template, folder=folder, account=account) as database:
            execute(database, "CREATE TABLE things (name VARCHAR(40))", "INSERT INTO things VALUES ('precious')")
            yield database


@pytest.fixture
def shop(users_own: RunningDatabase) -> Iterator[Path]:
    """A site whose own address leads to that database, whatever a run tells it."""
    with _reachable_folder(None) as folder:
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        (folder / "shop.py").write_text(WSGI)
        (folder / "fill.py").write_text(FILL)
        (folder / "loadtest.py").write_text(USERS)
        declare(folder)
        connect_to(folder, repr(users_own.filled({"url": "${database.url}"})["url"]))
        yield folder


def declare(folder: Path, application: str = "", database: str = 'driver = "pymysql"') -> None:
    (folder / "badgateway.toml").write_text(SHOP.format(application=application, database=database))


def connect_to(folder: Path, address: str) -> None:
    (folder / "place.py").write_text(CONNECT.format(address=address))


def things(database: RunningDatabase) -> list[tuple[str]]:
    return execute(database, "SELECT name FROM things")


def test_a_site_that_ignores_its_variables_cannot_reach_the_users_database(shop: Path, users_own: RunningDatabase):
    demand_own_network()
    kit = Kit(shop, "run")

    assert kit.end(60) == 4
    assert "fill.py" in kit.errors
    assert "Can't connect" in kit.errors
    assert things(users_own) == PRECIOUS


def test_where_it_has_no_network_of_its_own_nothing_of_it_is_run_unasked(
    shop: Path, users_own: RunningDatabase, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(MARK, "-Operation not permitted")
    kit = Kit(shop, "run")

    assert kit.end(60) == 2
    assert "application.database_variables" in kit.errors
    assert things(users_own) == PRECIOUS


@pytest.mark.proof
def test_nor_is_what_would_fill_it_when_the_first_start_goes_elsewhere(
    shop: Path, users_own: RunningDatabase, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(MARK, "-Operation not permitted")
    declare(shop, 'database_variables = ["SHOP_DATABASE_URL"]')
    kit = Kit(shop, "run")

    assert kit.end(60) == 2
    assert f"connected to 127.0.0.1:{users_own.port}, which is not the run's database" in kit.errors
    assert things(users_own) == PRECIOUS


@pytest.mark.proof
@pytest.mark.parametrize("mark", ["", "-Operation not permitted"])
def test_a_site_that_takes_them_is_measured_either_way(
    shop: Path, users_own: RunningDatabase, monkeypatch: pytest.MonkeyPatch, mark: str
):
    if mark:
        monkeypatch.setenv(MARK, mark)
    declare(shop, 'database_variables = ["SHOP_DATABASE_URL"]')
    connect_to(shop, OBEYS)
    kit = Kit(shop, "run")

    assert kit.end(60) in {0, 3}, kit.errors
    assert things(users_own) == PRECIOUS


@pytest.mark.proof
def test_a_gate_of_such_a_site_runs_in_a_network_of_its_own(shop: Path, users_own: RunningDatabase):
    demand_own_network()
    declare(shop)
    connect_to(shop, OBEYS)
    kit = Kit(shop, "gate", "--budget", "20s")

    assert kit.end(90) == 0, kit.errors
    assert things(users_own) == PRECIOUS


DJANGO = """
import os
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
SECRET_KEY, DEBUG, ALLOWED_HOSTS, ROOT_URLCONF = "planted", False, ["*"], __name__
INSTALLED_APPS = ["filling"]
DATABASES = {{"default": {database}}}
urlpatterns = [path("", lambda _: HttpResponse("home"))]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop")
application = get_wsgi_application()
"""
MANAGE = """
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
FILLING = """
from django.core.management.base import BaseCommand
from django.db import connection
class Command(BaseCommand):
    def handle(self, **_):
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS things")
"""


@pytest.mark.proof
def test_a_settings_module_that_ignores_the_variables_is_refused_before_its_commands(
    shop: Path, users_own: RunningDatabase
):
    place = {name.upper(): getattr(users_own, name) for name in ("host", "port", "name", "user", "password")}
    (shop / "shop.py").write_text(DJANGO.format(database={"ENGINE": "django.db.backends.mysql", **place}))
    (shop / "manage.py").write_text(MANAGE)
    commands = shop / "filling" / "management" / "commands"
    commands.mkdir(parents=True)
    for folder in (commands, *commands.parents[:2]):
        (folder / "__init__.py").touch()
    (commands / "fill.py").write_text(FILLING)
    declare(shop, database='driver = "mysqlclient"')
    file = shop / "badgateway.toml"
    file.write_text(file.read_text().replace('"fill.py"', '"manage.py", "fill"'))
    kit = Kit(shop, "run")

    assert kit.end(60) == 2
    assert f"the site's database 'default' is mysql at 127.0.0.1:{users_own.port}" in kit.errors
    assert things(users_own) == PRECIOUS


ON_FILE = """
import os, sqlite3

def connect():
    return sqlite3.connect({place!r}, isolation_level=None)
"""
FILL_FILE = """
from place import connect
connect().execute("DROP TABLE IF EXISTS things")
connect().execute("CREATE TABLE things (name)")
"""
WSGI_ON_FILE = """
from place import connect

def application(environ, start_response):
    connect().execute("SELECT count(*) FROM things").fetchall()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"home"]
"""


@pytest.fixture
def users_file() -> Iterator[Path]:
    """A file of SQLite where no temporary files are, which anybody may write to."""
    folder = Path(tempfile.mkdtemp(prefix="badgateway-test-", dir=Path(__file__).parent))
    folder.chmod(0o777)
    place = folder / "shop.sqlite3"
    with closing(sqlite3.connect(place)) as link, link:
        link.execute("CREATE TABLE things (name)")
        link.execute("INSERT INTO things VALUES ('precious')")
    place.chmod(0o666)
    yield place
    shutil.rmtree(folder)


@pytest.mark.proof
@pytest.mark.parametrize(("obeys", "statuses"), [(False, {4}), (True, {0, 3})])
def test_a_file_of_the_users_is_not_written_and_the_runs_own_is(
    shop: Path, users_file: Path, *, obeys: bool, statuses: set[int]
):
    declare(shop, database='system = "sqlite"')
    (shop / "shop.py").write_text(WSGI_ON_FILE)
    (shop / "fill.py").write_text(FILL_FILE)
    text = ON_FILE.format(place=str(users_file))
    (shop / "place.py").write_text(text.replace(repr(str(users_file)), 'os.environ["DB_NAME"]') if obeys else text)
    kit = Kit(shop, "run")

    assert kit.end(60) in statuses, kit.errors
    assert obeys or "attempt to write a readonly database" in kit.errors
    with closing(sqlite3.connect(users_file)) as link:
        assert link.execute("SELECT name FROM things").fetchall() == PRECIOUS

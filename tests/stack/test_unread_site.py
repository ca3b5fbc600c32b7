"""Where nobody can tell what a site would use, it has a network of its own, or its user says what leads there."""

import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from badgateway.databases.none import DATABASE as NONE
from badgateway.databases.sqlite import DATABASE as SQLITE
from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.process.apart import MARK
from badgateway.stack import first_start, unread_site
from badgateway.stack.database import RunningDatabase
from badgateway.stack.first_start import Connections, watching
from badgateway.stack.project import Snapshot
from badgateway.stack.unread_site import demand_nothing_else
from tests.declared import experiment
from tests.stack.test_database import DATABASE

CONFIRMED = {"database_variables": ["DATABASE_URL"], "environment": {"DATABASE_URL": "${database.url}"}}
CONNECT = """
import socket, sys, time
for port in sys.argv[1:]:
    # As long as a question takes.
    with socket.create_connection(("127.0.0.1", int(port))):
        time.sleep(0.4)
"""

PARTS = """
import socket, time
with socket.create_server(("127.0.0.1", 0)) as server:
    time.sleep(0.3)
    asking = socket.create_connection(server.getsockname())
    asked = server.accept()
    time.sleep(0.3)
"""


@pytest.fixture
def demand(tmp_path, monkeypatch):
    """Return what demands it of a site that was declared so, in the machine's own network."""
    monkeypatch.setenv(MARK, "-Operation not permitted")
    snapshot = Snapshot(root=tmp_path, nginx_template="", database_template="")

    def demand_of(database=DATABASE, **application: object) -> None:
        demand_nothing_else(experiment(application=application), database, snapshot, tmp_path)

    return demand_of


@contextmanager
def listener():
    """Serve like a database that somebody has: it takes any connection, and keeps it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def accept() -> None:
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]


@pytest.fixture
def own():
    with listener() as port:
        yield replace(DATABASE, port=port, host="127.0.0.1")


@pytest.fixture
def user_database():
    with listener() as port:
        yield port


def starting(*ports: int, fails: bool = False):
    """Stand in for a deployment whose site connects to those ports of this machine."""

    @contextmanager
    def deploy(*_given: object, **_more: object):
        subprocess.run([sys.executable, "-I", "-S", "-c", CONNECT, *map(str, ports)], check=True)
        if fails:
            raise DeploymentError("it did not come up")
        yield None

    return deploy


@pytest.fixture(autouse=True)
def _not_settling(monkeypatch):
    monkeypatch.setattr(Connections, "settle", lambda *_given: None)
    monkeypatch.setattr(Connections, "begin", lambda *_given: None)


def test_without_a_network_of_its_own_the_user_is_asked_which_variables_lead_to_the_database(demand):
    with pytest.raises(ConfigurationError) as refused:
        demand()

    told = str(refused.value)
    assert told.startswith("application.database_variables: ")
    assert "Operation not permitted" in told
    assert "nothing was run" in told
    assert 'database_variables = ["DATABASE_URL"]' in told
    assert 'DATABASE_URL = "${database.url}"' in told


def test_what_forbids_one_is_told_where_the_kernel_says_it(demand, monkeypatch):
    monkeypatch.setattr(unread_site, "what_allows_it", lambda: "AppArmor keeps it: sysctl x=0")

    with pytest.raises(ConfigurationError, match=r"where unshare --net is allowed \(AppArmor keeps it: sysctl x=0\)$"):
        demand()


def test_in_one_nothing_is_asked_or_started(demand, monkeypatch):
    monkeypatch.setattr(unread_site, "is_apart", lambda: True)

    demand()


def test_a_variable_that_leads_elsewhere_confirms_nothing(demand):
    with pytest.raises(ConfigurationError, match="DATABASE_URL leads to no database of a run"):
        demand(database_variables=["DATABASE_URL"])


def test_a_site_that_connects_to_the_runs_own_database_alone_may_be_filled(demand, monkeypatch, own):
    monkeypatch.setattr(unread_site, "deploy", starting(own.port))

    demand(own, **CONFIRMED)


@pytest.mark.parametrize("fails", [False, True])
def test_a_site_that_connects_to_the_users_own_one_is_not(demand, monkeypatch, own, user_database, fails):
    monkeypatch.setattr(unread_site, "deploy", starting(own.port, user_database, fails=fails))

    with pytest.raises(ConfigurationError) as refused:
        demand(own, **CONFIRMED)
    assert f"connected to 127.0.0.1:{user_database}, which is not the run's database" in str(refused.value)
    assert "none of its commands was run" in str(refused.value)


def test_nor_is_one_that_connects_to_none(demand, monkeypatch, own):
    monkeypatch.setattr(unread_site, "deploy", starting())

    with pytest.raises(ConfigurationError, match="did not connect to the run's MariaDB; none of its commands was run"):
        demand(own, **CONFIRMED)


@pytest.mark.parametrize(("made", "is_connected"), [((7, 8), False), ((7, 9), True)])
def test_what_is_too_short_to_be_seen_is_counted_by_the_database(monkeypatch, made, is_connected):
    monkeypatch.undo()
    counts = iter(made)
    monkeypatch.setattr(first_start, "connects_made", lambda _database: next(counts))
    monkeypatch.setattr(first_start, "SETTLE_S", 0)
    seen, deployment = Connections(DATABASE), cast("Any", SimpleNamespace(proxy_port=1, url=""))
    seen.begin()
    seen.settle(deployment, "/")

    assert seen.is_connected is is_connected


def test_a_file_of_the_runs_is_made_by_who_asks_it(tmp_path):
    seen = Connections(RunningDatabase(system=SQLITE, folder=tmp_path, account=None, name=str(tmp_path / "site")))

    assert not seen.is_connected
    (tmp_path / "site").touch()
    assert seen.is_connected


def test_a_site_that_has_no_database_is_started_once_and_has_nothing_to_confirm(tmp_path, monkeypatch, user_database):
    monkeypatch.setenv(MARK, "-Operation not permitted")
    monkeypatch.setattr(unread_site, "deploy", starting(user_database))
    declared = experiment(database={"system": "none"})
    snapshot = Snapshot(root=tmp_path, nginx_template="", database_template="")
    nothing = RunningDatabase(system=NONE, folder=tmp_path, account=None)

    with pytest.raises(ConfigurationError, match=f"connected to 127.0.0.1:{user_database}"):
        demand_nothing_else(declared, nothing, snapshot, tmp_path)


def test_what_did_not_come_up_for_another_reason_is_told_as_that(demand, monkeypatch, own):
    monkeypatch.setattr(unread_site, "deploy", starting(own.port, fails=True))

    with pytest.raises(DeploymentError, match="it did not come up"):
        demand(own, **CONFIRMED)


def test_connections_between_the_parts_of_a_run_are_none_to_elsewhere(own):
    with watching(own) as seen:
        subprocess.run([sys.executable, "-I", "-S", "-c", PARTS], check=True)

    assert seen.elsewhere == ()
    assert not seen.is_connected

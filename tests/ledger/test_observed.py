"""What a running server has, beside what the experiment says of it."""

import pytest

from badgateway.databases.mariadb import DATABASE
from badgateway.ledger.observed import declared_otherwise, observed_settings
from badgateway.model.configuration import Configuration
from tests.declared import experiment

JOURNAL = b"""setting,1.5,7,,,,,,,workers=5
setting,1.5,7,,,,,,,model=gthread
process,1.6,8,,,,,,,7
setting,1.6,8,,,,,,,engine=django.db.backends.mysql
start,1.6,8,1,1,health-a,,,,
setting,1.7,9,,,,,,,workers=6
setting,1.7,9,,,,,,,odd=a%2Cb%3D%25
setting,1.7"""


def configuration(server: str, **given: object) -> Configuration:
    one = {"name": "today", "server": server, "driver": "mysqlclient", "workers": 2, **given}
    return (
        experiment(configurations=[one])
        .configurations[0]
        .model_copy(update={"kind": "uwsgi" if server.endswith(".ini") else "gunicorn"})
    )


def told(one: Configuration, **observed: str) -> str:
    return "; ".join(declared_otherwise(one, observed, DATABASE))


def test_settings_are_read_from_the_journal_and_the_last_one_counts():
    assert observed_settings(JOURNAL) == {
        "workers": "6",
        "model": "gthread",
        "engine": "django.db.backends.mysql",
        "odd": "a,b=%",
    }


def test_a_server_that_tells_nothing_contradicts_nothing():
    assert told(configuration("servers/gunicorn_sync.py", worker_model="one request")) == ""


def test_a_server_that_has_what_is_declared_is_fine():
    one = configuration("servers/gunicorn_gthread.py", worker_model="threads", threads=8)

    assert told(one, workers="2", threads="8", greenlets="1000", listen="1024", model="gthread", driver="MySQLdb") == ""


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        ({"workers": "5"}, "workers is 5 in the running server, and 2 in the experiment"),
        ({"threads": "4"}, "threads is 4 in the running server, and 1 in the experiment"),
        ({"listen": "2048"}, "listen is 2048 in the running server, and 1024 in the experiment"),
        (
            {"model": "gevent"},
            "worker_model is gevent (greenlets) in the running server, and threads in the experiment",
        ),
        ({"debug": "True"}, "DEBUG is True in the running site"),
        (
            {"driver": "pymysql", "engine": "django.db.backends.mysql"},
            "driver is pymysql (django.db.backends.mysql) in the running site, and mysqlclient in the experiment",
        ),
        (
            {"driver": "sqlite3", "engine": "django.db.backends.sqlite3"},
            "driver is sqlite3 (django.db.backends.sqlite3)",
        ),
    ],
)
def test_a_difference_names_the_key_and_both_values(observed, words):
    assert words in told(configuration("servers/gunicorn_gthread.py", worker_model="threads"), **observed)


def test_a_driver_that_nobody_knows_is_held_against_the_module_of_its_name():
    one = configuration("servers/gunicorn_gthread.py", worker_model="threads", driver="mysql")

    assert told(one, driver="mysql.connector", engine="mysql.connector.django") == ""
    assert "driver is mysqlclient (django.db.backends.mysql) in the running site, and mysql in the experiment" in told(
        one, driver="MySQLdb", engine="django.db.backends.mysql"
    )


def test_greenlets_matter_to_a_worker_that_has_them_and_its_threads_do_not():
    one = configuration("servers/uwsgi_gevent.ini", worker_model="greenlets", greenlets=64)

    assert told(one, greenlets="64", threads="9", model="async") == ""
    assert told(one, greenlets="32", model="async") == "greenlets is 32 in the running server, and 64 in the experiment"


def test_a_worker_of_one_thread_may_be_called_either():
    one = configuration("servers/gunicorn_gthread.py", worker_model="threads")

    assert told(one, model="sync", threads="1") == ""

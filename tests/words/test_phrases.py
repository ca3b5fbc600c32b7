from pathlib import PurePosixPath

import pytest

from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Objective
from badgateway.model.load_level import LoadLevel, LoadUnit
from badgateway.words.phrases import (
    load,
    load_in_column,
    loads,
    milliseconds,
    milliseconds_limit,
    objective,
    percent,
    rate,
    setup,
)


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "0 %"),
        (1e-9, "< 0.001 %"),
        (0.0003, "0.03 %"),
        (0.005, "0.50 %"),
        (0.1234, "12.3 %"),
        (0.99999, "> 99.9 %"),
        (1, "100 %"),
    ],
)
def test_a_share_is_never_said_as_nothing_or_all_when_it_is_not(share, words):
    assert percent(share) == words


def test_latencies_and_rates_have_the_digits_that_matter():
    assert [milliseconds(value) for value in (4.23, 42.3, 1234.5)] == ["4.2 ms", "42 ms", "1.23 s"]
    assert [milliseconds_limit(value) for value in (0.5, 3000)] == ["0.5 ms", "3 s"]
    assert [rate(value) for value in (0.03, 4.23, 1234.5)] == ["< 0.1 requests/s", "4.2 requests/s", "1,234 requests/s"]


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("servers/uwsgi.ini", "servers/uwsgi.ini with 1 worker x 8 threads, accept queue 1,024, pymysql"),
        (
            "servers/gunicorn_gevent.py",
            "servers/gunicorn_gevent.py with 1 worker x 64 greenlets, accept queue 1,024, pymysql",
        ),
    ],
)
def test_a_setup_names_what_the_worker_model_uses(server, words):
    configuration = Configuration(name="x", server=PurePosixPath(server), driver="pymysql", workers=1, threads=8)

    assert setup(configuration) == words


def test_a_setup_without_threads_is_just_workers():
    configuration = Configuration(name="x", server=PurePosixPath("a.ini"), driver="mysqlclient", workers=2, listen=100)

    assert setup(configuration) == "a.ini with 2 workers, accept queue 100, mysqlclient"


def test_a_setup_names_what_has_to_be_set_besides():
    configuration = Configuration(
        name="x",
        server=PurePosixPath("a.ini"),
        driver="mysqlclient",
        workers=2,
        transport="tcp",
        preload=False,
        max_requests=1000,
        max_requests_delta=200,
        conn_max_age_s=60,
        pool=1,
        environment={"APP_EXPORT_STRATEGY": "streamed"},
    )

    assert setup(configuration).removeprefix("a.ini with 2 workers, accept queue 1,024, mysqlclient, ") == (
        "TCP, no preload, workers replaced after 1,000 requests, or up to 200 more, CONN_MAX_AGE 60, "
        "a pool of 1 connection in each worker, APP_EXPORT_STRATEGY=streamed"
    )


def test_a_load_has_its_unit_and_is_never_a_power_of_ten():
    assert [load(LoadLevel(value, LoadUnit.USERS)) for value in (1, 41.53, 317.5, 591.24, 5000)] == [
        "1 user",
        "41.5 users",
        "317.5 users",
        "591 users",
        "5,000 users",
    ]
    assert [load(LoadLevel(value, LoadUnit.RATE)) for value in (317.5, 1234.56, 10_000)] == [
        "317.5 tasks/s",
        "1,235 tasks/s",
        "10,000 tasks/s",
    ]


def test_in_a_column_only_rates_have_a_unit():
    assert load_in_column(LoadLevel(1300, LoadUnit.USERS)) == "1,300"
    assert load_in_column(LoadLevel(2.5, LoadUnit.RATE)) == "2.5\N{NO-BREAK SPACE}tasks/s"


def test_several_loads_have_each_unit_once():
    users, rates = [LoadLevel(size, LoadUnit.USERS) for size in (50, 300)], [LoadLevel(100, LoadUnit.RATE)]

    assert loads(users) == "50 and 300 users"
    assert loads([LoadLevel(1, LoadUnit.USERS)]) == "1 user"
    assert loads([*rates, *users]) == "50 and 300 users and 100 tasks/s"


@pytest.mark.parametrize(("may_fail", "in_time"), [(0.01, "95 %"), (0.05, "95 %"), (0.1, "90 %"), (0.137, "86.3 %")])
def test_no_more_are_said_to_be_in_time_than_the_judge_asks_for(may_fail, in_time):
    words = objective(Objective(max_failure_share=may_fail, p95_ms=500)).replace("\N{NO-BREAK SPACE}", " ")

    assert words.endswith(f"of the requests fail and {in_time} are answered well within 500 ms")

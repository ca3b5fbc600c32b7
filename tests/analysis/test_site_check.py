"""What a check says of each route, of the server and of the database, and what is to be done."""

from dataclasses import replace

import duckdb
import pytest

from badgateway.analysis.site_check import RouteAnswer, _database, _outside, _route, _routes, _server, answers, missed
from badgateway.model.samples import DatabaseConnections
from tests.declared import experiment
from tests.report.builders import trial


def trial_with(connections):
    return replace(trial("first", 1, 1, None), connections=connections)


@pytest.fixture
def ledger(tmp_path):
    def written(*rows):
        path = tmp_path / "ledger.parquet"
        with duckdb.connect() as connection:
            connection.execute(
                "CREATE TABLE t (name VARCHAR, status INTEGER, proxy_status INTEGER, outcome VARCHAR, detail VARCHAR, "
                "latency_ms DOUBLE)"
            )
            connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", [list(row) for row in rows])
            connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
        return path

    return written


def test_each_route_is_told_with_its_worst_time_and_what_failed_apart(ledger):
    found = answers(
        ledger(
            ("GET /", 200, 200, "OK", "", 12.0),
            ("GET /", 200, 200, "OK", "", 31.4),
            ("GET /a/", 404, 404, "BAD_CONTENT", "status 404", 3.0),
        )
    )
    told = [(fact.subject, fact.found, bool(fact.fix)) for fact in map(_route, found)]

    assert told == [("GET /", "200, at most 31 ms", False), ("GET /a/", "404, BAD_CONTENT (status 404)", True)]


@pytest.mark.parametrize(
    ("status", "word"),
    [(302, "redirects"), (302, 'load.login = "sessions"'), (404, "prepare"), (403, "forbidden"), (418, "mend")],
)
def test_the_fix_is_that_of_the_status(ledger, status, word):
    (found,) = answers(ledger(("GET /", status, status, "BAD_CONTENT", "", 1.0)))

    assert word in _route(found).fix


def test_no_answer_is_told_as_that(ledger):
    (found,) = answers(ledger(("GET /", 0, None, "CONNECT_ERROR", "refused", 1.0)))

    assert _route(found).found.startswith("no answer, CONNECT_ERROR")


@pytest.mark.parametrize(
    ("system", "word"), [("sqlite", "SQLite, sqlite3: the run's own file"), ("none", "no database")]
)
def test_a_database_without_a_server_has_no_connections_to_be_seen(system, word):
    driver = {"driver": "sqlite3"} if system == "sqlite" else {}
    (found,) = _database(experiment(database={"system": system}), trial_with(None), driver)

    assert found.found.startswith(word)
    assert not found.fix


def test_without_a_ledger_nothing_is_said_of_routes(tmp_path):
    assert answers(tmp_path / "none.parquet") == ()


def test_what_the_server_runs_with_is_what_it_told():
    (server, debug) = _server({"workers": "3", "listen": "2048", "debug": "True"})

    assert server.found == "workers 3, listen 2048"
    assert "production" in debug.fix
    assert [one.fix for one in _server({"debug": "False"})] == ["", ""]
    assert "did not tell" in next(iter(_server({}))).found


@pytest.mark.parametrize(
    ("peak", "opened", "is_well"), [(2, 1.0, True), (0, 3.0, True), (1, None, True), (0, 0.0, False), (0, None, False)]
)
def test_a_database_that_nobody_connected_to_is_to_be_mended(peak, opened, is_well):
    connections = DatabaseConnections(window_s=6, held=(peak,), peak=peak, limit=100, opened_per_s=opened)
    seen = trial_with(connections)
    (fact,) = _database(experiment(), seen, {"driver": "pymysql"})

    assert bool(fact.fix) is not is_well


def test_what_a_load_would_reach_is_named_and_nothing_has_to_be_done():
    observed = {"debug": "False", "reaches SENTRY_DSN": "in the settings", "reaches 127.0.0.1:6379": "tried"}
    found = list(_outside(observed))

    assert [fact.found.partition(";")[0] for fact in found] == [
        "a load may reach SENTRY_DSN (in the settings)",
        "a load may reach 127.0.0.1:6379 (tried)",
    ]
    assert 'services = ["redis"]' in found[1].found
    assert [fact.fix for fact in found] == ["", ""]


def test_a_database_that_nobody_watched_is_not_called_unused():
    (fact,) = _database(experiment(), trial_with(None), {})

    assert fact.fix == ""
    assert "nobody saw" in fact.found


def failed(name, status=500):
    return RouteAnswer(name=name, status=status, outcome="SERVER_ERROR", detail="", slowest_ms=9.0)


def test_what_the_server_said_last_comes_with_the_first_route_that_failed():
    well = RouteAnswer(name="GET /", status=200, outcome="OK", detail="", slowest_ms=1.0)
    log = ("Traceback (most recent call last):", "KeyError: 'price'")

    told = [
        (fact.subject, fact.found.splitlines()) for fact in _routes((well, failed("GET /a"), failed("GET /b")), log)
    ]

    assert told == [
        ("GET /", ["200, at most 1 ms"]),
        ("GET /a", ["500, SERVER_ERROR; its server's last words:", *log]),
        ("GET /b", ["500, SERVER_ERROR"]),
    ]


def test_a_fix_names_no_file_that_a_check_throws_away():
    assert "log" not in _route(failed("GET /a")).fix


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("redis.exceptions.ConnectionError: Error 111 connecting to 127.0.0.1:6379. Connection refused.", "redis"),
        ("pymongo: localhost:27017: [Errno 111] Connection refused", "27017"),
        ("ConnectionRefusedError: connect to ('127.0.0.1', 11211)", "11211"),
    ],
)
def test_what_a_site_misses_of_its_machine_is_named_with_the_key_that_allows_it(log, told):
    fix = missed(log)

    assert told in fix
    assert "allow = [" in fix
    assert ("services" in fix) == (told == "redis")


@pytest.mark.parametrize("log", ["KeyError: 'x'", "127.0.0.1:8000 said no", "refused by localhost 99999"])
def test_another_failure_misses_nothing_of_the_machine(log):
    assert missed(log) == ""

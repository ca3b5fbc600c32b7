from pathlib import Path
from typing import Any

import duckdb
import pytest

from badgateway.errors import RawDataError
from badgateway.ledger.proxy import load_proxy
from tests.in_memory import empty_database
from tests.ledger.raw_folder import T0_S, proxy_line, write_proxy

UPSTREAM = "upstream_addr, upstream_status, upstream_tries, upstream_connect_s, upstream_header_s, upstream_response_s"


def loaded(path: Path) -> duckdb.DuckDBPyRelation:
    connection = empty_database()
    load_proxy(connection, path)
    return connection.table("proxy")


def tried(**given: str) -> dict[str, Any]:
    names = {
        "addr": "upstream_addr",
        "status": "upstream_status",
        "connect": "upstream_connect_time_s",
        "header": "upstream_header_time_s",
        "response": "upstream_response_time_s",
    }
    return proxy_line("a", **{names[key]: value for key, value in given.items()})


def test_a_line_becomes_a_row_with_numbers(tmp_path):
    rows = loaded(write_proxy(tmp_path, proxy_line("a")))

    assert rows.project("* EXCLUDE has_own_id").fetchall() == [
        ("a", T0_S + 0.5, 1, "GET", "/members/", 200, 10, 0.5, "unix:/run/app.sock", 200, 1, 0.001, 0.24, 0.49, 1)
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            tried(addr="app:1", status="502", connect="-", header="-", response="0.000"),
            ("app:1", 502, 1, None, None, 0.0),
        ),
        (
            tried(
                addr="unix:/a.s, unix:/b.s", status="502, 200", connect="-, 0.002", header="-, 0.2", response="0.1, 0.3"
            ),
            ("unix:/b.s", 200, 2, 0.002, 0.2, 0.3),
        ),
        (
            tried(
                addr="a:1, a:2 : b:1",
                status="502, 504 : 502",
                connect="0, 0 : -",
                header="-, - : -",
                response="1, 2 : 3",
            ),
            ("b:1", 502, 3, None, None, 3.0),
        ),
        (tried(addr="", status="", connect="", header="", response=""), (None, None, 0, None, None, None)),
        (tried(addr="-", status="-", connect="-", header="-", response="-"), (None, None, 0, None, None, None)),
    ],
    ids=["never connected", "retried", "retried in another group", "no upstream", "no upstream, old nginx"],
)
def test_what_nginx_gives_per_try_is_that_of_the_last_try_and_the_tries_are_counted(tmp_path, line, expected):
    assert [expected] == loaded(write_proxy(tmp_path, line)).project(UPSTREAM).fetchall()


def test_readiness_probes_are_left_out_and_their_own_connections_told(tmp_path):
    path = write_proxy(
        tmp_path,
        proxy_line("health-1", connection=7),
        proxy_line("health-2", connection=8),
        proxy_line("a", connection=8),
        proxy_line("b", connection=9),
    )
    connection = empty_database()

    assert frozenset({7}) == load_proxy(connection, path)
    assert connection.table("proxy").project("request_id").order("request_id").fetchall() == [("a",), ("b",)]


def test_an_empty_log_is_an_empty_book(tmp_path):
    assert loaded(write_proxy(tmp_path)).fetchall() == []


def test_a_missing_log_is_named(tmp_path):
    with pytest.raises(RawDataError, match=r"nginx-access\.jsonl is missing"):
        loaded(tmp_path / "nginx-access.jsonl")


@pytest.mark.parametrize("key", proxy_line("a"))
def test_a_line_without_one_of_the_keys_is_refused(tmp_path, key):
    line = proxy_line("b")
    del line[key]

    with pytest.raises(RawDataError, match=rf"row 2 \(request .*\) lacks the key {key}$"):
        loaded(write_proxy(tmp_path, proxy_line("a"), line))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"request_id": ""}, "has an empty request_id"),
        ({"upstream_status": "502, x"}, "has no number in upstream_status"),
        ({"upstream_header_time_s": "soon"}, "has no number in upstream_header_time_s"),
    ],
)
def test_a_line_that_cannot_be_believed_is_refused_with_its_number(tmp_path, given, words):
    with pytest.raises(RawDataError, match=rf"row 2 \(request .*\) {words}"):
        loaded(write_proxy(tmp_path, proxy_line("a"), proxy_line("b", **given)))


@pytest.mark.parametrize("line", ["{", '{"status": 000}', "not json at all"])
def test_a_line_that_is_not_json_is_named_by_its_number(tmp_path, line):
    path = write_proxy(tmp_path, proxy_line("a"), proxy_line("b"))
    path.write_text(path.read_text() + line + "\n" + line + "\n")

    with pytest.raises(RawDataError, match=r"nginx-access\.jsonl: line 3 is not JSON"):
        loaded(path)


def test_a_value_of_the_wrong_type_is_named_by_duckdb(tmp_path):
    with pytest.raises(RawDataError, match=r"in line 2.*2x0") as raised:
        loaded(write_proxy(tmp_path, proxy_line("a"), proxy_line("b", status="2x0")))
    assert "auto_detect" not in str(raised.value)


def test_a_cut_last_line_is_refused(tmp_path):
    path = write_proxy(tmp_path, proxy_line("a"), proxy_line("b"))
    path.write_text(path.read_text()[:-1])

    with pytest.raises(RawDataError, match="the last line is cut"):
        loaded(path)

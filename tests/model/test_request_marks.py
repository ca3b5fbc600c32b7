"""Whatever a log writes of a request, its id is found again, and nobody else's is taken for one."""

import duckdb
import pytest

from badgateway.model.request_marks import id_sql, marks, tokens_of

ID = "0a1b2c3d-17"
FIELDS = marks(ID, "https://staging.example.org", 1_795_293_000.4)


def found(line: str, *ids: str) -> str | None:
    ((mark,),) = (
        duckdb.connect().execute(f"SELECT {id_sql(tokens_of(ids or (ID,)))} FROM (SELECT ? AS line)", [line]).fetchall()
    )
    return None if mark is None else str(mark)


@pytest.mark.parametrize(
    "line",
    [
        f'10.0.0.1 - - [30/Nov/2026:03:00:00 +0000] "GET / HTTP/1.1" 200 3 "{FIELDS["Referer"]}" "badgateway"',
        f'{{"request_id":"{FIELDS["X-Request-ID"]}","status":200}}',
        f'http 2026-11-30T03:00:00Z app/x 10.0.0.1:1 - 0 0 0 200 - 1 1 "GET /" "{FIELDS["X-Amzn-Trace-Id"]}" "-"',
        f'2026/11/30 03:00:00 [crit] 7#7: *3 connect() failed, host: "x", referrer: "{FIELDS["Referer"]}"',
    ],
    ids=["combined", "json", "balancer", "error log"],
)
def test_an_id_is_found_in_every_kind_of_log(line):
    assert found(line) == ID
    assert found(line, "0a1b2c3d-17", "ffffffff-1") == ID


@pytest.mark.parametrize("line", ["", "GET /0a1b2c3d", "/11111111-17", '"Root=1-0a1b2c3d-0a1b2c3e0000000000000017"'])
def test_nothing_else_is_an_id(line):
    assert found(line) is None


def test_a_load_without_requests_finds_nothing():
    ((mark,),) = duckdb.connect().execute(f"SELECT {id_sql(())} FROM (SELECT 'none-1 -1' AS line)").fetchall()
    assert mark in (None, "none-1")


def test_a_trace_is_one_that_a_balancer_keeps():
    assert FIELDS["X-Amzn-Trace-Id"] == "Root=1-6b01ff48-0a1b2c3d0000000000000017"
    _, _, identifier = FIELDS["X-Amzn-Trace-Id"].split("-")
    assert len(identifier) == 24
    assert int(identifier, 16)


def test_a_referer_is_a_page_of_the_site_so_that_forms_may_be_posted():
    assert FIELDS["Referer"].startswith("https://staging.example.org/")

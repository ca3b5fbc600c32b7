"""What the logs of a site that already runs tell of a load, in the formats that they happen to have."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from badgateway.analysis.trials import read_evidence
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.load.heartbeat import COLUMNS as GAP_COLUMNS
from badgateway.model.raw import CLIENT_EVENTS, GENERATOR_GAPS, PROCESSES, SAMPLES
from badgateway.model.request_marks import marks
from badgateway.model.site_log import SiteAccount, SiteLog, write_site_logs
from badgateway.model.trial import Trial, TrialRecord, TrialStatus, Window
from tests.ledger.raw_folder import T0_S, client_row, write_client

SITE = "https://staging.example.org"
TOKEN = "0a1b2c3d"
RECORD = TrialRecord(
    trial=Trial(block=1, position=1, configuration="as-it-is", users=3, seed=1),
    status=TrialStatus.COMPLETED,
    reason="",
    window=Window(start_s=T0_S - 5, end_s=T0_S + 100, drained_s=T0_S + 101),
    started_s=T0_S - 10,
    ended_s=T0_S + 110,
    load_s=110,
    generator_cpu_share=0.1,
)


def asked(number: int, **given: Any) -> dict[str, Any]:
    """Return the client's row of a request: each begins 0.37 s after the one before it and takes 0.2 s."""
    start_s = T0_S + number * 0.37
    times = {"start_s": start_s, "first_byte_s": start_s + 0.2, "end_s": start_s + 0.2}
    return client_row(f"{TOKEN}-{number}", **{**times, **given})


def combined(row: dict[str, Any], *, ahead_s: float = 0.0, path: str = "/members/", named: bool = True) -> str:
    at = datetime.fromtimestamp(row["end_s"] + ahead_s - 0.0004, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    referer = marks(row["request_id"], SITE, T0_S)["Referer"] if named else "-"
    request = f'"{row["method"]} {path} HTTP/1.1" {row["status"]} {row["body_bytes"]}'
    return f'10.0.0.9 - - [{at}] {request} "{referer}" "badgateway"'


def json_line(row: dict[str, Any], *, ahead_s: float = 0.0, **more: Any) -> str:
    line = {
        "time": f"{row['end_s'] + ahead_s - 0.0004:.3f}",
        "request_id": row["request_id"],
        "method": "GET",
        "uri": "/members/",
        "status": row["status"],
        "body_bytes": row["body_bytes"],
        "request_time": f"{row['end_s'] - row['start_s'] - 0.001:.3f}",
        **more,
    }
    return json.dumps(line)


def error(row: dict[str, Any], text: str, *, ahead_s: float = 0.0, connection: int = 7) -> str:
    at = datetime.fromtimestamp(row["end_s"] + ahead_s - 0.01, UTC).strftime("%Y/%m/%d %H:%M:%S")
    referer = marks(row["request_id"], SITE, T0_S)["Referer"]
    return (
        f'{at} [error] 9#9: *{connection} {text}, client: 10.0.0.9, server: , request: "GET /members/ HTTP/1.1", '
        f'upstream: "http://unix:/run/web.sock:/members/", host: "x", referrer: "{referer}"'
    )


def evidence(folder: Path, rows: list[dict[str, Any]], /, **logs: list[str]) -> TrialEvidence:
    """Read a trial with these rows, and these logs by their names."""
    write_client(folder, *rows)
    (folder / CLIENT_EVENTS).write_text("{}")
    (folder / GENERATOR_GAPS).write_text(",".join(GAP_COLUMNS) + "\n")
    (folder / SAMPLES).write_text("time_s,series,value,limit_value\n")
    (folder / PROCESSES).write_text(
        f"time_s,part,pids,cpu_s,rss_bytes\n{T0_S},locust,1,0.1,1000\n{T0_S + 9},locust,1,0.2,1000\n"
    )
    listed = []
    for name, lines in logs.items():
        (folder / f"site-log-{name}").write_text("\n".join(lines) + "\n" if lines else "")
        listed.append(SiteLog(told_as=f"/var/log/{name}", file=f"site-log-{name}"))
    write_site_logs(folder, tuple(listed))
    return read_evidence(folder, RECORD)


def account(found: TrialEvidence) -> SiteAccount:
    assert found.problem is None, found.problem
    assert found.site is not None
    return found.site


ROWS = [asked(number) for number in range(1, 41)]


def test_logs_that_bear_ids_have_every_request_and_tell_the_clocks_apart(tmp_path):
    told = account(evidence(tmp_path, ROWS, access=[json_line(row, ahead_s=-2.5) for row in ROWS]))

    assert (told.answered, told.by_id, told.by_likeness, told.others) == (40, 40, 0, 0)
    assert told.clock_ahead_s is not None
    low_s, high_s = told.clock_ahead_s
    assert low_s <= -2.5 <= high_s
    assert high_s - low_s < 0.005


def test_a_stock_log_bears_the_id_in_its_referer_and_tells_the_clock_within_its_seconds(tmp_path):
    told = account(evidence(tmp_path, ROWS, access=[combined(row, ahead_s=2.5) for row in ROWS]))

    assert told.by_id == 40
    assert told.clock_ahead_s is not None
    low_s, high_s = told.clock_ahead_s
    assert low_s <= 2.5 <= high_s
    assert high_s - low_s < 0.5


def test_clocks_that_no_one_shift_brings_together_are_not_told_of(tmp_path):
    lines = [json_line(row, ahead_s=0 if number < 20 else 5) for number, row in enumerate(ROWS)]
    assert account(evidence(tmp_path, ROWS, access=lines)).clock_ahead_s is None


def test_requests_of_others_are_counted_and_are_none_of_the_load(tmp_path):
    other = [combined({**row, "request_id": f"ffffffff-{number}"}) for number, row in enumerate(ROWS[:7])]
    told = account(evidence(tmp_path, ROWS, access=[*other, *(combined(row) for row in ROWS)]))
    assert (told.by_id, told.others) == (40, 7)


def test_a_line_that_is_missing_makes_no_trial_invalid_and_is_not_hidden(tmp_path):
    told = account(evidence(tmp_path, ROWS, access=[combined(row) for row in ROWS[:-3]]))
    assert (told.answered, told.known) == (40, 37)


def test_without_ids_what_alone_looks_so_is_joined_and_the_rest_is_not_guessed(tmp_path):
    rows = [asked(number, body_bytes=10 if number % 2 else 1000 + number) for number in range(1, 41)]
    told = account(evidence(tmp_path, rows, access=[combined(row, named=False) for row in rows]))

    assert told.by_id == 0
    assert 20 <= told.by_likeness < 40
    assert told.clock_ahead_s is None


def test_without_any_log_the_clients_word_is_all_there_is(tmp_path):
    found = evidence(tmp_path, ROWS)
    assert account(found).known == 0
    assert found.relation is not None
    assert found.relation.filter("outcome <> 'OK'").fetchall() == []


def test_a_log_that_is_none_costs_its_lines_and_says_so(tmp_path):
    told = account(evidence(tmp_path, ROWS, access=[combined(row) for row in ROWS], notes=["hello", "world"]))
    assert told.by_id == 40
    assert told.problems == ("site-log-notes: no line of it is of a log that is known here",)


def test_two_logs_of_one_request_are_one_request(tmp_path):
    lines = [combined(row) for row in ROWS]
    told = account(evidence(tmp_path, ROWS, access=lines, again=lines))
    assert (told.by_id, told.others) == (40, 0)


FULL = "connect() to unix:/run/web.sock failed (11: Resource temporarily unavailable) while connecting to upstream"


@pytest.mark.parametrize("ahead_s", [0.0, 2.5, -3600.0])
@pytest.mark.parametrize("line", [combined, json_line])
def test_causes_are_proven_by_the_sites_own_lines_whatever_its_clock_says(tmp_path, line, ahead_s):
    rows = [asked(number, status=502 if number % 4 == 0 else 200) for number in range(1, 41)]
    failed = [row for row in rows if row["status"] == 502]
    found = evidence(
        tmp_path,
        rows,
        access=[line(row, ahead_s=ahead_s) for row in rows],
        errors=[error(row, FULL, ahead_s=ahead_s, connection=number) for number, row in enumerate(failed)],
    )

    account(found)
    assert found.diagnosis is not None
    (cause,) = found.diagnosis.causes
    assert (cause.cause.id, cause.count, found.diagnosis.unattributed) == ("listen-queue-full", 10, 0)
    assert {one.file for one in cause.evidence} <= {"site-log-errors", "site-log-access"}
    assert [message.count for message in found.proxy_messages] == [10]


@pytest.mark.parametrize("ahead_s", [0.0, 7200.0, -34200.0])
def test_an_error_log_alone_proves_causes_by_the_ids_in_it_in_whatever_zone_it_is(tmp_path, ahead_s):
    rows = [asked(number, status=502 if number % 4 == 0 else 200) for number in range(1, 41)]
    failed = [row for row in rows if row["status"] == 502]
    lines = [error(row, FULL, ahead_s=ahead_s, connection=number) for number, row in enumerate(failed)]
    found = evidence(tmp_path, rows, errors=lines)

    assert found.diagnosis is not None
    (cause,) = found.diagnosis.causes
    assert (cause.cause.id, cause.count, found.diagnosis.unattributed) == ("listen-queue-full", 10, 0)
    assert account(found).known == 0


def test_an_error_log_of_another_zone_than_its_access_log_is_read_in_its_own(tmp_path):
    rows = [asked(number, status=502 if number % 4 == 0 else 200) for number in range(1, 41)]
    failed = [row for row in rows if row["status"] == 502]
    lines = [error(row, FULL, ahead_s=7200, connection=number) for number, row in enumerate(failed)]
    found = evidence(tmp_path, rows, access=[combined(row) for row in rows], errors=lines)

    assert found.diagnosis is not None
    assert [(one.cause.id, one.count) for one in found.diagnosis.causes] == [("listen-queue-full", 10)]


def test_a_complaint_about_a_request_of_somebody_else_proves_nothing_of_the_load(tmp_path):
    rows = [asked(number, status=502 if number == 4 else 200) for number in range(1, 21)]
    stranger = error({**rows[3], "request_id": "ffffffff-1"}, FULL, connection=99)
    mine = error(rows[3], "upstream prematurely closed connection while reading response header from upstream")
    found = evidence(tmp_path, rows, access=[combined(row) for row in rows], errors=[stranger, mine])

    assert found.diagnosis is not None
    assert "listen-queue-full" not in {one.cause.id for one in found.diagnosis.causes}
    assert [message.count for message in found.proxy_messages] == [1]


def test_what_only_the_client_saw_is_a_failure_too(tmp_path):
    lost = asked(3, status=0, first_byte_s="", body_bytes=0, error="connect_error", detail="Connection refused")
    rows = [asked(1), asked(2), lost]
    found = evidence(tmp_path, rows, access=[combined(row) for row in rows[:2]])

    assert account(found).answered == 2
    assert found.diagnosis is not None
    assert found.diagnosis.failures == 1


def test_a_load_that_was_cut_short_says_why(tmp_path):
    evidence(tmp_path, ROWS, access=[])
    (tmp_path / CLIENT_EVENTS).write_text(json.dumps({"cut_short": "26 of the last 50 requests failed"}))
    assert account(read_evidence(tmp_path, RECORD)).cut_short == "26 of the last 50 requests failed"

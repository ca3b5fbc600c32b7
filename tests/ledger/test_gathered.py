"""Rows that came back from elsewhere: put together, each once, and what is not there is counted."""

from pathlib import Path

import pytest

from badgateway.errors import RawDataError
from badgateway.ledger.gathered import MARK, gather
from badgateway.model.outcome import Outcome
from badgateway.model.raw import CLIENT_COLUMNS

HEADER = ",".join(CLIENT_COLUMNS)


def line(request_id: str, start_s: float = 10, status: int = 200, error: str = "") -> str:
    return f"{request_id},GET /,GET,{start_s},{start_s},{start_s},{start_s + 0.1},{status},3,3,{error},,0"


def file(folder: Path, name: str, *lines: str) -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def test_rows_of_files_and_logs_are_in_the_order_of_their_start_and_each_once(tmp_path):
    one = file(tmp_path, "client-aa.csv", HEADER, line("aa-1", 10), line("aa-2", 12))
    log = file(tmp_path, "rows.log", f"[pod/x] {MARK}{HEADER}", f"[pod/x] {MARK}{line('bb-1', 11)}", "INFO: ready")
    found = gather([one, log, one])

    assert [row[0] for row in found.rows] == ["aa-1", "bb-1", "aa-2"]
    assert (found.twice, found.cut) == (2, 0)
    assert found.by_process == {"aa": 2, "bb": 1}
    assert not found.missing


def test_a_request_without_a_row_is_known_by_its_number_and_a_cut_line_is_counted(tmp_path):
    found = gather([file(tmp_path, "client.csv", HEADER, line("aa-1"), line("aa-4"), line("aa-5")[:20])])

    assert found.missing == {"aa": 2}
    assert found.cut == 1


def test_how_requests_ended_is_told_as_in_a_ledger(tmp_path):
    rows = [line("aa-1"), line("aa-2", status=502), line("aa-3", status=0, error="disconnected")]
    found = gather([file(tmp_path, "client.csv", HEADER, *rows)])

    assert found.outcomes[Outcome.OK] == 1
    assert sum(found.outcomes.values()) == 3


def test_what_is_written_is_read_as_what_it_was(tmp_path):
    found = gather([file(tmp_path, "client.csv", HEADER, line("aa-1"))])
    found.write(tmp_path / "all.csv")

    assert gather([tmp_path / "all.csv"]).rows == found.rows


def test_a_request_is_looked_for_in_a_log_by_its_id(tmp_path):
    found = gather([file(tmp_path, "client.csv", HEADER, line("aa-1"), line("aa-22"))])

    assert found.known_in(file(tmp_path, "access.log", '"GET /" 200 "aa-22"')) == 1


@pytest.mark.parametrize("text", ["", "INFO: ready", f"{MARK}half,of,a,row"])
def test_a_file_without_rows_is_refused(tmp_path, text):
    with pytest.raises(RawDataError, match="has no rows of requests"):
        gather([file(tmp_path, "x.log", text)])


@pytest.mark.parametrize(
    "row",
    [
        line("aa-1").replace("GET /,", f"{'x' * 200_000},"),
        line("aa-" + "9" * 5000),
        line("aa-1", status=10**30),
    ],
)
def test_rows_that_no_process_writes_are_none(tmp_path, row):
    garbage = file(tmp_path, "client.csv", HEADER, row)
    with pytest.raises(RawDataError, match=r"client\.csv: has no rows of requests.*; name what"):
        gather([garbage])


def test_no_request_at_all_is_not_zero_requests(tmp_path):
    with pytest.raises(RawDataError, match=r"client\.csv: no request has a row; name what"):
        gather([file(tmp_path, "client.csv", HEADER)])

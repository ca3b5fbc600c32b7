import csv
from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.load.rows import ClientError, ClientRow, RowFile
from badgateway.model import raw

ROW = ClientRow(
    request_id="ab-1",
    name="GET /members/",
    method="GET",
    intended_start_s=1_700_000_000.1234567,
    start_s=1_700_000_000.1234567,
    first_byte_s=None,
    end_s=1_700_000_001,
    status=0,
    body_bytes=0,
    expected_bytes=None,
    error=ClientError.CONNECT_ERROR,
    detail="Connection refused",
)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_has_the_agreed_columns_and_unknown_cells_are_empty(tmp_path):
    rows = RowFile(tmp_path / "rows.csv")
    rows.append(ROW)
    rows.close()
    (found,) = read(tmp_path / "rows.csv")

    assert tuple(found) == raw.CLIENT_COLUMNS
    assert found["start_s"] == "1700000000.123457"
    assert (found["first_byte_s"], found["expected_bytes"], found["error"]) == ("", "", "connect_error")


def test_known_cells_are_written(tmp_path):
    rows = RowFile(tmp_path / "rows.csv")
    rows.append(replace(ROW, first_byte_s=5.5, expected_bytes=7, error=ClientError.NONE))
    rows.close()
    (found,) = read(tmp_path / "rows.csv")

    assert (found["first_byte_s"], found["expected_bytes"], found["error"]) == ("5.500000", "7", "")


def test_a_row_is_on_disk_after_a_flush_and_not_twice(tmp_path):
    rows = RowFile(tmp_path / "rows.csv")
    rows.append(ROW)
    assert read(tmp_path / "rows.csv") == []
    rows.flush()
    rows.flush()

    assert len(read(tmp_path / "rows.csv")) == 1
    rows.close()
    rows.close()


def test_a_detail_stays_on_one_line_and_short(tmp_path):
    rows = RowFile(tmp_path / "rows.csv")
    rows.append(replace(ROW, detail='two\nlines, "quoted" ' + "x" * 500))
    rows.close()

    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 2
    (found,) = read(tmp_path / "rows.csv")
    assert found["detail"].startswith('two lines, "quoted" xxx')
    assert len(found["detail"]) == 200


def test_rows_of_another_run_are_not_written_over(tmp_path):
    RowFile(tmp_path / "rows.csv").close()

    with pytest.raises(FileExistsError):
        RowFile(tmp_path / "rows.csv")

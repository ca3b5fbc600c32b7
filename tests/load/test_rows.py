import csv
import multiprocessing
from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.load.rows import ClientRow, RowFile
from badgateway.model import raw
from badgateway.model.raw_words import ClientError

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


def new(folder: Path) -> RowFile:
    RowFile.create(folder / "rows.csv")
    return RowFile(folder / "rows.csv")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_has_the_agreed_columns_and_unknown_cells_are_empty(tmp_path):
    rows = new(tmp_path)
    rows.append(ROW)
    rows.close()
    (found,) = read(tmp_path / "rows.csv")

    assert tuple(found) == raw.CLIENT_COLUMNS
    assert found["start_s"] == "1700000000.123457"
    assert (found["first_byte_s"], found["expected_bytes"], found["error"]) == ("", "", "connect_error")


def test_known_cells_are_written(tmp_path):
    rows = new(tmp_path)
    rows.append(replace(ROW, first_byte_s=5.5, expected_bytes=7, error=ClientError.NONE))
    rows.close()
    (found,) = read(tmp_path / "rows.csv")

    assert (found["first_byte_s"], found["expected_bytes"], found["error"]) == ("5.500000", "7", "")


def test_a_row_is_on_disk_after_a_flush_and_not_twice(tmp_path):
    rows = new(tmp_path)
    rows.append(ROW)
    assert read(tmp_path / "rows.csv") == []
    rows.flush()
    rows.flush()

    assert len(read(tmp_path / "rows.csv")) == 1
    rows.close()
    rows.close()


def test_a_detail_stays_on_one_line_and_short(tmp_path):
    rows = new(tmp_path)
    rows.append(replace(ROW, detail='two\nlines, "quoted" ' + "x" * 500))
    rows.close()

    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 2
    (found,) = read(tmp_path / "rows.csv")
    assert found["detail"].startswith('two lines, "quoted" xxx')
    assert len(found["detail"]) == 200


def test_rows_of_another_run_are_not_written_over(tmp_path):
    new(tmp_path).close()

    with pytest.raises(FileExistsError):
        RowFile.create(tmp_path / "rows.csv")


def append_many(path: Path, name: str) -> None:
    rows = RowFile(path)
    for number in range(2000):
        rows.append(replace(ROW, request_id=f"{name}-{number}", detail="x" * 150))
        if number % 7 == 0:
            rows.flush()
    rows.close()


def test_several_processes_append_whole_lines_to_one_file(tmp_path):
    RowFile.create(tmp_path / "rows.csv")
    spawning = multiprocessing.get_context("spawn")
    processes = [spawning.Process(target=append_many, args=(tmp_path / "rows.csv", name)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert sorted(row["request_id"] for row in read(tmp_path / "rows.csv")) == sorted(
        f"{name}-{number}" for name in "abc" for number in range(2000)
    )
    assert {len(row["detail"]) for row in read(tmp_path / "rows.csv")} == {150}


def test_rows_that_do_not_fit_on_the_disk_are_an_error():
    rows = RowFile(Path("/dev/full"))
    rows.append(ROW)

    with pytest.raises(OSError, match="No space left"):
        rows.flush()
    rows.close()


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("caf\xe9", "caf\xe9"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("two\nlines\ttabs", "two lines tabs"),
        ("half \udce9", r"half \udce9"),
        ("nul\x00", r"nul\x00"),
        ("x" * 100_000, "x" * 500),
        (" ", "(no name)"),
    ],
)
def test_an_odd_name_of_a_route_is_one_that_can_be_written(tmp_path, name, written):
    RowFile.create(tmp_path / "rows.csv")
    rows = RowFile(tmp_path / "rows.csv")
    rows.append(replace(ROW, name=name))
    rows.close()

    assert [row["name"] for row in read(tmp_path / "rows.csv")] == [written]

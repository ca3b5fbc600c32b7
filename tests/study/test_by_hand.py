"""What was done by hand in Locust's web UI is counted and kept."""

import shutil
from pathlib import Path

import pytest

from badgateway.errors import ResultsError
from badgateway.load.rows import RowFile
from badgateway.model import raw
from badgateway.model.outcome import Outcome
from badgateway.study.by_hand import keep_by_hand
from tests.ledger.raw_folder import client_row, write_both

FAILED = {"status": 502}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / raw.SERVER_LOG).touch()
    return folder


def test_what_was_sent_is_counted_and_kept_with_a_page_that_says_what_it_is(folder, tmp_path):
    write_both(folder, client_row("a-1"), client_row("a-2", **FAILED))
    kept = keep_by_hand(folder, tmp_path / "results", "small-uwsgi")

    assert kept is not None
    assert kept.outcomes == {Outcome.OK: 1, Outcome.BAD_GATEWAY: 1}
    assert kept.diagnosis.failures == 1
    assert kept.report.parent.parent == tmp_path / "results" / "by-hand"
    assert kept.report.parent.name.endswith("Z-small-uwsgi")
    assert {file.name for file in kept.report.parent.iterdir()} >= {"report.html", raw.ACCESS_LOG, raw.CLIENT_ROWS}
    assert "no measurement" in kept.report.read_text()


def test_what_was_in_flight_when_it_was_stopped_failed_for_nobody(folder, tmp_path):
    write_both(folder, client_row("a-1"), client_row("a-2", **FAILED))
    lines = (folder / raw.ACCESS_LOG).read_text().splitlines()
    (folder / raw.ACCESS_LOG).write_text("\n".join([*lines, lines[-1].replace("a-2", "a-3")]) + "\n")
    kept = keep_by_hand(folder, tmp_path / "results", "small-uwsgi")

    assert kept is not None
    assert kept.outcomes == {Outcome.OK: 1, Outcome.BAD_GATEWAY: 1}
    assert kept.diagnosis.failures == 1


def test_where_nothing_was_sent_nothing_is_kept(folder, tmp_path):
    assert keep_by_hand(folder, tmp_path / "results", "small-uwsgi") is None
    RowFile.create(folder / raw.CLIENT_ROWS)
    assert keep_by_hand(folder, tmp_path / "results", "small-uwsgi") is None

    assert not (tmp_path / "results").exists()


def test_a_disk_that_is_not_to_be_written_to_is_told_in_one_line(folder, tmp_path):
    write_both(folder, client_row("a-1"))
    (tmp_path / "results").write_text("a file")

    with pytest.raises(ResultsError, match=r"results/by-hand/.*: cannot be written"):
        keep_by_hand(folder, tmp_path / "results", "small-uwsgi")


def test_logs_that_were_lost_are_told(folder, tmp_path):
    write_both(folder, client_row("a-1"))
    shutil.copy(folder / raw.CLIENT_ROWS, folder / "rows")
    (folder / raw.ACCESS_LOG).unlink()

    with pytest.raises(ResultsError, match="cannot be counted"):
        keep_by_hand(folder, tmp_path / "results", "small-uwsgi")

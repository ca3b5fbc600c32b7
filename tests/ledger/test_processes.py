from pathlib import Path

import pytest

from badgateway.errors import RawDataError
from badgateway.ledger.processes import load_processes, uses
from badgateway.model.summary import ProcessUse
from badgateway.model.trial import Window
from tests.in_memory import empty_database

WINDOW = Window(start_s=110, end_s=120, drained_s=121)
SAMPLES = (
    "105,server,3,1.50,1000",
    "105,database,1,900.00,5000",
    "112,server,3,2.00,1500",
    "112,database,1,901.00,5000",
    "118,server,3,4.25,1200",
    "118,database,1,901.50,5100",
    "130,server,3,4.50,9000",
)


def written(folder: Path, *lines: str, header: str = "time_s,part,pids,cpu_s,rss_bytes") -> Path:
    (folder / "processes.csv").write_text("".join(line + "\n" for line in (header, *lines)))
    return folder


def uses_of(folder: Path, window: Window | None) -> tuple[ProcessUse, ...]:
    with empty_database() as connection:
        load_processes(connection, folder / "processes.csv")
        return uses(connection, window)


def test_cpu_and_peak_are_of_the_trial_and_the_growth_is_of_the_window(tmp_path):
    assert uses_of(written(tmp_path, *SAMPLES), WINDOW) == (
        ProcessUse(part="database", cpu_s=1.5, peak_rss_bytes=5100, rss_growth_bytes=100),
        ProcessUse(part="server", cpu_s=3.0, peak_rss_bytes=9000, rss_growth_bytes=-300),
    )


def test_without_a_window_the_growth_is_of_the_whole_trial(tmp_path):
    assert [use.rss_growth_bytes for use in uses_of(written(tmp_path, *SAMPLES), None)] == [100, 8000]


def test_a_part_that_was_not_seen_in_the_window_is_an_error_and_not_a_zero(tmp_path):
    with pytest.raises(RawDataError, match=r"processes\.csv: no sample of nginx in the window"):
        uses_of(written(tmp_path, *SAMPLES, "105,nginx,3,0.10,100"), WINDOW)


def test_no_samples_are_an_error(tmp_path):
    with pytest.raises(RawDataError, match=r"processes\.csv: no samples"):
        uses_of(written(tmp_path), WINDOW)


def test_a_missing_file_another_header_and_a_malformed_line_are_named(tmp_path):
    with pytest.raises(RawDataError, match=r"processes\.csv is missing"):
        uses_of(tmp_path, WINDOW)
    with pytest.raises(RawDataError, match=r"processes\.csv, line 1: the header is"):
        uses_of(written(tmp_path, header="time_s,part"), WINDOW)
    with pytest.raises(RawDataError, match=r"processes\.csv: .*Line: 3.*many"):
        uses_of(written(tmp_path, SAMPLES[0], "112,server,3,many,1500"), WINDOW)

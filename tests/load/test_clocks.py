"""Whether the processes of a load had the site's time, by requests that both sides know."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.load.clocks import clock_disturbances
from badgateway.load.events import ClientEvents, write_events
from badgateway.load.rows import ClientRow, RowFile
from badgateway.model.raw import ACCESS_LOG, CLIENT_EVENTS, CLIENT_ROWS
from tests.load.test_rows import ROW

SITE_S = 1_700_000_000.0
REQUESTS = 40


def trial(folder: Path, ahead_s: dict[str, float], *, late: int = 0) -> Path:
    """Write the files of a load, each process of which has a clock that is so far ahead of the site's."""
    RowFile.create(folder / CLIENT_ROWS)
    rows, lines = RowFile(folder / CLIENT_ROWS), []
    for process, ahead in ahead_s.items():
        for number in range(REQUESTS):
            begun_s = SITE_S + number
            one = f"{process}-{number}"
            # A millisecond there, five in the site, and one back.
            rows.append(_row(one, begun_s + ahead, begun_s + ahead + 0.007))
            logged_s = begun_s + 0.006 + (0.3 if number < late else 0)
            lines.append(json.dumps({"request_id": one, "time_s": logged_s, "request_time_s": 0.005, "uri": "/"}))
    rows.close()
    (folder / ACCESS_LOG).write_text("\n".join(lines) + "\n")
    write_events(folder / CLIENT_EVENTS, ClientEvents(test_start_s=SITE_S, processes=len(ahead_s)))
    return folder


def _row(request_id: str, start_s: float, end_s: float) -> ClientRow:
    return replace(ROW, request_id=request_id, intended_start_s=start_s, start_s=start_s, end_s=end_s)


@pytest.mark.parametrize(
    ("ahead_s", "said"), [(2.5, "2.50 s ahead of the site's"), (-0.25, "0.25 s behind the site's")]
)
def test_the_process_whose_clock_is_off_is_named_with_by_how_much(tmp_path, ahead_s, said):
    (found,) = clock_disturbances(trial(tmp_path, {"aa": 0.0, "bb": ahead_s}))

    assert "begin with bb" in found.what
    assert said in found.what


def test_clocks_that_go_alike_and_a_proxy_that_logs_late_now_and_then_are_nothing(tmp_path):
    assert clock_disturbances(trial(tmp_path, {"aa": 0.0, "bb": 0.003}, late=1)) == ()


def test_one_process_is_not_looked_at_and_files_that_are_not_there_tell_nothing(tmp_path):
    (alone := tmp_path / "alone").mkdir()

    assert clock_disturbances(trial(alone, {"aa": 9.0})) == ()
    assert clock_disturbances(tmp_path) == ()

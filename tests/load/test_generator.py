"""What an open loop tells of itself, from files made by hand."""

from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.errors import LoadError
from badgateway.load.arrivals import Arrivals, due_between
from badgateway.load.command import Target
from badgateway.load.events import ClientEvents
from badgateway.load.generator import OpenLoopCheck, check_open_loop
from badgateway.load.rows import ClientRow, RowFile
from badgateway.model import raw
from badgateway.model.raw_words import ClientError
from badgateway.model.trial import Window
from tests.load.conftest import ROOT, load_of

START_S = 1_700_000_000.0
WINDOW = Window(start_s=START_S + 1, end_s=START_S + 11, drained_s=START_S + 12)
DUE = due_between(Arrivals(rate_per_s=20, seed=7), 1, 11)
EVENTS = ClientEvents(test_start_s=START_S, arrivals=DUE, missed_arrivals=3)


def target(**given: object) -> Target:
    load, trial = load_of("plain", rate_per_s=20, warm_up_s=1, window_s=10)
    known = Target(
        url="http://127.0.0.1:1",
        load=load,
        rate_per_s=20,
        client_timeout_s=1,
        project_root=ROOT,
        seed=trial.seed,
    )
    return replace(known, **given)  # type: ignore[arg-type]


def rows_with(folder: Path, *times: tuple[float, float]) -> Path:
    """Write rows that were due and sent at these seconds of the load."""
    path = folder / raw.CLIENT_ROWS
    RowFile.create(path)
    rows = RowFile(path)
    for number, (due_s, start_s) in enumerate(times):
        row = ClientRow(
            request_id=str(number),
            name="GET /",
            method="GET",
            intended_start_s=START_S + due_s,
            start_s=START_S + start_s,
            first_byte_s=None,
            end_s=START_S + start_s + 0.1,
            status=200,
            body_bytes=0,
            expected_bytes=None,
            error=ClientError.NONE,
            detail="",
        )
        rows.append(row)
    rows.close()
    return path


def check(path: Path, events: ClientEvents = EVENTS, **given: object) -> OpenLoopCheck | None:
    return check_open_loop(events, target(**given), WINDOW, path)


def test_a_closed_loop_has_no_such_check(tmp_path):
    assert check(tmp_path / "absent.csv", rate_per_s=None, users=5) is None


def test_the_lag_is_that_of_99_in_100_first_requests_of_the_window(tmp_path):
    in_window = [(2 + number / 100, 2 + number / 100 + number / 1000) for number in range(1, 101)]
    warm_up, after, followed = (0.5, 0.9), (11.5, 11.9), [(5.0, 5.0)] * 1000
    found = check(rows_with(tmp_path, *in_window, warm_up, after, *followed))

    assert found is not None
    assert found.send_lag_p99_ms == pytest.approx(99, abs=0.01)
    assert (found.arrivals, found.missed_arrivals) == (DUE, 3)


@pytest.mark.parametrize(
    "change", [{"arrivals": DUE - 1}, {"arrivals": 2 * DUE}, {"arrivals": None}, {"missed_arrivals": None}]
)
def test_a_schedule_that_was_not_met_once_and_whole_is_no_load(tmp_path, change):
    with pytest.raises(LoadError, match=f"where {DUE} were due: run the trial again"):
        check(rows_with(tmp_path, (2, 2.1)), replace(EVENTS, **change))


def test_a_window_without_requests_is_no_load(tmp_path):
    with pytest.raises(LoadError, match=rf"client\.csv has no request of the window, {DUE} were due"):
        check(rows_with(tmp_path, (0.5, 0.6)))

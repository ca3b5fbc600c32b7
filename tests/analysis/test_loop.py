"""For how long event loops stood still, from a journal."""

import pytest

from badgateway.analysis.loop import watched
from badgateway.model.raw import JOURNAL
from badgateway.model.trial import Trial, TrialRecord, TrialStatus, Window
from badgateway.model.worker_checks import BlockingLine
from badgateway.study.endings import aborted

TRIAL = Trial(block=1, position=1, configuration="gevent", users=50, seed=1)
RECORD = TrialRecord(
    trial=TRIAL,
    status=TrialStatus.COMPLETED,
    reason="",
    window=Window(start_s=100.0, end_s=105.0, drained_s=106.0),
    started_s=98.0,
    ended_s=108.0,
    load_s=8.0,
    generator_cpu_share=0.2,
)
SERVED = (
    "blocked,99.0,7,,,,,,0.000000,",
    "start,101.0,7,1,1,a,,,,",
    "blocked,99.0,8,,,,,,0.000000,",
    "start,101.0,8,1,1,b,,,,",
)


def blocked(time_s: float, late_s: float, pid: int = 7) -> str:
    return f"blocked,{time_s},{pid},,,,,,{late_s},"


def held(time_s: float, place: str) -> str:
    return f"blocked-by,{time_s},7,,,,,,0.03,{place}"


@pytest.fixture
def watch(tmp_path):
    def read(*lines: str):
        (tmp_path / JOURNAL).write_text("".join(f"{line}\n" for line in lines))
        return watched(RECORD, tmp_path)

    return read


def test_stops_are_summed_over_the_workers_and_shared_by_their_time(watch):
    found = watch(*SERVED, blocked(102, 0.5), blocked(103, 0.1), blocked(103, 0.4, pid=8)).stops

    assert (found.stops, found.workers, found.window_s) == (3, 2, 5)
    assert found.blocked_s == pytest.approx(1.0)
    assert found.share == pytest.approx(0.1)
    assert (found.longest_s, found.typical_s) == (pytest.approx(0.5), pytest.approx(0.4))


def test_only_what_lies_in_the_window_counts(watch):
    found = watch(*SERVED, blocked(100.2, 0.6), blocked(105.3, 0.4), blocked(99.9, 0.5), blocked(107, 0.5)).stops

    assert found.stops == 2
    assert found.blocked_s == pytest.approx(0.2 + 0.1)


def test_no_stop_of_a_watched_loop_is_none_at_all(watch):
    found = watch(*SERVED).stops

    assert (found.stops, found.blocked_s, found.share, found.typical_s) == (0, 0, 0, None)


def test_no_stop_of_a_loop_that_nobody_watched_is_no_number(watch):
    found = watch(*SERVED[:2], SERVED[3])

    assert found.stops is None
    assert "the event loop of 1 of 2 workers was not watched" in found.problem


def test_a_trial_without_a_request_has_no_number(watch):
    found = watch(SERVED[0])

    assert found.stops is None
    assert "no request was started in the window" in found.problem


def test_lines_are_counted_without_the_folders_of_the_run(watch):
    one, other = "/tmp/badgateway-a/snapshot/app/views.py:22 wait", "/x/site-packages/gevent/_socket3.py:3 send"
    found = watch(*SERVED, held(101, other), held(101, one), held(102, one), held(106, other))

    assert found.blocked_by == (
        BlockingLine(place="app/views.py:22 wait", is_own=True, sightings=2),
        BlockingLine(place="gevent/_socket3.py:3 send", is_own=False, sightings=1),
    )


def test_a_worker_that_was_given_up_is_counted_for_it_could_not_tell(watch):
    found = watch(*SERVED, "worker-reaped,104.0,8,,,,,,,aborted", "worker-reaped,107.0,7,,,,,,,").stops

    assert found.given_up == 1


def test_a_damaged_journal_is_named_by_its_name_alone(watch, tmp_path):
    found = watch(*SERVED, "nonsense")

    assert found.stops is None
    assert found.problem.startswith(JOURNAL)
    assert str(tmp_path) not in found.problem


def test_a_link_in_its_folder_is_named_and_not_read(watch, tmp_path):
    (tmp_path / "secret").write_text("hash")
    (tmp_path / "planted").symlink_to(tmp_path / "secret")

    problem = watch(*SERVED).problem
    assert problem.startswith("planted: is a symbolic link where a regular file belongs")


def test_a_trial_that_was_aborted_has_its_reason(tmp_path):
    found = watched(aborted(TRIAL, "gunicorn ended with status 1; last log lines:\nTraceback", 1.0), tmp_path)

    assert (found.stops, found.blocked_by, found.problem) == (None, (), "gunicorn ended with status 1")

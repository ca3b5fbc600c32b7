"""What the checks of a worker say, from their numbers, its log and its journal."""

from dataclasses import replace

import pytest

from badgateway.analysis.worker_checks import judge, judged_again, why
from badgateway.model.raw import JOURNAL
from badgateway.model.worker_checks import BlockingLine, WorkerCheck, WorkerVerdict

GOOD = WorkerCheck(
    server="servers/gevent.py",
    driver="pymysql",
    threads=1,
    greenlets=64,
    requests=8,
    wait_ms=200,
    verdict=WorkerVerdict.COOPERATIVE,
    wall_ms=212.3,
    statuses=((200, 16),),
    reason="",
)


@pytest.mark.parametrize(
    ("wall_ms", "verdict"),
    [
        (200.0, WorkerVerdict.COOPERATIVE),
        (550.0, WorkerVerdict.COOPERATIVE),
        (551.0, WorkerVerdict.PARTIAL),
        (800.0, WorkerVerdict.PARTIAL),
        (1249.0, WorkerVerdict.PARTIAL),
        (1250.0, WorkerVerdict.BLOCKING),
        (1600.0, WorkerVerdict.BLOCKING),
        (9000.0, WorkerVerdict.BLOCKING),
        (None, WorkerVerdict.ERRORS),
    ],
)
def test_the_verdict_is_told_by_how_far_the_time_is_from_one_request_to_all(wall_ms, verdict):
    assert judge(wall_ms, requests=8, wait_ms=200) is verdict


def test_a_known_line_names_the_reason_wherever_it_stands():
    log = (
        "Traceback\n  django.db.utils.DatabaseError: DatabaseWrapper objects created in a thread can only\nOSError: x\n"
    )

    assert why(log).startswith("late monkey-patch")
    assert why(log).endswith("DatabaseError: DatabaseWrapper objects created in a thread can only")


def test_an_unknown_reason_is_the_last_line_that_tells_of_an_error():
    assert why("ValueError: one\nKeyError: two\n[INFO] bye\n") == "KeyError: two"
    assert why("[INFO] bye\n") == "the server's log says nothing of it"


def test_a_kept_proof_is_judged_by_its_numbers_and_its_journal(tmp_path):
    (tmp_path / JOURNAL).write_text("blocked-by,1.5,7,,,,,,0.03,/x/snapshot/app/views.py:4 wait\n")
    told_otherwise = replace(GOOD, wall_ms=1600.0)

    again = judged_again(told_otherwise, tmp_path)

    assert again.verdict is WorkerVerdict.BLOCKING
    assert again.blocked_by == (BlockingLine(place="app/views.py:4 wait", is_own=True, sightings=1),)


def test_a_proof_with_a_damaged_journal_proves_nothing(tmp_path):
    (tmp_path / JOURNAL).write_text("blocked-by,1.5")

    again = judged_again(GOOD, tmp_path)

    assert (again.verdict, again.wall_ms) == (WorkerVerdict.ERRORS, None)
    assert again.reason.startswith(f"{JOURNAL}: the last line is cut")

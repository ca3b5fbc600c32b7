"""Why the requests of a recorded trial failed."""

import shutil
from math import inf
from pathlib import Path

import duckdb
import pytest

from badgateway.analysis.diagnosis import diagnose_trial, lost_packets, worker_gaps
from badgateway.causes import Way
from badgateway.ledger.join import Ledger, build
from badgateway.model.diagnosis import Certainty
from badgateway.model.places import Carried, Line, Place, Places
from badgateway.model.raw import JOURNAL, SERVER_LOG
from badgateway.model.samples import WorkerGaps
from badgateway.model.trial import Window

GOLDEN = Path(__file__).parents[1] / "ledger" / "golden"
WINDOW = Window(start_s=1000.0, end_s=1010.0, drained_s=1011.0)
ALL_TIME = Window(start_s=0.0, end_s=4e9, drained_s=4e9)


def recorded(case: str, folder: Path) -> Path:
    """Copy a golden case as a trial's raw folder, with a server that wrote nothing."""
    raw = folder / "raw"
    shutil.copytree(GOLDEN / case, raw)
    (raw / SERVER_LOG).touch()
    return raw


def golden_with(words: str) -> str:
    """Return a golden case whose error log has these words."""
    return next(path.parent.name for path in sorted(GOLDEN.glob("*/nginx-error.log")) if words in path.read_text())


def test_a_full_accept_queue_is_found_in_a_recorded_trial(tmp_path):
    raw = recorded(golden_with("(11: Resource temporarily unavailable)"), tmp_path)

    diagnosis = diagnose_trial(build(raw, ALL_TIME), raw)

    found = {one.cause.id: one.count for one in diagnosis.causes}
    assert found["listen-queue-full"] > 0
    assert sum(found.values()) + diagnosis.unattributed == diagnosis.failures


def test_requests_outside_the_window_are_not_looked_into(tmp_path):
    raw = recorded(golden_with("(11: Resource temporarily unavailable)"), tmp_path)

    diagnosis = diagnose_trial(build(raw, Window(start_s=4e9, end_s=4.1e9, drained_s=4.1e9)), raw)

    assert (diagnosis.requests, diagnosis.failures, diagnosis.causes) == (0, 0, ())


def test_a_log_of_another_grammar_costs_causes_but_not_the_trial(tmp_path):
    raw = recorded(golden_with("(11: Resource temporarily unavailable)"), tmp_path)
    (raw / SERVER_LOG).write_text("once upon a time\n" * 20)

    diagnosis = diagnose_trial(build(raw, ALL_TIME), raw)

    assert diagnosis.failures > 0
    assert diagnosis.hints[0].startswith("The server's log could not be used: server.log")


def test_a_missing_log_costs_causes_but_not_the_trial(tmp_path):
    raw = recorded(golden_with("(11: Resource temporarily unavailable)"), tmp_path)
    (raw / SERVER_LOG).unlink()

    diagnosis = diagnose_trial(build(raw, ALL_TIME), raw)

    assert diagnosis.failures > 0
    assert diagnosis.hints[0].startswith("server.log is missing")


GUNICORN_STARTS = "[2026-11-21 20:35:58 +0000] [70] [INFO] Starting gunicorn 27.0.1\n"


def causes(raw: Path) -> dict[str, int]:
    return {found.cause.id: found.count for found in diagnose_trial(build(raw, ALL_TIME), raw).causes}


@pytest.mark.parametrize(("second", "is_a_gap"), [("02", False), ("03", False), ("01", True)])
def test_the_kits_own_stop_at_the_end_of_a_trial_is_no_reload(second, is_a_gap, tmp_path):
    # Its last request ends at 20:36:02.9.
    raw = recorded("closed-before-header", tmp_path)
    stop = f"[2026-11-21 20:36:{second} +0000] [70] [INFO] Handling signal: term\n"
    (raw / SERVER_LOG).write_text(GUNICORN_STARTS + stop)

    assert ("restart-gap" in causes(raw)) == is_a_gap


JOURNAL_OF_TWO_LIVES = """\
worker-forked,1795293361.100000,71,,,,,,,
worker-ready,1795293361.200000,71,,,,,,,
worker-exit,1795293362.100000,71,,9,,,,,
worker-forked,1795293362.150000,72,,,,,,,
worker-reaped,1795293362.160000,71,,,,,,,
worker-ready,1795293364.200000,72,,,,,,,
"""


@pytest.mark.parametrize("log", ["", "once upon a time\n" * 20, GUNICORN_STARTS])
def test_the_journal_tells_of_workers_where_the_log_does_not(log, tmp_path):
    raw = recorded("closed-before-header", tmp_path)
    (raw / SERVER_LOG).write_text(log)
    (raw / JOURNAL).write_text(JOURNAL_OF_TWO_LIVES)
    ledger = build(raw, ALL_TIME)

    diagnose_trial(ledger, raw)

    started = [("server started", 70, SERVER_LOG)] if log == GUNICORN_STARTS else []
    assert events(ledger) == [
        *started,
        ("worker booted", 71, JOURNAL),
        ("worker ready", 71, JOURNAL),
        ("worker exited", 71, JOURNAL),
        ("worker booted", 72, JOURNAL),
        ("worker ready", 72, JOURNAL),
    ]


def test_what_log_and_journal_both_tell_is_there_once_and_as_the_log_has_it(tmp_path):
    raw = recorded("closed-before-header", tmp_path)
    gunicorn = "[2026-11-21 20:36:{} +0000] [{}] [{}] {}\n"
    (raw / SERVER_LOG).write_text(
        gunicorn.format("01", 71, "INFO", "Booting worker with pid: 71")
        + gunicorn.format("02", 70, "ERROR", "Worker (pid:71) was sent SIGKILL! Perhaps out of memory?")
        + gunicorn.format("02", 72, "INFO", "Booting worker with pid: 72")
    )
    (raw / JOURNAL).write_text(JOURNAL_OF_TWO_LIVES.replace("worker-exit,", "worker-int,"))
    ledger = build(raw, ALL_TIME)

    diagnose_trial(ledger, raw)

    assert events(ledger) == [
        ("worker booted", 71, SERVER_LOG),
        ("worker ready", 71, JOURNAL),
        ("worker killed", 71, SERVER_LOG),
        ("worker booted", 72, SERVER_LOG),
        ("worker ready", 72, JOURNAL),
    ]


def test_a_kill_of_a_worker_that_the_arbiter_had_given_up_is_its_own_and_not_the_kernels(tmp_path):
    raw = recorded("closed-before-header", tmp_path)
    killed = "[2026-11-21 20:36:02 +0000] [70] [ERROR] Worker (pid:71) was sent SIGKILL! Perhaps out of memory?\n"
    (raw / SERVER_LOG).write_text(GUNICORN_STARTS + killed)
    (raw / JOURNAL).write_text("worker-reaped,1795293362.160000,71,,,,,,,\n")
    assert "worker-killed" in causes(raw)

    (raw / JOURNAL).write_text("worker-reaped,1795293362.160000,71,,,,,,,aborted\n")
    assert "gunicorn-timeout-blocked-in-c" in (found := causes(raw))
    assert "worker-killed" not in found


def events(ledger: Ledger) -> list[tuple[object, ...]]:
    found = ledger.connection.table("server_events").project("event, pid, file, time_s, line_number")
    return [row[:3] for row in found.order("pid, time_s, line_number").fetchall()]


def gaps(*rows):
    """Return the gaps of rows (time, how many accept from then on)."""
    connection = duckdb.connect()
    connection.execute("CREATE TEMP TABLE counts (time_s DOUBLE, event_id BIGINT, accepting INTEGER)")
    for number, (time_s, accepting) in enumerate(rows):
        connection.execute("INSERT INTO counts VALUES (?, ?, ?)", [time_s, number, accepting])
    return worker_gaps(connection, WINDOW)


def test_workers_that_were_killed_and_never_recycled_leave_nobody_to_accept(tmp_path):
    raw = recorded(golden_with("(11: Resource temporarily unavailable)"), tmp_path)
    lives = (
        "35:58 +0000] [71] [INFO] Booting worker with pid: 71",
        "36:05 +0000] [70] [CRITICAL] WORKER TIMEOUT (pid:71)",
        "36:06 +0000] [70] [ERROR] Worker (pid:71) was sent SIGKILL! Perhaps out of memory?",
        "36:08 +0000] [72] [INFO] Booting worker with pid: 72",
    )
    (raw / SERVER_LOG).write_text(GUNICORN_STARTS + "".join(f"[2026-11-21 20:{line}\n" for line in lives))
    ledger = build(raw, ALL_TIME)

    diagnose_trial(ledger, raw)

    assert worker_gaps(ledger.connection, ALL_TIME) == WorkerGaps(count=1, total_s=2)


def test_a_trial_that_was_not_diagnosed_tells_nothing():
    assert worker_gaps(duckdb.connect(), WINDOW) is None


def test_a_log_that_tells_of_no_worker_tells_nothing():
    assert gaps() is None


@pytest.mark.parametrize(
    ("rows", "count", "total_s"),
    [
        ([(990, 1), (1001, 0), (1003, 1)], 1, 2),
        ([(990, 2), (1001, 1), (1003, 2)], 0, 0),
        ([(1001, 0), (1002, 1), (1004, 0), (1004.5, 1)], 2, 1.5),
        ([(995, 0), (1002, 1)], 1, 2),
        ([(1008, 0)], 1, 2),
        ([(990, 0), (995, 1), (1010, 0), (1012, 1)], 0, 0),
    ],
)
def test_only_time_in_the_window_without_any_worker_counts(rows, count, total_s):
    assert gaps(*rows) == WorkerGaps(count=count, total_s=total_s)


@pytest.mark.parametrize(
    ("places", "ways"),
    [
        (Places(), set()),
        (Places(load=Place(round_trip_ms=20), target=Place(somaxconn=4), database=Line(round_trip_ms=1)), set()),
        (Places(load=Place(loss=0.1)), {Way.TO_PROXY}),
        (Places(proxy=Place(loss=0.1)), {Way.TO_PROXY, Way.TO_SERVER}),
        (Places(proxy=Place(loss=0.1), target=Place()), {Way.TO_PROXY}),
        (Places(target=Place(loss=0.1), database=Line(loss=0.1)), {Way.TO_SERVER, Way.TO_DATABASE}),
    ],
)
def test_packets_are_lost_where_the_experiment_says_so(places, ways):
    assert lost_packets(places) == dict.fromkeys(ways, inf)


@pytest.mark.parametrize(("dropped", "ways"), [(0, {}), (1, {Way.TO_PROXY: 1})])
def test_packets_are_lost_where_a_line_dropped_some_for_want_of_room(dropped, ways):
    places = Places(load=Place(round_trip_ms=20), target=Place(round_trip_ms=2))
    carried = {"load": Carried(packets=9000, dropped=dropped), "target": Carried(packets=9000, dropped=0)}

    assert lost_packets(places, carried) == ways


def test_of_the_packets_of_a_line_as_many_are_lost_as_were_to_be_and_as_it_dropped():
    places = Places(load=Place(loss=0.1), proxy=Place(loss=0.01), target=Place(loss=0.001), database=Line(loss=0.2))
    carried = {
        "load": Carried(packets=1000, dropped=3),
        "proxy": Carried(packets=500, dropped=0),
        "target": Carried(packets=1024, dropped=0),
        "database": Carried(packets=0, dropped=0),
    }

    assert lost_packets(places, carried) == pytest.approx(
        {Way.TO_PROXY: 108, Way.TO_SERVER: 1.024, Way.TO_DATABASE: inf}
    )


@pytest.mark.parametrize(("case", "line"), [("full-backlog-tcp", "server"), ("client-gone", "proxy")])
def test_what_a_trial_over_a_lossy_line_failed_of_is_told_with_the_line(case, line, tmp_path):
    raw = recorded(case, tmp_path)
    lossy = Places(target=Place(loss=0.1), load=Place(loss=0.1), database=Line(loss=0.1))

    alone, over_lines = (
        {
            (found.cause.id, found.certainty)
            for found in diagnose_trial(build(raw, ALL_TIME), raw, lost_packets(places)).causes
        }
        for places in (Places(), lossy)
    )

    assert not {cause_id for cause_id, _ in alone if cause_id.startswith("packets-lost")}
    assert (f"packets-lost-before-{line}", Certainty.FAMILY) in over_lines


def test_a_line_that_lost_next_to_nothing_changes_nothing_of_what_a_trial_failed_of(tmp_path):
    raw = recorded("full-backlog-tcp", tmp_path)

    alone, over_it = (diagnose_trial(build(raw, ALL_TIME), raw, lost) for lost in ({}, {Way.TO_SERVER: 0.0001}))

    assert alone.failures > 0
    assert over_it == alone

"""Why the requests of a recorded trial failed."""

import shutil
from pathlib import Path

from badgateway.ledger.join import build
from badgateway.model.raw import SERVER_LOG
from badgateway.model.trial import Window
from badgateway.study.diagnosis import diagnose_trial

GOLDEN = Path(__file__).parents[1] / "ledger" / "golden"
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
